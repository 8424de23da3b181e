"""Robust and piecewise-linear encodings of numbers, in which outliers and skewed distributions do no harm.

Symbols: x values (n,), e_0 < ... < e_T edges of T bins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ENCODINGS = ("standard", "robust", "piecewise_linear")

MAX_BINS = 16  # by default: enough for a curve with several bends; each is an input of all neurons of the first layer
MAX_BIN_OUTPUTS = 4096  # of all columns together: wide tables get fewer bins, so that the network does not explode

LARGEST = 3 * (1 - 2.0**-23)  # a float32 below 3, the limit of the robust output, of which the value is infinite


def bins_of_each(n_columns: int, max_bins: int = MAX_BINS) -> int:
    """Largest number of bins of each of ``n_columns`` numeric columns; 0 where they would have less than 2."""
    n_bins = min(max_bins, MAX_BIN_OUTPUTS // max(n_columns, 1))
    return n_bins if n_bins >= 2 else 0


def robust_outputs(x: np.ndarray, median: float, scale: float, edges: tuple[float, ...] = ()) -> np.ndarray:
    """Numbers (n,) as z / sqrt(1 + (z / 3)^2) with z = (x - median) / scale, a smooth clip to (-3, 3).

    Behind this output stands one for each bin between edges e_0 < ... < e_T: (x - e_(t-1)) / (e_t - e_(t-1)), clipped
    to [0, 1]. The result (n, 1 + T) is 0 where x is NaN, and its first column where scale is 0.
    Sources: Holzmüller et al. 2024, arXiv 2407.04491; Gorishniy et al. 2022, arXiv 2203.05556, equation 1.
    """
    out = np.zeros((len(x), max(len(edges), 1)))
    with np.errstate(over="ignore"):
        if scale:
            half = 0.5 if max(abs(median), scale) > 2.0**1000 else 1.0  # differences of such numbers may overflow
            z = (half * x - half * median) / (half * scale)
            z = np.maximum(np.minimum(z, 1e9), -1e9)  # from 1e9 on the output is 3 in float64
            out[:, 0] = z / np.sqrt(1 + (z / 3) ** 2)
        if edges:
            low, high = np.array(edges[:-1]), np.array(edges[1:])
            halves = np.where(np.isinf(high - low), 0.5, 1.0)
            inside = np.minimum(np.maximum(x[:, None], low), high)
            out[:, 1:] = (halves * inside - halves * low) / (halves * high - halves * low)
    out[np.isnan(x)] = 0
    return out


@dataclass(frozen=True)
class RobustEncoding:
    """Numbers by their quantiles: one output that is clipped smoothly, and one for each bin, if there are bins.

    `robust_outputs` has the formulas. Bins are those of the piecewise-linear encoding, but for the clipping at both
    ends: the robust output says how far outside a value lies.

    Parameters
    ----------
    median : float
    scale : float
        The interquartile range of the training values; half of their range where that is 0; 0 where all were equal.
    edges : tuple of T + 1 floats, or ()
        Edges of the bins, in ascending order.
    """

    median: float
    scale: float
    edges: tuple[float, ...] = ()

    @classmethod
    def learn(cls, known: np.ndarray, n_bins: int = 0) -> RobustEncoding:
        """The encoding by training values (n,), n >= 1, none of which is missing; with up to ``n_bins`` bins."""
        largest, half = float(np.finfo(np.float64).max), 0.5 if np.abs(known).max() > 2.0**1000 else 1.0
        x = half * known
        low, lower, median, upper, high = (float(q) for q in np.quantile(x, [0, 0.25, 0.5, 0.75, 1]))
        scale = (upper - lower) or high / 2 - low / 2  # in units of 1 / half, in which no difference overflows
        return cls(median / half, min(scale, half * largest) / half, quantile_edges(known, n_bins) if n_bins else ())

    @property
    def n_out(self) -> int:
        """Number of outputs."""
        return max(len(self.edges), 1)

    def encode(self, x: np.ndarray) -> np.ndarray:
        """Outputs (n, n_out) of numbers (n,), float64; 0 for NaN."""
        return robust_outputs(x, self.median, self.scale, self.edges)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Numbers (n,) of which z (n,), rounded to float32 perhaps, is the first output; finite."""
        z, largest = np.clip(z, -LARGEST, LARGEST), np.finfo(np.float64).max
        with np.errstate(over="ignore"):
            x: np.ndarray = self.median + self.scale * (z / np.sqrt(1 - (z / 3) ** 2))
        return np.clip(x, -largest, largest)


def quantile_edges(known: np.ndarray, n_bins: int) -> tuple[float, ...]:
    """Edges of up to ``n_bins`` bins with about as many of the values (n,) each; () for less than 3 distinct values.

    A value that is more than a share of 1 / n_bins of all is an edge of its own, so that it does not use up those of
    the others, which are quantiles of the remaining values: values that occur.
    """
    distinct, counts = np.unique(known, return_counts=True)
    if len(distinct) < 3:
        return ()
    is_frequent = counts * n_bins > len(known)
    rest = np.repeat(distinct[~is_frequent], counts[~is_frequent])
    edges = distinct[is_frequent]
    if rest.size:  # np.quantile would interpolate, if only with weights of 0 and 1, and overflow
        places = np.rint(np.linspace(0, len(rest) - 1, n_bins + 1 - len(edges))).astype(int)
        edges = np.unique(np.concatenate([edges, rest[places]]))
    return tuple(edges.tolist())
