"""The plan of the house, held against the imports that are there: they run downwards only."""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
SOURCES = sorted((HOUSE / "gpunn").rglob("*.py"))

# The rooms from the top to the bottom, each with those it may import from. A room may import from itself;
# gpunn/__init__.py, which is "" here, holds the public names and may import from all, at need by name.
MATHS = {"optim", "nn", "devices"}
SAFE = {"regular_file", "shown"}  # files and texts from elsewhere
CONFIG = {"config", "data", "training", "typing", *MATHS}  # from parameters to the objects of a training
FITTED = {"model", "sklearn_compat", *CONFIG}  # estimators, and the models that they show
PLAN = {
    "__main__": {"cli"},
    "cli": {"", "_version", "compile", "estimator", "insight", "io", "features", "manifest", *SAFE, *FITTED},
    "skl2onnx": {"", "_version", "estimator", "io"},
    "estimator": {"_version", "caller", "io", "manifest", "features", "shown", *FITTED},
    "insight": {"cached", "compile", "features", "shown", *FITTED},  # it reads estimators, and is given them
    "testing": FITTED,
    # A model file keeps classes; for ONNX the formulas of a model are traced; a NumPy module has those of the columns.
    "io": {"_version", "caller", "config", "data", "features", "model", "compile", "typing", *SAFE, *MATHS},
    "model": {
        "caller",
        "config",
        "data",
        "features",
        "shown",
        "sklearn_compat",
        "training",
        "compile",
        "typing",
        "nn",
        "devices",
    },
    "manifest": {"config", "features", "optim", "nn", *SAFE},
    "config": {"data", "training", "features", "shown", "typing", *MATHS},
    "training": {"cached", "shown", "compile", "typing", *MATHS},
    "compile": {"caller", "typing", *MATHS},
    "data": {"caller", "features", "shown", "typing"},
    "features": {"cached", "caller", "shown", "typing"},
    "sklearn_compat": {"typing"},
    "optim": {"typing"},
    "nn": {"cached", "typing"},
    "devices": {"typing"},
    "regular_file": set(),
    "shown": set(),
    "typing": set(),
    "cached": set(),
    "caller": set(),
    "_version": set(),
}

# A trained network needs no estimator: of its room, these files know nothing of parameters or fitted attributes.
WITHOUT_ESTIMATOR = ("model", "predict", "validation", "origin")
OF_ESTIMATORS = ("gpunn.config.parameters", "gpunn.config.build", "gpunn.model.fitted", "gpunn.model.training_data")

MAY_IMPORT_CUPY = ("gpunn/devices/cuda.py", "gpunn/compile/cuda/graph.py")
PURE = ("nn", "optim")
PURE_MAY_IMPORT = {
    "__future__",
    "abc",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "itertools",
    "math",
    "typing",
}


# A comparison takes classifiers of other libraries too; all else says which attributes of one it may read.
TAKES_ANY_CLASSIFIER = "gpunn/insight/compare.py"

# No parameter of these names may be Any in these rooms: the type is what shows that the compiler knows it.
TYPED = ("compile", "training", "io", "model", "nn", "optim", "config")
HAVE_TYPES = {"objective", "network", "head", "method", "state", "method_state"}


def room_of(path):
    """The room a file stands in; "" for gpunn/__init__.py."""
    first = path.relative_to(HOUSE / "gpunn").parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imports(source):
    """Full names of all that a source imports, wherever in it, with "." for a relative import."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "."
            else:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "importlib.import_module",
            "import_module",
            "__import__",
        ):
            named = node.args[0]
            yield named.value if isinstance(named, ast.Constant) else "?"


def faults(path, source):
    """What a file's imports have against the plan."""
    room, where = room_of(path), path.relative_to(HOUSE)
    if room and room not in PLAN:
        yield f"{where}: the room {room!r} is not in the plan; give it a place in PLAN, tests/test_plan.py."
        return
    for name in imports(source):
        top, _, rest = name.partition(".")
        if name == "." or (name == "?" and room):
            yield f"{where}: an import that is relative, or not by a name that stands there."
        of_cupy = top == "cupy" or name.startswith("array_api_compat.cupy")
        if of_cupy and where not in map(Path, MAY_IMPORT_CUPY):
            yield f"{where}: only {' and '.join(MAY_IMPORT_CUPY)} may import cupy."
        if room in PURE and top not in PURE_MAY_IMPORT | {"gpunn"}:
            yield f"{where}: {room} is maths on the array API standard alone, and imports {name}."
        if top == "gpunn" and room:
            other = rest.split(".")[0]
            if not (HOUSE / "gpunn" / other).is_dir() and not (HOUSE / "gpunn" / f"{other}.py").is_file():
                other = ""  # a name of gpunn/__init__.py
            if other != room and other not in PLAN[room]:
                yield f"{where}: {room} may not import from {other or 'gpunn itself'} ({name})."


def untyped(source, names_with_types=HAVE_TYPES):
    """Parameters of functions and fields of classes that are Any, though their name says what they are."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg):
            name, annotation = node.arg, node.annotation
        elif isinstance(node, ast.AnnAssign):
            name, annotation = ast.unparse(node.target), node.annotation
        else:
            continue
        names = {part.id for part in ast.walk(annotation) if isinstance(part, ast.Name)} if annotation else {"Any"}
        if name in names_with_types and "Any" in names:
            yield f"line {node.lineno}: {name} is Any; name its type."


@pytest.mark.parametrize("path", [path for path in SOURCES if room_of(path) in TYPED], ids=lambda path: path.name)
def test_what_a_compiler_and_a_training_are_given_has_types(path):
    assert list(untyped(path.read_text())) == []


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if path != HOUSE / TAKES_ANY_CLASSIFIER],
    ids=lambda path: str(path.relative_to(HOUSE)),
)
def test_a_classifier_that_is_handed_on_has_its_type(path):
    assert list(untyped(path.read_text(), {"clf"})) == []


@pytest.mark.parametrize("source", [
    "def f(state: Any): pass", "def f(*, head: Any | None = None): pass", "def f(method): pass",
    "def f(network: Optional[Any]): pass", "class A:\n    objective: Any", "def f(state: tuple[Any, ...]): pass",
])  # fmt: skip
def test_a_parameter_without_its_type_is_found(source):
    assert len(list(untyped(source))) == 1


def test_parameters_of_other_names_and_types_are_let_be():
    assert list(untyped("def f(state: MethodState, X: Any, head: Head | None) -> Any: pass")) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_run_downwards_only(path):
    assert list(faults(path, path.read_text())) == []


@pytest.mark.parametrize("name", WITHOUT_ESTIMATOR)
def test_a_model_needs_no_estimator(name):
    found = [*imports((HOUSE / "gpunn" / "model" / f"{name}.py").read_text())]
    assert found
    assert [one for one in found if one.startswith(OF_ESTIMATORS)] == []


def test_the_plan_itself_runs_downwards():
    levels = list(PLAN)  # written from the top to the bottom, so that no two rooms import each other
    for room, below in PLAN.items():
        assert all(levels.index(other) > levels.index(room) for other in below - {""})


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("nn/costs.py", "import numpy as np"),
        ("nn/costs.py", "def f():\n    import scipy.special"),
        ("nn/costs.py", "from gpunn.training import data"),
        ("optim/first_order.py", "from gpunn.nn.network import Network"),
        ("optim/first_order.py", "import array_api_compat"),
        ("training/data.py", "from gpunn.estimator import MLPClassifier"),
        ("training/data.py", "from gpunn import estimator"),
        ("training/data.py", "import gpunn"),
        ("training/data.py", "from .history import History"),
        ("training/data.py", "import cupy as cp"),
        ("devices/cpu.py", "from gpunn.compile import policy"),
        ("compile/formulas.py", "from gpunn.training import minibatch"),
        ("devices/cpu.py", "import cupy.cuda"),
        ("devices/cpu.py", "import array_api_compat.cupy"),
        ("compile/cuda/plan.py", "import cupy"),
        ("devices/cpu.py", "importlib.import_module('cupy')"),
        ("devices/cpu.py", "importlib.import_module(name)"),
        ("choices.py", "from gpunn.data.labels import Labels"),
        ("choices.py", "from gpunn.devices import get_device"),
        ("labels.py", "import gpunn.nn.heads"),
        ("data/tables.py", "from gpunn.nn import costs"),
        ("attic.py", ""),
        ("attic/__init__.py", ""),
    ],
)
def test_what_the_plan_forbids_is_found(path, source):
    assert len(list(faults(HOUSE / "gpunn" / path, source))) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("nn/costs.py", "import math\nfrom typing import Any\nfrom gpunn.nn.activations import Softmax"),
        ("training/data.py", "import numpy\nfrom gpunn.nn.network import Network\nfrom gpunn import optim"),
        ("devices/cuda.py", "import cupy\nimport array_api_compat.cupy as xp"),
        ("compile/cuda/graph.py", "import cupy"),
        ("config/registry.py", "from gpunn.optim.directions import BFGS"),
        ("cli/main.py", "from gpunn import __version__\nfrom gpunn.nn.costs import COSTS"),
        ("__init__.py", "import importlib\nimportlib.import_module(name)"),
        ("__init__.py", "from gpunn.estimator import MLPClassifier"),
    ],
)
def test_what_the_plan_allows_is_let_be(path, source):
    assert list(faults(HOUSE / "gpunn" / path, source)) == []


def test_no_file_is_two_rooms():
    files = [path for name in ("gpunn", "tests", "benchmarks", "examples") for path in (HOUSE / name).rglob("*.py")]
    lengths = {str(path.relative_to(HOUSE)): len(path.read_text().splitlines()) for path in files}
    assert len(lengths) > len(SOURCES)
    assert {name: length for name, length in lengths.items() if length > 600} == {}


NOT_OPENINGS = ("Of", "What", "Whether", "How", "Where", "Which", "Those", "That", "Who", "When", "So")


def openings(source):
    """First words of docstrings, and of descriptions of parameters that begin with "Of" or "Those"."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and (text := ast.get_docstring(node)):
            yield text.split()[0], text
            lines = text.splitlines()
            for before, line in itertools.pairwise(lines):
                word, *_ = line.split() or [""]
                if re.match(r"\s*[\w, *]+ : ", before) and word in ("Of", "Those"):
                    yield word, line


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_docstring_begins_with_a_noun_or_a_verb(path):
    assert [text for word, text in openings(path.read_text()) if word in NOT_OPENINGS] == []
