"""Contenders that take turns, each in a process of its own: its threads, which may spin for a while, disturb no
other's.

A contender is a generator function: what it yields first is its greeting, given once it is built, and each value
after that is the result of one turn.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any

Contender = Callable[..., Generator[Any]]
PAUSE = 0.3  # seconds, until the threads of the last one sleep too


def _serve(pipe: Any, contender: Contender, arguments: tuple[Any, ...]) -> None:
    turns = contender(*arguments)
    pipe.send(next(turns))
    while pipe.recv():
        pipe.send(next(turns))


class Race:
    """Contenders of a name, each with its arguments; all are built one after the other.

    Attributes
    ----------
    greetings : dict
        What each yielded first.
    """

    def __init__(self, contenders: Mapping[str, tuple[Any, ...]]) -> None:
        context = multiprocessing.get_context("spawn")
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # JAX would take most of a GPU for itself
        self._pipes: dict[str, Any] = {}
        self._processes: list[Any] = []
        self.greetings: dict[str, Any] = {}
        for name, (contender, *arguments) in contenders.items():
            self._pipes[name], theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, contender, tuple(arguments)), daemon=True)
            process.start()
            theirs.close()  # so that the end of the process is the end of the pipe
            self._processes.append(process)
            self.greetings[name] = self._hear(name)

    def run(self, rounds: int, warm_up: int = 1) -> dict[str, list[Any]]:
        """Results of each in each round, but for the first ``warm_up`` rounds."""
        found: dict[str, list[Any]] = {name: [] for name in self._pipes}
        for round_ in range(warm_up + rounds):
            for name, pipe in self._pipes.items():
                time.sleep(PAUSE)
                pipe.send(True)
                result = self._hear(name)
                if round_ >= warm_up:
                    found[name].append(result)
        return found

    def close(self) -> None:
        """End all processes."""
        for pipe in self._pipes.values():
            pipe.send(False)
        for process in self._processes:
            process.join()

    def _hear(self, name: str) -> Any:
        try:
            return self._pipes[name].recv()
        except EOFError:
            raise SystemExit(f"{name}: ended before its turn was over; its error is above.") from None


def race(contenders: Mapping[str, tuple[Any, ...]], rounds: int, warm_up: int = 1) -> dict[str, list[Any]]:
    """A whole race where the greetings say nothing."""
    started = Race(contenders)
    found = started.run(rounds, warm_up)
    started.close()
    return found
