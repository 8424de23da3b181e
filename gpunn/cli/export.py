"""gpunn export: a model for programs without gpunn."""

from __future__ import annotations

import argparse

import gpunn
from gpunn.cli import report
from gpunn.cli.sources import place


def export(options: argparse.Namespace) -> int:
    asked = {option: path for option in ("onnx", "numpy") if (path := getattr(options, option)) is not None}
    if not asked:
        raise ValueError("nothing is asked for: give --onnx FILE, --numpy FILE or both.")
    for option, path in asked.items():
        place(path, options.model, option=f"--{option}")
    clf = gpunn.load(options.model)
    writers = {"onnx": clf.to_onnx, "numpy": clf.to_numpy}
    for option, path in asked.items():
        writers[option](path)
        report.say(f"{option} model written to {path}")
    return 0
