"""Training compiled itself does what the arrays do, and leaves no trace where it cannot be had."""

from __future__ import annotations

import builtins
import itertools
import platform
import subprocess
import sys

import numpy as np
import pytest
from problems import SIZES, problem, same
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from gpunn import MLPClassifier
from gpunn.compile import policy
from gpunn.compile.cpu.epoch import share_of_lines
from gpunn.devices import get_device
from gpunn.nn.activations import ReLU, Softmax, Tanh
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import Adam, GradientDescent, Momentum
from gpunn.optim.schedules import InverseScaling
from gpunn.training import loop as training_loop
from gpunn.training.data import Rows
from gpunn.training.minibatch import Minibatch

CPU = get_device("cpu")


@pytest.fixture(params=[(32, 50), (512, 30), (512, 200)], ids=["data parallel", "tensor parallel", "sharded update"])
def trained(digits, request):
    """A function: theta and history of a training with digits, by the path asked for."""
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    X, _, y, _ = digits
    width, batch = request.param
    network = Network((64, width, 10), (Tanh(),))  # without a kink, where a last bit could switch a neuron on
    T = np.eye(10, dtype="float32")[y]
    theta = network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias).astype("float32")

    def train(compiled, epochs=3, dropout=()):
        steps = InverseScaling(0.01, 0.0)
        loop = Minibatch(Adam(), steps, batch, epochs, seed=0, dropout=dropout, compiled=compiled)
        progress = loop.start(CPU, theta.copy())
        return training_loop.run(loop, CPU, Objective(network, SoftmaxLogLikelihood(), l2=0.1), progress, Rows(X, T))

    return train


@pytest.mark.parametrize("dropout", [(), (0.2, 0.5)], ids=["whole", "dropped"])
def test_compiled_code_trains_as_the_arrays_do(trained, dropout):
    compiled, plain = trained(True, dropout=dropout), trained(False, dropout=dropout)
    assert compiled.history.path == "compiled"
    assert compiled.theta == pytest.approx(plain.theta, abs=2e-4)
    assert compiled.history.cost == pytest.approx(plain.history.cost, rel=1e-4)
    assert compiled.history.gradient_norm == pytest.approx(plain.history.gradient_norm, rel=1e-3)
    assert compiled.step == plain.step


def test_the_same_seed_gives_the_same_bits(trained):
    assert np.array_equal(trained(True).theta, trained(True).theta)


def several(n_members):
    """A network, and theta of n members."""
    network = Network(SIZES, (ReLU(),))
    draws = [np.random.default_rng(i) for i in range(n_members)]
    return network, np.stack([network.initial(np, rng, glorot_uniform, gaussian_bias) for rng in draws])


@pytest.mark.parametrize("method", [Adam(), Momentum()], ids=str)
@pytest.mark.parametrize("n_members", [1, 3])
def test_members_are_trained_as_each_would_be_alone(method, n_members):
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    network, members = several(n_members)
    objective, rows = Objective(network, SoftmaxLogLikelihood(), l2=0.1), problem(n=30)
    loop = Minibatch(method, InverseScaling(0.01, 0.0), 4, 2, seed=0, compiled=True)
    together = training_loop.run(loop, CPU, objective, loop.start(CPU, members.copy()), rows)
    assert together.history.path == "compiled"
    histories = []
    for i, theta in enumerate(members):
        alone = training_loop.run(loop, CPU, objective, loop.start(CPU, theta), rows)
        assert together.theta[i] == pytest.approx(alone.theta, rel=1e-12)
        histories.append((alone.history.cost, alone.history.gradient_norm))
    cost, norm = np.mean(histories, axis=0)
    assert together.history.cost == pytest.approx(cost, rel=1e-12)
    assert together.history.gradient_norm == pytest.approx(norm)
    for ours, theirs in zip(together.method_state, alone.method_state, strict=True):
        assert np.asarray(ours if ours.ndim == 1 else ours[-1]) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("n_members", [1, 3])
def test_of_each_member_is_dropped_what_the_arrays_drop(n_members):
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    network, members = several(n_members)
    objective, found = Objective(network, SoftmaxLogLikelihood()), []
    for compile_it in (True, False):
        loop = Minibatch(Adam(), InverseScaling(0.01), 4, 3, seed=0, dropout=(0.2, 0.5), compiled=compile_it)
        done = training_loop.run(loop, CPU, objective, loop.start(CPU, members.copy()), problem(n=30))
        found.append((done.theta, *done.method_state, *done.history.cost))
    same(*found, rel=1e-9)


@pytest.mark.parametrize(("sizes", "batch", "partition"), [
    ((54, 64, 64, 7), 256, "data parallel"), ((784, 256, 10), 32, "tensor parallel"),
    ((784, 1024, 1024, 10), 256, "tensor parallel"), ((784, 256, 10), 1024, "sharded update"),
])  # fmt: skip
def test_the_partition_is_that_with_the_least_traffic_between_threads(sizes, batch, partition):
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    from gpunn.compile.cpu import program

    for activation in (ReLU(), Softmax()):
        network = Network(sizes, (activation,) * (len(sizes) - 2))
        theta = np.zeros(network.n_parameters, "float32")
        objective, state = Objective(network, SoftmaxLogLikelihood()), Momentum().init(np, theta)
        chosen = program.CompiledEpoch(objective, Momentum(), theta, state, theta[None]).partition(batch)
        whole_rows = partition == "tensor parallel" and activation == Softmax()
        assert chosen == ("sharded update" if whole_rows else partition)


@pytest.mark.parametrize("activation", [Softmax(), Tanh()], ids=str)
def test_a_wide_layer_and_a_small_batch_on_several_threads_give_what_the_arrays_give(monkeypatch, activation):
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    from gpunn.compile.cpu import program

    monkeypatch.setattr(program, "_n_threads", lambda flops: 3)
    network = Network((64, 600, 3), (activation,))
    rng = np.random.default_rng(0)
    rows = Rows(rng.standard_normal((40, 64)), np.eye(3)[rng.integers(0, 3, 40)])
    theta = network.initial(np, rng, glorot_uniform, gaussian_bias)
    found = []
    for compile_it in (True, False):
        loop = Minibatch(Momentum(), InverseScaling(0.1), 8, 2, seed=0, compiled=compile_it)
        done = training_loop.run(
            loop, CPU, Objective(network, SoftmaxLogLikelihood()), loop.start(CPU, theta.copy()), rows
        )
        found.append((done.theta, *done.history.cost))
    same(*found, rel=1e-9)


def test_threads_are_as_before(trained):
    from threadpoolctl import threadpool_info

    before = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    trained(True)
    after = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert after[: len(before)] == before


def test_divergence_is_seen(trained):
    loop = Minibatch(GradientDescent(), InverseScaling(1e30, 0.0), 50, 5, seed=0, compiled=True)
    network = Network((64, 32, 10), (ReLU(),))
    theta = network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias).astype("float32")
    rng = np.random.default_rng(0)
    rows = Rows(rng.random((200, 64), dtype="float32"), np.eye(10, dtype="float32")[rng.integers(0, 10, 200)])
    history = training_loop.run(
        loop, CPU, Objective(network, SoftmaxLogLikelihood(), l2=0.1), loop.start(CPU, theta), rows
    ).history
    assert history.stopped == "diverged"


@pytest.mark.parametrize("dtype", ["float16", "longdouble", ">f4"])
def test_inputs_that_compiled_code_does_not_read_are_trained_on_with_arrays(dtype):
    rows = problem(X_type=dtype)
    network = Network(SIZES, (ReLU(),))
    loop = Minibatch(Adam(), InverseScaling(0.01), 4, 2, seed=0, compiled=True)
    theta = network.initial(np, np.random.default_rng(1), glorot_uniform, gaussian_bias)
    progress = training_loop.run(loop, CPU, Objective(network, SoftmaxLogLikelihood()), loop.start(CPU, theta), rows)
    assert "compiled code does not read X's dtype" in progress.history.path
    assert progress.history.n_iter == 2


@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "lbfgs"])
def test_an_estimator_that_is_compiled_learns_what_one_on_arrays_learns(
    usual_rule, monkeypatch, digits, fitted, solver
):
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    X, X_test, y, _ = digits
    given = {"solver": solver, "max_iter": 10, "hidden_layer_sizes": (16,), "random_state": 0, "dtype": "float64"}
    plain = fitted(X, y, **given)
    monkeypatch.setattr(policy.CpuCompiler, "seconds", 0.0)
    monkeypatch.setattr(policy.CpuCompiler, "again_seconds", 0.0)
    clf = fitted(X, y, **given)
    assert (plain.history_.path[:6], clf.history_.path) == ("arrays", "compiled")
    assert clf.predict_proba(X_test) == pytest.approx(plain.predict_proba(X_test), abs=1e-6)
    if solver != "lbfgs":
        for one in (clf, plain):  # and goes on from there
            one.partial_fit(X[:300], y[:300])
        assert clf.predict_proba(X_test) == pytest.approx(plain.predict_proba(X_test), abs=1e-6)


def test_short_trainings_are_not_compiled(usual_rule, iris, fitted):
    assert fitted(*iris, max_iter=3).history_.path == "arrays: too short a training to compile for"


def test_calls_of_partial_fit_are_compiled_once_there_were_many_and_each_is_long_enough(monkeypatch, digits):
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    X, _, y, _ = digits
    monkeypatch.setattr(policy.CpuCompiler, "seconds", 0.02)  # a step counts about 0.1 ms
    monkeypatch.setattr(policy.CpuCompiler, "again_seconds", 2e-3)
    clf = MLPClassifier((16,), batch_size=10, random_state=0)

    def path(n):
        return clf.partial_fit(X[:n], y[:n], classes=range(10)).history_.path

    assert [path(n) for n in (700, 700, 700, 100, 700)] == [
        *(2 * ["arrays: too short a training to compile for"]), "compiled",
        "arrays: too short a training to compile for", "compiled",
    ]  # fmt: skip


WITHOUT = """
import sys
sys.modules["llvmlite"] = None
"""


def test_without_llvmlite_the_history_says_so():
    done = subprocess.run([sys.executable, "-c", WITHOUT + TRAINED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == ["arrays: llvmlite is not installed (pip install llvmlite)"] * 2
    assert "nothing: llvmlite is not installed (pip install llvmlite)" in done.stdout.splitlines()[2]


def test_an_llvmlite_that_cannot_be_loaded_is_no_hindrance(monkeypatch, digits):
    def refuse(*given):
        raise ImportError("it needs another LLVM")

    monkeypatch.setattr("gpunn.compile.cpu.program.CompiledEpoch", refuse)
    theta = np.zeros(3)
    objective = Objective(Network((64, 10), ()), SoftmaxLogLikelihood())
    program, path = policy.compiler(CPU).epoch(objective, Adam(), theta, Adam().init(np, theta), digits[0], None)
    assert (program, path) == (None, "arrays: llvmlite cannot be loaded: it needs another LLVM")


TRAINED = """
import warnings
import numpy as np
import gpunn
from gpunn.compile import policy
policy.CpuCompiler.seconds = policy.CpuCompiler.again_seconds = 0.0
warnings.simplefilter("ignore")
X, y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 3
for solver in ("adam", "lbfgs"):
    clf = gpunn.MLPClassifier((5,), solver=solver, max_iter=200, tol=0.1, random_state=0).fit(X, y)
    print(clf.history_.path)
print(policy.describe(gpunn.get_device("cpu"))["compiled"])
"""


def test_an_llvmlite_that_cannot_be_loaded_is_described_so(monkeypatch):
    def refuse(name, *given, of=builtins.__import__):
        if name.startswith("llvmlite"):
            raise OSError("its library is another")
        return of(name, *given)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert policy.describe(CPU)["compiled"] == "nothing: llvmlite cannot be loaded: its library is another"


def test_predictions_do_without_an_llvm_that_is_too_old_or_cannot_be_loaded(monkeypatch):
    llvm = pytest.importorskip("llvmlite.binding", reason="llvmlite is not installed: nothing is compiled")

    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == "llvmlite.binding":
                raise OSError("Could not find/load shared object file")

    def outcome():
        policy._prediction.cache_clear()
        return policy.compiler(CPU).prediction(Network((3, 2), ()), np.dtype("float32"))

    with monkeypatch.context() as patch:
        patch.setattr(llvm, "llvm_version_info", (15, 0, 7))
        why = "llvmlite cannot be loaded: its LLVM 15 is too old, use llvmlite 0.45 or later (pip install -U llvmlite)"
        assert outcome() == (None, f"arrays: {why}")
        assert policy.describe(CPU)["compiled"] == f"nothing: {why}"
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "llvmlite.binding")
        patch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
        assert outcome() == (None, "arrays: llvmlite cannot be loaded: Could not find/load shared object file")
        assert "Could not find/load shared object file" in policy.describe(CPU)["compiled"]
    assert outcome()[1] == "compiled"


def test_a_workspace_of_a_smaller_batch_is_not_used_for_a_larger_one():
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    network, members = several(2)
    objective, rows = Objective(network, SoftmaxLogLikelihood()), problem(n=30)
    loop = Minibatch(Adam(), InverseScaling(0.01), 20, 1, seed=0, compiled=True)
    state = loop.start(CPU, members.copy())
    state.begin(CPU)
    program, _ = loop.program(CPU, objective, state, rows)
    loop.align(CPU, program, state)
    program.workspace_pool[:] = []

    def run(n):
        del program.workspace_pool[1:]  # if only one thread gets a core, it needs no other
        given = loop.program_state(CPU, state), rows.X, rows.T, rows.weight, np.arange(n), np.full(1, 0.01), n
        program(state.theta, *given)
        return min(work.size for work in program.workspace_pool)

    small = run(2)
    assert run(20) > small
    run(2)
    program.workspace_pool.append(program.workspace_pool[0][:small])
    program.reserve(state.theta, loop.program_state(CPU, state), rows.X, rows.T, rows.weight, 30, 20)
    assert min(work.size for work in program.workspace_pool) > small


@pytest.mark.parametrize("n_threads", [1, 2, 3, 7, 64])
@pytest.mark.parametrize(("start", "stop"), [(0, 10_250), (10_250, 10_285), (0, 48), (7, 9), (16, 16), (0, 16 * 64)])
def test_shares_of_an_array_meet_where_cache_lines_begin(n_threads, start, stop):
    parts = [share_of_lines(k, n_threads, start, stop) for k in range(n_threads)]
    assert parts[0][0] == start and parts[-1][1] == stop
    assert all(first <= last == following for (first, last), (following, _) in itertools.pairwise(parts))
    assert all(first % 16 == 0 for first, _ in parts if first not in (start, stop))
    assert all(last - first <= -(-(stop - start) // n_threads) + 16 for first, last in parts)


@pytest.mark.parametrize(
    "solver", [{"solver": "adam"}, {"solver": "sgd", "learning_rate_init": 0.5}], ids=["adam", "sgd"]
)
def test_no_weight_of_an_input_that_is_always_0_becomes_subnormal(solver):
    native = pytest.importorskip("gpunn.compile.cpu.native", reason="llvmlite is not installed: nothing is compiled")
    if platform.machine().lower() not in ("x86_64", "amd64"):
        pytest.skip("subnormal numbers are flushed on x86 processors only")
    assert native.is_x86()
    X = np.random.default_rng(0).normal(size=(64, 5)).astype("float32")
    y, X[:, 1] = X[:, 0] > 0, 0
    settings = {"alpha": 1, "learning_rate_init": 0.01, "batch_size": 8, "max_iter": 300, "tol": 0} | solver
    clf = MLPClassifier((16,), n_iter_no_change=300, random_state=0, **settings)
    tiny = np.finfo("float32").smallest_normal
    with pytest.warns(ConvergenceWarning):
        plain, compiled = (clone(clf).set_params(compile=how).fit(X, y).coefs_[0][1] for how in (False, True))
    assert np.any((plain != 0) & (abs(plain) < tiny))
    assert np.all((compiled == 0) | (abs(compiled) >= tiny))
    assert (np.full(4, tiny) / 2).all()  # flushed only while steps are trained
