"""One epoch of the same training, by gpunn and by each peer that is installed.

The work is ReLU layers, a softmax output, the mean log-likelihood, Adam with its usual constants, float32, no
penalty, and dropout of the hidden layers where asked for. A contender is built from the same starting weights and has
``epoch(order)``: one pass over the rows in that order, in batches, leaving the weights where the next epoch begins; and
``cost()``, the mean cost over all rows. Each waits until its work is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import gpunn
from gpunn.nn.activations import ReLU
from gpunn.nn.heads import SoftmaxLogLikelihood
from gpunn.nn.initialisers import glorot_uniform, zero_bias
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import Adam
from gpunn.optim.schedules import Constant
from gpunn.training.data import Rows
from gpunn.training.loop import Training
from gpunn.training.minibatch import Minibatch

RATE = 1e-3
MANY = 10**6  # epochs: more than any benchmark makes


@dataclass(frozen=True)
class Work:
    """A network, a batch size, and rows that are random: time does not depend on what they say."""

    sizes: tuple[int, ...]
    batch: int
    n_steps: int
    dropout: float = 0.0  # of hidden layers

    @property
    def name(self) -> str:
        dropout = f", dropout {self.dropout:g}" if self.dropout else ""
        return f"{'-'.join(map(str, self.sizes))}, batch {self.batch}{dropout}"

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(0)
        n = self.batch * self.n_steps
        X = rng.standard_normal((n, self.sizes[0]), dtype=np.float32)
        return X, rng.integers(0, self.sizes[-1], n)

    def weights(self) -> list[tuple[np.ndarray, np.ndarray]]:
        rng = np.random.default_rng(1)
        pairs = zip(self.sizes[:-1], self.sizes[1:], strict=True)
        return [(glorot_uniform(np, rng, a, b).astype("float32"), np.zeros(b, "float32")) for a, b in pairs]


class Gpunn:
    """Epochs of one training, in its own order of the rows: the time does not depend on it."""

    def __init__(self, work: Work, device: str = "cpu", precision: str = "float32") -> None:
        self.device = gpunn.get_device(device, precision)
        X, y = work.data()
        T = np.eye(work.sizes[-1], dtype=np.float32)[y]
        network = Network(work.sizes, (ReLU(),) * (len(work.sizes) - 2))
        theta = network.initial(np, np.random.default_rng(1), glorot_uniform, zero_bias)
        self.objective = Objective(network, SoftmaxLogLikelihood())
        self.rows = Rows(self.device.asarray(X), self.device.asarray(T))
        dropout = (0.0,) + (work.dropout,) * (len(work.sizes) - 2)
        self.trainer = Minibatch(
            Adam(), Constant(RATE), work.batch, max_epochs=1, seed=0, dropout=dropout, compiled=True
        )
        self.progress = self.trainer.start(self.device, self.device.asarray(theta, "float32"))
        self.training: Training | None = None

    def epoch(self, order: np.ndarray) -> None:
        if self.training is None:
            trainer = replace(self.trainer, max_epochs=MANY)
            self.training = Training(trainer, self.device, self.objective, self.progress, self.rows)
        with self.device.use():
            self.training.take(self.training.step(self.progress))
        self.device.synchronize()

    def cost(self) -> float:
        xp = self.device.xp
        with self.device.use():
            value = self.objective.value(xp, self.progress.theta, self.rows.X, self.rows.T)
        return self.device.floats(value)[0]


class ScikitLearn:
    """MLPClassifier.partial_fit, which shuffles by itself."""

    def __init__(self, work: Work) -> None:
        from sklearn.neural_network import MLPClassifier

        self.X, self.y = work.data()
        self.clf = MLPClassifier(work.sizes[1:-1], batch_size=work.batch, alpha=0, shuffle=False)
        self.clf.partial_fit(self.X[: work.batch], self.y[: work.batch], classes=range(work.sizes[-1]))
        for (W, b), coef, intercept in zip(work.weights(), self.clf.coefs_, self.clf.intercepts_, strict=True):
            coef[...], intercept[...] = W, b
        self.clf._optimizer = type(self.clf._optimizer)(self.clf.coefs_ + self.clf.intercepts_, RATE)

    def epoch(self, order: np.ndarray) -> None:
        self.clf.partial_fit(self.X[order], self.y[order])

    def cost(self) -> float:
        p = self.clf.predict_proba(self.X)
        return float(-np.mean(np.log(p[np.arange(len(self.y)), self.y])))


class Torch:
    """PyTorch, a plain loop; ``fused`` is its one-kernel Adam, ``compiled`` torch.compile of the whole loss."""

    device = "cpu"
    mode: str | None = None  # of torch.compile

    def __init__(self, work: Work, fused: bool = False, compiled: bool = False) -> None:
        import torch

        self.batch = work.batch
        X, y = work.data()
        self.X, self.y = torch.from_numpy(X).to(self.device), torch.from_numpy(y).to(self.device)
        layers: list[Any] = []
        for W, b in work.weights():
            linear = torch.nn.Linear(*W.shape)
            linear.weight.data[...] = torch.from_numpy(W.T.copy())
            linear.bias.data[...] = torch.from_numpy(b)
            layers += [linear, torch.nn.ReLU(), *([torch.nn.Dropout(work.dropout)] if work.dropout else [])]
        self.model = torch.nn.Sequential(*layers[: layers.index(linear) + 1]).to(self.device)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=RATE, fused=fused or None)
        loss = torch.nn.CrossEntropyLoss()

        def value(X: Any, y: Any) -> Any:
            return loss(self._logits(X), y)

        self.value = torch.compile(value, mode=self.mode) if compiled else value

    def _logits(self, X: Any) -> Any:
        return self.model(X)

    def epoch(self, order: np.ndarray) -> None:
        import torch

        index = torch.from_numpy(order).to(self.device)
        for part in index.split(self.batch):
            self.optimiser.zero_grad(set_to_none=True)
            self.value(self.X[part], self.y[part]).backward()
            self.optimiser.step()

    def cost(self) -> float:
        import torch

        self.model.eval()
        with torch.no_grad():
            cost = float(self.value(self.X, self.y))
        self.model.train()
        return cost


class Jax:
    """JAX, the whole epoch one compiled scan."""

    def __init__(self, work: Work) -> None:
        import jax
        import jax.numpy as jnp

        X, y = work.data()
        X, y = jnp.asarray(X), jnp.asarray(y)
        theta = [(jnp.asarray(W), jnp.asarray(b)) for W, b in work.weights()]
        zeros_like = jax.tree.map(jnp.zeros_like, theta)
        self.state = (theta, zeros_like, jax.tree.map(jnp.zeros_like, theta), jnp.zeros((), jnp.float32))
        seed = jax.random.key(0)

        def value(theta: Any, X: Any, y: Any, key: Any = None) -> Any:
            for i, (W, b) in enumerate(theta[:-1]):
                X = jax.nn.relu(X @ W + b)
                if work.dropout and key is not None:
                    kept = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - work.dropout, X.shape)
                    X = jnp.where(kept, X / (1 - work.dropout), 0)
            W, b = theta[-1]
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(X @ W + b), y[:, None], axis=1))

        def step(state: Any, index: Any) -> Any:
            theta, m, v, t = state
            t = t + 1
            g = jax.grad(value)(theta, X[index], y[index], jax.random.fold_in(seed, t))
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
            rate = RATE * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            theta = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), theta, m, v)
            return (theta, m, v, t), None

        shape = (work.n_steps, work.batch)
        self.run = jax.jit(lambda state, order: jax.lax.scan(step, state, order.reshape(shape))[0], donate_argnums=0)
        self.value = jax.jit(lambda theta: value(theta, X, y))

    def epoch(self, order: np.ndarray) -> None:
        import jax

        self.state = jax.block_until_ready(self.run(self.state, order))

    def cost(self) -> float:
        return float(self.value(self.state[0]))


class Floor:
    """The bare matrix products of each step, in place, and nothing else: no step can be faster."""

    def __init__(self, work: Work) -> None:
        rng = np.random.default_rng(0)
        sizes, n = work.sizes, work.batch
        self.n_steps = work.n_steps
        h = [rng.standard_normal((n, size), dtype=np.float32) for size in sizes]
        W = [w for w, _ in work.weights()]
        g = [np.empty_like(w) for w in W]
        forward = [(h[i], W[i], np.empty_like(h[i + 1])) for i in range(len(W))]
        weights = [(h[i].T, h[i + 1], g[i]) for i in range(len(W))]
        back = [(h[i + 1], W[i].T, np.empty_like(h[i])) for i in range(1, len(W))]
        self.products = [*forward, *weights, *back]

    def epoch(self, order: np.ndarray) -> None:
        for _ in range(self.n_steps):
            for a, b, out in self.products:
                np.matmul(a, b, out=out)

    def cost(self) -> float:
        return float("nan")


CONTENDERS: dict[str, tuple[str, Callable[[Work], Any]]] = {  # name: what must be installed, how it is built
    "bare GEMMs": ("numpy", Floor),
    "gpunn": ("gpunn", Gpunn),
    "scikit-learn": ("sklearn", ScikitLearn),
    "PyTorch": ("torch", Torch),
    "PyTorch, fused Adam": ("torch", lambda work: Torch(work, fused=True)),
    "PyTorch, compiled": ("torch", lambda work: Torch(work, fused=True, compiled=True)),
    "JAX scan": ("jax", Jax),
}
