"""Settings that are trained side by side: each is the classifier that a fit of its own gives."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np
import pytest
from sklearn import config_context, get_config
from sklearn.base import clone
from sklearn.datasets import load_digits, make_multilabel_classification
from sklearn.model_selection import ParameterGrid
from sklearn.preprocessing import scale

from gpunn import DivergenceError, MLPClassifier, fit_many
from gpunn.devices import cores
from gpunn.estimator import many
from gpunn.optim.first_order import FirstOrder, NoState
from gpunn.optim.schedules import Constant, Cosine
from gpunn.training import side_by_side
from gpunn.training.minibatch import Epochs

X, Y = load_digits(return_X_y=True)
X, Y = X[:300] / 16, Y[:300]

OWN = [
    {"learning_rate_init": 0.01, "alpha": 1.0, "random_state": 1},
    {"dropout": 0.3, "input_dropout": 0.1, "weight_decay": 0.1},
    {"dropout": 0.6, "l1": 0.1, "learning_rate": "cosine", "warmup": 2},
    {"learning_rate": "invscaling", "power_t": 0.3, "weight_init": "he_normal", "bias_init": "zeros"},
    {},
]
HOW = {
    "adam": {},
    "adamw": {"solver": "adamw", "ema_decay": 0.9, "clip_norm": 1.0},
    "muon": {"solver": "muon"},
    "layer_norm": {"layer_norm": True, "activation": "prelu"},
    "schedule_free": {"solver": "schedule_free_adamw"},
    "sgd": {"solver": "sgd", "max_norm": 1.5, "shuffle": False},
    "momentum": {"solver": "sgd", "momentum": 0.5, "nesterovs_momentum": False, "batch_size": 300},
    "early_stopping": {"early_stopping": True, "n_iter_no_change": 1, "max_iter": 30, "learning_rate_init": 0.01},
    "plateaus": {"learning_rate": "adaptive", "tol": 0.3, "n_iter_no_change": 1, "max_iter": 30, "dtype": "float32"},
}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**settings):
    return MLPClassifier((12,), **{"max_iter": 6, "random_state": 0, "batch_size": 64, **settings})


def alone(clf, setting, *data):
    with cores.one_thread():
        return clone(clf).set_params(**setting).fit(*data)


def assert_same(one, other):
    assert one.get_params() == other.get_params()
    exact = {"rtol": 2e-4, "atol": 2e-5} if one.theta_.dtype == np.float32 else {"rtol": 1e-6, "atol": 1e-9}
    np.testing.assert_allclose(one.theta_, other.theta_, **exact)
    ours, theirs = one.history_, other.history_
    assert (one.n_iter_, one.t_, ours.best, ours.path) == (other.n_iter_, other.t_, theirs.best, theirs.path)
    for name in ("cost", "validation_cost", "validation_score", "learning_rate", "gradient_norm"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-3, err_msg=name)
    assert (ours.stopped, ours.divergence, ours.evaluations) == (theirs.stopped, theirs.divergence, theirs.evaluations)
    assert set(vars(one)) == set(vars(other))


@pytest.mark.parametrize(
    ("how", "compiled"), [(how, False) for how in HOW] + [(how, True) for how in HOW if how != "muon"]
)  # Muon is never compiled
def test_each_setting_is_the_fit_of_its_own(how, compiled):
    clf = classifier(compile=compiled, **HOW[how])
    found = fit_many(clf, X, Y, OWN)
    for one, setting in zip(found, OWN, strict=True):
        assert_same(one, alone(clf, setting, X, Y))
        assert "side by side with 4 other settings" in one.history_.notes[-1]
    assert not hasattr(clf, "theta_")
    assert len({one.theta_.tobytes() for one in found}) == len(OWN)
    if how == "early_stopping":
        assert len({one.n_iter_ for one in found}) > 1  # each stopped when it wanted to


@pytest.mark.parametrize("seed", [0, None])
def test_weighted_rows_and_labels_of_several_kinds(seed):
    rows, labels = make_multilabel_classification(120, 8, n_classes=3, random_state=0)
    weight = np.random.default_rng(0).random(120)
    settings = [{"alpha": a, "random_state": i if seed is None else seed} for i, a in enumerate((0.0, 1.0, 0.0))]
    clf = classifier(class_weight=[{1: 2.0}] * 3, label_smoothing=0.1)
    for one, setting in zip(fit_many(clf, rows, labels, settings, sample_weight=weight), settings, strict=True):
        assert_same(one, alone(clf, setting, rows, labels, weight))


def test_a_frame_is_encoded_once_and_known_to_all():
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.random(80), "b": rng.choice(["x", "y"], 80)})
    labels = np.where(frame["b"] == "x", "no", "yes")
    found = fit_many(classifier(), frame, labels, [{"alpha": a} for a in (0.0, 1.0)])
    for one, a in zip(found, (0.0, 1.0), strict=True):
        assert_same(one, alone(classifier(), {"alpha": a}, frame, labels))
        assert list(one.feature_names_in_) == ["a", "b"] and set(one.predict(frame)) <= {"no", "yes"}


def test_others_are_trained_in_groups_and_results_are_in_the_order_of_the_settings(monkeypatch):
    groups = []
    run = side_by_side.run
    monkeypatch.setattr(side_by_side, "run", lambda trainings: (groups.append(len(trainings)), run(trainings)))
    grid = ParameterGrid({"alpha": [0.0, 0.1, 1.0], "hidden_layer_sizes": [(5,), (7,)], "solver": ["adam", "lbfgs"]})
    found = fit_many(classifier(max_iter=3), X, Y, grid)
    assert groups == [3, 3]
    for one, setting in zip(found, grid, strict=True):
        assert_same(one, alone(classifier(max_iter=3), setting, X, Y))
    assert ["side by side" in "".join(one.history_.notes) for one in found] == [s["solver"] == "adam" for s in grid]


@pytest.mark.parametrize(
    "shared", [{"n_members": 2}, {"n_members": 2, "cross_validation": 2}, {"time_limit": 100.0}, {"solver": "cg"}]
)
def test_what_does_not_go_side_by_side_is_trained_alone(shared):
    clf = classifier(**shared)
    found = fit_many(clf, X, Y, [{"random_state": 1}, {"random_state": 2}])
    for one, seed in zip(found, (1, 2), strict=True):
        np.testing.assert_allclose(one.theta_, clone(clf).set_params(random_state=seed).fit(X, Y).theta_, rtol=1e-6)
        assert not any("side by side" in note for note in one.history_.notes)


def test_schedules_that_are_objects_differ_too():
    settings = [{"learning_rate": Constant(0.01)}, {"learning_rate": Cosine(0.01, 6)}]
    for one, setting in zip(fit_many(classifier(), X, Y, settings), settings, strict=True):
        np.testing.assert_allclose(one.theta_, alone(classifier(), setting, X, Y).theta_, rtol=1e-6, atol=1e-9)


@pytest.mark.filterwarnings("ignore::gpunn.DivergenceWarning")
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("how", ["warn", "recover"])
def test_one_that_diverges_leaves_the_others_alone(how, compiled):
    rows = scale(X)
    clf = classifier(solver="sgd", momentum=0.0, alpha=0.0, on_divergence=how, compile=compiled, max_iter=10)
    settings = [{"learning_rate_init": rate} for rate in (1e4, 1e-2, 3e5)]
    found = fit_many(clf, rows, Y, settings)
    for one, setting in zip(found, settings, strict=True):
        assert_same(one, alone(clf, setting, rows, Y))
    assert found[0].history_.divergence or any("diverged" in note for note in found[0].history_.notes)
    assert not found[1].history_.divergence
    with pytest.raises(DivergenceError, match="learning_rate_init=10000"):
        fit_many(clf.set_params(on_divergence="raise"), rows, Y, settings)


def test_callbacks_see_the_history_of_their_own():
    seen = {}

    def stop_after(n):
        def look(history):
            seen[n] = history.n_iter
            return history.n_iter == n

        return look

    found = fit_many(classifier(callback=stop_after(2)), X, Y, [{"alpha": a} for a in (0.0, 1.0)])
    assert [one.n_iter_ for one in found] == [2, 2] and seen == {2: 2}
    assert {one.history_.stopped for one in found} == {"callback"}


@pytest.mark.parametrize("compiled", [False, True])
def test_functions_of_the_user_are_called_by_the_thread_of_the_caller(compiled):
    threads = []

    def look(*given):
        threads.append(threading.current_thread())
        assert get_config()["assume_finite"]
        return 0.5 if len(given) > 1 else None

    settings = [{"alpha": a} for a in (0.0, 1.0, 2.0, 3.0)]
    with config_context(assume_finite=True):
        fit_many(classifier(callback=look, compile=compiled), X, Y, settings)
        scored = classifier(early_stopping=True, n_iter_no_change=9, scoring=look, compile=compiled)
        fit_many(scored, X, Y, settings)
    assert threads == [threading.current_thread()] * (2 * 6 * 4)


@pytest.mark.parametrize(("neurons", "n_stacks"), [(12, 1), (3000, 1), (5000, 2), (10**5, 2)])
def test_trainings_by_arrays_are_divided_among_the_cores_where_their_steps_are_long(monkeypatch, neurons, n_stacks):
    """Threads wait for each other at every operation, which is longer than small ones take."""
    found, real = [], cores.each

    def divided(function, parts):
        if isinstance(parts[0], slice):  # of rows, whose cost at the start is evaluated
            return real(function, parts)
        found.append([len(part) for part in parts])
        raise RuntimeError

    monkeypatch.setattr(cores, "cores", lambda: 2)
    monkeypatch.setattr(cores, "each", divided)
    clf = classifier(compile=False).set_params(hidden_layer_sizes=neurons)
    with pytest.raises(RuntimeError):
        fit_many(clf, X[:, :5], Y, [{"alpha": a} for a in (0, 1, 2)])
    assert found == [[3] if n_stacks == 1 else [2, 1]]


@pytest.mark.parametrize("how", ["adam", "early_stopping"])
def test_the_number_of_stacks_changes_nothing(monkeypatch, how):
    parts, real = [], cores.each
    monkeypatch.setattr(cores, "cores", lambda: 3)
    monkeypatch.setattr(cores, "each", lambda function, items: (parts.append(len(items)), real(function, items)))
    monkeypatch.setattr(side_by_side, "STACK", 1)
    clf = classifier(compile=False, **HOW[how])
    found = fit_many(clf, X, Y, OWN)
    assert parts[0] == 3
    for one, setting in zip(found, OWN, strict=True):
        assert_same(one, alone(clf, setting, X, Y))


@pytest.mark.parametrize("n_epochs", [1, 2, 4, 99])
def test_the_length_of_a_turn_changes_nothing(monkeypatch, n_epochs):
    clf = classifier(compile=True, early_stopping=True, n_iter_no_change=1, max_iter=30, learning_rate_init=0.01)
    expected, turns = fit_many(clf, X, Y, OWN), []
    real = cores.each
    monkeypatch.setattr(side_by_side, "_epochs_of_a_turn", lambda trainings: n_epochs)
    monkeypatch.setattr(cores, "each", lambda function, items: (turns.append(len(items)), real(function, items)))
    found = fit_many(clf, X, Y, OWN)
    for one, other in zip(found, expected, strict=True):
        assert_same(one, other)
    n_iter = [one.n_iter_ for one in expected]
    assert turns == [sum(n > turn * n_epochs for n in n_iter) for turn in range(-(-max(n_iter) // n_epochs))]


def test_the_clock_decides_no_bit(monkeypatch):
    """One left alone has all cores, which add up in another order: when that is must not depend on how long it took."""
    clf = classifier(compile=True, max_iter=400, tol=1e-3, n_iter_no_change=3, learning_rate_init=0.01, dtype="float32")
    clf.set_params(hidden_layer_sizes=(64,), batch_size=200)
    settings = [{"alpha": a, "random_state": i} for i, a in enumerate((0.0, 0.1, 1.0))]
    monkeypatch.setattr(side_by_side, "_epochs_of_a_turn", lambda trainings: 5)
    expected = fit_many(clf, X, Y, settings)
    assert len({one.n_iter_ for one in expected}) > 1  # so that one is left alone
    real, slow = Epochs.__call__, np.random.default_rng(0)

    def delayed(self, progress):
        time.sleep(float(slow.choice([0, 0.01])))
        return real(self, progress)

    monkeypatch.setattr(Epochs, "__call__", delayed)
    for one, other in zip(fit_many(clf, X, Y, settings), expected, strict=True):
        assert one.theta_.tobytes() == other.theta_.tobytes()


@pytest.mark.parametrize(("settings", "n_epochs"), [
    ({"hidden_layer_sizes": 12}, 157), ({"hidden_layer_sizes": 4000}, 2), ({"hidden_layer_sizes": 40000}, 1),
    ({"callback": print}, 1), ({"early_stopping": True, "scoring": "accuracy"}, 1),
])  # fmt: skip
def test_turns_are_long_where_epochs_are_short(monkeypatch, settings, n_epochs):
    found = []

    def run(trainings):
        found.append(side_by_side._epochs_of_a_turn(trainings))
        raise RuntimeError

    monkeypatch.setattr(many.side_by_side, "run", run)
    with pytest.raises(RuntimeError):
        fit_many(classifier(compile=True).set_params(**settings), X, Y, [{"alpha": a} for a in (0.0, 1.0)])
    assert found == [n_epochs]


def test_batches_go_on_in_micro_batches_where_memory_runs_out(monkeypatch):
    settings = [{"alpha": a, "random_state": i} for i, a in enumerate((0.0, 1.0))]
    right = fit_many(classifier(compile=False), X, Y, settings)
    from gpunn.nn.objective import Objective

    whole = Objective.value_and_gradient

    def scarce(self, xp, theta, X, *others):
        if theta.ndim == 2 and X.shape[-2] > 40:
            raise MemoryError
        return whole(self, xp, theta, X, *others)

    monkeypatch.setattr(Objective, "value_and_gradient", scarce)
    monkeypatch.setattr(cores, "cores", lambda: 1)
    with pytest.warns(RuntimeWarning, match="micro-batches"):
        found = fit_many(classifier(compile=False), X, Y, settings)
    for one, other in zip(found, right, strict=True):
        np.testing.assert_allclose(one.theta_, other.theta_, rtol=1e-6, atol=1e-9)
        assert "micro-batches of 32 rows" in one.history_.path


def test_memory_that_runs_out_again_is_said_once(monkeypatch):
    from gpunn.nn.objective import Objective

    whole = Objective.value_and_gradient

    def scarce(self, xp, theta, X, *others):
        if X.shape[-2] > 40:
            raise MemoryError
        return whole(self, xp, theta, X, *others)

    monkeypatch.setattr(Objective, "value_and_gradient", scarce)
    clf = classifier(early_stopping=True, n_iter_no_change=1, learning_rate_init=0.05, max_iter=30, compile=False)
    with pytest.warns(RuntimeWarning, match="micro-batches"):
        found = fit_many(clf, X, Y, [{"alpha": 0.0}, {"alpha": 10.0}, {"alpha": 1.0, "random_state": 2}])
    assert len({one.n_iter_ for one in found}) > 1  # so that those left were put together anew
    for one in found:
        assert one.history_.path.count("micro-batches of ") == 1


@dataclass
class Signed(FirstOrder):
    """A solver as a user may write it: its copies are not hashed, and where ``eq`` is False not equal either."""

    scale: float = 0.1

    def init(self, xp, theta):
        return NoState()

    def update(self, xp, theta, g, state, lr):
        theta -= (self.scale * lr) * g


class Unequal(Signed):
    __eq__, __hash__ = object.__eq__, object.__hash__


@pytest.mark.parametrize("kind", [Signed, Unequal])
@pytest.mark.parametrize("compiled", [False, True])
def test_solvers_of_the_user(kind, compiled):
    clf = classifier(solver=kind(), learning_rate_init=1.0, compile=compiled)
    settings = [{"alpha": 0.0}, {"alpha": 1.0}, {"alpha": 1.0, "random_state": 1}]
    for one, setting in zip(fit_many(clf, X, Y, settings), settings, strict=True):
        other = alone(clf, setting, X, Y)
        np.testing.assert_allclose(one.theta_, other.theta_, rtol=1e-6, atol=1e-9)
        assert one.history_.path == other.history_.path
        assert "side by side with 2 other settings" in one.history_.notes[-1]


def test_no_settings_give_no_results():
    assert fit_many(classifier(), X, Y, []) == []


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ([{"alpha": -1.0}, {}], ValueError, "alpha"),
        ([{}, {"rate": 1.0}], ValueError, "rate"),
        ([{}, [("alpha", 1.0)]], TypeError, r"settings\[1\].*give a dict"),
        ({"alpha": [0.0, 1.0]}, TypeError, r"settings=\{.*list of dicts, or a ParameterGrid"),
        (None, TypeError, "settings=None is not allowed; give a list of dicts"),
        ([{"warm_start": True, "n_members": 2}], ValueError, "warm_start"),
    ],
)
def test_errors_name_the_setting(settings, error, said):
    with pytest.raises(error, match=said):
        fit_many(classifier(), X, Y, settings)


def test_other_classifiers_are_refused():
    with pytest.raises(TypeError, match=r"estimator=.*class gpunn\.MLPClassifier"):
        fit_many("mlp", X, Y, [{}])


def test_an_interrupt_ends_the_call(monkeypatch):
    clf = classifier(compile=False)

    def press(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(side_by_side._Stack, "__call__", press)
    with pytest.raises(KeyboardInterrupt):
        fit_many(clf, X, Y, [{"alpha": a} for a in (0.0, 1.0)])


def test_an_interrupt_ends_compiled_trainings_too(monkeypatch):
    begun = set()

    def press(self, progress):
        begun.add(id(progress))
        time.sleep(0.05)
        raise KeyboardInterrupt

    monkeypatch.setattr(Epochs, "__call__", press)
    with pytest.raises(KeyboardInterrupt):
        fit_many(classifier(compile=True), X, Y, [{"alpha": a} for a in np.linspace(0, 1, 40)])
    assert len(begun) < 30  # the others are cancelled


@pytest.mark.filterwarnings("ignore:Training interrupted")
def test_an_interrupt_of_a_fit_of_its_own_ends_the_call_too():
    begun = []

    def press(history):
        begun.append(history)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_many(classifier(solver="lbfgs", callback=press), X, Y, [{"alpha": a} for a in (0.0, 1.0)])
    assert len(begun) == 1
