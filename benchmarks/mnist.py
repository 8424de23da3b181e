"""MNIST by a plain network: 784-256-128-10, ReLU, softmax with log-likelihood, Adam, 20 epochs.

python -m benchmarks.mnist mnist.npz
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

import numpy as np

from benchmarks.tables import heading, markdown, publish
from gpunn import MLPClassifier


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="an .npz file with X, y, X_test, y_test")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="keep the table under benchmarks/results/")
    options = parser.parse_args()
    data = np.load(options.data)
    X, X_test = ((data[name] / np.float32(255)).astype("float32") for name in ("X", "X_test"))
    rows, errors = [], []
    for seed in range(options.seeds):
        clf = MLPClassifier(
            (256, 128),
            "relu",
            solver="adam",
            cost="log_likelihood",
            weight_init="he_normal",
            batch_size=128,
            learning_rate="cosine",
            learning_rate_init=1e-3,
            max_iter=20,
            n_iter_no_change=20,
            random_state=seed,
            device=options.device,
        )
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # to end at the limit is the plan
            clf.fit(X, data["y"])
        seconds = time.perf_counter() - began
        errors.append(1 - clf.score(X_test, data["y_test"]))
        rows.append((seed, f"{clf.loss_:.5f}", f"{errors[-1]:.2%}", f"{seconds:.1f} s"))
        print(*rows[-1])
    command = f"python -m benchmarks.mnist mnist.npz --device {options.device}"
    text = heading("MNIST, 784-256-128-10, Adam, 20 epochs", command, options.device)
    table = markdown(("seed", "cost", "test error", "time"), rows)
    summary = f"Median test error {statistics.median(errors):.2%}."
    publish(f"{text}\n{table}\n\n{summary}", f"mnist-{options.device}", options.write)


if __name__ == "__main__":
    main()
