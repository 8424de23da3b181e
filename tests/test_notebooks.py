"""What notebooks show of a history and a diagnosis, and a history as a frame."""

from __future__ import annotations

import builtins
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from gpunn import MLPClassifier
from gpunn.insight import diagnose
from gpunn.insight.finding import Trial
from gpunn.training.history import History

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
Y = RNG.integers(0, 3, 60)
HOSTILE = '<script>alert("1")</script>&\x1b[31m'


def fitted(**parameters):
    clf = MLPClassifier(**{"hidden_layer_sizes": (6,), "max_iter": 8, "random_state": 0, **parameters})
    with pytest.warns(ConvergenceWarning):
        return clf.fit(X, Y)


class Page(HTMLParser):
    """Tags that are closed in their order, the cells of each row, and the paragraphs."""

    def __init__(self, markup):
        super().__init__()
        self.open, self.tags, self.rows, self.paragraphs, self.attributes = [], set(), [], [], set()
        self.feed(markup)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {f"{name}={value}" for name, value in attrs}
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "p":
            self.paragraphs.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        elif self.open and self.open[-1] == "p":
            self.paragraphs[-1] += data


def page(value):
    found = Page(value._repr_html_())
    assert found.tags <= {"p", "table", "thead", "tbody", "tr", "th", "td"}
    # nothing that fixes a colour: it is read in light and dark notebooks
    assert found.attributes <= {"style=text-align: right", "scope=col", "scope=row"}
    return found


def test_a_history_shows_its_last_entries_and_its_end():
    history = fitted(early_stopping=True).history_
    found = page(history)
    head, *rows = found.rows
    assert head == [
        "epoch", "cost", "validation_cost", "validation_score", "learning_rate", "gradient_norm", "seconds",
    ]  # fmt: skip
    assert [row[0] for row in rows] == ["4", "5", "6", "7", "8"]
    assert [row[1] for row in rows] == [f"{cost:.4g}" for cost in history.cost[-5:]]
    assert "ended by the limit on epochs or iterations, after 8 epochs." in found.paragraphs[0]
    assert f"after epoch {history.best + 1} were kept" in found.paragraphs[0]


def test_an_empty_history_shows_no_table():
    assert page(History()).paragraphs == ["Training has not ended, after 0 iterations."]


def test_texts_of_a_history_are_escaped():
    history = replace(fitted().history_, stopped=HOSTILE, notes=[HOSTILE], divergence=HOSTILE)
    found = page(history)
    shown = HOSTILE.replace("\x1b", "\\u001b")
    assert found.paragraphs[1:] == [shown, shown] and shown in found.paragraphs[0]


def test_a_diagnosis_shows_what_its_text_says():
    # z of hundreds: the first layer is saturated
    diagnosis = diagnose(fitted(activation="logistic"), 1e3 * X, Y)
    found = page(diagnosis)
    text = " ".join(str(diagnosis).split())
    assert diagnosis.findings
    assert all(" ".join(paragraph.split()) in text for paragraph in found.paragraphs)
    for finding in diagnosis.findings:
        origin = (
            "" if finding.follows_from is None else f" It may follow from: {finding.follows_from}.".replace("_", " ")
        )
        said = f"{finding.name.replace('_', ' ').capitalize()}: {finding.text}{origin}"
        assert said in found.paragraphs and f"-> {finding.remedy}" in found.paragraphs
    assert len(found.rows) == 1 + len(diagnosis.layers)
    assert all(cell in text for row in found.rows for cell in row)


def test_names_in_a_diagnosis_are_escaped():
    diagnosis = diagnose(fitted(), X, Y)
    layer = replace(diagnosis.layers[0], activation=HOSTILE)
    finding = replace(
        (diagnosis.findings or diagnose(fitted(activation="logistic"), 1e3 * X, Y).findings)[0], text=HOSTILE
    )
    found = page(replace(diagnosis, layers=[layer, *diagnosis.layers[1:]], findings=[finding]))
    shown = HOSTILE.replace("\x1b", "\\u001b")
    assert f"{finding.title.capitalize()}: {shown}" in found.paragraphs and shown in found.rows[1][0]


def test_a_remedy_that_was_tried_is_shown():
    diagnosis = diagnose(fitted(activation="logistic"), 1e3 * X, Y)
    trial = Trial({"alpha": 0.1}, 1.0, 0.5)
    found = page(replace(diagnosis, findings=[replace(diagnosis.findings[0], trial=trial)]))
    assert found.paragraphs[-1] == str(trial)


def test_a_diagnosis_without_findings_says_so():
    diagnosis = replace(diagnose(fitted(), X, Y), findings=[])
    assert page(diagnosis).paragraphs[-1].startswith("No findings")


@pytest.mark.parametrize(("solver", "unit"), [("adam", "epoch"), ("lbfgs", "iteration")])
def test_a_history_as_a_frame(solver, unit):
    history = fitted(solver=solver).history_
    frame = history.to_frame()
    assert frame.index.name == unit and frame.index.tolist() == list(range(1, history.n_iter + 1))
    assert list(frame) == ["cost", "learning_rate", "gradient_norm", "seconds"]
    for name in frame:
        assert frame[name].tolist() == getattr(history, name)


def test_scores_have_columns_where_there_are_some():
    frame = fitted(early_stopping=True, record="score").history_.to_frame()
    assert {"validation_cost", "validation_score", "score"} <= set(frame)


def test_without_pandas_the_remedy_is_named(monkeypatch):
    def without_pandas(name, *arguments, real=builtins.__import__, **more):
        if name == "pandas":
            raise ModuleNotFoundError("No module named 'pandas'", name="pandas")
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without_pandas)
    with pytest.raises(ModuleNotFoundError, match="pip install pandas"):
        History(cost=[1.0]).to_frame()
