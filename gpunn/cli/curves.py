"""Curves of numbers in a terminal, in dots of braille."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from gpunn.training.history import History

HEIGHT = 5  # lines of a curve
MAX_WIDTH = 72
MARGIN = 12  # columns for the numbers at the side
WIDE = 20  # a larger ratio of the largest and the smallest number is drawn on a logarithmic scale

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a braille letter, 4 lines of 2
BRAILLE = 0x2800


def dots(values: Sequence[float], width: int, height: int) -> list[str]:
    """Lines of text, from the top: values in their order from left to right, the least at the bottom.

    Each value has as many dots as there is room for; of more than ``2 * width`` values the last of each part has one.
    Values that are not finite have none.
    """
    columns, rows = 2 * width, 4 * height
    n = len(values)
    values = [values[max((x + 1) * n // columns - 1, x * n // columns)] for x in range(columns)] if n else []
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    letters = [[BRAILLE] * width for _ in range(height)]
    for x, value in enumerate(values):
        if math.isfinite(value):
            share = (value - low) / (high - low) if high > low else 0.5
            y = round((1 - share) * (rows - 1))
            letters[y // 4][x // 2] |= DOTS[y % 4][x % 2]
    return ["".join(map(chr, line)) for line in letters]


def drawing(title: str, values: Sequence[float], width: int) -> list[str]:
    """A title, and a curve with its largest and smallest number at the side."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return [title]
    low, high = min(finite), max(finite)
    logarithmic = low > 0 and high / low > WIDE
    if logarithmic:
        title += " (logarithmic scale)"
        values = [math.log(value) if value > 0 else math.nan for value in values]
    lines = dots(values, width, HEIGHT)
    sides = [f"{high:.4g}", *[""] * (HEIGHT - 2), f"{low:.4g}"]
    return [title, *(f"{side:>{MARGIN - 2}} {line}" for side, line in zip(sides, lines, strict=True))]


class Curves:
    """Cost and validation score so far, drawn anew whenever rich asks."""

    def __init__(self, limit: int, score: str) -> None:
        self.limit, self.score = limit, score
        self.history: History | None = None

    def __rich__(self) -> Text:
        history = self.history
        if history is None or not history.cost:
            return Text("training (may compile first)")
        width = max(10, min(MAX_WIDTH, Console(stderr=True).width - MARGIN))
        cost, score = list(history.cost), list(history.validation_score)
        lines = [f"{len(cost)} of at most {self.limit}, {history.seconds[-1]:.1f} s"]
        lines += drawing(f"cost {cost[-1]:.4g}", cost, width)
        if score:
            lines += drawing(f"validation {self.score} {score[-1]:.4g}", score, width)
        return Text("\n".join(lines), no_wrap=True)
