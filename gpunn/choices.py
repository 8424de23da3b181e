"""From the words and numbers that people write to the objects that compute.

Every name leads through one of the dicts below or in `gpunn.nn`; every check names the parameter, its value and
what is allowed.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from gpunn.nn.activations import ACTIVATIONS, Activation, Identity, PReLU, Sigmoid, Softmax
from gpunn.nn.costs import COSTS, Cost, CrossEntropy, LogLikelihood, Quadratic
from gpunn.nn.heads import Head, IdentityQuadratic, pair
from gpunn.nn.initialisers import BIAS_INITIALISERS, WEIGHT_INITIALISERS
from gpunn.optim.directions import BFGS, LBFGS, ConjugateGradient, Direction
from gpunn.optim.first_order import Adam, AdamW, FirstOrder, GradientDescent, Momentum, Nesterov
from gpunn.optim.schedules import Adaptive, Constant, Cosine, InverseScaling, Schedule, WarmUp

FIRST_ORDER_SOLVERS: dict[str, Callable[[Any, int], FirstOrder]] = {
    "gd": lambda p, n_weights: GradientDescent(),
    "sgd": lambda p, n_weights: _sgd(p.momentum, p.nesterovs_momentum),
    "adam": lambda p, n_weights: Adam(p.beta_1, p.beta_2, p.epsilon),
    "adamw": lambda p, n_weights: AdamW(p.beta_1, p.beta_2, p.epsilon, p.weight_decay, n_weights),
}

FULL_BATCH_SOLVERS: dict[str, Callable[[Any, int | None], Direction]] = {
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
PRECISIONS = ("float32", "tf32", "bf16")


def _sgd(momentum: float, nesterov: bool) -> FirstOrder:
    if momentum == 0:
        return GradientDescent()
    return Nesterov(momentum) if nesterov else Momentum(momentum)


class ParameterError(ValueError):
    """A parameter has a value that is not allowed; ``parameter`` is its name."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


def choose(name: str, value: Any, table: Mapping[str, Any] | Iterable[str]) -> Any:
    """The entry of a table, or the value itself where the table is only names."""
    if not isinstance(value, str) or value not in table:
        raise ParameterError(name, f"{name}={value!r} is not known; use one of {', '.join(map(repr, table))}.")
    return table[value] if isinstance(table, Mapping) else value


def number(
    name: str,
    value: Any,
    low: float,
    high: float = math.inf,
    *,
    integer: bool = False,
    open_ends: str = "",
    other: str = "",
) -> None:
    """Check a number; ``open_ends`` has "low" or "high" where that end itself is not allowed.

    ``other`` ends the message: what is allowed beside numbers.
    """
    kind = Integral if integer else Real
    good = isinstance(value, kind) and not isinstance(value, bool)
    if good:
        good = (value > low if "low" in open_ends else value >= low) and (
            value < high if "high" in open_ends or high == math.inf else value <= high
        )
    if not good:
        left, right = "(" if "low" in open_ends else "[", ")" if "high" in open_ends or high == math.inf else "]"
        what = "a whole number" if integer else "a number"
        raise ParameterError(
            name, f"{name}={value!r} is not allowed; give {what} in {left}{low:g}, {high:g}{right}{other}."
        )


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
        message = f"hidden_layer_sizes={sizes!r} is not allowed; give a whole number or a tuple."
        raise ParameterError("hidden_layer_sizes", message) from None
    for i, size in enumerate(sizes):
        if isinstance(size, bool) or not isinstance(size, Integral) or size <= 0:
            message = f"hidden_layer_sizes must be > 0, got {size!r} at position {i} of {sizes}."
            raise ParameterError("hidden_layer_sizes", message)
    if isinstance(activations, (list, tuple)):
        if len(activations) != len(sizes):
            raise ParameterError(
                "activation",
                f"activation={activations!r} names {len(activations)} activations for {len(sizes)} hidden layers; "
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
            name, f"{name}={value!r} names {len(values)} rates for {n} hidden layers; give one for each."
        )
    for rate in values:
        number(name, rate, 0, 1, open_ends="high")
    return tuple(float(rate) for rate in values[:n])


def output(cost: Any, output_activation: Any, n_classes: int, multilabel: bool) -> tuple[Activation, Head, bool]:
    """The activation that stands in the network, the head, and whether one output suffices for two classes.

    What is not given follows from what is: a cost brings its matched activation, an activation its matched
    cost; neither means softmax with log-likelihood for several classes, sigmoid with cross-entropy for two
    classes and for multilabel.
    """
    yes_or_no = multilabel or n_classes == 2
    if output_activation is None and cost is None:
        chosen: Activation = Sigmoid() if yes_or_no else Softmax()
    elif output_activation is None:
        matched: dict[type, Callable[[], Activation]] = {
            CrossEntropy: Sigmoid,
            LogLikelihood: Softmax,
            Quadratic: Identity,
        }
        chosen = matched[type(_cost(cost))]()
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
    chosen = choose("learning_rate", p.learning_rate, SCHEDULES)(p)
    return WarmUp(chosen, p.warmup) if p.warmup else chosen


def initialiser(name: str, value: Any, table: Mapping[str, Any]) -> Any:
    """A distribution of weights or biases by name, or given as a function."""
    return value if callable(value) else choose(name, value, table)


def batch_size(p: Any, n_rows: int) -> int:
    """Rows a step."""
    if p.solver == "gd":
        return n_rows
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
    return "float64" if X.dtype == "float64" else "float32"


def takes_minibatches(p: Any) -> bool:
    """True, or an AttributeError for a solver that needs all rows at once."""
    if p.solver in FULL_BATCH_SOLVERS:
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
    _check_numbers(p)
    sizes, _ = hidden_layers(p.hidden_layer_sizes, p.activation)
    rates("dropout", p.dropout, len(sizes))
    output(p.cost, p.output_activation, n_classes, multilabel=False)
    initialiser("weight_init", p.weight_init, WEIGHT_INITIALISERS)
    initialiser("bias_init", p.bias_init, BIAS_INITIALISERS)
    choose("learning_rate", p.learning_rate, SCHEDULES)
    _check_precision(p)


def _check_precision(p: Any) -> None:
    """Products of another precision are for captured steps of minibatch training in float32."""
    clashes = {"solver": p.solver in FULL_BATCH_SOLVERS, "dtype": p.dtype == "float64"}
    clashes |= {name: _is_given(getattr(p, name)) for name in ("dropout", "input_dropout", "clip_norm", "max_norm")}
    clash = next((name for name, there in clashes.items() if there), None)
    if clash and p.precision != "float32":
        raise ParameterError(
            "precision",
            f"precision={p.precision!r} does not go with {clash}={getattr(p, clash)!r}: it is for minibatch training "
            f"in float32 without dropout and limits on norms. Use precision='float32', or another {clash}.",
        )


def _is_given(value: Any) -> bool:
    return value is not None and any(value if isinstance(value, (list, tuple)) else (value,))


def _check_numbers(p: Any) -> None:
    number("alpha", p.alpha, 0)
    number("l1", p.l1, 0)
    number("weight_decay", p.weight_decay, 0)
    number("learning_rate_init", p.learning_rate_init, 0, open_ends="low")
    number("power_t", p.power_t, 0)
    number("warmup", p.warmup, 0)
    number("max_iter", p.max_iter, 1, integer=True)
    number("max_fun", p.max_fun, 1, integer=True)
    number("tol", p.tol, 0)
    if p.n_iter_no_change != math.inf:
        number("n_iter_no_change", p.n_iter_no_change, 1, integer=True)
    number("momentum", p.momentum, 0, 1)
    number("beta_1", p.beta_1, 0, 1, open_ends="high")
    number("beta_2", p.beta_2, 0, 1, open_ends="high")
    number("epsilon", p.epsilon, 0, open_ends="low")
    number("validation_fraction", p.validation_fraction, 0, 1, open_ends="low high")
    number("input_dropout", p.input_dropout, 0, 1, open_ends="high")
    number("lbfgs_memory", p.lbfgs_memory, 1, integer=True)
    for name in ("shuffle", "nesterovs_momentum", "early_stopping", "warm_start"):
        if not isinstance(getattr(p, name), (bool, np.bool_)):
            raise ParameterError(name, f"{name}={getattr(p, name)!r} is not allowed; give True or False.")
    choose("cg_beta", p.cg_beta, CG_BETAS)
    choose("dtype", p.dtype, DTYPES)
    choose("precision", p.precision, PRECISIONS)
    choose("solver", p.solver, [*FIRST_ORDER_SOLVERS, *FULL_BATCH_SOLVERS])
    for name in ("clip_norm", "max_norm"):
        if getattr(p, name) is not None:
            number(name, getattr(p, name), 0, open_ends="low")
    if p.solver == "gd" and p.batch_size != "auto":
        raise ParameterError(
            "batch_size",
            f"batch_size={p.batch_size!r} does not go with solver='gd', which takes all rows at once; leave it at "
            "'auto', or use solver='sgd' with momentum=0.",
        )
    if p.batch_size != "auto":
        number("batch_size", p.batch_size, 1, integer=True, other=", or 'auto'")
    if p.solver in FULL_BATCH_SOLVERS:
        for name in ("dropout", "input_dropout", "max_norm", "clip_norm"):
            value = getattr(p, name)
            if _is_given(value):
                raise ParameterError(
                    name,
                    f"{name}={value!r} does not go with solver={p.solver!r}, which minimises a fixed function of "
                    f"all rows; use a solver of {', '.join(map(repr, FIRST_ORDER_SOLVERS))}.",
                )
