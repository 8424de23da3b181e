"""Sparse rows are compiled as well, and give what dense ones give."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

from gpunn.compile.policy import CpuCompiler
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import GradientDescent, NoState

pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")


@pytest.fixture(autouse=True)
def always(monkeypatch):
    monkeypatch.setattr(CpuCompiler, "seconds", 0.0)
    monkeypatch.setattr(CpuCompiler, "again_seconds", 0.0)


def rows(n=300, d=40, dtype="float64"):
    rng = np.random.default_rng(0)
    X = np.where(rng.random((n, d)) < 0.1, rng.integers(1, 5, (n, d)), 0).astype(dtype)
    return X, X[:, :3].argmax(axis=1)


@pytest.mark.parametrize("kind", [scipy.sparse.csr_matrix, scipy.sparse.csc_array, scipy.sparse.coo_array])
@pytest.mark.parametrize("hidden", [(16,), (1200,)], ids=["data parallel", "tensor parallel"])
def test_a_sparse_training_is_that_of_the_dense_rows(fitted, kind, hidden):
    X, y = rows()
    given = {"hidden_layer_sizes": hidden, "max_iter": 5, "random_state": 0, "batch_size": 20}
    dense, sparse = fitted(X, y, **given), fitted(kind(X), y, **given)
    assert dense.history_.path == sparse.history_.path == "compiled"
    assert np.array_equal(dense.theta_, sparse.theta_)  # the same numbers are multiplied


@pytest.mark.parametrize("index", ["int32", "int64"])
@pytest.mark.parametrize("dtype", ["float32", "int8", "bool"])
def test_entries_and_indices_of_any_type_and_entries_that_are_there_twice(fitted, index, dtype):
    X, y = rows(dtype=dtype)
    sparse = scipy.sparse.csr_matrix(X)
    if dtype == "float32":  # halves of each entry, which are added up
        data, indices, starts = np.repeat(sparse.data / 2, 2), np.repeat(sparse.indices, 2), 2 * sparse.indptr
        sparse = scipy.sparse.csr_matrix((data, indices, starts), X.shape)
    sparse.indices, sparse.indptr = sparse.indices.astype(index), sparse.indptr.astype(index)
    given = {"hidden_layer_sizes": (16,), "max_iter": 5, "random_state": 0, "dtype": "float32"}
    dense, found = fitted(X, y, **given), fitted(sparse, y, **given)
    assert found.history_.path == "compiled"
    assert np.array_equal(dense.theta_, found.theta_)


def test_rows_of_another_kind_than_it_was_compiled_for_are_refused():
    from gpunn.compile.cpu.program import CompiledEpoch

    X, _ = rows()
    network = Network((40, 3), ())
    theta, T = np.zeros(network.n_parameters), np.zeros((300, 3))
    compiled = CompiledEpoch(Objective(network, SoftmaxLogLikelihood()), GradientDescent(), theta, NoState(), X)
    given = (T, None, np.arange(300), np.ones(30), 10)
    for other in (scipy.sparse.csr_matrix(X), X.astype("float32")):
        with pytest.raises(TypeError, match="are not those that this was compiled for"):
            compiled(theta, NoState(), other, *given)
    with pytest.raises(TypeError, match="theta of float32 are not those"):
        compiled(theta.astype("float32"), NoState(), X, *given)
