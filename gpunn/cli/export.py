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
    if options.input_dtype and not options.onnx:
        raise ValueError(f"--input-dtype {options.input_dtype} is of ONNX files: give --onnx FILE, or leave it out.")
    for option, path in asked.items():
        place(path, options.model, option=f"--{option}")
    clf = gpunn.load(options.model)
    for option, path in asked.items():
        if option == "onnx":
            clf.to_onnx(path, options.input_dtype)
        else:
            clf.to_numpy(path)
        report.say(f"{option} model written to {path}")
    return 0
