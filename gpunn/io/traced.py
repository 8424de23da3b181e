"""A formula of an activation or a head as a traced graph, for the writers of other languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gpunn.compile import trace
from gpunn.compile.trace import Symbol, Untraceable


def traced(
    source: Any, formula: Callable[..., Symbol], dtype: Any, learned: Iterable[str], target: str
) -> tuple[trace.Graph, Symbol]:
    """The graph of a formula, which is run once on symbols, and its output.

    Parameters
    ----------
    source : Activation or Head
        Whose formula it is, for the message of an error.
    formula : callable
        (xp, z, **learned) -> array like z, in the array API.
    dtype : dtype
        Data type of the arithmetic.
    learned : iterable of str
        Names of learned arrays (k,) or (1,).
    target : str
        Name of what is written, for error messages.

    Raises
    ------
    ValueError
        If the formula cannot be traced.
    """
    graph = trace.Graph(dtype)
    try:
        with trace.tracing(source):
            arrays = {name: _Learned(graph, graph.input(name).number) for name in learned}
            return graph, graph.output(formula(graph, graph.input("z"), **arrays))
    except Untraceable as error:
        raise ValueError(
            f"{source!r} cannot be written to {target}: {error}. Write its formula with operators, "
            f"{', '.join(f'xp.{name}' for name in trace.FUNCTIONS)}, and xp.sum and xp.max over the last axis, or keep "
            "the model with save."
        ) from error


class _Learned(Symbol):
    """A learned array, the same for all rows. An axis for the rows may be added to it, as broadcasting would."""

    def __getitem__(self, key: Any) -> Symbol:
        if key != (Ellipsis, None, slice(None)):
            raise Untraceable("a part of an array")
        return Symbol(self.graph, self.number)
