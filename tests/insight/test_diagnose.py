"""A diagnosis: its numbers against NumPy by hand, and its text."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import NotFittedError

from gpunn import MLPClassifier, insight
from gpunn.devices import get_device
from gpunn.insight import Training, diagnose, diagnose_network
from gpunn.insight.remedies import change_of
from gpunn.nn.activations import Identity, Sigmoid, Softmax, Tanh
from gpunn.nn.costs import CrossEntropy, LogLikelihood, Quadratic
from gpunn.nn.heads import pair
from gpunn.nn.initialisers import glorot_uniform, zero_bias
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.training.data import Rows
from gpunn.training.history import History
from gpunn.training.layers import layer_statistics


def linear(n=64, d=4, k=3, l2=0.0, seed=0):
    """Softmax regression: objective, theta, X, T, all of which can be written out."""
    rng = np.random.default_rng(seed)
    objective = Objective(Network((d, k), ()), pair(Softmax(), LogLikelihood()), l2=l2)
    theta = objective.network.initial(np, rng, glorot_uniform, zero_bias)
    return objective, theta, rng.standard_normal((n, d)), np.eye(k)[rng.integers(k, size=n)]


def gradients(theta, X, T):
    """Gradient (n, P) of each row's cost, of softmax regression."""
    d, k = X.shape[1], T.shape[1]
    z = X @ theta[: d * k].reshape(d, k) + theta[d * k :]
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    return np.concatenate([(X[:, :, None] * (p - T)[:, None, :]).reshape(len(X), -1), p - T], axis=1)


def test_curvature_is_that_of_the_hessian(device):
    objective, theta, X, T = linear(l2=3.0)
    z = X @ theta[:12].reshape(4, 3) + theta[12:]
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    J = np.concatenate([np.kron(x[:, None], np.eye(3)) for x in X]).reshape(64, 12, 3)  # dz / dW of each row
    J = np.concatenate([J, np.tile(np.eye(3), (64, 1, 1))], axis=1)
    H = np.mean([j @ (np.diag(q) - np.outer(q, q)) @ j.T for j, q in zip(J, p, strict=True)], axis=0)
    H[:12, :12] += 3.0 / 64 * np.eye(12)
    g = gradients(theta, X, T).mean(0) + np.r_[3.0 / 64 * theta[:12], 0, 0, 0]
    found = diagnose_network(objective, *(device.asarray(a) for a in (theta, X, T)), device=device)
    assert found.gradient_norm == pytest.approx(np.linalg.norm(g), rel=1e-9)
    assert found.curvature == pytest.approx(g @ H @ g / (g @ g), rel=1e-5)


def test_noise_scale_is_trace_over_square(device):
    # Both are unbiased estimates from 16 batches, so many rows bring them near to what they estimate.
    objective, theta, X, T = linear(n=2048)
    G = gradients(theta, X, T)
    g = G.mean(0)
    trace = ((G - g) ** 2).sum() / (len(G) - 1)
    expected = trace / (g @ g - trace / len(G))
    found = diagnose_network(objective, *(device.asarray(a) for a in (theta, X, T)), device=device).noise_scale
    assert found == pytest.approx(expected, rel=0.5)
    assert diagnose_network(objective, theta, X[:20], T[:20]).noise_scale is None


def test_noise_scale_by_hand():
    objective, theta, X, T = linear(n=80, l2=3.0)
    G = (
        (gradients(theta, X, T) + np.r_[3.0 / 80 * theta[:12], 0, 0, 0])[np.random.default_rng(0).permutation(80)]
        .reshape(16, 5, -1)
        .mean(1)
    )
    small, large = (G**2).sum(1).mean(), (G.mean(0) ** 2).sum()
    square, trace = (80 * large - 5 * small) / 75, (small - large) / (1 / 5 - 1 / 80)  # appendix A.1
    found = diagnose_network(objective, theta, X, T).noise_scale
    assert found == pytest.approx(trace / square if square > 0 else math.inf, rel=1e-9)


@pytest.mark.parametrize(
    ("head", "guess"),
    [
        (pair(Softmax(), LogLikelihood()), lambda p: -np.sum(p * np.log(p))),
        (pair(Sigmoid(), CrossEntropy()), lambda p: -np.sum(p * np.log(p) + (1 - p) * np.log(1 - p))),
        (pair(Identity(), Quadratic()), lambda p: np.sum(p * (1 - p)) / 2),
    ],
)
def test_guessing_costs_what_the_shares_of_the_classes_do(device, head, guess):
    objective, theta, X, T = linear()
    objective = Objective(objective.network, head)
    found = diagnose_network(objective, *(device.asarray(a) for a in (theta, X, T)), device=device)
    assert found.guess == pytest.approx(guess(T.mean(0)))


def test_cost_score_penalty_and_layers_are_those_of_the_rows(device):
    objective, theta, X, T = linear(l2=3.0)
    weight = np.arange(1.0, 65.0)
    arrays = [device.asarray(a) for a in (theta, X, T)]
    found = diagnose_network(objective, *arrays, device=device, weight=device.asarray(weight))
    z = X @ theta[:12].reshape(4, 3) + theta[12:]
    cost = np.log(np.exp(z).sum(1)) - (z * T).sum(1)
    assert found.cost == pytest.approx(np.average(cost, weights=weight))
    assert found.score == pytest.approx(np.average(z.argmax(1) == T.argmax(1), weights=weight))
    assert found.penalty == pytest.approx(1.5 * (theta[:12] ** 2).sum() / weight.sum())
    assert found.layers == layer_statistics(device, objective, *arrays, device.asarray(weight))
    assert (found.n_rows, found.n_sample, found.sizes) == (64, 64, (4, 3))


def test_a_sample_has_its_share_of_the_penalty():
    objective, theta, X, T = linear(l2=3.0)
    many = Objective(objective.network, objective.head, l2=3.0 * 64)  # 64 times the rows, and so the same pull
    whole = diagnose_network(objective, theta, X, T)
    found = diagnose_network(many, theta, np.repeat(X, 64, axis=0), np.repeat(T, 64, axis=0))
    assert (found.n_rows, found.n_sample) == (4096, 2048)
    for name in ("gradient_norm", "curvature", "penalty", "cost"):
        assert getattr(found, name) == pytest.approx(getattr(whole, name), rel=1e-6)


def test_the_start_is_the_one_that_fit_begins_from(iris):
    X, y = iris
    clf = MLPClassifier((7,), solver="sgd", learning_rate_init=1e-300, momentum=0, max_iter=1, random_state=5)
    before = diagnose(clf, X, y, at="start")
    assert not hasattr(clf, "theta_") and not hasattr(clf, "n_features_in_")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        after = diagnose(clf.fit(X, y), X, y)
    assert before.layers == after.layers and before.at == "start" and after.at == "end"


def test_evidence_of_saturation_is_the_weights_and_inputs():
    X = np.random.default_rng(0).standard_normal((300, 784))
    clf = MLPClassifier((50,), activation="sigmoid", weight_init="gaussian", random_state=0)
    [finding] = [f for f in diagnose(clf, X, np.arange(300) % 3, at="start").findings if f.name == "saturated_layer"]
    found = finding.evidence
    assert found["z_std"] == pytest.approx(28, rel=0.05) and found["expected_z_std"] == pytest.approx(28, rel=0.05)
    assert found["saturated"] == pytest.approx(0.87, abs=0.02)  # |z| > 4.6 of a normal of 28
    assert "784 inputs" in finding.text and "87%" in finding.text and "glorot_uniform" in finding.remedy


def test_saturation_after_layer_normalisation_is_not_put_down_to_the_weights(iris, fitted):
    clf = fitted(*iris, hidden_layer_sizes=(12,), activation="sigmoid", layer_norm=True, max_iter=2)
    clf.network_.layers[0].learned["gain"].of(np, clf.theta_)[...] = 50
    [finding] = [f for f in diagnose(clf, *iris).findings if f.name == "saturated_layer"]
    assert finding.evidence.keys() == {"saturated", "bound", "z_mean", "z_std"}
    assert finding.evidence["z_std"] == pytest.approx(50, rel=0.01)
    assert "sigmoid (layer norm) units saturate" in finding.text and "learned gains and shifts" in finding.text
    assert finding.remedy.startswith("Lower learning_rate_init")
    assert change_of(clf.get_params(), finding) == {"learning_rate_init": 1e-4}


def test_overshoot_is_the_cost_of_outputs_beyond_their_target(device):
    objective, theta, X, T = linear()
    objective = Objective(objective.network, pair(Identity(), Quadratic()))
    a = X @ theta[:12].reshape(4, 3) + theta[12:]
    beyond = np.where(T == 1, a > 1, a < 0)
    found = diagnose_network(objective, *(device.asarray(x) for x in (theta, X, T)), device=device).findings
    [finding] = [f for f in found if f.name == "linear_output"]
    assert finding.evidence["overshoot"] == pytest.approx(((a - T) ** 2)[beyond].sum() / ((a - T) ** 2).sum())


def test_a_validation_cost_that_turned_up_is_overfitting():
    objective, theta, X, T = linear()
    falling, best = [1.0 / i for i in range(1, 21)], 5
    history = History(
        cost=falling,
        validation_cost=[*falling[:best], *np.linspace(0.2, 0.9, 15)],
        validation_score=[0.5] * 20,
        learning_rate=[0.1] * 20,
        stopped="tol",
    )
    found = diagnose_network(objective, theta, X, T, training=Training(history)).findings
    [finding] = [f for f in found if f.name == "overfitting"]
    assert finding.evidence["best_epoch"] == 5 and finding.evidence["validation_cost"] == pytest.approx(0.9)
    history.best = best - 1  # with early stopping the theta of that epoch is the one that was kept
    found = diagnose_network(objective, theta, X, T, training=Training(history)).findings
    assert "overfitting" not in {f.name for f in found}


def test_early_stopping_that_kept_a_beginning():
    objective, theta, X, T = linear()
    costs = [1.0, 0.8, 0.5, 0.3]
    history = History(cost=costs, validation_cost=costs, validation_score=[0.9] * 4, learning_rate=[0.1] * 4, best=0)
    found = diagnose_network(objective, theta, X, T, training=Training(history)).findings
    [finding] = [f for f in found if f.name == "kept_too_early"]
    assert finding.evidence == {"epoch": 1, "cost": 1.0, "lowest_epoch": 4, "lowest_cost": 0.3}
    history.best = 3
    found = diagnose_network(objective, theta, X, T, training=Training(history)).findings
    assert "kept_too_early" not in {f.name for f in found}


def test_yes_or_no_problems_have_both_answers_as_classes(device):
    rng = np.random.default_rng(0)
    X, T = rng.standard_normal((300, 3)), (np.arange(300)[:, None] % 30 == 0).astype(float)
    objective = Objective(Network((3, 4, 1), (Tanh(),)), pair(Sigmoid(), CrossEntropy()))
    theta = objective.network.initial(np, rng, glorot_uniform, zero_bias)
    objective.network.layers[-1].b.put(np, theta, np.full(1, -20.0))  # always no
    arrays = [device.asarray(a) for a in (theta, X, T)]
    found = diagnose_network(objective, *arrays, device=device, classes=("no", "yes"))
    [finding] = [f for f in found.findings if f.name == "rare_class"]
    assert "'yes'" in finding.text and finding.evidence["recall"] == 0 and finding.evidence["share"] == 1 / 30
    z = objective.network.logits(np, theta, X)[:, 0]
    objective.network.layers[-1].b.put(np, theta, np.full(1, -20 - np.quantile(z, 0.95)))  # yes for one in twenty
    arrays = [device.asarray(a) for a in (theta, X, (z > np.quantile(z, 0.95))[:, None] * 1.0)]
    found = diagnose_network(objective, *arrays, device=device)
    assert found.score == 1 and "rare_class" not in {f.name for f in found.findings}
    labels = device.asarray(np.c_[T, np.ones(300)])  # a rare row is right in one label and wrong in the other
    two = Objective(Network((3, 4, 2), (Tanh(),)), pair(Sigmoid(), CrossEntropy()))
    theta = two.network.initial(np, rng, glorot_uniform, zero_bias)
    two.network.layers[-1].b.put(np, theta, np.array([-20.0, 20.0]))
    found = diagnose_network(two, device.asarray(theta), arrays[1], labels, device=device, exclusive=False)
    [finding] = [f for f in found.findings if f.name == "rare_class"]
    assert finding.evidence["class"] == 0 and found.score == pytest.approx(29 / 30)


def test_a_training_whose_steps_are_as_large_as_its_weights():
    objective, theta, X, T = linear()
    [layer] = layer_statistics(get_device("cpu"), objective, theta, X, T)
    history = History(cost=[3.0, 2.0, 1.0], learning_rate=[0.5] * 3)
    for ratio, found in ((0.3, True), (0.001, False)):
        entries = [[replace(layer, update_ratio=r)] for r in (9.0, ratio, ratio)]
        diagnosis = diagnose_network(objective, theta, X, T, training=Training(history, layer_history=entries))
        rates = [f for f in diagnosis.findings if f.name == "rate_too_high"]
        assert bool(rates) is found
        assert not found or (
            rates[0].evidence == {"learning_rate": 0.5, "update_ratio": 0.3} and "30%" in rates[0].text
        )


@pytest.mark.parametrize(
    ("cost", "found"),
    [
        ([1.0, 0.9, 1.0, 0.9, 1.0, 0.9], True),  # up and down by turns
        ([1.0, 0.8, 0.6, 0.4, 0.5, 0.3, 0.2], False),  # a jump on the way down
        ([1.0, 0.99, 1.0, 0.99, 1.0, 0.99], False),  # noise
        ([9.0, 1.0, 0.5, 3.0, 1.0, 0.1], True),  # thrown back by more than there was to learn
    ],
)
def test_a_cost_that_jumps(cost, found):
    objective, theta, X, T = linear()
    history = History(cost=cost, learning_rate=[0.5] * len(cost))
    diagnosis = diagnose_network(objective, theta, X, T, training=Training(history))
    assert ("rate_too_high" in {f.name for f in diagnosis.findings}) is found


def test_columns_of_frames_are_named_and_weights_of_classes_count(iris, fitted):
    X, y = iris
    table = pd.DataFrame(X, columns=["a", "b", "c", "d"]).assign(colour=np.where(y == 0, "red", "blue"), e=X[:, 1])
    y = np.where(np.arange(150) % 50 == 7, "rare", "usual")
    clf = fitted(table, y, hidden_layer_sizes=(5,), class_weight="balanced")
    found = diagnose(clf, table, y, at="start")
    assert found.sizes[0] == len(clf.features_.names_out) > 6
    [finding] = [f for f in found.findings if f.name == "duplicate_inputs"]
    assert "(e)" in finding.text and "(b)" in finding.text
    assert "rare_class" not in {f.name for f in diagnose(clf, table, y).findings}
    balanced = diagnose(clf, table, y)
    assert balanced.guess == found.guess == pytest.approx(np.log(2))
    by_rows = diagnose(clf.set_params(class_weight=None), table, y, np.where(y == "rare", 25.0, 25 / 49))
    for name in ("cost", "score", "gradient_norm", "penalty", "noise_scale"):
        assert getattr(by_rows, name) == pytest.approx(getattr(balanced, name))
    assert balanced.cost != pytest.approx(diagnose(clf, table, y).cost)


def test_sparse_rows_are_those_of_their_dense_form(digits, fitted):
    X, _, y, _ = digits
    X = X[:300].astype("float64")
    clf = fitted(X, y[:300], record="layers", solver="sgd", learning_rate_init=1e-4, max_iter=10)
    dense, thin = (diagnose(clf, A, y[:300]) for A in (X, sparse.csr_array(X)))
    assert dense.cost == pytest.approx(thin.cost)
    for a, b in zip(dense.layers, thin.layers, strict=True):
        assert asdict(a) == pytest.approx(asdict(b))
    assert [f.name for f in dense.findings] == [f.name for f in thin.findings]
    assert [f.evidence["update_ratio"] for f in dense.findings if f.name == "rate_too_low"] == [
        max(layer.update_ratio for layer in clf.layer_history_[-1])
    ]


def test_words_and_form(iris):
    X, y = iris
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf = MLPClassifier((7, 6), activation=["relu", "softmax"], max_iter=3, random_state=0).fit(
            X * [1, 1, 1, 99], y
        )
    found = diagnose(clf, X * [1, 1, 1, 99], y, X_val=X, y_val=y)
    text = str(found)
    assert "4-7-6-3" in text and "1 ReLU" in text and "2 Softmax" in text and "output Softmax" in text
    for finding in found.findings:
        assert finding.text in " ".join(text.split()) and finding.remedy.split()[0] in text
    assert all(len(line) <= 110 for line in text.splitlines())
    form = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert form["layers"][0]["z_std"] == found.layers[0].z_std and form["findings"][0]["name"] == "unscaled_inputs"
    assert "No findings" in str(diagnose(MLPClassifier(random_state=0), X, y, at="start"))


@pytest.mark.parametrize(
    ("output", "cost", "said"),
    [
        (
            Softmax(),
            LogLikelihood(),
            "passes 100% of its error a - T on to the weights (in the mean), as a matched pair",
        ),
        (Sigmoid(), CrossEntropy(), "passes 100% of its error"),
        (Tanh(), CrossEntropy(), "passes 200% of its error a - T on to the weights (in the mean), as the matched"),
        (Sigmoid(), Quadratic(), "a matched pair of output activation and cost passes 100%. The less it passes"),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_share_of_the_error_that_is_passed_on_in_words(output, cost, said, dtype):
    linear_objective, theta, X, T = linear()
    objective = Objective(linear_objective.network, pair(output, cost))
    found = diagnose_network(objective, *(a.astype(dtype) for a in (theta, X, T)))
    text = " ".join(str(found).split())
    assert said in text
    if isinstance(cost, Quadratic):
        z = X @ theta[:12].reshape(4, 3) + theta[12:]
        a = 1 / (1 + np.exp(-z))
        share = abs((a - T) * a * (1 - a)).mean() / abs(a - T).mean()
        assert f"passes {share:.0%} of its error" in text


def test_more_than_the_whole_error_is_not_called_better():
    objective, theta, X, T = linear()
    found = diagnose_network(objective, theta, X, T)
    output = replace(found.layers[-1], delta_factor=3.5)
    text = " ".join(str(replace(found, layers=[output])).split())
    assert "passes 350% of its error" in text and "the learning rate may have to be lower" in text


@pytest.mark.parametrize(
    ("scale", "said"),
    [
        (None, "Noise scale unknown: it takes 32 rows to estimate it."),
        (math.inf, "Noise scale infinite: on these rows the mean gradient cannot be told from the noise"),
        (0.2, "Noise scale below 1 row: the rows agree on the direction, so that small batches are the best choice."),
        (1.0, "Noise scale 1 row: the batch size at which"),
        (47.3, "Noise scale 47 rows: the batch size at which noise and gradient are equally large"),
        (47.3, "batches above 470 rows gain less than 10% a step."),
        (12345.6, "batches above 120,000 rows gain less than 10% a step."),
    ],
)
def test_the_noise_scale_in_words(scale, said):
    objective, theta, X, T = linear()
    found = replace(diagnose_network(objective, theta, X, T), noise_scale=scale)
    assert said in " ".join(str(found).split())


@pytest.mark.parametrize("n", [31, 32])
def test_as_many_rows_as_the_words_say_have_a_noise_scale(n):
    objective, theta, X, T = linear()
    found = diagnose_network(objective, theta, X[:n], T[:n])
    assert ("Noise scale unknown" in str(found)) is (n < 32) is (found.noise_scale is None)


@pytest.mark.parametrize(
    "parameters", [{}, {"output_activation": "softmax", "cost": "log_likelihood"}], ids=["one output", "two outputs"]
)
def test_the_score_is_that_of_the_classifier_with_its_threshold(iris, fitted, parameters):
    X, y = iris[0], iris[1] == 1
    clf = fitted(X, y, hidden_layer_sizes=(), max_iter=20, **parameters)
    plain = clf.score(X, y)
    clf.set_params(threshold=0.2)
    said = clf.predict_proba(X)[:, 1] >= 0.2
    found = diagnose(clf, X, y, X_val=X[::2], y_val=y[::2])
    assert found.score == pytest.approx(np.mean(said == y)) == clf.score(X, y) != plain
    assert found.validation_score == pytest.approx(clf.score(X[::2], y[::2]))
    others = diagnose(clf, X[::2], y[::2])
    assert others.rows_are == "other" and others.score == pytest.approx(clf.score(X[::2], y[::2]))
    assert others.training_score is None  # the history knows that of the most probable classes alone
    assert "None" not in str(others) and "which have a cost of" in str(others)


def test_thresholds_of_labels_count_in_the_score(fitted):
    X = np.random.default_rng(0).standard_normal((200, 5))
    Y = (X[:, :3] + 0.7 * np.random.default_rng(1).standard_normal((200, 3)) > 0).astype(int)
    clf = fitted(X, Y, hidden_layer_sizes=(), max_iter=20).set_params(threshold=[0.2, 0.5, 0.9])
    said = clf.predict_proba(X) >= [0.2, 0.5, 0.9]
    assert diagnose(clf, X, Y).score == pytest.approx(np.mean((said == Y).all(axis=1))) == clf.score(X, Y)


def test_a_rare_class_that_a_threshold_finds_is_not_given_up(fitted):
    X = np.random.default_rng(0).standard_normal((400, 5))
    y = np.arange(400) % 40 == 0
    clf = fitted(X, y, max_iter=20, alpha=1.0)
    assert "rare_class" in {finding.name for finding in diagnose(clf, X, y).findings}
    clf.set_params(threshold=float(clf.predict_proba(X[y])[:, 1].min()) * 0.99)
    assert clf.predict(X[y]).all()
    assert "rare_class" not in {finding.name for finding in diagnose(clf, X, y).findings}


@pytest.mark.parametrize("cost", [CrossEntropy(), Quadratic()])
def test_targets_of_tanh_are_0_and_1_and_others_are_refused(device, cost):
    linear_objective, theta, X, T = linear()
    objective = Objective(linear_objective.network, pair(Tanh(), cost))
    arrays = [device.asarray(a) for a in (theta, X)]
    found = diagnose_network(objective, *arrays, device.asarray(T), device=device)
    z = np.tanh(X @ theta[:12].reshape(4, 3) + theta[12:])
    a = (1 + z) / 2
    expected = -np.log(np.where(T == 1, a, 1 - a)) if isinstance(cost, CrossEntropy) else (z - T) ** 2 / 2
    assert found.cost == pytest.approx(expected.sum(axis=1).mean())
    for wrong, low in ((2 * T - 1, "-1"), (0.9 * T + 0.05, "0.05")):
        with pytest.raises(ValueError, match=rf"^T has values from {low} to .*; targets are 0 and 1, also for outputs"):
            diagnose_network(objective, *arrays, device.asarray(wrong), device=device)
    rows = Rows(arrays[1], device.asarray(2 * T - 1))
    with pytest.raises(ValueError, match=r"^validation\.T has values from -1 to 1; .* Give \(validation\.T \+ 1\) / 2"):
        diagnose_network(objective, *arrays, device.asarray(T), device=device, validation=rows)


def test_public_names():
    assert all(getattr(insight, name) is not None for name in insight.__all__)
    assert insight.diagnose is diagnose and callable(diagnose)  # not its module, which has the same name
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = insight.nonsense


def test_what_is_refused(iris):
    X, y = iris
    with pytest.raises(ValueError, match=r"at='middle' is not known; use 'end'"):
        diagnose(MLPClassifier(), X, y, at="middle")
    with pytest.raises(ValueError, match="X_val and y_val belong together"):
        diagnose(MLPClassifier(), X, y, X_val=X, at="start")
    with pytest.raises(NotFittedError):
        diagnose(MLPClassifier(), X, y)
