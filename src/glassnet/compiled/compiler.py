"""How glassnet uses Numba: formulas taken from nn, and compiled kernels kept on disk."""

import hashlib
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
from numba import config, njit, types
from numba.extending import intrinsic, overload

# Sums keep their order, and NaN is respected, so that every compiled form gives the same results;
# only a product and a sum may become one instruction, which rounds once.
LOOSE = {"contract"}
# For formulas: one with two function calls in it would otherwise be called for every number.
INLINE = {"error_model": "numpy", "forceinline": True}
_CONFIG = threading.Lock()  # Numba's settings are those of the process
PRECISIONS = {types.float32: np.float32, types.float64: np.float64}


def inner(function: Callable[..., Any], loose: Any = LOOSE) -> Any:
    """Compile a function that kernels call, together with them."""
    return njit(
        error_model="numpy", fastmath=loose, no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(function)  # fmt: skip


def inline(function: Callable[..., Any]) -> Any:
    """Compile a function into its caller, because it does too little for a call of its own or takes
    too many arguments."""
    return njit(**INLINE, fastmath=LOOSE, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)


def exact(function: Callable[..., Any]) -> Any:
    """Compile a function in which every operation is rounded separately, wherever it is called."""
    return inner(function, loose=False)


def any_order(function: Callable[..., Any]) -> Any:
    """Compile a function whose sums the compiler may reorder, always in the same way."""
    return inner(function, loose=LOOSE | {"reassoc"})


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that Python calls, once for each combination of argument types, and keep
    it on disk. Other Python threads can run while it does."""
    with _CONFIG:
        before, config.CACHE_DIR = config.CACHE_DIR, str(folder())
        try:
            return njit(error_model="numpy", fastmath=LOOSE, nogil=True, cache=True)(function)
        finally:
            config.CACHE_DIR = before


@cache
def folder() -> Path:
    """The folder for kernels compiled from these sources. Numba checks only the file that a kernel
    is in, not the formulas that it takes from other files."""
    root = Path(__file__).parents[1]
    stamps = [
        (str(path.relative_to(root)), path.stat().st_mtime_ns, path.stat().st_size)
        for room in ("nn", "compiled")
        for path in sorted((root / room).rglob("*.py"))
    ]
    key = hashlib.sha256(repr((str(root), stamps)).encode()).hexdigest()[:16]
    return cache_root() / key


def cache_root() -> Path:
    """The user's cache folder."""
    if config.CACHE_DIR:
        return Path(config.CACHE_DIR) / "glassnet"
    try:
        from platformdirs import user_cache_dir
    except ImportError:
        return Path.home() / ".cache" / "glassnet" / "compiled"
    return Path(user_cache_dir("glassnet")) / "compiled"


def instruction(function: Callable[..., Any]) -> Any:
    """Let kernels call what this function writes in LLVM's own instructions."""
    return intrinsic(function)


def take_over(formula: Callable[..., Any]) -> None:
    """Let kernels call a formula of nn. Its constants take the precision of its first argument: for
    a float32, `1 - y * y` stays in float32, as it does for an array."""

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
