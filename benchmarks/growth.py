"""How the time of training grows: with rows, with width, and with members trained at once; a table and a chart.

    python -m benchmarks.growth [--write] [--only members]

One epoch of Adam in float32 through `gpunn.training.minibatch.Minibatch`, compiled where that goes; what is compiled
is so before any timing. Contenders run in processes of their own and take turns, size by size, round after round; each
figure is the median over the rounds, each ratio the median of the ratios within a round. A slope is that of a line
through the logarithms: 1 is proportional growth.

- rows: an epoch of 54-64-64-7, batch 256, as a training of its own;
- width: a step of 784-width-10, batch 256, beside its bare matrix products;
- members: an epoch of 80 steps (``--member-steps``) of m networks 54-64-64-7 at once, theta (m, P), beside m trainings
  one by one, and beside their bare matrix products on one core, divided by the number of cores.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.charts import draw, growth
from benchmarks.contenders import Floor, Gpunn, Work
from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from benchmarks.turns import Race
from gpunn.devices import cores
from gpunn.training import loop as training_loop
from gpunn.training.history import History

SMALL, BATCH = (54, 64, 64, 7), 256
Built = tuple[Callable[[], None], float, History]  # a turn, what its time is divided by, and where it says its path


def epoch_of_rows(n_steps: int) -> Built:
    return _epoch(Work(SMALL, BATCH, n_steps), 1)


def step_of_width(width: int) -> Built:
    work = _wide(width)
    return _epoch(work, work.n_steps)


def products_of_width(width: int) -> Built:
    work = _wide(width)
    floor, order = Floor(work), np.arange(0)
    return lambda: floor.epoch(order), work.n_steps, History()


def members_at_once(m: int, n_steps: int) -> Built:
    ours = Gpunn(Work(SMALL, BATCH, n_steps))
    progress = ours.trainer.start(ours.device, _thetas(ours, m))

    def turn() -> None:
        training_loop.run(ours.trainer, ours.device, ours.objective, progress, ours.rows)

    return turn, 1, progress.history


def one_by_one(m: int, n_steps: int, compiled: bool) -> Built:
    ours = Gpunn(Work(SMALL, BATCH, n_steps))
    trainer = replace(ours.trainer, compiled=compiled)
    each = [trainer.start(ours.device, theta.copy()) for theta in _thetas(ours, m)]

    def turn() -> None:
        for progress in each:
            training_loop.run(trainer, ours.device, ours.objective, progress, ours.rows)

    return turn, 1, each[0].history


def products_of_members(m: int, n_steps: int) -> Built:
    """Those of one member on one core, counted for m members that share the cores without a wait."""
    floor, order = Floor(Work(SMALL, BATCH, n_steps)), np.arange(0)

    def turn() -> None:
        with cores.one_thread():
            floor.epoch(order)

    return turn, cores.cores() / m, History()


def _wide(width: int) -> Work:
    flops = 6 * BATCH * 794 * width
    return Work((784, width, 10), BATCH, max(4, min(40, int(2e10 / flops))))


def _epoch(work: Work, share: float) -> Built:
    ours, order = Gpunn(work), np.arange(0)
    return lambda: ours.epoch(order), share, ours.progress.history


def _thetas(ours: Gpunn, m: int) -> np.ndarray:
    noise = np.random.default_rng(2).standard_normal((m, ours.progress.theta.size), dtype=np.float32)
    return ours.progress.theta + np.float32(1e-2) * noise


def sweep(build: Callable[[int], Built], sizes: Sequence[int]) -> Generator[Any]:
    """How each size is computed, then seconds for one size after the other, again and again."""
    built = [build(size) for size in sizes]
    for turn, _, _ in built:
        turn()
    yield [history.path for *_, history in built]
    while True:
        for turn, share, _ in built:
            began = time.perf_counter()
            turn()
            yield (time.perf_counter() - began) / share


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Of the line through the logarithms; NaN for fewer than two points."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0]) if len(x) > 1 else float("nan")


def panel(title: str, x_name: str, unit: str, x: Sequence[int], times: dict[str, list[list[float]]]) -> dict[str, Any]:
    """What chart and table show: medians, ratios of the first to the others, slopes in all and of the upper half."""
    medians = {name: [statistics.median(t) for t in per_size] for name, per_size in times.items()}
    ours = next(iter(times))
    upper = len(x) // 2 if len(x) > 3 else 0
    return {
        "title": title,
        "x_label": x_name,
        "y_label": f"time of {unit}",
        "base": 10 if x_name == "rows" else 2,
        "x": list(x),
        "series": medians,
        "ratios": {
            name: [ratio(a, b) for a, b in zip(times[ours], times[name], strict=True)] for name in times if name != ours
        },
        "slopes": {name: slope(x[upper:], y[upper:]) for name, y in medians.items()},
        "slopes in all": {name: slope(x, y) for name, y in medians.items()},
        "slopes from": x[upper],
    }


def table(found: dict[str, Any]) -> str:
    """The panel as a table, its slopes below."""
    names = list(found["series"])
    lines = []
    for i, x in enumerate(found["x"]):
        cells = [
            duration(found["series"][name][i])
            + (f" ({found['ratios'][name][i]:.2f}x)" if name in found["ratios"] else "")
            for name in names
        ]
        lines.append((f"{x:,}", *cells))
    lines.append(("slope, all", *(f"{found['slopes in all'][name]:.2f}" for name in names)))
    lines.append((f"slope, from {found['slopes from']:,}", *(f"{found['slopes'][name]:.2f}" for name in names)))
    return f"## {found['title']}\n\n" + markdown((found["x_label"], *names), lines)


def measured(sizes: Sequence[int], builders: dict[str, Any], rounds: int) -> tuple[dict[str, list[list[float]]], str]:
    """Seconds of each contender for each size in each round, and how they were computed."""
    race = Race({name: (sweep, build, sizes) for name, build in builders.items()})
    found = race.run(rounds * len(sizes), warm_up=0)
    race.close()
    paths = {name: "; ".join(dict.fromkeys(said)) for name, said in race.greetings.items() if any(said)}
    times = {name: [flat[i :: len(sizes)] for i in range(len(sizes))] for name, flat in found.items()}
    return times, "Computed: " + ", ".join(f"{name}: {path}" for name, path in paths.items()) + "."


def sixteen(times: dict[str, list[list[float]]], members: Sequence[int]) -> str:
    """The sentence on 16 members, where they were among the sizes."""
    if 16 not in members:
        return ""
    together, compiled, arrays, floor = (per_size[list(members).index(16)] for per_size in times.values())
    return (
        f"\n\n16 members of 54-64-64-7 at once against 16 single fits: {duration(statistics.median(together))} against "
        f"{duration(statistics.median(compiled))} compiled ({ratio(together, compiled):.2f}x) and "
        f"{duration(statistics.median(arrays))} by arrays ({ratio(together, arrays):.2f}x). Their bare products alone, "
        f"on all cores, would take {ratio(floor, compiled):.2f} of the compiled fits."
    )


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--only", choices=["rows", "width", "members"])
    parser.add_argument("--steps", type=int, nargs="+", default=[4, 12, 40, 120, 400, 1200, 4000], help="256 rows each")
    parser.add_argument("--widths", type=int, nargs="+", default=[2**i for i in range(4, 13)])
    parser.add_argument("--members", type=int, nargs="+", default=[2**i for i in range(7)])
    parser.add_argument("--member-steps", type=int, default=80)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    steps, widths, members = sorted(options.steps), sorted(options.widths), sorted(options.members)
    panels, texts, rounds = [], [], options.rounds
    if options.only in (None, "rows"):
        times, how = measured(steps, {"gpunn": epoch_of_rows}, rounds)
        panels.append(panel("54-64-64-7, batch 256", "rows", "an epoch", [BATCH * n for n in steps], times))
        texts.append(f"{table(panels[-1])}\n\n{how}")
        print(texts[-1], flush=True)
    if options.only in (None, "width"):
        times, how = measured(widths, {"gpunn": step_of_width, "bare GEMMs": products_of_width}, rounds)
        panels.append(panel("784-width-10, batch 256", "width of the hidden layer", "a step", widths, times))
        texts.append(f"{table(panels[-1])}\n\n{how}")
        print(texts[-1], flush=True)
    if options.only in (None, "members"):
        builders = {
            "at once": partial(members_at_once, n_steps=options.member_steps),
            "one by one, compiled": partial(one_by_one, n_steps=options.member_steps, compiled=True),
            "one by one, arrays": partial(one_by_one, n_steps=options.member_steps, compiled=False),
            "bare GEMMs, a core each": partial(products_of_members, n_steps=options.member_steps),
        }
        times, how = measured(members, builders, rounds)
        panels.append(panel("m networks 54-64-64-7, batch 256", "members m", "an epoch of all", members, times))
        texts.append(f"{table(panels[-1])}\n\n{how}{sixteen(times, members)}")
    note = "In brackets: the first column's time divided by this one's. Below each column its slopes."
    text = "\n\n".join((heading("How the time of training grows", typed("growth")).rstrip(), *texts, note))
    name = f"growth-{f'{options.only}-' if options.only else ''}cpu"
    publish(text, name, options.write, {"panels": panels})
    if options.write:
        draw(growth, {"panels": panels}, options.write / f"{name}.png")


if __name__ == "__main__":
    main()
