"""A fit on a Dask cluster of two workers, one of which gets a signal.

python dask_fit.py FOLDER EPOCH SIGNAL WORKER

Checkpoints are written to FOLDER, the weights to FOLDER.npy; if there are checkpoints, the training is resumed. WORKER
is 0 or 1. The signal is sent when the checkpoint of the epoch is there; with SIGNAL 0 nothing happens.
"""

import os
import signal
import sys
import threading
import time

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

from gpunn import MLPClassifier


def main(folder, epoch, sign, worker):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 6))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster, Client(cluster) as client:
        pids = sorted(client.run(os.getpid).values())
        print("pids", *pids, flush=True)
        over = threading.Event()

        def hit():
            while not os.path.exists(f"{folder}/checkpoint-{epoch:06}.gpunn"):
                if over.wait(0.005):
                    return
            os.kill(pids[worker], sign)
            print("hit", time.time(), flush=True)

        thread = threading.Thread(target=hit)
        if sign:
            thread.start()
        rows = da.from_array(X, chunks=(100, 6)), da.from_array(y, chunks=100)
        try:
            if os.path.isdir(folder) and os.listdir(folder):
                clf = MLPClassifier.resume(folder, *rows)
            else:
                settings = {"dtype": "float64", "max_iter": 12, "batch_size": 25, "n_iter_no_change": 100}
                clf = MLPClassifier((16,), local_steps=2, random_state=0, checkpoint=folder, **settings).fit(*rows)
            np.save(f"{folder}.npy", clf.theta_)
        finally:
            print("over", time.time(), flush=True)
            over.set()
            if sign:
                thread.join()
            if sign == signal.SIGSTOP:
                os.kill(pids[worker], signal.SIGCONT)  # or the cluster would wait for it


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
