"""A converter for skl2onnx, so that a pipeline that ends with `gpunn.MLPClassifier` can be written to an ONNX file.

Importing this module registers it::

    import gpunn.skl2onnx
    from skl2onnx import to_onnx

    to_onnx(pipeline, X[:1].astype("float32"), options={"zipmap": False})

The nodes are those of `MLPClassifier.to_onnx`. The classifier must have been fitted on arrays, as in a pipeline whose
earlier steps encode the columns; one that encodes them itself needs no pipeline, and is written by its own `to_onnx`.
"""

from __future__ import annotations

from typing import Any

try:
    import skl2onnx
except ModuleNotFoundError as error:
    if error.name != "skl2onnx":
        raise
    raise ModuleNotFoundError(
        "a pipeline as an ONNX file needs the package skl2onnx. Run pip install skl2onnx.", name="skl2onnx"
    ) from None
from onnx import TensorProto, helper, load_from_string
from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType, StringTensorType

from gpunn._version import __version__
from gpunn.estimator import MLPClassifier
from gpunn.io import onnx_export

# The oldest versions in which the operators are what `onnx_render` and `onnx_heads` take them for.
OPSETS = {"": 18, "ai.onnx.ml": 1}


def shapes(operator: Any) -> None:
    """Set the types and shapes of the outputs: label, and probabilities of the dtype of the input."""
    clf, rows = operator.raw_operator, operator.inputs[0]
    if "features_" in vars(clf):
        raise ValueError(
            "this classifier was fitted on a data frame and encodes its columns itself: write it by its own to_onnx, "
            "or fit the pipeline so that the steps before it give arrays (without set_output)."
        )
    if len(operator.inputs) != 1:
        raise ValueError(f"the classifier takes one input, a matrix, and there are {len(operator.inputs)}.")
    n, n_classes = rows.get_first_dimension(), len(clf.classes_)
    kind = StringTensorType if clf.classes_.dtype.kind in "UO" else Int64TensorType
    operator.outputs[0].type = kind([n, n_classes] if clf._labels.multilabel else [n])
    operator.outputs[1].type.shape = [n, n_classes]


def convert(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes of the classifier, with names that are new to the graph."""
    clf, rows = operator.raw_operator, operator.inputs[0]
    graph = load_from_string(onnx_export.build(clf._model).to_bytes(__version__, {})).graph
    names = {"X": scope.get_unique_variable_name("X")}

    def name(old: str) -> str:
        return str(names.setdefault(old, scope.get_unique_variable_name(old)))

    def cast(old: str, new: str, dtype: int) -> None:
        operator_name = scope.get_unique_operator_name("Cast")
        container.add_node("Cast", [old], [new], to=dtype, op_version=OPSETS[""], name=operator_name)

    cast(rows.full_name, name("X"), helper.np_dtype_to_tensor_dtype(clf.theta_.dtype))
    for constant in graph.initializer:
        content = [*constant.string_data] if constant.data_type == TensorProto.STRING else constant
        container.add_initializer(name(constant.name), constant.data_type, list(constant.dims), content)
    for node in graph.node:
        container.add_node(
            node.op_type, [*map(name, node.input)], [*map(name, node.output)], op_domain=node.domain,
            op_version=OPSETS[node.domain], name=scope.get_unique_operator_name(node.op_type),
            **{attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute},
        )  # fmt: skip
    label, p = operator.outputs
    if isinstance(label.type, StringTensorType):
        container.add_node("Identity", [name("label")], [label.full_name], op_version=OPSETS[""])
    else:
        cast(name("label"), label.full_name, TensorProto.INT64)
    is_double = isinstance(p.type, DoubleTensorType)
    cast(name("probabilities"), p.full_name, TensorProto.DOUBLE if is_double else TensorProto.FLOAT)


skl2onnx.update_registered_converter(
    MLPClassifier,
    "GpunnMLPClassifier",
    shapes,
    convert,
    options={"zipmap": [True, False, "columns"], "nocl": [True, False]},  # skl2onnx asks classifiers for both
)
