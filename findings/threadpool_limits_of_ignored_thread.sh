#!/usr/bin/env bash
# threadpoolctl 3.8.0 with the OpenBLAS in numpy 2.4.6's wheels (threading layer "pthreads").
#
# Expected: `with threadpool_limits(...)` leaves the number of threads as it was found once all its blocks are left, also where
#   two threads' blocks overlap: the first thread controls OpenBLAS, and for others "calls will be silently ignored" (README,
#   "the controlling thread").
# Happens: a worker's limit of 2 within the main thread's block of 1 does nothing, as documented: inside it the number is 1.
#   Once the main thread has left its block it is 4 again, in the worker's block too. But at the end of its block
#   the ignored thread sets the number that it found when it came, the main thread's limit, and there it stays: the process
#   has one thread for BLAS from then on, without a word. If the worker leaves first, all is well.
# Why: the block records the number of threads when it begins, whether or not it may set it, and sets it at its end if no thread
#   controls OpenBLAS by then. Source: threadpoolctl.py, _ThreadpoolLimiter.__init__ and restore_original_limits, with
#   OpenBLASController.set_num_threads. (threadpoolctl 3.6.0 leaves 1 thread too, but limits the worker to 2.)
# Way round: a lock around blocks of several threads, or one block around all of them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check threadpoolctl==3.8.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import threading

import numpy  # noqa: F401 - loads OpenBLAS
from threadpoolctl import OpenBLASController, threadpool_info, threadpool_limits


def n_threads():
    [pool] = threadpool_info()
    assert (pool["internal_api"], pool["threading_layer"]) == ("openblas", "pthreads")
    return pool["num_threads"]


def overlap(worker_leaves_first):
    entered, leave = threading.Event(), threading.Event()
    seen = {"before": n_threads()}

    def work():
        with threadpool_limits(2):
            seen["worker's block of 2"] = n_threads()
            entered.set()
            leave.wait()
            seen["its end"] = n_threads()

    worker = threading.Thread(target=work)
    with threadpool_limits(1):
        worker.start()
        entered.wait()
        if worker_leaves_first:
            leave.set()
            worker.join()
    seen["main's block of 1 left"] = n_threads()
    leave.set()
    worker.join()
    seen["both left"] = n_threads()
    print(", ".join(f"{where}: {n}" for where, n in seen.items()))
    return list(seen.values())


threadpool_limits(4)  # whatever the number of cores
OpenBLASController.clear_controlling_thread()
assert overlap(worker_leaves_first=True) == [4, 1, 1, 4, 4]
assert overlap(worker_leaves_first=False) == [4, 1, 4, 4, 1]
with threadpool_limits(3):
    print(f"a block of 3, later: {n_threads()}")
print(f"after it: {n_threads()}")
assert n_threads() == 1
with threadpool_limits(4):  # around all the others
    assert overlap(worker_leaves_first=False) == [4, 1, 4, 4, 4]
PYTHON
# Output seen:
#   before: 4, worker's block of 2: 1, its end: 1, main's block of 1 left: 4, both left: 4
#   before: 4, worker's block of 2: 1, main's block of 1 left: 4, its end: 4, both left: 1
#   a block of 3, later: 3
#   after it: 1
#   before: 4, worker's block of 2: 1, main's block of 1 left: 4, its end: 4, both left: 4
