"""How far the exports of a model are from the model itself, on tables with categories and missing values.

    python -m benchmarks.exports FOLDER [--write]

For each table of the folder (see `benchmarks.splits`), `MLPClassifier` is trained on a data frame, and the rows for
testing are predicted by it, by ONNX Runtime from its ONNX file, and by its NumPy module in a process that has no gpunn.
In those rows, every fifth value of a third of the columns is missing besides, and a category has a value that no row
for training had: what an application will meet.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.splits import Table, divided, read
from benchmarks.tables import arguments, heading, markdown, publish, typed
from gpunn import MLPClassifier

EPOCHS = 10
UNKNOWN = "a value that is new"

WITHOUT_GPUNN = """
import importlib.util, sys
import numpy as np
sys.modules["gpunn"] = None  # an import of it would raise
spec = importlib.util.spec_from_file_location("model", sys.argv[1])
model = importlib.util.module_from_spec(spec)
spec.loader.exec_module(model)
X = dict(np.load(sys.argv[2], allow_pickle=True))
np.savez(sys.argv[3], labels=model.predict(X), probabilities=model.predict_proba(X))
"""


def damaged(X: pd.DataFrame) -> pd.DataFrame:
    """Rows with more missing values, and with an unknown category in each column of categories."""
    X = X.copy()
    for number, name in enumerate(X.columns):
        if X[name].dtype == "category":
            X[name] = X[name].cat.add_categories(UNKNOWN)
            X.loc[X.index[number % 7 :: 50], name] = UNKNOWN
        if number % 3 == 0:
            X.loc[X.index[number % 5 :: 5], name] = None
    return X


def columns(X: pd.DataFrame, missing_text: str | None) -> dict[str, np.ndarray]:
    """Values of each column: doubles, NaN where missing, or strings, ``missing_text`` where missing."""
    return {
        name: X[name].astype(object).where(X[name].notna(), missing_text).to_numpy(object)
        if X[name].dtype == "category"
        else X[name].to_numpy(float)
        for name in X.columns
    }


def by_onnx(clf: MLPClassifier, X: pd.DataFrame, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities by ONNX Runtime."""
    import onnxruntime

    clf.to_onnx(folder / "model.onnx")
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    taken = {one.name for one in session.get_inputs()}
    values = {name: x[:, None] for name, x in columns(X, "").items() if name in taken}
    label, probabilities = session.run(["label", "probabilities"], values)
    return label, probabilities


def by_numpy(clf: MLPClassifier, X: pd.DataFrame, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities by the NumPy module, in a process of its own."""
    clf.to_numpy(folder / "model.py")
    np.savez(folder / "rows.npz", allow_pickle=True, **columns(X, None))
    paths = [str(folder / name) for name in ("model.py", "rows.npz", "found.npz")]
    subprocess.run([sys.executable, "-I", "-c", WITHOUT_GPUNN, *paths], check=True)
    with np.load(paths[-1]) as found:
        return found["labels"], found["probabilities"]


def compare(table: Table, seed: int) -> dict[str, Any]:
    """Number of rows, labels that differ, and the largest difference of a probability, for both exports."""
    train, test = divided(table.y, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few epochs are the plan, and so are unknown categories
        clf = MLPClassifier(max_iter=EPOCHS, random_state=seed).fit(table.X.iloc[train], table.y[train])
        X = damaged(table.X.iloc[test])
        labels, probabilities = clf.predict(X), clf.predict_proba(X)
    found: dict[str, Any] = {
        "rows": len(X),
        "numbers": sum(X[name].dtype != "category" for name in X.columns),
        "categories": sum(X[name].dtype == "category" for name in X.columns),
        "missing": float(X.isna().to_numpy().mean()),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, export in (("onnx", by_onnx), ("numpy", by_numpy)):
            of_export, p = export(clf, X, Path(folder))
            found[f"{name}_labels"] = int(np.count_nonzero(of_export != labels))
            found[f"{name}_probabilities"] = float(np.max(np.abs(p - probabilities)))
    return found


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("folder", type=Path, help="directory of the .npz files")
    options = parser.parse_args()
    results = {path.stem: compare(read(path), 0) for path in sorted(options.folder.glob("*.npz"))}
    if not results:
        parser.error(f"there is no .npz file in {options.folder}")
    rows = [
        [name, one["rows"], one["numbers"], one["categories"], f"{one['missing']:.0%}", one["onnx_labels"],
         f"{one['onnx_probabilities']:.1e}", one["numpy_labels"], f"{one['numpy_probabilities']:.1e}"]
        for name, one in results.items()
    ]  # fmt: skip
    head = ("table", "rows", "numbers", "categories", "missing", "ONNX: labels that differ",
            "largest difference of a probability", "NumPy: labels that differ",
            "largest difference of a probability")  # fmt: skip
    text = (
        f"{heading('Exports against the model', typed('exports'))}\n{markdown(head, rows)}\n\n"
        f"`MLPClassifier(max_iter={EPOCHS})` on data frames; predicted are the rows for testing of seed 0, with more "
        "missing values and with categories that are new."
    )
    publish(text, "exports-cpu", options.write, results)


if __name__ == "__main__":
    main()
