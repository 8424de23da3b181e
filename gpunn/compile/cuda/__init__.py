"""Compiled training on CUDA: kernels in CUDA C, captured as graphs."""
