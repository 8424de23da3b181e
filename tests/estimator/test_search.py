"""A search whose settings are trained side by side finds what scikit-learn's searches find."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, RandomizedSearchCV, ShuffleSplit
from sklearn.preprocessing import scale
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.fixes import parse_version

from gpunn import MemberSearchCV, MLPClassifier
from gpunn.training import side_by_side

X, Y = load_digits(return_X_y=True)
X, Y = X[:300] / 16, Y[:300]
BINARY = tuple(part[:150] for part in load_breast_cancer(return_X_y=True))
BINARY = scale(BINARY[0]), BINARY[1]
GRID = {"alpha": [0.0, 3.0], "learning_rate_init": [0.002, 0.02], "hidden_layer_sizes": [(8,), (12,)]}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**settings):
    return MLPClassifier(**{"hidden_layer_sizes": (8,), "max_iter": 8, "random_state": 0, **settings})


def assert_same(ours, theirs, data):
    assert list(ours.cv_results_) == list(theirs.cv_results_)
    for name, values in theirs.cv_results_.items():
        if "score" in name and "time" not in name:
            np.testing.assert_allclose(ours.cv_results_[name], values, rtol=1e-6, atol=1e-9, err_msg=name)
            assert ours.cv_results_[name].dtype == values.dtype, name
        elif name.startswith("param"):
            assert list(ours.cv_results_[name]) == list(values), name
            assert getattr(ours.cv_results_[name], "dtype", None) == getattr(values, "dtype", None), name
    assert (ours.best_params_, ours.best_index_) == (theirs.best_params_, theirs.best_index_)
    assert ours.best_score_ == pytest.approx(theirs.best_score_)
    assert (ours.n_splits_, ours.multimetric_) == (theirs.n_splits_, theirs.multimetric_)
    assert np.array_equal(ours.classes_, theirs.classes_) and ours.n_features_in_ == theirs.n_features_in_
    rows, labels = data
    np.testing.assert_allclose(ours.predict_proba(rows), theirs.predict_proba(rows), rtol=1e-6, atol=1e-9)
    assert ours.score(rows, labels) == pytest.approx(theirs.score(rows, labels))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
def test_it_finds_what_a_grid_search_finds(compiled, scoring, monkeypatch):
    groups, run = [], side_by_side.run
    monkeypatch.setattr(side_by_side, "run", lambda trainings: (groups.append(len(trainings)), run(trainings)))
    given = {"scoring": scoring, "cv": 3, "return_train_score": True}
    clf = classifier(compile=compiled)
    ours = MemberSearchCV(clf, GRID, **given).fit(X, Y)
    assert groups == [4, 4] * 3  # for each fold, those of each architecture
    assert_same(ours, GridSearchCV(clf, GRID, **given).fit(X, Y), (X, Y))
    assert not hasattr(clf, "theta_")


def test_it_finds_what_a_randomised_search_finds():
    given = {"learning_rate_init": loguniform(1e-3, 1e-1), "dropout": [0.0, 0.2], "random_state": [0, 1]}
    ours = MemberSearchCV(classifier(), given, n_iter=5, random_state=3, scoring="roc_auc").fit(*BINARY)
    theirs = RandomizedSearchCV(classifier(), given, n_iter=5, random_state=3, scoring="roc_auc").fit(*BINARY)
    assert_same(ours, theirs, BINARY)


@pytest.mark.parametrize(
    "cv", [GroupKFold(3), ShuffleSplit(2, random_state=0), [(np.arange(100), np.arange(100, 150))]]
)
def test_folds_weights_and_grids_of_several_parts(cv):
    grid = [{"alpha": [0.0, 1.0]}, {"learning_rate_init": [0.01], "activation": ["relu"], "shuffle": [True]}]
    groups = np.arange(150) % 7 if isinstance(cv, GroupKFold) else None
    weight = (
        np.random.default_rng(0).random(150) if parse_version(sklearn.__version__) >= parse_version("1.9") else None
    )
    ours = MemberSearchCV(classifier(), grid, cv=cv).fit(*BINARY, sample_weight=weight, groups=groups)
    theirs = GridSearchCV(classifier(), grid, cv=cv).fit(*BINARY, sample_weight=weight, groups=groups)
    assert_same(ours, theirs, BINARY)
    assert list(ours.cv_results_["param_alpha"].mask) == [False, False, True]


@pytest.mark.parametrize("scoring", [None, "accuracy", make_scorer(lambda y, p: accuracy_score(y, p))])
def test_scores_are_weighted_where_they_can_be(scoring):
    weight = np.random.default_rng(0).random(150)
    train, test = np.arange(100), np.arange(100, 150)
    search = MemberSearchCV(classifier(max_iter=2), {"alpha": [0.0]}, cv=[(train, test)], scoring=scoring)
    if callable(scoring):
        with pytest.warns(UserWarning, match="takes no sample_weight"):
            search.fit(*BINARY, sample_weight=weight)
    else:
        search.fit(*BINARY, sample_weight=weight)
    clf = classifier(max_iter=2, alpha=0.0).fit(BINARY[0][train], BINARY[1][train], weight[train])
    own = None if callable(scoring) else weight[test]
    assert search.best_score_ == pytest.approx(clf.score(BINARY[0][test], BINARY[1][test], own))


def test_the_score_of_weighted_rows():
    search = MemberSearchCV(classifier(), {"alpha": [0.0, 3.0]}, cv=2).fit(X, Y)
    weight = np.arange(len(Y)) % 7
    wanted = accuracy_score(Y, search.predict(X), sample_weight=weight)
    assert search.score(X, Y, sample_weight=weight) == pytest.approx(wanted) != search.score(X, Y)


def test_frames():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": BINARY[0][:, 0], "b": np.where(BINARY[0][:, 1] > 0, "x", "y")})
    grid = {"alpha": [0.0, 1.0]}
    ours = MemberSearchCV(classifier(), grid, cv=2).fit(frame, BINARY[1])
    assert_same(ours, GridSearchCV(classifier(), grid, cv=2).fit(frame, BINARY[1]), (frame, BINARY[1]))
    assert list(ours.feature_names_in_) == ["a", "b"]


def test_a_setting_that_fails_has_the_error_score():
    grid = {"alpha": [0.0, -1.0]}
    with pytest.warns(FitFailedWarning, match=r"'alpha': -1\.0.*error_score=0\.25"):
        search = MemberSearchCV(classifier(), grid, cv=2, error_score=0.25).fit(*BINARY)
    assert search.cv_results_["mean_test_score"][1] == 0.25
    with pytest.warns(FitFailedWarning):
        search = MemberSearchCV(classifier(), grid, cv=2).fit(*BINARY)
    assert search.best_params_ == {"alpha": 0.0}
    assert list(search.cv_results_["rank_test_score"]) == [1, 2]
    with pytest.raises(ValueError, match="alpha"):
        MemberSearchCV(classifier(), grid, cv=2, error_score="raise").fit(*BINARY)
    with pytest.warns(FitFailedWarning), pytest.raises(ValueError, match="fits of all 1 settings failed"):
        MemberSearchCV(classifier(), {"alpha": [-1.0]}, cv=2).fit(*BINARY)


def test_a_setting_that_is_not_allowed_leaves_the_others_side_by_side(monkeypatch):
    groups, run = [], side_by_side.run
    monkeypatch.setattr(side_by_side, "run", lambda trainings: (groups.append(len(trainings)), run(trainings)))
    grid = {"alpha": [0.0, -1.0, 1.0]}
    with pytest.warns(FitFailedWarning):
        ours = MemberSearchCV(classifier(), grid, cv=2, error_score=np.float32(0.25)).fit(*BINARY)
    assert groups == [2, 2] and ours.cv_results_["mean_test_score"][1] == 0.25
    assert np.isnan(ours.cv_results_["mean_fit_time"]).tolist() == [False, True, False]


def test_scores_that_are_not_finite_are_said():
    def undefined(clf, X, y):
        return np.nan if clf.alpha else 0.5

    with pytest.warns(UserWarning, match="scoring=.*undefined.* gives nan"):
        search = MemberSearchCV(classifier(), {"alpha": [1.0, 0.0]}, cv=2, scoring=undefined).fit(*BINARY)
    assert search.best_params_ == {"alpha": 0.0}


class Unweighted(MLPClassifier):
    def fit(self, X, y):
        return super().fit(X, y)


def test_a_subclass_whose_fit_takes_no_weights():
    ours = MemberSearchCV(Unweighted((8,), max_iter=2, random_state=0), {"alpha": [0.0, 1.0]}, cv=2).fit(*BINARY)
    assert np.isfinite(ours.cv_results_["mean_test_score"]).all() and ours.best_estimator_.n_iter_ == 2


def test_warnings_name_the_line_of_the_user():
    with pytest.warns(FitFailedWarning) as caught:
        MemberSearchCV(classifier(), {"alpha": [0.0, -1.0]}, cv=2).fit(*BINARY)
    assert {one.filename for one in caught if one.category is FitFailedWarning} == {__file__}


def test_a_scorer_that_fails_gives_the_error_score():
    def fails(clf, X, y):
        raise RuntimeError("no score")

    with pytest.warns(FitFailedWarning, match="Scoring failed.*no score"):
        search = MemberSearchCV(classifier(), {"alpha": [0.0]}, cv=2, scoring=fails, error_score=-1).fit(*BINARY)
    assert search.best_score_ == -1
    with pytest.raises(RuntimeError, match="no score"):
        MemberSearchCV(classifier(), {"alpha": [0.0]}, cv=2, scoring=fails, error_score="raise").fit(*BINARY)


def test_without_refit_it_predicts_nothing():
    search = MemberSearchCV(classifier(), {"alpha": [0.0]}, cv=2, refit=False).fit(*BINARY)
    assert search.best_params_ == {"alpha": 0.0} and not hasattr(search, "best_estimator_")
    for name in ("predict", "predict_proba", "predict_log_proba", "decision_function", "score", "classes_"):
        assert not hasattr(search, name)
    search.set_params(refit=True).fit(*BINARY).set_params(refit=False).fit(*BINARY)
    assert not hasattr(search, "best_estimator_") and not hasattr(search, "classes_")
    with pytest.raises(NotFittedError):
        MemberSearchCV(classifier(), {"alpha": [0.0]}).predict(X)


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"estimator": LogisticRegression()}, TypeError, r"class gpunn\.MLPClassifier"),
        ({"error_score": "nan"}, ValueError, "error_score='nan'.*'raise' or a number"),
        ({"scoring": ["accuracy", "roc_auc"]}, ValueError, r"scoring=\[.*one score"),
        ({"param_grid": {"rate": [1.0]}}, ValueError, "rate"),
        ({"param_grid": [{"alpha": [0.0]}, {"rate": [1.0]}]}, ValueError, "rate"),
        ({"param_grid": []}, ValueError, r"param_grid=\[\].*no settings"),
        *[({"n_iter": n}, ValueError, rf"n_iter={n}.*integer in \[1.*or None") for n in (0, -1, 2.5)],
        ({"cv": []}, ValueError, r"cv=\[\] gives no folds"),
        ({"refit": lambda results: 0}, ValueError, "refit=.*True or False"),
    ],
)
def test_errors(changed, error, said):
    search = MemberSearchCV(classifier(), {"alpha": [0.0]}, cv=2)
    with pytest.raises(error, match=said):
        clone(search).set_params(**changed).fit(*BINARY)


CHECKED = MLPClassifier((10,), max_iter=60, n_iter_no_change=60, learning_rate_init=0.05, random_state=0)


@parametrize_with_checks([MemberSearchCV(CHECKED, {"alpha": [1e-4, 1e-2]}, cv=2, error_score="raise")])
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)
