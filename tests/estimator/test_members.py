"""Members: networks trained side by side, in folds or not, whose probabilities are averaged."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, make_multilabel_classification
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score
from sklearn.preprocessing import scale

import gpunn
from gpunn import HiddenLayer, MLPClassifier
from gpunn.config import build
from gpunn.config.constraints import ParameterError
from gpunn.data.split import complements, stratified_folds
from gpunn.devices import cores
from gpunn.insight import diagnose

X, Y = load_digits(return_X_y=True)
X = X[:600] / 16
Y = Y[:600]
BINARY = tuple(part[:200] for part in load_breast_cancer(return_X_y=True))
BINARY = scale(BINARY[0]), BINARY[1]
LABELS = make_multilabel_classification(200, 12, n_classes=3, random_state=0)
DATA = {"several": (X, Y), "two": BINARY, "labels": LABELS}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(n_members=3, **settings):
    given = {"max_iter": 8, "random_state": 0, "batch_size": 50, **settings}
    return MLPClassifier((12,), n_members=n_members, **given)


def member(clf, i):
    """The network that a member is, as a classifier of its own."""
    found = copy.copy(clf)
    found.theta_ = clf.theta_[i]
    return found


def test_a_member_is_a_classifier_of_its_own(tmp_path):
    clf = classifier(3, cross_validation=3, temperature_scaling=True).fit(X, Y)
    for i in range(3):
        one = clf.member(i)
        assert np.array_equal(one.predict_proba(X), member(clf, i).predict_proba(X))
        assert one.n_members == 1 and not hasattr(one, "oof_score_")
        one.save(tmp_path / "one.gpunn")
        assert np.array_equal(gpunn.load(tmp_path / "one.gpunn").theta_, clf.theta_[i])
    assert "layer" in str(diagnose(one, X, Y))
    for n_members in (3, 1):  # of which the parameter says nothing any more
        with pytest.raises(ValueError, match=r"3 members.*clf\.member\(0\)"):
            diagnose(clf.set_params(n_members=n_members), X, Y)
    for i in (-1, 3, 1.0, "0"):
        with pytest.raises(ValueError, match=r"i=.*numbered from 0 to 2"):
            clf.member(i)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("how", [{}, {"compile": True}, {"cost": "cross_entropy", "activation": "tanh"}])
def test_probabilities_are_the_means_of_the_members(data, how):
    rows, labels = DATA[data]
    clf = classifier(**how).fit(rows, labels)
    assert clf.theta_.shape == (3, clf.network_.n_parameters)
    each = np.stack([member(clf, i).predict_proba(rows) for i in range(3)])
    np.testing.assert_allclose(clf.predict_member_proba(rows), each, rtol=1e-12)
    p = clf.predict_proba(rows)
    np.testing.assert_allclose(p, each.mean(axis=0), rtol=1e-12)
    assert np.abs(each - p).max() > 1e-3
    np.testing.assert_allclose(clf.predict_log_proba(rows), np.log(p), rtol=1e-6, atol=1e-9)
    decided = (p > 0.5) if data == "labels" else clf.classes_[p.argmax(axis=1)]
    assert np.array_equal(clf.predict(rows), decided)
    scores = clf.decision_function(rows)
    odds = np.log(p[:, 1] / p[:, 0]) if data == "two" else np.log(p / (1 - p)) if data == "labels" else np.log(p)
    np.testing.assert_allclose(scores, odds, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(clf.hidden_activations(rows)[1], member(clf, 1).hidden_activations(rows))
    assert [w.shape for w in clf.coefs_] == [(3, *w.shape) for w in member(clf, 0).coefs_]


def test_one_network_is_its_own_mean():
    clf = classifier(1).fit(X, Y)
    assert np.array_equal(clf.predict_member_proba(X), clf.predict_proba(X)[None])


@pytest.mark.parametrize("threshold", [0.1, 0.9])
def test_a_threshold_is_one_of_the_mean(threshold):
    clf = classifier(threshold=threshold, max_iter=2).fit(*BINARY)
    reached = clf.predict_proba(BINARY[0])[:, 1] >= threshold
    assert np.array_equal(clf.predict(BINARY[0]), clf.classes_[reached.astype(int)])


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("settings", [
    {}, {"solver": "sgd", "dropout": 0.2, "ema_decay": 0.9}, {"solver": "schedule_free_adamw"},
    {"solver": "muon", "compile": False}, {"layer_norm": True, "activation": "prelu"},
])  # fmt: skip
def test_each_member_is_the_network_trained_alone_with_its_seed(compiled, settings):
    clf = classifier(4, **({"compile": compiled} | settings)).fit(X, Y)
    seed = int(np.random.RandomState(0).randint(2**31 - 1))

    class Seeded(np.random.RandomState):
        def __init__(self, seed):
            super().__init__()
            self.given = seed

        def randint(self, *args, **kwargs):
            return self.given

    for i, own in enumerate(build.member_seeds(clf, seed)):
        with cores.one_thread():
            alone = MLPClassifier(**{**clf.get_params(), "n_members": 1, "random_state": Seeded(own)}).fit(X, Y)
        np.testing.assert_allclose(clf.theta_[i], alone.theta_, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize(("n_members", "n_folds"), [(3, 3), (4, 2), (1, None)])
def test_folds_and_their_classes_differ_in_size_by_one_at_most(data, n_members, n_folds):
    labels = DATA[data][1]
    n_folds = n_folds or 7
    fold = stratified_folds(labels, n_folds, np.random.default_rng(5))
    combinations = np.unique(labels, axis=0, return_inverse=True)[1].reshape(-1)
    for some in (np.ones(len(labels), bool), *(combinations == c for c in range(combinations.max() + 1))):
        counts = np.bincount(fold[some], minlength=n_folds)
        assert counts.max() - counts.min() <= 1
    others = complements(fold, n_folds, np.random.default_rng(5))
    for i, rows in enumerate(others):
        assert set(rows) == set(np.flatnonzero(fold != i))
        assert len(rows) - len(set(rows)) <= 1


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("n_members", [3, 6])
@pytest.mark.parametrize("compiled", [False, True])
def test_no_member_sees_its_fold(data, n_members, compiled):
    """Labels of a fold that are turned round change nothing of the members that left it out."""
    rows, labels = DATA[data]
    clf = classifier(n_members, cross_validation=3, compile=compiled).fit(rows, labels)
    seed = int(np.random.RandomState(0).randint(2**31 - 1))
    fold = stratified_folds(labels, 3, np.random.default_rng([seed, build.SPLIT]))
    p = clf.predict_member_proba(rows)
    for i in range(3):
        of_fold = [p[m][fold == i] for m in range(n_members) if m % 3 == i]
        np.testing.assert_allclose(clf.oof_proba_[fold == i], np.mean(of_fold, axis=0), rtol=1e-6, atol=1e-9)
    # Rows of fold 0 far away: only members 1 and 2 of each three learn of it.
    moved = rows.copy()
    moved[fold == 0] += 1.0
    other = classifier(n_members, cross_validation=3, compile=compiled).fit(moved, labels)
    for m in range(n_members):
        assert np.allclose(clf.theta_[m], other.theta_[m], rtol=1e-7) == (m % 3 == 0)


@pytest.mark.parametrize("data", DATA)
def test_the_score_of_the_folds_is_that_of_the_probabilities(data):
    rows, labels = DATA[data]
    weight = np.random.default_rng(0).random(len(rows))
    clf = classifier(cross_validation=3).fit(rows, labels, weight)
    p = clf.oof_proba_
    right = ((p > 0.5) == labels).all(axis=1) if data == "labels" else clf.classes_[p.argmax(axis=1)] == labels
    assert clf.oof_score_ == pytest.approx(np.average(right, weights=weight))
    assert len(clf.validation_scores_) == 8


def test_all_members_keep_the_epoch_with_the_best_score_of_all_folds():
    settings = {"cross_validation": 3, "scoring": "neg_log_loss", "learning_rate_init": 0.05, "alpha": 0.0}
    clf = classifier(early_stopping=True, n_iter_no_change=np.inf, max_iter=40, **settings).fit(*BINARY)
    best = int(np.argmax(clf.validation_scores_))
    assert 0 < best < 39 and clf.history_.best == best
    same = classifier(max_iter=best + 1, **settings).fit(*BINARY)
    np.testing.assert_allclose(clf.theta_, same.theta_, rtol=1e-6)
    assert clf.oof_score_ == pytest.approx(-log_loss(BINARY[1], clf.oof_proba_))


@pytest.mark.parametrize("data", DATA)
def test_the_temperature_minimises_the_cost_of_the_rows_left_out(data):
    rows, labels = DATA[data]
    settings = {"cross_validation": 3, "max_iter": 60, "learning_rate_init": 0.02}
    plain = classifier(**settings).fit(rows, labels)
    scaled = classifier(temperature_scaling=True, **settings).fit(rows, labels)
    last = plain.network_.layers[-1]
    for part in (last.W, last.b):
        a, b = (clf.theta_[:, part.start : part.stop] for clf in (plain, scaled))
        np.testing.assert_allclose(a, b * scaled.temperature_, rtol=1e-6)
    assert np.array_equal(plain.theta_[:, : last.W.start], scaled.theta_[:, : last.W.start])

    def cost(p):
        if data != "labels":
            return log_loss(labels, p, labels=plain.classes_)
        return -np.mean(np.sum(np.where(labels == 1, np.log(p), np.log1p(-p)), axis=1))

    def tempered(t):
        logs = np.log(plain.oof_proba_)
        if data == "labels":
            z = (logs - np.log1p(-plain.oof_proba_)) / t
            return 1 / (1 + np.exp(-z))
        e = np.exp((logs - logs.max(axis=1, keepdims=True)) / t)
        return e / e.sum(axis=1, keepdims=True)

    np.testing.assert_allclose(scaled.oof_proba_, tempered(scaled.temperature_), rtol=1e-3, atol=1e-6)
    at = cost(scaled.oof_proba_)
    assert at < cost(plain.oof_proba_)
    for factor in (0.9, 1.1):
        assert cost(tempered(scaled.temperature_ * factor)) > at


@pytest.mark.parametrize("how", ["early_stopping", "X_val"])
def test_one_network_is_scaled_by_its_validation_rows(how):
    rows, labels = BINARY
    extra = (None, rows[150:], labels[150:]) if how == "X_val" else ()
    given = {"temperature_scaling": True, "max_iter": 100, "early_stopping": how == "early_stopping"}
    clf = classifier(1, **given).fit(rows[:150], labels[:150], *extra)
    plain = classifier(1, **{**given, "temperature_scaling": False}).fit(rows[:150], labels[:150], *extra)
    z = plain.decision_function(rows) / clf.temperature_
    np.testing.assert_allclose(clf.decision_function(rows), z, rtol=1e-6)


@pytest.mark.parametrize("data", DATA)
def test_members_are_saved_and_pickled(tmp_path, data):
    rows, labels = DATA[data]
    clf = classifier(cross_validation=3, temperature_scaling=True).fit(rows, labels)
    clf.save(tmp_path / "m.gpunn")
    for other in (gpunn.load(tmp_path / "m.gpunn"), pickle.loads(pickle.dumps(clf))):
        assert np.array_equal(other.predict_proba(rows), clf.predict_proba(rows))
        assert other.get_params()["n_members"] == 3
    gpunn.load(tmp_path / "m.gpunn").save(tmp_path / "again.gpunn")
    assert (tmp_path / "m.gpunn").read_bytes() == (tmp_path / "again.gpunn").read_bytes()


class Stop(Exception):
    pass


@pytest.mark.parametrize("compiled", [False, True])
def test_members_are_resumed_to_the_same_bits(tmp_path, compiled):
    settings = {"cross_validation": 3, "early_stopping": True, "temperature_scaling": True, "ema_decay": 0.9,
                "dropout": 0.1, "compile": compiled, "n_iter_no_change": np.inf}  # fmt: skip
    whole = classifier(6, **settings).fit(X, Y)

    def stop(history):
        if history.n_iter == 5:
            raise Stop

    with pytest.raises(Stop):
        classifier(6, checkpoint=tmp_path / "run", callback=stop, **settings).fit(X, Y)
    resumed = MLPClassifier.resume(tmp_path / "run", X, Y)
    assert np.array_equal(resumed.theta_, whole.theta_)
    assert resumed.temperature_ == whole.temperature_ and resumed.oof_score_ == whole.oof_score_
    assert resumed.validation_scores_ == whole.validation_scores_


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"solver": "lbfgs"}, "solver='lbfgs' does not go with n_members=3"),
        ({"warm_start": True}, "warm_start=True does not go with n_members=3"),
        ({"record": "layers"}, "record='layers' does not go with n_members=3"),
        ({"cross_validation": 2}, "cross_validation=2 does not go with n_members=3"),
        ({"n_members": 1, "temperature_scaling": True, "warm_start": True}, "does not go with warm_start=True"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(settings, said):
    with pytest.raises(ParameterError, match=said):
        classifier(**{"n_members": 3, **settings}).fit(X, Y)


@pytest.mark.parametrize(
    ("settings", "given", "said"),
    [
        ({"temperature_scaling": True}, (X, Y), "temperature_scaling=True needs rows that are not trained on"),
        ({"cross_validation": 3}, (X[:5], Y[:5]), "cross_validation=3 needs at least 6 rows"),
        ({"cross_validation": 3}, (X, Y, None, X, Y), "cross_validation=3 does not go with X_val"),
    ],
)
def test_what_does_not_go_with_the_rows_is_refused(settings, given, said):
    with pytest.raises(ValueError, match=said):
        classifier(**settings).fit(*given)


def test_there_is_no_partial_fit_of_members():
    assert not hasattr(classifier(), "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit") as caught:
        classifier().partial_fit  # noqa: B018 - it is not there
    assert "n_members=3" in str(caught.value.__cause__)


def test_outputs_that_are_no_probabilities_by_themselves_are_averaged_as_such():
    clf = classifier(cost="quadratic").fit(*BINARY)
    each = np.stack([member(clf, i).predict_proba(BINARY[0]) for i in range(3)])
    np.testing.assert_allclose(clf.predict_proba(BINARY[0]), each.mean(axis=0), rtol=1e-12)
    assert np.isfinite(clf.predict_log_proba(BINARY[0])[clf.predict_proba(BINARY[0]) > 0]).all()


def test_what_one_fit_knew_of_its_folds_is_not_left_to_the_next():
    clf = classifier(cross_validation=3, temperature_scaling=True).fit(X, Y)
    clf.set_params(cross_validation=None, temperature_scaling=False).fit(X, Y)
    assert not any(hasattr(clf, name) for name in ("oof_score_", "oof_proba_", "temperature_"))


@pytest.mark.parametrize("how", [{}, {"cost": "log_likelihood"}])
def test_of_a_single_class_all_probabilities_are_one(how):
    clf = classifier(n_members=2, cross_validation=2, **how, batch_size=5).fit(X[:20], np.zeros(20))
    np.testing.assert_array_equal(clf.oof_proba_, np.ones((20, 1)))
    assert clf.oof_score_ == 1


@pytest.mark.parametrize("scoring", [None, "accuracy"])
def test_a_fold_without_weight_has_no_say_in_the_score(scoring):
    seed = int(np.random.RandomState(0).randint(2**31 - 1))
    counted = stratified_folds(BINARY[1], 2, np.random.default_rng([seed, build.SPLIT])) == 1
    clf = classifier(n_members=2, cross_validation=2, scoring=scoring).fit(*BINARY, counted.astype(float))
    expected = np.mean(np.argmax(clf.oof_proba_[counted], axis=1) == BINARY[1][counted])
    assert clf.oof_score_ == pytest.approx(expected)


@pytest.mark.parametrize(("data", "threshold"), [("two", 0.9), ("labels", [0.1, 0.5, 0.9])])
def test_the_score_of_the_folds_is_by_the_threshold(data, threshold):
    clf = classifier(cross_validation=3, threshold=threshold).fit(*DATA[data])
    y, p = DATA[data][1], clf.oof_proba_
    right = (p[:, 1] >= threshold) == y if data == "two" else np.all((p >= threshold) == y, axis=1)
    assert clf.oof_score_ == np.mean(right)


@pytest.mark.parametrize("cost", ["quadratic", "cross_entropy"])
@pytest.mark.parametrize("data", list(DATA))
def test_decisions_are_those_of_finite_scores_also_far_from_the_data(data, cost):
    output = {"output_activation": "identity"} if cost == "quadratic" else {}
    clf = classifier(cost=cost, **output).fit(*DATA[data])
    far = DATA[data][0] * 1e4
    scores = clf.decision_function(far)
    assert np.isfinite(scores).all()
    assert not np.isnan(clf.predict_log_proba(far)).any()
    expected = scores > 0 if data != "several" else np.argmax(scores, axis=1)
    np.testing.assert_array_equal(clf.predict(far), expected)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_training_does_not_go_on_from_members_with_one_network(method):
    clf = classifier().fit(*BINARY).set_params(n_members=1, warm_start=True)
    before = clf.predict_proba(BINARY[0])
    with pytest.raises(ValueError, match="weights are those of 3 members"):
        getattr(clf, method)(*BINARY)
    np.testing.assert_array_equal(clf.predict_proba(BINARY[0]), before)


def test_a_file_that_could_not_be_read_is_not_written(tmp_path):
    clf = classifier().fit(*BINARY).set_params(n_members=1)
    with pytest.raises(ValueError, match="n_members=1 is not that of the model, which has 3"):
        clf.save(tmp_path / "model.gpunn")
    assert not list(tmp_path.iterdir())


def test_members_are_counted_by_any_integers():
    clf = classifier().fit(*BINARY)
    np.testing.assert_array_equal(clf.member(np.int64(1)).theta_, clf.theta_[1])
    for i in (True, 1.0, -1, 3):
        with pytest.raises(ValueError, match="numbered from 0 to 2"):
            clf.member(i)


def test_a_hidden_layer_is_one_of_a_single_network():
    with pytest.raises(ValueError, match="estimator has 3 members"):
        HiddenLayer(classifier()).fit(*BINARY)
    inner = HiddenLayer(FrozenEstimator(classifier().fit(*BINARY).member(0))).fit(*BINARY)
    assert inner.transform(BINARY[0]).shape == (200, 12)


@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc_ovr", "balanced_accuracy"])
def test_a_class_may_be_rarer_than_folds(scoring):
    y = Y % 3
    y[5] = 3
    clf = classifier(cross_validation=3, scoring=scoring).fit(X, y)
    p = clf.oof_proba_
    scores = {
        "neg_log_loss": lambda: -log_loss(y, p),
        "roc_auc_ovr": lambda: roc_auc_score(y, p, multi_class="ovr"),
        "balanced_accuracy": lambda: balanced_accuracy_score(y, p.argmax(axis=1)),
    }
    assert clf.oof_score_ == pytest.approx(scores[scoring](), rel=1e-6)


def test_a_scorer_of_ones_own_sees_the_rows_of_each_fold():
    shapes = []

    def scorer(estimator, rows, labels):
        shapes.append(rows.shape)
        return np.mean(estimator.predict(rows[::2]) == labels[::2])

    classifier(cross_validation=3, scoring=scorer, max_iter=1).fit(X, Y)
    assert set(shapes) == {(200, 64)}
