"""What becomes of an epoch that is to be captured: its name, or the reason why not."""

from __future__ import annotations

import contextlib
import re
import sys
import types

import numpy as np
import pytest
import scipy.sparse

from gpunn.compile import policy
from gpunn.compile.trace import Untraceable
from gpunn.nn.activations import ReLU
from gpunn.nn.dropout import Dropout
from gpunn.nn.embedding import Embedding
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.averaging import Averaged
from gpunn.optim.first_order import Adam


@pytest.fixture
def compile_by(monkeypatch):
    """A function: what a device of a precision says of an epoch that ``capture`` captures."""
    graph = types.ModuleType("gpunn.compile.cuda.graph")
    monkeypatch.setitem(sys.modules, graph.__name__, graph)

    def compile_by(
        precision,
        capture,
        X_type="float32",
        dtype="float32",
        dropout=None,
        method=None,
        sparse=False,
        embeddings=(),
        **limits,
    ):
        objective = Objective(Network((10, 4, 2), (ReLU(),), embeddings=embeddings), SoftmaxLogLikelihood())
        graph.CapturedEpoch = capture
        X = np.zeros((2, 3), X_type)
        X = scipy.sparse.csr_array(X) if sparse else X
        device = types.SimpleNamespace(kind="cuda", precision=precision, use=contextlib.nullcontext)
        return policy.compiler(device).epoch(objective, method, np.zeros(3, dtype), (), X, dropout, **limits)

    return compile_by


def raising(error):
    def capture(*given):
        raise error

    return capture


def test_captured_steps_are_named_with_their_precision(compile_by):
    for precision, products in (("float32", ""), ("tf32", ", tf32 products"), ("bf16", ", bf16 products")):
        found = compile_by(precision, lambda *given: given[-1], "uint8")
        assert found == (precision, "captured as CUDA graphs" + products)


@pytest.mark.parametrize(
    ("error", "X_type", "why"),
    [
        (Untraceable("a part of an array"), "float32", "cannot be traced: a part of an array"),
        (RuntimeError("StreamCaptureInvalidated\nand so on"), "uint8",
         "capturing failed: RuntimeError: StreamCaptureInvalidated"),
        (None, "float16", "the kernels do not read X's dtype float16"),
    ],
)  # fmt: skip
def test_steps_that_cannot_be_captured_are_told_or_refused(compile_by, error, X_type, why):
    assert compile_by("float32", raising(error), X_type) == (None, f"arrays: {why}")
    said = re.escape(f"precision='tf32' is for training steps that are captured, and these are not: {why}. Use")
    with pytest.raises(ValueError, match=said):
        compile_by("tf32", raising(error), X_type)


def test_dropout_is_not_captured(compile_by):
    dropout = Dropout((0.5,), np.zeros(1, np.uint32), np.zeros(1, np.uint32))
    assert compile_by("float32", None, dropout=dropout) == (None, "arrays: dropout")
    with pytest.raises(ValueError, match=r"precision='tf32'.*these are not: dropout"):
        compile_by("tf32", None, dropout=dropout)


def test_embedded_columns_are_not_captured(compile_by):
    found = compile_by("float32", raising(AssertionError("captured")), embeddings=(Embedding(0, 5),))
    assert found == (None, "arrays: columns are embedded")


@pytest.mark.parametrize("name", ["clip_norm", "max_norm"])
def test_steps_that_limit_norms_are_not_captured(compile_by, name):
    assert compile_by("float32", None, **{name: 1.0}) == (None, f"arrays: {name}")
    with pytest.raises(ValueError, match=rf"precision='tf32'.*these are not: {name}"):
        compile_by("tf32", None, **{name: 1.0})


def test_neither_sparse_rows_nor_averaged_weights_are_captured(compile_by):
    assert compile_by("float32", None, sparse=True) == (None, "arrays: a sparse X")
    assert compile_by("float32", None, method=Averaged(Adam(), 0.9)) == (None, "arrays: averaging")
    with pytest.raises(ValueError, match=r"precision='tf32'.*these are not: a sparse X"):
        compile_by("tf32", None, sparse=True)


def test_float64_has_no_other_precision(compile_by):
    with pytest.raises(ValueError, match=r"precision='tf32'.*theta is float64, not float32 \(dtype='float32'\)"):
        compile_by("tf32", None, dtype="float64")
    assert compile_by("float32", lambda *given: 1, dtype="float64") == (1, "captured as CUDA graphs")
