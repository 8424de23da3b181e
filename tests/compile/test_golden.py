"""The code generated for some networks equals the files in ``golden/``, whose diff shows what a change does.

After an intended change, ``pytest tests/compile/test_golden.py --write-golden`` writes the files.
"""

from __future__ import annotations

import difflib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from gpunn.compile import cuda, formulas
from gpunn.compile.cpu import kernels
from gpunn.compile.cpu import operation as op
from gpunn.compile.cpu.epoch import Step, Strides
from gpunn.compile.cpu.operation import Matrix
from gpunn.compile.cuda.kernels import kernels as cuda_kernels
from gpunn.compile.cuda.runtime import LaunchConfig
from gpunn.nn.activations import PReLU, ReLU, Softmax, Tanh
from gpunn.nn.heads import SigmoidCrossEntropy, SoftmaxLogLikelihood
from gpunn.nn.network import Network
from gpunn.nn.objective import Objective
from gpunn.optim.first_order import Adam, GradientDescent, Momentum

GOLDEN = Path(__file__).parent / "golden"
NETWORKS = {
    "relu_adam": (Objective(Network((5, 4, 3), (ReLU(),)), SoftmaxLogLikelihood()), Adam()),
    "tanh_softmax_momentum": (
        Objective(Network((5, 4, 6, 3), (Tanh(), Softmax())), SoftmaxLogLikelihood(), l2=0.5, l1=0.25),
        Momentum(),
    ),
    "no_hidden_layer_sgd": (Objective(Network((5, 3), ()), SigmoidCrossEntropy()), GradientDescent()),
    "prelu_limited_sgd": (
        Objective(Network((5, 4, 6, 3), (PReLU(), PReLU(shared=True))), SoftmaxLogLikelihood(), l2=0.5),
        GradientDescent(),
    ),
}
LIMITS = {"prelu_limited_sgd": {"clip_norm": 1.0, "max_norm": 2.0}}  # the CPU's alone
ROWS, N_THREADS = 6, 2  # of a step


def state(name):
    objective, method = NETWORKS[name]
    return method.init(np, np.zeros(objective.network.n_parameters, np.float32))


def cpu_kernels(name):
    """LLVM IR of each kernel."""
    objective, method = NETWORKS[name]
    found = kernels.network_kernels(objective, "float32", np.float32, None)
    limits = LIMITS.get(name, {})
    found |= kernels.update_kernels(objective, method, state(name), "float32", limits.get("clip_norm"))
    return found | (kernels.max_norm_kernels("float32", limits["max_norm"]) if limits else {})


def llvm(name):
    """All kernels except those that an earlier network has too."""
    known = {text for earlier in list(NETWORKS)[: list(NETWORKS).index(name)] for text in cpu_kernels(earlier).values()}
    return "\n".join(text for text in cpu_kernels(name).values() if text not in known)


def cuda_c(name):
    """All kernels, without ``runtime.cu``, which is the same for all networks."""
    source = cuda_kernels(*NETWORKS[name], state(name), "float32", "float32", False, LaunchConfig()).source
    runtime = resources.files(cuda).joinpath("runtime.cu").read_text(encoding="utf-8")
    assert runtime in source
    return source.replace(runtime, "// runtime.cu\n")


LEGEND = "# Operations of thread 0 of 2. name[row, column]/stride is the part of a matrix that begins at an element."


def operations(name):
    """Those of thread 0 in a step, for each partition that the network allows."""
    objective, _ = NETWORKS[name]
    functions = {kernel: i for i, kernel in enumerate(cpu_kernels(name))}
    partitions = ["data parallel", "sharded update"]
    if not formulas.has_row_reductions(objective.network):
        partitions.insert(1, "tensor parallel")
    lines = [LEGEND, ""]
    for partition in partitions:
        step = Step(objective.network, partition, ROWS, N_THREADS, functions, 4)
        strides = Strides((step.sizes[0], 1), (step.sizes[-1], 1))
        lines += [f"# {partition}", *(line(step, fields) for fields in step.operations(0, ROWS, strides)), ""]
    return "\n".join(lines)


def line(step, fields):
    code, function, row_start, row_stop, column_start, column_stop, width, flags = fields[: op.MATRICES]
    matrices = [Matrix(*fields[i : i + op.MATRIX_FIELDS]) for i in range(op.MATRICES, op.N_FIELDS, op.MATRIX_FIELDS)]
    names = [place(step, matrix) for matrix in matrices if any(matrix)]
    rows, columns = f"{row_start}:{row_stop}", f"{column_start}:{column_stop}"
    becomes = "+=" if flags & op.ADD else "="
    if code == op.BARRIER:
        return "barrier"
    if code == op.KERNEL:
        kernel = list(step.functions)[function]
        return " ".join(["kernel", kernel, *names, f"rows {rows} columns {columns} width {width}"])
    if code == op.GEMM:
        a, b, out = names
        a, b = a + ".T" * bool(flags & op.TRANSPOSE_A), b + ".T" * bool(flags & op.TRANSPOSE_B)
        return f"gemm {out} {becomes} {a} @ {b} ({row_stop}, {width}) @ ({width}, {column_stop})"
    out, part = names[:2]
    return f"add_up {out} {becomes} {width} of {part}, {matrices[2].stride} apart, ({row_stop}, {column_stop})"


def place(step, matrix):
    """The name of a matrix, the row and column where it begins, and its stride."""
    known = {"X": Matrix(op.X, 0, step.sizes[0]), "T": Matrix(op.T, 0, step.sizes[-1])}
    known |= {"x": step.x, "target": step.target, "g": step.g}
    for letter in "zhdW":
        known |= {f"{letter}{i}": m for i, m in enumerate(getattr(step, letter))}
    for i, (biases, *learned) in enumerate(step.vectors):
        known[f"b{i}"] = biases.matrix
        known |= {f"slope{i}": vector.matrix for vector in learned} | {f"term{i}": vector.terms for vector in learned}
    known |= {f"norms{i}": m for i, m in enumerate(step.norms)} | ({"totals": step.totals} if step.n_reductions else {})
    start, name = max((m.start, n) for n, m in known.items() if m.slot == matrix.slot and m.start <= matrix.start)
    row, column = divmod(matrix.start - start, known[name].stride or step.n_parameters)
    return f"{name}[{row}, {column}]/{matrix.stride}"


GENERATED = {".ll": llvm, ".txt": operations, ".cu": cuda_c}


FILES = [(name, kind) for name in NETWORKS for kind in GENERATED if name not in LIMITS or kind != ".cu"]


@pytest.mark.parametrize(("name", "kind"), FILES)
def test_generated_code_equals_the_golden_file(request, name, kind):
    path, text = (GOLDEN / name).with_suffix(kind), GENERATED[kind](name)
    if request.config.getoption("--write-golden"):
        path.write_text(text, encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    changes = list(difflib.unified_diff(before.splitlines(), text.splitlines(), path.name, "generated", lineterm=""))
    if changes:
        pytest.fail(
            "\n".join([*changes[:60], "If this is intended, run with --write-golden and review the diff."]),
            pytrace=False,
        )


def test_no_golden_file_is_left_over():
    assert {path.name for path in GOLDEN.iterdir()} == {name + kind for name, kind in FILES}
