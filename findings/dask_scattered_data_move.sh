#!/usr/bin/env bash
# distributed 2026.8.0: where data stay that were scattered to one worker.
#
# Expected: client.scatter(value, workers=[a]) keeps the value on worker a; another worker that needs it for a task gets a copy.
# Happens: some seconds after worker b has computed with the value, only b has it; the copy on a, where it was put, is gone.
#   The value is not lost, but it is now lost with b: data that a process put on its own worker, to be safe from the loss of
#   others, are not. What was scattered cannot be computed again, and tasks that need it are then cancelled.
# Why: the Active Memory Manager runs its policy ReduceReplicas every 2 seconds by default, and it drops surplus copies from the
#   workers that use the most memory, whatever `workers=` said, which restricts only where the data are put at first. Source:
#   distributed/active_memory_manager.py, ReduceReplicas, and distributed.yaml, "scheduler: active-memory-manager: start: true".
# Way round: pass small values as arguments of the task, which is then a part of the graph; or scatter again when tasks are
#   cancelled. gpunn does both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check distributed==2026.8.0 dask==2026.8.0 numpy==2.4.6
cd "$folder"
cat > scattered.py <<'PYTHON'
import time

import numpy as np
from distributed import Client, LocalCluster


def main():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster) as client:
        a, b = sorted(client.nthreads())
        (ballast,) = client.scatter([np.zeros(10**7)], workers=[a])  # a uses more memory, as it well may
        (value,) = client.scatter([np.zeros(10**6)], workers=[a], hash=False)
        names = {a: "a", b: "b"}

        def where():
            return "".join(sorted(names[address] for address in client.who_has([value])[value.key]))

        seen = [where()]
        client.submit(np.sum, value, workers=[b]).result()
        seen.append(where())
        deadline = time.monotonic() + 20
        while where() == seen[-1] and time.monotonic() < deadline:
            time.sleep(0.1)
        seen.append(where())
        print(f"scattered to a: on {seen[0]}; after a task on b: on {seen[1]}; some seconds later: on {seen[2]}")
        assert seen == ["a", "ab", "b"] and ballast.status == "finished"


if __name__ == "__main__":
    main()
PYTHON
"$folder/env/bin/python" scattered.py
# Output seen:
#   scattered to a: on a; after a task on b: on ab; some seconds later: on b
