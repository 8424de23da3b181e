"""Compiled training and prediction on the CPU, by LLVM."""
