"""What a short script waits for: the import, and a fit on 150 flowers.

    python -m benchmarks.start_up [--write]

Each import is that of a fresh process, in turn; its time is that of the import alone, from within, and so is that of
the first fit of iris after it. More fits of iris, all parameters at their defaults, take turns in one process for each
library.
"""

from __future__ import annotations

import importlib
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Generator
from typing import Any

from benchmarks.tables import arguments, duration, heading, markdown, publish, ratio, typed
from benchmarks.turns import Race

IMPORTS = {
    "gpunn": "import gpunn; gpunn.MLPClassifier",
    "scikit-learn": "import sklearn.neural_network",
}
MODULES = {"gpunn": "gpunn", "scikit-learn": "sklearn.neural_network"}


def started(library: str) -> tuple[float, float]:
    """Seconds that the import takes in a fresh process, and a first fit after it."""
    program = (
        f"import time; began = time.perf_counter(); {IMPORTS[library]}; imported = time.perf_counter() - began; "
        f"from benchmarks.start_up import fits; print(imported, next(fits({library!r}))[0])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    imported, first = map(float, said.split())
    return imported, first


def fits(library: str) -> Generator[Any]:
    """Seconds of the first fit and its number of epochs; then seconds of each."""
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    Classifier = importlib.import_module(MODULES[library]).MLPClassifier

    def fit() -> tuple[float, int]:
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the default limit of epochs ends it
            clf = Classifier(random_state=0).fit(X, y)
        return time.perf_counter() - began, clf.n_iter_

    yield fit()
    while True:
        yield fit()[0]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    imports: dict[str, list[float]] = {name: [] for name in IMPORTS}
    first: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for round_ in range(options.rounds + 1):
        for name in IMPORTS:
            imported, fitted = started(name)
            if round_:  # the first brings the files into memory
                imports[name].append(imported)
                first[name].append(fitted)
    race = Race({name: (fits, name) for name in MODULES})
    iris = race.run(options.rounds)
    race.close()
    epochs = " and ".join(f"{n} epochs by {name}" for name, (_, n) in race.greetings.items())
    rows = []
    for what, times in (("import", imports), ("fit of iris", iris), ("first fit of iris in a process", first)):
        cells = [duration(statistics.median(times[name])) for name in MODULES]
        rows.append((what, *cells, f"{ratio(times['gpunn'], times['scikit-learn']):.2f}"))
    text = "\n".join((
        heading("What a short script waits for", typed("start_up")),
        markdown(("work", *MODULES, "ratio"), rows),
        f"\nMedians of {options.rounds} rounds, the ratio that of gpunn to scikit-learn within a round. "
        f"Imported: `{'` and `'.join(IMPORTS.values())}`. Iris took {epochs}.",
    ))  # fmt: skip
    publish(text, "start-up-cpu", options.write, {"import": imports, "fit of iris": iris, "first fit of iris": first})


if __name__ == "__main__":
    main()
