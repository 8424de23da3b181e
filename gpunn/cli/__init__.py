"""The command line: gpunn train, predict, evaluate, devices."""

from gpunn.cli.main import main

__all__ = ["main"]
