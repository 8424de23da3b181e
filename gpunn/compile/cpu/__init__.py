"""Compiled training on the CPU: LLVM makes the kernels of the formulas, Numba what does not depend on them."""
