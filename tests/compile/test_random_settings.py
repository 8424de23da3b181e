"""Compiled epochs and gradients of random settings give what the arrays give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse
from problems import METHODS, same

from gpunn.devices import get_device
from gpunn.nn.activations import ACTIVATIONS, PReLU
from gpunn.nn.heads import HEADS
from gpunn.nn.initialisers import gaussian_bias, glorot_uniform
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import AdamW
from gpunn.optim.schedule_free import ScheduleFreeAdamW
from gpunn.optim.schedules import InverseScaling
from gpunn.training.data import Rows
from gpunn.training.minibatch import Minibatch

pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")

from gpunn.compile.cpu import program

CPU = get_device("cpu")
N_SETTINGS, SAMPLE = 150, 25
HIDDEN = [kind() for name, kind in ACTIVATIONS.items() if name not in ("relu", "leaky_relu")] + [PReLU(shared=True)]


def layout(rng, X):
    """The same numbers in another order of memory."""
    backwards = np.ascontiguousarray(X[::-1])[::-1]
    return [X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], np.repeat(X, 3, axis=0)[::3], backwards][
        rng.integers(5)
    ]


@pytest.mark.parametrize("seed", range(N_SETTINGS))
def test_a_random_setting_gives_what_the_arrays_give(monkeypatch, thorough, seed):
    if seed >= SAMPLE and not thorough:
        pytest.skip(f"{SAMPLE} settings are the sample; pytest --thorough runs all {N_SETTINGS}")
    rng = np.random.default_rng(seed)
    depth, n, n_threads = int(rng.integers(4)), int(rng.integers(1, 60)), int(rng.integers(1, 5))
    sizes = tuple(int(size) for size in rng.integers(2, 40, depth + 2))
    batch = int(rng.integers(1, n + 1))
    network = Network(sizes, tuple(HIDDEN[i] for i in rng.integers(len(HIDDEN), size=depth)))
    objective = Objective(network, list(HEADS.values())[rng.integers(len(HEADS))](), *rng.choice([0.0, 0.5], 2))
    method = METHODS[rng.integers(len(METHODS))]
    if isinstance(method, (AdamW, ScheduleFreeAdamW)):
        method = replace(method, n_decayed=network.n_weights)
    X_type = rng.choice(["float64", "float32", "uint8", "int16", "bool"])
    X = layout(rng, (3 * rng.standard_normal((n, sizes[0]))).astype(X_type) if X_type[0] in "f" else
               rng.integers(0, 3, (n, sizes[0])).astype(X_type))  # fmt: skip
    T = layout(rng, np.eye(sizes[-1])[rng.integers(0, sizes[-1], n)])
    weight = rng.integers(0, 3, n).astype(float) if rng.random() < 0.5 else None
    dropout = tuple(rng.choice([0.0, 0.3], depth + 1)) if rng.random() < 0.4 else ()
    n_members = int(rng.integers(1, 4)) if rng.random() < 0.2 else 0
    limits = {name: 10 ** rng.uniform(-2, 1) for name in ("clip_norm", "max_norm") if rng.random() < 0.5}

    given = scipy.sparse.csr_matrix(X * (rng.random(X.shape) < 0.4)) if rng.random() < 0.25 else X
    if given is not X:
        X = given.toarray()
    rows = Rows(X, T, weight)
    draws = [
        network.initial(np, np.random.default_rng(i), glorot_uniform, gaussian_bias) for i in range(n_members or 1)
    ]
    theta = np.stack(draws) if n_members else draws[0]
    loop = Minibatch(method, InverseScaling(0.02), batch, 1, seed=seed, dropout=dropout, **limits, compiled=False)
    progress = loop.start(CPU, theta.copy())
    drawn = loop._dropout(CPU, replace(progress, step=progress.step.copy()))
    order, lr = rng.permutation(n), np.full(-(-n // batch), 0.02)
    with np.errstate(all="ignore"):
        total, norm = loop.steps(CPU, objective, progress, rows, order, lr)

    monkeypatch.setattr(program, "_n_threads", lambda flops: n_threads)
    partitions = ["data parallel", "sharded update", "tensor parallel"]
    compiled = program.CompiledEpoch(objective, method, theta, method.init(np, theta), given, drawn, **limits)
    monkeypatch.setattr(compiled, "partition", lambda batch: partitions[seed % (2 + (not compiled.has_row_reductions))])
    theta, state = compiled.align(theta.copy(), method.init(np, theta))
    keys = None if drawn is None else drawn.keys(np, len(lr))
    found = compiled(theta, state, given, T, weight, order, lr, batch, keys)
    same((theta, *state, *found), (progress.theta, *progress.method_state, total, norm), rel=1e-8)

    if not n_members:
        f, g = program.CompiledGradient(objective, theta.dtype, X, T, weight)(draws[0])
        same((f, g), objective.value_and_gradient(np, draws[0], X.astype(float), T, weight), rel=1e-10)
