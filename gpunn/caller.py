"""Warnings that name the line of the user's code which called gpunn, through however many functions."""

from __future__ import annotations

import sys
import warnings

# scikit-learn calls gpunn in pipelines and searches, and from 1.9 on around each fit; contextlib leaves its contexts.
LIBRARIES = ("gpunn", "sklearn", "contextlib")


def warn(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Issue a warning for the innermost line that is of none of `LIBRARIES`, or else the outermost line.

    Parameters
    ----------
    message : str or Warning
        A `Warning` has its own category.
    category : type of Warning
    """
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in LIBRARIES:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
