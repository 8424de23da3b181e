"""How far gpunn and scikit-learn are apart where they do the same.

    python -m benchmarks.agreement [--write]

Both start from the same weights and take the same batches in the same order, in float64. The gradient is what one plain
step of all rows with learning rate 1 takes from the weights. A column is the largest absolute difference.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier as Peer

from benchmarks.tables import arguments, heading, markdown, publish, typed
from gpunn import MLPClassifier

SIZES = (64, 20, 12, 10)
ROWS, BATCH, EPOCHS = 200, 20, 10  # 100 steps

ACTIVATIONS = ("identity", "logistic", "tanh", "relu")
METHODS: dict[str, dict[str, Any]] = {
    "adam": {"solver": "adam", "learning_rate_init": 0.01},
    "sgd": {"solver": "sgd", "momentum": 0.0},
    "sgd, momentum": {"solver": "sgd", "nesterovs_momentum": False},
    "sgd, Nesterov": {"solver": "sgd"},
    "sgd, invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.2},
    # Every second epoch is a plateau of such a tolerance, so the rate does fall.
    "sgd, adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 10.0, "n_iter_no_change": 1},
}


def start(n_in: int, n_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases of a layer at the start."""
    rng = np.random.default_rng([n_in, n_out])
    return rng.standard_normal((n_in, n_out)) / np.sqrt(n_in), 0.1 * rng.standard_normal(n_out)


class Theirs(Peer):
    """scikit-learn's classifier from those weights."""

    def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
        W, b = start(fan_in, fan_out)
        return W.astype(dtype), b.astype(dtype)


def ours(**parameters: Any) -> MLPClassifier:
    """gpunn's from the same."""
    return MLPClassifier(
        weight_init=lambda xp, rng, n_in, n_out: start(n_in, n_out)[0],
        bias_init=lambda xp, rng, n_in, n_out: start(n_in, n_out)[1],
        **parameters,
    )


def trained(**parameters: Any) -> tuple[Any, Any, np.ndarray]:
    """Both, trained on the same rows, and rows to predict."""
    X, y = load_digits(return_X_y=True)
    X = X / 16
    common = {"hidden_layer_sizes": SIZES[1:-1], "shuffle": False, "random_state": 0, **parameters}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # neither is to converge
        pair = [make(**common).fit(X[:ROWS], y[:ROWS]) for make in (ours, Theirs)]
    return *pair, X[ROWS : 2 * ROWS]


def apart(a: Any, b: Any) -> float:
    """The largest difference of the weights."""
    return max(
        float(np.abs(x - y).max()) for x, y in zip(a.coefs_ + a.intercepts_, b.coefs_ + b.intercepts_, strict=True)
    )


def compare(activation: str, method: str) -> dict[str, float]:
    """All differences for a hidden activation and a method."""
    plain = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 1.0, "batch_size": ROWS, "max_iter": 1}
    a, b, _ = trained(activation=activation, alpha=1.0, **plain)
    found = {"cost": abs(a.loss_curve_[0] - b.loss_curve_[0]), "gradient": apart(a, b)}
    settings = {"learning_rate_init": 0.1, "tol": 0.0, "n_iter_no_change": 50, **METHODS[method]}
    a, b, X = trained(activation=activation, alpha=1.0, batch_size=BATCH, max_iter=EPOCHS, **settings)
    return found | {
        "probabilities": float(np.abs(a.predict_proba(X) - b.predict_proba(X)).max()),
        "weights": apart(a, b),
        "cost of each epoch": float(np.abs(np.subtract(a.loss_curve_, b.loss_curve_)).max()),
    }


def main() -> None:
    options = arguments(__doc__).parse_args()
    found = {f"{method}, {hidden}": compare(hidden, method) for method in METHODS for hidden in ACTIVATIONS}
    columns = list(next(iter(found.values())))
    rows = [[name, *(f"{values[column]:.1e}" for column in columns)] for name, values in found.items()]
    text = "\n".join((
        heading(f"Agreement with scikit-learn, {'-'.join(map(str, SIZES))}, float64", typed("agreement")),
        f"The largest absolute differences: of cost and gradient at the same weights, for {ROWS} digits, and after 100"
        " steps from them.",
        "",
        markdown(["method, hidden activation", *columns], rows),
    ))  # fmt: skip
    publish(text, "agreement-cpu", options.write, found)


if __name__ == "__main__":
    main()
