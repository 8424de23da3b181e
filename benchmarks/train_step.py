"""Time of a training step, gpunn beside its peers and the bare matrix products.

    python -m benchmarks.train_step [--write] [--only "400-25-10"]

Each contender runs in a process of its own; they take turns, an epoch each, round after round. Each figure is the
median over the rounds, each ratio the median of the ratios within a round. Before any timing all are checked to do
the same work: the same cost after an epoch from the same weights over the same rows in the same order.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import time
from typing import Any

import numpy as np

from benchmarks.contenders import Work, installed
from benchmarks.tables import RESULTS, heading, markdown, publish

TOLERANCE = 5e-3  # of the cost after an epoch: PyTorch adds Adam's eps after the bias correction, the others before

WORKS = (
    Work((784, 256, 10), 32, 200),
    Work((784, 256, 128, 10), 128, 100),
    Work((784, 1024, 1024, 10), 256, 40),
    Work((54, 64, 64, 7), 256, 300),
    Work((400, 25, 10), 64, 400),
)


def serve(pipe: Any, name: str, work: Work) -> None:
    """One contender in a process of its own: its threads, which may spin for a while, disturb no other's."""
    contender = installed()[name](work)
    order = np.random.default_rng([0, 1, 0]).permutation(work.batch * work.n_steps)  # gpunn's own, in its first epoch
    contender.epoch(order)
    pipe.send(contender.cost())
    while pipe.recv():
        began = time.perf_counter()
        contender.epoch(order)
        pipe.send((time.perf_counter() - began) / work.n_steps * 1e6)


def race(work: Work, rounds: int, names: list[str]) -> dict[str, list[float]]:
    """Microseconds a step of each contender in each round."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    costs: dict[str, float] = {}
    for name in names:  # one after the other: compiling is not disturbed either
        pipes[name], theirs = context.Pipe()
        processes.append(context.Process(target=serve, args=(theirs, name, work), daemon=True))
        processes[-1].start()
        costs[name] = pipes[name].recv()
    unequal = {name: cost for name, cost in costs.items() if abs(cost / costs["gpunn"] - 1) > TOLERANCE}
    if unequal:
        raise SystemExit(f"{work.name}: not the same work: cost {costs['gpunn']} by gpunn, {unequal}")
    times: dict[str, list[float]] = {name: [] for name in names}
    for round_ in range(rounds + 1):
        for name, pipe in pipes.items():
            time.sleep(0.3)  # until the threads of the last one sleep too
            pipe.send(True)
            found = pipe.recv()
            if round_:  # the first round only warms up
                times[name].append(found)
    for pipe in pipes.values():
        pipe.send(False)
    for process in processes:
        process.join()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--only", default="", help="works whose name contains this")
    parser.add_argument("--without", default="", help="contenders to leave out, with commas")
    parser.add_argument("--write", action="store_true", help="keep table and numbers under benchmarks/results/")
    options = parser.parse_args()
    names = [name for name in installed() if name not in options.without.split(",")]
    rows, numbers = [], {}
    for work in (work for work in WORKS if options.only in work.name):
        times = race(work, options.rounds, names)
        numbers[work.name] = times
        cells = []
        for name in names:
            ratio = statistics.median(a / b for a, b in zip(times["gpunn"], times[name], strict=True))
            cells.append(f"{statistics.median(times[name]):.0f} us" + ("" if name == "gpunn" else f" ({ratio:.2f}x)"))
        rows.append((work.name, *cells))
        print(rows[-1], flush=True)
    text = heading("Time of a training step, float32", "python -m benchmarks.train_step")
    note = "In brackets: gpunn's time divided by the contender's, so below 1 gpunn is faster."
    publish(f"{text}\n{markdown(('network', *names), rows)}\n\n{note}", "train-step-cpu", options.write)
    if options.write:
        (RESULTS / "train-step-cpu.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
