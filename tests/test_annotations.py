"""A user's script is checked by mypy --strict, with all that the documents allow."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
from typing import Any

import numpy as np

import gpunn
from gpunn import DivergenceWarning, GradientError, HiddenLayer, MLPClassifier, check_gradients, get_device, load
from gpunn.data import read_table, split_target
from gpunn.features import Features, FeatureWarning, Spellings
from gpunn.insight import CompareDisplay, Finding, TrainingCurveDisplay, compare, diagnose, html_report
from gpunn.nn.activations import Elementwise, PReLU, Sigmoid
from gpunn.nn.costs import Cost, CrossEntropy
from gpunn.nn.heads import Head, SigmoidCrossEntropy
from gpunn.nn.initialisers import scaled_gaussian
from gpunn.optim.directions import BFGS
from gpunn.optim.first_order import Adam, FirstOrder, NoState
from gpunn.optim.schedules import Cosine
from gpunn.training.history import History

X, y = np.zeros((4, 2)), ["a", "b", "a", "b"]


class Step(FirstOrder):
    def init(self, xp: Any, theta: Any) -> NoState:
        return NoState()

    def update(self, xp: Any, theta: Any, g: Any, state: Any, lr: Any) -> None:
        theta -= lr * g


def stop(history: History) -> bool:
    return history.cost[-1] < 0.1 and history.gradient_norm[-1] < 1


clf = MLPClassifier(hidden_layer_sizes=(64, 32), activation="tanh", random_state=0, callback=stop)
MLPClassifier(hidden_layer_sizes=[10], activation=Sigmoid(), solver=Adam(), learning_rate=Cosine(10))
MLPClassifier((10,), ["relu", PReLU()], solver=BFGS(), cost=CrossEntropy(), output_activation=Sigmoid())
MLPClassifier(10, solver=Step(), cost=SigmoidCrossEntropy(), weight_init=scaled_gaussian, dropout=[0.5], scoring="f1")
MLPClassifier(random_state=np.random.RandomState(0), class_weight={"a": 2.0}, threshold=[0.5, 0.2], batch_size="auto")
MLPClassifier(record=["layers", "score"], features={"zip": "text"}, min_frequency=0.1, max_norm=2, device="auto")
clf.fit(X, y, X_val=X, y_val=y).partial_fit(X, y)
p: np.ndarray[Any, Any] = clf.predict_proba(X)
costs: list[float] = clf.history_.cost
why: str = clf.history_.stopped
clf.save("m.gpunn")
clf.to_numpy("m.py")
clf.to_onnx("m.onnx", input_dtype="float32")
again: MLPClassifier = load("m.gpunn", device="cpu")
print(again.score(X, y), again.n_iter_, again.loss_curve_, again.theta_, again.coefs_[0].shape, again.network_.sizes)
rows, labels = split_target(read_table("t.csv", columns_as_text=["zip"]), "y")
features = Features.learn(rows, {"zip": "text"}, spellings=Spellings(missing=("n.d.",)))
print(features.transform(rows), features.names_out, gpunn.__version__)
found: list[Finding] = diagnose(clf, X, y).findings
page: str = html_report(clf, X, y)
p_value: float | None = compare({"a": clf, "b": again}, X, y).pair("a", "b").p_value
CompareDisplay.from_estimators([clf, again], X, y).plot()
TrainingCurveDisplay.from_estimator(clf).plot()
hidden = HiddenLayer(clf, layer=0).fit(X, y).transform(X)
facts: dict[str, str] = get_device("cpu").describe()
error: float = check_gradients(Sigmoid())
warnings: list[type[Warning]] = [DivergenceWarning, FeatureWarning]
kinds: list[type[object]] = [Elementwise, Cost, Head, GradientError]
MLPClassifier.from_manifest("net.yaml").to_manifest().splitlines()
"""

WRONG = {
    "gpunn.MLPClasifier()": "has no attribute",
    'gpunn.MLPClassifier(solver=3)': 'incompatible type "int"',
    "gpunn.load(3)": 'incompatible type "int"',
    "gpunn.insight.diagnos": "has no attribute",
}  # fmt: skip


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """What mypy --strict says of a script; what it knows of gpunn is kept from one script to the next."""
    folder = tmp_path_factory.mktemp("strict")
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")

    def check(script):
        (folder / "script.py").write_text(script)
        line = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=", "script.py"]
        home = os.environ | {"MYPYPATH": str(Path(__file__).parents[1])}
        return subprocess.run(line, cwd=folder, env=home, capture_output=True, text=True).stdout

    return check


def test_a_script_of_a_user_has_no_errors(strict):
    assert strict(SCRIPT) == "Success: no issues found in 1 source file\n"


def test_mistakes_are_found(strict):
    found = strict("import gpunn\nimport gpunn.insight\n\n" + "\n".join(WRONG) + "\n").splitlines()
    assert len(found) == len(WRONG) + 1
    for line, said in zip(found, WRONG.values(), strict=False):
        assert said in line
