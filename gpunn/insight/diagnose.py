"""Why a network learns or doesn't: its layers in numbers, and what is wrong with it in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from gpunn.devices import Device, get_device
from gpunn.insight.columns import Column
from gpunn.insight.facts import Facts, Training, measure
from gpunn.insight.finding import Finding
from gpunn.insight.findings import findings_of
from gpunn.insight.opened import opened
from gpunn.insight.remedies import tried
from gpunn.insight.words import in_html, in_words
from gpunn.model.fitted import Classifier
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows, SparseRows
from gpunn.training.layers import LayerStatistics
from gpunn.typing import Array


@dataclass(frozen=True)
class Diagnosis:
    """Result of `diagnose`; ``str`` of it is a table of the layers and the findings in words.

    Attributes
    ----------
    at : str
        "start" or "end".
    rows_are : str
        "training" where the rows given are those that were trained on, by number, classes and spread of the inputs;
        "other" where they are not; "unknown" where the history does not tell.
    training_cost, training_score : float or None
        Cost and score of the training rows, where those given are others; no score where predictions have a threshold,
        which the history does not know.
    sizes : tuple of int
        Inputs, units of each hidden layer, outputs.
    n_rows, n_sample : int
        Rows given, and those among them that layers and gradients were measured on.
    cost, score : float
        Mean cost of the rows, without penalties, and share of them that are right, by the threshold where one is set.
    validation_cost, validation_score : float or None
    guess : float
        Cost of outputs that are the shares of the classes, whatever the input.
    penalty : float
        Contribution of the penalties to the cost of a step: they are divided by its rows, in full-batch training by
        all.
    gradient_norm : float
        Euclidean norm of the gradient of cost and penalties.
    curvature : float or None
        Along the gradient, g'Hg / g'g; a plain gradient step above 2 / curvature overshoots.
    noise_scale : float or None
        Batch size, in rows, at which noise and gradient are of one size; infinite where there is only noise.
    layers : list of LayerStatistics
        The output last.
    findings : list of Finding
        Causes before what follows from them; empty for a sound network.
    """

    at: str
    rows_are: str
    training_cost: float | None
    training_score: float | None
    sizes: tuple[int, ...]
    n_rows: int
    n_sample: int
    cost: float
    score: float
    validation_cost: float | None
    validation_score: float | None
    guess: float
    penalty: float
    gradient_norm: float
    curvature: float | None
    noise_scale: float | None
    layers: list[LayerStatistics]
    findings: list[Finding]

    @classmethod
    def of(cls, facts: Facts) -> Diagnosis:
        """Findings that the facts show."""
        held_out = None if facts.unseen is facts.outcome else facts.unseen
        return cls(
            at=facts.at,
            rows_are=facts.rows_are,
            training_cost=facts.learned.cost if facts.rows_are == "other" else None,
            training_score=facts.learned.score if facts.rows_are == "other" and facts.threshold is None else None,
            sizes=facts.network.sizes,
            n_rows=facts.outcome.n_rows,
            n_sample=facts.n_sample,
            cost=facts.outcome.cost,
            score=facts.outcome.decided,
            validation_cost=None if held_out is None else held_out.cost,
            validation_score=None if held_out is None else held_out.decided,
            guess=facts.guess,
            penalty=facts.penalty,
            gradient_norm=facts.gradient_norm,
            curvature=facts.curvature,
            noise_scale=facts.noise_scale,
            layers=list(facts.layers),
            findings=findings_of(facts),
        )

    def to_dict(self) -> dict[str, Any]:
        """A form of numbers, texts, lists and dicts for JSON; numbers that are not finite are None."""
        form: dict[str, Any] = _plain(asdict(self))
        return form

    def __str__(self) -> str:
        return in_words(self)

    def _repr_html_(self) -> str:
        return in_html(self)


def diagnose(
    clf: Classifier,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    X_val: Any = None,
    y_val: Any = None,
    at: Literal["start", "end"] = "end",
    try_remedies: bool = False,
) -> Diagnosis:
    """Find out why a classifier learns or doesn't, or how it does on other rows than those it was trained on.

    Which of the two is told by ``history_.summary``, and stands in the diagnosis. Nothing is trained unless
    ``try_remedies`` asks for it, and the classifier stays as it is. Costs, labels and inputs are looked at over all
    rows, layers and gradients on at most 2,048 of them, evenly spaced among those whose weight is not 0.

    Parameters
    ----------
    clf : MLPClassifier
    X, y, sample_weight
        Rows as for `MLPClassifier.fit`: best those it was, or will be, trained on.
    X_val, y_val : optional
        Rows it was not trained on, to tell how far what was learned holds.
    at : {"end", "start"}, default "end"
        "end" looks at a fitted classifier, "start" at the initial weights that ``fit`` would draw; then ``clf`` need
        not be fitted, and its ``random_state`` should be a number.
    try_remedies : bool, default False
        Try the first remedy of each finding that has one in parameters, with two or three factors where it has one:
        train on three quarters of the rows given, without and with it, for at most 4 seconds each, and name the one
        whose log-loss on the last quarter is lowest, beside that without it. Not for multilabel problems.

    Returns
    -------
    Diagnosis

    Raises
    ------
    ValueError
        If the data do not fit, all rows weigh 0 by ``class_weight``, or ``at`` is neither.
    NotFittedError
        For ``at="end"`` and a classifier that is not fitted.
    """
    if at not in ("start", "end"):
        raise ValueError(f"at={at!r} is not known; use 'end' for a fitted classifier, or 'start'.")
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val belong together; give both or neither.")
    found = opened(clf, X, y, sample_weight, at)
    diagnosis = diagnose_network(
        found.objective,
        found.theta,
        found.rows.X,
        found.rows.T,
        device=found.device,
        weight=found.rows.weight,
        exclusive=found.rows.exclusive,
        at=at,
        classes=found.classes,
        input_names=found.input_names,
        columns=found.columns,
        training=found.training,
        validation=None if X_val is None else found.more(X_val, y_val),
        threshold=clf.threshold,
    )
    if not try_remedies or found.labels.multilabel:
        return diagnosis
    return replace(diagnosis, findings=tried(clf, diagnosis.findings, X, y))


def diagnose_network(
    objective: Objective,
    theta: Array,
    X: Array,
    T: Array,
    *,
    device: Device | None = None,
    weight: Array | None = None,
    exclusive: bool = True,
    at: Literal["start", "end"] = "end",
    classes: Sequence[Any] = (),
    input_names: Sequence[str] = (),
    columns: Sequence[Column] = (),
    training: Training | None = None,
    validation: Rows | None = None,
    threshold: Any = None,
) -> Diagnosis:
    """The same for a bare network.

    Parameters
    ----------
    objective : Objective
    theta : array (P,)
        Parameters of one network.
    X : array or SparseRows (n, d)
        Rows of any numeric dtype.
    T : array (n, k)
        Targets, 0 or 1: one-of-N, or yes or no for each output. So too for outputs of tanh.
    device : Device, optional
        Device of the arrays, on which the work is done; the CPU by default.
    weight : array (n,), optional
        Row weights.
    exclusive : bool, default True
        Whether a row has one class, that of the largest output (or of the sign of a single one); False if each output
        is a yes or no of its own.
    at : {"end", "start"}, default "end"
        Whether theta is trained or initial.
    classes, input_names : sequence, optional
        Names of the classes and of the columns of X.
    columns : sequence of Column, optional
        Columns of the table that X was made of; each input by default.
    training : Training, optional
        Training of theta; without it findings about the training are left out.
    validation : Rows, optional
    threshold : float or array (k,), optional
        Probability from which the second of two classes, or each label, is predicted.

    Returns
    -------
    Diagnosis

    Raises
    ------
    ValueError
        If T, or the targets of ``validation``, are not 0 and 1.
    """
    device = device or get_device("cpu")
    rows = Rows(X if isinstance(X, SparseRows) else device.asarray(X), device.asarray(T), weight, exclusive)
    _check_targets(device, "T", rows.T)
    if validation is not None:
        _check_targets(device, "validation.T", validation.T)
    facts = measure(
        device,
        objective,
        theta,
        rows,
        at=at,
        classes=classes,
        input_names=input_names,
        columns=columns,
        training=training,
        validation=validation,
        threshold=threshold,
    )
    return Diagnosis.of(facts)


def _check_targets(device: Device, name: str, T: Array) -> None:
    """Refuse targets of -1 and 1, say, which no head of `gpunn.nn.heads` takes."""
    xp = device.xp
    with device.use():
        T = xp.astype(T, xp.float64)
        sound = xp.astype(xp.all((T == 0) | (T == 1)), xp.float64)
        sound, low, high = device.floats(sound, xp.min(T), xp.max(T))
    if not sound:
        raise ValueError(
            f"{name} has values from {low:.3g} to {high:.3g}; targets are 0 and 1, also for outputs of tanh, which a "
            f"cross-entropy rescales to (0, 1). Give ({name} + 1) / 2 for targets of -1 and 1, and {name} > 0.5 for "
            "smoothed ones."
        )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
