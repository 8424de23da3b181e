"""Properties that are computed once, each instance for itself."""

from __future__ import annotations

import threading
from pathlib import Path

import gpunn
from gpunn.cached import cached_property

SECONDS = 60  # after which something waits forever


class Square:
    """The square of a number, and how often it was computed; ``wait`` is called meanwhile."""

    def __init__(self, number, wait=lambda: None):
        self.number, self.wait, self.n_computed = number, wait, 0

    @cached_property
    def square(self):
        """The square."""
        self.n_computed += 1
        self.wait()
        return self.number**2


def test_it_is_computed_once_for_each_instance():
    three, four = Square(3), Square(4)
    assert [three.square, three.square, four.square] == [9, 9, 16]
    assert three.n_computed == four.n_computed == 1
    assert Square.square.__doc__ == "The square."


def test_instances_do_not_wait_for_each_other():
    both = threading.Barrier(2, timeout=SECONDS)  # which is passed only where both are computed at the same time
    three, four = Square(3, both.wait), Square(4, both.wait)
    helper = threading.Thread(target=lambda: three.square)
    helper.start()
    assert four.square == 16
    helper.join()
    assert three.square == 9


def test_no_property_has_the_lock_of_functools():
    for path in Path(gpunn.__file__).parent.rglob("*.py"):
        text = path.read_text()
        assert "functools.cached_property\n" not in text and "from functools import cached_property" not in text, path
