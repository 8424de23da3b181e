"""Two builds of gpunn against each other: training steps, whole fits and predictions, before and after a change.

    git worktree add ../before REVISION
    python -m benchmarks.builds ../before [--only steps] [--rounds 4] [--write]

A machine may be slower by a third from one second to the next, and a process faster or slower than another by where
its memory lies and by which of them runs first (whole fits of one build by 10% to 20%). So each round has two pairs
of fresh processes, one in either order, whose epochs or predictions take turns. The ratio of a pair is the median of
the ratios of turns next to each other, the ratio of a round the geometric mean of its pairs, and the ratio of a work
the median of its rounds. The turns of a fit are its fifths, which are summed; fits are given more rounds instead. Each
build has a cache of its own. Before a first fit it holds what networks of another kind have in common with this one.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.build_turns import TURNS_OF_A_FIT
from benchmarks.tables import arguments, duration, heading, markdown, publish, typed
from benchmarks.train_step import WORKS
from benchmarks.whole_fit import FITS

SIDE = Path(__file__).with_name("build_turns.py")
ROUNDS_OF_FITS = 2  # for each round of steps and of predictions
PAUSE = 0.05  # seconds, until the threads of the other build sleep
OTHER_KIND = {"activation": "tanh", "solver": "sgd", "compile": True}


def works() -> dict[str, tuple[str, list[Any]]]:
    """The kind of each work, and its arguments."""
    found: dict[str, tuple[str, list[Any]]] = {}
    for work in WORKS["cpu"]:
        found[f"steps of {work.name}"] = "epochs", [work.sizes, work.batch, work.n_steps]
    work = WORKS["cpu"][1]
    found[f"steps of {work.name}, dropout 0.5"] = "epochs", [work.sizes, work.batch, work.n_steps, 0.5]
    for kind in ("first", "again"):
        for f in FITS:
            found[f"{kind} fit of {f.name}"] = "fit", [f.n, (f.d, *f.hidden, f.n_classes), f.epochs, {}]
    for n, sizes in (1, (64, 100, 10)), (100, (64, 100, 10)), (20_000, (784, 256, 10)):
        found[f"prediction of {n:,} rows by {'-'.join(map(str, sizes))}"] = "predictions", [n, sizes]
    return found


class Side:
    """A process of one build."""

    def __init__(self, build: Path, cache: Path, kind: str, work: list[Any]) -> None:
        environment = {**os.environ, "PYTHONPATH": str(build.resolve()), "XDG_CACHE_HOME": str(cache)}
        command = [sys.executable, str(SIDE), kind, json.dumps(work)]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._hear()

    def turn(self) -> float:
        """Seconds that a turn takes."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._hear()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _hear(self) -> float:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a build ended before its turn was over; its error is above")
        return float(line)


def in_turns(builds: list[Path], caches: list[Path], kind: str, work: list[Any], turns: int) -> list[list[float]]:
    """Seconds of each turn of each build, or of its whole fit, in fresh processes."""
    sides = [Side(build, cache, kind, work) for build, cache in zip(builds, caches, strict=True)]
    found: list[list[float]] = [[] for _ in sides]
    warm_up, turns = (0, TURNS_OF_A_FIT) if kind == "fit" else (3, turns)
    for turn in range(warm_up + turns):
        for side, seconds in zip(sides, found, strict=True):
            time.sleep(PAUSE)
            took = side.turn()
            if turn >= warm_up:
                seconds.append(took)
    for side in sides:
        side.close()
    return [[sum(seconds)] for seconds in found] if kind == "fit" else found


def prepare(builds: list[Path], caches: list[Path], work: list[Any], first: bool) -> None:
    """Compile into empty caches what a fit needs, or only what it shares with networks of another kind."""
    n, sizes, *_ = work
    for build, cache in zip(builds, caches, strict=True):
        shutil.rmtree(cache, ignore_errors=True)
        in_turns([build], [cache], "fit", [min(n, 1000), sizes, TURNS_OF_A_FIT, OTHER_KIND] if first else work, 1)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("before", type=Path, help="folder of the build before, a checkout of another revision")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--turns", type=int, default=15, help="epochs or predictions of each process")
    parser.add_argument("--only", default="", help="works whose names contain this")
    options = parser.parse_args()
    builds = [options.before, Path(__file__).parents[1]]
    if not (options.before / "gpunn").is_dir():
        parser.error(f"{options.before}: holds no gpunn; give the folder of a checkout")
    rows, results = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (kind, work) in works().items():
            if options.only not in name:
                continue
            caches = [Path(folder, f"{side} of {name}") for side in ("before", "after")]
            pairs: list[list[list[float]]] = []
            for pair in range(2 * options.rounds * (ROUNDS_OF_FITS if kind == "fit" else 1)):
                if kind == "fit" and (pair == 0 or name.startswith("first")):
                    prepare(builds, caches, work, name.startswith("first"))
                order = slice(None, None, -1 if pair % 2 else 1)
                pairs.append(in_turns(builds[order], caches[order], kind, work, options.turns)[order])
            of_pairs = [statistics.median(b / a for a, b in zip(*pair, strict=True)) for pair in pairs]
            ratios = [statistics.geometric_mean(both) for both in zip(of_pairs[::2], of_pairs[1::2], strict=True)]
            least = min(min(after) for _, after in pairs) / min(min(before) for before, _ in pairs)
            steps = work[2] if kind == "epochs" else 1
            rows.append(
                (
                    name,
                    *(duration(statistics.median(t for pair in pairs for t in pair[side]) / steps) for side in (0, 1)),
                    f"{statistics.median(ratios):.3f}",
                    f"{min(ratios):.2f} to {max(ratios):.2f}",
                    f"{least:.3f}",
                )
            )
            results[name] = pairs
            print(rows[-1], flush=True)
    if not rows:
        parser.error(f"--only {options.only!r}: no work has a name that contains it")
    text = "\n".join((
        heading("Two builds", typed("builds")),
        markdown(("work", "before", "after", "ratio", "of rounds", "of the fastest turns"), rows),
        f"\nMedians of {options.rounds} rounds, each of two pairs of fresh processes that take {options.turns} turns; "
        f"of fits {options.rounds * ROUNDS_OF_FITS} rounds, each of two fits by either build.",
    ))  # fmt: skip
    publish(text, "builds-cpu", options.write, results)


if __name__ == "__main__":
    main()
