"""A trained network in NumPy and float64, from the weights and biases that an estimator shows: what gpunn's own passes
are held against."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit, logsumexp, softmax, xlogy


def _relu(z):
    return np.maximum(z, 0), (z > 0) * 1.0


def _sigmoid(z):
    return expit(z), expit(z) * expit(-z)


def _tanh(z):
    return np.tanh(z), 1 / np.cosh(np.clip(z, -300, 300)) ** 2


def _identity(z):
    return z, np.ones_like(z)


BOTH = {"relu": _relu, "sigmoid": _sigmoid, "tanh": _tanh, "identity": _identity}  # f(z) and f'(z)
MATCHED = {"softmax": "log_likelihood", "sigmoid": "cross_entropy", "identity": "quadratic"}


class ByHand:
    """Forward and backward pass of a fitted classifier with one of the heads above, or with the quadratic cost.

    Parameters
    ----------
    clf : MLPClassifier
        Fitted; its activation is one name, for all hidden layers.
    """

    def __init__(self, clf):
        self.W, self.b = ([np.array(a, np.float64) for a in arrays] for arrays in (clf.coefs_, clf.intercepts_))
        self.activation, self.l2, self.l1, self.classes = clf.activation, clf.alpha, clf.l1, clf.classes_
        self.output = {"logistic": "sigmoid"}.get(clf.out_activation_, clf.out_activation_)
        self.cost_name = clf.cost or MATCHED[self.output]

    def targets(self, y):
        """T (n, k): of labels (n,), or of an indicator matrix (n, k)."""
        if y.ndim == 2:
            return y * 1.0
        if self.W[-1].shape[1] == 1:
            return (y == self.classes[1])[:, None] * 1.0
        return (y[:, None] == self.classes) * 1.0

    def forward(self, X):
        """Of each layer z, h and f'(z), the last None for softmax; and the outputs a last of the h."""
        found, h = [], np.asarray(X, np.float64)
        for number, (W, b) in enumerate(zip(self.W, self.b, strict=True), start=1):
            z = h @ W + b
            name = self.output if number == len(self.W) else self.activation
            h, slope = (softmax(z, axis=1), None) if name == "softmax" else BOTH[name](z)
            found.append((z, h, slope))
        return found

    def logits(self, X):
        return self.forward(X)[-1][0]

    def costs(self, z, T):
        """Of each row, from the logits."""
        if self.cost_name == "log_likelihood":
            return logsumexp(z, axis=1) - (z * T).sum(axis=1)
        if self.cost_name == "cross_entropy":
            return -(T * log_expit(z) + (1 - T) * log_expit(-z)).sum(axis=1)
        a = softmax(z, axis=1) if self.output == "softmax" else BOTH[self.output](z)[0]
        return ((a - T) ** 2).sum(axis=1) / 2

    def guess(self, T, weight=None):
        """Cost of the shares of the classes."""
        p = np.average(T, axis=0, weights=weight)
        if self.cost_name == "log_likelihood":
            return -xlogy(p, p).sum()
        return {
            "cross_entropy": -(xlogy(p, p) + xlogy(1 - p, 1 - p)).sum(),
            "quadratic": (p * (1 - p)).sum() / 2,
        }[self.cost_name]

    def blind(self, T):
        """Cost of logits 0."""
        return self.costs(np.zeros_like(T), T).mean()

    def delta(self, X, T):
        """Gradient of each row's cost by its logits."""
        _, a, slope = self.forward(X)[-1]
        error = a - T
        if self.cost_name != "quadratic":
            return error  # matched
        return a * (error - (a * error).sum(axis=1, keepdims=True)) if slope is None else error * slope

    def gradients(self, X, T, penalty_rows=None, weight=None):
        """Of the mean cost by W and b of each layer; of the penalties too, where they are divided by so many rows."""
        share = np.full(len(X), 1 / len(X)) if weight is None else weight / weight.sum()
        passed, dz, found = self.forward(X), self.delta(X, T) * share[:, None], []
        for number in reversed(range(len(self.W))):
            h = passed[number - 1][1] if number else np.asarray(X, np.float64)
            W = self.W[number]
            pull = 0 if penalty_rows is None else (self.l2 * W + self.l1 * np.sign(W)) / penalty_rows
            found.insert(0, (h.T @ dz + pull, dz.sum(axis=0)))
            if number:
                dz = dz @ W.T * passed[number - 1][2]
        return found

    def gradient(self, X, T, penalty_rows=None, weight=None):
        """The same in one vector, weights before biases."""
        found = self.gradients(X, T, penalty_rows, weight)
        return np.concatenate([g[i].ravel() for i in (0, 1) for g in found])

    def penalty(self):
        """Not divided by rows."""
        return sum(self.l2 / 2 * (W**2).sum() + self.l1 * abs(W).sum() for W in self.W)

    def objective(self, X, T, penalty_rows, weight=None):
        return np.average(self.costs(self.logits(X), T), weights=weight) + self.penalty() / penalty_rows

    @property
    def theta(self):
        return np.concatenate([a.ravel() for a in (*self.W, *self.b)])

    @theta.setter
    def theta(self, values):
        arrays = [*self.W, *self.b]
        parts = np.split(values, np.cumsum([a.size for a in arrays])[:-1])
        shaped = [part.reshape(a.shape) for part, a in zip(parts, arrays, strict=True)]
        self.W, self.b = shaped[: len(self.W)], shaped[len(self.W) :]

    def curvature(self, X, T, penalty_rows, step=1e-4):
        """g'Hg / g'g, by a central difference of the gradient along itself."""
        theta, g = self.theta, self.gradient(X, T, penalty_rows)
        v = g / np.linalg.norm(g)
        there = []
        for sign in (1, -1):
            self.theta = theta + sign * step * v
            there.append(self.gradient(X, T, penalty_rows))
        self.theta = theta
        return (there[0] - there[1]) @ v / (2 * step)

    def noise_scale(self, X, T, penalty_rows, weight=None, n_batches=16):
        """McCandlish et al. 2018, appendix A.1, of 16 batches and of all of their rows."""
        b = len(X) // n_batches
        order = np.random.default_rng(0).permutation(len(X))[: n_batches * b].reshape(n_batches, b)
        weight = np.ones(len(X)) if weight is None else weight
        gs = []
        for rows in order:
            pulled = penalty_rows * weight[rows].mean() / weight.mean()  # as in a step of these rows
            gs.append(self.gradient(X[rows], T[rows], pulled, weight[rows]))
        gs = np.array(gs)
        small, large = (gs**2).sum(axis=1).mean(), (gs.mean(axis=0) ** 2).sum()
        B = n_batches * b
        square, trace = (B * large - b * small) / (B - b), (small - large) / (1 / b - 1 / B)
        return trace / square if square > 0 else np.inf
