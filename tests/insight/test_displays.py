"""Displays: what they draw is what was computed, recomputed here by hand or by scikit-learn."""

from __future__ import annotations

import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from sklearn.calibration import CalibrationDisplay
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.metrics import ConfusionMatrixDisplay

from gpunn.insight.compare import Answers, Comparison, compare
from gpunn.insight.displays import (
    ActivationDisplay,
    CompareDisplay,
    CostSurfaceDisplay,
    GradientFlowDisplay,
    SlopeDisplay,
    TrainingCurveDisplay,
    WeightImageDisplay,
)
from gpunn.insight.displays.layers import image_shape, layer_values, mosaic
from gpunn.insight.displays.style import as_text, look, printable
from gpunn.insight.displays.surface import filter_normalised
from gpunn.nn.activations import Sigmoid
from gpunn.training.history import History
from gpunn.training.layers import LayerStatistics


@pytest.fixture(autouse=True)
def plt():
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


@pytest.fixture(scope="module")
def deep(digits, fitted):
    """Two hidden layers, of sigmoid and PReLU, with early stopping and penalties that would show in a cost."""
    return fitted(
        digits[0], digits[2], hidden_layer_sizes=(20, 9), activation=["sigmoid", "prelu"], alpha=5.0,
        learning_rate_init=0.01, early_stopping=True, max_iter=6,
    )  # fmt: skip


def curves(ax):
    """The lines of an axes by label, without vertical ones."""
    return {line.get_label(): list(line.get_ydata()) for line in ax.get_lines() if line.get_label() != "kept"}


class TestTrainingCurves:
    def test_lines_are_the_histories_entries(self, deep):
        display, history = TrainingCurveDisplay.from_estimator(deep), deep.history_
        cost, score, rate = display.ax_
        assert display.figure_ is cost.figure
        assert curves(cost) == {"training": history.cost, "validation": history.validation_cost}
        assert next(iter(curves(score).values())) == history.validation_score
        assert next(iter(curves(rate).values())) == history.learning_rate
        assert [ax.get_ylabel() for ax in display.ax_] == ["cost", "validation score", "learning rate"]
        assert {ax.get_xlabel() for ax in display.ax_} == {"epoch"}

    def test_the_epoch_that_was_kept_is_marked(self, deep):
        ax = TrainingCurveDisplay.from_estimator(deep).ax_[0]
        (kept,) = [line for line in ax.get_lines() if line.get_label() == "kept"]
        assert list(kept.get_xdata()) == [deep.history_.best + 1] * 2

    def test_without_validation_there_is_no_panel_of_scores(self):
        history = History(cost=[3.0, 2.0], learning_rate=[0.1, 0.1], gradient_norm=[1.0, 1.0], seconds=[0.1, 0.2])
        display = TrainingCurveDisplay({"": history}).plot()
        assert [ax.get_ylabel() for ax in display.ax_] == ["cost", "learning rate"]
        assert display.ax_[0].get_legend() is None

    def test_runs_are_told_apart_by_name_colour_and_marker(self, deep, iris, fitted):
        lbfgs = fitted(*iris, solver="lbfgs", max_iter=4)
        display = TrainingCurveDisplay.from_runs({"a": deep, "b $\\x": lbfgs, "c": History(cost=[1.0, 0.5])})
        names = [text.get_text() for text in display.ax_[0].get_legend().get_texts()]
        assert names == ["a, training", "a, validation", r"b \$\x, training", "c, training"]
        looks = [(line.get_color(), line.get_marker()) for line in display.ax_[0].get_lines()]
        assert looks[0] == looks[1]  # of one run: the line's style tells them apart
        assert len(set(looks)) == 3
        assert display.ax_[-1].get_ylabel() == "learning rate or step length"
        assert display.ax_[0].get_xlabel() == "epoch or iteration"
        display.figure_.canvas.draw()  # a lone $ would start a formula

    def test_iterations_have_step_lengths(self, iris, fitted):
        display = TrainingCurveDisplay.from_estimator(fitted(*iris, solver="lbfgs", max_iter=4))
        assert display.ax_[0].get_xlabel() == "iteration"
        assert display.ax_[1].get_ylabel() == "step length"

    @pytest.mark.parametrize(
        ("cost", "scale"), [([5.0, 1.0, 0.2], "log"), ([5.0, 4.0], "linear"), ([5.0, 0.0], "linear")]
    )
    def test_decades_are_shown_on_a_logarithmic_scale(self, cost, scale):
        display = TrainingCurveDisplay({"": History(cost=cost)}).plot(curves=["cost"])
        assert display.ax_[0].get_yscale() == scale

    def test_draws_on_axes_that_are_given(self, deep, plt):
        figure, ax = plt.subplots()
        display = TrainingCurveDisplay.from_estimator(deep, ax=ax, curves=["gradient_norm"])
        assert list(display.ax_) == [ax]
        assert display.figure_ is figure

    def test_what_it_refuses(self, deep, plt):
        with pytest.raises(ValueError, match=r"'loss' is not known; use some of 'cost', 'score'"):
            TrainingCurveDisplay.from_estimator(deep, curves=["loss"])
        with pytest.raises(ValueError, match=r"ax holds 1 axes and TrainingCurveDisplay\.plot needs 3"):
            TrainingCurveDisplay.from_estimator(deep, ax=plt.subplots()[1])
        with pytest.raises(ValueError, match="the runs have none"):
            TrainingCurveDisplay({"": History()}).plot()
        with pytest.raises(ValueError, match="runs is empty"):
            TrainingCurveDisplay.from_runs({})


class TestActivations:
    def test_values_are_those_of_the_network(self, deep, digits):
        X = digits[1][:7].astype(np.float64)
        first, second, output = layer_values(deep, digits[1][:7])
        z1 = X @ deep.coefs_[0] + deep.intercepts_[0]
        h1 = 1 / (1 + np.exp(-z1))
        z2 = h1 @ deep.coefs_[1] + deep.intercepts_[1]
        slope = deep.theta_[deep.network_.layers[1].learned["slope"].start :]
        for found, true in ((first.z, z1), (first.h, h1), (first.derivative, h1 * (1 - h1)), (second.z, z2)):
            np.testing.assert_allclose(found, true, rtol=2e-5, atol=2e-6)
        np.testing.assert_array_equal(second.derivative, np.where(second.z > 0, np.float32(1), slope))
        np.testing.assert_allclose(output.h, deep.predict_proba(digits[1][:7]), rtol=1e-5)
        assert output.derivative is None  # of a softmax
        assert [layer.name for layer in (first, second, output)] == ["hidden layer 1", "hidden layer 2", "output layer"]

    def test_bars_are_shares_and_the_saturated_share_stands_below(self, digits, fitted):
        clf = fitted(
            digits[0] * 16,
            digits[2],
            activation="sigmoid",
            weight_init="gaussian",
            hidden_layer_sizes=(30,),
            max_iter=1,
        )
        display = ActivationDisplay.from_estimator(clf, digits[0] * 16, max_rows=50)
        assert display.ax_.shape == (2, 3)
        for ax in display.ax_[:, :2].ravel():
            assert ax.patches[0].get_data().values.sum() == pytest.approx(1)
        index = np.arange(50) * len(digits[0]) // 50  # rows evenly spread
        z = digits[0][index].astype(np.float64) * 16 @ clf.coefs_[0] + clf.intercepts_[0]
        share = np.mean(Sigmoid().derivative(np, z, 1 / (1 + np.exp(-z))) < 0.01)
        assert share > 0.5  # the fault that the picture is for
        assert display.ax_[0, 2].get_xlabel() == f"|f'| < 0.01: {share:.0%}"

    def test_a_layer_of_one_value_and_one_of_infinities_are_drawn(self, iris, fitted):
        clf = fitted(*iris, weight_init="zeros", bias_init="zeros", learning_rate_init=1e-30, max_iter=1)
        clf.theta_[: clf.network_.layers[0].W.stop] = np.inf
        ActivationDisplay.from_estimator(clf, iris[0]).figure_.canvas.draw()


def statistics(layer, epoch):
    none = None if layer == 3 else 0.1 * layer
    return LayerStatistics(
        layer, "Sigmoid", 4, 5, none, 0.0, none, none, 0.0, 1.0, 0.5, 0.1, 2.0, 10.0 ** -(layer + epoch), 0.1,
        update_ratio=1e-3 * layer,
    )  # fmt: skip


class TestGradientFlow:
    entries = tuple([statistics(layer, epoch) for layer in (1, 2, 3)] for epoch in range(4))

    def test_a_line_for_each_layer_that_has_the_number(self):
        gradient, saturated, update = GradientFlowDisplay(self.entries).plot().ax_
        assert curves(gradient)["hidden layer 2"] == [10.0 ** -(2 + epoch) for epoch in range(4)]
        assert list(curves(gradient)) == ["hidden layer 1", "hidden layer 2", "output layer"]
        assert list(curves(saturated)) == ["hidden layer 1", "hidden layer 2"]
        assert curves(update)["output layer"] == [3e-3] * 4
        assert (gradient.get_yscale(), saturated.get_yscale(), update.get_yscale()) == ("log", "linear", "linear")

    def test_what_an_estimator_recorded(self, iris, fitted):
        clf = fitted(*iris, record="layers", solver="lbfgs", max_iter=3)
        display = GradientFlowDisplay.from_estimator(clf, curves=["weight_norm"])
        assert curves(display.ax_[0])["output layer"] == [layers[-1].weight_norm for layers in clf.layer_history_]
        assert display.ax_[0].get_xlabel() == "iteration"

    def test_a_curve_without_a_line_is_left_out(self):
        display = GradientFlowDisplay([[statistics(3, 0)]]).plot()
        assert [ax.get_ylabel() for ax in display.ax_] == ["gradient norm", "update / weight norm"]

    def test_what_it_refuses(self, deep):
        with pytest.raises(ValueError, match="fit with record='layers'"):
            GradientFlowDisplay.from_estimator(deep)
        with pytest.raises(ValueError, match="'bias' is not known; use some of 'gradient_norm'"):
            GradientFlowDisplay(self.entries).plot(curves=["bias"])
        with pytest.raises(ValueError, match="no numbers of saturated"):
            GradientFlowDisplay([[statistics(3, 0)]]).plot(curves=["saturated"])


class TestWeightImages:
    def test_the_largest_neuron_comes_first_as_an_image(self, deep):
        display = WeightImageDisplay.from_estimator(deep, max_neurons=9)
        W = deep.coefs_[0]
        first = W[:, np.argmax(np.linalg.norm(W, axis=0))].reshape(8, 8)
        shown = np.asarray(display.ax_.images[0].get_array())
        np.testing.assert_array_equal(shown[:8, :8], first)
        assert shown.shape == (3 * 9 - 1, 3 * 9 - 1)
        low, high = display.ax_.images[0].get_clim()
        assert low == -high  # so that white is 0
        assert "9 of 20 neurons" in display.ax_.get_title()

    def test_every_image_has_its_place(self):
        images = np.arange(5 * 2 * 3, dtype=float).reshape(5, 2, 3)
        tiles = mosaic(images)
        assert np.isnan(tiles).any()
        assert sorted(tiles[~np.isnan(tiles)]) == sorted(images.ravel())
        np.testing.assert_array_equal(tiles[:2, 4:7], images[1])

    def test_shapes(self, iris, fitted):
        assert image_shape(784, None) == (28, 28)
        assert image_shape(6, (2, 3)) == (2, 3)
        with pytest.raises(ValueError, match="5 inputs make no square image; give its height and width"):
            image_shape(5, None)
        with pytest.raises(ValueError, match=r"shape=\(3, 3\) does not fit 4 inputs"):
            WeightImageDisplay.from_estimator(fitted(*iris, max_iter=1), shape=(3, 3))


class TestSlopes:
    def test_slopes_are_those_learned(self, deep):
        display = SlopeDisplay.from_estimator(deep)
        part = deep.network_.layers[1].learned["slope"]
        np.testing.assert_array_equal(display.slopes["hidden 2"], deep.theta_[part.start : part.stop])
        points, median, start = display.ax_.get_lines()
        np.testing.assert_array_equal(points.get_ydata(), display.slopes["hidden 2"])
        assert median.get_ydata()[0] == np.median(display.slopes["hidden 2"])
        assert start.get_ydata()[0] == 0.25

    def test_no_slopes_is_an_error(self, iris, fitted):
        with pytest.raises(ValueError, match="no layer learns slopes: fit with activation='prelu'"):
            SlopeDisplay.from_estimator(fitted(*iris, max_iter=1))


def cost_of(clf, digits):
    """Mean of -log p(truth) of the test digits, whose labels are their own column numbers."""
    return -np.mean(clf.predict_log_proba(digits[1])[np.arange(len(digits[3])), digits[3]], dtype=float)


class TestComparison:
    right = np.random.default_rng(0).random((3, 200)) < [[0.7], [0.9], [0.88]]

    def of(self, right, weight=None):
        answers = [Answers(name, one, None) for name, one in zip(("a", "b $\\x", "c" * 99), right, strict=False)]
        return CompareDisplay(Comparison.of(answers, np.zeros(right.shape[1], int), weight)).plot()

    def test_scores_and_differences_stand_in_the_order_of_accuracy(self):
        display = self.of(self.right)
        scores, differences = display.ax_
        assert display.figure_ is scores.figure
        assert [label.get_text() for label in scores.get_yticklabels()] == [r"b \$\x", "c" * 31 + "…", "a"]
        assert scores.get_ylim()[0] > scores.get_ylim()[1]  # the best on top
        a, b, c = display.comparison.models
        intervals, points = scores.get_lines()[::2], scores.get_lines()[1::2]
        for place, (model, line, point) in enumerate(zip((b, c, a), intervals, points, strict=True)):
            assert line.get_xdata() == pytest.approx([100 * end for end in model.accuracy_interval])
            assert point.get_xydata()[0] == pytest.approx([100 * model.accuracy, place])
        best, *lines = differences.get_lines()
        assert best.get_xydata().tolist() == [[0, 0]]
        for place, (model, line, point) in enumerate(zip((c, a), lines[:4:2], lines[1:4:2], strict=True), 1):
            pair = display.comparison.pair(model.name, b.name)
            assert line.get_xdata() == pytest.approx([100 * end for end in pair.accuracy_interval])
            assert point.get_xydata()[0] == pytest.approx([100 * (model.accuracy - b.accuracy), place])
        assert scores.get_xlabel() == "accuracy in %, 200 rows"
        display.figure_.canvas.draw()  # a lone $ would start a formula

    def test_what_is_beyond_chance_is_filled(self):
        display = self.of(self.right)
        near, far = display.ax_[1].get_lines()[2:5:2]
        assert near.get_markerfacecolor() == "white" != far.get_markerfacecolor()
        a, b, c = (model.name for model in display.comparison.models)
        assert display.comparison.pair(a, b).accuracy_beyond_chance
        assert not display.comparison.pair(c, b).accuracy_beyond_chance
        names = [text.get_text() for text in display.ax_[1].get_legend().get_texts()]
        assert names == ["best", "beyond chance", "not beyond"]

    def test_of_estimators_and_on_axes_that_are_given(self, deep, iris, fitted, plt):
        X, y = iris
        models = {"few": fitted(X, y, max_iter=1), "more": fitted(X, y, max_iter=30)}
        figure, ax = plt.subplots(1, 2)
        display = CompareDisplay.from_estimators(models, X, y, sample_weight=np.linspace(1, 2, 150), ax=ax)
        assert display.figure_ is figure and list(display.ax_) == list(ax)
        assert ax[0].get_xlabel() == "weighted accuracy in %, 150 rows"
        assert display.comparison == compare(models, X, y, np.linspace(1, 2, 150))

    def test_equal_models_of_one_row_are_drawn(self):
        self.of(np.ones((2, 1), bool)).figure_.canvas.draw()

    def test_log_losses_come_in_their_own_order_without_models_that_have_none(self):
        rng = np.random.default_rng(1)
        log_p = {"a": -rng.random(200), "b": None, "c": -0.8 * rng.random(200), "d": -0.99 * rng.random(200) - 0.01}
        answers = [Answers(name, self.right[0], each) for name, each in log_p.items()]
        comparison = Comparison.of(answers, np.zeros(200, int))
        display = CompareDisplay(comparison, "log_loss").plot()
        losses, differences = display.ax_
        order = sorted("acd", key=lambda name: -log_p[name].mean())
        assert [label.get_text() for label in losses.get_yticklabels()] == order and order[0] == "c"
        for place, (name, line, point) in enumerate(
            zip(order, losses.get_lines()[::2], losses.get_lines()[1::2], strict=True)
        ):
            [model] = [model for model in comparison.models if model.name == name]
            assert point.get_xydata()[0] == pytest.approx([-log_p[name].mean(), place])
            assert line.get_xdata() == pytest.approx(model.log_loss_interval)
        for place, (name, line, point) in enumerate(
            zip(order[1:], differences.get_lines()[1:5:2], differences.get_lines()[2:5:2], strict=True), 1
        ):
            pair = comparison.pair(name, "c")
            assert point.get_xydata()[0] == pytest.approx([log_p["c"].mean() - log_p[name].mean(), place])
            assert line.get_xdata() == pytest.approx(pair.log_loss_interval)
            assert (point.get_markerfacecolor() != "white") is pair.log_loss_beyond_chance
        assert losses.get_xlabel() == "log-loss, 200 rows"

    def test_metrics_that_are_not_there_are_refused(self):
        comparison = self.of(self.right).comparison
        with pytest.raises(ValueError, match="metric='log_loss': no model of the comparison gives probabilities"):
            CompareDisplay(comparison, "log_loss").plot()
        with pytest.raises(ValueError, match="metric='f1' is not known; use 'accuracy' or 'log_loss'"):
            CompareDisplay(comparison, "f1").plot()

    def test_what_it_refuses(self, plt):
        with pytest.raises(ValueError, match=r"ax holds 1 axes and CompareDisplay\.plot needs 2"):
            CompareDisplay(self.of(self.right).comparison).plot(plt.subplots()[1])


class TestCostSurface:
    def test_the_middle_is_the_cost_without_penalties(self, deep, digits):
        display = CostSurfaceDisplay.from_estimator(deep, digits[1], digits[3], resolution=5)
        cost = cost_of(deep, digits)
        assert display.cost[2, 2] == pytest.approx(cost, rel=1e-4)
        assert display.cost.shape == (5, 5)

    def test_each_cost_is_that_of_its_step(self, digits, fitted):
        clf = fitted(digits[0], digits[2], hidden_layer_sizes=(7,), max_iter=3)
        display = CostSurfaceDisplay.from_estimator(clf, digits[1], digits[3], resolution=4, span=0.5, random_state=3)
        rng, theta = np.random.default_rng(3), clf.theta_.copy()
        d1, d2 = (filter_normalised(rng, clf.network_, theta) for _ in range(2))
        clf.theta_ = theta + display.a[3] * d1 + display.b[1] * d2
        cost = cost_of(clf, digits)
        clf.theta_ = theta
        assert display.cost[1, 3] == pytest.approx(cost, rel=1e-4)

    def test_directions_have_the_norms_of_the_neurons(self, deep):
        direction = filter_normalised(np.random.default_rng(0), deep.network_, deep.theta_)
        for layer in deep.network_.layers:
            norms = [np.linalg.norm(layer.W.of(np, array), axis=0) for array in (direction, deep.theta_)]
            np.testing.assert_allclose(*norms, rtol=1e-5)
        assert not direction[deep.network_.n_weights :].any()

    def test_what_it_refuses(self, deep, digits):
        with pytest.raises(ValueError, match="span=0 is not allowed; give a positive number"):
            CostSurfaceDisplay.from_estimator(deep, digits[1], digits[3], span=0)
        with pytest.raises(ValueError, match="resolution=1 is not allowed"):
            CostSurfaceDisplay.from_estimator(deep, digits[1], digits[3], resolution=1)
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            CostSurfaceDisplay.from_estimator(deep, digits[1], digits[3][:5])


def test_displays_of_scikit_learn_take_the_classifier(iris, fitted):
    X, y = iris[0][:, :2], iris[1]
    clf = fitted(X, y, hidden_layer_sizes=(8,), solver="lbfgs")
    boundary = DecisionBoundaryDisplay.from_estimator(clf, X, response_method="predict", grid_resolution=20)
    assert set(np.unique(boundary.response)) == {0, 1, 2}
    confusion = ConfusionMatrixDisplay.from_estimator(clf, X, y)
    assert np.trace(confusion.confusion_matrix) == round(clf.score(X, y) * len(y))
    two = fitted(X, y == 1, hidden_layer_sizes=(8,), solver="lbfgs")
    assert CalibrationDisplay.from_estimator(two, X, y == 1).prob_pred.size


def test_without_matplotlib_the_error_names_the_remedy(deep, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    for draw in (TrainingCurveDisplay.from_estimator, SlopeDisplay.from_estimator, WeightImageDisplay.from_estimator):
        with pytest.raises(ImportError, match=r"draws with Matplotlib.*pip install matplotlib"):
            draw(deep)


def test_matplotlib_is_imported_by_who_draws_alone():
    code = "import sys, gpunn.insight.displays; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_labels_are_one_line_of_printable_text():
    assert printable("a\nb\x00\u202e\ud800", 10) == "a b\ufffd\ufffd\ufffd"
    assert printable("x" * 10**6, 5) == "xxxx…"
    assert as_text("$1") == r"\$1"


def test_no_two_of_the_first_series_look_alike():
    assert len({tuple(look(i).values()) for i in range(42)}) == 42
