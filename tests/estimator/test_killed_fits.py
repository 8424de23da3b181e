"""Fits that are killed at any moment, by the clock or at a system call, resume to the bits of one that never was."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

if os.name != "posix":
    pytest.skip("signals of POSIX", allow_module_level=True)

import mortal
from mortal import CALLS, TRAININGS

from gpunn.optim.directions import Inverse

TIMES = {"seconds", "profile"}  # of a history: nothing else may differ


def bits(value, path="clf"):
    """All that an object holds, by its path: arrays as dtype, shape and bytes, numbers as they are written."""
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype != object:
        yield path, (value.dtype.str, value.shape, value.tobytes())
    elif isinstance(value, dict):
        yield path, list(value)
        for name, part in value.items():
            yield from bits(part, f"{path}.{name}")
    elif isinstance(value, Inverse):
        used = {
            "rows": value.rows[: value.n],
            "diagonal": value.diagonal[: value.n],
            "beside": value.beside[: value.n - 1],
        }
        yield from bits(value._asdict() | used, path)  # what lies behind is spare room, which was never written
    elif isinstance(value, (list, tuple, np.ndarray)):
        yield path, (type(value), len(value))
        for i, part in enumerate(value):
            yield from bits(part, f"{path}[{i}]")
    elif hasattr(value, "__dict__") and not isinstance(value, type) and not callable(value):
        yield path, type(value)
        for name, part in sorted(vars(value).items()):
            if name not in TIMES | {"checkpoint", "callback"}:
                yield from bits(part, f"{path}.{name}")
    else:
        yield path, repr(value)


def differences(found, expected):
    found, expected = dict(bits(found)), dict(bits(expected))
    return [name for name in sorted(found.keys() | expected.keys()) if found.get(name) != expected.get(name)]


@pytest.fixture(scope="module")
def server():
    """A function that runs a case of `mortal` in a process of its own, and returns how that ended."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *filter(None, sys.path)])}
    with subprocess.Popen(
        [sys.executable, mortal.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:

        def run(*case):
            process.stdin.write(f"{case!r}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield run


def moments(seed):
    """For each training a moment by the clock, as a share of its epochs or iterations, and one at a system call."""
    rng = np.random.default_rng(seed)
    for number, training in enumerate(TRAININGS):
        yield training, ("time", 0.9 * rng.random(), rng.random())
        call = CALLS[(number + seed) % len(CALLS)]
        when = rng.choice(["before", "after", "within"] if call == "write" else ["before", "after"])
        yield training, (call, 1 if call == "mkdir" else int(rng.integers(1, 9)), str(when))


CASES = list(zip(moments(0), moments(1), strict=True))


def test_a_killed_fit_is_resumed_to_the_bits_of_one_that_was_not(server, tmp_path, thorough):
    """Of 50 cases, or a sample of them; every second one is killed twice, the second time as it is resumed."""
    whole, ends = functools.cache(mortal.fit), {"fit": [], "resume": []}
    for number, ((training, first), (_, second)) in enumerate(CASES):
        if number % 7 and not thorough:
            continue
        folder, case = tmp_path / str(number), (training, first, second)
        expected = whole(training)
        for action, (kind, n, how) in [("fit", first), ("resume", second)][: 1 + number // 2 % 2]:
            n = int(n * expected.n_iter_) if kind == "time" else n
            end = server(action, training, str(folder), (kind, n, how))
            assert end == -signal.SIGKILL or (end == 0 and (kind == "time" or action == "resume")), case
            ends[action].append(end)
        assert differences(mortal.resume(training, folder), expected) == [], case
        assert not any(name.endswith(".part") for name in os.listdir(folder)), case  # of a process that was killed
    print({action: (len(found), found.count(-signal.SIGKILL)) for action, found in ends.items()})
    assert ends["fit"].count(-signal.SIGKILL) > 0.8 * len(ends["fit"])  # the others had ended before
