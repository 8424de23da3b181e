"""The beginning of every CUDA source: what ``runtime.cu`` wants to be defined, and that file."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

INPUTS = {  # types of X that the kernels read, as C calls them
    "bool": "bool", "int8": "signed char", "int16": "short", "int32": "int", "int64": "long long",
    "uint8": "unsigned char", "uint16": "unsigned short", "uint32": "unsigned int", "uint64": "unsigned long long",
    "float32": "float", "float64": "double",
}  # fmt: skip
TYPES = {"float32": "float", "float64": "double"}


@dataclass(frozen=True)
class LaunchConfig:
    """Threads of a warp, which share a row, and threads of a block. A GPU's are the default; one of each runs as C."""

    warp: int = 32
    threads: int = 256


def runtime(
    dtype: str, X_dtype: str, bf16_operands: bool, config: LaunchConfig, n_inputs: int, n_weights: int, n_biases: int
) -> str:
    """Definitions and ``runtime.cu``; the arguments are those of `gpunn.compile.cuda.kernels.kernels`."""
    defined = {
        "WARP": config.warp,
        "WARPS_PER_BLOCK": config.threads // config.warp,
        "N_INPUTS": n_inputs,
        "N_WEIGHTS": n_weights,
        "N_BIASES": n_biases,
        "BF16_OPERANDS": int(bf16_operands),
    }
    lines = [f"typedef {TYPES[dtype]} T;", f"typedef {INPUTS[X_dtype]} In;"]
    lines += [f"#define {name} {value}" for name, value in defined.items()]
    return "\n".join([*lines, resources.files(__package__).joinpath("runtime.cu").read_text(encoding="utf-8")])
