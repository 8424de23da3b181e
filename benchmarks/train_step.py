"""Time of a training step, gpunn beside its peers and the bare matrix products.

    python -m benchmarks.train_step [--write] [--only "400-25-10"] [--device cuda [--precision tf32]]

Each contender runs in a process of its own; they take turns, an epoch each, round after round. Each figure is the
median over the rounds, each ratio the median of the ratios within a round. Before any timing all are checked to do
the same work: the same cost after an epoch from the same weights over the same rows in the same order.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import time
from typing import Any

import numpy as np

from benchmarks.contenders import Work, installed
from benchmarks.cuda_contenders import bandwidth, least_bytes
from benchmarks.tables import RESULTS, heading, markdown, publish
from gpunn import get_device

# Of the cost after an epoch: PyTorch adds Adam's eps after the bias correction, the others before; and in bfloat16
# each has its own way of what is rounded.
TOLERANCES = {"float32": 5e-3, "tf32": 5e-3, "bf16": 5e-2}

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


def serve(pipe: Any, name: str, work: Work, device: str, precision: str) -> None:
    """One contender in a process of its own: its threads, which may spin for a while, disturb no other's."""
    contender = installed(device, precision)[name](work)
    order = np.random.default_rng([0, 1, 0]).permutation(work.batch * work.n_steps)  # gpunn's own, in its first epoch
    contender.epoch(order)
    pipe.send(contender.cost())
    while pipe.recv():
        began = time.perf_counter()
        contender.epoch(order)
        pipe.send((time.perf_counter() - began) / work.n_steps * 1e6)


def race(work: Work, rounds: int, names: list[str], device: str, precision: str) -> dict[str, list[float]]:
    """Microseconds a step of each contender in each round."""
    context = multiprocessing.get_context("spawn")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # JAX would take most of a GPU for itself
    pipes, processes = {}, []
    costs: dict[str, float] = {}
    for name in names:  # one after the other: compiling is not disturbed either
        pipes[name], theirs = context.Pipe()
        processes.append(context.Process(target=serve, args=(theirs, name, work, device, precision), daemon=True))
        processes[-1].start()
        costs[name] = pipes[name].recv()
    unequal = {name: cost for name, cost in costs.items() if abs(cost / costs["gpunn"] - 1) > TOLERANCES[precision]}
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
    parser.add_argument("--device", choices=[*WORKS], default="cpu")
    parser.add_argument("--precision", choices=[*TOLERANCES], default="float32", help="of the products, on cuda")
    options = parser.parse_args()
    device, precision = options.device, options.precision
    machine = get_device(device, precision)
    speed = bandwidth(machine) if device == "cuda" else None
    names = [name for name in installed(device, precision) if name not in options.without.split(",")]
    rows, numbers = [], {}
    for work in (work for work in WORKS[device] if options.only in work.name):
        times = race(work, options.rounds, names, device, precision)
        numbers[work.name] = times
        cells = []
        for name in names:
            ratio = statistics.median(a / b for a, b in zip(times["gpunn"], times[name], strict=True))
            cells.append(
                f"{statistics.median(times[name]):.{1 if speed else 0}f} us"
                + ("" if name == "gpunn" else f" ({ratio:.2f}x)")
            )
        cells += [f"{least_bytes(work) / speed * 1e6:.1f} us"] if speed else []
        rows.append((work.name, *cells))
        print(rows[-1], flush=True)
    how = f" --device {device} --precision {precision}" if speed else ""
    text = heading(f"Time of a training step, {precision}", f"python -m benchmarks.train_step{how}", device)
    note = "In brackets: gpunn's time divided by the contender's, so below 1 gpunn is faster."
    if speed:
        note += (
            f" The last column: parameters, moments and rows, moved once at the {speed / 1e12:.2f} TB/s of a copy "
            "(small networks stay in the cache, and can be faster)."
        )
    columns = ("network", *names, *(["bytes"] if speed else []))
    name = f"train-step-{device}{f'-{precision}' if speed else ''}"
    publish(f"{text}\n{markdown(columns, rows)}\n\n{note}", name, options.write)
    if options.write:
        (RESULTS / f"{name}.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
