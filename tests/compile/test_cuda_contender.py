"""The benchmarks' training of captured steps goes on by an epoch whenever it is asked to."""

from __future__ import annotations

import numpy as np

import gpunn
from benchmarks.contenders import Gpunn, Work
from benchmarks.cuda_contenders import GpunnCaptured


def test_each_call_trains_one_epoch_of_captured_steps(paper, monkeypatch):
    work = Work((6, 5, 3), batch=4, n_steps=3)
    plain = Gpunn(work)
    monkeypatch.setattr(gpunn, "get_device", lambda name, precision: paper(precision))
    captured, order = GpunnCaptured(work, "float32"), np.arange(12)
    for n_epochs in (1, 2, 3):
        captured.epoch(order)
        assert captured.progress.history.n_iter == n_epochs
    cost = captured.cost()
    assert cost < plain.cost()
    assert captured.progress.history.path == "captured"
