"""Instruments that show why a network learns or doesn't: they read, and never train."""

from __future__ import annotations

from typing import TYPE_CHECKING

# Not at need, like the others: the functions have the names of their modules, and would give way to them.
from gpunn.insight.compare import Comparison, compare
from gpunn.insight.diagnose import Diagnosis, diagnose, diagnose_network
from gpunn.insight.differences import ModelScore, PairedDifference
from gpunn.insight.facts import Training
from gpunn.insight.finding import Finding

if TYPE_CHECKING:
    from gpunn.insight.displays import (
        ActivationDisplay,
        CompareDisplay,
        CostSurfaceDisplay,
        GradientFlowDisplay,
        SlopeDisplay,
        TrainingCurveDisplay,
        WeightImageDisplay,
    )
    from gpunn.insight.report import html_report
    from gpunn.insight.report.comparison import comparison_report

__all__ = [
    "ActivationDisplay",
    "CompareDisplay",
    "Comparison",
    "CostSurfaceDisplay",
    "Diagnosis",
    "Finding",
    "GradientFlowDisplay",
    "ModelScore",
    "PairedDifference",
    "SlopeDisplay",
    "Training",
    "TrainingCurveDisplay",
    "WeightImageDisplay",
    "compare",
    "comparison_report",
    "diagnose",
    "diagnose_network",
    "html_report",
]

_PICTURES = {name for name in __all__ if name.endswith("Display")}


if not TYPE_CHECKING:  # for type checkers there are the names above and no others

    def __getattr__(name):
        # Pictures take a while to import: only who draws waits for them.
        if name in _PICTURES:
            from gpunn.insight import displays

            return getattr(displays, name)
        if name == "html_report":
            from gpunn.insight.report import html_report

            return html_report
        if name == "comparison_report":
            from gpunn.insight.report.comparison import comparison_report

            return comparison_report
        raise AttributeError(f"module 'gpunn.insight' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
