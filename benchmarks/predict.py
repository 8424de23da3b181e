"""Prediction: time of ``predict_proba`` beside its bare matrix products and its peers, and memory by rows.

    python -m benchmarks.predict [--write] [--device cuda]

60,000 rows of 784 through 784-1024-1024-10, float32, ReLU and softmax. Each contender runs in a process of its own;
they take turns. All have the same weights and are first checked to give the same probabilities. The bare products may
take the rows in parts of any of some sizes, or whole: the fastest in a trial run counts. PyTorch is measured with all
rows at once and in parts. On a GPU the rows are there already, but for "rows on the host".

Then the most memory that a prediction takes beyond its input and output, by 784-256-10, for rows and for ten times as
many, each in a fresh process.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
import warnings
from collections.abc import Callable, Generator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.peak import MB, TOLD, extra, fresh
from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from benchmarks.turns import Race
from gpunn import MLPClassifier, get_device

PARTS = (512, 2048, 8192)  # rows at a time that the bare products may take; or all
PART = 4096  # rows at a time of PyTorch in parts
CHECKED = 1000  # rows whose probabilities are compared


def rows(n: int, d: int, dtype: str = "float32") -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (n, d), np.uint8) if dtype == "uint8" else rng.standard_normal((n, d), np.float32)


def taught(Classifier: Callable[..., Any], sizes: tuple[int, ...]) -> Any:
    """A classifier of either library after one step from seed 0."""
    X = rows(200, sizes[0])
    y = np.arange(len(X)) % sizes[-1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one epoch is the plan
        return Classifier(sizes[1:-1], max_iter=1, random_state=0).fit(X, y)


def by_gpunn(sizes: tuple[int, ...], X: np.ndarray, device: str, moved: bool) -> Callable[[], Any]:
    clf = taught(MLPClassifier, sizes)  # on the CPU, for all contenders alike
    clf.device, machine = device, get_device(device)
    X = machine.asarray(X) if moved else X

    def predict() -> Any:
        p = clf.predict_proba(X)
        machine.synchronize()
        return p

    return predict


def by_sklearn(sizes: tuple[int, ...], X: np.ndarray, device: str) -> Callable[[], Any]:
    from sklearn.neural_network import MLPClassifier as Peer

    ours, clf = taught(MLPClassifier, sizes), taught(Peer, sizes)
    clf.coefs_, clf.intercepts_ = ours.coefs_, ours.intercepts_
    return lambda: clf.predict_proba(X)


def by_torch(sizes: tuple[int, ...], X: np.ndarray, device: str, part: int) -> Callable[[], Any]:
    import torch

    ours = taught(MLPClassifier, sizes)
    layers: list[Any] = []
    for W, b in zip(ours.coefs_, ours.intercepts_, strict=True):
        linear = torch.nn.Linear(*W.shape)
        linear.weight.data[...] = torch.from_numpy(W.T.copy())
        linear.bias.data[...] = torch.from_numpy(b)
        layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1], torch.nn.Softmax(-1)).to(device)
    T = torch.from_numpy(X).to(device)

    def predict() -> Any:
        with torch.inference_mode():
            p = torch.cat([model(x) for x in T.split(part or len(T))])
        if device != "cpu":
            torch.cuda.synchronize()
        return p

    return predict


def products(sizes: tuple[int, ...], X: np.ndarray, device: str) -> Callable[[], Any]:
    """The bare products, in place, by the fastest size of part."""
    machine, rng = get_device(device), np.random.default_rng(0)
    X, xp = machine.asarray(X), machine.xp
    W = [machine.asarray(rng.standard_normal(shape), "float32") for shape in pairwise(sizes)]

    def in_parts(size: int) -> Callable[[], None]:
        out = [machine.asarray(np.zeros((size, n), np.float32)) for n in sizes[1:]]

        def run() -> None:
            with machine.use():
                for first in range(0, len(X), size):
                    h = X[first : first + size]
                    for w, to in zip(W, out, strict=True):
                        h = xp.matmul(h, w, out=to[: len(h)])
            machine.synchronize()

        return run

    trials = {}
    for size in {*(size for size in PARTS if size < len(X)), len(X)}:
        run = in_parts(size)
        run()
        trials[clocked(run)] = size
    return in_parts(trials[min(trials)])


CONTENDERS: dict[str, tuple[str, Callable[..., Callable[[], Any]], dict[str, Any]]] = {
    "bare GEMMs": ("numpy", products, {}),
    "gpunn": ("gpunn", by_gpunn, {"moved": True}),
    "gpunn, rows on the host": ("cupy", by_gpunn, {"moved": False}),
    "scikit-learn": ("sklearn", by_sklearn, {}),
    "PyTorch, all at once": ("torch", by_torch, {"part": 0}),
    "PyTorch, in parts": ("torch", by_torch, {"part": PART}),
}
ONLY = {"gpunn, rows on the host": "cuda", "scikit-learn": "cpu"}


def on_host(p: Any) -> np.ndarray:
    """A copy of an array of NumPy, PyTorch or CuPy."""
    return np.array(p.cpu().numpy() if hasattr(p, "cpu") else p.get() if hasattr(p, "get") else p)


def clocked(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def predictions(name: str, sizes: tuple[int, ...], n: int, device: str) -> Generator[Any]:
    """Probabilities of the first rows, then seconds that those of all rows take."""
    _, build, how = CONTENDERS[name]
    predict = build(sizes, rows(n, sizes[0]), device, **how)
    p = predict()
    yield None if p is None else on_host(p[:CHECKED])
    del p
    while True:
        yield clocked(predict)


def most_memory(library: str, n: int, sizes: tuple[int, ...], dtype: str) -> float:
    """MB beyond input and output."""
    X = rows(n, sizes[0], dtype)
    if library == "scikit-learn":
        from sklearn.neural_network import MLPClassifier as Classifier
    else:
        Classifier = MLPClassifier
    clf = taught(Classifier, sizes)
    p, found = extra(lambda: clf.predict_proba(X))
    return found - p.nbytes / MB


def memory(n: int, sizes: tuple[int, ...], dtypes: Sequence[str]) -> tuple[str, dict[str, float]]:
    """The table of memory, and its numbers."""
    lines, numbers = [], {}
    for dtype, count in ((dtype, count) for dtype in dtypes for count in (n, 10 * n)):
        size = count * sizes[0] * np.dtype(dtype).itemsize / MB
        cells = []
        for library in ("gpunn", "scikit-learn"):
            # scikit-learn makes float64 of uint8, and keeps a layer and the next, all rows at once.
            width = sizes[0] + 2 * sizes[1] if library == "scikit-learn" else 0
            if 1.2 * (size * MB + 8 * count * width) + 2**30 > (get_device("cpu").free_bytes() or 0):
                cells.append("does not fit here")
                continue
            beyond = fresh(most_memory, library, count, sizes, dtype)
            numbers[f"{library}, {dtype}, {count} rows"] = beyond
            cells.append(f"{beyond:.0f} MB")
        lines.append((f"{count:,}", dtype, f"{size:.0f} MB", f"{4 * count * sizes[-1] / MB:.0f} MB", *cells))
        print(*lines[-1], flush=True)
    return markdown(("rows", "X", "size of X", "output, float32", "gpunn", "scikit-learn"), lines), numbers


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--hidden", type=int, default=1024, help="width of the two layers that are timed")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--no-memory", action="store_true", help="time alone")
    parser.add_argument(
        "--dtype", action="append", choices=["uint8", "float32"], help="of X where memory is told; both"
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    options = parser.parse_args()
    device, sizes = options.device, (784, options.hidden, options.hidden, 10)
    get_device(device)  # first of all: is it there?
    names = [name for name, (needs, _, _) in CONTENDERS.items()
             if importlib.util.find_spec(needs) and ONLY.get(name, device) == device]  # fmt: skip
    race = Race({name: (predictions, name, sizes, options.rows, device) for name in names})
    for name, p in race.greetings.items():
        if p is not None and not np.allclose(p, race.greetings["gpunn"], rtol=1e-3, atol=1e-5):
            raise SystemExit(f"not the same work: gpunn and {name} give other probabilities")
    found = race.run(options.rounds)
    race.close()
    ours, row = found["gpunn"], []
    for name in names:
        of_it = "" if name == "gpunn" else f" ({ratio(ours, found[name]):.2f}x)"
        row.append(f"{duration(statistics.median(found[name]))}{of_it}")
    network = "-".join(map(str, sizes))
    parts = [
        heading(f"Probabilities of {options.rows:,} rows, {network}, float32", typed("predict"), device),
        markdown(names, [row]),
        f"\nMedians of {options.rounds} rounds. In brackets: gpunn's time divided by the other's, the median of the "
        "ratios within a round, so below 1 gpunn is faster.",
    ]
    numbers: dict[str, Any] = {"seconds": found}
    print(markdown(names, [row]), flush=True)
    if device == "cpu" and TOLD and not options.no_memory:
        narrow = (784, min(256, options.hidden), 10)
        table, numbers["MB"] = memory(options.rows, narrow, options.dtype or ("uint8", "float32"))
        parts += [f"\nThe most memory beyond input and output, by {'-'.join(map(str, narrow))}:\n", table]
    publish("\n".join(parts), f"predict-{device}", options.write, numbers)


if __name__ == "__main__":
    main()
