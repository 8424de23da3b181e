"""A trained model as a short Python module that needs NumPy alone.

`numpy_render` writes the formulas of activations and heads as functions, and the functions of `numpy_columns` are
copied. Calls of these, matrix products and labels are no formulas over a row: they are written here, and tests compare
every head and kind of column with `gpunn.MLPClassifier`.
"""

from __future__ import annotations

import base64
import hashlib
import inspect
import io
import math
import os
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from gpunn._version import __version__
from gpunn.config.constraints import check_threshold
from gpunn.data.labels import Labels
from gpunn.io import numpy_columns
from gpunn.io.atomic import check_place, write_whole
from gpunn.io.model_file import tensors_of
from gpunn.io.numpy_render import function
from gpunn.model.model import Model
from gpunn.model.origin import on_host
from gpunn.nn.activations import ACTIVATIONS, Activation
from gpunn.nn.heads import Head
from gpunn.nn.layer_norm import LayerNorm
from gpunn.nn.network import Network
from gpunn.nn.probabilities import SYMMETRIC, floor, of_row

MAX_INSIDE = 2**20  # bytes of weights that stand in the module; more of them are kept in a file beside it
WIDTH = 116
OPEN = "NAME"  # of a function that has none yet
SHADOWED = {"numpy", *sys.stdlib_module_names}  # a module of this name could not import these, nor its neighbours
UNCHANGED = '"""\n    return z\n'  # ends a function that gives what it takes

CALLS = {  # by the kind of a column: the function that encodes it
    **dict.fromkeys(("numbers", "dates", "times of day", "durations"), "number"),
    "nothing": "ignored",
    "booleans": "boolean",
    "text": "category",
}
MISSING = "NaN or None stands for a missing value."
UNITS = {  # what is said of the values of a kind, where it is not plain
    "numbers": "",
    "dates": "Dates are seconds since 1970, in UTC where there is a time zone, or of NumPy's datetime64.",
    "times of day": "Times of day are seconds since midnight.",
    "durations": "Durations are seconds, or of NumPy's timedelta64.",
    "nothing": "Columns that are `ignored` had no value in training.",
    "booleans": "Booleans may also be 1 and 0.",
    "text": "Categories are strings, spelled as in training; a category that was an integer is written like '7'.",
}


def write(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model as a Python module, whole or not at all.

    Functions of the module are ``predict_proba(X)``, float64 (n, n_classes), and ``predict(X)``, (n,) or, for
    multilabel problems, (n, n_classes) of 0 and 1, by ``threshold`` where it is given. The arithmetic of the layers is
    of the dtype of the parameters and that of the head float64, as in gpunn.

    X is an array (n, d); or, of a model of frames, the values (n,) of each column
    by its name: a dict or a frame. NaN in an array and infinite numbers raise ValueError.

    Up to `MAX_INSIDE` bytes of weights stand in the module, as base64. More are written to a file of the same name that
    ends in .npz, which must stay beside it.

    Parameters
    ----------
    model : Model
    path : str or path-like
        Ends in .py.

    Raises
    ------
    ValueError
        If the path does not end in .py, the model knows one class only, the formula of an activation or a head cannot
        be traced, or the classes are neither numbers, bools nor text.
    OSError
        As `write_whole` does.
    """
    path = Path(path)
    if path.suffix != ".py":
        raise ValueError(f"path={os.fspath(path)!r} is not the name of a Python module; let it end in .py.")
    if path.stem in SHADOWED:
        raise ValueError(
            f"path={os.fspath(path)!r} has the name of the module {path.stem!r}, which programs in that folder could "
            "no longer import. Choose another name."
        )
    labels, network, threshold = model.labels, model.network, model.threshold
    if len(labels.classes) < 2:
        raise ValueError(f"the model knows only one class, {labels.classes.tolist()}: there is nothing to keep.")
    check_threshold(threshold, len(labels.classes), labels.multilabel)
    theta = on_host(model.theta)
    features = model.schema.features
    arrays = _arrays(network, theta)
    helpers, calls = _layers(network, theta.dtype)
    kept, beside = _weights(arrays, path)
    classes = _filled("CLASSES = np.array([", map(repr, _classes(labels)), f"], dtype={_dtype(labels)})")
    outputs, decision = _head(model.head, network.sizes[-1], labels, threshold)
    if model.has_members:  # the mean of whose probabilities decides
        decision = ""
    scores = "decision(z)" if decision else "z"
    head_functions = [outputs, *([decision] if decision else [])]
    functions = [
        _predictions(model, scores),
        _logits(network, calls, theta.shape[:-1]),
        _inputs(network.n_columns, theta.dtype) if features is None else _encoding(features, theta.dtype),
        *([_embedded(network, theta.shape[:-1], theta.dtype)] if network.embeddings else []),
        *helpers,
        *head_functions,
        *([] if features is None else _column_functions(features)),
    ]
    parts = [f"{_heading(model, beside is not None)}\n\n{classes}", *functions, kept]
    text = "\n\n\n".join(part.strip("\n") for part in parts) + "\n"
    check_place(path)
    if beside is not None:
        write_whole(path.with_suffix(".npz"), beside)
    write_whole(path, text.encode())


def _heading(model: Model, beside: bool) -> str:
    n, features = len(model.labels.classes), model.schema.features
    about = f"X is an array (n, {model.network.n_columns}) of finite numbers."
    if features is not None:
        about = (
            "X maps the name of each column to its n values: a dict of lists or arrays, or a data frame. `inputs` has "
            "the names and kinds of the columns."
        )
    label = f"0 and 1 (n, {n}), 1 for each class that a row has" if model.labels.multilabel else "classes (n,)"
    where = f" and the file of the same name that ends in .npz, of {model.theta.size:,} parameters" if beside else ""
    first = f"Predictions of a network that gpunn {__version__} trained. They need NumPy{where or ' alone'}."
    lines = [
        *textwrap.wrap(first, WIDTH), "", f"predict_proba(X) gives probabilities (n, {n}) of CLASSES; predict(X) gives "
        f"{label}.", *textwrap.wrap(about, WIDTH),
    ]  # fmt: skip
    imports = ["base64"] if not beside else ["hashlib", "io"]
    modules = [f"import {name}" for name in imports]
    typing = [*(["from pathlib import Path"] if beside else []), *(["from typing import Any"] if features else [])]
    return "\n".join([
        '"""' + lines[0], *lines[1:], '"""', "", "from __future__ import annotations", "", *modules, *typing, "",
        "import numpy as np",
    ])  # fmt: skip


def _inputs(n_in: int, dtype: Any) -> str:
    return f'''
def inputs(X):
    """The rows of X as {dtype} (n, {n_in})."""
    X = np.asarray(X, dtype=np.{dtype})
    if X.ndim != 2 or X.shape[1] != {n_in}:
        raise ValueError(f"X has shape {{X.shape}}; give (n, {n_in}).")
    if not np.isfinite(X).all():
        raise ValueError("X has NaN or infinite numbers. Correct them.")
    return X
'''


def _encoding(features: Any, dtype: Any) -> str:
    said = [UNITS[kind] for kind in UNITS if any(column.kind == kind for column in features.columns)]
    about = " ".join([MISSING, *filter(None, said)])
    return "\n".join([
        "def inputs(X):", f'    """The columns of X as {dtype} (n, {features.n_out}).', "",
        *(f"    {line}" for line in textwrap.wrap(about, WIDTH - 4)), '    """', "    columns = [",
        *(f"        {line}" for column in features.columns for line in _call(column, features.spellings)), "    ]",
        f"    encoded = np.concatenate(columns, axis=1).astype(np.{dtype})",
        "    if not np.isfinite(encoded).all():",
        f'        raise ValueError("X has numbers that are too far from those of training for {dtype}. Correct them.")',
        "    return encoded", "",
    ])  # fmt: skip


def _call(column: Any, spellings: Any) -> list[str]:
    """The lines of the call that encodes a column."""
    call = _function_of(column)
    start, missing = f"{call}(X, {column.name!r}", ", missing=True" if column.missing else ""
    if call == "ignored":
        return [f"{start}),"]
    if call == "boolean":
        return [f"{start}, {tuple(category == 'true' for category in column.categories)}{missing}),"]
    if call in ("category", "code"):
        rare = ", rare=True" if column.n_joined else ""
        return _filled(f"{start}, [", map(repr, column.categories), f"]{rare}{missing}),").split("\n")
    numbers = tuple(spellings.missing_numbers) if column.kind == "numbers" else ()
    missing_values = f", missing_values={numbers}" if numbers else ""
    kind = "" if column.kind == "numbers" else f"  # {column.kind}"
    if call == "robust":
        encoding = column.encoding
        statistics, options = f"{start}, median={encoding.median!r}, scale={encoding.scale!r}", missing + missing_values
        if not encoding.edges:
            return [f"{statistics}{options}),{kind}"]
        lines = _filled(f"{statistics}, edges=(", map(repr, encoding.edges), f"){options}),").split("\n")
        return [*lines[:-1], f"{lines[-1]}{kind}"]
    return [f"{start}, mean={column.mean!r}, scale={column.scale!r}{missing}{missing_values}),{kind}"]


def _function_of(column: Any) -> str:
    """The name of the function that encodes a column."""
    call = CALLS[column.kind]
    if call == "category" and column.embedded:
        return "code"
    return "robust" if call == "number" and column.encoding is not None else call


def _column_functions(features: Any) -> list[str]:
    used = {_function_of(column) for column in features.columns}
    floats = ["floats"] if used & {"number", "robust", "boolean"} else []
    needed = ["column", *floats, *sorted(used), *(["robust_outputs"] if "robust" in used else [])]
    return [inspect.getsource(getattr(numpy_columns, name)) for name in needed]


def _layers(network: Network, dtype: Any) -> tuple[list[str], list[str]]:
    """The functions of the activations, and for each layer what is done with its weighted inputs {z}."""
    functions: dict[str, str] = {}  # the name of each source, in which it is left open
    calls = []
    for number, layer in enumerate(network.layers, 1):
        activation, learned = layer.activation, tuple(layer.learned)
        kind, normalised = type(activation.without_norm).__name__, isinstance(activation, LayerNorm)
        what = "after layer normalisation of" if normalised else "of"
        doc = f"The activation {kind} {what} weighted inputs z (n, k).{_formula(activation)}"
        constants = _constants_of_norm(dtype) if normalised else None
        open_source = function(OPEN, doc, activation, activation.forward, dtype, learned, constants)
        if open_source.endswith(UNCHANGED):
            calls.append("{z}")
            continue
        stem = "".join(c if c.isalnum() else "_" for c in kind.lower()) + ("_after_norm" if normalised else "")
        name = functions.setdefault(open_source, f"{stem}_{number}")
        calls.append(f"{name}({', '.join(['{z}', *(f'{array}{number}' for array in learned)])})")
    return [source.replace(OPEN, name, 1) for source, name in functions.items()], calls


def _formula(activation: Activation) -> str:
    """Formulas and sources of an activation of gpunn, the first paragraphs of docstrings; "" for a custom one."""
    kinds: list[type[Activation]] = [LayerNorm] if isinstance(activation, LayerNorm) else []
    kinds += [kind for kind in (type(activation.without_norm),) if kind in ACTIVATIONS.values()]
    paragraphs = [inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0] for kind in kinds]
    if not paragraphs:
        return ""
    lines = "\n\nHere f(z), of y in place of z, is\n\n".join(paragraphs).split("\n")
    return "\n".join(["", "", *(f"    {line}".rstrip() for line in lines), "    "])


def _constants_of_norm(dtype: Any) -> dict[float, tuple[str, str]]:
    """Name and comment of the numbers in layer normalisation."""
    return {
        LayerNorm.epsilon: ("epsilon", "keeps the square root from 0"),
        float(np.finfo(dtype).smallest_normal): ("smallest", "the smallest normal number"),
    }


def _arrays(network: Network, theta: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of each layer, with the axis of members first; those that are added to rows have an axis for these."""
    if theta.ndim == 1:
        return tensors_of(network, theta)
    members = [tensors_of(network, own) for own in theta]
    stacked = {name: np.stack([arrays[name] for arrays in members]) for name in members[0]}
    return {name: array if array.ndim == 3 else array[:, None, :] for name, array in stacked.items()}


def _logits(network: Network, calls: list[str], members: tuple[int, ...]) -> str:
    before = "".join(f"{m}, " for m in members)
    shape = f"({before}n, {network.sizes[-1]})"
    lines = ["def logits(X):", f'    """Weighted inputs {shape} of the output, as float64."""']
    lines.append("    h = embedded(inputs(X))" if network.embeddings else "    h = inputs(X)")
    for number, (layer, call) in enumerate(zip(network.layers, calls, strict=True), 1):
        lines.append(f"    h = {call.format(z=f'h @ W{number} + b{number}')}  # ({before}n, {layer.n_out})")
    return "\n".join([*lines, "    return h.astype(np.float64)"])


def _embedded(network: Network, members: tuple[int, ...], dtype: Any) -> str:
    """The function that looks codes up in the tables."""
    before = "".join(f"{m}, " for m in members)
    codes = [embedding.column for embedding in network.embeddings]
    others = np.delete(np.arange(network.n_columns), codes).tolist()
    shape = f"({before}n, {network.sizes[0]})"
    lines = [
        "def embedded(X):",
        f'    """Inputs {shape} of the first layer: columns of X, and rows of tables for those of codes."""',
        *(f"    {line}" for line in _filled("others = X[:, [", map(str, others), "]]").split("\n")),
        "    parts = [others]",
    ]  # fmt: skip
    if members:
        lines[-1] = f"    parts = [np.broadcast_to(others, ({before}*others.shape))]"
    for number, (embedding, code) in enumerate(zip(network.embeddings, codes, strict=True), 1):
        lines += [
            f"    codes = X[:, {code}].astype(np.int64)  # 0 for none",
            f"    rows = embedding{number}[..., codes - 1, :]  # ({before}n, {embedding.n_out})",
            f"    parts.append(np.where(codes[:, None] > 0, rows, np.{dtype}(0)))",
        ]
    return "\n".join([*lines, "    return np.concatenate(parts, axis=-1)"])


def _head(head: Head, n_outputs: int, labels: Labels, threshold: Any) -> tuple[str, str]:
    """The functions of logits z (n, k), k = n_outputs: outputs, and scores unless they are z or not asked for."""
    one = n_outputs == 1 and not labels.multilabel
    symmetric = one and isinstance(head.activation, SYMMETRIC)
    k, exclusive = (2 if symmetric else n_outputs), not one and not labels.multilabel
    doc = f"Outputs of logits z (n, {k}) as probabilities."
    outputs = function(
        "outputs",
        doc,
        head,
        lambda xp, z: of_row(xp, head, z, k, exclusive, branch=False),
        np.float64,
        constants=_constants(k),
    )
    if threshold is not None:
        return outputs, ""
    doc = "Scores of logits z (n, k): positive means yes, and the largest is the class."
    decision = function("decision", doc, head, head.decision, np.float64)
    return outputs, "" if decision.endswith(UNCHANGED) else decision


def _constants(k: int) -> dict[float, tuple[str, str]]:
    """Name and comment of the limits that `gpunn.nn.probabilities` sets to k probabilities in float64."""
    info = np.finfo(np.float64)
    lowest, smallest = floor(info, k), float(info.smallest_normal)
    constants = {
        lowest: ("lowest", "outputs below this one become log_lowest / log(output) times as much, and not 0"),
        math.log(lowest): ("log_lowest", "log(lowest)"),
        8 * math.log(smallest): ("log_limit", "of log(output): 8 times that of the smallest normal number"),
        float(1 - info.eps / 2): ("highest", "the largest number below 1"),
        float(info.max): ("largest", "the largest finite number"),
        smallest: ("smallest", "the smallest normal number"),
    }
    if k > 2:
        constants[1 / k] = "uniform", "1 / k, where all outputs of a row are 0"
    return constants


def _predictions(model: Model, scores: str) -> str:
    """`predict_proba`, `probabilities` of logits, and `predict`."""
    head, labels, threshold, n_outputs = model.head, model.labels, model.threshold, model.network.sizes[-1]
    of = f"{len(model.theta)} members, the mean" if model.has_members else "logits z"
    mean = ".mean(axis=0)" if model.has_members else ""
    lines = ["def probabilities(z):", f'    """Probabilities (n, {len(labels.classes)}) of {of}."""']
    if n_outputs > 1 or labels.multilabel:
        lines += [f"    return outputs(z){mean}"]
    elif isinstance(head.activation, SYMMETRIC):
        lines += [f"    return outputs(np.concatenate([-z, z], axis=-1)){mean}"]
    else:
        lines += [f"    p = outputs(z){mean}", "    return np.concatenate([1 - p, p], axis=-1)"]
    if threshold is not None and labels.multilabel:
        limits = repr(np.asarray(threshold, np.float64).tolist())
        found = f"(probabilities(z) >= np.array({limits})).astype(np.int64)"
    elif threshold is not None:
        found = f"CLASSES[(probabilities(z)[:, 1] >= {float(threshold)!r}).astype(np.int64)]"
    elif model.has_members:
        codes = "(probabilities(z) > 0.5).astype(np.int64)"
        found = codes if labels.multilabel else "CLASSES[np.argmax(probabilities(z), axis=1)]"
    elif labels.multilabel:
        found = f"({scores} > 0).astype(np.int64)"
    else:
        codes = f"np.argmax({scores}, axis=1)" if n_outputs > 1 else f"({scores}[:, 0] > 0).astype(np.int64)"
        found = f"CLASSES[{codes}]"
    said = f"0 and 1 (n, {len(labels.classes)})" if labels.multilabel else "Classes (n,)"
    return "\n".join([
        "def predict_proba(X):", f'    """Probabilities (n, {len(labels.classes)}) of the classes for rows X."""',
        "    return probabilities(logits(X))", "", "",
        "def predict(X):", f'    """{said} of rows X."""', "    z = logits(X)", f"    return {found}", "", "", *lines,
    ])  # fmt: skip


def _weights(arrays: dict[str, np.ndarray], path: Path) -> tuple[str, bytes | None]:
    """The source that makes the arrays, W1, b1, ..., and what stands in the file beside the module, if anything."""
    names = {key: f"{key.partition('.')[2]}{key.partition('.')[0]}" for key in arrays}
    if sum(array.nbytes for array in arrays.values()) > MAX_INSIDE:
        file = io.BytesIO()
        by_name: dict[str, Any] = {names[key]: array for key, array in arrays.items()}
        np.savez(file, **by_name)
        data = file.getvalue()
        lines = [
            '_file = Path(__file__).with_suffix(".npz")', "_data = _file.read_bytes()",
            f'if hashlib.sha256(_data).hexdigest() != "{hashlib.sha256(data).hexdigest()}":',
            '    raise ValueError(f"{_file} was not written with this module. Export the model again.")',
            "_arrays = np.load(io.BytesIO(_data))",
            *(f'{name} = _arrays["{name}"]  # {arrays[key].shape}' for key, name in names.items()),
        ]  # fmt: skip
        return "\n".join(lines) + "\n", data
    dtype = next(iter(arrays.values())).dtype
    little = dtype.newbyteorder("<")
    lines = [
        "def _array(text, shape):", f'    """Numbers of {dtype} from base64."""',
        f'    return np.frombuffer(base64.b64decode(text), "{little.str}").astype(np.{dtype}).reshape(shape)', "", "",
    ]  # fmt: skip
    for key, array in arrays.items():
        text = base64.b64encode(array.astype(little).tobytes()).decode()
        if len(text) <= WIDTH - 40:
            lines.append(f'{names[key]} = _array("{text}", {array.shape})')
        else:
            wrapped = [text[i : i + WIDTH] for i in range(0, len(text), WIDTH)]
            lines += [f'{names[key]} = _array("""', *wrapped, f'""", {array.shape})']
    return "\n".join(lines) + "\n", None


def _classes(labels: Labels) -> list[Any]:
    """The classes as values of Python; ValueError if they are none that a module can name."""
    values = [str(value) if isinstance(value, str) else value for value in labels.classes.tolist()]
    if not all(type(value) in (bool, int, float, str) for value in values):
        raise ValueError(
            f"classes of dtype {labels.classes.dtype} cannot be written to a NumPy module; use numbers, bools or text, "
            "and fit again."
        )
    return values


def _dtype(labels: Labels) -> str:
    dtype = labels.classes.dtype
    return {"O": "object", "U": "str", "b": "bool"}.get(dtype.kind, f"np.{dtype.newbyteorder('=')}")


def _filled(start: str, items: Iterable[str], end: str) -> str:
    """A call or list in one line, or in more where that were too long."""
    items = list(items)
    whole = f"{start}{', '.join(items)}{end}"
    if len(whole) <= WIDTH - 8:
        return whole
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) > WIDTH - 14:
            lines.append("")
        lines[-1] += f"{' ' * bool(lines[-1])}{item},"
    return "\n".join([start, *(f"    {line}" for line in lines), end])
