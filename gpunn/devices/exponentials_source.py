"""Exponentials in compiled code, many at once: the Python source, for Numba.

Compiled loops work on as many numbers at a time as a register holds, but for what calls the system's library: its exp
takes one number, and where we measured it a fifth of the speed. NumPy's own cannot be called from compiled code.

exp(x) = 2^k exp(r) with k = round(x / log 2), and so |r| <= log(2) / 2, where few terms of the series are enough.
Source: Cody & Waite 1980, "Software Manual for the Elementary Functions", chapter 6; the series is Taylor's.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Format(NamedTuple):
    """Of a floating-point number, and what its exponential needs."""

    bits: int
    fraction: int  # bits of it, without the leading one
    bias: int  # of the exponent
    terms: int  # of the series: what comes after is below a tenth of the last bit
    log2: tuple[float, float]  # as a sum, of which the first part has so few bits that k times it is exact
    low: float  # exp of less is 0
    high: float  # exp of more is infinite


FORMATS = {
    "float32": Format(32, 23, 127, 7, (0.693115234375, 3.1946184945309415e-05), -104.0, 89.0),
    "float64": Format(64, 52, 1023, 13, (0.6931471803691238, 1.9082149292705877e-10), -746.0, 710.0),
}

SOURCE = """
INTEGER = {magic!r}  # added to a small whole number, it leaves that in the last bits


@intrinsic
def power_of_two(context, k):
    # 2^k of a whole number k to which INTEGER was added: k becomes the exponent.
    def write(context, builder, signature, arguments):
        integer = ir.IntType({bits})
        exponent = builder.add(builder.bitcast(arguments[0], integer), integer({bias}))
        return builder.bitcast(builder.shl(exponent, integer({fraction})), arguments[0].type)

    return k(k), write


@njit(**options)
def reduced(x):
    # k + INTEGER, and exp(r) - 1.
    k = x * dt({per_log2!r}) + dt(INTEGER)
    whole = k - dt(INTEGER)
    r = x - whole * dt({log2[0]!r}) - whole * dt({log2[1]!r})
    series = dt({first!r})
{others}
    return k, series * r * r + r


@njit(**options)
def exp(x):
    x = dt({high}) if x > dt({high}) else x
    x = dt({low}) if x < dt({low}) else x
    k, e = reduced(x)
    # 2^k may be too large or small for a number of this kind where exp(x) is not: it is multiplied by in two halves.
    half = (k - dt(INTEGER)) * dt(0.5) + dt(INTEGER)
    first, second = power_of_two(half), power_of_two(k - half + dt(INTEGER))
    return (e * first + first) * second


@njit(**options)
def expm1(x):
    x = dt({high}) if x > dt({high}) else x
    x = dt(-50) if x < dt(-50) else x
    k, e = reduced(x)
    half = power_of_two(k - dt(1))
    return dt(2) * (e * half + (half - dt(0.5)))


@njit(**options)
def tanh(x):
    e = expm1(dt(2) * min(abs(x), dt(25)))
    h = e / (e + dt(2))
    return -h if x < dt(0) else h
"""


def exponentials_source(dtype: str) -> str:
    """Source of ``exp(x)``, ``expm1(x)`` and ``tanh(x)``, in error by less than 3 units of the last bit."""
    f = FORMATS[dtype]
    coefficients = [1 / math.factorial(i) for i in range(f.terms, 1, -1)]
    return SOURCE.format(
        **f._asdict(),
        magic=1.5 * 2.0**f.fraction,
        per_log2=1 / math.log(2),
        first=coefficients[0],
        others="\n".join(f"    series = series * r + dt({c!r})" for c in coefficients[1:]),
    )
