"""Displays in the fashion of scikit-learn: data, `from_estimator`, `plot`, and then ``ax_`` and ``figure_``.

What scikit-learn's own displays show of an `MLPClassifier` they show: `DecisionBoundaryDisplay`,
`ConfusionMatrixDisplay`, `CalibrationDisplay`, `RocCurveDisplay` and the others take it as it is.
"""

from gpunn.insight.displays.compare import CompareDisplay
from gpunn.insight.displays.flow import GradientFlowDisplay
from gpunn.insight.displays.layers import ActivationDisplay, SlopeDisplay, WeightImageDisplay
from gpunn.insight.displays.surface import CostSurfaceDisplay
from gpunn.insight.displays.training import TrainingCurveDisplay

__all__ = [
    "ActivationDisplay",
    "CompareDisplay",
    "CostSurfaceDisplay",
    "GradientFlowDisplay",
    "SlopeDisplay",
    "TrainingCurveDisplay",
    "WeightImageDisplay",
]
