"""The cost around the weights that were learned, along two directions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from gpunn.insight.displays.sample import host_theta, sample
from gpunn.insight.displays.style import grid_of_axes, pyplot, spans_decades
from gpunn.model.fitted import Classifier
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective

BLOCK = 2**22  # numbers in the widest layer, and in theta, of the networks that are evaluated together


@dataclass(eq=False)
class CostSurfaceDisplay:
    """The cost at theta + a d1 + b d2, with two random filter-normalised directions.

    Source: Li et al. 2018, "Visualizing the Loss Landscape of Neural Nets", section 4. Each neuron's part of a
    direction has the norm of that neuron's incoming weights, so that a step of 1 changes every neuron by as much as
    it has, and surfaces of networks of different scale can be compared. All else stays as it is.

    Parameters
    ----------
    a, b : ndarray (r,)
        Steps along d1 and d2.
    cost : ndarray (r, r)
        Mean cost of the rows, without penalties; ``cost[i, j]`` is that at ``b[i]``, ``a[j]``.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure
    """

    a: np.ndarray
    b: np.ndarray
    cost: np.ndarray
    ax_: Any = field(init=False, repr=False)
    figure_: Any = field(init=False, repr=False)

    @classmethod
    def from_estimator(
        cls,
        estimator: Classifier,
        X: Any,
        y: Any,
        *,
        span: float = 1.0,
        resolution: int = 25,
        max_rows: int = 500,
        random_state: int = 0,
        ax: Any = None,
    ) -> Self:
        """Compute and draw the surface for a fitted `MLPClassifier`.

        Parameters
        ----------
        estimator : MLPClassifier
        X, y : array-like (n, d) and (n,), or for multilabel problems (n, c)
        span : float, default=1
            Steps go from -span to span.
        resolution : int, default=25
            Steps along each direction; an odd number has the learned weights among them.
        max_rows : int, default=500
            Largest number of rows that are used; of more rows, this many are taken, evenly spaced.
        random_state : int, default=0
            Seed of the directions.
        ax : Axes, default=None

        Raises
        ------
        ValueError
            If ``span`` is not positive or ``resolution`` less than 2.
        """
        pyplot("CostSurfaceDisplay.from_estimator")  # before the work
        check_is_fitted(estimator)
        if not 0 < span < np.inf:
            raise ValueError(f"span={span!r} is not allowed; give a positive number.")
        if resolution < 2:
            raise ValueError(f"resolution={resolution!r} is not allowed; give an integer of at least 2.")
        theta = host_theta(estimator)
        rows, T = sample(estimator, X, max_rows, y)
        objective, rng = Objective(estimator.network_, estimator.head_), np.random.default_rng(random_state)
        directions = [filter_normalised(rng, estimator.network_, theta) for _ in range(2)]
        steps = np.linspace(-span, span, resolution)
        cost = surface(objective, theta, directions, steps, rows, T)
        return cls(steps, steps, cost).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw filled contours, logarithmic where costs are decades apart."""
        ax = grid_of_axes("CostSurfaceDisplay.plot", ax, 1, 1, (4.8, 3.8))[0, 0]
        from matplotlib.colors import LogNorm

        cost = np.where(np.isfinite(self.cost), self.cost, np.nan)
        logarithmic = spans_decades(cost)
        low, high = float(np.nanmin(cost)), float(np.nanmax(cost))
        if high <= low:
            high = low + 1.0
        space = np.geomspace if logarithmic else np.linspace
        levels = space(low, high, 15)
        options = {"norm": LogNorm(low, high)} if logarithmic else {}
        filled = ax.contourf(self.a, self.b, cost, levels, cmap="cividis", extend="both", **options)
        ax.contour(self.a, self.b, cost, levels[::2], colors="white", linewidths=0.5, alpha=0.7)
        ax.figure.colorbar(filled, ax=ax, label="cost", ticks=levels[::2], format="%.2g")
        ax.plot(0, 0, "*", color="white", markeredgecolor="black", markersize=12, label="learned weights")
        ax.set_xlabel("step along direction 1")
        ax.set_ylabel("step along direction 2")
        ax.legend(loc="upper right", fontsize="small", framealpha=0.9)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def filter_normalised(rng: np.random.Generator, network: Network, theta: np.ndarray) -> np.ndarray:
    """A random direction (P,): for each neuron d <- d |w| / |d| with w its incoming weights; 0 for all else."""
    direction = np.zeros_like(theta)
    for layer in network.layers:
        W = layer.W.of(np, theta)
        d = rng.standard_normal(W.shape)
        layer.W.put(np, direction, d * (np.linalg.norm(W, axis=0) / np.linalg.norm(d, axis=0)))
    return direction


def surface(
    objective: Objective,
    theta: np.ndarray,
    directions: list[np.ndarray],
    steps: np.ndarray,
    X: np.ndarray,
    T: np.ndarray,
) -> np.ndarray:
    """Cost (r, r) at theta + steps[j] directions[0] + steps[i] directions[1], many networks side by side."""
    a, b = (grid.ravel().astype(theta.dtype)[:, None] for grid in np.meshgrid(steps, steps))
    block = max(1, BLOCK // max(theta.size, X.shape[0] * max(objective.network.sizes)))
    with np.errstate(all="ignore"):
        found = [
            objective.value(np, theta + a[part] * directions[0] + b[part] * directions[1], X, T)
            for part in (slice(i, i + block) for i in range(0, a.size, block))
        ]
    return np.concatenate(found).reshape(steps.size, steps.size)
