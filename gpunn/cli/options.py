"""The options of `gpunn train` that set a parameter of the estimator."""

from __future__ import annotations

import argparse
from typing import Any

from gpunn.config.parameters import PARAMETERS, Parameter

OPTIONS = {parameter.name: parameter.option for parameter in PARAMETERS.values() if parameter.option is not None}


def add_options(group: argparse._ArgumentGroup) -> None:
    """Add the options of all parameters that have one to a group of arguments; what is not given is None."""
    for name, option in OPTIONS.items():
        how: dict[str, Any] = {"action": "store_true"}
        if option.parse is not None:
            how = {"type": option.parse, "metavar": option.metavar, "choices": option.names}
        default = _default(PARAMETERS[name])
        said = f"{option.help} (default: {default})" if default else option.help
        group.add_argument(option.flag, dest=name, default=None, help=said, **how)


def _default(parameter: Parameter) -> str:
    assert parameter.option is not None
    if parameter.option.default is not None:
        return parameter.option.default
    return f"{parameter.default:g}" if isinstance(parameter.default, float) else str(parameter.default)


def kind(text: str) -> tuple[str, str]:
    """A column and its kind, which is checked once the table is there."""
    name, _, chosen = text.rpartition("=")
    if not name or not chosen:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; give a column and its kind, as in zip=text")
    return name, chosen
