"""The same training on CPU and GPU, and the same result.

Digits, 64-128-10 with ReLU and softmax, Adam, 20 epochs from the same seed: on the CPU in float64 and in float32, and
on a CUDA GPU where there is one. Initial weights and the order of the rows are drawn on the host, so all begin alike,
and what sets them apart is rounding: the difference of float32 from float64 on the CPU says how much that is.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import gpunn
from examples import common
from examples.common import BLUE, CONTRADICTED, GREEN, HELD, IN_PART, NOT_TESTED, ORANGE, VERMILION, Claim, Outcome

COLOURS = {"float64": {"cpu": BLUE, "cuda": VERMILION}, "float32": {"cpu": GREEN, "cuda": ORANGE}}
REFERENCE = "cpu, float64"


def train(options, device, dtype):
    X, X_test, y, _ = common.digits(options.seed)
    clf = gpunn.MLPClassifier(
        (128,), learning_rate_init=0.003, batch_size=32, max_iter=3 if options.quick else 20, tol=0,
        n_iter_no_change=np.inf, dtype=dtype, random_state=options.seed, device=device,
    )  # fmt: skip
    began = time.perf_counter()
    common.fit(clf, X, y)
    seconds = time.perf_counter() - began
    return {"cost": np.array(clf.loss_curve_), "p": clf.predict_proba(X_test), "labels": clf.predict(X_test),
            "seconds": seconds, "path": clf.history_.path}  # fmt: skip


def experiment(options: argparse.Namespace) -> Outcome:
    devices, why_not = ["cpu"], ""
    try:
        devices.append(gpunn.get_device(options.device if options.device.startswith("cuda") else "cuda").name)
    except gpunn.DeviceUnavailableError as error:
        why_not = str(error)
        print(f"GPU part skipped: {why_not}\n")
    runs = {f"{device}, {dtype}": train(options, device, dtype) for device in devices for dtype in COLOURS}
    rows = [
        (
            name,
            f"{run['cost'][-1]:.6f}",
            f"{apart(run, runs[REFERENCE]):.0e}",
            int(np.sum(run["labels"] != runs[REFERENCE]["labels"])),
            f"{run['seconds']:.2f} s",
            run["path"],
        )
        for name, run in runs.items()
    ]
    columns = ("device, dtype", "cost at the end", f"probabilities off {REFERENCE}", "other class", "time", "steps")
    return Outcome(
        columns,
        rows,
        _claims(runs, why_not),
        _figure(runs),
        "Two panels. Training cost by epoch: the curves of all devices and dtypes lie on one another. Their relative "
        "differences from float64 on the CPU, by epoch, on a logarithmic scale.",
    )


def apart(run, other):
    """The largest difference of a probability."""
    return float(np.max(np.abs(run["p"] - other["p"])))


def _claims(runs, why_not):
    off = {name: apart(run, runs[REFERENCE]) for name, run in runs.items()}
    others = {name: int(np.sum(run["labels"] != runs[REFERENCE]["labels"])) for name, run in runs.items()}
    gpu = [name for name in runs if name.startswith("cuda")]
    on_gpu = "; ".join(f"{name}: probabilities off by {off[name]:.0e}, {others[name]} classes" for name in gpu)
    exact = all(off[name] < 1e-6 for name in gpu if "float64" in name)  # float32 is left to its rounding
    same_classes = all(others[name] == 0 for name in gpu)
    return [
        Claim(
            "A GPU gives the same result as the CPU.",
            on_gpu or f"There was no GPU to try it on: {why_not.partition('. ')[0]}.",
            NOT_TESTED if not gpu else CONTRADICTED if not exact else HELD if same_classes else IN_PART,
        ),
        Claim(
            "float32 gives the same classes as float64.",
            f"On the CPU {others['cpu, float32']} of {len(runs[REFERENCE]['labels'])} test rows have another class; "
            f"probabilities differ by {off['cpu, float32']:.0e} at most.",
            HELD if others["cpu, float32"] == 0 else CONTRADICTED,
        ),
    ]


def _figure(runs):
    figure, (left, right) = common.figure(2)
    for name, run in runs.items():
        device, _, dtype = name.partition(", ")
        colour = COLOURS[dtype][device.partition(":")[0]]
        line = "-" if name == REFERENCE else "--" if device == "cpu" else ":"
        common.by_epoch(left, [run["cost"]], colour, name, line)
        if name != REFERENCE:
            off = np.abs(run["cost"] / runs[REFERENCE]["cost"] - 1)
            common.by_epoch(right, [np.maximum(off, 1e-17)], colour, name, line)
    left.set(ylabel="training cost", yscale="log", title="the same training")
    right.set(ylabel="relative difference", yscale="log", title=f"cost, against {REFERENCE}")
    left.legend()
    right.legend()
    return figure


main = common.command("cpu_gpu", experiment, __doc__)

if __name__ == "__main__":
    main()
