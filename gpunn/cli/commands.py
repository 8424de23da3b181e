"""The commands by name. Tables and reports go to standard output, progress and warnings to standard error."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import gpunn
from gpunn.cli import report
from gpunn.cli.compare import compare
from gpunn.cli.evaluate import evaluate
from gpunn.cli.export import export
from gpunn.cli.inspection import inspect, page
from gpunn.cli.predict import predict
from gpunn.cli.resume import resume
from gpunn.cli.train import train
from gpunn.compile import policy
from gpunn.devices import every_device, get_device


def devices(options: argparse.Namespace) -> int:
    report.facts(f"gpunn {gpunn.__version__}", {"Python": sys.version.split()[0]})
    found, no_cuda = every_device()
    for device in found:
        report.facts(device.name, device.describe() | policy.describe(device))
    if no_cuda:
        report.facts("cuda", {"not available": no_cuda})
    report.facts("auto", {"takes": get_device("auto").name})
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "train": train,
    "resume": resume,
    "predict": predict,
    "evaluate": evaluate,
    "compare": compare,
    "inspect": inspect,
    "report": page,
    "export": export,
    "devices": devices,
}
