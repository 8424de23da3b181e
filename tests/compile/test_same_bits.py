"""The same seed gives the same bits: compiled just now or read from disk, alone or beside other threads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SETTINGS = {
    "Adam in float32": "(64,), dtype='float32'",
    "Adam in float64": "(32, 32), activation=('tanh', 'gelu'), dtype='float64'",
    "SGD with momentum": "(40,), solver='sgd', dtype='float32'",
    "tanh, and sigmoids": "(30,), activation='tanh', output_activation='sigmoid', cost='cross_entropy'",
    "slopes": "(40, 20), activation='prelu', dtype='float32'",
    "slopes, L-BFGS": "(25,), activation='prelu', solver='lbfgs'",
    "slopes, partitioned by neurons": "(600,), activation='prelu', batch_size=16, dtype='float32'",
    "clipped gradients": "(40, 20), clip_norm=0.1, dtype='float32'",
    "clipped, partitioned by neurons": "(600,), batch_size=16, clip_norm=0.1, dtype='float32'",
    "max-norm": "(40, 20), max_norm=0.5, dtype='float32'",
    "max-norm, partitioned by neurons": "(600,), batch_size=16, max_norm=0.5, clip_norm=0.1, dtype='float32'",
    "max-norm, sharded update": "(600,), batch_size=600, max_norm=0.5, clip_norm=0.1, dtype='float32'",
    "L-BFGS": "(25,), solver='lbfgs'",
    "partitioned by neurons": "(600,), batch_size=16, dtype='float32'",
}

PROCESS = """
import hashlib
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

from sklearn.datasets import load_digits

from gpunn import MLPClassifier
from gpunn.compile.cpu import code_cache
from gpunn.compile.policy import CpuCompiler

def saved(key, data):
    raise AssertionError("it was compiled once more")

def fitted(_=None):
    clf = MLPClassifier({settings}, max_iter=5, random_state=0).fit(X / 16, y)
    assert clf.history_.path == "compiled"
    return hashlib.sha256(clf.theta_.tobytes()).hexdigest()

warnings.simplefilter("ignore")
CpuCompiler.seconds = CpuCompiler.again_seconds = 0.0
X, y = load_digits(return_X_y=True)
alone, threads, is_warm = map(int, sys.argv[1:])
if is_warm:
    code_cache.save = saved
if alone:
    print(fitted())
if threads:
    with ThreadPoolExecutor(threads) as pool:
        print(*pool.map(fitted, range(2 * threads)), sep="\\n")
"""


def hashes(settings, *given):
    run = [sys.executable, "-c", PROCESS.replace("{settings}", settings), *map(str, given)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("name", SETTINGS)
def test_cold_and_warm_and_in_eight_threads_there_is_one_result(monkeypatch, tmp_path, thorough, name):
    pytest.importorskip("llvmlite", reason="llvmlite is not installed: nothing is compiled")
    if not (thorough or name == "tanh, and sigmoids"):
        pytest.skip("one setting is the sample; pytest --thorough runs all")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "one"))
    cold, files = hashes(SETTINGS[name], 1, 0, 0), {*os.listdir(tmp_path / "one" / "gpunn")}
    # Runtime, kernels of formulas, and those that take rows of each dtype: none where X is read where it lies.
    assert 2 <= len(files) <= 4
    warm = hashes(SETTINGS[name], 1, 8, 1)
    assert {*os.listdir(tmp_path / "one" / "gpunn")} == files
    assert (len(cold), len(warm)) == (1, 17)
    found = cold + warm
    if thorough:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
        found += hashes(SETTINGS[name], 0, 8, 0)  # which all find nothing
    assert len({*found}) == 1
