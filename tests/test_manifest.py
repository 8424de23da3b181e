"""Manifests say what estimators are, exactly, and what is no manifest is refused by its place."""

from __future__ import annotations

import math

import numpy as np
import pytest
import yaml

from gpunn import MLPClassifier, manifest
from gpunn.config.parameters import PARAMETERS
from gpunn.nn.activations import ACTIVATIONS, ELU, LeakyReLU, PReLU, RescaledTanh, Sigmoid
from gpunn.nn.costs import Quadratic
from gpunn.nn.initialisers import he_normal, ones

OTHERS = {
    "max_categories": 40, "min_frequency": 0.125,  # a value for each parameter that is not its default
    "local_steps": 4, "n_members": 6, "cross_validation": 3, "temperature_scaling": True,
    "on_divergence": "recover", "numeric_encoding": "robust", "max_bins": 48, "max_one_hot": 64,
    "layer_norm": True,
    "input_dropout": 0.1, "hidden_layer_sizes": (7, 5), "activation": ["tanh", "prelu"], "dropout": [0.0, 0.5],
    "output_activation": "sigmoid", "weight_init": "orthogonal", "bias_init": "gaussian", "cost": "quadratic",
    "random_state": 7, "device": "cuda:1", "dtype": "float64", "precision": "tf32",
    "compile": True, "early_stopping": True,
    "validation_fraction": 0.25, "alpha": 1e-07, "l1": 0.5, "weight_decay": 0.125, "max_norm": 3.0, "clip_norm": 1.5,
    "solver": "sgd", "max_iter": 17, "max_fun": 99, "batch_size": 8, "shuffle": False, "learning_rate_init": 1e-3 / 3,
    "learning_rate": "cosine", "power_t": 0.75, "warmup": 2.5, "momentum": 0.0, "nesterovs_momentum": False,
    "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-300, "lbfgs_memory": 3, "cg_beta": "hestenes_stiefel",
    "tol": 1e-12, "n_iter_no_change": math.inf, "class_weight": {"ham": 1.5, "spam": 2}, "scoring": "roc_auc",
    "threshold": 0.25, "time_limit": 60.0, "label_smoothing": 0.1, "ema_decay": 0.99,
    "features": {"zip": "text", "id": "drop"},
}  # fmt: skip


@pytest.fixture
def write(tmp_path):
    """Write a manifest, and give its path."""

    def to(text, name="net.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to


def toml(form, prefix=""):
    """Nested dicts as a TOML text of dotted keys."""
    lines = []
    for key, value in form.items():
        if isinstance(value, dict) and prefix.count(".") < 2 and "relu" not in str(next(iter(value))):
            lines += [toml(value, f"{prefix}{key}.")]
        else:
            lines += [f"{prefix}{key} = {_toml_value(value)}"]
    return "\n".join(lines)


def _toml_value(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {_toml_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    return repr(value).replace("True", "true").replace("False", "false")


def both(write, form):
    """What the YAML and the TOML text of a form are read as: they must agree."""
    a = manifest.read(write(yaml.safe_dump(form), "net.yaml"))
    b = manifest.read(write(toml(form), "net.toml"))
    assert (a.parameters, a.n_inputs, a.n_outputs, a.data) == (b.parameters, b.n_inputs, b.n_outputs, b.data)
    return a


def refusal(read, *args):
    with pytest.raises(ValueError) as caught:
        read(*args)
    return str(caught.value)


# To and from


def test_every_parameter_that_tells_of_the_network_or_its_training_has_a_key():
    no_matter = {"verbose", "warm_start", "record", "callback", "checkpoint", "checkpoint_every", "ranks"}
    assert set(manifest.KEYS.values()) == set(PARAMETERS) - no_matter == set(OTHERS)
    assert all(OTHERS[name] != PARAMETERS[name].default for name in OTHERS)


@pytest.mark.parametrize("name", OTHERS)
def test_every_parameter_comes_back(write, name):
    needs = {"activation": {"hidden_layer_sizes": (7, 5)}, "dropout": {"hidden_layer_sizes": (7, 5)},
             "cross_validation": {"n_members": 6}}.get(name, {})  # fmt: skip
    clf = MLPClassifier(**{**needs, name: OTHERS[name]})
    form = manifest.to_dict(clf)
    assert manifest.from_dict(form).parameters[name] == OTHERS[name]
    assert both(write, form).parameters[name] == OTHERS[name]
    path = write(clf.to_manifest())
    assert MLPClassifier.from_manifest(path).get_params() == clf.get_params()


@pytest.mark.parametrize("value", [2**64, 10**20, 10**300])
def test_a_large_integer_in_the_place_of_a_number_comes_back(write, value):
    clf = MLPClassifier((3,), max_norm=value, class_weight={0: value, 1: 1})
    found = both(write, manifest.to_dict(clf)).parameters
    assert (found["max_norm"], found["class_weight"][0]) == (float(value), float(value))
    assert MLPClassifier.from_manifest(write(clf.to_manifest())).get_params()["max_norm"] == float(value)


def test_an_integer_too_large_for_a_float_is_not_written():
    assert refusal(MLPClassifier(max_norm=10**400).to_manifest).startswith("max_norm=1000")


def test_all_parameters_come_back_together(write):
    others = {name: value for name, value in OTHERS.items() if name != "precision"}  # it does not go with all
    clf = MLPClassifier(**others)
    assert both(write, manifest.to_dict(clf)).parameters == others
    assert MLPClassifier.from_manifest(write(clf.to_manifest())).get_params() == clf.get_params()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_comes_back_by_name_and_as_an_object(write, name):
    by_name, by_object = MLPClassifier(activation=name), MLPClassifier(activation=ACTIVATIONS[name]())
    assert both(write, manifest.to_dict(by_name)).parameters["activation"] == name
    read = both(write, manifest.to_dict(by_object)).parameters["activation"]
    assert ACTIVATIONS[read] is ACTIVATIONS[name]


@pytest.mark.parametrize("activation", [
    LeakyReLU(0.2), PReLU(0.1, shared=True), ELU(2), [LeakyReLU(0.2), "tanh"], [PReLU(), PReLU(0.5)],
])  # fmt: skip
def test_activations_with_what_they_take_come_back(write, activation):
    several = isinstance(activation, list)
    clf = MLPClassifier((5, 4) if several else (5,), activation)
    read = both(write, manifest.to_dict(clf)).parameters["activation"]
    assert read == ([a if a != PReLU() else "prelu" for a in activation] if several else activation)


def test_objects_of_the_house_are_written_by_name():
    clf = MLPClassifier(range(3, 5), Sigmoid(), cost=Quadratic(), output_activation=PReLU(0.5), weight_init=he_normal)
    clf.set_params(bias_init=ones, alpha=np.float32(0.5), random_state=np.int64(3))
    assert manifest.from_dict(manifest.to_dict(clf)).parameters == {
        "hidden_layer_sizes": (3, 4), "activation": "sigmoid", "cost": "quadratic", "output_activation": PReLU(0.5),
        "weight_init": "he_normal", "bias_init": "ones", "alpha": 0.5, "random_state": 3, "solver": "adam",
        "max_iter": 200,
    }  # fmt: skip
    assert "[3, 4]" in clf.set_params(hidden_layer_sizes=np.array([3, 4])).to_manifest()


@pytest.mark.parametrize("parameters", [
    {"weight_init": lambda *args: 0}, {"activation": RescaledTanh()}, {"random_state": np.random.RandomState(0)},
])  # fmt: skip
def test_objects_without_a_name_are_refused_by_the_parameter(parameters):
    assert f"{next(iter(parameters))}=" in refusal(MLPClassifier(**parameters).to_manifest)


# The networks of the post


@pytest.mark.parametrize(("hidden", "activation", "output", "cost", "n_iter"), [
    ([25], "relu", "softmax", "xentropy", 82), ([25], "sigmoid", "softmax", "xentropy", 69),
    ([25], "tanh", "tanh", "xentropy", 173), ([25, 20], "relu", "softmax", "loglike", 82),
])  # fmt: skip
def test_the_networks_of_the_post_can_be_written_in_its_words(write, hidden, activation, output, cost, n_iter):
    read = both(write, {
        "kind": "feedfwd", "task": "class",
        "network": {"input": {"size": 400}, "hidden": {"size": hidden, "activation": activation},
                    "output": {"size": 10, "activation": output}},
        "training": {"kind": "backprop", "cost": cost, "params": {"lambda": 1.0},
                     "optimize": {"method": "bfgs", "iterations": n_iter}},
    })  # fmt: skip
    assert (read.n_inputs, read.n_outputs) == (400, 10)
    assert read.parameters == {
        "hidden_layer_sizes": tuple(hidden), "activation": activation, "output_activation": output, "solver": "bfgs",
        "cost": {"xentropy": "cross_entropy", "loglike": "log_likelihood"}[cost], "alpha": 1.0, "max_iter": n_iter,
    }  # fmt: skip
    read.check_sizes(400, 10)
    MLPClassifier(**{**read.parameters, "hidden_layer_sizes": (3,), "max_iter": 1, "tol": 1e6}).fit(
        np.eye(10, 400), np.arange(10)
    )


def test_a_prelu_output_goes_with_the_quadratic_cost(write):
    form = {"network": {"output": {"activation": {"prelu": {"shared": True}}}}, "training": {"cost": "quadratic"}}
    assert both(write, form).parameters == {"output_activation": PReLU(shared=True), "cost": "quadratic"}


def test_data_starts_from_the_folder_of_the_manifest(write, tmp_path):
    form = {"data": {"file": "a/b.csv", "target": "y", "held_out": 0.3}}
    assert both(write, form).data == {"file": str(tmp_path / "a/b.csv"), "target": "y", "held_out": 0.3}


def test_numbers_may_be_written_as_everywhere_else(write):
    text = "training: {params: {lambda: 1e-3, l1: +2E2, max_norm: .5e1}, optimize: {patience: .inf}}"
    assert manifest.read(write(text)).parameters == {
        "alpha": 1e-3, "l1": 200.0, "max_norm": 5.0, "n_iter_no_change": math.inf,
    }  # fmt: skip
    assert manifest.read(write("data: {target: 2020-01-02}")).data == {"target": "2020-01-02"}


@pytest.mark.parametrize(("name", "sign"), [("a.YAML", ":"), ("a.yml", ":"), ("b.TOML", "=")])
def test_suffixes_may_be_capitals_and_texts_begin_with_a_byte_order_mark(write, name, sign):
    text = f"\ufeffkind{sign} 'feedforward'\r\n"
    assert manifest.read(write(text, name)).parameters == {}


# What is refused

WRONG = [  # a key, a value, and what the message names
    ("kind", "convolution", "feedforward"), ("kind", None, "feedforward"), ("task", ["class"], "classification"),
    ("training.kind", 3, "backprop"), ("network.input.size", 0, "at least 1"),
    ("network.input.size", "64", "at least 1"),
    ("network.input.size", True, "at least 1"), ("network.input.size", 2.0, "at least 1"),
    ("network.output.size", 1, "at least 2"), ("network.output.size", -3, "at least 2"),
    ("network.hidden.size", 0, "> 0"), ("network.hidden.size", [5, -1], "> 0"), ("network.hidden.size", [2.5], "> 0"),
    ("network.hidden.size", "25", "integer"), ("network.hidden.size", {"a": 1}, "> 0"),
    ("network.hidden.size", None, "integer"), ("network.hidden.activation", "relou", "'relu'"),
    ("network.hidden.activation", ["relu", "tanh"], "1 hidden layers"), ("network.hidden.activation", ["no"], "'relu'"),
    ("network.hidden.activation", {"leaky_relu": {"slop": 1}}, "slope, a number"),
    ("network.hidden.activation", {"leaky_relu": {"slope": "1"}}, "slope, a number"),
    ("network.hidden.activation", {"leaky_relu": {"slope": math.nan}}, "slope, a number"),
    ("network.hidden.activation", {"leaky_relu": {"slope": True}}, "slope, a number"),
    ("network.hidden.activation", {"prelu": {"shared": 1}}, "shared, true or false"),
    ("network.hidden.activation", {"leaky_relu": 0.2}, "{slope: 0.2}"), ("network.hidden.activation", {}, "softplus"),
    ("network.hidden.activation", {"relu": {"slope": 1}}, "nothing"),
    ("network.hidden.activation", {"x": {}}, "softplus"),
    ("network.hidden.dropout", [0.1, 0.2], "1 hidden layers"), ("network.hidden.dropout", 1, "[0, 1)"),
    ("network.input.dropout", "much", "[0, 1)"), ("network.output.activation", "soft", "'softmax'"),
    ("network.weights", "big", "'he_normal'"), ("network.biases", 0, "'zeros'"),
    ("training.cost", "hinge", "'quadratic'"),
    ("training.cost", ["xentropy"], "'quadratic'"), ("training.seed", -1, "2^32"), ("training.seed", "a", "2^32"),
    ("training.seed", 2**32, "2^32"), ("training.seed", 1.5, "2^32"), ("training.device", "gpu", "cuda:N"),
    ("training.device", 0, "cuda:N"), ("training.dtype", "float16", "'float32'"),
    ("training.precision", "fp8", "'bf16'"),
    ("training.early_stopping", 1, "True"),
    ("training.validation_fraction", 1, "(0, 1)"), ("training.params.lambda", -1, "[0, inf)"),
    ("training.params.lambda", "1", "[0, inf)"), ("training.params.lambda", math.nan, "[0, inf)"),
    ("training.params.max_norm", 0, "(0, inf)"), ("training.optimize.method", "newton", "'bfgs'"),
    ("training.optimize.iterations", 1.5, "integer"), ("training.optimize.batch_size", "all", "integer"),
    ("training.optimize.schedule", "fast", "'cosine'"), ("training.optimize.beta", "x", "'fletcher_reeves'"),
    ("training.optimize.momentum", [1], "[0, 1]"), ("data.held_out", 1, "[0, 1)"), ("data.held_out", None, "[0, 1)"),
    ("data.file", 3, "file"), ("data.file", "", "file"), ("data.target", 5, "in quotes"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "allowed"), WRONG)
def test_a_wrong_value_is_named_with_its_place_and_what_is_allowed(write, key, value, allowed):
    form = value
    for section in reversed(key.split(".")):
        form = {section: form}
    message = refusal(manifest.from_dict, form)
    assert message.startswith(f"manifest, {key}: ") and allowed in message
    assert key in ("network.hidden.size",) or str(value) in message or "activation" in key
    path = write("# a comment\n" + yaml.safe_dump(form))
    line = 1 + len(key.split("."))
    assert refusal(manifest.read, path).startswith(f"{path}, line {line}, {key}: ")


@pytest.mark.parametrize("key", ["colour", "network.depth", "network.hidden.sizes", "training.optimize.lr", "data.url",
                                 "training.params.alpha", "network.hidden.size.x"])  # fmt: skip
def test_an_unknown_key_is_named_with_those_there_are(write, key):
    form = 1
    for section in reversed(key.split(".")):
        form = {section: form}
    if key.endswith("size.x"):
        assert "network.hidden.size: " in refusal(manifest.from_dict, form)
        return
    message = refusal(manifest.from_dict, form)
    siblings = [k for k in manifest.ALL_KEYS if k.startswith(key.rpartition(".")[0])]
    assert message.startswith(f"manifest, {key}: the key is unknown") and siblings
    assert all(k.split(".")[key.count(".")] in message for k in siblings)


@pytest.mark.parametrize(("output", "cost"), [
    ("relu", "cross_entropy"), ("identity", "cross_entropy"), ("tanh", "log_likelihood"), ("prelu", "xentropy"),
])  # fmt: skip
def test_a_cost_that_does_not_fit_the_output_is_refused_with_those_that_do(write, output, cost):
    path = write(f"network:\n  output: {{activation: {output}}}\ntraining: {{cost: {cost}}}\n")
    message = refusal(manifest.read, path)
    assert message.startswith(f"{path}, line 2, network.output.activation: ")
    assert output in message and "softmax" in message


def test_a_value_that_does_not_fit_a_default_is_refused_by_both_names(write):
    path = write("network: {hidden: {activation: [relu, tanh]}}")
    assert "names 2 activations for 1 hidden layers" in refusal(manifest.read, path)
    path = write("network: {hidden: {dropout: 0.5}}\ntraining: {optimize: {method: lbfgs}}")
    assert "line 1, network.hidden.dropout" in refusal(manifest.read, path)


@pytest.mark.parametrize(("text", "said"), [
    ("kind: feedforward\nkind: feedforward\n", ", line 2, kind: the key stands twice, first in line 1"),
    ("network: {input: {size: 3,\n size: 4}}", ", line 2, network.input.size: the key stands twice"),
    ("network: {hidden: {activation: [{prelu: {shared: true,\n shared: true}}]}}", ", line 2, network.hidden."),
    ("network: 5", ", line 1, network: 5 is not a mapping"),
    ("network:\n  hidden:\n", ", line 2, network.hidden: None"),
    ("training: [1]", ", line 1, training: [1] is not a mapping"), ("- kind", ": ['kind'] is not a mapping"),
    ("", ": the manifest is empty"), ("# nothing\n", ": the manifest is empty"), ("{}", ": the manifest is empty"),
    ("just text", ": 'just text' is not a mapping"), ("kind: [", ": not YAML: "), ("a: b: c", ": not YAML: "),
    ("kind: x\n--- \nkind: y", ": not YAML: "), ("network.input.size: 3", "network.input.size: the key is unknown"),
    ("kind: !!python/object/apply:os.mkdir [x]", ", line 1: tag:yaml.org,2002:python/object/apply:os.mkdir"),
    ("task: class\nkind: !!python/name:os.system", ", line 2: tag:"), ("kind: !mine x", ", line 1: !mine"),
    ("kind: &a feedfwd\ntask: *a", ", line 2: *a"), ("? [a]\n: b", ": not YAML: "), ("1: 2", "1: the key is unknown"),
    ("network: &a {input: *a}", ", line 1: *a"),
    ("kind: " + "[" * 700 + "]" * 700, ", line 1: lists and mappings nest too deep"),
    ("<<: {kind: x}", "<<: the key"),
    ("training: {seed: " + "1" * 5000 + "}", ", line 1: 1111"), ("kind: \x00", ": not YAML: "),
    (b"kind: \xff", ": not UTF-8 text"), ("kind: feedforward".encode("utf-16"), ": not UTF-8 text"),
    ("=: 1", "=: the key is unknown"), ("kind: " + "[" * 99 + "]" * 99, ", line 1: lists and mappings nest too deep"),
])  # fmt: skip
def test_a_text_that_is_no_manifest_is_refused(write, tmp_path, monkeypatch, text, said):
    monkeypatch.chdir(tmp_path)
    path = write(text)
    message = refusal(manifest.read, path)
    assert message.startswith(str(path)) and said in message
    assert len(message) < 700 + len(str(path))
    assert list(tmp_path.iterdir()) == [path]  # nothing was executed


@pytest.mark.parametrize(("text", "said"), [
    ("kind = 'feedfwd'\nkind = 'feedfwd'", "not TOML: "), ("kind = ", "not TOML: "), ("", "empty"),
    ("[network", "not TOML"),
    ("network = 5", "network: 5 is not a mapping"), ("'network.input.size' = 3", "the key is unknown"),
    ("a = " + "[" * 5000, "nest too deep"), ("kind = 2020-01-02", "kind: datetime.date"), (b"a = '\xff'", "not UTF-8"),
    ("training.seed = " + "1" * 5000, "not TOML"), ("[[network]]\n", "network: [{}] is not a mapping"),
])  # fmt: skip
def test_a_text_that_is_no_toml_manifest_is_refused(write, text, said):
    path = write(text, "net.toml")
    message = refusal(manifest.read, path)
    assert message.startswith(str(path)) and said in message


@pytest.mark.parametrize("name", ["net.json", "net", "net.yaml.txt"])
def test_another_suffix_is_refused(write, name):
    assert ".yaml, .yml, .toml" in refusal(manifest.read, write("kind: feedforward", name))


def test_sizes_that_are_not_those_of_the_data_are_named(write):
    path = write("network:\n  input: {size: 4}\n  output: {size: 3}\n")
    read = manifest.read(path)
    read.check_sizes(4, 3)
    for sizes, line, key, said in [((5, 3), 2, "input", 4), ((4, 2), 3, "output", 3)]:
        message = refusal(read.check_sizes, *sizes)
        assert message.startswith(f"{path}, line {line}, network.{key}.size: {said} ")
        assert str(next(n for n, m in zip(sizes, (4, 3), strict=True) if n != m)) in message
    manifest.from_dict({"kind": "feedfwd"}).check_sizes(5, 9)  # nothing was said
