"""A finding: one thing about a network or its training that keeps it from learning well, with the numbers for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HELD_OUT = 0.25  # of the rows, in a trial
FEW = 30  # rows; of fewer nothing can be said about what never happens


@dataclass(frozen=True)
class Trial:
    """Effect of a remedy.

    Attributes
    ----------
    change : dict
        Parameters that were changed; empty where the inputs were scaled instead.
    before, after : float
        Mean log-loss of `HELD_OUT` of the rows given, after training on the others without and with the remedy.
    n_tried : int
        Changes that were tried, of which this one had the lowest log-loss.
    """

    change: dict[str, Any]
    before: float
    after: float
    n_tried: int = 1

    def __str__(self) -> str:
        what = ", ".join(f"{name}={value!r}" for name, value in self.change.items()) or "inputs standardised"
        best = f"the best of {self.n_tried} changes, " if self.n_tried > 1 else ""
        helps = "" if self.after < self.before else " It does not help."
        return (
            f"Tried, {best}{what}: log-loss on rows held out {self.before:.3g} before, {self.after:.3g} after.{helps}"
        )


@dataclass(frozen=True)
class Finding:
    """Finding of a diagnosis.

    Attributes
    ----------
    name : str
        Name of the kind, the same from run to run: "saturated_layer".
    layer : int or None
        Number of the layer it is about, 1 for the first hidden layer; None for the whole.
    evidence : dict of str to float
        The numbers it rests on, by name.
    text : str
        Description of the problem and its cause, in a sentence or two.
    remedy : str
        Remedy, with the parameters of `gpunn.MLPClassifier`.
    trial : Trial or None
        Result of the first remedy, where it was tried.
    follows_from : str or None
        Name of the earlier finding that it is a known consequence of, where one was found; else None.
    """

    name: str
    layer: int | None
    evidence: dict[str, float]
    text: str
    remedy: str
    trial: Trial | None = None
    follows_from: str | None = None

    @property
    def title(self) -> str:
        """Its name in words."""
        return in_words(self.name)

    @property
    def origin(self) -> str | None:
        """A sentence on what it may follow from, where that was found."""
        return None if self.follows_from is None else f"It may follow from: {in_words(self.follows_from)}."

    def __str__(self) -> str:
        parts = (self.text, self.origin, self.remedy, self.trial)
        return "\n".join(str(part) for part in parts if part is not None)


def in_words(name: str) -> str:
    """The name of a finding, "saturated layer"."""
    return name.replace("_", " ")


def percent(share: float) -> str:
    """A share in words: "83%", "0.4%", "100%" for all and nothing less."""
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    text = f"{share:.0%}" if 0.095 <= share < 0.995 else f"{share:.1%}"
    return {"0.0%": "less than 0.1%", "100.0%": "more than 99.9%"}.get(text, text)
