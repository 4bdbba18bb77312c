"""How glassnet uses Numba: formulas of numbers taken over from nn, and kernels kept on disk."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
from numba import config, njit, types
from numba.extending import overload

# Sums keep their order and NaN its meaning, so that one compiled form is as good as another; only a
# product and a sum may become one instruction, which rounds once.
LOOSE = {"contract"}
# Of formulas: one that calls two functions is otherwise called for every number itself.
INLINE = {"error_model": "numpy", "forceinline": True}
PRECISIONS = {types.float32: np.float32, types.float64: np.float64}


def inner(function: Callable[..., Any], loose: Any = LOOSE) -> Any:
    """A function that kernels call, compiled with them."""
    return njit(
        error_model="numpy", fastmath=loose, no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(function)  # fmt: skip


def inline(function: Callable[..., Any]) -> Any:
    """One that becomes part of what calls it: for a call of its own it does too little, or takes
    too much with it."""
    return njit(**INLINE, fastmath=LOOSE, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)


def exact(function: Callable[..., Any]) -> Any:
    """One in which every operation rounds for itself, wherever it is called from."""
    return inner(function, loose=False)


def any_order(function: Callable[..., Any]) -> Any:
    """One whose sums may be taken in an order of the compiler's, always the same."""
    return inner(function, loose=LOOSE | {"reassoc"})


def kernel(function: Callable[..., Any]) -> Any:
    """A function that Python calls: compiled once for each type of its arguments, and kept on disk;
    while it runs, other threads of Python may run too."""
    before, config.CACHE_DIR = config.CACHE_DIR, str(folder())
    try:
        return njit(error_model="numpy", fastmath=LOOSE, nogil=True, cache=True)(function)
    finally:
        config.CACHE_DIR = before


@cache
def folder() -> Path:
    """Where compiled kernels of these sources are kept: Numba itself looks only at the file that a
    kernel stands in, not at the formulas that it takes from others."""
    root = Path(__file__).parents[1]
    stamps = [
        (str(path.relative_to(root)), path.stat().st_mtime_ns, path.stat().st_size)
        for room in ("nn", "compiled")
        for path in sorted((root / room).rglob("*.py"))
    ]
    key = hashlib.sha256(repr((str(root), stamps)).encode()).hexdigest()[:16]
    return cache_root() / key


def cache_root() -> Path:
    """The user's folder for what can be made again."""
    if config.CACHE_DIR:
        return Path(config.CACHE_DIR) / "glassnet"
    try:
        from platformdirs import user_cache_dir
    except ImportError:
        return Path.home() / ".cache" / "glassnet" / "compiled"
    return Path(user_cache_dir("glassnet")) / "compiled"


def take_over(formula: Callable[..., Any]) -> None:
    """Let kernels call a formula of nn. Its constants have the precision of its first argument:
    `1 - y * y` of a float32 is one in float32, as it is of an array."""

    def compiled(first: Any, *others: Any) -> Any:
        return _with_constants(formula, PRECISIONS[first]) if first in PRECISIONS else None

    overload(formula, strict=False, jit_options={**INLINE, "fastmath": LOOSE})(compiled)


def _with_constants(formula: Callable[..., Any], precision: Any) -> Callable[..., Any]:
    code = formula.__code__
    numbers = tuple(
        precision(each) if type(each) in (int, float) else each for each in code.co_consts
    )
    return FunctionType(
        code.replace(co_consts=numbers), formula.__globals__, formula.__name__,
        formula.__defaults__, formula.__closure__,
    )  # fmt: skip
