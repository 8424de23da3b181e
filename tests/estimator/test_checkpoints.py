"""A fit that is broken off at any moment and resumed gives the estimator of one that never was, bit for bit."""

from __future__ import annotations

import os
import time

import numpy as np
import pandas as pd
import pytest
from checkpointed import BASE, Break, assert_same, break_off, breaking, fit, resume, settle
from forgeries import Draft
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from gpunn import MLPClassifier
from gpunn.estimator.digests import DTYPE, VALIDATION
from gpunn.insight import diagnose
from gpunn.io import CheckpointWarning, checkpoints_in, locked
from gpunn.optim.schedules import Constant

SOLVERS = {
    "adam": {}, "adamw": {"solver": "adamw"}, "sgd": {"solver": "sgd", "learning_rate": "invscaling"},
    "muon": {"solver": "muon", "compile": False}, "schedule free": {"solver": "schedule_free_adamw"},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "learning_rate": "adaptive", "tol": 9.0,
                 "n_iter_no_change": 1},
    "no momentum": {"solver": "sgd", "momentum": 0.0}, "gd": {"solver": "gd"}, "bfgs": {"solver": "bfgs"},
    "lbfgs": {"solver": "lbfgs", "lbfgs_memory": 3}, "cg": {"solver": "cg"},
    "fletcher_reeves": {"solver": "cg", "cg_beta": "fletcher_reeves"},
}  # fmt: skip
SETTINGS = {
    "early stopping": {"early_stopping": True, "tol": 0.0, "n_iter_no_change": 3, "max_iter": 30},
    "dropout and averaging": {"dropout": 0.3, "input_dropout": 0.1, "ema_decay": 0.9, "record": "layers"},
    "warm-up and cosine": {"learning_rate": "cosine", "warmup": 2.5, "clip_norm": 0.5, "max_norm": 1.5},
    "weights and smoothing": {"class_weight": {0: 1.0, 2: 2.5}, "label_smoothing": 0.1, "scoring": "f1_macro"},
    "recovery": {"solver": "sgd", "learning_rate_init": 40.0, "on_divergence": "recover", "activation": "relu"},
    "layer norm": {"layer_norm": True, "activation": "prelu", "record": ["layers", "score"]},
    "layer norm of members": {"layer_norm": True, "n_members": 2, "record": "score"},
    "no seed": {"random_state": None}, "float32": {"dtype": "float32", "activation": "prelu"},
    "objects": {"activation": "leaky_relu", "cost": "quadratic", "output_activation": "sigmoid"},
    "an end by a plateau": {"tol": 9.0, "n_iter_no_change": 2},
}  # fmt: skip


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_goes_on_to_the_same_bits(tmp_path, iris, solver, early, compiled):
    parameters = {"early_stopping": early, "compile": compiled, "record": ["layers", "score"]} | SOLVERS[solver]
    whole = fit(*iris, **parameters)
    for at in (1, min(4, whole.n_iter_)):
        break_off(tmp_path / str(at), *iris, at=at, **parameters)
        found = resume(tmp_path / str(at), *iris)
        assert_same(found, whole)
        assert found.get_params() | {"checkpoint": None} == MLPClassifier(**(BASE | parameters)).get_params()


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_goes_on_to_the_same_bits(tmp_path, iris, setting):
    parameters = SETTINGS[setting]
    if parameters.get("random_state", 0) is None:
        break_off(tmp_path, *iris, **parameters)
        assert_same(resume(tmp_path, *iris), resume(tmp_path, *iris))
        return
    whole = fit(*iris, **parameters)
    break_off(tmp_path, *iris, at=min(3, whole.n_iter_), **parameters)
    assert_same(resume(tmp_path, *iris), whole)


NUMBERS = {
    "alpha": 0.01, "l1": 0.01, "learning_rate_init": 0.013, "beta_1": 0.87, "epsilon": 1e-7, "clip_norm": 0.3,
    "max_norm": 1.3, "dropout": 0.3, "ema_decay": 0.93, "label_smoothing": 0.13, "tol": 1e-3, "warmup": 1.5,
    "weight_decay": 0.02, "momentum": 0.8, "power_t": 0.4,
}  # fmt: skip


@pytest.mark.parametrize(("name", "compiled", "kind"), [
    (name, compiled, (np.float64, np.float32)[(number + compiled) % 2])  # each pair of the three
    for number, name in enumerate(NUMBERS) for compiled in (False, True)
])  # fmt: skip
def test_numbers_of_numpy_go_on_to_the_bits_of_plain_ones(tmp_path, iris, name, compiled, kind):
    value = kind(NUMBERS[name])
    solver = {"weight_decay": "adamw", "momentum": "sgd", "power_t": "sgd"}.get(name, "adam")
    parameters = {"dtype": "float32", "compile": compiled, "solver": solver, "learning_rate": "invscaling"}
    whole = fit(*iris, **parameters, **{name: value})
    assert_same(fit(*iris, **parameters, **{name: value.item()}), whole)
    break_off(tmp_path, *iris, **parameters, **{name: value})
    assert_same(resume(tmp_path, *iris), whole)


FRAME = pd.DataFrame({"a": np.arange(60) % 7, "b": ["x", "y", None] * 20, "c": np.linspace(0, 1, 60)})
LABELS = np.array(["no", "yes", "perhaps"])[np.arange(60) % 3]


def data(kind, iris):
    X, y = iris
    rng = np.random.default_rng(0)
    return {
        "weights": (X, y, rng.random(150)), "validation rows": (X, y, None, X[::3], y[::3], rng.random(50)),
        "sparse": (sparse.csr_array(X * (X > 0)), y), "by columns": (np.asfortranarray(X), y),
        "bytes": ((X * 20 + 100).astype("uint8"), y), "multilabel": (X, np.eye(3, dtype=int)[y]),
        "frame": (FRAME, LABELS),
    }[kind]  # fmt: skip


KINDS = ["weights", "validation rows", "sparse", "by columns", "bytes", "multilabel", "frame"]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("kind", KINDS)
def test_data_of_every_kind_are_known_again(tmp_path, iris, kind, solver):
    given = data(kind, iris)
    parameters = {"solver": solver, "early_stopping": kind == "frame"}
    whole = fit(*given, **parameters)
    break_off(tmp_path, *given, at=2, **parameters)
    assert_same(resume(tmp_path, *given), whole)


def test_data_that_are_not_those_of_the_fit_are_refused_by_what_differs(tmp_path, iris):
    X, y = iris
    weight = np.ones(150)
    break_off(tmp_path, X, y, weight, X[:30], y[:30])
    nudged, swapped = X.copy(), y.copy()
    nudged[149, 3] = np.nextafter(nudged[149, 3], 9)
    swapped[[0, 100]] = swapped[[100, 0]]
    same = {"X": X, "y": y, "sample_weight": weight, "X_val": X[:30], "y_val": y[:30]}
    for change, said in [
        ({"X": nudged}, "X"), ({"X": X[:, ::-1]}, "X"), ({"X": X.astype("float32")}, "the dtype of X"),
        ({"X": np.asfortranarray(X)}, "X"), ({"X": X[::-1]}, "X"), ({"y": swapped}, "y"),
        ({"y": y + 1, "y_val": y[:30] + 1}, "y"), ({"y": y.astype("int32"), "y_val": y[:30]}, "y"),
        ({"sample_weight": None}, "sample_weight"), ({"sample_weight": weight * 2}, "sample_weight"),
        ({"X_val": X[1:31]}, VALIDATION), ({"X_val": None, "y_val": None}, VALIDATION),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match="the data are not those of the fit") as caught:
            resume(tmp_path, **(same | change))
        assert f": they differ in {said}. Give" in str(caught.value), change
    assert resume(tmp_path, **same).n_iter_ == 9


def test_checkpoints_of_before_the_dtype_of_X_was_kept_are_resumed(tmp_path, iris):
    break_off(tmp_path, *iris)
    for path in checkpoints_in(tmp_path).values():
        draft = Draft(path.read_bytes())
        del draft.values["data"][DTYPE]
        path.write_bytes(draft.together())
    assert_same(resume(tmp_path, *iris), fit(*iris))


def test_columns_of_other_names_and_categories_are_refused(tmp_path):
    break_off(tmp_path, FRAME, LABELS)
    for frame in (FRAME.rename(columns={"a": "d"}), FRAME.replace({"b": {"x": "w"}})):
        with pytest.raises(ValueError, match="differ in the names or kinds of its columns"):
            resume(tmp_path, frame, LABELS)


def test_a_damaged_newest_checkpoint_is_passed_over(tmp_path, iris):
    break_off(tmp_path, *iris)
    newest = [*checkpoints_in(tmp_path).values()][-1]
    newest.write_bytes(newest.read_bytes()[:-8])
    with (
        pytest.warns(CheckpointWarning, match=f"{newest.name}: the checksum does not fit.*goes on from .*000003"),
        pytest.warns(ConvergenceWarning),
    ):
        found = MLPClassifier.resume(tmp_path, *iris)
    assert_same(found, fit(*iris))
    for path in checkpoints_in(tmp_path).values():
        path.write_bytes(b"")
    with pytest.raises(ValueError, match="all its checkpoints are damaged"):
        resume(tmp_path, *iris)


def test_a_forged_checkpoint_is_refused(tmp_path, iris):
    break_off(tmp_path, *iris)
    newest = [*checkpoints_in(tmp_path).values()][-1]
    sound = Draft(newest.read_bytes())
    for change, said in [
        (lambda v: v["settings"].update(seed=4), "not that of a training"),
        (lambda v: v["settings"].pop("seed"), "seed"),
        (lambda v: v["settings"].update(seed="3"), "seed"), (lambda v: v["settings"].update(record="all"), "record"),
        (lambda v: v["settings"].update(checkpoint_every=0), "checkpoint_every"),
        (lambda v: v["settings"].update(record="layers"), "records of layers"),
        (lambda v: v["manifest"]["network"]["hidden"].update(size=8), "shape"),
        (lambda v: v["manifest"]["network"]["hidden"].update(size="x"), "size"),
        (lambda v: v["manifest"]["training"].update(cost="hinge"), "cost"),
        (lambda v: v["manifest"]["training"]["optimize"].update(method="sgd"), "method"),
        (lambda v: v["manifest"]["training"]["optimize"].update(method="lbfgs"), "method"),
        (lambda v: v["data"].update(X="0" * 32), "differ in X."), (lambda v: v["data"].pop("y"), "differ in y."),
        (lambda v: v["data"].update(Z="0"), "differ in Z."), (lambda v: v["values"].pop("epoch"), "epoch is missing"),
        (lambda v: v["values"].update({"layers.x": v["values"]["epoch"]}), "records of layers"),
        (lambda v: v.update(features={"columns": 3}), ""),
    ]:  # fmt: skip
        draft = sound.copy()
        change(draft.values)
        newest.write_bytes(draft.together())
        with pytest.raises(ValueError) as caught:
            resume(tmp_path, *iris)
        assert said in str(caught.value) and len(str(caught.value)) < 1000
    newest.write_bytes(sound.together())
    assert_same(resume(tmp_path, *iris), fit(*iris))


def test_a_folder_with_checkpoints_is_not_mixed_with_another_fit(tmp_path, iris):
    fit(*iris, checkpoint=tmp_path)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(FileExistsError, match=r"checkpoints of another fit, 2 of them\. Go on with that one by"):
        fit(*iris, checkpoint=tmp_path)
    assert sorted(os.listdir(tmp_path)) == before


def test_what_is_tried_on_a_copy_writes_no_checkpoints(tmp_path, iris):
    clf = fit(*iris, checkpoint=tmp_path, learning_rate_init=1e-6)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    diagnose(clf, *iris, try_remedies=True)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_fit_that_has_ended_is_resumed_to_its_end(tmp_path, iris):
    for name, end in {
        "callback": lambda history: history.n_iter == 4, "max_iter": None, "time_limit": None,
    }.items():  # fmt: skip
        limit = {"time_limit": 1e-9} if name == "time_limit" else {}
        whole = fit(*iris, checkpoint=tmp_path / name, callback=end, **limit)
        assert whole.history_.stopped == name
        assert_same(resume(tmp_path / name, *iris), whole)


def test_time_that_was_taken_before_counts(tmp_path, iris):
    def slow(history):
        time.sleep(0.05)
        breaking(5)(history)

    with pytest.raises(Break):
        fit(*iris, checkpoint=tmp_path, callback=slow, time_limit=0.35, max_iter=1000)
    found = resume(tmp_path, *iris, callback=lambda history: time.sleep(0.05))
    assert found.history_.stopped == "time_limit" and 5 <= found.n_iter_ <= 8
    assert found.history_.seconds == sorted(found.history_.seconds)


@pytest.mark.parametrize(
    ("every", "at", "expected"), [(1, 8, [6, 7]), (3, 8, [3, 6]), ("1h", 8, [0]), ("0.0001s", 8, [6, 7])]
)
def test_checkpoints_are_written_as_often_as_asked(tmp_path, iris, every, at, expected):
    break_off(tmp_path, *iris, at=at, checkpoint_every=every)
    assert list(checkpoints_in(tmp_path)) == expected
    assert_same(resume(tmp_path, *iris), fit(*iris))


def test_no_other_training_writes_to_the_folder(tmp_path, iris):
    seen = []

    def second(history):
        with pytest.raises(BlockingIOError, match="another training writes to this folder"):
            MLPClassifier.resume(tmp_path, *iris)
        settle()
        seen.append(set(os.listdir(tmp_path)) - {path.name for path in checkpoints_in(tmp_path).values()})

    fit(*iris, checkpoint=tmp_path, callback=second)
    resume(tmp_path, *iris)
    assert seen == [{".gpunn-fit.lock"}] * 9 and len(os.listdir(tmp_path)) == 2
    (tmp_path / "new").mkdir()
    with locked(tmp_path / "new", "fit"):
        clf = MLPClassifier(**BASE, checkpoint=tmp_path / "new")
        with pytest.raises(BlockingIOError, match="another training writes to this folder"):
            clf.fit(*iris)
    assert not hasattr(clf, "theta_") and os.listdir(tmp_path / "new") == []


def test_a_checkpoint_of_another_version_is_resumed_with_a_warning_and_of_another_layout_refused(tmp_path, iris):
    break_off(tmp_path, *iris)
    newest = [*checkpoints_in(tmp_path).values()][-1]
    draft = Draft(newest.read_bytes())
    draft.values["version"] = "0.0.9"
    newest.write_bytes(draft.together())
    with (
        pytest.warns(CheckpointWarning, match=f"{newest.name} was written by gpunn 0.0.9, and this is gpunn"),
        pytest.warns(ConvergenceWarning),
    ):
        MLPClassifier.resume(tmp_path, *iris)
    newest = [*checkpoints_in(tmp_path).values()][-1]
    draft.format = "gpunn-checkpoint-2"
    newest.write_bytes(draft.together())
    with pytest.raises(ValueError, match=r"format is 'gpunn-checkpoint-2', written by gpunn 0.0.9, and gpunn .* reads"):
        resume(tmp_path, *iris)


def test_labels_of_another_length_are_named(tmp_path, iris):
    X, y = iris
    break_off(tmp_path, X, y, None, X[:30], y[:30])
    with pytest.raises(ValueError, match=r"^y has 149 labels, and X has 150 rows"):
        resume(tmp_path, X, y[:-1], None, X[:30], y[:30])
    with pytest.raises(ValueError, match=r"^y_val has 29 labels, and X_val has 30 rows"):
        resume(tmp_path, X, y, None, X[:30], y[:29])


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_the_profile_of_a_resumed_fit_counts_its_own_steps(tmp_path, iris, solver):
    whole = fit(*iris, solver=solver)
    break_off(tmp_path, *iris, solver=solver, at=5)
    found = resume(tmp_path, *iris)
    a, b = found.history_.profile, whole.history_.profile
    before = found.history_.evaluations - a.n_steps
    assert before > 0 and b.n_steps == whole.history_.evaluations == found.history_.evaluations
    assert a.flops / b.flops == pytest.approx(a.n_steps / b.n_steps)


@pytest.mark.parametrize(("parameters", "said"), [
    ({"warm_start": True}, "checkpoint=.* does not go with warm_start=True"),
    ({"learning_rate": Constant(0.1)}, "learning_rate=.* is an object without a name"),
    ({"random_state": np.random.RandomState(0)}, "random_state=.* is an object without a name"),
])  # fmt: skip
def test_what_cannot_be_resumed_is_refused_before_training(tmp_path, iris, parameters, said):
    with pytest.raises(ValueError, match=said):
        fit(*iris, checkpoint=tmp_path / "run", **parameters)
    assert os.listdir(tmp_path) == []
