"""History of a training, one entry for each epoch or iteration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

import numpy as np

from gpunn.shown import html_paragraph, html_table, show
from gpunn.training.profile import Profile
from gpunn.training.summary import TrainingSummary

ENDED_BY = {  # for people, what `History.stopped` says
    "max_iter": "the limit on epochs or iterations",
    "max_evaluations": "the limit on evaluations of the cost",
    "tol": "a plateau of the cost",
    "validation": "a plateau of the validation score",
    "gradient": "convergence: the gradient is small",
    "decrease": "convergence: the cost falls no more",
    "line_search": "convergence: the cost is flat to rounding",
    "diverged": "divergence",
    "interrupted": "an interrupt (Ctrl-C) or a request to end (SIGTERM)",
    "callback": "the callback",
    "time_limit": "the limit on time",
}

ENTRIES = ("cost", "validation_cost", "validation_score", "score", "learning_rate", "gradient_norm", "seconds")
SHOWN = 5  # entries in a notebook


@dataclass
class History:
    """Lists with one entry an epoch (minibatch) or iteration (full batch).

    Attributes
    ----------
    cost : list of float
        Training cost with penalties. In minibatch training the mean over the epoch's batches, each at the theta
        it was met with; in full-batch training the value at the end of the iteration. Of members the mean.
    validation_cost, validation_score : list of float
        Mean cost without penalties, and accuracy, on the validation rows after the epoch; empty without such, and
        NaN for an epoch that diverged. With ``scoring`` the score is that of the scorer.
    score : list of float
        The same score on the training rows after the epoch, where ``record="score"`` asked for it; else empty.
    learning_rate : list of float
        Rate of the epoch's last step; in full-batch training the step length.
    gradient_norm : list of float
        Euclidean norm of the gradient, penalties included: of the epoch's last batch, before any clipping, or at
        the new point. Of members the mean.
    seconds : list of float
        Wall time since training began.
    evaluations : int
        Number of cost-and-gradient evaluations.
    best : int or None
        Entry whose state was restored, where one was; None for the initial weights.
    path : str
        Way in which the steps were computed: "compiled", "captured as CUDA graphs" (with the precision of the
        products, where it was asked for), or "arrays" with the reason; and in micro-batches of how many rows, where
        memory ran out for whole batches.
    divergence : str
        Description of the divergence, where training diverged; else "".
    notes : list of str
        Decisions of `fit` that do not follow from the parameters: validation rows that could not be stratified, a
        single class.
    summary : TrainingSummary or None
        Facts about the rows that ``fit`` trained on, for comparisons with other rows; None after ``partial_fit``,
        and where memory ran out for them.
    profile : Profile or None
        Time of the last ``fit`` by part; None after ``partial_fit``.
    unit : str
        Unit of the entries: "epoch" (minibatch) or "iteration" (full batch, and models saved before this was kept).
    stopped : str
        Why training ended: "max_iter", "tol" (no improvement), "validation" (no improvement of the score),
        "diverged", "interrupted", "callback", "time_limit", or a reason of `gpunn.optim.full_batch.REASONS`.
    """

    cost: list[float] = field(default_factory=list)
    validation_cost: list[float] = field(default_factory=list)
    validation_score: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    evaluations: int = 0
    best: int | None = None
    stopped: str = ""
    path: str = ""
    divergence: str = ""
    notes: list[str] = field(default_factory=list)
    summary: TrainingSummary | None = None
    profile: Profile | None = None
    unit: str = "iteration"

    def add(
        self,
        cost: float,
        gradient_norm: float,
        learning_rate: float,
        seconds: float,
        validation: tuple[float, float] | None = None,
    ) -> None:
        """Take in an entry, whole; ``validation`` is cost and score."""
        self.cost.append(cost)
        self.gradient_norm.append(gradient_norm)
        self.learning_rate.append(learning_rate)
        self.seconds.append(seconds)
        if validation is not None:
            self.validation_cost.append(validation[0])
            self.validation_score.append(validation[1])

    def fill_scores(self, n: int | None = None) -> None:
        """Give the first ``n`` entries (all, if there is a score at all) that have no ``score`` NaN."""
        n = (self.n_iter if self.score else 0) if n is None else n
        self.score += [float("nan")] * (n - len(self.score))

    def to_dict(self) -> dict[str, Any]:
        """A form of numbers, texts and lists for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, form: dict[str, Any]) -> History:
        """Inverse of `to_dict`; ValueError for anything else: model files may be forged."""
        known = [f.name for f in fields(cls)]
        form = {
            "notes": [],
            "divergence": "",
            "summary": None,
            "profile": None,
            "unit": "iteration",
            **form,
        }  # which files of gpunn 0.1.0 before its release do not have
        if set(form) != set(known):
            raise ValueError(f"history: the keys must be {', '.join(known)}.")
        lists = [
            name
            for name in known
            if name
            not in ("evaluations", "best", "stopped", "path", "divergence", "notes", "summary", "profile", "unit")
        ]
        n = len(form["cost"]) if isinstance(form["cost"], list) else 0
        for name in known:
            value = form[name]
            if name in lists:
                # What was not asked for has no entries.
                lengths = (0, n) if name.endswith("score") or name.startswith("validation") else (n,)
                good = isinstance(value, list) and len(value) in lengths and all(map(_is_number, value))
            elif name == "stopped":
                good = isinstance(value, str) and value in ("", *ENDED_BY)
            elif name in ("path", "divergence"):
                good = isinstance(value, str)
            elif name == "notes":
                good = isinstance(value, list) and all(isinstance(note, str) for note in value)
            elif name == "unit":
                good = value in ("epoch", "iteration")
            elif name in ("summary", "profile"):
                form[name], good = _part(name, value), True
            else:
                good = (name == "best" and value is None) or (type(value) is int and 0 <= value < 2**63)
            if not good or (name == "best" and value is not None and value >= n):
                raise ValueError(f"history, key {name!r}: {show(value)} is not allowed.")
        return cls(**form)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """All of it by name: lists as arrays (n,), and the rest as JSON in a string ()."""
        lists = {name: getattr(self, name) for name in ENTRIES}
        rest = {name: value for name, value in self.to_dict().items() if name not in ENTRIES}
        arrays = {name: np.asarray(values, None if values else float) for name, values in lists.items()}
        return arrays | {"rest": np.asarray(json.dumps(rest))}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The inverse of `to_arrays`."""
        rest = json.loads(arrays["rest"].item())
        rest |= {name: _part(name, rest[name]) for name in ("summary", "profile")}
        lists: dict[str, Any] = {name: arrays[name].tolist() for name in ENTRIES}
        return cls(**lists, **rest)

    def copy(self) -> Self:
        """The same, with lists of its own."""
        lists: dict[str, Any] = {name: list(getattr(self, name)) for name in (*ENTRIES, "notes")}
        return replace(self, **lists)

    @property
    def n_iter(self) -> int:
        return len(self.cost)

    def to_frame(self) -> Any:
        """The entries as a pandas DataFrame: a row an epoch or iteration, a column for each list that has entries.

        The index is called "epoch" or "iteration" (see ``unit``) and counts from 1.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ModuleNotFoundError as error:
            if error.name != "pandas":
                raise
            raise ModuleNotFoundError(
                "History.to_frame makes a frame of pandas, which is not installed. Run pip install pandas.",
                name="pandas",
            ) from None
        return pd.DataFrame(self._columns(), index=pd.RangeIndex(1, self.n_iter + 1, name=self.unit))

    def _columns(self) -> dict[str, list[float]]:
        """The lists that have entries, by name."""
        lists = {name: getattr(self, name) for name in ENTRIES}
        return {name: values for name, values in lists.items() if values}

    def _repr_html_(self) -> str:
        """The last entries and why training ended, for notebooks."""
        first = max(self.n_iter - SHOWN, 0)
        columns = self._columns()
        rows = [
            [str(i + 1), *("" if i >= len(values) else _shown(values[i]) for values in columns.values())]
            for i in range(first, self.n_iter)
        ]
        ended = f"ended by {ENDED_BY.get(self.stopped, self.stopped)}" if self.stopped else "has not ended"
        kept = "" if self.best is None else f" The weights after {self.unit} {self.best + 1} were kept."
        said = f"Training {ended}, after {self.n_iter:,} {self.unit}{'s' * (self.n_iter != 1)}.{kept}"
        table = html_table([self.unit, *columns], rows) if rows else ""
        return "\n".join(
            [html_paragraph(said), table, *map(html_paragraph, filter(None, [self.divergence, *self.notes]))]
        )


def _part(name: str, form: Any) -> TrainingSummary | Profile | None:
    kind: Any = {"summary": TrainingSummary, "profile": Profile}[name]
    try:
        return None if form is None else kind.from_dict(form)
    except ValueError as error:
        raise ValueError(f"history, key {name!r}: {error}") from None


def _shown(value: float) -> str:
    return f"{value:.4g}"


def _is_number(value: Any) -> bool:
    return type(value) is float or (type(value) is int and abs(value) < 2**63)
