"""From the words and numbers that people write to the objects that compute.

Every name leads through one of the dicts below or in `gpunn.nn`; every check names the parameter, its value and
what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from numbers import Integral
from typing import Any

from gpunn.config.constraints import Interval, ParameterError, choose
from gpunn.nn.activations import ACTIVATIONS, Activation, Identity, PReLU, Sigmoid, Softmax
from gpunn.nn.costs import COSTS, Cost, CrossEntropy, LogLikelihood, Quadratic
from gpunn.nn.heads import Head, IdentityQuadratic, pair
from gpunn.nn.layer_norm import LayerNorm
from gpunn.nn.network import Network
from gpunn.optim.directions import BFGS, LBFGS, ConjugateGradient, Direction, SteepestDescent
from gpunn.optim.first_order import Adam, AdamW, FirstOrder, GradientDescent, Momentum, Nesterov
from gpunn.optim.muon import Muon
from gpunn.optim.schedule_free import ScheduleFreeAdamW
from gpunn.optim.schedules import Adaptive, Constant, Cosine, CosineLog, InverseScaling, Schedule, WarmUp
from gpunn.shown import show

FIRST_ORDER_SOLVERS: dict[str, Callable[[Any, Network], FirstOrder]] = {
    "sgd": lambda p, layout: _sgd(p.momentum, p.nesterovs_momentum),
    "adam": lambda p, layout: Adam(p.beta_1, p.beta_2, p.epsilon),
    "adamw": lambda p, layout: AdamW(*_of_adamw(p, layout)),
    "muon": lambda p, layout: Muon(*_of_adamw(p, layout), tuple(layer.W for layer in layout.layers[:-1])),
    "schedule_free_adamw": lambda p, layout: ScheduleFreeAdamW(*_of_adamw(p, layout)),
}

FULL_BATCH_SOLVERS: dict[str, Callable[[Any, int | None], Direction]] = {
    "gd": lambda p, max_bytes: SteepestDescent(),
    "cg": lambda p, max_bytes: ConjugateGradient(p.cg_beta),
    "bfgs": lambda p, max_bytes: BFGS(max_bytes=max_bytes, max_steps=p.max_iter),
    "lbfgs": lambda p, max_bytes: LBFGS(p.lbfgs_memory),
}

SOLVERS = (*FIRST_ORDER_SOLVERS, *FULL_BATCH_SOLVERS)

SCHEDULES: dict[str, Callable[[Any], Schedule]] = {
    "constant": lambda p: Constant(p.learning_rate_init),
    "invscaling": lambda p: InverseScaling(p.learning_rate_init, p.power_t),
    "adaptive": lambda p: Adaptive(p.learning_rate_init),
    "cosine": lambda p: Cosine(p.learning_rate_init, p.max_iter),
    "cosine_log": lambda p: CosineLog(p.learning_rate_init, p.max_iter),
}

CG_BETAS = ("polak_ribiere", "fletcher_reeves", "hestenes_stiefel")
DTYPES = ("auto", "float32", "float64")
ON_DIVERGENCE = ("warn", "raise", "recover")
PRECISIONS = ("float32", "tf32", "bf16")
RECORDS = ("layers", "score")
INTERVAL = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?(s|min|h)")  # of checkpoints, by the clock
SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}


def _sgd(momentum: float, nesterov: bool) -> FirstOrder:
    if momentum == 0:
        return GradientDescent()
    return Nesterov(momentum) if nesterov else Momentum(momentum)


def _of_adamw(p: Any, network: Network) -> tuple[float, float, float, float, int]:
    return p.beta_1, p.beta_2, p.epsilon, p.weight_decay, network.n_weights


def is_full_batch(solver: Any) -> bool:
    """True if a solver takes all rows at once."""
    return isinstance(solver, Direction) or (isinstance(solver, str) and solver in FULL_BATCH_SOLVERS)


def is_schedule_free(solver: Any) -> bool:
    """True if a solver evaluates an average of its own."""
    return isinstance(solver, ScheduleFreeAdamW) or (isinstance(solver, str) and solver == "schedule_free_adamw")


def first_order(p: Any, network: Network) -> FirstOrder:
    """The method of a solver that takes minibatches, by name, or given as an object."""
    if isinstance(p.solver, FirstOrder):
        return p.solver
    made: FirstOrder = choose("solver", p.solver, FIRST_ORDER_SOLVERS)(p, network)
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


def hidden_layers(
    sizes: Any, activations: Any, layer_norm: bool = False
) -> tuple[tuple[int, ...], tuple[Activation, ...]]:
    """Sizes and activations of the hidden layers; one activation serves all.

    With ``layer_norm`` each follows a layer normalisation, unless it has one already.
    """
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
    if layer_norm:
        try:
            chosen = tuple(a if isinstance(a, LayerNorm) else LayerNorm(a) for a in chosen)
        except TypeError as error:
            raise ParameterError("layer_norm", f"layer_norm=True does not go with this activation: {error}") from None
    if any(isinstance(a, LayerNorm) and size == 1 for a, size in zip(chosen, sizes, strict=True)):
        raise ParameterError(
            "layer_norm" if layer_norm else "activation",
            f"hidden_layer_sizes={show(sizes)} has a layer of one neuron, which layer normalisation would set to 0 in "
            "every row. Use two neurons or more, or no layer normalisation.",
        )
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
        Interval(0, 1, open_ends="high")(name, rate)
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
    if isinstance(chosen, LayerNorm):
        raise ParameterError(
            "output_activation",
            f"output_activation={show(chosen)} is not allowed: layer normalisation is for hidden layers. Use "
            f"output_activation={show(chosen.activation)}.",
        )
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
    """Rows a step: not more than there are."""
    return min(200 if p.batch_size == "auto" else int(p.batch_size), n_rows)


def takes_minibatches(p: Any) -> bool:
    """True, or an AttributeError for several members, or a solver that needs all rows at once."""
    if p.n_members != 1:
        raise AttributeError(f"partial_fit trains one network, and n_members={show(p.n_members)}. Use n_members=1.")
    if is_full_batch(p.solver):
        raise AttributeError(
            f"partial_fit is only available for stochastic optimizers. {p.solver} is not stochastic: it minimises a "
            f"fixed function of all rows. Use a solver of {', '.join(map(repr, FIRST_ORDER_SOLVERS))}."
        )
    return True


def checkpoint_interval(name: str, value: Any) -> tuple[int | None, float]:
    """The interval of checkpoints: epochs or iterations, or None and seconds."""
    found = INTERVAL.fullmatch(value) if isinstance(value, str) else None
    if found and float(found[1]) > 0:
        return None, float(found[1]) * SECONDS[found[2]]
    Interval(1, integer=True, other=", or a time such as '30s', '10min' or '2h'")(name, value)
    return int(value), 0.0
