"""Classifiers with their defaults on a folder of tables: gpunn's and those of its peers that are installed.

    python -m benchmarks.tabular FOLDER [--seeds 0 1 2] [--only NAME ...] [--tables NAME ...] [--drop TABLE:COLUMN ...]
        [--out FILE.jsonl] [--timeout SECONDS] [--write]

`benchmarks.splits` describes the .npz files of the folder and how rows are divided; tables of fewer than 40 rows are
left out. `benchmarks.classifiers` has the classifiers and how each is given categories and missing values;
`benchmarks.scores` the measures. Columns that are known only after the outcome should be dropped, for all classifiers.

Every fit is in a process of its own, which sees no GPU, with as many threads as there are cores. Its result is a line
of JSON, added to ``--out`` at once. Results that are there are not computed again: those of the same contents of a
table, seed, classifier, versions, and number of threads. Errors and fits that took too long are results too; to try
them again, delete their lines. Times are those of the first seed: only its fits need a machine on which nothing else
runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.charts import draw, mean_rank_chart
from benchmarks.classifiers import CLASSIFIERS
from benchmarks.fits import Fit, Record, Results, computed
from benchmarks.scores import MEASURES, Measure, mean_ranks
from benchmarks.splits import Table, divided, read
from benchmarks.tables import arguments, heading, markdown, publish, typed
from gpunn.devices.quota import usable

MIN_ROWS = 40  # LightGBM's least rows of a leaf, 20, for two leaves


class Comparison:
    """Means over the seeds by table and classifier; times are those of the first seed.

    Attributes
    ----------
    classifiers : list of str
        Those with at least one table on which no fit failed.
    tables : list of str
        Those on which no fit of these classifiers failed: means and ranks are over the same tables for all.
    means : dict
        By classifier, table and measure; without the tables on which a fit failed.
    failed : list of dict
        Results that are errors.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.failed = [record for record in records if "error" in record]
        cells: dict[tuple[str, str], list[Record]] = {}
        for record in records:
            cells.setdefault((record["classifier"], record["table"]), []).append(record)
        self.means: dict[str, dict[str, dict[str, float]]] = {}
        for (classifier, table), found in cells.items():
            if not any("error" in record for record in found):
                self.means.setdefault(classifier, {})[table] = {
                    name: float(
                        np.mean([record["scores"][name] for record in (found[:1] if measure.is_time else found)])
                    )
                    for name, measure in MEASURES.items()
                }
        self.classifiers = list(self.means)
        common = set.intersection(*map(set, self.means.values())) if self.means else set()
        self.tables = [table for table in dict.fromkeys(table for _, table in cells) if table in common]

    def summary(self) -> dict[str, dict[str, dict[str, float]]]:
        """Mean and mean rank of each measure by classifier, over the `tables`; of times the median and mean rank."""
        found: dict[str, dict[str, dict[str, float]]] = {classifier: {} for classifier in self.classifiers}
        for name, measure in MEASURES.items():
            values = np.array([[self.means[c][table][name] for c in self.classifiers] for table in self.tables])
            ranks = mean_ranks(values, measure.more_is_better)
            middle, function = ("median", np.median) if measure.is_time else ("mean", np.mean)
            for classifier, of, rank in zip(self.classifiers, function(values, axis=0), ranks, strict=True):
                found[classifier][name] = {middle: float(of), "mean rank": float(rank)}
        return found


def means_table(comparison: Comparison) -> str:
    """Mean, or of times median, and mean rank of each measure, a row for each classifier."""
    columns = ("classifier", *(measure.title for measure in MEASURES.values()))

    def cell(measure: Measure, middle: float, rank: float) -> str:
        return f"{middle:{measure.format}} ({rank:.2f})"

    rows = [
        (name, *(cell(MEASURES[measure], *values.values()) for measure, values in of.items()))
        for name, of in comparison.summary().items()
    ]
    return markdown(columns, rows)


def results_by_table(comparison: Comparison, tables: Iterable[Table]) -> str:
    """What each table is, and accuracy and log-loss of each classifier."""
    rows = []
    for table in tables:
        facts = (
            table.name,
            f"{sum(map(len, divided(table.y, seed=0))):,}",
            f"{table.X.shape[1]} ({table.X.select_dtypes('category').shape[1]})",
            f"{table.X.isna().to_numpy().mean():.1%}",
            str(table.n_classes),
        )
        cells = [
            f"{100 * means[table.name]['accuracy']:.1f} / {means[table.name]['log_loss']:.3f}"
            if table.name in means
            else "failed"
            for means in comparison.means.values()
        ]
        rows.append((*facts, *cells))
    return markdown(("table", "rows", "columns (categories)", "missing", "classes", *comparison.classifiers), rows)


def failures(records: Iterable[Record]) -> str:
    """Results that are errors, a row each."""
    columns = ("table", "seed", "classifier", "error")
    return markdown(
        columns, [[" ".join(str(one[name]).split()).replace("|", "/") for name in columns] for one in records]
    )


def notes(records: Sequence[Record]) -> str:
    """Versions of the classifiers, how each is given the columns, and the machine."""
    versions = {record["classifier"]: record["versions"] for record in records}
    lines = []
    for name, found in versions.items():
        libraries = ", ".join(f"{library} {version}" for library, version in found.items())
        lines.append(f"- {name}: {libraries}; {CLASSIFIERS[name].given}")
    processors = " and ".join(sorted({record["processor"] for record in records}))
    seeds = ", ".join(str(seed) for seed in sorted({record["seed"] for record in records}))
    return "\n".join((
        *lines,
        f"\nSeeds {seeds}; {records[0]['threads']} threads, no GPU; fits ran on {processors}. AUC of more than two "
        "classes is the mean of each against the rest; the Brier score is the squared distance to the one-hot class, "
        "halved; ECE is the expected calibration error in 15 bins.",
    ))  # fmt: skip


def report(comparison: Comparison, tables: Iterable[Table], records: Sequence[Record]) -> str:
    """All of these, in Markdown."""
    parts = []
    if comparison.tables:
        said = (
            f"Mean over {len(comparison.tables)} tables, of times the median, and in brackets mean rank (1 is best, "
            "ties averaged). Times are those of the first seed:"
        )
        parts += [said, means_table(comparison)]
    if comparison.classifiers:
        said = "Accuracy in % / log-loss by table, mean of the seeds:"
        parts += [said, results_by_table(comparison, tables)]
    if comparison.failed:
        said = "Fits that failed; means are over the tables where all classifiers that have a result have one:"
        parts += [said, failures(comparison.failed)]
    return "\n\n".join((*parts, notes(records)))


def chosen(parser: argparse.ArgumentParser, what: str, names: Sequence[str] | None, known: Sequence[str]) -> list[str]:
    """The names, all if there are none."""
    for name in names or ():
        if name not in known:
            parser.error(f"{what}: {name!r} is unknown; choose among {', '.join(map(repr, known))}")
    return list(names or known)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("folder", type=Path, help="directory of the .npz files")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", metavar="NAME", help=f"classifiers: {', '.join(map(repr, CLASSIFIERS))}")
    parser.add_argument("--tables", nargs="+", metavar="NAME", help="files, without .npz")
    parser.add_argument("--drop", nargs="+", default=[], metavar="TABLE:COLUMN", help="columns to leave out")
    parser.add_argument("--out", type=Path, default=Path("tabular.jsonl"), help="file of the results")
    parser.add_argument("--timeout", type=float, default=3600.0, metavar="SECONDS", help="longest time of a fit")
    options = parser.parse_args()
    paths = {path.stem: path for path in sorted(options.folder.glob("*.npz"))}
    if not paths:
        parser.error(f"there is no .npz file in {options.folder}")
    dropped: dict[str, list[str]] = {name: [] for name in paths}
    for pair in options.drop:
        name, _, column = pair.partition(":")
        if name not in paths or not column:
            parser.error(f"--drop: {pair!r} does not name a table of the folder and a column, as in table:column")
        dropped[name].append(column)
    names = chosen(parser, "--only", options.only, list(CLASSIFIERS))
    absent = {name: CLASSIFIERS[name].missing for name in names if CLASSIFIERS[name].missing}
    for name, modules in absent.items():
        said = f"{name} needs {' and '.join(modules)}, which is not installed"
        if options.only:
            parser.error(f"--only: {said}; install it, or leave the classifier out")
        print(f"left out: {said}")
    try:
        tables = {
            name: read(paths[name], dropped[name]) for name in chosen(parser, "--tables", options.tables, list(paths))
        }
    except ValueError as error:
        parser.error(str(error))
    for name in [name for name, table in tables.items() if len(table.y) < MIN_ROWS]:
        print(f"left out: {name}, which has {len(tables.pop(name).y)} rows; {MIN_ROWS} are needed")
    if not tables:
        parser.error(f"no table of {options.folder} has {MIN_ROWS} rows")
    versions = {name: CLASSIFIERS[name].versions() for name in names if name not in absent}
    fits = [
        (Fit(table.name, table.digest, seed, name, versions[name], usable()), paths[table.name], dropped[table.name])
        for table in tables.values()
        for seed in options.seeds
        for name in versions
    ]
    records = list(computed(fits, Results(options.out), options.timeout))
    comparison = Comparison(records)
    text = f"{heading('Classifiers on tables', typed('tabular'))}\n{report(comparison, tables.values(), records)}"
    summary = comparison.summary() if comparison.tables else {}
    numbers = {"n_tables": len(comparison.tables), "summary": summary, "means": comparison.means}
    publish(text, "tabular-cpu", options.write, numbers)
    if options.write and summary:
        draw(mean_rank_chart, numbers, options.write / "tabular-cpu.png")


if __name__ == "__main__":
    main()
