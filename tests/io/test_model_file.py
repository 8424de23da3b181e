"""A model file brings back what was saved, bit for bit, or is refused; it is written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy
from sklearn.exceptions import ConvergenceWarning

import gpunn
from gpunn import MLPClassifier
from gpunn.nn.activations import ACTIVATIONS, ELU, LeakyReLU, PReLU
from gpunn.training.history import History

ROWS = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")


def trained(y=None, dtype="float32", X=ROWS, **parameters):
    """A small classifier after two epochs."""
    y = np.arange(40) % 3 if y is None else y
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        settings = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0, **parameters}
        return MLPClassifier(**settings, dtype=dtype).fit(X, y)


@pytest.fixture
def saved(tmp_path):
    """The path of a saved classifier of three classes."""
    trained().save(tmp_path / "model.gpunn")
    return tmp_path / "model.gpunn"


CODES = np.arange(40) % 3
LABELS = {
    "text": np.array(["b", "a", "ü €\n\"'"])[CODES], "objects": np.array(["b", "", "a" * 300], object)[CODES],
    "numpy text in objects": np.array([np.str_("x"), np.str_("y"), np.str_("z")], object)[CODES],
    "seal": np.array(['"sha256":"' + "0" * 64 + '"', "0" * 64, "x"], object)[CODES],
    "int64": CODES * 10**12 - 1, "int8": CODES.astype("int8") - 1, "uint64": CODES.astype("uint64") + 2**63,
    "big endian": CODES.astype(">i4"), "bool": CODES == 1, "float64": CODES / 1.0, "float32": CODES.astype("float32"),
    "two": CODES == 0, "two texts": np.array(["no", "yes"])[CODES % 2],
}  # fmt: skip


def both(clf, path, X=ROWS):
    """The classifier read back, after it was found to be the same."""
    clf.save(path)
    again = gpunn.load(path)
    for name in ("predict_proba", "predict_log_proba", "decision_function", "predict"):
        a, b = getattr(clf, name)(X), getattr(again, name)(X)
        assert a.dtype == b.dtype and a.tobytes() == b.tobytes() if a.dtype != object else a.tolist() == b.tolist()
    assert np.array_equal(again.theta_, clf.theta_) and again.theta_.dtype == clf.theta_.dtype
    assert again.history_ == clf.history_
    assert again.network_ == clf.network_ and again.head_ == clf.head_
    assert again.out_activation_ == clf.out_activation_
    for name in ("loss_curve_", "loss_", "best_loss_", "validation_scores_", "best_validation_score_", "n_iter_"):
        assert getattr(again, name) == getattr(clf, name)
    assert again.classes_.dtype == clf.classes_.dtype or clf.classes_.dtype.kind == "U"
    assert again.classes_.tolist() == clf.classes_.tolist()
    return again


@pytest.mark.parametrize("name", LABELS)
def test_labels_of_every_kind_come_back(tmp_path, name):
    both(trained(LABELS[name]), tmp_path / "m")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", [*ACTIVATIONS, LeakyReLU(0.3), PReLU(0.1, shared=True), ELU(0.5)], ids=str)
def test_every_activation_comes_back(tmp_path, activation, dtype):
    again = both(trained(activation=activation, dtype=dtype), tmp_path / "m")
    assert again.theta_.dtype == dtype


@pytest.mark.parametrize("parameters", [
    {"output_activation": "prelu", "cost": "quadratic"}, {"output_activation": PReLU(0.5, True), "cost": "quadratic"},
    {"output_activation": "tanh", "cost": "cross_entropy"}, {"output_activation": "softmax", "cost": "cross_entropy"},
    {"layer_norm": True}, {"layer_norm": True, "hidden_layer_sizes": (4, 3), "activation": ["prelu", "softmax"]},
    {"hidden_layer_sizes": ()}, {"hidden_layer_sizes": (4, 3), "activation": ["prelu", "tanh"], "dropout": [0, 0.5]},
    {"solver": "lbfgs"}, {"solver": "bfgs"}, {"solver": "cg", "early_stopping": True}, {"n_iter_no_change": np.inf},
    {"early_stopping": True, "validation_fraction": 0.2}, {"learning_rate_init": 1, "solver": "sgd"},
    {"output_activation": "relu"}, {"alpha": np.float64(0.5), "max_iter": np.int64(3)},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("y", [CODES, CODES == 1])
def test_every_kind_of_network_and_training_comes_back(tmp_path, parameters, y):
    both(trained(y, **parameters), tmp_path / "m")


def test_multilabel_problems_come_back(tmp_path):
    Y = np.stack([CODES == 1, CODES != 1, CODES == 2], axis=1).astype(int)
    assert both(trained(Y), tmp_path / "m").predict(ROWS).shape == (40, 3)


def test_a_history_of_divergence_comes_back(tmp_path):
    with pytest.warns(gpunn.DivergenceWarning):
        clf = trained(solver="sgd", learning_rate_init=1e30, activation="identity")
    clf.save(tmp_path / "m")
    assert repr(gpunn.load(tmp_path / "m").history_) == repr(clf.history_)  # NaN is not equal to itself


def test_notes_of_a_history_come_back_and_files_without_them_are_read(tmp_path):
    y = np.where(np.arange(40) == 7, 3, CODES)
    history = trained(y, early_stopping=True).history_
    assert len(history.notes) == 1 and History.from_dict(history.to_dict()) == history
    form = history.to_dict()
    del form["notes"]
    assert History.from_dict(form) == replace(history, notes=[])


def test_names_features_and_target_come_back(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"a": ROWS[:, 0], "b": ["x", "y"] * 20, "ü": ROWS[:, 1]})
    clf = trained(X=frame)
    clf.target_ = "class"
    clf.save(tmp_path / "m")
    again = gpunn.load(tmp_path / "m")
    assert again.features_ == clf.features_ and again.target_ == "class"
    assert again.feature_names_in_.tolist() == ["a", "b", "ü"] and again.n_features_in_ == 3
    assert np.array_equal(again.predict_proba(frame), clf.predict_proba(frame))
    plain = both(trained(), tmp_path / "m")
    assert not any(hasattr(plain, name) for name in ("features_", "target_", "feature_names_in_"))


def test_what_was_read_can_be_saved_cloned_and_trained_on(saved, tmp_path):
    clf = gpunn.load(saved)
    both(clf, tmp_path / "again")
    assert clf.get_params()["hidden_layer_sizes"] == (4,)
    before = clf.theta_.copy()
    clf.partial_fit(ROWS, CODES)
    assert not np.array_equal(before, clf.theta_)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_layer_sizes": (5,)}, r"sizes \(3, 5, 3\).* sizes \(3, 4, 3\)"),
        ({"hidden_layer_sizes": (4, 4)}, "sizes .*, hidden activations "),
        ({"activation": "tanh"}, "hidden activations .*Tanh.*ReLU"),
        ({"activation": "prelu"}, "hidden activations .*PReLU.*ReLU"),
        (
            {"cost": "quadratic"},
            "output with IdentityQuadratic.*, but the weights were trained with SoftmaxLogLikelihood",
        ),
        ({"n_members": 2}, "n_members=2 is not that of the model"),
    ],
)
def test_parameters_of_another_network_are_not_saved_with_the_weights(saved, change, message):
    """The file would have been another model: a network that reads the weights in another way, or none at all."""
    clf, before = gpunn.load(saved), saved.read_bytes()
    clf.set_params(**change)
    with pytest.raises(ValueError, match=message):
        clf.save(saved)
    assert saved.read_bytes() == before
    clf.set_params(hidden_layer_sizes=[4], activation="relu", cost="log_likelihood", n_members=1, alpha=1.0)
    both(clf, saved)


def test_reading_runs_nothing(saved, monkeypatch):
    import builtins
    import pickle

    def refuse(*args, **kwargs):
        raise AssertionError("something was run")

    gpunn.load(saved)  # whatever is imported late is there now
    for module, name in [
        (pickle, "loads"),
        (pickle, "load"),
        (pickle, "Unpickler"),
        (builtins, "eval"),
        (os, "system"),
    ]:
        monkeypatch.setattr(module, name, refuse)
    modules = set(sys.modules)
    gpunn.load(saved)
    assert set(sys.modules) == modules


@pytest.mark.parametrize(
    "change", [{"max_iter": -5}, {"cross_validation": 2}, {"solver": "schedule_free_adamw", "ema_decay": 0.9}]
)
def test_parameters_of_no_training_are_refused_on_writing(tmp_path, change):
    clf = trained()
    clf.set_params(**change)
    with pytest.raises(ValueError, match=rf"{[*change][-1]}=.*The file could not be read: set the parameter back"):
        clf.save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_classes_of_other_kinds_are_refused_on_writing(tmp_path):
    clf = trained()
    clf.classes_ = np.array(["2020-01-01", "2020-01-02"], "datetime64[D]")
    with pytest.raises(ValueError, match=r"datetime64.* cannot be written"):
        clf.save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


# Damage


def test_every_cut_is_refused(saved):
    data = saved.read_bytes()
    for length in [*range(24), *np.linspace(24, len(data) - 1, 50, dtype=int)]:
        saved.write_bytes(data[:length])
        with pytest.raises(ValueError, match=r"model\.gpunn: "):
            gpunn.load(saved)
    for more in (b"\0", b" ", data):
        saved.write_bytes(data + more)
        with pytest.raises(ValueError, match="checksum"):
            gpunn.load(saved)


def test_every_change_of_a_byte_is_refused(saved):
    data = saved.read_bytes()
    rng = np.random.default_rng(0)
    n_head = 8 + int.from_bytes(data[:8], "little")
    # Blanks after the header are where a parser cannot tell: all of them, and the checksum, by every change.
    seal = data.index(b'"sha256":"') + 10
    places = [*range(8), *range(len(data[:n_head].rstrip(b" ")) - 1, n_head), *range(seal, seal + 64)]
    changes = [(at, data[at] ^ bit) for at in places for bit in (1, 32, 0x20 ^ 9, 0x20 ^ 10)]
    random = rng.integers(0, len(data), 150), rng.integers(0, n_head, 150)
    changes += [(at, data[at] ^ (1 << int(rng.integers(8)))) for at in random[0]]
    changes += [(at, int(rng.integers(256))) for at in random[1]]
    for at, value in changes:
        if value != data[at]:
            saved.write_bytes(data[:at] + bytes([value]) + data[at + 1 :])
            with pytest.raises(ValueError, match=r"model\.gpunn: "):
                gpunn.load(saved)
    saved.write_bytes(data)
    gpunn.load(saved)


@pytest.mark.parametrize("data", [
    b"", b"\0" * 8, b"\xff" * 100, b"PK\x03\x04" * 100, safetensors.numpy.save({"a": np.ones(3)}),
    safetensors.numpy.save({"1.W": np.ones((3, 4))}, {"format": "gpunn-1"}),
    safetensors.numpy.save({"1.W": np.ones((3, 4))}, {"format": "gpunn-1", "sha256": "0" * 64}),
])  # fmt: skip
def test_another_file_is_refused(tmp_path, data):
    path = tmp_path / "m.gpunn"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"m\.gpunn: "):
        gpunn.load(path)


def test_a_path_that_leads_to_no_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"):
        gpunn.load(tmp_path / "none")
    with pytest.raises(IsADirectoryError, match="is a folder; give the name of a file in it"):
        gpunn.load(tmp_path)


# Writing


@pytest.mark.parametrize("function", ["replace", "fsync"])
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "no space", "temporary"), OSError("bad disk"), KeyboardInterrupt()]
)
def test_a_write_that_fails_leaves_all_as_it_was(saved, monkeypatch, function, error):
    before = saved.read_bytes()

    def fail(*args):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, function, fail)
        for path in (saved, saved.with_name("new")):
            with pytest.raises(type(error)) as caught:
                trained(CODES == 1).save(path)
            if getattr(error, "filename", None):
                assert caught.value.filename == str(path) and caught.value.errno == errno.ENOSPC
    assert list(saved.parent.iterdir()) == [saved]
    assert saved.read_bytes() == before
    trained(CODES == 1).save(saved)  # it was only the monkey
    assert saved.read_bytes() != before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no/m\.gpunn: there is no folder .*no\. Make it"):
        trained().save(tmp_path / "no" / "m.gpunn")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        trained().save(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_what_is_no_plain_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileExistsError, match="no plain file"):
        trained().save(tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_permissions_and_links_stay(saved):
    mask = os.umask(0o027)
    try:
        trained().save(saved.with_name("new"))
    finally:
        os.umask(mask)
    assert stat.S_IMODE(saved.with_name("new").stat().st_mode) == 0o640
    saved.chmod(0o600)
    link = saved.with_name("link")
    link.symlink_to(saved)
    trained(CODES == 1).save(link)
    assert link.is_symlink() and len(gpunn.load(saved).classes_) == 2
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


def test_a_name_as_long_as_the_system_allows_is_taken(tmp_path):
    trained().save(tmp_path / ("m" * 255))
    gpunn.load(tmp_path / ("m" * 255))
