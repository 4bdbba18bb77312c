"""The natural logarithm in a form that vectorises.

log x = e log 2 + log m for x = 2ᵉ m with m near 1, where log m is a polynomial of m − 1 with the
coefficients of Cephes (Moshier, 1992), to 8·10⁻⁸. In float64 the C library's is used.
"""

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from glassnet.compiled.compiler import exact
from glassnet.compiled.functions import LOG2_HIGH, LOG2_LOW, bits_of, float_of

F = np.float32
ROOT_HALF = np.int32(0x3F3504F3)  # the bits of √½
MANTISSA, REST = np.int32(23), np.int32(0x007FFFFF)
HALF, ONE, INFINITE = F(0.5), F(1), F(np.inf)
C0, C1, C2 = F(7.0376836292e-2), F(-1.1514610310e-1), F(1.1676998740e-1)
C3, C4, C5 = F(-1.2420140846e-1), F(1.4249322787e-1), F(-1.6668057665e-1)
C6, C7, C8 = F(2.0000714765e-1), F(-2.4999993993e-1), F(3.3333331174e-1)


@exact
def log32(x: Any) -> Any:
    """log x of a normal number."""
    shifted = np.int32(bits_of(x) - ROOT_HALF)
    e = F(np.int32(shifted >> MANTISSA))
    m = float_of(np.int32(np.int32(shifted & REST) + ROOT_HALF)) - ONE
    p = (((((((C0 * m + C1) * m + C2) * m + C3) * m + C4) * m + C5) * m + C6) * m + C7) * m + C8
    square = m * m
    p = p * m * square + e * LOG2_LOW - HALF * square
    y = (m + p) + e * LOG2_HIGH
    return y if x < INFINITE else x


def log(x: Any) -> Any:
    """The logarithm."""
    return np.log(x)


def _log(x: Any) -> Any:
    if x == types.float32:
        return lambda x: log32(x)  # noqa: PLW0108 (Numba reads the names of its arguments)
    return math_log if x == types.float64 else None


overload(log, strict=False, jit_options={"error_model": "numpy", "fastmath": False})(_log)


def math_log(x: Any) -> Any:
    """log x by the C library."""
    return math.log(x)
