"""What strings mean as values of options."""

from __future__ import annotations

import argparse

import pytest

from gpunn.config.command_line import count_or_share


@pytest.mark.parametrize(
    ("text", "meant"), [("5", 5), ("-1", -1), ("0.01", 0.01), ("1.0", 1.0), ("1e-2", 0.01), (".5", 0.5)]
)
def test_an_integer_is_a_number_of_rows_and_every_other_number_a_fraction(text, meant):
    found = count_or_share(text)
    assert (found, type(found)) == (meant, type(meant))


def test_what_is_no_number_is_refused_with_what_is_allowed():
    with pytest.raises(argparse.ArgumentTypeError, match="'many' is not allowed; give a number of rows, or a fraction"):
        count_or_share("many")
