#!/usr/bin/env bash
# numpy 2.4.6 (with OpenBLAS 0.3.31), threadpoolctl 3.8.0, on Linux with 2 or more cores.
#
# Expected: a matrix product that takes less than a millisecond occupies its threads for that long. After it, or at the latest
#   after threadpool_limits(1), other threads of the program have the cores.
# Happens: each of OpenBLAS's threads but the caller's goes on at full load for 2^28 cycles, about 0.1 s. The process is
#   asleep, and uses CPU time hundreds of times that of the product. threadpool_limits(1), before the sleep, changes nothing:
#   it only keeps later products from having several threads. Code that has threads of its own, and waits for all of them at
#   barriers, is half as fast on 2 cores for this tenth of a second.
# Why: a worker that has nothing to do polls its queue, yielding, until a timeout, and only then sleeps. Source:
#   driver/others/blas_server.c, blas_thread_server and THREAD_TIMEOUT; the setter of the number of threads wakes and stops
#   nobody (goto_set_num_threads).
# Way round: threadpool_limits(1) before the product, not after it; or OPENBLAS_THREAD_TIMEOUT=4 (2^4 cycles), which has to be
#   in the environment before NumPy is imported.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 threadpoolctl==3.8.0
cat > "$folder/spin.py" <<'PYTHON'
import statistics
import sys
import time

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

x = np.ones((256, 256), np.float32)


def after_a_product(before, after):
    """Seconds that a product took, and CPU seconds of the process while it slept after it."""
    time.sleep(0.5)  # until threads that were busy before are asleep
    with threadpool_limits(before):
        began = time.perf_counter()
        x @ x
        took = time.perf_counter() - began
        with threadpool_limits(after):
            began = time.process_time()
            time.sleep(0.4)
            return took, time.process_time() - began


n = threadpool_info()[0]["num_threads"]
assert n > 1 and threadpool_info()[0]["internal_api"] == "openblas", threadpool_info()
for before, after in ((n, n), (n, 1), (1, 1)):
    products, sleeps = zip(*(after_a_product(before, after) for _ in range(7)))
    took, idle = min(products), statistics.median(sleeps)
    print(f"{before} threads, then {after}: the product took {took * 1e3:.1f} ms, the sleep {idle * 1e3:.0f} ms of CPU")
    spins = before > 1 and "quiet" not in sys.argv
    assert idle > 0.02 * (n - 1) and idle > 10 * took if spins else idle < 0.01, (before, after, idle)
PYTHON
"$folder/env/bin/python" "$folder/spin.py"
echo "with OPENBLAS_THREAD_TIMEOUT=4:"
OPENBLAS_THREAD_TIMEOUT=4 "$folder/env/bin/python" "$folder/spin.py" quiet
# Seen on 2 cores of an AMD EPYC:
#   2 threads, then 2: the product took 0.6 ms, the sleep 107 ms of CPU
#   2 threads, then 1: the product took 0.5 ms, the sleep 110 ms of CPU
#   1 threads, then 1: the product took 0.7 ms, the sleep 0 ms of CPU
#   with OPENBLAS_THREAD_TIMEOUT=4:
#   2 threads, then 2: the product took 0.7 ms, the sleep 0 ms of CPU
