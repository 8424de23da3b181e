"""From the words and numbers that people write to the objects that compute.

Every name leads through one of the dicts below or in `gpunn.nn`; every check names the parameter, its value and
what is allowed.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping, Sized
from numbers import Integral
from typing import Any

from gpunn.config.constraints import ParameterError, check_numbers, choose, number
from gpunn.features import Features
from gpunn.nn.activations import ACTIVATIONS, Activation, Identity, PReLU, Sigmoid, Softmax
from gpunn.nn.costs import COSTS, Cost, CrossEntropy, LogLikelihood, Quadratic
from gpunn.nn.heads import Head, IdentityQuadratic, pair
from gpunn.nn.initialisers import BIAS_INITIALISERS, WEIGHT_INITIALISERS
from gpunn.optim.directions import BFGS, LBFGS, ConjugateGradient, Direction, SteepestDescent
from gpunn.optim.first_order import Adam, AdamW, FirstOrder, GradientDescent, Momentum, Nesterov
from gpunn.optim.schedules import Adaptive, Constant, Cosine, InverseScaling, Schedule, WarmUp
from gpunn.shown import show

FIRST_ORDER_SOLVERS: dict[str, Callable[[Any, int], FirstOrder]] = {
    "sgd": lambda p, n_weights: _sgd(p.momentum, p.nesterovs_momentum),
    "adam": lambda p, n_weights: Adam(p.beta_1, p.beta_2, p.epsilon),
    "adamw": lambda p, n_weights: AdamW(p.beta_1, p.beta_2, p.epsilon, p.weight_decay, n_weights),
}

FULL_BATCH_SOLVERS: dict[str, Callable[[Any, int | None], Direction]] = {
    "gd": lambda p, max_bytes: SteepestDescent(),
    "cg": lambda p, max_bytes: ConjugateGradient(p.cg_beta),
    "bfgs": lambda p, max_bytes: BFGS(max_bytes=max_bytes, max_steps=p.max_iter),
    "lbfgs": lambda p, max_bytes: LBFGS(p.lbfgs_memory),
}

SCHEDULES: dict[str, Callable[[Any], Schedule]] = {
    "constant": lambda p: Constant(p.learning_rate_init),
    "invscaling": lambda p: InverseScaling(p.learning_rate_init, p.power_t),
    "adaptive": lambda p: Adaptive(p.learning_rate_init),
    "cosine": lambda p: Cosine(p.learning_rate_init, p.max_iter),
}

CG_BETAS = ("polak_ribiere", "fletcher_reeves", "hestenes_stiefel")
DTYPES = ("auto", "float32", "float64")
ON_DIVERGENCE = ("warn", "raise", "recover")
PRECISIONS = ("float32", "tf32", "bf16")
RECORDS = ("layers", "score")
# Beginnings of the names of scikit-learn's scorers for classifiers; the others are for regression and clustering.
OF_CLASSIFIERS = (
    *("accuracy", "average_precision", "balanced_accuracy", "d2_brier_score", "d2_log_loss_score", "f1", "jaccard"),
    *("matthews_corrcoef", "neg_brier_score", "neg_log_loss", "neg_negative_likelihood_ratio"),
    *("positive_likelihood_ratio", "precision", "recall", "roc_auc", "top_k_accuracy"),
)
INTERVAL = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?(s|min|h)")  # of checkpoints, by the clock
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
LOOSE = ("dropout", "input_dropout", "clip_norm", "max_norm", "ema_decay")  # not in captured steps


def _sgd(momentum: float, nesterov: bool) -> FirstOrder:
    if momentum == 0:
        return GradientDescent()
    return Nesterov(momentum) if nesterov else Momentum(momentum)


def is_full_batch(solver: Any) -> bool:
    """Whether a solver takes all rows at once."""
    return isinstance(solver, Direction) or (isinstance(solver, str) and solver in FULL_BATCH_SOLVERS)


def first_order(p: Any, n_weights: int) -> FirstOrder:
    """The method of a solver that takes minibatches, by name, or given as an object."""
    if isinstance(p.solver, FirstOrder):
        return p.solver
    made: FirstOrder = choose("solver", p.solver, FIRST_ORDER_SOLVERS)(p, n_weights)
    return made


def full_batch(p: Any, max_bytes: int | None) -> Direction:
    """The direction of a solver that takes all rows at once, by name, or given as an object."""
    if isinstance(p.solver, Direction):
        return p.solver
    made: Direction = choose("solver", p.solver, FULL_BATCH_SOLVERS)(p, max_bytes)
    return made


def activation(name: str, value: Any) -> Activation:
    """An activation by name, or given as an object."""
    if isinstance(value, Activation):
        return value
    made: Activation = choose(name, value, ACTIVATIONS)()
    return made


def hidden_layers(sizes: Any, activations: Any) -> tuple[tuple[int, ...], tuple[Activation, ...]]:
    """Sizes and activations of the hidden layers; one activation serves all."""
    if isinstance(sizes, Integral):
        sizes = (sizes,)
    try:
        if isinstance(sizes, str):
            raise TypeError
        sizes = tuple(sizes)
    except TypeError:
        message = f"hidden_layer_sizes={show(sizes)} is not allowed; give an integer or a tuple of them."
        raise ParameterError("hidden_layer_sizes", message) from None
    for i, size in enumerate(sizes):
        if isinstance(size, bool) or not isinstance(size, Integral) or size <= 0:
            message = f"hidden_layer_sizes must be > 0, got {show(size)} at position {i} of {show(sizes)}."
            raise ParameterError("hidden_layer_sizes", message)
    if isinstance(activations, (list, tuple)):
        if len(activations) != len(sizes):
            raise ParameterError(
                "activation",
                f"activation={show(activations)} names {len(activations)} activations for {len(sizes)} hidden layers; "
                "give one for each, or a single one for all.",
            )
        chosen = tuple(activation(f"activation[{i}]", a) for i, a in enumerate(activations))
    else:
        chosen = (activation("activation", activations),) * len(sizes)
    return tuple(int(size) for size in sizes), chosen


def rates(name: str, value: Any, n: int) -> tuple[float, ...]:
    """Dropout rates of n layers; one number serves all."""
    several = isinstance(value, (list, tuple))
    values = tuple(value) if several else (value,) * max(n, 1)
    if several and len(values) != n:
        raise ParameterError(
            name, f"{name}={show(value)} names {len(values)} rates for {n} hidden layers; give one for each."
        )
    for rate in values:
        number(name, rate, 0, 1, open_ends="high")
    return tuple(float(rate) for rate in values[:n])


def output(cost: Any, output_activation: Any, n_classes: int, multilabel: bool) -> tuple[Activation, Head, bool]:
    """The activation that stands in the network, the head, and whether one output suffices for two classes.

    What is not given follows from what is: a cost brings its matched activation, an activation its matched
    cost; a head given as ``cost`` is both. Neither means softmax with log-likelihood for several classes, sigmoid
    with cross-entropy for two classes and for multilabel.
    """
    if isinstance(cost, Head):
        if output_activation is not None:
            raise ParameterError(
                "output_activation",
                f"output_activation={show(output_activation)} does not go with cost={show(cost)}, a head that brings "
                "its own; leave it at None.",
            )
        return Identity(), cost, cost.one_suffices
    yes_or_no = multilabel or n_classes <= 2
    if output_activation is None and cost is None:
        chosen: Activation = Sigmoid() if yes_or_no else Softmax()
    elif output_activation is None:
        matched: dict[type, Callable[[], Activation]] = {
            CrossEntropy: Sigmoid,
            LogLikelihood: Softmax,
            Quadratic: Identity,
        }
        kind = type(_cost(cost))
        if kind not in matched:
            message = f"cost={show(cost)} is not one of gpunn's: say with which output_activation it goes."
            raise ParameterError("output_activation", message)
        chosen = matched[kind]()
    else:
        chosen = activation("output_activation", output_activation)
    if cost is not None:
        function = _cost(cost)
    elif isinstance(chosen, Softmax):
        function = LogLikelihood()
    else:
        function = CrossEntropy() if CrossEntropy().refusal(chosen) is None else Quadratic()
    if multilabel and isinstance(chosen, Softmax):
        raise ParameterError(
            "output_activation",
            "output_activation='softmax' makes the classes exclude each other, but y is multilabel; use "
            "output_activation='sigmoid' with cost='cross_entropy'.",
        )
    one_suffices = not isinstance(chosen, Softmax)
    if isinstance(chosen, PReLU) and isinstance(function, Quadratic):
        return chosen, IdentityQuadratic(), one_suffices
    try:
        return Identity(), pair(chosen, function), one_suffices
    except ValueError as error:
        raise ParameterError("output_activation", str(error)) from None


def _cost(value: Any) -> Cost:
    return value if isinstance(value, Cost) else choose("cost", value, COSTS)()


def schedule(p: Any) -> Schedule:
    """The learning-rate schedule of an estimator's parameters."""
    chosen = p.learning_rate
    if not isinstance(chosen, Schedule):
        chosen = choose("learning_rate", p.learning_rate, SCHEDULES)(p)
    return WarmUp(chosen, p.warmup) if p.warmup else chosen


def initialiser(name: str, value: Any, table: Mapping[str, Any]) -> Any:
    """A distribution of weights or biases by name, or given as a function."""
    return value if callable(value) else choose(name, value, table)


def batch_size(p: Any, n_rows: int) -> int:
    """Rows a step."""
    if p.batch_size == "auto":
        return min(200, n_rows)
    if p.batch_size > n_rows:
        warnings.warn(
            f"batch_size={p.batch_size} is larger than the {n_rows} training rows: it is going to be clipped to them.",
            UserWarning,
            stacklevel=5,
        )
    return min(int(p.batch_size), n_rows)


def dtype(p: Any, X: Any) -> str:
    """What theta is made of: as asked, or following X."""
    if p.dtype != "auto":
        return str(p.dtype)
    return "float64" if getattr(X.dtype, "name", X.dtype) == "float64" else "float32"  # in either byte order


def check_threshold(threshold: Any, n_classes: int, multilabel: bool) -> None:
    """Hold a decision threshold against the classes."""
    if threshold is None:
        return
    several = isinstance(threshold, Sized)
    if (not multilabel and (n_classes > 2 or several)) or (several and len(threshold) != n_classes):
        what = f"{n_classes} labels" if multilabel else f"{n_classes} classes"
        raise ParameterError(
            "threshold",
            f"threshold={show(threshold)} does not go with {what}: it is one number for two classes, one number or one "
            "for each label for multilabel problems, and None for more classes, of which the most probable is taken.",
        )


def takes_minibatches(p: Any) -> bool:
    """True, or an AttributeError for a solver that needs all rows at once."""
    if is_full_batch(p.solver):
        raise AttributeError(
            f"partial_fit is only available for stochastic optimizers. {p.solver} is not stochastic: it minimises a "
            f"fixed function of all rows. Use a solver of {', '.join(map(repr, FIRST_ORDER_SOLVERS))}."
        )
    return True


def name_of(value: Activation) -> str:
    """The name of an activation as scikit-learn has it, or the class of one that has no name here."""
    names = {kind: name for name, kind in ACTIVATIONS.items()}  # the last name of a kind: "logistic"
    return names.get(type(value), type(value).__name__)


def check(p: Any, n_classes: int = 3) -> None:
    """Check all parameters of an estimator, before there is any data.

    Raises
    ------
    ParameterError
        For the first that is not allowed, or does not go with another.
    """
    check_numbers(p)
    if not isinstance(p.solver, (FirstOrder, Direction)):
        choose("solver", p.solver, [*FIRST_ORDER_SOLVERS, *FULL_BATCH_SOLVERS])
    choose("cg_beta", p.cg_beta, CG_BETAS)
    choose("dtype", p.dtype, DTYPES)
    choose("precision", p.precision, PRECISIONS)
    if not isinstance(p.compile, bool) and p.compile != "auto":
        raise ParameterError("compile", f"compile={show(p.compile)} is not allowed; give 'auto', True or False.")
    choose("on_divergence", p.on_divergence, ON_DIVERGENCE)
    for what in _several(p.record):
        choose("record", what, RECORDS)
    _check_words(p)
    _check_pairs(p)
    sizes, _ = hidden_layers(p.hidden_layer_sizes, p.activation)
    rates("dropout", p.dropout, len(sizes))
    output(p.cost, p.output_activation, n_classes, multilabel=False)
    initialiser("weight_init", p.weight_init, WEIGHT_INITIALISERS)
    initialiser("bias_init", p.bias_init, BIAS_INITIALISERS)
    schedule(p)
    _check_precision(p)


def _check_precision(p: Any) -> None:
    """Products of another precision are for captured steps of minibatch training in float32."""
    clashes = {"solver": is_full_batch(p.solver), "dtype": p.dtype == "float64", "compile": p.compile is False}
    clashes |= {name: _is_given(getattr(p, name)) for name in LOOSE}
    clash = next((name for name, there in clashes.items() if there), None)
    if clash and p.precision != "float32":
        raise ParameterError(
            "precision",
            f"precision={show(p.precision)} does not go with {clash}={show(getattr(p, clash))}: it is for minibatch "
            "training in float32 without dropout, limits on norms and averaging. Use precision='float32', or another "
            f"{clash}.",
        )


def _check_words(p: Any) -> None:
    """Check the parameters that are a word, an object or nothing."""
    if isinstance(p.scoring, str):
        from sklearn.metrics import get_scorer_names  # a second to import, which few need here

        choose("scoring", p.scoring, [name for name in get_scorer_names() if name.startswith(OF_CLASSIFIERS)])
    elif p.scoring is not None and not callable(p.scoring):
        raise ParameterError("scoring", f"scoring={show(p.scoring)} is not allowed; give a scorer, its name, or None.")
    if p.class_weight not in (None, "balanced") and not isinstance(p.class_weight, (Mapping, list)):
        raise ParameterError(
            "class_weight",
            f"class_weight={show(p.class_weight)} is not allowed; give 'balanced', a dict of class and weight (for "
            "multilabel problems a list of one for each label), or None.",
        )
    known = isinstance(p.features, (Mapping, Features)) or p.features is None
    if not known and not (isinstance(p.features, str) and p.features == "auto"):
        raise ParameterError(
            "features",
            f"features={show(p.features)} is not allowed; give 'auto', None, a dict of column and kind, or Features "
            "that were learned.",
        )
    if p.checkpoint is not None and (not isinstance(p.checkpoint, (str, os.PathLike)) or not os.fspath(p.checkpoint)):
        message = f"checkpoint={show(p.checkpoint)} is not allowed; give the name of a folder, or None."
        raise ParameterError("checkpoint", message)
    if p.checkpoint is not None and p.warm_start:
        raise ParameterError(
            "checkpoint",
            f"checkpoint={show(p.checkpoint)} does not go with warm_start=True: the weights that such a fit starts "
            "from are not among its parameters. Use warm_start=False.",
        )
    checkpoint_interval(p.checkpoint_every)
    if p.callback is not None and not callable(p.callback):
        message = f"callback={show(p.callback)} is not a function; give one of the history, or None."
        raise ParameterError("callback", message)


def checkpoint_interval(value: Any) -> tuple[int | None, float]:
    """The interval of checkpoints: epochs or iterations, or None and seconds."""
    found = INTERVAL.fullmatch(value) if isinstance(value, str) else None
    if found and float(found[1]) > 0:
        return None, float(found[1]) * SECONDS[found[2]]
    number("checkpoint_every", value, 1, integer=True, other=", or a time such as '30s', '10min' or '2h'")
    return int(value), 0.0


def _several(value: Any) -> tuple[Any, ...]:
    """None, one or several as several."""
    return () if value is None else tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _is_given(value: Any) -> bool:
    return value is not None and any(value if isinstance(value, (list, tuple)) else (value,))


def _check_pairs(p: Any) -> None:
    """Check what does not go with a solver that minimises a fixed function of all rows."""
    if not is_full_batch(p.solver):
        return
    for name in LOOSE:
        value = getattr(p, name)
        if _is_given(value):
            raise ParameterError(
                name,
                f"{name}={show(value)} does not go with solver={show(p.solver)}, which minimises a fixed function of "
                f"all rows; use a solver of {', '.join(map(repr, FIRST_ORDER_SOLVERS))}.",
            )
