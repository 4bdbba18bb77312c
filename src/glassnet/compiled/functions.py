"""nn's functions of one number in a form that vectorises. Numba's own would call the C library for
every number.

eˣ = 2ᵏ eʳ with k = round(x / log 2), where eʳ − 1 is a polynomial of the remainder r, |r| ≤ ½ log
2, with the coefficients of Cephes (Moshier, 1992), and 2ᵏ is built from the bits of k. In float64
the C library's functions are used.
"""

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from glassnet.compiled.compiler import INLINE, exact, instruction
from glassnet.nn import functions

F = np.float32
PER_LOG2, LOG2_HIGH, LOG2_LOW = F(1.44269504088896341), F(0.693359375), F(-2.12194440e-4)
# eʳ = 1 + r + r² (c₅ + r (c₄ + …)), to 8·10⁻⁸.
C0, C1, C2 = F(1.9875691500e-4), F(1.3981999507e-3), F(8.3334519073e-3)
C3, C4, C5 = F(4.1665795894e-2), F(1.6666665459e-1), F(5.0000001201e-1)
# log((1 + s) / (1 − s)) = 2 (s + s³ / 3 + s⁵ / 5 + …).
L0, L1, L2, L3, L4, L5, L6 = (F(1 / n) for n in (3, 5, 7, 9, 11, 13, 15))
# erf x = x (E₆ + x² (E₅ + …)), and erfc x = e^−x² t (A₁ + t (A₂ + …)) with t = 1 / (1 + P x).
E0, E1, E2 = F(7.853861353153693e-5), F(-8.010193625184903e-4), F(5.188327685732524e-3)
E3, E4, E5 = F(-2.685381193529856e-2), F(1.128358514861418e-1), F(-3.761262582423300e-1)
E6, P = F(1.128379165726710), F(0.3275911)
A1, A2, A3 = F(0.254829592), F(-0.284496736), F(1.421413741)
A4, A5 = F(-1.453152027), F(1.061405429)
ROUND = F(1.5 * 2**23)  # adding it leaves the nearest integer in the last bits
LOWEST, HIGHEST = F(-87.0), F(88.72284)  # arguments for which eˣ is a normal number
EXPONENT_AND_ONE_LESS = np.int32(126)
MANTISSA = np.int32(23)
ZERO, ONE, TWO, INFINITE = F(0), F(1), F(2), F(np.inf)


@instruction
def bits_of(context: Any, x: Any) -> Any:
    """The bits of a float32 as an int32."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int32))

    return types.int32(types.float32), build


@instruction
def float_of(context: Any, bits: Any) -> Any:
    """The float32 that has these bits."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float32))

    return types.float32(types.int32), build


@exact
def parts(x: Any) -> Any:
    """2ᵏ⁻¹ and eʳ − 1, with which eˣ = 2 (2ᵏ⁻¹ + 2ᵏ⁻¹ (eʳ − 1))."""
    shifted = x * PER_LOG2 + ROUND
    k = shifted - ROUND
    r = x - k * LOG2_HIGH - k * LOG2_LOW
    p = ((((C0 * r + C1) * r + C2) * r + C3) * r + C4) * r + C5
    half = float_of(np.int32((bits_of(shifted) + EXPONENT_AND_ONE_LESS) << MANTISSA))
    return half, p * (r * r) + r


@exact
def exp32(x: Any) -> Any:
    """eˣ; a result below the smallest normal number is 0."""
    half, p = parts(min(max(x, LOWEST), HIGHEST))
    y = (half * p + half) * TWO
    y = ZERO if x < LOWEST else y
    y = INFINITE if x > HIGHEST else y
    return x if math.isnan(x) else y


@exact
def expm1_32(x: Any) -> Any:
    """eˣ − 1, accurate near 0 too."""
    half, p = parts(min(max(x, LOWEST), HIGHEST))
    y = (half * p + (half - ONE / TWO)) * TWO
    y = INFINITE if x > HIGHEST else y
    return x if math.isnan(x) else y


@exact
def tanh32(x: Any) -> Any:
    """tanh x = (1 − e^−2|x|) / (1 + e^−2|x|), with the sign of x."""
    e = expm1_32(-TWO * abs(x))
    return math.copysign(-e / (TWO + e), x)


@exact
def sigmoid32(x: Any) -> Any:
    """1 / (1 + e⁻ˣ)."""
    return ONE / (ONE + exp32(-x))


@exact
def sigmoid64(x: Any) -> Any:
    """The same in float64."""
    return 1.0 / (1.0 + math.exp(-x))


@exact
def log1p32(e: Any) -> Any:
    """log(1 + e) for 0 ≤ e ≤ 1, as 2 artanh s with s = e / (2 + e) ≤ ⅓."""
    s = e / (TWO + e)
    q = s * s
    p = ((((((L6 * q + L5) * q + L4) * q + L3) * q + L2) * q + L1) * q + L0) * q
    return TWO * (s + s * p)


@exact
def erf32(x: Any) -> Any:
    """erf x to 2·10⁻⁷: a polynomial below 1 (Moshier, 1992), and above it 1 − e^−x² t (A₁ + …)
    (Abramowitz & Stegun, 1964, 7.1.26)."""
    size, square = abs(x), x * x
    near = ((((E0 * square + E1) * square + E2) * square + E3) * square + E4) * square + E5
    t = ONE / (ONE + P * size)
    far = ((((A5 * t + A4) * t + A3) * t + A2) * t + A1) * t
    far = math.copysign(ONE - far * exp32(-square), x)
    return x * (near * square + E6) if size < ONE else far


@exact
def softplus32(x: Any) -> Any:
    """log(1 + eˣ) = max(0, x) + log(1 + e^−|x|)."""
    return (x if x > ZERO else ZERO) + log1p32(exp32(-abs(x)))


@exact
def softplus64(x: Any) -> Any:
    """The same in float64."""
    return (x if x > 0.0 else 0.0) + math.log1p(math.exp(-abs(x)))


def _both(function: Any, single: Any, double: Any) -> None:
    """Let kernels call a function of nn, with one form for float32 and another for float64."""

    def compiled(x: Any) -> Any:
        if x == types.float32:
            return lambda x: single(x)  # noqa: PLW0108  (Numba wants a function of Python)
        return (lambda x: double(x)) if x == types.float64 else None  # noqa: PLW0108

    overload(function, strict=False, jit_options={**INLINE, "fastmath": False})(compiled)


_both(functions.exp, exp32, math.exp)
_both(functions.expm1, expm1_32, math.expm1)
_both(functions.tanh, tanh32, math.tanh)
_both(functions.sigmoid, sigmoid32, sigmoid64)
_both(functions.softplus, softplus32, softplus64)
_both(functions.erf, erf32, math.erf)


def _where(condition: Any, x: Any, y: Any) -> Any:
    return lambda condition, x, y: x if condition else y


overload(functions.where, strict=False)(_where)
