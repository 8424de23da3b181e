"""A graph of ONNX as it is built, node by node; the only file that imports onnx."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

try:
    import onnx
except ModuleNotFoundError as error:
    if error.name != "onnx":
        raise
    raise ModuleNotFoundError(
        "a model as an ONNX file needs the package onnx. Run pip install onnx.", name="onnx"
    ) from None
from onnx import helper, numpy_helper

OPSETS = {"": 20, "ai.onnx.ml": 3}  # domain: version
OUTPUTS = ("label", "probabilities")

Operand = str | float | np.ndarray


class Graph:
    """Nodes, constants, inputs and outputs; every value is known by its name.

    All inputs are declared before the first node: names that the graph makes up keep clear of theirs.

    Parameters
    ----------
    dtype : dtype
        float32 or float64, that of the parameters and of the arithmetic.
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._names = {"", *OUTPUTS}
        self._counts: Counter[str] = Counter()

    def __call__(self, operator: str, *operands: Operand, domain: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its value; operands are names of values, or constants."""
        names = [value if isinstance(value, str) else self.constant(value) for value in operands]
        made = self._fresh(operator)
        self._nodes.append(helper.make_node(operator, names, [made], domain=domain, **attributes))
        return made

    def constant(self, value: float | np.ndarray, name: str = "constant") -> str:
        """An array as it is, a number as a scalar of the graph's dtype."""
        array = value if isinstance(value, np.ndarray) else np.asarray(value, self.dtype)
        made = self._fresh(name)
        self._constants.append(numpy_helper.from_array(array, made))
        return made

    def cast(self, value: str, dtype: Any = None) -> str:
        """A value as another dtype, that of the graph if not given."""
        return self("Cast", value, to=_type(self.dtype if dtype is None else dtype))

    def input(self, name: str, dtype: Any, width: int, meaning: str = "") -> str:
        """Declare an input (n, width); object is the dtype of text.

        Raises
        ------
        ValueError
            If the name is empty or that of an output.
        """
        if name in self._names:
            raise ValueError(
                f"the column {name!r} cannot be an input: names in an ONNX file differ from each other and from "
                f"those of its outputs, {' and '.join(map(repr, OUTPUTS))}, and none is empty. Rename it and fit again."
            )
        self._names.add(name)
        self._inputs.append(helper.make_tensor_value_info(name, _type(dtype), ["n", width], meaning))
        return name

    def output(self, name: str, value: str, dtype: Any, shape: Sequence[int | str]) -> None:
        """Give a value out by one of the names `OUTPUTS`."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, _type(dtype), shape))

    def to_bytes(self, version: str, metadata: Mapping[str, str]) -> bytes:
        """The model as a file has it, after onnx has checked it."""
        opsets = [helper.make_opsetid(*opset) for opset in OPSETS.items()]
        graph = helper.make_graph(self._nodes, "gpunn", self._inputs, self._outputs, self._constants)
        model = helper.make_model(
            graph,
            opset_imports=opsets,
            ir_version=helper.find_min_ir_version_for(opsets),
            producer_name="gpunn",
            producer_version=version,
        )
        helper.set_model_props(model, dict(metadata))
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString())

    def _fresh(self, stem: str) -> str:
        name = stem
        while name in self._names:
            self._counts[stem] += 1
            name = f"{stem}_{self._counts[stem]}"
        self._names.add(name)
        return name


def _type(dtype: Any) -> int:
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
