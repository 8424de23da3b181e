"""Training steps compiled from their formulas, for the CPU and for CUDA."""
