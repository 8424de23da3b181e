"""Nothing is found in sound networks, before training or after."""

from __future__ import annotations

import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from gpunn import MLPClassifier
from gpunn.insight import diagnose

TABLES = {
    "iris": load_iris,
    "wine": load_wine,
    "cancer": load_breast_cancer,
    "digits": load_digits,
    "shifted iris": load_iris,  # no longer scaled, and not far from it
    "scaled digits": load_digits,  # where pixels that are rare become constants other than 0
}

SOUND = [
    ("iris", {"learning_rate_init": 0.01}),
    ("iris", {"hidden_layer_sizes": (20,), "activation": "tanh", "solver": "lbfgs", "alpha": 0.1}),
    ("iris", {"hidden_layer_sizes": (16, 16), "activation": "sigmoid", "learning_rate_init": 0.03}),
    ("iris", {"hidden_layer_sizes": (), "learning_rate_init": 0.05}),
    ("wine", {"hidden_layer_sizes": (32,), "activation": "leaky_relu", "learning_rate_init": 0.01}),
    ("wine", {"hidden_layer_sizes": (20, 20), "activation": "gelu", "solver": "adamw", "learning_rate_init": 0.01}),
    ("wine", {"hidden_layer_sizes": (30,), "activation": "prelu", "solver": "sgd", "learning_rate_init": 0.1}),
    ("cancer", {"hidden_layer_sizes": (50,), "learning_rate_init": 0.005}),
    ("cancer", {"hidden_layer_sizes": (20,), "activation": "tanh", "solver": "cg", "alpha": 1.0}),
    ("cancer", {"hidden_layer_sizes": (10, 10), "activation": "elu", "solver": "bfgs", "alpha": 1.0}),
    ("digits", {"hidden_layer_sizes": (64,), "learning_rate_init": 0.01, "max_iter": 40}),
    ("digits", {"hidden_layer_sizes": (40,), "activation": "sigmoid", "learning_rate_init": 0.02, "max_iter": 40}),
    ("shifted iris", {"hidden_layer_sizes": (30,), "learning_rate_init": 0.01}),
    ("scaled digits", {"hidden_layer_sizes": (30,), "learning_rate_init": 0.01, "max_iter": 40}),
    ("digits", {"hidden_layer_sizes": (40, 20), "activation": "tanh", "learning_rate": "cosine",
                "learning_rate_init": 0.01, "max_iter": 20}),
]  # fmt: skip


@pytest.mark.parametrize(("table", "parameters"), SOUND)
def test_nothing_is_found_in_a_sound_network(fitted, table, parameters):
    X, y = TABLES[table](return_X_y=True)
    X = X / 16 if table == "digits" else StandardScaler().fit_transform(X) + 1.5 * (table == "shifted iris")
    X, X_val, y, y_val = train_test_split(X.astype("float32"), y, random_state=0, stratify=y)
    assert diagnose(MLPClassifier(random_state=0, **parameters), X, y, at="start").findings == []
    clf = fitted(X, y, **{"max_iter": 300, **parameters})
    assert clf.score(X_val, y_val) > 0.9
    assert diagnose(clf, X, y, X_val=X_val, y_val=y_val).findings == []
