"""The four networks of the post, trained by BFGS on digits of 20 x 20 pixels, as in its program.

    python -m benchmarks.post mnist.npz

The file holds X, y (n, 784) and X_test, y_test. The first 5,000 rows train, 5,000 test rows are other digits; the
middle 20 x 20 pixels of each are kept, as the post's data has them. L2 is 1.0, and the numbers of iterations are
those of the program's manifests.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np

from benchmarks.tables import heading, markdown, publish
from gpunn import MLPClassifier

NETWORKS = (  # hidden sizes, hidden activation, output activation, cost, iterations
    ((25,), "relu", "softmax", "cross_entropy", 82),
    ((25,), "sigmoid", "softmax", "cross_entropy", 69),
    ((25,), "tanh", "tanh", "cross_entropy", 173),
    ((25, 20), "relu", "softmax", "log_likelihood", 82),
)


def crop(X: np.ndarray) -> np.ndarray:
    """The middle 20 x 20 of 28 x 28 pixels, in [0, 1]."""
    return (X.reshape(-1, 28, 28)[:, 4:24, 4:24].reshape(-1, 400) / 255).astype("float32")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="an .npz file of MNIST")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--solver", default="bfgs", choices=["bfgs", "lbfgs", "cg"])
    parser.add_argument("--write", action="store_true", help="keep the table under benchmarks/results/")
    options = parser.parse_args()
    data = np.load(options.data)
    X, X_test = crop(data["X"][:5000]), crop(data["X_test"][:5000])
    y, y_test = data["y"][:5000], data["y_test"][:5000]
    rows = []
    for hidden, activation, output, cost, iterations in NETWORKS:
        clf = MLPClassifier(
            hidden,
            activation,
            solver=options.solver,
            output_activation=output,
            cost=cost,
            alpha=1.0,
            max_iter=iterations,
            tol=0,
            random_state=0,
            device=options.device,
        )
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # to end at the limit is the plan
            clf.fit(X, y)
        seconds = time.perf_counter() - began
        rows.append(
            (
                "-".join(map(str, clf.network_.sizes)),
                f"{activation} / {output}",
                cost,
                f"{clf.n_iter_} ({clf.history_.evaluations})",
                f"{clf.loss_:.3f}",
                f"{clf.score(X, y):.2%}",
                f"{clf.score(X_test, y_test):.2%}",
                f"{seconds:.1f} s",
            )
        )
        print(*rows[-1])
    columns = ("network", "hidden / output", "cost function", "iterations (evaluations)", "cost", "training accuracy",
               "accuracy on other digits", "time")  # fmt: skip
    command = f"python -m benchmarks.post mnist.npz --solver {options.solver} --device {options.device}"
    text = heading(f"The networks of the post, solver {options.solver}", command, options.device)
    publish(f"{text}\n{markdown(columns, rows)}", f"post-{options.solver}-{options.device}", options.write)


if __name__ == "__main__":
    main()
