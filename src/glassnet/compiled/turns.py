"""Cosines of angles in turns, in a form that vectorises.

cos 2πa = sin 2π(¼ − |r|), where r is a without its nearest whole number: the sine of at most a
quarter of a turn, by one odd polynomial. Its coefficients are our own, the best for |s| ≤ ¼ to
3·10⁻⁹. In float64 the C library's cosine is used.
"""

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from glassnet.compiled.compiler import INLINE, exact, instruction

F = np.float32
# sin 2πs = s (S₀ + s² (S₁ + …))
S0, S1, S2 = F(6.283185160089472), F(-41.34165503141521), F(81.60100407320172)
S3, S4 = F(-76.54978229236468), F(39.536706057353676)
QUARTER = F(0.25)


@instruction
def nearest(context: Any, x: Any) -> Any:
    """The whole number nearest to a float32."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rint = builder.module.declare_intrinsic("llvm.rint", [arguments[0].type])
        return builder.call(rint, arguments)

    return types.float32(types.float32), build


@exact
def cos_turns32(a: Any) -> Any:
    """cos 2πa."""
    s = QUARTER - abs(a - nearest(a))
    q = s * s
    return s * ((((S4 * q + S3) * q + S2) * q + S1) * q + S0)


@exact
def sin_turns32(a: Any) -> Any:
    """sin 2πa = cos 2π(r − ¼) for the same r."""
    return cos_turns32(a - nearest(a) - QUARTER)


@exact
def cos_turns64(a: Any) -> Any:
    """cos 2πa in float64."""
    return math.cos(2 * math.pi * a)


@exact
def sin_turns64(a: Any) -> Any:
    """sin 2πa in float64."""
    return math.sin(2 * math.pi * a)


def cos_turns(a: Any) -> Any:
    """cos 2πa, for kernels."""
    return np.cos(2 * np.pi * a)


def sin_turns(a: Any) -> Any:
    """sin 2πa, for kernels."""
    return np.sin(2 * np.pi * a)


def _both(function: Any, single: Any, double: Any) -> None:
    def compiled(a: Any) -> Any:
        if a == types.float32:
            return lambda a: single(a)  # noqa: PLW0108  (Numba wants a function of Python)
        return (lambda a: double(a)) if a == types.float64 else None  # noqa: PLW0108

    overload(function, strict=False, jit_options={**INLINE, "fastmath": False})(compiled)


_both(cos_turns, cos_turns32, cos_turns64)
_both(sin_turns, sin_turns32, sin_turns64)
