"""Trainings of several processes, which MPI starts: the weights of one process, and an end of all where one ends."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from ranked_fits import SETTINGS
from sklearn.exceptions import ConvergenceWarning

import gpunn
from gpunn import MLPClassifier, devices, fit_many
from gpunn.data.blocks import divided
from gpunn.devices import ranks
from gpunn.devices.ranks import FAILED, get_ranks
from gpunn.estimator.stream import Stream

pytest.importorskip("mpi4py", reason="mpi4py is not installed (gpunn[mpi])")
MPIEXEC = shutil.which("mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
needs_mpiexec = pytest.mark.skipif(MPIEXEC is None, reason="there is no mpiexec: a library of MPI is not installed")
FITS = str(Path(__file__).with_name("ranked_fits.py"))


def mpiexec(n, *arguments, **settings):
    """Run Python with these arguments in n processes, which are more than the cores of small machines."""
    settings.setdefault("env", {**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    command = [MPIEXEC, "-n", str(n), sys.executable, *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, **settings
    ) as process:
        try:
            out, err = process.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The weights that trainings of 1, 2 and 4 ranks end with, the last of them twice."""
    folder, found = tmp_path_factory.mktemp("weights"), []
    for i, n in enumerate((1, 2, 4, 4)):
        end = mpiexec(n, FITS, "fits", folder / f"{i}.npz")
        assert end.returncode == 0, end.stderr
        found.append(dict(np.load(folder / f"{i}.npz")))
    return found


@needs_mpiexec
@pytest.mark.parametrize("name", SETTINGS)
def test_ranks_train_to_the_weights_of_one_process(weights, name):
    alone, two, four, again = (found[name] for found in weights)
    assert alone.dtype == "float64" and np.isfinite(alone).all()
    np.testing.assert_allclose(two, alone, rtol=0, atol=1e-10)
    np.testing.assert_allclose(four, alone, rtol=0, atol=1e-10)
    assert np.array_equal(four, again)


@needs_mpiexec
@pytest.mark.parametrize(("what", "said"), [
    ("rows", "the training data differ between rank 2 and rank 0"),
    ("settings", "the parameters differ between rank 2 and rank 0"),
])  # fmt: skip
def test_all_ranks_must_be_given_the_same(what, said):
    end = mpiexec(3, FITS, "others", what)
    assert end.returncode != 0 and f"RanksDifferError: ranks='mpi': {said}" in end.stderr


@needs_mpiexec
@pytest.mark.parametrize("what", ["callback", "time"])
def test_rank_0_says_when_to_stop(what):
    end = mpiexec(2, FITS, "stopping", what)
    assert end.returncode == 0, end.stderr


@needs_mpiexec
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_ranks_read_files_of_their_own(tmp_path, kind):
    """The batches of two ranks have rows of one file of each."""
    X, y = np.random.default_rng(0).standard_normal((400, 5)), np.repeat(np.arange(4), 100)
    frame = pd.DataFrame(X, columns=[*"abcde"]).assign(y=y)
    for i, n in enumerate(range(0, 400, 50)):
        getattr(frame[n : n + 50], f"to_{kind}")(tmp_path / f"{i}.{kind}", index=False)
    found = []
    for n in (1, 2):
        end = mpiexec(n, FITS, "files", tmp_path / f"*.{kind}", tmp_path / f"{n}.npz")
        assert end.returncode == 0, end.stderr
        found.append(np.load(tmp_path / f"{n}.npz")["arr_0"])
    pairs = np.arange(400).reshape(4, 2, 5, 10)  # of files: a file of each rank, 5 batches of 10 rows
    rows = frame.iloc[pairs.transpose(0, 2, 1, 3).ravel()]
    settings = {"random_state": 0, "max_iter": 3, "batch_size": 20, "shuffle": False}
    with pytest.warns(ConvergenceWarning):
        expected = MLPClassifier((8,), **settings).fit(rows.drop(columns="y"), rows["y"]).theta_
    np.testing.assert_allclose(found[1], expected, rtol=0, atol=1e-5)
    assert np.abs(found[0] - expected).max() > 1e-3


@needs_mpiexec
def test_an_error_that_all_ranks_have_is_raised_on_all():
    end = mpiexec(2, FITS, "caught", "all")
    assert end.returncode == 0, end.stderr


@needs_mpiexec
def test_an_error_of_one_rank_ends_all_also_where_it_is_caught():
    end = mpiexec(2, FITS, "caught", "last")
    assert end.returncode == FAILED and "gpunn: error: rank 1 failed, ValueError: Input X contains NaN" in end.stderr


@needs_mpiexec
def test_errors_of_each_rank_end_all():
    end = mpiexec(2, FITS, "caught", "each")
    assert end.returncode == FAILED and re.search(
        r"gpunn: error: rank [01] failed, ValueError: Input X con", end.stderr
    )


def test_ranks_without_shards_read_all():
    def is_divided(n_ranks, shard_rows, batch_size=256):
        stream = SimpleNamespace(
            clf=SimpleNamespace(ranks="mpi"), block_rows=lambda size: 10, n_rows=sum(shard_rows), shard_rows=shard_rows
        )
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("gpunn.estimator.stream.get_ranks", lambda name: SimpleNamespace(size=n_ranks))
            return Stream.is_divided(stream, batch_size)

    assert is_divided(4, [100] * 8) and is_divided(10, [50] * 10) and is_divided(2, [100, 60, 45])
    assert not is_divided(21, [50] * 20) and not is_divided(64, [50] * 60)  # each has 1.1 of the mean at most
    assert not is_divided(64, [100] * 640, 100)  # ranks with one row of a batch would need more steps
    assert not is_divided(2, [100, 60, 10]) and not is_divided(4, [100] * 8, batch_size=3) and not is_divided(1, [100])


def test_shards_are_divided_anew_in_each_order():
    n_rows = [*range(90, 110)]
    found = set()
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(20).tolist()
        shards = divided(n_rows, 3, order, 1.1 * sum(n_rows) / 3)
        assert sorted(i for own in shards for i in own) == [*range(20)]
        assert max(sum(n_rows[i] for i in own) for own in shards) <= 1.1 * sum(n_rows) / 3
        assert all(own == [i for i in order if i in own] for own in shards)
        found.add(str([sorted(own) for own in shards]))
    assert len(found) == 5
    # The order given would leave the largest to the last: the limit asks for another one.
    assert divided([1, 1, 1, 3], 2, [0, 1, 2, 3], 3) == [[3], [0, 1, 2]]


def orphans(stderr, n):
    """Processes whose numbers a run of n ranks has told, and that are still there a while after its end."""
    pids = re.findall(r"<(\d+)>", stderr)
    assert len(pids) == n
    deadline = time.monotonic() + 10  # the system may take a moment to clear them away
    while (found := [pid for pid in pids if Path("/proc", pid).exists()]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


@needs_mpiexec
@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")
@pytest.mark.parametrize("what", ["killed", "stopped", "failed"])
def test_ranks_end_with_one_that_ends_or_hangs(what, thorough):
    moments, n = random.Random(what), 4 if thorough else 2
    for _ in range(7 if thorough else 1):
        rank, seconds = moments.randrange(n), 3 * moments.random()
        began = time.monotonic()
        end = mpiexec(n, FITS, "ended", what, rank, seconds)
        took = time.monotonic() - began
        print(f"rank {rank} {what} after {seconds:.1f} s: exit status {end.returncode} after {took:.1f} s")
        assert end.returncode != 0 and took < 60
        assert not orphans(end.stderr, n)
        if what == "stopped":
            assert f"gpunn: error: rank {rank} sent no heartbeat for 3 seconds: it hangs." in end.stderr
        if what == "failed":
            assert "RuntimeError: of one rank" in end.stderr and end.returncode == FAILED


@needs_mpiexec
@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")
def test_an_interrupt_of_compiled_steps_ends_all(tmp_path, thorough):
    """It may come at any point, also where compiled code calls Python."""
    for i in range(10 if thorough else 1):
        end = mpiexec(2, FITS, "interrupted", 4 + 0.1 * i, tmp_path / str(i))
        assert end.returncode != 0 and "KeyboardInterrupt" in end.stderr and "internal_Allreduce" not in end.stderr
        assert not orphans(end.stderr, 2)


@needs_mpiexec
@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")
def test_a_training_that_a_rank_ended_is_resumed_to_the_same_bits(tmp_path, thorough):
    n = 4 if thorough else 2

    def weights(folder):
        end = mpiexec(n, FITS, "resumed", folder, tmp_path / "w.npz")
        assert end.returncode == 0, end.stderr
        return np.load(tmp_path / "w.npz")["arr_0"]

    whole, moments = weights(tmp_path / "none"), random.Random(0)
    for i in range(20 if thorough else 1):
        folder, what = tmp_path / f"run{i}", ("killed", "stopped")[i % 2]
        rank, epoch = moments.randrange(n), moments.randrange(1, 200)
        began = time.monotonic()
        end = mpiexec(n, FITS, "ended", what, rank, epoch, folder)
        took = time.monotonic() - began
        print(f"rank {rank} {what} after epoch {epoch}: exit status {end.returncode} after {took:.1f} s")
        assert end.returncode != 0 and took < 60 and not orphans(end.stderr, n)
        assert np.array_equal(weights(folder), whole)


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table, also in two files."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, 300)
    frame = pd.DataFrame({"a": kind + rng.normal(0, 0.4, 300), "b": rng.normal(size=300), "y": kind})
    frame.to_csv("t.csv", index=False)
    for i in range(2):
        frame[i * 150 : (i + 1) * 150].to_parquet(f"part-{i}.parquet", index=False, row_group_size=40)
    return tmp_path


TRAIN = ["-m", "gpunn", "train", "t.csv", "--target", "y", "--epochs", "6", "--hidden", "8"]


@needs_mpiexec
def test_the_command_trains_with_all_ranks_and_one_of_them_speaks(table):
    files = ["-m", "gpunn", "train", "part-*.parquet", *TRAIN[4:]]
    for train in (TRAIN, files):
        one = subprocess.run([sys.executable, *train, "-o", "1.gpunn"], capture_output=True, text=True, check=True)
        two = mpiexec(2, *train, "-o", "2.gpunn", "--report", "r.html")
        assert two.returncode == 0 and two.stderr.count("6/6") == 1, two.stderr
        assert [line for line in two.stdout.splitlines() if "epochs" not in line and ".gpunn" not in line] == [
            line for line in one.stdout.splitlines() if "epochs" not in line and ".gpunn" not in line
        ] + ["report written to r.html"]
        first, second = gpunn.load("1.gpunn"), gpunn.load("2.gpunn")
        np.testing.assert_allclose(second.theta_, first.theta_, atol=1e-5)
        assert second.history_.path.endswith("; the gradients of 2 ranks are summed")


@needs_mpiexec
def test_a_training_of_ranks_is_resumed_to_the_same_bits(table):
    """Also with another number of ranks, but for rounding."""
    assert mpiexec(2, *TRAIN, "-q", "-o", "whole.gpunn").returncode == 0
    assert mpiexec(2, *TRAIN, "-q", "-o", "m.gpunn", "--checkpoint", "run").returncode == 0
    Path("run/checkpoint-000006.gpunn").unlink()
    shutil.copytree("run", "run3")
    whole = gpunn.load("whole.gpunn").theta_
    for n, folder in ((2, "run"), (3, "run3")):
        Path("m.gpunn").unlink()
        end = mpiexec(n, "-m", "gpunn", "resume", folder, "-q")
        assert end.returncode == 0, end.stderr
        found = gpunn.load("m.gpunn").theta_
        np.testing.assert_allclose(found, whole, atol=1e-6)
        assert n != 2 or np.array_equal(found, whole)


@needs_mpiexec
def test_the_program_of_the_page_runs(tmp_path):
    page = Path(__file__).parent.parent.joinpath("docs/ranks.md").read_text(encoding="utf-8")
    (tmp_path / "train.py").write_text(page.partition("```python\n")[2].partition("```")[0], encoding="utf-8")
    end = mpiexec(2, "-W", "ignore", "train.py", cwd=tmp_path)
    assert (end.returncode, end.stdout) == (0, "compiled; the gradients of 2 ranks are summed True\n"), end.stderr
    assert gpunn.load(tmp_path / "digits-ranks.gpunn").theta_.size == 64 * 256 + 256 * 256 + 256 * 10 + 2 * 256 + 10


@needs_mpiexec
def test_several_commands_may_train_alone(table):
    end = mpiexec(2, *TRAIN, "-q", "-o", "m.gpunn", "--ranks", "none")
    assert end.returncode == 0 and end.stdout.count("trained") == 2, end.stderr


@needs_mpiexec
def test_standard_input_is_refused(table):
    train = ["-m", "gpunn", "train", "-", *TRAIN[4:], "-o", "m.gpunn"]
    end = mpiexec(2, *train, stdin=subprocess.DEVNULL)
    assert end.returncode == 2 and "standard input reaches one of several ranks alone" in end.stderr


@needs_mpiexec
@pytest.mark.parametrize("arguments", [["--target", "z"], ["--class-weight", "z=2"]])
def test_an_error_of_the_command_ends_all_ranks(table, arguments):
    end = mpiexec(2, *TRAIN, "-o", "m.gpunn", *arguments)
    assert end.returncode == 2 and end.stderr.count("gpunn: error: ") == 1 and "Traceback" not in end.stderr
    assert not Path("m.gpunn").exists()


def test_what_is_not_for_ranks_is_refused(monkeypatch, digits):
    X, _, y, _ = digits
    with pytest.raises(ValueError, match="ranks='dask' is not known; use one of 'mpi'"):
        MLPClassifier(ranks="dask").fit(X, y)
    with pytest.raises(ValueError, match="ranks='mpi' is for one training, and fit_many trains several"):
        fit_many(MLPClassifier(), X, y, [{"ranks": "mpi"}])
    with pytest.raises(ValueError, match="partial_fit does not support ranks='mpi'"):
        MLPClassifier(ranks="mpi").partial_fit(X, y, classes=range(10))


def test_a_library_that_is_missing_is_told(monkeypatch, digits):
    X, _, y, _ = digits
    monkeypatch.setattr(ranks, "_ranks", {"": ranks.ALONE})
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(
        ModuleNotFoundError, match=r"ranks='mpi' needs mpi4py and an MPI library.*pip install 'gpunn\[mpi\]'"
    ):
        MLPClassifier(ranks="mpi").fit(X, y)


@needs_mpiexec
def test_processes_that_are_alone_for_their_library_are_refused(monkeypatch):
    code = "from gpunn.devices.ranks import get_ranks; get_ranks('mpi')"
    env = {**os.environ, "OMPI_COMM_WORLD_SIZE": "4"}  # of an mpiexec of another library
    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)
    said = "ranks='mpi': 4 processes were started, but the MPI library that mpi4py uses sees only one"
    assert f"RanksUnavailableError: {said}" in end.stderr
    command = [sys.executable, "-m", "gpunn", "train", "t.csv", "--target", "y"]
    end = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert end.returncode == 2 and f"gpunn: error: {said}" in end.stderr and "--ranks none" in end.stderr


@needs_mpiexec
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_is_no_rank():
    code = """
import os
from gpunn.devices.ranks import RanksUnavailableError, get_ranks
get_ranks("mpi")
if os.fork():
    os.wait()
else:
    try:
        get_ranks("mpi")
    except RanksUnavailableError as error:
        print(error, flush=True)
    os._exit(0)
"""
    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "this one was forked by one of them" in end.stdout


@needs_mpiexec
def test_one_process_is_one_rank(digits):
    """Of MPI without mpiexec."""
    code = "from gpunn.devices.ranks import get_ranks; r = get_ranks('mpi'); print(r.rank, r.size, r.broadcast(7))"
    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert end.stdout == "0 1 7\n"


def test_alone_is_the_only_rank():
    assert get_ranks(None) is ranks.ALONE and ranks.ALONE.broadcast(3) == 3


@pytest.mark.parametrize(("variables", "n"), [
    ({}, 1), ({"PMI_SIZE": "4"}, 4), ({"OMPI_COMM_WORLD_SIZE": "2"}, 2), ({"SLURM_STEP_NUM_TASKS": "8"}, 8),
    ({"PMI_SIZE": "x"}, 1),
])  # fmt: skip
def test_the_number_of_ranks_that_were_started(monkeypatch, variables, n):
    for name in ranks.SIZES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ranks.expected() == n


# On GPUs, with stand-ins for what is not here


def test_arrays_on_gpus_are_summed_by_nccl(monkeypatch):
    class OnGpu:
        dtype, flags = np.dtype("float32"), SimpleNamespace(c_contiguous=True)

    made, summed = [], []

    def nccl_sum(ranks):
        made.append(ranks)
        return summed.append

    together, first, second = ranks.MPIRanks(), OnGpu(), OnGpu()
    monkeypatch.setattr(ranks, "is_cupy", lambda x: isinstance(x, OnGpu))
    monkeypatch.setitem(sys.modules, "gpunn.devices.cuda", SimpleNamespace(NcclSum=nccl_sum))
    together.allreduce(first)
    together.allreduce(second)
    together.allreduce(np.ones(3))
    assert made == [together] and summed == [first, second]
    OnGpu.dtype = np.dtype("float16")
    with pytest.raises(TypeError, match="float16"):
        together.allreduce(first)


def test_ranks_of_a_machine_take_its_gpus_in_their_order(monkeypatch):
    there = ["cpu", "gpu 0", "gpu 1", "gpu 2"]
    monkeypatch.setattr(devices, "every_device", lambda: (there, ""))
    monkeypatch.setattr(devices, "_cuda", lambda index, precision="float32": f"gpu {index}")
    assert [devices.device_for("cuda", None, local_rank=i) for i in range(3)] == there[1:]
    assert devices.device_for("cuda:1", None, local_rank=2) == "gpu 1"
    assert devices.device_for(None, np.ones(1), local_rank=2).name == "cpu"
    there[:] = ["cpu", "gpu 0"]  # each rank sees its own
    assert [devices.device_for("cuda", None, local_rank=i) for i in range(2)] == ["gpu 0", "gpu 0"]


def test_nccl_sums_the_arrays_of_a_rank_alone(cuda):
    from gpunn.devices.cuda import NcclSum

    with cuda.use():
        for dtype in ("float32", "float64"):
            array = cuda.asarray(np.arange(5), dtype)
            NcclSum(ranks.ALONE)(array)
            np.testing.assert_array_equal(cuda.to_host(array), np.arange(5))
