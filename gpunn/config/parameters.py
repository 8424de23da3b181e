"""The parameters of an estimator, a row each; `gpunn.MLPClassifier` says what they mean.

A row is the one place that gives the name, type and default of a parameter, the constraint on its value, its key in a
manifest and its option of ``gpunn train``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import Any

from gpunn.config import command_line, constraints, registry
from gpunn.config.command_line import Option
from gpunn.config.constraints import Interval, OneOf
from gpunn.features.encodings import ENCODINGS, MAX_BINS
from gpunn.nn.activations import ACTIVATIONS, Activation
from gpunn.nn.costs import COSTS, Cost
from gpunn.nn.heads import Head
from gpunn.nn.initialisers import BIAS_INITIALISERS, WEIGHT_INITIALISERS
from gpunn.optim.directions import Direction
from gpunn.optim.first_order import FirstOrder
from gpunn.optim.schedules import Schedule
from gpunn.training.history import History


@dataclass(frozen=True)
class Parameter:
    """A parameter.

    Attributes
    ----------
    name : str
    default : object
    check : callable or None
        Constraint on the value, as in `gpunn.config.constraints`; None where it is checked together with another
        parameter (`gpunn.config.checks`), or by what uses it.
    key : str
        Its key in a manifest; "" for what says nothing of the network or its training.
    option : Option or None
    """

    name: str
    default: Any
    check: Callable[[str, Any], object] | None
    key: str
    option: Option | None


def parameter(
    default: Any,
    check: Callable[[str, Any], object] | None = None,
    key: str = "",
    option: Option | None = None,
) -> Any:
    """A field of `Parameters` from its row without the name."""
    return field(default=default, metadata={"check": check, "key": key, "option": option})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


NOTHING = type(None)
POSITIVE = Interval(0, open_ends="low")
POSITIVE_OR_NONE = Interval(0, open_ends="low", words=(None,))
NOT_NEGATIVE = Interval(0)
AT_LEAST_1 = Interval(1, integer=True)
BELOW_1 = Interval(0, 1, open_ends="high")


@dataclass(eq=False, repr=False)
class Parameters:
    """Parameters of the estimator; those that scikit-learn's MLPClassifier also has keep its names and defaults."""

    # The network
    hidden_layer_sizes: Any = parameter(
        (100,),
        key="network.hidden.size",
        option=Option(
            "--hidden",
            "number of neurons in each hidden layer; '' for no hidden layer",
            "N,N",
            command_line.sizes,
            default="100",
        ),
    )
    activation: Any = parameter(
        "relu",
        key="network.hidden.activation",
        option=Option(
            "--activation",
            f"activation of the hidden layers, or a comma-separated list of one per layer: {_listed(ACTIVATIONS)}",
            "NAME",
            command_line.one_or_list,
        ),
    )
    _: KW_ONLY
    layer_norm: bool = parameter(
        False,
        constraints.yes_or_no,
        "network.hidden.layer_norm",
        Option("--layer-norm", "layer normalisation of the hidden layers", parse=None, default=""),
    )
    dropout: Any = parameter(
        0.0,
        key="network.hidden.dropout",
        option=Option("--dropout", "dropout rate of the hidden layers", "P", float),
    )
    input_dropout: float = parameter(0.0, BELOW_1, "network.input.dropout")
    output_activation: Any = parameter(
        None,
        OneOf(ACTIVATIONS, (Activation, NOTHING)),
        "network.output.activation",
        Option(
            "--output-activation",
            "activation of the output layer, one of those of the hidden layers",
            "NAME",
            names=tuple(ACTIVATIONS),
            default="the one that matches the cost",
        ),
    )
    cost: Any = parameter(
        None,
        OneOf(COSTS, (Cost, Head, NOTHING)),
        "training.cost",
        Option(
            "--cost",
            f"cost function: {_listed(COSTS)}",
            "NAME",
            names=tuple(COSTS),
            default="the one that matches the output activation",
        ),
    )
    weight_init: Any = parameter(
        "glorot_uniform",
        OneOf(WEIGHT_INITIALISERS, (Callable,)),
        "network.weights",
        Option(
            "--weight-init",
            f"weight initialisation: {_listed(WEIGHT_INITIALISERS)}",
            "NAME",
            names=tuple(WEIGHT_INITIALISERS),
        ),
    )
    bias_init: Any = parameter(
        "uniform",
        OneOf(BIAS_INITIALISERS, (Callable,)),
        "network.biases",
        Option(
            "--bias-init",
            f"bias initialisation: {_listed(BIAS_INITIALISERS)}",
            "NAME",
            names=tuple(BIAS_INITIALISERS),
        ),
    )

    # The solver
    solver: str | FirstOrder | Direction = parameter(
        "adam",
        OneOf(registry.SOLVERS, (FirstOrder, Direction)),
        "training.optimize.method",
        Option("--solver", f"solver: {_listed(registry.SOLVERS)}", "NAME", names=registry.SOLVERS),
    )
    max_iter: int = parameter(
        200,
        AT_LEAST_1,
        "training.optimize.iterations",
        Option("--epochs", "maximum number of epochs, or of iterations of gd, cg, bfgs and lbfgs", "N", int),
    )
    max_fun: int = parameter(15000, AT_LEAST_1, "training.optimize.evaluations")
    batch_size: int | str = parameter(
        "auto",
        Interval(1, integer=True, words=("auto",)),
        "training.optimize.batch_size",
        Option("--batch-size", "number of rows per step", "N", int, default="200"),
    )
    shuffle: bool = parameter(True, constraints.yes_or_no, "training.optimize.shuffle")
    ema_decay: float | None = parameter(
        None,
        Interval(0, 1, open_ends="high", words=(None,)),
        "training.optimize.ema_decay",
        Option(
            "--ema-decay",
            "predict with an exponential moving average of the weights with this decay, for example 0.999",
            "X",
            float,
            default="none",
        ),
    )
    learning_rate_init: float = parameter(
        0.001,
        POSITIVE,
        "training.optimize.learning_rate",
        Option("--learning-rate", "initial learning rate", "X", float),
    )
    learning_rate: str | Schedule = parameter(
        "constant",
        OneOf(registry.SCHEDULES, (Schedule,)),
        "training.optimize.schedule",
        Option(
            "--schedule",
            f"learning-rate schedule: {_listed(registry.SCHEDULES)}",
            "NAME",
            names=tuple(registry.SCHEDULES),
        ),
    )
    power_t: float = parameter(0.5, NOT_NEGATIVE, "training.optimize.power")
    warmup: float = parameter(0.0, NOT_NEGATIVE, "training.optimize.warmup")
    momentum: float = parameter(
        0.9, Interval(0, 1), "training.optimize.momentum", Option("--momentum", "momentum of sgd", "X", float)
    )
    nesterovs_momentum: bool = parameter(True, constraints.yes_or_no, "training.optimize.nesterov")
    beta_1: float = parameter(0.9, BELOW_1, "training.optimize.beta_1")
    beta_2: float = parameter(0.999, BELOW_1, "training.optimize.beta_2")
    epsilon: float = parameter(1e-8, POSITIVE, "training.optimize.epsilon")
    lbfgs_memory: int = parameter(10, AT_LEAST_1, "training.optimize.memory")
    cg_beta: str = parameter("polak_ribiere", OneOf(registry.CG_BETAS), "training.optimize.beta")
    tol: float = parameter(1e-4, NOT_NEGATIVE, "training.optimize.tolerance")
    n_iter_no_change: float = parameter(10, Interval(1, integer=True, words=(math.inf,)), "training.optimize.patience")

    # Penalties and limits
    alpha: float = parameter(
        0.0001, NOT_NEGATIVE, "training.params.lambda", Option("--alpha", "L2 penalty on the weights", "X", float)
    )
    l1: float = parameter(0.0, NOT_NEGATIVE, "training.params.l1")
    weight_decay: float = parameter(0.01, NOT_NEGATIVE, "training.params.weight_decay")
    max_norm: float | None = parameter(None, POSITIVE_OR_NONE, "training.params.max_norm")
    clip_norm: float | None = parameter(None, POSITIVE_OR_NONE, "training.params.clip_norm")
    label_smoothing: float = parameter(
        0.0,
        BELOW_1,
        "training.params.label_smoothing",
        Option("--label-smoothing", "fraction of each label that is spread over all classes", "X", float),
    )

    # The training
    random_state: Any = parameter(
        None, constraints.seed, "training.seed", Option("--seed", "seed of all random numbers", "N", int, default="0")
    )
    device: str | None = parameter(
        None,
        key="training.device",
        option=Option("--device", "device: cpu, cuda, cuda:N or auto", "NAME", default="cpu"),
    )
    dtype: str = parameter(
        "auto",
        OneOf(registry.DTYPES),
        "training.dtype",
        Option(
            "--dtype",
            "data type of weights and arithmetic",
            names=("float32", "float64"),
            default="float32",
        ),
    )
    precision: str = parameter(
        "float32",
        OneOf(registry.PRECISIONS),
        "training.precision",
        Option(
            "--precision",
            f"precision of float32 matrix products on a GPU: {_listed(registry.PRECISIONS)}",
            "NAME",
            names=registry.PRECISIONS,
        ),
    )
    compile: bool | str = parameter(
        "auto",
        constraints.auto_or_yes_or_no,
        "training.compile",
        Option(
            "--compile",
            "compile the training steps: yes, no, or auto, which compiles where this saves time",
            "WHEN",
            command_line.auto_or_yes_or_no,
        ),
    )
    class_weight: Any = parameter(
        None,
        constraints.class_weights,
        "training.class_weight",
        Option(
            "--class-weight",
            "class weights: balanced, or a weight for each class as in spam=3,ham=1",
            "W",
            command_line.class_weights,
            default="1 for all",
        ),
    )
    scoring: Any = parameter(
        None,
        constraints.scorer,
        "training.scoring",
        Option(
            "--metric",
            "scikit-learn scorer for the validation rows: accuracy, f1_macro, neg_log_loss, ...",
            "NAME",
            default="accuracy",
        ),
    )
    threshold: Any = parameter(
        None,
        constraints.thresholds,
        "training.threshold",
        Option(
            "--threshold",
            "for two classes, predict the second where its probability is above P",
            "P",
            float,
            default="0.5",
        ),
    )
    time_limit: float | None = parameter(
        None,
        POSITIVE_OR_NONE,
        "training.time_limit",
        Option("--time-limit", "stop training after S seconds", "S", float, default=""),
    )
    early_stopping: bool = parameter(
        False,
        constraints.yes_or_no,
        "training.early_stopping",
        Option(
            "--early-stopping",
            "stop when the score on the validation rows (--validation, or a tenth of the training rows) no longer "
            "improves",
            parse=None,
            default="",
        ),
    )
    validation_fraction: float = parameter(0.1, Interval(0, 1, open_ends="low high"), "training.validation_fraction")
    ranks: str | None = parameter(
        None,
        OneOf(("mpi",), (type(None),)),
        "",
        Option(
            "--ranks",
            "mpi trains with all processes that MPI started, which is the default under mpiexec; none trains alone",
            "NAME",
            default="none",
        ),
    )
    local_steps: int = parameter(64, AT_LEAST_1, "training.local_steps")
    n_members: int = parameter(
        1,
        AT_LEAST_1,
        "training.members",
        Option(
            "--members", "number of networks that are trained side by side, whose probabilities are averaged", "N", int
        ),
    )
    cross_validation: int | None = parameter(
        None,
        Interval(2, integer=True, words=(None,)),
        "training.cross_validation",
        Option(
            "--cross-validation",
            "number of stratified folds, one of which each member leaves out and is validated on",
            "N",
            int,
            default="none",
        ),
    )
    temperature_scaling: bool = parameter(
        False,
        constraints.yes_or_no,
        "training.temperature_scaling",
        Option(
            "--temperature-scaling",
            "divide the logits by the temperature that minimises the log-loss of the validation rows",
            parse=None,
            default="",
        ),
    )
    on_divergence: str = parameter(
        "warn",
        OneOf(registry.ON_DIVERGENCE),
        "training.on_divergence",
        Option(
            "--on-divergence",
            "what to do if training diverges: warn and keep the best state, raise an error, or recover, which "
            "continues from the best state with half the learning rate",
            "WHAT",
            names=registry.ON_DIVERGENCE,
        ),
    )

    # Columns of a table
    features: Any = parameter("auto", constraints.column_kinds, "data.features")
    numeric_encoding: str = parameter(
        "standard",
        OneOf(ENCODINGS),
        "data.numeric_encoding",
        Option(
            "--numeric-encoding",
            "encoding of numbers and times: standard (mean and standard deviation), robust (median and interquartile "
            "range, clipped smoothly), or piecewise_linear (robust, and inputs for bins between quantiles)",
            "NAME",
            names=ENCODINGS,
        ),
    )
    max_bins: int = parameter(
        MAX_BINS,
        Interval(2, integer=True),
        "data.max_bins",
        Option("--max-bins", "maximum number of bins of a column with --numeric-encoding piecewise_linear", "N", int),
    )
    max_categories: int | None = parameter(
        None,
        Interval(2, integer=True, words=(None,)),
        "data.max_categories",
        Option(
            "--max-categories",
            "maximum number of inputs for the categories of a column; the rarest categories share one",
            "N",
            int,
            default="no limit",
        ),
    )
    min_frequency: float | None = parameter(
        None,
        constraints.count_or_share,
        "data.min_frequency",
        Option(
            "--min-frequency",
            "categories in fewer rows, or in a smaller fraction of the rows, share one input",
            "X",
            command_line.count_or_share,
            default="no limit",
        ),
    )
    max_one_hot: int | None = parameter(
        None,
        Interval(1, integer=True, words=(None,)),
        "data.max_one_hot",
        Option(
            "--max-one-hot",
            "columns of text with more inputs than this are given a learned embedding of 8 numbers instead",
            "N",
            int,
            default="no limit",
        ),
    )

    # What says nothing of the network or its training
    verbose: bool = parameter(False)
    warm_start: bool = parameter(False, constraints.yes_or_no)
    record: Any = parameter(None, constraints.several_of(registry.RECORDS))
    checkpoint: str | os.PathLike[str] | None = parameter(None, constraints.folder)
    checkpoint_every: int | str = parameter(1, registry.checkpoint_interval)
    callback: Callable[[History], bool | None] | None = parameter(None, constraints.function_of_history)


PARAMETERS = {f.name: Parameter(f.name, f.default, **f.metadata) for f in fields(Parameters)}
