"""A safetensors file with a checksum: arrays by name, and values as JSON, its metadata.

A checksum tells of damage, not of malice: nothing is parsed before it fits, and before the header has bounds that
keep its parsing within a second and 200 MB; then every key, shape and offset must be the one that it can be.

The format is written and read here, and not by the library of that name: that writes metadata in another order each
time, and parses all of a header before any bound can be put to it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from gpunn._version import __version__
from gpunn.regular_file import open_regular
from gpunn.shown import brief, printable, show

METADATA = "__metadata__"
DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
KEYS = {"dtype", "shape", "data_offsets"}  # of an array in the header
ALIGNMENT = 8  # bytes, to which the header is filled up with blanks

KINDS = {  # of files, by their formats without the version
    "gpunn": "a model file, for gpunn.load and gpunn predict",
    "gpunn-checkpoint": "a checkpoint of a training, which MLPClassifier.resume or gpunn resume goes on with",
}

UNSEALED = b'"sha256":"' + b"0" * 64 + b'"'  # quotes within the metadata are escaped: this can stand only once
SEAL = re.compile(rb'"sha256":"([0-9a-f]{64})"')

MAX_HEADER = 2**25  # bytes
MARKS = ",:[{"  # there is one of these before each value of JSON, or behind it
MAX_VALUES = 1_200_000  # and keys, in the header
MAX_ARRAYS = 30_000
MAX_DEPTH = 20  # of lists and mappings
WHOLE = range(-(2**63), 2**64)


class FormatError(ValueError):
    """A sound file, but of another kind, or of another version of its layout."""


class Layout(NamedTuple):
    """A kind of file.

    Parameters
    ----------
    noun : str
        Its name in messages, such as "model file".
    format : str
        Name of its layout, with the version.
    keys : dict
        Keys of the metadata, each JSON, and how many values and keys there may be in it.
    remedies : dict
        Remedies where one holds too much: by key, and for all others by "".
    damaged : str
        Remedy where the file was damaged; "" where whoever reads it knows.
    """

    noun: str
    format: str
    keys: Mapping[str, int]
    remedies: Mapping[str, str]
    damaged: str

    def check_room(self, key: str, text: str) -> None:
        """ValueError for JSON with more values than a reader takes."""
        if n_values(text) > self.keys[key]:
            raise ValueError(
                f"{key}: {n_values(text):,} values and keys, and a {self.noun} has room for {self.keys[key]:,}. "
                f"{self.remedies.get(key, self.remedies[''])}"
            )


@contextlib.contextmanager
def sound(path: str | os.PathLike[str]) -> Iterator[None]:
    """Context in which an error about a file is given the name of the file."""
    try:
        yield
    except FormatError as error:
        raise FormatError(f"{os.fspath(path)}: {printable(str(error))}") from None
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)}: {printable(str(error))}") from None


def pack(layout: Layout, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any]) -> list[Any]:
    """The file as buffers, one after the other: of equal arrays and values, in the same order, they are equal.

    Parts that are arrays share their memory where it is laid out as in the file.

    Raises
    ------
    ValueError
        If an array is neither float32 nor float64, or the values are more than a reader takes.
    """
    head, parts = _unsealed(layout, arrays, values)
    return [_sealed(head, _checksum(head, parts)), *parts]


def write(file: BinaryIO, layout: Layout, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any]) -> None:
    """Write what `pack` gives to an empty file, while another thread computes the checksum.

    Both release the GIL, so that on two cores it takes the time of the slower one. The head, which holds the checksum,
    has a fixed length: it is written twice, first without it.

    Raises
    ------
    ValueError
        As `pack` does.
    """
    head, parts = _unsealed(layout, arrays, values)
    checksum: Callable[[], str] = partial(_checksum, head, parts)
    with ThreadPoolExecutor(1) as pool:
        # A system that has no more threads raises RuntimeError: the checksum is computed after the writing then.
        with contextlib.suppress(RuntimeError):
            checksum = pool.submit(checksum).result
        file.write(head)
        for part in parts:
            file.write(part)
        file.seek(0)
        file.write(_sealed(head, checksum()))


def _unsealed(
    layout: Layout, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any]
) -> tuple[bytes, list[memoryview]]:
    """The file as `pack` gives it: its head, with zeros for the checksum, and its arrays."""
    names = {dtype: name for name, dtype in DTYPES.items()}
    texts = {key: json.dumps(value) for key, value in values.items()}
    for key, text in texts.items():
        layout.check_room(key, text)
    form: dict[str, Any] = {METADATA: {"format": layout.format, **texts, "sha256": "0" * 64}}
    if len(arrays) > MAX_ARRAYS:
        raise ValueError(f"it has {len(arrays):,} arrays, and a {layout.noun} has room for {MAX_ARRAYS:,}.")
    parts: list[memoryview] = []
    stop = 0
    for name, array in arrays.items():
        dtype = array.dtype.newbyteorder("<")
        if dtype not in names:
            raise ValueError(f"the array {brief(name)} has dtype {array.dtype}; float32 or float64 is needed.")
        parts.append(np.ascontiguousarray(array, dtype).reshape(-1).view(np.uint8).data)
        start, stop = stop, stop + array.nbytes
        form[name] = {"dtype": names[dtype], "shape": [*array.shape], "data_offsets": [start, stop]}
    header = json.dumps(form, separators=(",", ":")).encode("ascii")
    header += b" " * (-len(header) % ALIGNMENT)
    _check_bounds(layout, header)
    return len(header).to_bytes(8, "little") + header, parts


def _checksum(head: bytes, parts: Sequence[memoryview]) -> str:
    digest = hashlib.sha256(head)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _sealed(head: bytes, checksum: str) -> bytes:
    return head.replace(UNSEALED, UNSEALED.replace(b"0" * 64, checksum.encode()), 1)


def unpack(layout: Layout, path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays, which cannot be written to, and the values of a file.

    Raises
    ------
    FormatError
        If it is a file of another layout.
    ValueError
        If it is not a whole and sound file of this kind.
    OSError
        If it cannot be opened.
    """
    with open_regular(path) as file:
        start = file.read(8)
        length = int.from_bytes(start, "little")
        header = file.read(length) if length <= MAX_HEADER else b""
        seal = SEAL.search(header)
        if seal is None:
            raise ValueError(f"not a {layout.noun} of gpunn, or one whose head was damaged. {layout.damaged}".rstrip())
        data = file.read()
    digest = hashlib.sha256(start + header[: seal.start()] + UNSEALED + header[seal.end() :])
    digest.update(data)
    if seal[1].decode() != digest.hexdigest():
        said = f"the checksum does not fit: the file was damaged, cut off or changed. {layout.damaged}"
        raise ValueError(said.rstrip())
    _check_bounds(layout, header)
    form = parsed(header.decode("ascii"))
    texts = form.pop(METADATA, None) if isinstance(form, dict) else None
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("its metadata are not texts.")
    if texts.pop("sha256", None) != seal[1].decode():
        raise ValueError("its checksum does not stand in its metadata.")
    found = texts.pop("format", "")
    kind = found.rpartition("-")[0]
    if kind in KINDS and kind != layout.format.rpartition("-")[0]:
        raise FormatError(f"it is {KINDS[kind]}; a {layout.noun} is needed here.")
    if found != layout.format:
        version = texts.get("version", "").strip('"')
        by = version and f", written by gpunn {brief(version)}"
        raise FormatError(
            f"its format is {show(found)}{by}, and gpunn {__version__} reads a {layout.noun} of format "
            f"{layout.format!r}. Use the version of gpunn that wrote it, or train again."
        )
    if set(texts) != set(layout.keys):
        raise ValueError(f"its metadata are {show(sorted(texts))}; they must be {', '.join(layout.keys)}.")
    return _arrays(form, data), {key: _value(layout, key, texts[key]) for key in layout.keys}


def n_values(text: str) -> int:
    """Not fewer than the values and keys in a string of JSON."""
    return sum(map(text.count, MARKS))


def parsed(text: str) -> Any:
    """Value of a JSON string; ValueError if it repeats a key, nests too deep, or has an integer beyond 64 bits."""
    try:
        value = json.loads(text, object_pairs_hook=_distinct, parse_int=_whole)
    except RecursionError:
        raise ValueError(f"lists and mappings nest more than {MAX_DEPTH} deep.") from None
    level = [value]
    for _ in range(MAX_DEPTH):
        inner = [v.values() if isinstance(v, dict) else v for v in level if isinstance(v, (dict, list))]
        level = [v for part in inner for v in part]
    if level:
        raise ValueError(f"lists and mappings nest more than {MAX_DEPTH} deep.")
    return value


def _value(layout: Layout, key: str, text: str) -> Any:
    layout.check_room(key, text)
    try:
        return parsed(text)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _check_bounds(layout: Layout, header: bytes) -> None:
    """ValueError for a header whose parsing could take long, or much memory."""
    # The texts are ASCII, and quoted: another escape would let each of their letters take four bytes.
    if not header.isascii() or b"\\" in header.replace(b"\\\\", b"").replace(b'\\"', b""):
        raise ValueError("its header is not ASCII, or has escapes that are not needed.")
    n_arrays = header.count(b'"data_offsets"')  # within a string its quotes are escaped
    if n_arrays > MAX_ARRAYS:
        raise ValueError(f"it has {n_arrays:,} arrays, more than {MAX_ARRAYS:,}.")
    values = n_values(header.decode("ascii"))
    if len(header) > MAX_HEADER or values > MAX_VALUES:
        raise ValueError(
            f"all but its arrays takes {len(header):,} bytes with {values:,} values and keys, and a {layout.noun} has "
            f"room for {MAX_HEADER:,} with {MAX_VALUES:,}. {layout.remedies['']}"
        )


def _arrays(form: dict[str, Any], data: bytes) -> dict[str, np.ndarray]:
    if len(form) > MAX_ARRAYS:
        raise ValueError(f"it has {len(form):,} arrays, more than {MAX_ARRAYS:,}.")
    arrays, stop = {}, 0
    for name, entry in form.items():
        if not isinstance(entry, dict) or set(entry) != KEYS:
            raise ValueError(f"the array {brief(name)} must have {', '.join(sorted(KEYS))}.")
        dtype = DTYPES.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
        if dtype is None:
            raise ValueError(
                f"the array {brief(name)} has dtype {show(entry['dtype'])}; F32 (float32) or F64 (float64) is needed."
            )
        shape, offsets = entry["shape"], entry["data_offsets"]
        if not isinstance(shape, list) or not all(type(n) is int and 0 < n < 2**48 for n in shape) or len(shape) > 2:
            raise ValueError(f"the array {brief(name)} has shape {show(shape)}; it must be one or two sizes above 0.")
        start, stop = stop, stop + math.prod(shape) * dtype.itemsize
        if offsets != [start, stop] or stop > len(data):
            raise ValueError(f"the array {brief(name)} does not lie behind the others, within the file.")
        arrays[name] = np.frombuffer(data, dtype, math.prod(shape), start).reshape(shape)
    if stop != len(data):
        raise ValueError("the file goes on behind its arrays.")
    return arrays


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {brief(name)} stands twice.")
    return found


def _whole(digits: str) -> int:
    number = int(digits) if len(digits) <= 20 else WHOLE.stop
    if number not in WHOLE:
        raise ValueError(f"{brief(digits)} has more than 64 bits.")
    return number
