"""Form of a manifest, as nested dicts: to and from the parameters of an estimator."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from gpunn.config.checks import check_parameters
from gpunn.config.constraints import ParameterError
from gpunn.config.parameters import PARAMETERS, Parameters
from gpunn.features import Features
from gpunn.nn.activations import ACTIVATIONS
from gpunn.nn.costs import COSTS
from gpunn.nn.initialisers import BIAS_INITIALISERS, WEIGHT_INITIALISERS
from gpunn.shown import brief, show

# In the order in which they are written; what stands directly in one comes before its sections.
SECTIONS = ("data", "network.input", "network", "training", "training.params", "training.optimize")


def _section_number(key: str) -> int:
    return SECTIONS.index(max((section for section in SECTIONS if key.startswith(f"{section}.")), key=len))


KEYS = {  # key of a manifest: parameter of the estimator
    parameter.key: parameter.name
    for parameter in sorted((p for p in PARAMETERS.values() if p.key), key=lambda p: _section_number(p.key))
}

WORDS = {  # keys that take one word; the short ones are those of the program in the post
    "kind": ("feedforward", "feedfwd"),
    "task": ("classification", "class"),
    "training.kind": ("backprop",),
}

DATA = (
    "data.file",
    "data.target",
    "data.held_out",
    "data.missing",
    "data.not_missing",
    "data.separator",
    "data.decimal",
)
SIZES = ("network.input.size", "network.output.size")
ALL_KEYS = (*KEYS, *WORDS, *DATA, *SIZES)

COSTS_OF_THE_POST = {"xentropy": "cross_entropy", "loglike": "log_likelihood"}
KINDS = {"float": "a number", "bool": "true or false"}  # what activations take
MAX_DEPTH = 20  # of lists and mappings
INTEGERS = range(-(2**63), 2**64)  # numbers beyond belong to no key, and are no floats
DEVICES = re.compile(r"cpu|auto|cuda(:\d{1,4})?")


@dataclass(frozen=True)
class Manifest:
    """Contents of a manifest.

    Parameters
    ----------
    parameters : dict
        Parameters of `gpunn.MLPClassifier` that the manifest sets.
    n_inputs, n_outputs : int, optional
        Sizes that the data must have.
    data : dict
        "file", "target", "held_out", "missing", "not_missing", "separator", "decimal" as far as named; a relative file
        starts from the manifest's folder.
    source : str
        File name, for messages.
    lines : dict
        Line of each key, where known.
    """

    parameters: dict[str, Any]
    n_inputs: int | None = None
    n_outputs: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    source: str = "manifest"
    lines: Mapping[str, int] = field(default_factory=dict)

    def check_sizes(self, n_features: int, n_classes: int) -> None:
        """Hold the sizes named against those of the data; a ValueError names the key."""
        for key, said, found in (
            (SIZES[0], self.n_inputs, n_features),
            (SIZES[1], self.n_outputs, n_classes),
        ):
            if said is not None and said != found:
                what = "columns, once they are encoded" if key == SIZES[0] else "classes"
                raise ValueError(
                    f"{self.place(key)}: {said} is not what the data has, which is {found} {what}. Fix the size, or "
                    "leave it out."
                )

    def place(self, key: str) -> str:
        """Place of a key, for messages."""
        line = f"line {self.lines[key]}, " if key in self.lines else ""
        return f"{self.source}, {line}{brief(key)}"


def from_dict(form: Any, source: str = "manifest", lines: Mapping[str, int] | None = None) -> Manifest:
    """A manifest from nested dicts; a ValueError names the first key that is wrong."""
    manifest = Manifest({}, source=source, lines=lines or {})
    if form is None or form == {}:
        raise ValueError(f"{source}: the manifest is empty. Begin with kind: feedforward.")
    found = dict(_flat(manifest, form))
    for key, value in found.items():
        _check_bounds(manifest, key, value)
    for key, allowed in WORDS.items():
        if key in found and found[key] not in allowed:
            raise ValueError(
                f"{manifest.place(key)}: {show(found[key])} is not known; use {' or '.join(map(repr, allowed))}."
            )
    _check_beyond_parameters(manifest, found)
    parameters = {name: _value(manifest, key, found[key]) for key, name in KEYS.items() if key in found}
    data = {key.split(".")[1]: found[key] for key in DATA if key in found}
    manifest = Manifest(parameters, found.get(SIZES[0]), found.get(SIZES[1]), data, source, lines or {})
    try:
        check_parameters(Parameters(**parameters), n_classes=manifest.n_outputs or 3)
    except ParameterError as error:
        parameter = error.parameter.partition("[")[0]  # one of a list may be named
        key = PARAMETERS[parameter].key
        if key not in found:  # a pair of values does not fit, and this one is the default
            raise ValueError(f"{source}, {key}, which is not given: {error}") from None
        raise ValueError(f"{manifest.place(key)}: {error}") from None
    return manifest


def to_dict(p: Any, n_inputs: int | None = None, n_outputs: int | None = None) -> dict[str, Any]:
    """The manifest of an estimator's parameters: the shape of the network, and what differs from the defaults.

    Raises
    ------
    ValueError
        If a parameter is an object that has no name here, such as a function of your own.
    """
    always = ("hidden_layer_sizes", "activation", "solver", "max_iter")
    form: dict[str, Any] = {"kind": "feedforward", "task": "classification"}
    _put(form, SIZES[0], n_inputs)
    for key, name in KEYS.items():
        value = getattr(p, name)
        if isinstance(value, Features):  # what was learned from a table stands in a model file, not in a manifest
            continue
        value = value.tolist() if hasattr(value, "tolist") else value  # no array can be held against a number
        if name in always or (value is not PARAMETERS[name].default and value != PARAMETERS[name].default):
            # In the place of None, which says that a key is not given.
            _put(form, key, False if name == "features" and value is None else _plain(name, value))
    _put(form, SIZES[1], n_outputs)
    return form


def _flat(manifest: Manifest, form: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Keys with dots, and their values."""
    if not isinstance(form, dict):
        where = manifest.place(prefix) if prefix else manifest.source
        raise ValueError(f"{where}: {show(form)} is not a mapping of keys to values.")
    for name, value in form.items():
        key = f"{prefix}.{name}" if prefix else str(name)
        undotted = "." not in str(name)  # a key in quotes may hold a dot, and is none of ours
        if undotted and key in ALL_KEYS:
            yield key, value
        elif undotted and any(other.startswith(key + ".") for other in ALL_KEYS):
            yield from _flat(manifest, value, key)
        else:
            depth = prefix.count(".") + 1 if prefix else 0
            siblings = [other for other in ALL_KEYS if not prefix or other.startswith(prefix + ".")]
            allowed = dict.fromkeys(other.split(".")[depth] for other in siblings)
            raise ValueError(f"{manifest.place(key)}: the key is unknown; allowed here are {', '.join(allowed)}.")


def _check_bounds(manifest: Manifest, key: str, value: Any, depth: int = 0) -> None:
    """ValueError for what is nested too deep, and for integers too large to become floats."""
    if depth > MAX_DEPTH:
        raise ValueError(
            f"{manifest.place(key)}: lists and mappings nest too deep, more than {MAX_DEPTH} in each other."
        )
    if isinstance(value, int) and value not in INTEGERS:
        raise ValueError(f"{manifest.place(key)}: an integer of more than 64 bits is not allowed.")
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, (list, tuple)):
        for part in value:
            _check_bounds(manifest, key, part, depth + 1)


def _check_beyond_parameters(manifest: Manifest, found: Mapping[str, Any]) -> None:
    """Check what `check_parameters` does not know of."""

    def integer(low: int) -> Any:
        return lambda value: type(value) is int and value >= low

    def words(value: Any) -> bool:
        return isinstance(value, list) and all(isinstance(word, str) for word in value)

    allowed = {
        SIZES[0]: (integer(1), "an integer of at least 1"),
        SIZES[1]: (integer(2), "the number of classes, at least 2 (for yes or no too)"),
        DATA[0]: (lambda value: isinstance(value, str) and value != "", "the name of a file"),
        DATA[1]: (lambda value: isinstance(value, str), "the name of a column, in quotes where it is a number"),
        DATA[2]: (
            lambda value: value == 0 or (type(value) is float and 0 < value < 1),
            "a number in [0, 1), 0 to train on all rows",
        ),
        DATA[3]: (words, "a list of words"),
        DATA[4]: (words, "a list of words"),
        DATA[5]: (lambda value: isinstance(value, str) and len(value) == 1, "one character"),
        DATA[6]: (lambda value: value in (".", ","), "'.' or ','"),
        "training.seed": (lambda value: integer(0)(value) and value < 2**32, "an integer in [0, 2^32)"),
        "training.device": (
            lambda value: isinstance(value, str) and DEVICES.fullmatch(value),
            "cpu, cuda, cuda:N or auto",
        ),
    }
    for key, (good, what) in allowed.items():
        value = found.get(key)
        if not good(value) and (value is not None or (key in DATA and key in found)):
            raise ValueError(f"{manifest.place(key)}: {show(value)} is not allowed; give {what}.")


def _value(manifest: Manifest, key: str, value: Any) -> Any:
    if key == "training.cost" and isinstance(value, str):
        return COSTS_OF_THE_POST.get(value, value)
    if key == "training.class_weight" and isinstance(value, list):
        return _weights(manifest, key, value)
    if key == "data.features" and value is False:
        return None
    if key.endswith(".activation"):
        several = isinstance(value, list)
        made = [_activation(manifest, key, one) for one in (value if several else [value])]
        return made if several else made[0]
    return tuple(value) if isinstance(value, list) and key == "network.hidden.size" else value


def _weights(manifest: Manifest, key: str, value: list[Any]) -> Any:
    """A mapping of weights of classes from pairs, as `_plain` makes them, or a list of such mappings."""
    if value and all(isinstance(one, dict) for one in value):
        return value
    try:
        several = any(one and isinstance(one[0], list) for one in value)
        return [dict(one) for one in value] if several else dict(value)
    except (TypeError, ValueError, IndexError, KeyError):
        raise ValueError(
            f"{manifest.place(key)}: {show(value)} is not allowed; give balanced, or a weight for each class."
        ) from None


def _activation(manifest: Manifest, key: str, value: Any) -> Any:
    """A name as it is; a name with arguments as an object."""
    if not isinstance(value, dict):
        return value
    name, arguments = next(iter(value.items())) if len(value) == 1 else (None, None)
    if name not in ACTIVATIONS or not isinstance(arguments, dict):
        raise ValueError(
            f"{manifest.place(key)}: {show(value)} is not allowed; give a name, or a name with what it takes, such "
            f"as {{leaky_relu: {{slope: 0.2}}}}. Names are {', '.join(ACTIVATIONS)}."
        )
    kind: Any = ACTIVATIONS[name]
    takes = {f.name: str(f.type) for f in fields(kind)}
    for argument, given in arguments.items():
        good = isinstance(given, bool) == (takes.get(argument) == "bool") and isinstance(given, (int, float))
        if argument not in takes or not good or not math.isfinite(given):
            allowed = ", ".join(f"{n}, {KINDS[t]}" for n, t in takes.items()) or "nothing"
            raise ValueError(
                f"{manifest.place(key)}: {name} does not take {brief(str(argument))}={show(given)}; it takes {allowed}."
            )
    return kind(**arguments)


def _plain(name: str, value: Any) -> Any:
    """A parameter as names, numbers and lists."""
    named: dict[str, Any] = {**ACTIVATIONS, **COSTS}
    for known, kind in named.items():
        if type(value) is kind:
            arguments = {f.name: _plain(name, getattr(value, f.name)) for f in fields(value)}
            return {known: arguments} if value != kind() else known
    for known, function in (*WEIGHT_INITIALISERS.items(), *BIAS_INITIALISERS.items()):
        if value is function:
            return known
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict) and name == "class_weight":  # in JSON keys would become text
        return [[_plain(name, one) for one in pair] for pair in value.items()]
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, (list, tuple, range)):
        return [_plain(name, one) for one in value]
    if isinstance(value, int) and value not in INTEGERS:  # which no counter is, but a number may be
        if abs(value) > sys.float_info.max:
            raise ValueError(
                f"{name}={show(value)} is not allowed: it is too large for a float. Give a smaller number."
            )
        return float(value)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise ValueError(
        f"{name}={show(value)} is an object without a name: it cannot be written to a manifest, a model file or a "
        f"checkpoint. Give {name} as a number or by a name that its documentation lists, or do without the file."
    )


def _put(form: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        return
    *sections, last = key.split(".")
    for section in sections:
        form = form.setdefault(section, {})
    form[last] = value
