"""L-BFGS and BFGS on all rows: time of an evaluation, and time to the cost that scikit-learn ends at.

    python -m benchmarks.full_batch [--write] [--data mnist.npz] [--dtype float64] [--device cuda]

The network is 400-25-10, ReLU, softmax with the log-likelihood, on 5,000 rows, L2 1.0 as in the post. Without
``--data`` the rows are random and a teacher, a network of that shape with noise on its logits, labels them; an .npz
file of MNIST with X, y gives its first 5,000 digits, cut to 20 x 20.

Each contender runs in a process of its own; they take turns, a whole training from the same starting weights each, one
seed after the other. gpunn is `MLPClassifier` with its defaults but for solver, alpha, limits and starting weights, and
once more as in a training long enough to compile for; scikit-learn's L-BFGS, SciPy's, has the same. The bare matrix
products are those of an evaluation, in place.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Generator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier as Peer

from benchmarks.post import crop
from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from benchmarks.turns import race
from gpunn import MLPClassifier, get_device
from gpunn.compile import policy
from gpunn.nn.activations import ReLU
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.initialisers import glorot_uniform, zero_bias
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective

SIZES = (400, 25, 10)
TOL = 1e-4
Curve = tuple[list[float], list[float], int, str]  # seconds, cost, evaluations, how it was computed


def data(n: int, path: str, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows and their labels."""
    if path:
        with np.load(path) as file:
            return crop(file["X"][:n]).astype(dtype), file["y"][:n]
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, SIZES[0]))
    W, V = (rng.standard_normal(shape) / np.sqrt(shape[0]) for shape in pairwise(SIZES))
    z = 3 * np.tanh(2 * X @ W) @ V
    return X.astype(dtype), np.argmax(z + 0.3 * rng.gumbel(size=z.shape), axis=1)


def start(seed: int, n_in: int, n_out: int) -> np.ndarray:
    """Weights at the start of a training, those that scikit-learn draws in distribution."""
    limit = np.sqrt(6 / (n_in + n_out))
    return np.random.default_rng([seed, n_in]).uniform(-limit, limit, (n_in, n_out))


class Timed(Peer):
    """scikit-learn's classifier, with given starting weights and a record of time and cost."""

    def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
        return start(self.random_state, fan_in, fan_out).astype(dtype), np.zeros(fan_out, dtype)

    def _fit_lbfgs(self, *args: Any, **kwargs: Any) -> None:
        self.seconds_: list[float] = []
        self.cost_: list[float] = []
        self.began_ = time.perf_counter()
        super()._fit_lbfgs(*args, **kwargs)

    def _loss_grad_lbfgs(self, *args: Any) -> tuple[float, np.ndarray]:
        loss, grad = super()._loss_grad_lbfgs(*args)
        self.seconds_.append(time.perf_counter() - self.began_)
        self.cost_.append(float(loss))
        return loss, grad


COMPILED = ", compiled"


def ours(solver: str, X: np.ndarray, y: np.ndarray, seed: int, max_iter: int, device: str) -> Curve:
    """A training by gpunn."""
    if solver.endswith(COMPILED):
        solver = solver.removesuffix(COMPILED)
        type(policy.compiler(get_device(device))).seconds = 0.0  # in this process any training is long enough
    clf = MLPClassifier(
        SIZES[1:-1],
        solver=solver,
        alpha=1.0,
        tol=TOL,
        max_iter=max_iter,
        weight_init=lambda xp, rng, n_in, n_out: start(seed, n_in, n_out),
        device=device,
    ).fit(X, y)
    history = clf.history_
    return history.seconds, history.cost, history.evaluations, history.path


def theirs(X: np.ndarray, y: np.ndarray, seed: int, max_iter: int) -> Curve:
    """A training by scikit-learn."""
    clf = Timed(SIZES[1:-1], solver="lbfgs", alpha=1.0, tol=TOL, max_iter=max_iter, random_state=seed).fit(X, y)
    return clf.seconds_, clf.cost_, len(clf.cost_), ""


def trainings(name: str, n: int, path: str, dtype: str, max_iter: int, device: str) -> Generator[Curve | None]:
    """One training of each seed, after one that warms up; the starts of one seed are the same for all."""
    X, y = data(n, path, dtype)
    yield None
    for seed in range(2**31):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # to end at the limit is the plan
            if name == "scikit-learn":
                yield theirs(X, y, seed, max_iter)
            else:
                yield ours(name.removeprefix("gpunn "), X, y, seed, max_iter, device)


def products(n: int, dtype: str, times: int, device: str) -> Generator[float | None]:
    """Seconds that the bare matrix products of one evaluation take."""
    machine = get_device(device)
    xp, rng = machine.xp, np.random.default_rng(0)
    with machine.use():
        h = [machine.asarray(rng.standard_normal((n, size)), dtype) for size in SIZES]
        W = [machine.asarray(rng.standard_normal(shape), dtype) for shape in pairwise(SIZES)]
        forward = [(h[i], W[i], xp.empty_like(h[i + 1])) for i in range(len(W))]
        weights = [(h[i].T, h[i + 1], xp.empty_like(W[i])) for i in range(len(W))]
        back = [(h[i + 1], W[i].T, xp.empty_like(h[i])) for i in range(1, len(W))]
        yield None
        while True:
            machine.synchronize()
            began = time.perf_counter()
            for _ in range(times):
                for a, b, out in (*forward, *weights, *back):
                    xp.matmul(a, b, out=out)
            machine.synchronize()
            yield (time.perf_counter() - began) / times


def evaluation(n: int, path: str, dtype: str, times: int, device: str, compiled: bool) -> Generator[float | None]:
    """Seconds of one evaluation by gpunn, without any minimiser around it."""
    X, y = data(n, path, dtype)
    machine = get_device(device)
    network = Network(SIZES, (ReLU(),))
    objective = Objective(network, SoftmaxLogLikelihood(), l2=1.0)
    with machine.use():
        X, T = machine.asarray(X), machine.asarray(np.eye(SIZES[-1])[y], dtype)
        theta = machine.asarray(network.initial(np, np.random.default_rng(0), glorot_uniform, zero_bias), dtype)
        function = policy.compiler(machine).gradient(objective, theta.dtype, X, T, None)[0] if compiled else None
        function = function or (lambda theta: objective.value_and_gradient(machine.xp, theta, X, T))
        function(theta)
        yield None
        while True:
            began = time.perf_counter()
            for _ in range(times):
                function(theta)
            machine.synchronize()
            yield (time.perf_counter() - began) / times


def reached(curve: Curve, target: float) -> float:
    """Seconds at which a training first had the target cost; infinity if it never had."""
    return next((t for t, cost in zip(*curve[:2], strict=True) if cost <= target), float("inf"))


def an_evaluation(curve: Curve) -> float:
    return curve[0][-1] / curve[2]


def cells(names: Sequence[str], found: dict[str, list[Any]], target: Sequence[float]) -> tuple[list[str], list[str]]:
    """A row of each table: of evaluations, and of times to the target."""
    floor, peer = found["bare GEMMs"], found["scikit-learn"]
    first, second = [duration(statistics.median(floor))], []
    for name in names:
        each = [an_evaluation(curve) for curve in found[name]]
        to_target = [reached(curve, cost) for curve, cost in zip(found[name], target, strict=True)]
        first.append(f"{duration(statistics.median(each))} ({ratio(each, floor):.2f}x)")
        there = sum(np.isfinite(to_target))
        of_peer = "" if name == "scikit-learn" else (
            f", {ratio(to_target, [reached(c, t) for c, t in zip(peer, target, strict=True)]):.2f}x"
        )  # fmt: skip
        when = duration(statistics.median(to_target)) if there > len(to_target) / 2 else "never"
        second.append(f"{when}{of_peer} ({there} of {len(to_target)})")
    return first, second


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--data", default="", help="an .npz file of MNIST with X, y; else a teacher's random rows")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--max-iter", type=int, default=200)
    parser.add_argument("--within", type=float, default=1.02, help="target, times the cost scikit-learn ends at")
    parser.add_argument("--dtype", action="append", choices=["float32", "float64"], help="may be repeated; both")
    parser.add_argument("--solver", action="append", choices=["lbfgs", "bfgs"], help="may be repeated; both")
    parser.add_argument("--products", type=int, default=30, help="evaluations whose bare products are one turn")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="scikit-learn stays on the CPU")
    options = parser.parse_args()
    device, given = options.device, (options.rows, options.data)
    get_device(device)  # first of all: is it there?
    solvers = options.solver or ["lbfgs", "bfgs"]
    names = ["scikit-learn", *(f"gpunn {solver}{how}" for solver in solvers for how in ("", COMPILED))]
    alone = {"evaluation alone, arrays": False, "evaluation alone, compiled": True}
    evaluations, targets, ends, numbers = [], [], [], {}
    for dtype in options.dtype or ("float32", "float64"):
        contenders: dict[str, tuple[Any, ...]] = {
            "bare GEMMs": (products, options.rows, dtype, options.products, device)
        }
        contenders |= {name: (trainings, name, *given, dtype, options.max_iter, device) for name in names}
        contenders |= {
            name: (evaluation, *given, dtype, options.products, device, compiled) for name, compiled in alone.items()
        }
        found = race(contenders, options.seeds)
        target = [options.within * min(curve[1]) for curve in found["scikit-learn"]]
        first, second = cells(names, found, target)
        floor = found["bare GEMMs"]
        lone = [f"{duration(statistics.median(found[a]))} ({ratio(found[a], floor):.2f}x)" for a in alone]
        evaluations.append((dtype, first[0], *lone, *first[1:]))
        targets.append((dtype, f"{statistics.median(target):.4f}", *second))
        for name in names:
            curves = found[name]
            middle = (statistics.median(values) for values in (
                [len(curve[1]) for curve in curves], [curve[2] for curve in curves],
                [min(curve[1]) for curve in curves], [curve[0][-1] for curve in curves],
            ))  # fmt: skip
            entries, evaluated, cost, seconds = middle
            steps = "" if name == "scikit-learn" else f"{entries:.0f}"
            ends.append((dtype, name, steps, f"{evaluated:.0f}", f"{cost:.4f}", duration(seconds), curves[0][3]))
        numbers[dtype] = (
            {name: found[name] for name in ("bare GEMMs", *alone)}
            | {"target": target}
            | {
                name: [
                    {"seconds": c[0][-1], "to target": reached(c, t), "evaluations": c[2], "cost": min(c[1])}
                    for c, t in zip(found[name], target, strict=True)
                ]
                for name in names
            }
        )
        print(evaluations[-1], targets[-1], sep="\n", flush=True)
    rows = "digits" if options.data else "random rows that a teacher labelled"
    text = "\n".join((
        heading(f"Training on all rows, 400-25-10, {options.rows:,} {rows}", typed("full_batch"), device),
        f"Time of an evaluation of cost and gradient: that of a training of at most {options.max_iter} iterations, with"
        " all that belongs to it, divided by its number of evaluations; in brackets, divided by the bare products.\n",
        markdown(("dtype", "bare GEMMs", *alone, *names), evaluations),
        f"\nTime to {options.within:g} times the cost that scikit-learn ends at; divided by scikit-learn's, so below 1"
        " gpunn is faster; and in brackets how many of the trainings, one a seed, get there.\n",
        markdown(("dtype", "cost to reach", *names), targets),
        "\nWhere they end.\n",
        markdown(("dtype", "training", "iterations", "evaluations", "cost", "time", "computed"), ends),
        f"\nMedians over {options.seeds} seeds, ratios within a seed. A training before those that count has warmed up "
        "each, and compiled what is compiled."
        + (" scikit-learn ran on the CPU of that machine." if device == "cuda" else ""),
    ))  # fmt: skip
    name = f"full-batch-{'digits-' if options.data else ''}{device}"
    publish(text, name, options.write, numbers)


if __name__ == "__main__":
    main()
