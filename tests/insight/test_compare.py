"""Comparisons of classifiers on the same rows: the statistics against independent references, the words, refusals."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from gpunn import MLPClassifier
from gpunn.insight import compare, paired
from gpunn.insight.compare import Answers, Comparison


class Fixed(ClassifierMixin, BaseEstimator):
    """A classifier that predicts what it is told, and has no probabilities."""

    def __init__(self, classes, predicted):
        self.classes_, self.predicted = np.asarray(classes), np.asarray(predicted)

    def predict(self, X):
        return self.predicted


class Certain(Fixed):
    """One that also gives probabilities (n, k), and no logarithms of them."""

    def __init__(self, classes, predicted, p):
        super().__init__(classes, predicted)
        self.p = np.asarray(p)

    def predict_proba(self, X):
        return self.p


def of_right(*right, log_p=None, weight=None):
    """The comparison of models "a", "b", ... that have these rows right; the true classes are all 0."""
    right = [np.asarray(one, bool) for one in right]
    log_p = [None] * len(right) if log_p is None else log_p
    answers = [Answers(*facts) for facts in zip("abcdefgh", right, log_p, strict=False)]
    return Comparison.of(answers, np.zeros(len(right[0]), int), weight)


@pytest.fixture(scope="module")
def flowers(iris, fitted):
    """Four kinds of classifiers of text labels that know half of two columns, with the other half of the rows."""
    X, y = iris[0][:, :2], np.array(["a b", "c", 'é"'])[iris[1]]
    others = {
        "grid": GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {}),
        "tree": DecisionTreeClassifier(random_state=0),
        "svc": LinearSVC(random_state=0),
    }
    models = {"mlp": fitted(X[::2], y[::2], solver="lbfgs", dtype="float64")}
    return models | {name: clf.fit(X[::2], y[::2]) for name, clf in others.items()}, X[1::2], y[1::2]


class TestMcNemar:
    @pytest.mark.parametrize(("b", "c"), [(0, 1), (1, 5), (5, 1), (8, 8), (12, 31), (0, 40)])
    def test_p_is_the_sum_of_binomial_probabilities(self, b, c):
        tail = sum(Fraction(math.comb(b + c, k), 2 ** (b + c)) for k in range(min(b, c) + 1))
        assert paired.mcnemar(b, c) == pytest.approx(float(min(1, 2 * tail)), rel=1e-12)

    def test_without_a_row_that_one_alone_has_right_p_is_1(self):
        assert paired.mcnemar(0, 0) == 1

    def test_many_rows_come_to_the_chi_square_of_mcnemar(self):
        b, c = 10_500, 10_000
        assert paired.mcnemar(b, c) == pytest.approx(
            scipy.stats.chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1), rel=1e-3
        )  # with the correction of Edwards 1948

    def test_models_that_are_equally_good_are_seldom_told_apart(self):
        rng = np.random.default_rng(0)
        p = np.array([paired.mcnemar(b, 60 - b) for b in rng.binomial(60, 0.5, 4000)])
        assert 0.02 < np.mean(p < 0.05) <= 0.05  # below the level, since it is exact


class TestHolm:
    def test_an_example_by_hand(self):  # 4 * 0.005, 3 * 0.01, 2 * 0.03, and 1 * 0.04 which must not be below
        np.testing.assert_allclose(paired.holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])

    def test_no_p_is_above_1_and_one_alone_stays(self):
        assert paired.holm(np.array([0.7, 0.9])).tolist() == [1, 1]
        assert paired.holm(np.array([0.04])).tolist() == [0.04]

    def test_the_pairs_of_three_models_have_it(self):
        rng = np.random.default_rng(0)
        found = of_right(*(rng.random(300) < share for share in (0.9, 0.8, 0.85)))
        p = [pair.p_value for pair in found.pairs]
        assert [pair.p_adjusted for pair in found.pairs] == paired.holm(np.array(p)).tolist() != p
        assert found.pairs[0].p_value == paired.mcnemar(found.pairs[0].only_first, found.pairs[0].only_second)

    def test_with_two_models_there_is_nothing_to_correct(self):
        (pair,) = of_right([1] * 9 + [0], [0] * 6 + [1] * 4).pairs
        assert (pair.only_first, pair.only_second) == (6, 1)
        assert pair.p_adjusted == pair.p_value == 2 * (1 + 7) / 2**7


def bootstrap_by_hand(columns, weight=None):
    """The 95% percentile interval of the difference of two weighted means, one resample after the other."""
    rng, n = np.random.default_rng(1), len(columns[0])
    weight = np.ones(n) if weight is None else weight
    differences = []
    for _ in range(20_000):
        rows = rng.choice(n, n)
        a, b = (np.average(column[rows], weights=weight[rows]) for column in columns)
        differences.append(a - b)
    return np.percentile(differences, [2.5, 97.5])


class TestBootstrap:
    @pytest.mark.parametrize("weighted", [False, True])
    def test_intervals_are_those_of_a_loop_over_resamples(self, weighted):
        rng = np.random.default_rng(0)
        n, shared = 200, rng.exponential(size=200)
        log_p = [-shared - rng.exponential(size=n) * size for size in (0.3, 0.5)]
        right = [rng.random(n) < np.exp(one) ** 0.2 for one in log_p]
        weight = rng.exponential(size=n) if weighted else None
        (pair,) = of_right(*right, log_p=log_p, weight=weight).pairs
        for found, columns in ((pair.accuracy_interval, right), (pair.log_loss_interval, [-one for one in log_p])):
            low, high = bootstrap_by_hand(columns, weight)
            # An end has a standard deviation of about 1.5% of the width over sets of 2,000 resamples.
            assert found == pytest.approx((low, high), abs=0.05 * (high - low))

    def test_the_same_seed_gives_the_same_interval(self):
        right = np.random.default_rng(0).random((2, 90)) < 0.7
        assert of_right(*right) == of_right(*right)

    @pytest.mark.parametrize("ordered", [False, True])
    def test_groups_of_many_rows_vary_as_the_rows_do(self, monkeypatch, ordered):
        monkeypatch.setattr(paired, "MAX_GROUPS", 1000)
        rng = np.random.default_rng(0)
        x, w = rng.exponential(size=30_500), rng.uniform(0.5, 2, 30_500)
        x = np.sort(x) if ordered else x  # neighbours that are alike must not share a group
        plain, weighted = paired.resampled_means([x], None)[0], paired.resampled_means([x], w)[0]
        assert plain.mean() == pytest.approx(x.mean(), abs=4 * x.std() / 30_500**0.5 / 2000**0.5)
        assert plain.std() == pytest.approx(x.std() / 30_500**0.5, rel=0.09)  # 3 deviations: 1/sqrt(2000) and 1000
        linearised = w * (x - np.average(x, weights=w)) / w.mean()
        assert weighted.std() == pytest.approx(linearised.std() / 30_500**0.5, rel=0.09)

    def test_memory_is_bounded_and_pieces_do_not_matter(self, monkeypatch):
        x = np.random.default_rng(0).normal(size=50)
        whole = paired.resampled_means([x], None)
        monkeypatch.setattr(paired, "MAX_DRAWS", 7 * 50)
        np.testing.assert_allclose(paired.resampled_means([x], None), whole, rtol=1e-12)

    def test_intervals_cover_the_truth_as_often_as_they_say(self):
        rng = np.random.default_rng(0)
        n, rounds, covered = 150, 400, np.zeros(2)
        true_accuracy, true_loss = 0.85 - 0.75, -0.5  # means over all rows that there could be
        for _ in range(rounds):
            shared = rng.exponential(size=n)
            log_p = [-shared - 0.2 * rng.exponential(size=n), -shared - 0.7 * rng.exponential(size=n)]
            easy = rng.random(n)
            right = [easy < 0.85, np.where(rng.random(n) < 0.5, easy < 0.75, rng.random(n) < 0.75)]
            (pair,) = of_right(*right, log_p=log_p).pairs
            (low, high), (low_loss, high_loss) = pair.accuracy_interval, pair.log_loss_interval
            covered += low <= true_accuracy <= high, low_loss <= true_loss <= high_loss
        # 95% less what a percentile interval of 150 rows lacks, within 3 standard deviations of 400 rounds
        assert np.all((covered / rounds > 0.91) & (covered / rounds < 0.98))


class TestScores:
    @pytest.mark.parametrize("weighted", [False, True])
    def test_they_are_those_of_scikit_learn(self, flowers, weighted):
        models, X, y = flowers
        weight = np.random.default_rng(0).integers(0, 4, len(y)) / 2 if weighted else None
        found = compare(models, X, y, weight)
        assert [model.name for model in found.models] == ["mlp", "grid", "tree", "svc"]
        for model, clf in zip(found.models, models.values(), strict=True):
            answers = clf.predict(X)
            assert model.accuracy == pytest.approx(accuracy_score(y, answers, sample_weight=weight))
            assert model.balanced_accuracy == pytest.approx(balanced_accuracy_score(y, answers, sample_weight=weight))
            if model.name == "svc":
                assert model.log_loss is None and model.log_loss_interval is None
            else:
                assert model.log_loss == pytest.approx(log_loss(y, clf.predict_proba(X), sample_weight=weight))
                assert model.log_loss_interval[0] < model.log_loss < model.log_loss_interval[1]
            assert model.accuracy_interval[0] < model.accuracy < model.accuracy_interval[1]
        assert found.n_rows == (len(y) if weight is None else np.count_nonzero(weight))

    def test_differences_are_first_minus_second(self, flowers):
        models, X, y = flowers
        found = compare(models, X, y)
        scores = {model.name: model for model in found.models}
        right = {name: clf.predict(X) == y for name, clf in models.items()}
        assert len(found.pairs) == 6
        for pair in found.pairs:
            a, b = right[pair.first], right[pair.second]
            assert (pair.only_first, pair.only_second) == (np.sum(a & ~b), np.sum(b & ~a))
            assert pair.accuracy == scores[pair.first].accuracy - scores[pair.second].accuracy
            if "svc" in (pair.first, pair.second):
                assert pair.log_loss is None and pair.log_loss_interval is None and not pair.log_loss_beyond_chance
            else:
                assert pair.log_loss == scores[pair.first].log_loss - scores[pair.second].log_loss

    def test_a_class_without_rows_counts_in_no_average(self):
        y, answers = [0, 0, 1, 1], [0, 0, 1, 2]
        found = compare([Fixed([0, 1, 2, 3], answers), Fixed([0, 1, 2, 3], y)], np.zeros((4, 1)), y)
        assert found.models[0].balanced_accuracy == 0.75

    def test_classes_in_another_order_are_the_same(self):
        p = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
        y = ["no", "yes", "yes"]
        found = compare(
            [Certain(["no", "yes"], y, p), Certain(["yes", "no"], y, p[:, ::-1])], np.zeros((3, 1)), np.array(y)
        )
        assert found.models[0].log_loss == pytest.approx(-np.mean(np.log([0.9, 0.8, 0.4])))
        assert found.pairs[0].log_loss == 0

    def test_the_classifier_of_a_frame_takes_its_own_columns(self):
        rng = np.random.default_rng(0)
        frame = pd.DataFrame({"size": rng.normal(size=60), "colour": ["red", "blue", None] * 20, "more": 1.0})
        y = (frame["size"] > 0).to_numpy()
        fitted = [
            MLPClassifier(max_iter=5, learning_rate_init=0.1, tol=1.0, n_iter_no_change=1).fit(frame[names], y)
            for names in (["size"], ["colour", "size"])
        ]
        found = compare(fitted, frame, y)
        assert [model.name for model in found.models] == ["MLPClassifier 1", "MLPClassifier 2"]
        assert found.models[1].accuracy == fitted[1].score(frame, y)

    @pytest.mark.parametrize("labels", [[0, 1], [False, True], [-1.0, 1.0], ["0", "1"], [2**60, 2**60 + 1]])
    def test_labels_of_every_type(self, labels):
        y = np.array(labels)[[0, 1, 1, 0]]
        found = compare({"a": Fixed(labels, y), "b": Fixed(labels, y[::-1])}, np.zeros((4, 1)), list(y))
        assert [model.accuracy for model in found.models] == [1, 1]
        found = compare({"a": Fixed(labels, y), "b": Fixed(labels, y[[1, 0, 3, 2]])}, np.zeros((4, 1)), pd.Series(y))
        assert [model.accuracy for model in found.models] == [1, 0]


class TestWeights:
    def test_a_row_twice_is_a_row_of_weight_two(self, flowers):
        models, X, y = flowers
        times = np.random.default_rng(0).integers(0, 3, len(y))
        once = compare(models, X, y, times)
        twice = compare(models, np.repeat(X, times, axis=0), np.repeat(y, times))
        for a, b in zip(once.models, twice.models, strict=True):
            assert (a.accuracy, a.balanced_accuracy) == pytest.approx((b.accuracy, b.balanced_accuracy))
            assert a.log_loss == pytest.approx(b.log_loss)
        assert [pair.accuracy for pair in once.pairs] == pytest.approx([pair.accuracy for pair in twice.pairs])

    def test_a_row_of_weight_0_is_none(self, flowers):
        models, X, y = flowers
        kept = np.arange(len(y)) % 3 > 0
        assert compare(models, X, y, 3.0 * kept) == compare(models, X[kept], y[kept])
        weight = 1e308 * kept * np.linspace(0.5, 1, len(y))  # their sum would be infinite
        assert compare(models, X, y, weight) == compare(models, X[kept], y[kept], weight[kept])

    def test_equal_weights_are_none(self, flowers):
        models, X, y = flowers
        found = compare(models, X, y, np.full(len(y), 0.1))
        assert found == compare(models, X, y) and not found.weighted

    def test_unequal_weights_have_no_test_of_counts(self):
        rng = np.random.default_rng(0)
        weight = rng.uniform(1, 2, 200)
        (pair,) = of_right(rng.random(200) < 0.9, rng.random(200) < 0.6, weight=weight).pairs
        assert pair.p_value is None and pair.p_adjusted is None and pair.accuracy_interval[0] > 0
        assert pair.accuracy_beyond_chance and "higher weighted accuracy" in pair.verdict
        (pair,) = of_right(rng.random(200) < 0.9, rng.random(200) < 0.9, weight=weight).pairs
        assert not pair.accuracy_beyond_chance and pair.verdict.endswith("): not beyond chance.")


class TestVerdicts:
    def test_identical_models_do_not_differ(self, flowers):
        models, X, y = flowers
        for weight in (None, np.linspace(1, 2, len(y))):
            (pair,) = compare([models["mlp"], models["mlp"]], X, y, weight).pairs
            assert pair.p_value in (1, None) and pair.accuracy == pair.log_loss == 0
            assert pair.accuracy_interval == pair.log_loss_interval == (0, 0)
            assert not pair.accuracy_beyond_chance and not pair.log_loss_beyond_chance
            assert "log-losses are equal" in pair.verdict
        (pair,) = compare([models["mlp"], models["mlp"]], X, y).pairs
        assert "have the same rows right (exact McNemar test, p = 1): no difference in accuracy." in pair.verdict

    def test_a_dominated_model_is_beyond_chance(self):
        right = np.arange(100) < 90
        log_p = [np.where(right, -0.1, -2), np.where(right, -0.4, -2.1)]
        (pair,) = of_right(right, np.arange(100) < 75, log_p=log_p).pairs
        assert (pair.only_first, pair.only_second, pair.p_value) == (15, 0, 2 * 0.5**15)
        assert pair.accuracy_interval[0] > 0 > pair.log_loss_interval[1]
        assert pair.accuracy_beyond_chance and pair.log_loss_beyond_chance
        assert pair.verdict.startswith(
            "a has 15 more of 100 rows right than b: 15 rows that the other has wrong, against 0 (exact McNemar test, "
            "p < 0.0001). The difference in accuracy is beyond chance. The log-loss of a is lower by 0.28"
        )
        assert pair.verdict.endswith("): beyond chance.")

    def test_a_pair_the_other_way_round_says_the_same(self):
        rng = np.random.default_rng(0)
        right, log_p = rng.random((2, 80)) < [[0.9], [0.7]], -rng.random((2, 80))
        found, swapped = of_right(*right, log_p=log_p), of_right(*right[::-1], log_p=log_p[::-1])
        assert found.pair("a", "b") == found.pairs[0]
        there, back = found.pair("b", "a"), swapped.pairs[0]
        assert (there.first, there.second) == ("b", "a")
        for name in ("only_first", "only_second", "p_value", "accuracy", "accuracy_interval", "log_loss"):
            assert getattr(there, name) == pytest.approx(getattr(back, name))
        assert there.log_loss_interval == pytest.approx(back.log_loss_interval)
        assert there.verdict == found.pairs[0].verdict
        with pytest.raises(ValueError, match="first='a', second='c' are no pair; name two of 'a', 'b'"):
            found.pair("a", "c")

    def test_few_rows_prove_nothing(self):
        log_p = [np.full(12, -0.1), np.full(12, -0.2)]
        (pair,) = of_right([1] * 12, [1] * 11 + [0], log_p=log_p).pairs
        assert pair.p_value == 1 and pair.log_loss_interval[1] < 0 and not pair.log_loss_beyond_chance
        assert "12 rows are too few for the interval to tell" in pair.verdict
        (pair,) = of_right([1] * 12, [1] * 11 + [0], weight=np.arange(1, 13)).pairs
        assert not pair.accuracy_beyond_chance and "too few" in pair.verdict

    def test_one_row_is_enough_to_compare(self):
        found = of_right([1], [0])
        assert found.n_rows == 1 and found.pairs[0].p_value == 1 and found.best.name == "a"

    def test_zero_probabilities_have_the_log_loss_of_scikit_learn(self):
        y, p = np.array([0, 1, 1]), np.array([[1.0, 0], [1, 0], [0, 1]])
        found = compare([Certain([0, 1], y, p), Certain([0, 1], y, np.full((3, 2), 0.5))], np.zeros((3, 1)), y)
        assert found.models[0].log_loss == pytest.approx(log_loss(y, p))


@pytest.fixture(scope="module")
def found(flowers):
    """A comparison of models with names that are hard to show."""
    models, X, y = flowers
    names = ["<b>&", "x" * 300, "\x1b[2J\u202e", "svc"]
    return compare(dict(zip(names, models.values(), strict=True)), X, y)


class TestForms:
    def test_text_has_the_numbers_and_no_control_characters(self, found):
        text = str(found)
        lines = text.splitlines()
        assert lines[0] == "4 models on the same 75 rows" and "\x1b" not in text and "\u202e" not in text
        assert all(len(line) <= 120 for line in lines)
        for number, (model, line) in enumerate(zip(found.models, lines[2:6], strict=True), 1):
            assert line.split()[0] == str(number) and f"{model.accuracy:.2%}" in line
        assert f"{found.models[0].log_loss:.4f}" in lines[2] and lines[5].endswith("-")
        (pair,) = [line for line in lines if line.startswith("  1 - 3 ")]
        assert f"{found.pairs[1].accuracy:+.2%}" in pair and f"{found.pairs[1].log_loss:+.4f}" in pair
        assert sum(" has " in line or " have " in line for line in lines) >= 6
        assert "corrected for the number of pairs (Holm)" in lines[-1]

    def test_html_is_well_formed_and_names_are_only_text(self, found):
        tree = ElementTree.fromstring(found._repr_html_())
        assert {node.tag for node in tree.iter()} == {
            "div", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li",
        }  # fmt: skip
        cells = [cell.text for cell in tree.iter("td")]
        assert "<b>&" in cells and f"{found.models[2].log_loss:.4f}" in cells
        assert len([*tree.iter("tr")]) == 1 + 4 + 1 + 6 and len([*tree.iter("li")]) == 6

    def test_the_dict_is_plain_json(self, found):
        form = found.to_dict()
        assert json.loads(json.dumps(form, allow_nan=False)) == form
        assert (form["rows"], form["weighted"], form["interval"], form["resamples"]) == (75, False, 0.95, 2000)
        assert form["models"][1]["accuracy"] == found.models[1].accuracy
        assert form["models"][3]["log_loss"] is None and form["pairs"][2]["log_loss_beyond_chance"] is None
        assert form["pairs"][0]["accuracy_interval"] == list(found.pairs[0].accuracy_interval)
        assert form["pairs"][0]["verdict"] == found.pairs[0].verdict

    def test_the_best_is_the_first_of_equals(self):
        assert of_right([1, 0, 0], [1, 1, 0], [0, 1, 1]).best.name == "b"


class Outside:
    """No estimator of scikit-learn."""

    def predict(self, X):
        return X


GOOD = GaussianNB().fit([[0.0], [1]], [0, 1])
OTHER = GaussianNB().fit([[0.0], [1]], [0, 2])
TEXT = GaussianNB().fit([[0.0], [1]], ["0", "1"])
SEVERAL = RandomForestClassifier(1).fit([[0.0], [1]], [[0, 1], [1, 2]])
INDICATORS = MultiOutputClassifier(GaussianNB()).fit([[0.0], [1]], [[0, 1], [1, 0]])


@pytest.mark.parametrize(("models", "said"), [
    ({"one": GOOD}, "models has 1 of them; a comparison needs two or more"), ([], "models has 0 of them"),
    (GOOD, "models=GaussianNB() is not allowed; give a mapping"), ("ab", "models='ab' is not allowed"),
    (None, "models=None is not allowed"), ({"1": GOOD, 1: GOOD}, "two of the names are the same string"),
    ([GOOD, None], "models: 'NoneType' is no classifier: None"), ([GOOD, "word"], "models: 'str' is no classifier"),
    ({"a": GOOD, "line": LinearRegression().fit([[0.0], [1]], [0, 1])}, "models: 'line' is no classifier: Linear"),
    ([GOOD, GaussianNB], "models: 'ABCMeta' is no classifier"), ([GOOD, Outside()], "models: 'Outside' is no clas"),
    ({"a": GOOD, "b": OTHER}, "models: 'b' has the classes 0, 2, and 'a' has 0, 1. Compare models"),
    ({"a": GOOD, "b": TEXT}, "models: 'b' has the classes '0', '1', and 'a' has 0, 1."),
    ([GOOD, SEVERAL], "models: 'RandomForestClassifier' has several outputs"),
    ([GOOD, INDICATORS], "models: 'MultiOutputClassifier' has several outputs"),
    ([GOOD, Fixed([0, 1], [0])], "models: 'Fixed' predicts an array of shape (1,) for 2 rows"),
    ([GOOD, Fixed([0, 1], [[0, 1], [1, 0]])], "models: 'Fixed' predicts an array of shape (2, 2) for 2 rows"),
    ([GOOD, Fixed([0, 1], [0, 7])], "models: what 'Fixed' predicts has labels that are not among the classes, the "
                                    "first in row 2: 7. The classes are 0, 1."),
    ([GOOD, Certain([0, 1], [0, 1], [[1, 0], [0, np.nan]])], "'Certain' gives probabilities of shape (2, 2) with 1 t"),
    ([GOOD, Certain([0, 1], [0, 1], [[1], [0]])], "'Certain' gives probabilities of shape (2, 1)"),
])  # fmt: skip
def test_models_that_are_refused(models, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        compare(models, [[0.0], [1]], [0, 1])


@pytest.mark.parametrize("clf", [GaussianNB(), MLPClassifier(), make_pipeline(StandardScaler(), GaussianNB())])
def test_a_model_that_is_not_fitted_is_refused(clf):
    with pytest.raises(NotFittedError, match="models: 'new' is not fitted"):
        compare({"new": clf, "good": GOOD}, [[0.0], [1]], [0, 1])


@pytest.mark.parametrize(("X", "y", "weight", "said"), [
    ([[0.0], [1]], [0], None, "inconsistent numbers of samples"), ([[0.0], [1]], None, None, "requires y to be passed"),
    ([[0.0], [1]], [0, 2], None, "y has labels that are not among the classes, the first in row 2: 2. The classes are"),
    ([[0.0], [1]], ["0", "1"], None, "not among the classes, the first in row 1: '0'"),
    ([[0.0], [1]], [0, None], None, "1 of 2 labels are missing"), ([[0.0], [1]], [0, np.nan], None, "labels are miss"),
    ([[0.0], [1]], [[0, 1], [1, 0]], None, "y has shape (2, 2): rows that may have several labels are not compared"),
    ([[0.0], [1]], np.array([0, [1]], object), None, "y has labels that are lists or the like"),
    (np.empty((0, 1)), [], None, "X and y have no rows"), ([[0.0], [np.nan]], [0, 1], None, "NaN"),
    ([[0.0], [1]], [0, 1], [1, -1], "Negative values in data"), ([[0.0], [1]], [0, 1], [0, 0], "at least one non-zero"),
    ([[0.0], [1]], [0, 1], [1, np.inf], "infinity"), ([[0.0], [1]], [0, 1], [1], "sample_weight.shape == (1,)"),
    ([[0.0, 1], [1, 1]], [0, 1], None, "features"),
])  # fmt: skip
def test_rows_that_are_refused(X, y, weight, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        compare([GOOD, GOOD], X, y, weight)


def test_classifiers_of_several_labels_are_refused(fitted):
    X, Y = np.arange(8.0)[:, None], np.arange(8)[:, None] // [1, 2] % 2
    clf = fitted(X, Y, max_iter=2)
    with pytest.raises(ValueError, match=r"y has shape \(8, 2\): rows that may have several labels"):
        compare([clf, clf], X, Y)
    with pytest.raises(ValueError, match=r"'MLPClassifier 1' predicts an array of shape \(8, 2\) for 8 rows"):
        compare([clf, clf], X, Y[:, 0])
