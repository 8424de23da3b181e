"""Time of a training step, gpunn beside its peers and the bare matrix products.

    python -m benchmarks.train_step [--write] [--only "400-25-10"] [--dropout 0.5] [--device cuda [--precision tf32]]

Each contender runs in a process of its own; they take turns, an epoch each, round after round. Each figure is the
median over the rounds, each ratio the median of the ratios within a round. Before any timing all are checked to do
the same work: the same cost after an epoch from the same weights over the same rows in the same order, with dropout
nearly the same, for the masks are not.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.charts import draw, step_ratios
from benchmarks.contenders import CONTENDERS, Work
from benchmarks.cuda_contenders import bandwidth, cuda_contenders, least_bytes
from benchmarks.tables import arguments, heading, markdown, publish, ratio, typed
from benchmarks.turns import Race
from gpunn import get_device

# Of the cost after an epoch: PyTorch adds Adam's eps after the bias correction, the others before; and in bfloat16
# each has its own way of what is rounded.
TOLERANCES = {"float32": 5e-3, "tf32": 5e-3, "bf16": 5e-2}
DROPPED = 5e-2

WORKS = {
    "cpu": (
        Work((784, 256, 10), 32, 200),
        Work((784, 256, 128, 10), 128, 100),
        Work((784, 1024, 1024, 10), 256, 40),
        Work((54, 64, 64, 7), 256, 300),
        Work((400, 25, 10), 64, 400),
    ),
    "cuda": (  # with longer epochs, where steps are short
        Work((784, 256, 10), 32, 1000),
        Work((784, 256, 10), 128, 469),
        Work((784, 256, 128, 10), 128, 469),
        Work((784, 1024, 1024, 10), 256, 200),
        Work((54, 64, 64, 7), 256, 1000),
        Work((400, 25, 10), 64, 1000),
        Work((4096, 4096, 4096, 4096), 8192, 8),
    ),
}


def known(device: str, precision: str) -> dict[str, tuple[str, Callable[[Work], Any]]]:
    """The contenders on a device: what must be installed, and how each is built."""
    return CONTENDERS if device == "cpu" else cuda_contenders(precision)


def installed(device: str, precision: str) -> dict[str, Callable[[Work], Any]]:
    """Those that are there."""
    contenders = known(device, precision).items()
    return {name: build for name, (needs, build) in contenders if importlib.util.find_spec(needs)}


def steps(name: str, work: Work, device: str, precision: str) -> Generator[float]:
    """The cost after an epoch, then microseconds a step, epoch after epoch."""
    contender = installed(device, precision)[name](work)
    order = np.random.default_rng([0, 1, 0]).permutation(work.batch * work.n_steps)  # gpunn's own, in its first epoch
    contender.epoch(order)
    yield contender.cost()
    while True:
        began = time.perf_counter()
        contender.epoch(order)
        yield (time.perf_counter() - began) / work.n_steps * 1e6


def times(work: Work, rounds: int, names: list[str], device: str, precision: str) -> dict[str, list[float]]:
    """Microseconds a step of each contender in each round."""
    race = Race({name: (steps, name, work, device, precision) for name in names})
    costs = race.greetings
    tolerance = DROPPED if work.dropout else TOLERANCES[precision]
    unequal = {name: cost for name, cost in costs.items() if abs(cost / costs["gpunn"] - 1) > tolerance}
    if unequal:
        raise SystemExit(f"{work.name}: not the same work: cost {costs['gpunn']} by gpunn, {unequal}")
    found = race.run(rounds)
    race.close()
    return found


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--only", default="", help="works whose name contains this")
    parser.add_argument("--without", action="append", default=[], metavar="NAME", help="leave out; may be repeated")
    parser.add_argument("--dropout", type=float, default=0.0, metavar="P", help="of hidden layers, on the CPU")
    parser.add_argument("--device", choices=[*WORKS], default="cpu")
    parser.add_argument("--precision", choices=[*TOLERANCES], default="float32", help="of the products, on cuda")
    options = parser.parse_args()
    device, precision = options.device, options.precision
    others = [name for name in known(device, precision) if name != "gpunn"]
    if unknown := {*options.without} - {*others}:
        parser.error(f"--without {min(unknown)!r}: give one of {', '.join(map(repr, others))}")
    if options.dropout:
        if device != "cpu":
            parser.error("--dropout is for the CPU")
        options.without.append("scikit-learn")  # which has none
    machine = get_device(device, precision)
    speed = bandwidth(machine) if device == "cuda" else None
    names = [name for name in installed(device, precision) if name not in options.without]
    rows, numbers = [], {}
    for work in (replace(work, dropout=options.dropout) for work in WORKS[device] if options.only in work.name):
        found = times(work, options.rounds, names, device, precision)
        numbers[work.name] = found
        cells = []
        for name in names:
            cells.append(
                f"{statistics.median(found[name]):.{1 if speed else 0}f} us"
                + ("" if name == "gpunn" else f" ({ratio(found['gpunn'], found[name]):.2f}x)")
            )
        cells += [f"{least_bytes(work) / speed * 1e6:.1f} us"] if speed else []
        rows.append((work.name, *cells))
        print(rows[-1], flush=True)
    text = heading(f"Time of a training step, {precision}", typed("train_step"), device)
    note = "In brackets: gpunn's time divided by the contender's, so below 1 gpunn is faster."
    if speed:
        note += (
            f" The last column: parameters, moments and rows, moved once at the {speed / 1e12:.2f} TB/s of a copy "
            "(small networks stay in the cache, and can be faster)."
        )
    columns = ("network", *names, *(["bytes"] if speed else []))
    name = f"train-step-{device}{f'-{precision}' if speed else ''}{'-dropout' if options.dropout else ''}"
    publish(f"{text}\n{markdown(columns, rows)}\n\n{note}", name, options.write, numbers)
    if options.write:
        draw(step_ratios, numbers, options.write / f"{name}.png")


if __name__ == "__main__":
    main()
