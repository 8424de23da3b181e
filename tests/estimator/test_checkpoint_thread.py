"""Checkpoints are written by a thread while training goes on: one at a time, and none is left when fit ends."""

from __future__ import annotations

import os
import threading
import warnings

import pytest
from checkpointed import BASE, Break, assert_same, break_off, fit, resume, settle, writers
from sklearn.exceptions import ConvergenceWarning

from gpunn import MLPClassifier, io
from gpunn.estimator import checkpoints
from gpunn.io import CheckpointWarning, atomic, checkpoints_in
from gpunn.training.history import History

SECONDS = 60  # after which a test fails that waits for something that does not come


@pytest.fixture
def slow(monkeypatch):
    """A function that holds up writes from now on, until the event that it returns is set or some time has passed."""

    def hold(seconds=SECONDS):
        released, sync = threading.Event(), os.fsync

        def wait(handle):
            released.wait(seconds)
            sync(handle)

        monkeypatch.setattr(os, "fsync", wait)
        return released

    return hold


def test_training_goes_on_while_a_checkpoint_is_written(tmp_path, iris, slow):
    seen, released = [], []

    def callback(history):
        if history.n_iter == 3:
            settle()
            released.append(slow())
        if history.n_iter == 4:  # the third epoch's is being written
            seen.append((len(writers()), max(checkpoints_in(tmp_path))))
            released[0].set()

    found = fit(*iris, checkpoint=tmp_path, callback=callback)
    assert seen == [(1, 2)] and [*checkpoints_in(tmp_path)] == [8, 9]
    assert_same(found, fit(*iris))


@pytest.mark.parametrize("every", [1, 2, "0.0001s"])
def test_there_is_one_writer_at_a_time_in_the_order_of_the_epochs(tmp_path, iris, monkeypatch, every):
    add, numbers = io.add_checkpoint, []

    def adding(folder, number, *args):
        numbers.append(number)
        assert writers() == []
        assert threading.current_thread() is threading.main_thread()
        commit = add(folder, number, *args)

        def committing():
            assert writers() == [threading.current_thread()] * (number > 0)
            commit()

        return committing

    monkeypatch.setattr(io, "add_checkpoint", adding)
    fit(*iris, checkpoint=tmp_path, checkpoint_every=every)
    assert numbers == [*range(0, 10, 2 if every == 2 else 1)]
    assert writers() == []


@pytest.mark.parametrize("place", ["callback", "step", "interrupt"])
def test_what_ends_training_waits_for_the_checkpoint_that_is_being_written(tmp_path, iris, slow, monkeypatch, place):
    add = History.add

    def end():
        assert len(writers()) == 1
        raise KeyboardInterrupt if place == "interrupt" else Break

    def adding(self, *args):
        if place == "step" and self.n_iter == 5:
            end()
        add(self, *args)

    def callback(history):
        if history.n_iter == 5:
            settle()
            slow(0.2)
        if history.n_iter == 6:
            end()

    monkeypatch.setattr(History, "add", adding)
    if place == "interrupt":
        assert fit(*iris, checkpoint=tmp_path, callback=callback).history_.stopped == "interrupted"
    else:
        with pytest.raises(Break):
            fit(*iris, checkpoint=tmp_path, callback=callback)
    assert writers() == [] and sorted(os.listdir(tmp_path)) == ["checkpoint-000004.gpunn", "checkpoint-000005.gpunn"]
    monkeypatch.undo()
    assert_same(resume(tmp_path, *iris), fit(*iris))


def full(*args):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("at", [3, 9])
def test_the_warning_of_a_write_that_failed_names_the_line_that_called_fit(tmp_path, iris, monkeypatch, at):
    def fail(history):
        settle()
        monkeypatch.undo()
        if history.n_iter == at:
            monkeypatch.setattr(os, "replace", full)

    said = "Training goes on, and tries again" if at < 9 else "The training can be resumed from the one before"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = MLPClassifier(**BASE, checkpoint=tmp_path, callback=fail).fit(*iris)
    (warning,) = caught
    assert (warning.category, warning.filename) == (CheckpointWarning, __file__) and said in str(warning.message)
    assert writers() == [] and max(checkpoints_in(tmp_path)) == (8 if at == 9 else 9)
    monkeypatch.undo()
    assert_same(found, fit(*iris))


@pytest.mark.parametrize("call", [(atomic.PartialFile, "write"), (os, "replace")], ids=["write", "replace"])
def test_an_interrupt_writes_again_what_could_not_be_written(tmp_path, iris, monkeypatch, call):
    """The write of the fifth epoch's fails, and the sixth epoch is interrupted.

    Where this was known before the sixth began, its state was copied; where the thread failed, it is gone.
    """

    def callback(history):
        settle()
        if history.n_iter == 5:
            monkeypatch.setattr(*call, full)
        if history.n_iter == 6:
            monkeypatch.undo()
            raise KeyboardInterrupt

    fit_of_all = fit(*iris)
    copied = call[1] == "write"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        MLPClassifier(**BASE, checkpoint=tmp_path, callback=callback).fit(*iris)
    said = [str(warning.message) for warning in caught if warning.category is CheckpointWarning]
    assert said == [] if copied else "can be resumed from the one before" in said[0]
    assert [*checkpoints_in(tmp_path)] == ([4, 5] if copied else [3, 4]) and writers() == []
    assert_same(resume(tmp_path, *iris), fit_of_all)


def test_what_is_no_fault_of_the_disk_is_raised(tmp_path, iris, monkeypatch):
    def no_memory(*args):
        raise MemoryError("no memory")

    def callback(history):
        if history.n_iter == 3:
            settle()
            monkeypatch.setattr(io, "add_checkpoint", no_memory)

    with pytest.raises(MemoryError, match="no memory"):
        fit(*iris, checkpoint=tmp_path, callback=callback)
    assert writers() == [] and [*checkpoints_in(tmp_path)] == [1, 2]


def test_where_there_is_no_thread_to_be_had_training_waits_for_each_checkpoint(tmp_path, iris, monkeypatch):
    class NoThread(threading.Thread):
        def start(self):
            raise RuntimeError("can't start new thread")

    seen = []
    monkeypatch.setattr(checkpoints.threading, "Thread", NoThread)
    found = fit(*iris, checkpoint=tmp_path, callback=lambda history: seen.append(max(checkpoints_in(tmp_path))))
    assert seen == [*range(9)] and [*checkpoints_in(tmp_path)] == [8, 9]
    monkeypatch.undo()
    assert_same(found, fit(*iris))


def test_a_checkpoint_of_another_fit_is_named(tmp_path, iris):
    break_off(tmp_path, *iris)
    newest = [*checkpoints_in(tmp_path).values()][-1]
    saved = io.newest_checkpoint(tmp_path)[1]
    for change in ({"theta": saved.arrays["theta"][:-1]}, {"step": saved.arrays["step"].astype("int64")}):
        io.checkpoint.write(newest, checkpoints.replace(saved, arrays=saved.arrays | change)).commit()
        with pytest.raises(ValueError, match=f"^{newest}: the checkpoint is not one of this fit: "):
            resume(tmp_path, *iris)
