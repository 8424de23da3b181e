"""Muon: steps whose matrices are orthogonal, so that every direction of a layer learns at the same rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from gpunn.optim.first_order import AdamW, MethodState
from gpunn.typing import Array, Namespace

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
N_ITERATIONS = 5
RMS = 0.2  # of the entries of a step, in units of the rate, as Adam's usually is


class Matrix(Protocol):
    """Place of a matrix of weights in theta, such as ``W`` of a layer of `gpunn.nn.network.Network`."""

    @property
    def start(self) -> int: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    def of(self, xp: Namespace, theta: Array) -> Array:
        """The matrix (..., n_in, n_out) of theta (..., P)."""

    def put(self, xp: Namespace, theta: Array, value: Array) -> None:
        """Put a matrix (..., n_in, n_out) in its place in theta (..., P)."""


@dataclass(frozen=True)
class Muon(AdamW):
    """Muon for some matrices, AdamW for all else.

    m <- b1 m + (1 - b1) G,
    W <- (1 - lr decay) W - 0.2 lr sqrt(max(n_in, n_out)) O(b1 m + (1 - b1) G)

    where G is the gradient by W (n_in, n_out), and O is `orthogonalise`. Source: Jordan et al. 2024, "Muon: An
    optimizer for hidden layers in neural networks", with Nesterov's momentum, for which m is Adam's, and b1 takes the
    place of their 0.95. The factor is that of Liu et al. 2025, "Muon is Scalable for LLM Training", equation 4: with it
    the entries of a step are about as large as those of Adam, so that one learning rate and one decay serve both.

    Parameters
    ----------
    b1, b2, eps, decay, n_decayed
        As in AdamW; the decay is that of the matrices too.
    matrices : tuple of Matrix
        Weights of the hidden layers: ``tuple(layer.W for layer in network.layers[:-1])``. The output layer is better
        left to AdamW.
    """

    matrices: tuple[Matrix, ...] = ()

    def update(self, xp: Namespace, theta: Array, g: Array, state: MethodState, lr: Array) -> None:
        _, m, _ = state
        rate = xp.reshape(lr, (*lr.shape, 1))  # that of each member (m, 1) is one of its matrices (m, 1, 1)
        kept = []  # products, and so copies: what comes next changes theta and g
        for matrix in self.matrices:
            decay = self.decay if matrix.start < self.n_decayed else 0.0
            shrinkage = xp.reshape(1 - decay * lr, rate.shape)
            kept.append((shrinkage * matrix.of(xp, theta), (1 - self.b1) * matrix.of(xp, g)))
        super().update(xp, theta, g, state, lr)  # all of theta: for the matrices too, m is as they need it
        for matrix, (W, G) in zip(self.matrices, kept, strict=True):
            step = orthogonalise(xp, self.b1 * matrix.of(xp, m) + G)
            matrix.put(xp, theta, W - (RMS * math.sqrt(max(matrix.shape)) * rate) * step)


def orthogonalise(xp: Namespace, G: Array) -> Array:
    """U S V^T for G = U diag(s) V^T, with S near 1: in [0.68, 1.21] for s of at least 0.002 of the norm of G.

    A singular value of 0 stays 0, and G may be of any scale. Newton-Schulz iterations with the coefficients of Jordan
    et al. 2024, which sacrifice convergence to 1 for the slope at 0.

    Parameters
    ----------
    G : array (..., n_in, n_out)

    Returns
    -------
    O : array (..., n_in, n_out)
    """
    a, b, c = COEFFICIENTS
    is_tall = G.shape[-2] > G.shape[-1]
    smallest = float(xp.finfo(G.dtype).smallest_normal)
    top = xp.max(xp.abs(G), axis=(-2, -1), keepdims=True)
    X = G / xp.maximum(top, xp.full_like(top, smallest))  # squares of large entries would overflow
    norm = xp.linalg.vector_norm(xp.reshape(X, (*X.shape[:-2], -1)), axis=-1)  # a member's as that of one alone
    X = X / xp.maximum(norm, xp.ones_like(norm))[..., None, None]
    for _ in range(N_ITERATIONS):
        A = xp.matmul(X.mT, X) if is_tall else xp.matmul(X, X.mT)  # the smaller one
        B = b * A + c * xp.matmul(A, A)
        X = a * X + (xp.matmul(X, B) if is_tall else xp.matmul(B, X))
    return X
