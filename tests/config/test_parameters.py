"""A parameter is declared once: its row is what the estimator, the checks, the command line and the documents have."""

from __future__ import annotations

import inspect
import math
import re
from fractions import Fraction

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier as ScikitMLP

from gpunn import MLPClassifier
from gpunn.config.checks import check_parameters
from gpunn.config.constraints import ParameterError
from gpunn.config.parameters import PARAMETERS
from gpunn.nn.activations import ReLU
from gpunn.nn.costs import Quadratic
from gpunn.nn.heads import IdentityQuadratic
from gpunn.nn.initialisers import he_normal
from gpunn.optim.directions import BFGS
from gpunn.optim.first_order import Momentum
from gpunn.optim.schedules import Constant

SIGNATURE = inspect.signature(MLPClassifier.__init__).parameters
# What is allowed, and what is not; a number stands for those between which it is the border.
ALLOWED = {
    "output_activation": ["softmax", None, ReLU()], "weight_init": ["zeros", he_normal],
    "bias_init": [lambda *args: 0], "cost": [None, IdentityQuadratic(), Quadratic()],
    "solver": ["gd", BFGS(), Momentum(0.5)], "learning_rate": ["cosine", Constant(0.1)],
    "max_iter": [1, np.int64(7)], "max_fun": [1], "batch_size": ["auto", 1], "shuffle": [np.True_, False],
    "ema_decay": [None, 0, 0.5], "learning_rate_init": [5e-324, np.float32(1)], "power_t": [0], "warmup": [0, 0.5],
    "momentum": [0, 1], "nesterovs_momentum": [False], "beta_1": [0], "beta_2": [0], "epsilon": [1e-300],
    "lbfgs_memory": [1], "cg_beta": ["fletcher_reeves"], "tol": [0],
    "n_iter_no_change": [1, math.inf, np.float64("inf"), np.float32("inf")], "alpha": [0], "l1": [0],
    "weight_decay": [0], "max_norm": [None, 1e-9], "clip_norm": [None, 1e-9], "label_smoothing": [0, 0.999],
    "dropout": [0.5, [0.25]], "layer_norm": [True, np.False_],
    "input_dropout": [0, 0.999], "dtype": ["float64"], "precision": ["tf32"], "compile": ["auto", True, False],
    "class_weight": [None, "balanced", {"a": 1}, [{0: 1}]], "scoring": [None, "roc_auc", lambda *args: 0],
    "threshold": [None, 0.5, [0.25, 0.5]], "time_limit": [None, 1e-3], "early_stopping": [True], "ranks": [None, "mpi"],
    "local_steps": [1, 100],
    "validation_fraction": [0.5], "on_divergence": ["recover"], "features": ["auto", "all", None, {"a": "drop"}],
    "numeric_encoding": ["robust", "piecewise_linear"], "max_bins": [2, np.int64(4096)],
    "max_one_hot": [None, 1, np.int32(50)],
    "max_categories": [None, 2], "min_frequency": [None, 1, 0.5], "warm_start": [True],
    "record": [None, "score", ["score", "layers"]], "checkpoint": [None, "run"], "checkpoint_every": [1, "2.5 h"],
    "n_members": [2], "cross_validation": [None], "temperature_scaling": [True],
    "callback": [None, print], "hidden_layer_sizes": [(), 3, [4]], "activation": ["relu", ["tanh"], ReLU()],
    "random_state": [None, 0, 2**32 - 1, np.random.RandomState(0)],
}  # fmt: skip
REFUSED = {
    "output_activation": ["soft", 0], "weight_init": ["big", 1], "bias_init": [None], "cost": ["hinge", 0],
    "solver": ["newton", None], "learning_rate": ["fast", 0.1], "max_iter": [0, 1.0, True, "9", math.inf],
    "max_fun": [0], "batch_size": ["all", 0, 1.5, None, np.array([1, 2])], "shuffle": [1, None],
    "ema_decay": [1, -0.1, "0.5"], "learning_rate_init": [0, math.nan, math.inf, 1j], "power_t": [-1],
    "warmup": [-1, math.inf], "momentum": [-0.1, 1.1], "nesterovs_momentum": [0], "beta_1": [1], "beta_2": [1],
    "epsilon": [0], "lbfgs_memory": [0], "cg_beta": ["x"], "tol": [-1], "n_iter_no_change": [0, 1.5, -math.inf],
    "alpha": [-1], "l1": [-1], "weight_decay": [-1], "max_norm": [0], "clip_norm": [0, "auto"],
    "label_smoothing": [1], "layer_norm": ["yes", 1, None],
    "dropout": [1, [0.1, 0.2]], "input_dropout": [1], "dtype": ["float16", np.float32],
    "precision": ["fp8"], "compile": ["yes", 1, np.array(["auto"] * 2)], "class_weight": ["equal", 1, np.array([1, 2])],
    "scoring": ["r2", 1], "threshold": [0, 1, [0.5, 2]], "time_limit": [0], "early_stopping": ["yes"],
    "ranks": ["dask", 2], "local_steps": [0, 1.5, None],
    "validation_fraction": [0, 1],
    "on_divergence": ["stop"], "features": ["every", 1], "max_categories": [1, 2.0],
    "numeric_encoding": ["minmax", None], "max_bins": [1, 16.0, None],
    "max_one_hot": [0, 8.0, "all", True],
    "min_frequency": [0, 0.0, 1.0, -1, "x"], "warm_start": ["no"], "record": ["all", ["score", "x"], 1],
    "n_members": [0, 1.5, None], "cross_validation": [1, 2, "5"], "temperature_scaling": [None],
    "checkpoint": ["", 1], "checkpoint_every": [0, "0s", "1 d", 1.5], "callback": [1],
    "hidden_layer_sizes": [0, (5, -1), "9", None], "activation": ["relou", ["tanh", "tanh"], None],
    "random_state": [-1, 2**32],
}  # fmt: skip
ELSEWHERE = {"device", "verbose"}  # checked by what uses them


def test_the_signature_is_that_of_the_rows():
    assert {name: p.default for name, p in SIGNATURE.items() if name != "self"} == {
        name: parameter.default for name, parameter in PARAMETERS.items()
    }
    positional = [name for name, p in SIGNATURE.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == ["self", "hidden_layer_sizes", "activation"]
    assert all(p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) for p in SIGNATURE.values())


def test_names_and_defaults_of_scikit_learn_are_kept():
    theirs = {name: p.default for name, p in inspect.signature(ScikitMLP.__init__).parameters.items()}
    assert {name: SIGNATURE[name].default for name in theirs} == theirs


def test_every_parameter_is_documented():
    section = MLPClassifier.__doc__.partition("Parameters\n    ----------\n")[2].partition("    Attributes\n")[0]
    named = [
        name for names in re.findall(r"^    (\w[\w, ]*) : ", section, flags=re.MULTILINE) for name in names.split(", ")
    ]
    assert sorted(named) == sorted(PARAMETERS)


def test_keys_and_options_belong_to_one_parameter_each():
    keys = [parameter.key for parameter in PARAMETERS.values() if parameter.key]
    flags = [parameter.option.flag for parameter in PARAMETERS.values() if parameter.option]
    assert len(set(keys)) == len(keys) > 40
    assert len(set(flags)) == len(flags) > 20


HUGE = [10**400, 10**5000, -(10**5000), Fraction(10) ** 400]
TAKE_NUMBERS = sorted(
    name for name in {*ALLOWED} - {"hidden_layer_sizes", "random_state"}
    if any(isinstance(value, (int, float)) and not isinstance(value, bool) for value in ALLOWED[name])
)  # fmt: skip


@pytest.mark.parametrize("name", TAKE_NUMBERS)
@pytest.mark.parametrize("value", HUGE, ids=["10^400", "10^5000", "-10^5000", "fraction"])
def test_numbers_too_large_for_a_float_are_refused_by_name(name, value):
    with pytest.raises(ParameterError, match=rf"^{name}=.{{1,300}} is not allowed; give .*[\d)\]]") as caught:
        check_parameters(MLPClassifier((3,), **{name: value}))
    assert caught.value.parameter == name


def test_every_parameter_that_is_checked_has_values_here():
    assert set(ALLOWED) == set(REFUSED) == set(PARAMETERS) - ELSEWHERE


def test_the_defaults_are_allowed():
    check_parameters(MLPClassifier())


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in ALLOWED for value in ALLOWED[name]])
def test_what_is_allowed(name, value):
    check_parameters(MLPClassifier((9,) if name in ("activation", "dropout") else (), **{name: value})
                     if name != "hidden_layer_sizes" else MLPClassifier(value))  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in REFUSED for value in REFUSED[name]])
def test_what_is_not_allowed_is_refused_by_name(name, value):
    with pytest.raises(ParameterError, match=name) as caught:
        check_parameters(MLPClassifier(**{name: value}))
    assert caught.value.parameter.partition("[")[0] == name


@pytest.mark.parametrize("sizes", [10**20, 10**400, (2**31, 2**31), 10**18])
def test_a_network_larger_than_an_array_can_be_is_refused_by_name(sizes):
    with pytest.raises(
        ParameterError, match=r"^hidden_layer_sizes=.* more than an array can have. Give smaller layers"
    ):
        MLPClassifier(sizes).fit(np.eye(3), [0, 1, 1])


@pytest.mark.parametrize("weight", [10**400, 10**5000, math.inf, -1], ids=["400", "5000", "inf", "-1"])
def test_a_weight_that_is_no_weight_is_refused_by_name(weight):
    with pytest.raises(ValueError, match=r"^class_weight=.{1,300}: weights must be finite"):
        MLPClassifier(class_weight={0: weight}).fit(np.eye(3), [0, 1, 1])
