"""Run all examples, and write a page with the figure, the claims and the verdicts of each.

python -m examples --output docs/figures --page docs/gallery.md
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import os
from collections.abc import Sequence
from pathlib import Path

import gpunn
from examples import common

NAMES = (
    "saturation",
    "slowdown",
    "costs",
    "softmax",
    "tanh",
    "rectifiers",
    "initial_weights",
    "diagnosis",
    "optimisers",
    "spam",
    "cpu_gpu",
)
INTRODUCTION = """# Gallery: ideas put to the test

Each idea is a script of its own, `python -m examples.NAME`; all take `--device cuda`, `--seed` and `--quick`. The
verdicts are computed, not written: where a claim says that one thing is better than another, it *held* if it was with
every seed, *held in part* if with most, else it was *contradicted*, as it also is where nothing sets the two apart. On
450 test rows 0.2% is one row. Numbers in brackets are the range over the seeds.
"""


def main(arguments: Sequence[str] | None = None) -> dict[str, common.Outcome]:
    parser = common.parser(__doc__)
    parser.add_argument("--page", type=Path, metavar="FILE", help="default: gallery.md in the folder of the figures")
    options = parser.parse_args(arguments)
    passed_on = ["--device", options.device, "--output", str(options.output), "--seed", str(options.seed)]
    outcomes = {}
    for name in NAMES:
        print(f"\n== {name} ==\n")
        example = importlib.import_module(f"examples.{name}")
        outcomes[name] = example.main([*passed_on, *(["--quick"] if options.quick else [])])
    page = options.page or options.output / "gallery.md"
    page.write_text(gallery(outcomes, os.path.relpath(options.output, page.parent), options), encoding="utf-8")
    print(f"\nwritten to {os.path.relpath(page)}")
    return outcomes


def gallery(outcomes: dict[str, common.Outcome], figures: str, options: argparse.Namespace) -> str:
    """The page, in Markdown."""
    seconds = sum(found.seconds for found in outcomes.values())
    where = next(iter(gpunn.get_device(options.device).describe().values()))  # processor or GPU
    verdicts = [claim.verdict for found in outcomes.values() for claim in found.claims]
    counts = [f"{verdicts.count(v)} {v}" for v in (common.HELD, common.IN_PART, common.CONTRADICTED, common.NOT_TESTED)]
    parts = [
        INTRODUCTION,
        f"Of {len(verdicts)} claims: {', '.join(counts)}.\n",
        f"Made by `python -m examples` in {seconds / 60:.1f} minutes ({where}), {datetime.date.today()}.\n",
        common.markdown(
            ("example", "claim", "verdict"),
            [(f"[{n}](#{n})", claim.text, claim.verdict) for n, found in outcomes.items() for claim in found.claims],
        ),
    ]
    for name, found in outcomes.items():
        title, _, text = (importlib.import_module(f"examples.{name}").__doc__ or "").partition("\n")
        parts += [
            f"\n## {name}\n",
            f"**{title}** `python -m examples.{name}`\n",
            f"![{found.alt}]({figures}/{name}.png)\n",
            text.strip("\n") + "\n",
            common.markdown(found.columns, found.rows) + "\n",
            *(f"- *{claim.text}* {claim.found} **{claim.verdict.capitalize()}.**" for claim in found.claims),
        ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
