"""The report: sound HTML that asks nothing of a network and runs nothing, whose numbers are those of scikit-learn."""

from __future__ import annotations

import io
import itertools
import re
import sys
from base64 import b64decode

import matplotlib
import numpy as np
import pandas as pd
import pytest
from html_page import ALLOWED, Page
from matplotlib.image import imread
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
    roc_auc_score,
)

import gpunn
from gpunn.insight import diagnose, html_report
from gpunn.insight.report.quality import expected_error

HOSTILE = "<script>alert(1)</script>"


def many_classes(n):
    X, y = make_classification(
        40 * n, 20, n_informative=15, n_classes=n, n_clusters_per_class=1, class_sep=4, random_state=0
    )
    return X, np.array([f"class {i}" for i in range(n)])[y]


@pytest.fixture(scope="module")
def cases(digits, iris, fitted, tmp_path_factory):
    """Classifier, rows, labels and the further arguments of the report, by name."""
    matplotlib.use("agg")
    X_train, X_test, y_train, y_test = digits
    clf = fitted(
        X_train, y_train, hidden_layer_sizes=(24, 12), activation=["sigmoid", "prelu"], learning_rate_init=0.01,
        early_stopping=True,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("models") / "digits.gpunn"
    clf.save(path)
    training = {"X_train": X_train, "y_train": y_train, "title": "Digits", "how": "gpunn train digits.csv\n  --seed 0"}

    names = [HOSTILE, '"><img src=x onerror=alert(1)>', "]]>&amp;</svg>$x^$", "a\x00b\nc\u202e"]
    frame = pd.DataFrame(iris[0], columns=names)
    labels = np.array(["<script>$1^$", 'b" onload="alert(1)', "</style></title></svg>\x07"])[iris[1]]
    hostile = fitted(frame, labels, hidden_layer_sizes=(), solver="lbfgs", max_iter=3)
    bad = {"title": f"</title>{HOSTILE}", "how": f"</pre>{HOSTILE}\x00\ud800"}

    two = fitted(iris[0], iris[1] == 1, hidden_layer_sizes=(4,), solver="lbfgs", max_iter=8)
    several = make_multilabel_classification(200, 10, n_classes=4, random_state=0)
    multilabel = fitted(several[0], several[1], hidden_layer_sizes=(8,))
    fifty, hundred = many_classes(50), many_classes(120)
    wide = np.random.default_rng(0).standard_normal((80, 900)), np.arange(80) % 2
    plain = {"hidden_layer_sizes": (16,), "learning_rate_init": 0.01, "max_iter": 5}
    return {
        "digits": (clf, X_test, y_test, training),
        "loaded": (gpunn.load(path), X_test, y_test, {}),
        "hostile": (hostile, frame, labels, bad),
        "two classes": (two, iris[0], iris[1] == 1, {}),
        "multilabel": (multilabel, *several, {}),
        "50 classes": (fitted(*fifty, **plain), *fifty, {}),
        "120 classes": (fitted(*hundred, **plain), *hundred, {}),
        "900 features": (fitted(*wide, **plain), *wide, {"image_shape": (20, 45)}),
    }


NAMES = ["digits", "loaded", "hostile", "two classes", "multilabel", "50 classes", "120 classes", "900 features"]


@pytest.fixture(scope="module")
def pages(cases):
    return {name: Page(html_report(clf, X, y, **options)) for name, (clf, X, y, options) in cases.items()}


@pytest.fixture(params=NAMES)
def page(request, pages):
    return pages[request.param]


class TestThePage:
    def test_notebooks_show_it_in_a_frame_that_runs_nothing(self, cases):
        clf, X, y, options = cases["hostile"]
        report = html_report(clf, X, y, **options)
        frame = Page(report._repr_html_())
        [(tag, attributes)] = frame.elements
        assert tag == "iframe" and attributes["srcdoc"] == report and "sandbox" in attributes

    def test_it_is_small_and_utf8(self, page):
        assert len(page.source.encode()) < 2_000_000
        assert page.source.startswith("<!DOCTYPE html>\n")

    def test_elements_are_those_of_a_page_without_scripts(self, page):
        assert {tag for tag, _ in page.elements} <= ALLOWED
        names = {name for _, attributes in page.elements for name in attributes}
        assert not [name for name in names if name.startswith("on") or name in ("srcdoc", "action", "xmlns")]
        (policy,) = [a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
        assert policy.startswith("default-src 'none';")
        assert "script-src" not in policy

    def test_nothing_refers_outside_the_page(self, page):
        assert not re.findall(r"https?:|//|@import", re.sub(r"base64,[\w+/=\s]*", "", page.source))
        for _, attributes in page.elements:
            for name in ("src", "href", "xlink:href"):
                assert attributes.get(name, "#").startswith(("#", "data:image/png;base64,"))
            for value in attributes.values():
                assert all(found.startswith("#") for found in re.findall(r"url\((.*?)\)", value or ""))

    def test_ids_are_unique_and_references_lead_to_one(self, page):
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        every = " ".join(value or "" for _, attributes in page.elements for value in attributes.values())
        referred = [a["href"][1:] for a in page.all("use")] + re.findall(r"url\(#(.*?)\)", every)
        referred += " ".join(a["aria-labelledby"] for a in page.all("svg")).split()
        assert referred
        assert set(referred) <= set(ids)

    def test_whoever_cannot_see_it_is_told(self, page):
        assert page.all("html") == [{"lang": "en"}]
        assert all(a["role"] == "img" and a["aria-labelledby"] for a in page.all("svg"))
        told = [data.strip() for where, data in page.texts if where[-1:] in (("desc",), ("title",))]
        assert len(told) == 1 + 2 * len(page.all("svg"))
        assert all(told)
        assert all(a["alt"] for a in page.all("img"))
        assert len(page.all("caption")) == len(page.all("table"))
        assert all(a.get("aria-label") for a in page.all("div", "pre") if a.get("role") == "region")
        levels = [int(tag[1]) for tag, _ in page.elements if tag in ("h1", "h2", "h3")]
        assert levels.count(1) == 1
        assert all(deeper - level <= 1 for level, deeper in itertools.pairwise(levels))

    def test_it_fits_a_phone_and_both_themes(self, page):
        assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")
        assert "prefers-color-scheme: dark" in page.source
        for where, data in page.texts:
            if "style" in where:
                continue
            assert "NaN" not in data.split()
        # Text in a picture has a colour of the theme, but for numbers upon the colours of the matrix.
        fills = [re.search(r"fill: ([^;]+)", a["style"])[1] for a in page.all("text")]
        assert sum(fill != "var(--ink)" for fill in fills) <= 12 * 12
        assert not [a for a in page.all("svg") if "width" in a or "height" in a]


class TestHostileNames:
    def test_they_are_text_wherever_they_stand(self, pages):
        page = pages["hostile"]
        places = {where[-1] for where, data in page.texts if "<script>" in data}
        assert places >= {"title", "h1", "pre", "th", "text"}
        assert "script" not in {tag for tag, _ in page.elements}
        assert page.source.count("<script") == 0
        (title,) = [data for where, data in page.texts if where[-1:] == ("title",) and "head" in where]
        assert title == f"</title>{HOSTILE}"

    def test_control_characters_are_shown_as_such(self, pages):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e\ud800]", pages["hostile"].source)
        assert "a\ufffdb c\ufffd" in pages["hostile"].text

    def test_pictures_have_them_as_they_are(self, pages):
        assert {"<script>$1^$", 'b" onload="…'} <= set(pages["hostile"].drawn["confusion"])


class TestNumbers:
    @pytest.mark.parametrize("name", NAMES)
    def test_figures_are_those_of_scikit_learn(self, name, cases, pages):
        clf, X, y, _ = cases[name]
        page, predicted, p = pages[name], clf.predict(X), clf.predict_proba(X).astype(float)
        assert page.tile("accuracy|all labels right") == f"{accuracy_score(y, predicted):.2%}"
        assert page.tile("macro F1") == f"{f1_score(y, predicted, average='macro', zero_division=0):.4f}"
        if y.ndim == 1:
            cost = log_loss(y, p / p.sum(axis=1, keepdims=True), labels=clf.classes_)
            wrong = int(np.sum(y != predicted))
        else:
            cost = -np.where(y == 1, np.log(p), np.log1p(-p)).sum(axis=1).mean()
            wrong = int(np.sum(np.any(y != predicted, axis=1)))
        assert float(page.tile("log-loss")) == pytest.approx(cost, abs=1.5e-4)
        assert page.tile("wrong rows") == f"{wrong:,} of {len(y):,}"
        assert page.tile("inputs") == f"{X.shape[1]:,}"
        assert f"{clf.theta_.size:,} parameters" in page.text

    def test_each_class_has_its_row(self, cases, pages):
        clf, X, y, _ = cases["digits"]
        found = pages["digits"].rows("Each class")
        true = np.stack(precision_recall_fscore_support(y, clf.predict(X), zero_division=0), axis=1)
        assert [row[0] for row in found] == [str(c) for c in clf.classes_]
        np.testing.assert_allclose(np.array(found)[:, 1:].astype(float), true, atol=0.0005)

    def test_the_numbers_of_the_confusion_matrix(self, cases, pages):
        clf, X, y, _ = cases["digits"]
        matrix = np.zeros((10, 10), int)
        np.add.at(matrix, (y, clf.predict(X)), 1)
        shown = [int(text) for text in pages["digits"].drawn["confusion"] if text.isdigit()]
        assert len(shown) == 100 + 10 + 10  # cells, row by row, and the classes of both sides
        assert matrix.ravel().tolist() in [shown[i : i + 100] for i in range(21)]
        for true, predicted, n, share in pages["digits"].rows("Most often confused"):
            assert int(n) == matrix[int(true), int(predicted)]
            assert share == f"{int(n) / np.sum(y == int(true)):.1%}"

    def test_the_worst_errors_are_the_rows_with_the_least_probability_of_the_truth(self, cases, pages):
        clf, X, y, _ = cases["digits"]
        p = clf.predict_proba(X)[np.arange(len(y)), y]
        wrong = np.flatnonzero(clf.predict(X) != y)
        worst = wrong[np.argsort(p[wrong])][:12]
        images = pages["digits"].all("img")
        assert [int(re.match(r"row (\d+)", a["alt"])[1]) for a in images] == worst.tolist()
        assert images[0]["alt"] == f"row {worst[0]}: true {y[worst[0]]}, predicted {clf.predict(X)[worst[0]]}"
        pixels = imread(io.BytesIO(b64decode(images[0]["src"].split(",")[1])))
        assert pixels.shape[:2] == (8, 8)
        assert np.corrcoef(pixels[..., 0].ravel(), X[worst[0]])[0, 1] < -0.99  # dark where numbers are great

    def test_the_worst_errors_of_a_table_are_its_values(self, cases, pages):
        clf, X, y, _ = cases["hostile"]
        rows = pages["hostile"].rows("The 4 values of each row")
        assert rows
        for row in rows:  # the columns that matter most come first
            found, expected = (sorted(values) for values in (map(float, row[4:]), X.iloc[int(row[0])]))
            assert found == pytest.approx(expected, rel=1e-3)
            assert clf.predict(X.iloc[[int(row[0])]])[0] != y[int(row[0])]

    def test_the_figures_beside_what_needs_no_inputs(self, cases, pages):
        for name in ("digits", "hostile", "two classes", "50 classes"):
            clf, X, y, _ = cases[name]
            page, p, predicted = pages[name], clf.predict_proba(X), clf.predict(X)
            shares = np.array([np.mean(y == c) for c in clf.classes_])
            assert page.tile("most common class") == f"{shares.max():.2%}"
            assert page.tile("balanced accuracy") == f"{balanced_accuracy_score(y, predicted):.2%}"
            assert page.tile("log-loss of class shares") == f"{log_loss(y, np.tile(shares, (len(y), 1))):.4f}"
            auc = roc_auc_score(y, p[:, 1] if len(shares) == 2 else p, multi_class="ovr")
            assert page.tile("ROC AUC") == f"{auc:.4f}"

    def test_thresholds(self, cases, pages):
        clf, X, y, _ = cases["two classes"]
        p = clf.predict_proba(X)[:, 1]
        rows = pages["two classes"].rows("Class True at each threshold")
        assert len(rows) == 11
        for threshold, share, *scores in rows:
            said = p >= float(threshold)
            assert share == f"{said.mean():.1%}"
            assert scores[:2] == [f"{score(y, said):.3f}" for score in (precision_score, recall_score)]
            assert scores[2:] == [f"{f1_score(y, said):.3f}", f"{accuracy_score(y, said):.2%}"]
        assert {"roc", "precision-recall"} <= set(pages["two classes"].drawn)
        assert "roc" not in pages["digits"].drawn

    def test_it_says_whether_the_rows_were_trained_on(self, cases, pages):
        clf, X, y, _ = cases["two classes"]
        assert f"On the {len(y)} rows of this report, which it was trained on." in pages["two classes"].text
        other = Page(html_report(clf, X[::2], y[::2]))
        assert f"On the {len(y[::2])} rows of this report, which it was not trained on." in other.text
        assert other.tile("on training rows") == f"{clf.history_.summary.score:.2%}"

    def test_a_cost_that_is_the_log_loss_is_not_told_again(self, pages):
        for name in ("digits", "hostile", "two classes", "50 classes", "multilabel"):
            assert "The mean cost of these rows" not in pages[name].text

    @pytest.mark.parametrize(
        ("parameters", "factor", "why"),
        [
            ({"cost": "quadratic", "output_activation": "softmax"}, 1, "it is Quadratic, which is another function"),
            ({"cost": "cross_entropy", "output_activation": "sigmoid"}, 1, "it is the cross-entropy of all outputs"),
            ({"class_weight": {0: 9.0, 1: 1.0, 2: 1.0}}, 1, "it counts rows by class_weight"),
            ({}, 1e6, "probabilities that are bounded away from 0"),  # their logarithms end at -5667
        ],
    )
    def test_a_cost_that_is_not_the_log_loss_is_told_with_the_reason(self, iris, fitted, parameters, factor, why):
        X, y = iris
        clf = fitted(X, y, hidden_layer_sizes=(), max_iter=3, **parameters)
        clf.theta_ = factor * clf.theta_
        page = Page(html_report(clf, X, y))
        assert why in page.text and page.text.count("The mean cost of these rows is") == 1
        assert f"{diagnose(clf, X, y).cost:.4f} and not their log-loss" in page.text

    def test_columns_that_matter(self, pages):
        assert {"importance", "dependence-0"} <= set(pages["hostile"].drawn)
        assert "importance" not in pages["digits"].drawn  # pixels

    def test_columns_that_do_nothing_are_counted_and_not_drawn(self, fitted):
        X = np.random.default_rng(0).standard_normal((300, 12))
        y = (X[:, 3] > 0).astype(int)
        clf = fitted(X, y, hidden_layer_sizes=(), learning_rate_init=0.01, max_iter=60)
        W = clf.theta_[:12].copy()
        clf.theta_[:12] = np.where(np.arange(12) == 3, W, 0)  # of all columns one alone is asked
        page = Page(html_report(clf, X, y))
        assert "11 of 12 columns do nothing and are left out" in page.text
        assert {name for name in page.drawn if "dependence" in name or "importance" in name} == {
            "importance",
            "dependence-0",
        }
        assert [text for text in page.drawn["importance"] if text.startswith("input")] == ["input 3"]
        clf.theta_[:12] = 0
        page = Page(html_report(clf, X, y))
        assert "12 of 12 columns do nothing" in page.text
        assert not {"importance", "dependence-0", "calibration", "roc"} & set(page.drawn)

    def test_a_column_whose_mean_answer_stays_is_not_drawn(self, fitted):
        X = np.random.default_rng(0).choice([-1.0, 1.0], (400, 2))
        y = (X[:, 0] * X[:, 1] > 0).astype(int)  # each by itself tells nothing
        X, y = np.r_[X, X * [-1, 1]], np.r_[y, 1 - y]
        X, y = np.r_[X, X * [1, -1]], np.r_[y, 1 - y]
        clf = fitted(X, y, hidden_layer_sizes=(8,), activation="tanh", learning_rate_init=0.05, max_iter=60)
        assert clf.score(X, y) == 1
        page = Page(html_report(clf, X, y))
        assert "importance" in page.drawn and not [name for name in page.drawn if "dependence" in name]
        assert re.search("The mean answer changes by less than 0.01 with input [01], input [01]: no picture", page.text)

    def test_probabilities_that_are_all_alike_have_no_tables_and_pictures(self, fitted):
        X = np.random.default_rng(0).standard_normal((200, 5))
        y = np.arange(200) % 4 == 0
        clf = fitted(X, y, hidden_layer_sizes=(), max_iter=1)
        clf.theta_[:] = [0] * 5 + [-1.0]
        page, p = Page(html_report(clf, X, y)), 1 / (1 + np.e)
        assert f"Left out: the probability of True is {p:.3g} in all rows." in page.text
        assert f"All p are in one bin: their mean is {p:.3f}, and it was so in 25.0% of the cases." in page.text
        assert f"p(true) is {p:.2g} in all" in page.text and "<th>p(true)" not in page.source
        clf.theta_[0] = 1e-3  # nearly alike: their order can be drawn, and no threshold of a table tells them apart
        page, p = Page(html_report(clf, X, y)), clf.predict_proba(X)[:, 1]
        assert "roc" in page.drawn
        assert f"all probabilities of True are between {p.min():.4g} and {p.max():.4g}." in page.text
        assert "Class True at each threshold" not in page.source

    def test_values_of_arrays_are_those_that_matter(self, fitted):
        X = np.random.default_rng(0).standard_normal((300, 30))
        y = (X[:, 20] + 0.5 * X[:, 25] > 0).astype(int)
        clf = fitted(X, y, max_iter=60, learning_rate_init=0.01)
        page = Page(html_report(clf, X, np.where(np.arange(300) < 20, 1 - y, y)))  # some errors to show
        head = re.findall("<th[^>]*>(x[0-9]+)</th>", page.source)
        assert set(head[:2]) == {"x20", "x25"} and len(head) == 10

    def test_calibration(self, cases, pages):
        clf, X, y, _ = cases["two classes"]
        error = expected_error(clf.predict_proba(X)[:, 1], y)
        assert f"is {error:.3f} (expected calibration error)" in pages["two classes"].text
        rng = np.random.default_rng(0)
        believed = np.append(rng.random(500), 1.0)
        true = rng.random(501) < believed**3
        by_hand = 0.0
        for i in range(10):
            inside = (believed >= i / 10) & (believed < (i + 1) / 10 + (i == 9))
            by_hand += inside.mean() * abs(believed[inside].mean() - true[inside].mean())
        assert expected_error(believed, true) == pytest.approx(by_hand)

    def test_training_and_how_it_ran(self, cases, pages):
        clf = cases["digits"][0]
        page, history, given = pages["digits"], clf.history_, cases["digits"][3]
        assert page.tile("on training rows") == f"{clf.score(given['X_train'], given['y_train']):.2%}"
        assert page.tile("training rows") == f"{len(given['y_train']):,}"
        assert page.tile("epochs") == str(history.n_iter)
        assert page.tile("cost at the end") == f"{history.cost[-1]:.4g}"
        assert float(page.tile("time").split()[0]) == pytest.approx(history.seconds[-1], rel=0.06)
        assert f"The weights after epoch {history.best + 1} were kept." in page.text
        assert set(page.drawn) >= {"curve-cost", "curve-score", "curve-gradient_norm"}
        assert "curve-learning_rate" not in page.drawn  # a constant
        assert "gpunn train digits.csv\n  --seed 0" in page.text
        assert clf.to_manifest().strip() in page.text
        assert set(page.drawn) == set(pages["loaded"].drawn)


class TestWhatMakesNoSenseIsLeftOut:
    def test_confusion_of_several_labels(self, pages):
        assert "no single class to confuse" in pages["multilabel"].text
        assert "confusion" not in pages["multilabel"].drawn

    def test_matrices_too_large(self, pages):
        assert "The matrix of 120 classes is too large to look at" in pages["120 classes"].text
        assert "confusion" not in pages["120 classes"].drawn
        assert "The 50 of 120 classes with the lowest F1" in pages["120 classes"].text
        assert "class 0" in pages["50 classes"].drawn["confusion"]

    def test_a_network_without_errors(self, iris, fitted):
        X, y = iris[0][:100], iris[1][:100]
        text = Page(html_report(fitted(X, y, solver="lbfgs"), X, y)).text
        assert "None: every row is right." in text


def test_images_of_a_shape_that_is_given(digits, fitted):
    X, y = np.hstack([digits[1], digits[1][:, :8]]), digits[3]
    page = Page(html_report(fitted(X, y, max_iter=1), X, y, image_shape=(9, 8)))
    pixels = imread(io.BytesIO(b64decode(page.all("img")[0]["src"].split(",")[1])))
    assert pixels.shape[:2] == (9, 8)


def test_layers_that_were_recorded_are_drawn(digits, fitted):
    clf = fitted(digits[0], digits[2], record="layers", max_iter=3)
    drawn = Page(html_report(clf, digits[1], digits[3])).drawn
    assert {"flow-gradient_norm", "flow-saturated", "flow-update_ratio"} <= set(drawn)


def test_findings_are_those_of_the_diagnosis(digits, fitted):
    clf = fitted(digits[0] * 16, digits[2], activation="sigmoid", weight_init="gaussian", max_iter=2)
    page, found = Page(html_report(clf, digits[1] * 16, digits[3])), diagnose(clf, digits[1] * 16, digits[3])
    assert found.findings
    for finding in found.findings:
        assert finding.text in page.text
        assert finding.remedy in page.text
    for finding in found.findings:
        assert f"<h4>{finding.name.replace('_', ' ').capitalize()}" in page.source
    cells = page.rows("The layers in numbers")
    assert [row[1] for row in cells] == [f"{found.layers[0].saturated:.1%}", "none"]


def test_causes_stand_out_from_what_follows_from_them(iris, fitted):
    X = np.c_[iris[0] * [1, 1, 1, 1000], iris[0][:, 0]]
    clf = fitted(X, iris[1], activation="tanh", weight_init="gaussian", max_iter=5)
    found, page = diagnose(clf, X, iris[1]).findings, html_report(clf, X, iris[1])
    assert found[0].name == "unscaled_inputs"
    section = page[page.index("<h2>Findings") : page.index("</section>", page.index("<h2>Findings"))]
    _, *parts = re.split("<h3>(.*?)</h3>", section)
    assert parts[::2] == ["Likely cause", "What may follow from it", "Also"]
    cause, following, also = (re.findall('class="(.*?)"><h4>(.*?)<', part) for part in parts[1::2])

    def written(kind, wanted):
        names = [finding.name.replace("_", " ").capitalize() for finding in wanted]
        layers = ["" if finding.layer is None else f" (layer {finding.layer})" for finding in wanted]
        return [(kind, name + layer) for name, layer in zip(names, layers, strict=True)]

    follow = [f for f in found if f.follows_from == "unscaled_inputs"]
    assert "saturated_layer" in {f.name for f in follow}
    assert cause == written("finding", found[:1])
    assert following == written("finding follows", follow)
    assert also == written("finding", [f for f in found[1:] if f not in follow])
    assert "duplicate_inputs" in {f.name for f in found[1:] if f not in follow}


def test_what_is_found_about_probabilities_is_said_once(fitted):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((450, 40))
    y = (X[:, 0] + rng.standard_normal(450) > 0).astype(int)
    clf = fitted(X[:150], y[:150], learning_rate_init=0.01, max_iter=60)
    [finding] = [f for f in diagnose(clf, X[150:], y[150:]).findings if f.name == "overconfident"]
    text = Page(html_report(clf, X[150:], y[150:])).text
    assert text.count(finding.text) == text.count(finding.remedy) == 1


def test_what_it_refuses(cases):
    clf, X, y, _ = cases["digits"]
    with pytest.raises(ValueError, match="X_train and y_train must be given together"):
        html_report(clf, X, y, X_train=X)
    with pytest.raises(ValueError, match="y has labels that are not among the classes: \\[11\\]"):
        html_report(clf, X, np.where(y == 3, 11, y))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        html_report(clf, X, y[1:])
    with pytest.raises(ValueError, match=r"shape=\(7, 9\) does not fit 64 inputs"):
        html_report(clf, X, y, image_shape=(7, 9))


def test_without_matplotlib_the_error_names_the_remedy(cases, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    clf, X, y, _ = cases["digits"]
    with pytest.raises(ImportError, match=r"html_report draws with Matplotlib.*pip install matplotlib"):
        html_report(clf, X, y)
