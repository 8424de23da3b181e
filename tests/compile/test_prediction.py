"""Compiled predictions: those of the arrays, and of a row the same bits whatever rows are beside it."""

from __future__ import annotations

import ctypes
import itertools
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import sparse

from gpunn import MLPClassifier
from gpunn.compile import policy
from gpunn.devices import get_device
from gpunn.nn.activations import ACTIVATIONS, Identity, PReLU, ReLU, Tanh
from gpunn.nn.costs import Quadratic
from gpunn.nn.heads import HEADS, pair
from gpunn.nn.network import Network
from gpunn.nn.probabilities import of_row

pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")

CPU = get_device("cpu")
TIGHT = {"float32": 2e-6, "float64": 4e-15}
EVERY_HEAD = [
    *(make() for make in dict.fromkeys(HEADS.values())),
    *(pair(activation(), Quadratic()) for activation in ACTIVATIONS.values() if not activation().shapes(1)),
]
SIZES = (1, 2, 3, 5, 6, 7, 23, 24, 25, 100, 333, 1003, 3000)  # of batches, on both sides of each border


def compiled(network, dtype, *given):
    program, path = policy.compiler(CPU).prediction(network, np.dtype(dtype), *given)
    assert path == "compiled"
    return program


def distinct(rows):
    return len({row.tobytes() for row in np.ascontiguousarray(rows)})


def fitted(X, y, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few epochs are the plan
        return MLPClassifier(**{"max_iter": 2, "random_state": 0, "compile": True, **settings}).fit(X, y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("k", [1, 5, 511, 512, 513, 1030])
def test_a_product_is_that_of_more_precise_arithmetic_and_equal_rows_give_equal_rows(dtype, k):
    from gpunn.compile.cpu import native, product
    from gpunn.compile.cpu import operation as op
    from gpunn.compile.cpu.operation import Matrix

    rng = np.random.default_rng(k)
    for vector_bytes in (32, native.vector_bytes()):
        source = product.module(dtype, vector_bytes)
        address = native.load("product", lambda source=source: source, source, ["product"], {})["product"]
        call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(address)
        width, buffer = (
            product.panels(dtype, vector_bytes).width,
            np.empty(product.buffer_size(dtype, vector_bytes), dtype),
        )
        for n_out in (1, width - 1, width, width + 1, 4 * width, 5 * width + 3, 9 * width + 1):
            b, padded = rng.standard_normal((k, n_out)).astype(dtype), -(-n_out // width) * width
            row = rng.standard_normal((1, k)).astype(dtype)
            found = set()
            for n in (1, 2, 5, 6, 11, product.PACK - 1, product.PACK, 13, 29):
                a, out = np.repeat(row, n, axis=0), np.full((n, padded), np.nan, dtype)
                table = np.array([x.ctypes.data for x in (a, b, buffer, out)])
                matrices = (Matrix(i, 0, x) for i, x in enumerate((k, n_out, 0, padded)))
                operation = op.program([op.operation(op.KERNEL, *matrices, rows=(0, n), columns=(0, n_out), width=k)])
                call(operation.ctypes.data, table.ctypes.data)
                found |= {one.tobytes() for one in out[:, :n_out]}
            assert len(found) == 1
            right = row.astype(np.longdouble) @ b.astype(np.longdouble)
            scale = np.abs(row).astype(np.longdouble) @ np.abs(b).astype(np.longdouble)
            error = np.abs(np.frombuffer(found.pop(), dtype) - right[0])
            assert np.all(error <= k * np.finfo(dtype).eps * scale[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_each_layer_is_that_of_the_arrays(dtype, name):
    network = Network((9, 17, 40, 5), (ACTIVATIONS[name](), Tanh()))
    rng = np.random.default_rng(3)
    theta = rng.standard_normal(network.n_parameters).astype(dtype)
    program = compiled(network, dtype)
    for X in (rng.standard_normal((61, 9)), np.zeros((3, 9)), rng.standard_normal((0, 9))):
        X = X.astype(dtype)
        for layer in (1, 2, 3):
            right = network.hidden(np, theta, X, layer)
            found = program(theta, X, layer)
            assert found.shape == right.shape and found.dtype == right.dtype
            np.testing.assert_allclose(found, right, rtol=50 * TIGHT[dtype], atol=50 * TIGHT[dtype])


def test_members_and_rows_of_any_strides_are_read():
    network = Network((6, 7, 3), (PReLU(),))
    rng = np.random.default_rng(0)
    theta, wide = rng.standard_normal((2, network.n_parameters)), rng.standard_normal((40, 12))
    program = compiled(network, "float64")
    for X in (wide[:, :6], wide[:, ::2], wide[::-1, :6], np.asfortranarray(wide[:, :6])):
        np.testing.assert_allclose(program(theta, X, 2), network.logits(np, theta, X), rtol=1e-12)
        assert np.array_equal(program(theta, X, 2), program(theta, np.ascontiguousarray(X), 2))


def test_members_predict_as_alone_in_several_blocks_too():
    network = Network((6, 2500, 3), (ReLU(),))
    rng = np.random.default_rng(0)
    thetas, program = rng.standard_normal((3, network.n_parameters)), compiled(network, "float64")
    for n in (0, 1, 39, program.rows, 2 * program.rows + 1):
        X = rng.standard_normal((n, 6))
        for layer in (1, 2):
            alone = np.stack([program(theta, X, layer) for theta in thetas])
            assert np.array_equal(program(thetas, X, layer), alone)
            np.testing.assert_allclose(alone, network.hidden(np, thetas, X, layer), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("head", EVERY_HEAD, ids=repr)
def test_probabilities_are_those_of_the_arrays_at_the_extremes_too(quiet, dtype, exclusive, head):
    k = 9
    network = Network((k, k), ())
    theta = np.concatenate([np.eye(k).ravel(), np.zeros(k)]).astype(dtype)  # the rows are the logits
    rng = np.random.default_rng(1)
    ends = np.array([0, -0.0, 1, -1, 40, -40, 90, -90, 700, -700, 1e4, -1e4, 1e-30, -1e-30])
    z = np.concatenate([rng.standard_normal((50, k)), rng.choice(ends, (200, k)), np.repeat(ends, k).reshape(-1, k)])
    z = z.astype(dtype)
    right = of_row(np, head, z, k, exclusive)
    found = compiled(network, dtype, head, exclusive)(theta, z, 1)
    np.testing.assert_allclose(found, right, rtol=20 * TIGHT[dtype], atol=np.finfo(dtype).smallest_normal)
    assert np.all(found >= 0) and np.all(found <= 1)


NETWORKS = [
    ((64,), 10, {}),
    ((50, 30), 3, {"activation": "gelu"}),
    ((200, 100), 12, {"activation": ("prelu", "silu")}),
    ((7,), 2, {}),
    ((), 4, {}),
    ((16,), 9, {"activation": "tanh", "output_activation": "sigmoid", "cost": "cross_entropy"}),
    ((16,), 9, {"output_activation": "identity", "cost": "quadratic"}),
]
DTYPES = ("float32", "float64")


@pytest.mark.parametrize(("hidden", "n_classes", "settings", "dtype", "of_X"), [
    (*network, DTYPES[i], DTYPES[(number + i) % 2])  # each pair of network, dtype and dtype of X
    for number, network in enumerate(NETWORKS) for i in range(2)
])  # fmt: skip
def test_a_row_has_the_same_bits_alone_at_any_place_and_in_a_batch_of_any_size(
    of_X, dtype, hidden, n_classes, settings
):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 33)).astype(of_X)
    clf = fitted(X, np.arange(400) % n_classes, hidden_layer_sizes=hidden, dtype=dtype, **settings)
    assert clf.history_.path == "compiled"
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        predict = getattr(clf, method)
        together = predict(X).reshape(len(X), -1)
        places = (0, 1, 7, 200, 399)
        assert all(np.array_equal(predict(X[i : i + 1]).reshape(1, -1), together[i : i + 1]) for i in places)
        rows = [predict(np.tile(X[5], (n, 1))).reshape(n, -1) for n in SIZES]
        assert distinct(np.concatenate(rows)) == 1


@pytest.mark.parametrize("kind", ["multilabel", "sparse"])
def test_rows_of_other_kinds_have_the_same_bits_too(kind):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((300, 40)) * (rng.uniform(size=(300, 40)) < 0.3), rng.integers(0, 2, (300, 11))
    X = sparse.csr_matrix(X) if kind == "sparse" else X
    clf = fitted(X, y if kind == "multilabel" else y @ np.arange(11) % 4, hidden_layer_sizes=(30,))
    together = clf.predict_proba(X)
    assert all(np.array_equal(clf.predict_proba(X[i : i + n]), together[i : i + n]) for i in (0, 9) for n in (1, 30))


def test_threads_that_predict_at_the_same_time_do_not_disturb_each_other():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, 20))
    clf = fitted(X[:200], np.arange(200) % 3, hidden_layer_sizes=(50,))
    right = clf.predict_proba(X)

    def alone(i):
        return np.array_equal(clf.predict_proba(X[i : i + 1 + i % 40]), right[i : i + 1 + i % 40])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(alone, range(1900)))


def test_a_prediction_in_the_midst_of_another_of_the_same_thread_does_not_disturb_it(monkeypatch):
    network = Network((4, 300, 3), (ReLU(),))
    program = compiled(network, "float32")
    rng = np.random.default_rng(0)
    theta, X = (rng.standard_normal(shape).astype("f4") for shape in (network.n_parameters, (3 * program.rows, 4)))
    right, of_program, inner = program(theta, X, 2), program.program, []

    def interrupted(*given):  # as by the handler of a signal, between two blocks
        monkeypatch.setattr(program, "program", of_program)
        inner.append(program(theta, X[:50], 2))
        return of_program(*given)

    monkeypatch.setattr(program, "program", interrupted)
    assert np.array_equal(program(theta, X, 2), right)
    assert len(inner) == 1 and np.array_equal(inner[0], right[:50])


def test_many_networks_in_turn_are_compiled_once_and_share_their_memory(monkeypatch):
    from gpunn.compile.cpu import prediction

    made, kept, init = [], [], prediction.CompiledPrediction.__init__

    def counted(self, *given):
        made.append(self)
        init(self, *given)

    monkeypatch.setattr(prediction.CompiledPrediction, "__init__", counted)
    monkeypatch.setattr(prediction, "_kept", kept)
    networks = [Network((4, 61 + i, 3), (ReLU(),)) for i in range(30)]
    rng = np.random.default_rng(0)
    thetas, X = [rng.standard_normal(network.n_parameters) for network in networks], rng.standard_normal((100, 4))
    for network, theta in 3 * list(zip(networks, thetas, strict=True)):
        np.testing.assert_allclose(compiled(network, "float64")(theta, X, 2), network.logits(np, theta, X), rtol=1e-9)
    assert len(made) == 30
    assert len(kept) == 1 and kept[0].bytes.size <= prediction.KEPT


@pytest.mark.parametrize("kind", ["numbers", "frame", "members", "one class each"])
def test_a_row_has_the_same_bits_after_a_training_by_arrays_too(usual_rule, kind):
    pd = pytest.importorskip("pandas", reason="pandas is not installed: no frames")
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((300, 17)), rng.integers(0, 4, 300)
    if kind == "frame":
        X = pd.DataFrame(X).rename(columns=str).assign(text=rng.choice(["a", "b", "c"], 300))
    if kind == "one class each":
        y = rng.integers(0, 2, (300, 3))
    clf = fitted(X, y, hidden_layer_sizes=(40, 19), compile="auto", n_members=3 if kind == "members" else 1)
    assert clf.history_.path.startswith("arrays")
    rows = [X.iloc[i : i + 1] if kind == "frame" else X[i : i + 1] for i in range(300)]
    for method in ("predict_proba", "predict_log_proba"):
        predict = getattr(clf, method)
        together = predict(X)
        assert all(np.array_equal(predict(row), together[i : i + 1]) for i, row in list(enumerate(rows))[::17])
    for n in SIZES:
        repeated = pd.concat([rows[7]] * n) if kind == "frame" else np.repeat(rows[7], n, axis=0)
        assert np.all(clf.predict_proba(repeated) == clf.predict_proba(rows[7]))


def test_predictions_are_compiled_unless_the_user_forbids_it(usual_rule, monkeypatch):
    asked = []

    def counted(self, *given):
        asked.append(given)
        return None, "arrays"

    monkeypatch.setattr(policy.CpuCompiler, "prediction", counted)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 4)), np.arange(60) % 2
    for compile, expected in (("auto", 1), (False, 0), (True, 1)):
        clf = fitted(X, y, hidden_layer_sizes=(5,), compile=False)
        clf.compile = compile
        asked.clear()
        clf.predict(X)
        assert len(asked) == expected


def test_what_cannot_be_compiled_is_predicted_by_arrays():
    class Unhashable(ReLU):
        __hash__ = None

    class Bent(ReLU):
        """It computes otherwise on symbols: a formula that the tracer would get wrong."""

        def forward(self, xp, z):
            return z if xp is not np else super().forward(xp, z)

    class Branching(ReLU):
        def forward(self, xp, z):
            return super().forward(xp, z) if float(xp.max(z)) > -1e9 else z

    class Overflowing(ReLU):
        def forward(self, xp, z):
            return xp.exp(1e4 * xp.abs(z))

    class Many(ReLU):
        """It learns more arrays than an operation has matrices for."""

        def shapes(self, n):
            return {f"a{i}": (n,) for i in range(8)}

        def forward(self, xp, z, **learned):
            return z + sum(a[..., None, :] for a in learned.values())

    class Drifting(ReLU):
        """It holds another number each time."""

        calls = itertools.count()

        def forward(self, xp, z):
            return z * (1 + 1e-9 * next(self.calls))

    for activation, why in (
        (Unhashable(), "hashed"),
        (Bent(), "otherwise than the formulas"),
        (Branching(), "traced"),
        (Overflowing(), "not finite"),
        (Many(), "learns too many arrays"),
        (Drifting(), "another each time"),
    ):
        program, path = policy.compiler(CPU).prediction(Network((3, 4, 2), (activation,)), np.dtype("float64"))
        assert program is None and why in path


def test_an_output_layer_that_learns_gives_its_probabilities_by_arrays():
    program, path = policy.compiler(CPU).prediction(
        Network((3, 2), (), PReLU()), np.dtype("float64"), next(iter(HEADS.values()))(), True
    )
    assert program is None and "output layer" in path
    assert isinstance(Network((3, 2), ()).output, Identity)


class Scaled(ReLU):
    """Equal to every other one, as a dataclass without fields of its own, but not the same function."""

    def __init__(self, scale):
        object.__setattr__(self, "scale", scale)

    def forward(self, xp, z):
        return self.scale * super().forward(xp, z)


def test_equal_activations_that_hold_other_numbers_are_told_apart():
    rng = np.random.default_rng(0)
    X, (one, three) = rng.standard_normal((9, 3)), (Network((3, 4, 2), (Scaled(scale),)) for scale in (1.0, 3.0))
    theta = rng.standard_normal(one.n_parameters)
    assert one == three
    for network in (one, three, one):
        found = compiled(network, "float64")(theta, X, 2)
        np.testing.assert_allclose(found, network.logits(np, theta, X), rtol=1e-12)
    object.__setattr__(one.activations[0], "scale", 5.0)
    np.testing.assert_allclose(compiled(one, "float64")(theta, X, 2), one.logits(np, theta, X), rtol=1e-12)
    head = pair(Scaled(1.0), Quadratic())
    for scale in (1.0, 0.01):
        object.__setattr__(head.activation, "scale", scale)
        found = compiled(Network((3, 2), ()), "float64", head)(theta[:8], X, 1)
        right = of_row(np, head, Network((3, 2), ()).logits(np, theta[:8], X), 2, True)
        np.testing.assert_allclose(found, right, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("z", [1e-45, 1e-41, 5e-324, 1e-312])
def test_outputs_with_a_subnormal_sum_are_uniform_and_never_infinite(dtype, z):
    head, network = pair(ReLU(), Quadratic()), Network((1, 3), ())
    theta, X = np.array([1, 2, -1, 0, 0, 0], dtype), np.array([[z]], dtype)
    third = np.full((1, 3), 1 / 3, dtype)
    for found in (
        compiled(network, dtype, head)(theta, X, 1),
        of_row(np, head, network.logits(np, theta, X), 3, True),
    ):
        if float(X[0, 0]) < np.finfo(dtype).smallest_normal / 3:
            np.testing.assert_allclose(found, third)
        else:
            np.testing.assert_allclose(found, [[1 / 3, 2 / 3, 0]], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "longdouble", np.dtype("float64").newbyteorder()])
def test_parameters_of_other_dtypes_are_predicted_by_arrays(dtype):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 4))
    clf = fitted(X, np.arange(60) % 3, hidden_layer_sizes=(5,))
    right = clf.predict_proba(X)
    clf.theta_ = clf.theta_.astype(dtype)
    np.testing.assert_allclose(clf.predict_proba(X), right, atol=1e-2)


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("n", [50, 52])
def test_parameters_of_another_length_are_refused(compile, n):
    X = np.random.default_rng(0).standard_normal((60, 4))
    clf = fitted(X, np.arange(60) % 3, hidden_layer_sizes=(6,), compile=compile)
    clf.theta_ = np.resize(clf.theta_, n)
    with pytest.raises(ValueError, match=rf"theta_ has shape \({n},\), but the network has 51 parameters"):
        clf.predict_proba(X)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_probabilities_of_an_output_that_learns_have_the_same_bits_in_any_batch(n_classes):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 7))
    clf = fitted(X, np.arange(400) % n_classes, hidden_layer_sizes=(9,), output_activation="prelu", cost="quadratic")
    together = clf.predict_proba(X)
    assert all(np.array_equal(clf.predict_proba(X[i : i + 1]), together[i : i + 1]) for i in range(0, 400, 7))


def test_what_predicts_holds_all_machine_code_that_it_calls(monkeypatch):
    """Also where nothing else does: the functions of a dtype are in a cache, which a test may clear."""
    from gpunn.compile.cpu import native, runtime
    from gpunn.compile.cpu.prediction import CompiledPrediction

    monkeypatch.setattr(native, "_modules", {})
    monkeypatch.setattr(native, "N_UNUSED", 0)
    runtime.loaded.cache_clear()
    program = CompiledPrediction(Network((3, 4, 2), (Tanh(),)), "float64")
    engines = [module.engine for module in native._modules.values()]
    runtime.loaded.cache_clear()
    native._unload()
    assert len(engines) >= 3 and program is not None
    assert not any(engine.closed for engine in engines)
