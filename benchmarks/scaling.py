"""Scaling over MPI ranks, one thread a rank, and a projection to machines that are not at hand.

    python -m benchmarks.scaling [--ranks 1 2] [--batch 256] [--steps 40] [--rounds 15] [--write]

784-1024-1024-10, Adam, float32, random rows, compiled steps. Every case runs in processes of its own, in turn,
``--rounds`` times; a step is the median over the epochs after the first. Weak scaling has ``--batch`` rows a step for
each rank, strong scaling as many in all for every number of ranks. The efficiency is the time of one rank over that of
n ranks, for strong scaling divided by n.

The projection is a model, not a measurement. A step takes ``fixed + per_row * rows`` seconds on a rank, fitted to three
batch sizes on one rank. An all-reduce of b bytes takes ``2 log2(n) latency + 2 b (n - 1) / n / bandwidth``, that of
Rabenseifner's algorithm without the additions (Thakur, Rabenseifner and Gropp 2005).
"""

from __future__ import annotations

import itertools
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.tables import arguments, heading, markdown, publish, typed

SIZES = (784, 1024, 1024, 10)
EPOCHS = 4
MESSAGES = (2**10, 2**14, 2**18, 2**22)  # elements of an all-reduce


class System(NamedTuple):
    """Ranks of a projection, all of them assumptions.

    Attributes
    ----------
    name : str
    n_ranks : int
    latency : float
        Seconds of a message.
    bandwidth : float
        Bytes a second and rank.
    flops : float
        Operations a second that a rank reaches in matrix products; 0 for those of the rank measured here.
    """

    name: str
    n_ranks: int
    latency: float
    bandwidth: float
    flops: float = 0.0


SYSTEMS = (
    System("64 hosts, one rank of this kind each, 10 Gbit/s Ethernet", 64, 30e-6, 1.25e9),
    System("64 hosts, one rank of this kind each, 100 Gbit/s InfiniBand", 64, 3e-6, 12.5e9),
    System("8 GPUs of 20 TFLOP/s on one host, NVLink at 200 GB/s", 8, 10e-6, 200e9, 20e12),
    System("64 hosts with 8 such GPUs each, 400 Gbit/s a GPU", 512, 10e-6, 50e9, 20e12),
)


def measure(batch: int, steps: int) -> None:
    """Print the seconds of a step with ``batch`` rows a rank, and of all-reduces, as rank 0."""
    from gpunn import MLPClassifier
    from gpunn.devices.ranks import get_ranks

    ranks = get_ranks("mpi")
    rng = np.random.default_rng(0)
    X = rng.standard_normal((batch * steps * ranks.size, SIZES[0]), dtype=np.float32)
    y = rng.integers(SIZES[-1], size=len(X))
    clf = MLPClassifier(
        SIZES[1:-1], batch_size=batch * ranks.size, max_iter=EPOCHS, n_iter_no_change=EPOCHS, random_state=0,
        ranks="mpi", compile=True,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf.fit(X, y)
    allreduce = {}
    for n in (*MESSAGES, clf.theta_.size):
        array, times = np.zeros(n, np.float32), []
        for _ in range(20):
            ranks.broadcast(None)
            began = time.perf_counter()
            ranks.allreduce(array)
            times.append(time.perf_counter() - began)
        allreduce[array.nbytes] = statistics.median(times)
    if ranks.rank == 0:
        step = float(statistics.median(np.diff(clf.history_.seconds))) / steps
        print(json.dumps({"step": step, "allreduce": allreduce, "parameters": int(clf.theta_.size)}))


def run(n: int, batch: int, steps: int) -> dict[str, Any]:
    """What rank 0 of n ranks measures."""
    code = f"from benchmarks.scaling import measure; measure({batch}, {steps})"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    launcher = shutil.which("mpiexec", path=path)
    if launcher is None:
        raise SystemExit("there is no mpiexec: install a library of MPI, for example with: pip install mpich")
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [launcher, "-n", str(n), sys.executable, "-c", code]
    found: dict[str, Any] = json.loads(subprocess.run(command, env=env, capture_output=True, check=True).stdout)
    return found


def allreduce_time(system: System, n_bytes: int) -> float:
    """Seconds of an all-reduce, as in the docstring of the module."""
    n = system.n_ranks
    return 2 * math.log2(n) * system.latency + 2 * n_bytes * (n - 1) / n / system.bandwidth


def projected(fixed: float, per_row: float, n_bytes: int, batch: int) -> list[tuple[str, ...]]:
    """A row for each of `SYSTEMS`: all-reduce, efficiency of weak scaling, and rows a rank from which it is 80%."""
    flops_of_row = 6 * sum(a * b for a, b in itertools.pairwise(SIZES)) - 2 * SIZES[0] * SIZES[1]
    rows: list[tuple[str, ...]] = []
    for system in SYSTEMS:
        a, b = (fixed, per_row) if not system.flops else (20e-6, flops_of_row / system.flops)
        communication, computation = allreduce_time(system, n_bytes), a + b * batch
        enough = max(1.0, (4 * communication - a) / b)
        rows.append((
            system.name, f"{system.n_ranks}", f"{communication * 1e3:.2f} ms", f"{computation * 1e3:.2f} ms",
            f"{computation / (computation + communication):.0%}", f"{enough:,.0f}",
        ))  # fmt: skip
    return rows


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batch", type=int, default=256, help="rows a step and rank")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    batch = options.batch
    cases = [(n, size) for n in options.ranks for size in dict.fromkeys((batch, batch // n))]
    cases += [(1, size) for size in (batch // 4, batch // 2, batch) if (1, size) not in cases]
    found: dict[tuple[int, int], list[dict[str, Any]]] = {case: [] for case in cases}
    for _ in range(options.rounds):
        for n, size in cases:
            found[n, size].append(run(n, size, options.steps))
            print(
                f"{n} ranks, {size} rows each: {found[n, size][-1]['step'] * 1e3:.1f} ms", file=sys.stderr, flush=True
            )

    def step(n: int, size: int) -> float:
        return statistics.median(one["step"] for one in found[n, size])

    def allreduce(n: int, n_bytes: int) -> float:
        return statistics.median(one["allreduce"][str(n_bytes)] for one in found[n, batch])

    def efficiency(n: int, size: int) -> float:
        pairs = zip(found[1, batch], found[n, size], strict=True)
        return statistics.median(one["step"] / several["step"] for one, several in pairs)

    n_parameters = found[1, batch][0]["parameters"]
    scaling = []
    for n in options.ranks:
        weak, strong = step(n, batch), step(n, batch // n)
        scaling.append((
            f"{n}", f"{weak * 1e3:.1f} ms", f"{efficiency(n, batch):.0%}", f"{strong * 1e3:.1f} ms",
            f"{efficiency(n, batch // n) / n:.0%}", f"{allreduce(n, 4 * n_parameters) * 1e3:.1f} ms",
        ))  # fmt: skip
    messages, most = [4 * n for n in MESSAGES], options.ranks[-1]
    sizes = [size for n, size in cases if n == 1]
    per_row, fixed = np.polyfit(sizes, [step(1, size) for size in sizes], 1)
    text = "\n\n".join((
        heading(f"Scaling of {'-'.join(map(str, SIZES))} over MPI ranks", typed("scaling")).rstrip(),
        f"{n_parameters:,} parameters, one thread a rank. Weak scaling: {batch} rows a step and rank. Strong scaling: "
        f"{batch} rows a step for all ranks together.",
        markdown(("ranks", "weak: step", "efficiency", "strong: step", "efficiency", "all-reduce of g"), scaling),
        f"All-reduce of an array, {most} ranks:",
        markdown(
            [f"{size / 1024:,.0f} KiB" for size in messages],
            [[f"{allreduce(most, size) * 1e6:,.0f} us" for size in messages]],
        ),
        f"Projection, with a step of {fixed * 1e3:.1f} ms + {per_row * 1e6:.0f} us a row on this processor. Latencies, "
        "bandwidths and the speed of a GPU are assumptions:",
        markdown(
            ("system", "ranks", "all-reduce", f"computation, {batch} rows", "efficiency", "rows a rank for 80%"),
            projected(float(fixed), float(per_row), 4 * n_parameters, batch),
        ),
    ))  # fmt: skip
    publish(text, "scaling-cpu", options.write, {f"{n} ranks, {size} rows": of for (n, size), of in found.items()})


if __name__ == "__main__":
    main()
