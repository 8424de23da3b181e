"""Classifiers to compare on tables: gpunn's and those of its peers that are installed, each with its defaults.

Parameters are set for silence, the seed, the number of threads, the CPU, and what says which columns hold categories;
a default is not stated again, since some libraries (CatBoost's automatic learning rate) tell it from its absence.
All get data frames of `benchmarks.splits`. Where a classifier takes no categories or no missing numbers, a pipeline
encodes or imputes them, learned from the training rows.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier as SklearnMLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

import gpunn

NUMBERS = make_column_selector(dtype_include=np.number)
CATEGORIES = make_column_selector(dtype_include="category")
MISSING = "missing"  # CatBoost takes no missing category


@dataclass(frozen=True)
class Classifier:
    """An unfitted classifier of a library.

    Attributes
    ----------
    modules : tuple of str
        Those that are needed and whose versions matter, the library first.
    given : str
        How it is given categories and missing numbers, for people.
    make : callable
        The classifier from a frame with the columns it is to take, the seed and the number of threads.
    optional : tuple of str, default=()
        Modules that need not be installed, but whose versions matter.
    """

    modules: tuple[str, ...]
    given: str
    make: Callable[[pd.DataFrame, int, int], Any]
    optional: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """Needed modules that are not installed."""
        return [module for module in self.modules if importlib.util.find_spec(module) is None]

    def versions(self) -> dict[str, str]:
        """Version of each library by the name of its distribution; of gpunn also a digest of its source."""
        distributions = installed()
        found = {}
        for module in (*self.modules, *self.optional):
            if module == "gpunn":
                found[module] = f"{gpunn.__version__}, source {source_digest()}"
            elif module in distributions:
                name = distributions[module][0]  # of xgboost perhaps xgboost-cpu
                found[name] = version(name)
        return found


@functools.cache
def installed() -> Mapping[str, list[str]]:
    """Names of distributions by the modules that they install."""
    return packages_distributions()


@functools.cache
def source_digest() -> str:
    """Digest of gpunn's source: results of a changed one are results of another classifier.

    Comments, docstrings and layout do not count.
    """
    root = Path(gpunn.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            text = path.read_bytes()
            code = without_docstrings(text.decode()).encode() if path.suffix == ".py" else text
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + code)
    return digest.hexdigest()[:8]


def without_docstrings(source: str) -> str:
    """Dump of the syntax tree of a module, without its docstrings; it depends on the minor version of Python."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            del node.body[0]
    return ast.dump(tree)


def one_hot(numbers: Any) -> ColumnTransformer:
    """Numbers as the transformer gives them, and a column for each category, a missing one among them."""
    categories = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer([("numbers", numbers, NUMBERS), ("categories", categories, CATEGORIES)])


def imputed() -> ColumnTransformer:
    """The frame, the mean of a column for its missing numbers."""
    columns = ColumnTransformer(
        [("numbers", SimpleImputer(), NUMBERS)], remainder="passthrough", verbose_feature_names_out=False
    )
    return columns.set_output(transform="pandas")


def strings(X: pd.DataFrame) -> pd.DataFrame:
    """The frame, its categories as strings."""
    return X.assign(**{name: X[name].astype(object).fillna(MISSING) for name in CATEGORIES(X)})


def gpunn_mlp(X: pd.DataFrame, seed: int, threads: int) -> Any:
    return gpunn.MLPClassifier(random_state=seed)


def gpunn_tabular(kind: Any, preset: str) -> Callable[[pd.DataFrame, int, int], Any]:
    return lambda X, seed, threads: kind(preset=preset, random_state=seed)


def sklearn_mlp(X: pd.DataFrame, seed: int, threads: int) -> Any:
    columns = one_hot(make_pipeline(SimpleImputer(), StandardScaler()))
    return make_pipeline(columns, SklearnMLPClassifier(random_state=seed))


def random_forest(X: pd.DataFrame, seed: int, threads: int) -> Any:
    return make_pipeline(one_hot("passthrough"), RandomForestClassifier(random_state=seed, n_jobs=threads))


def hist_gradient_boosting(X: pd.DataFrame, seed: int, threads: int) -> Any:
    return HistGradientBoostingClassifier(random_state=seed)  # threads are those of OpenMP


def lightgbm(X: pd.DataFrame, seed: int, threads: int) -> Any:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(random_state=seed, n_jobs=threads, verbose=-1)


def xgboost(X: pd.DataFrame, seed: int, threads: int) -> Any:
    from xgboost import XGBClassifier

    return XGBClassifier(random_state=seed, n_jobs=threads, verbosity=0, enable_categorical=True)


def catboost(X: pd.DataFrame, seed: int, threads: int) -> Any:
    from catboost import CatBoostClassifier

    clf = CatBoostClassifier(
        random_seed=seed, thread_count=threads, verbose=False, allow_writing_files=False, cat_features=CATEGORIES(X)
    )
    return make_pipeline(FunctionTransformer(strings), clf)


def pytabkit(name: str) -> Callable[[pd.DataFrame, int, int], Any]:
    def make(X: pd.DataFrame, seed: int, threads: int) -> Any:
        import pytabkit
        import torch

        torch.manual_seed(seed)  # weights of TabM are drawn from the global generator
        return make_pipeline(imputed(), getattr(pytabkit, name)(random_state=seed, n_threads=threads, device="cpu"))

    return make


COMPILER = ("llvmlite",)  # times and the last bits depend on it
FRAME = "categories as dtype category, missing values as they are"
ONE_HOT = "categories one-hot"
IMPUTED = "categories as dtype category, missing numbers imputed by the mean"
OURS = ("gpunn", "numpy")
PYTABKIT = ("pytabkit", "torch")

CLASSIFIERS = {
    "gpunn MLPClassifier": Classifier(OURS, FRAME, gpunn_mlp, COMPILER),
    "scikit-learn MLP": Classifier(
        ("sklearn", "numpy"), f"{ONE_HOT}, missing numbers imputed by the mean, numbers standardised", sklearn_mlp
    ),
    "random forest": Classifier(("sklearn",), f"{ONE_HOT}, missing numbers as they are", random_forest),
    "HistGradientBoosting": Classifier(("sklearn",), FRAME, hist_gradient_boosting),
    "LightGBM": Classifier(("lightgbm",), FRAME, lightgbm),
    "XGBoost": Classifier(("xgboost",), FRAME, xgboost),
    "CatBoost": Classifier(("catboost",), "categories as strings, missing numbers as they are", catboost),
    "RealMLP-TD": Classifier(PYTABKIT, IMPUTED, pytabkit("RealMLP_TD_Classifier")),
    "TabM-D": Classifier(PYTABKIT, IMPUTED, pytabkit("TabM_D_Classifier")),
}
TABULAR = getattr(gpunn, "TabularClassifier", None)  # not in every version
if TABULAR is not None:
    CLASSIFIERS |= {
        f"gpunn TabularClassifier, {preset}": Classifier(OURS, FRAME, gpunn_tabular(TABULAR, preset), COMPILER)
        for preset in ("fast", "best")
    }
