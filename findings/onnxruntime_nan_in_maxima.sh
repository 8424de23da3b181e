#!/usr/bin/env bash
# onnxruntime 1.32.0, CPU (with onnx 1.23.2, numpy 2.4.6).
#
# Expected: ReduceMax of a row with NaN is NaN, and ArgMax and ArgMin give its place, as NumPy, PyTorch and JAX do; or at least
#   what comes out does not depend on where the NaN stands.
# Happens: NaN counts in the first place of a row only. In any other it is passed over: ReduceMax of [1, NaN, 2] is 2, ArgMax 2,
#   ArgMin 0. So a classifier that ends in ArgMax gives a row whose scores are partly NaN a label like any other, and which one
#   depends on the order of the classes.
# Why: the reductions are Eigen's maxCoeff and minCoeff, which leave open what becomes of NaN unless they are told: here a later
#   value is taken if it is greater (or smaller) than what there is, which is false for NaN. The operators' specification says
#   nothing of NaN. Source: onnxruntime/core/providers/cpu/reduction/reduction_ops.h, ReduceAggregatorMax and ...ArgMax.
# Way round: IsNaN beside the scores, or a sum of the row, which is NaN wherever the NaN stands.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

nan = np.nan
rows = np.array([[nan, 5, 7], [1, nan, 2], [1, 2, nan], [7, nan, 5]], np.float32)


def found(operator, attributes, kind, *constants):
    node = helper.make_node(operator, ["X", *(c.name for c in constants)], ["Y"], **attributes)
    X, Y = (helper.make_tensor_value_info(name, k, None) for name, k in (("X", TensorProto.FLOAT), ("Y", kind)))
    graph = helper.make_graph([node], operator, [X], [Y], list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"X": rows})[0]


axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
greatest = found("ReduceMax", {"keepdims": 0}, TensorProto.FLOAT, axes)
place = found("ArgMax", {"axis": 1, "keepdims": 0}, TensorProto.INT64)
least = found("ArgMin", {"axis": 1, "keepdims": 0}, TensorProto.INT64)
total = found("ReduceSum", {"keepdims": 0}, TensorProto.FLOAT, axes)
for i, row in enumerate(rows):
    print(f"{row}: ReduceMax {greatest[i]}, ArgMax {place[i]}, ArgMin {least[i]}; NumPy {row.max()}, {row.argmax()}, {row.argmin()}")
assert np.array_equal(greatest, [nan, 2, 2, 7], equal_nan=True) and np.isnan(rows.max(axis=1)).all()
assert place.tolist() == [0, 2, 1, 0] and rows.argmax(axis=1).tolist() == [0, 1, 2, 1]
assert least.tolist() == [0, 0, 0, 2] and rows.argmin(axis=1).tolist() == [0, 1, 2, 1]
assert np.isnan(total).all()
print("ReduceSum is NaN for each of them")
PYTHON
# Output seen:
#   [nan  5.  7.]: ReduceMax nan, ArgMax 0, ArgMin 0; NumPy nan, 0, 0
#   [ 1. nan  2.]: ReduceMax 2.0, ArgMax 2, ArgMin 0; NumPy nan, 1, 1
#   [ 1.  2. nan]: ReduceMax 2.0, ArgMax 1, ArgMin 0; NumPy nan, 2, 2
#   [ 7. nan  5.]: ReduceMax 7.0, ArgMax 0, ArgMin 2; NumPy nan, 1, 1
#   ReduceSum is NaN for each of them
