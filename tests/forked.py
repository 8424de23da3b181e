"""Scripts in processes of their own, without the seconds of imports: by a server that forks one for each.

The server, ``python tests/forked.py``, has imported what a command may need and has done nothing else. It reads a
script a line and answers how its process ended, as `os.waitstatus_to_exitcode` gives it. What happens while modules
are imported, or in the first moments of a process, needs a process that was not forked.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path


def run(code, arguments=()):
    """Run a script in a forked process with the folder and the environment of this one; exit code, output and error."""
    server = _server()
    with tempfile.TemporaryDirectory() as folder:
        streams = [str(Path(folder, name)) for name in ("out", "err")]
        server.stdin.write(json.dumps([code, arguments, os.getcwd(), dict(os.environ), streams]) + "\n")
        server.stdin.flush()
        returned = int(server.stdout.readline())
        return subprocess.CompletedProcess(arguments, returned, *(Path(name).read_text() for name in streams))


@functools.cache
def _server():
    server = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(server.__exit__, None, None, None)  # closes its standard input, which ends it
    return server


def _script():
    """Serve; in each forked process, its script is returned."""
    for line in sys.stdin:
        code, arguments, folder, environment, streams = json.loads(line)
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
            sys.argv = ["-c", *arguments]
            for number, name in enumerate([os.devnull, *streams]):
                os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND), number)
            return code
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    return ""


if __name__ == "__main__":
    import matplotlib.pyplot  # noqa: F401
    import sklearn.calibration  # noqa: F401

    import gpunn.cli.commands
    import gpunn.insight.report  # noqa: F401

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks with threads, which BLAS has ready and asleep
        code = _script()
    exec(code, {"__name__": "__main__"})
