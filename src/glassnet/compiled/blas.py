"""NumPy's own BLAS, called from kernels. Numba's `np.dot` would call SciPy's, whose threads compete
with NumPy's for the processors."""

import ctypes
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from glassnet.compiled.compiler import inner, instruction

NAMES = {np.dtype(np.float32): "scipy_cblas_sgemm64_", np.dtype(np.float64): "scipy_cblas_dgemm64_"}
ROW_MAJOR, AS_IT_IS, TRANSPOSED = 101, np.int32(111), np.int32(112)  # CBLAS constants


@cache
def address_of_gemm(dtype: Any) -> int:
    """The address of the function c ← a b + β c for this precision; 0 if NumPy does not use the
    BLAS of its wheels, which is OpenBLAS with 64-bit integers."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return 0
    for library in threadpool_info():
        if library["user_api"] == "blas" and library["internal_api"] == "openblas":
            function = getattr(ctypes.CDLL(library["filepath"]), NAMES[np.dtype(dtype)], None)
            if function is not None:
                return ctypes.cast(function, ctypes.c_void_p).value or 0
    return 0


@instruction
def call_gemm(
    context: Any, address: Any, across_a: Any, across_b: Any, m: Any, n: Any, k: Any, a: Any,
    width_a: Any, b: Any, width_b: Any, beta: Any, c: Any, width_c: Any,
) -> Any:  # fmt: skip
    """CBLAS's c ← a b + β c, for row-major matrices given by their addresses."""
    size, flag = types.int64, types.int32
    signature = types.void(
        size, flag, flag, size, size, size, size, size, size, size, beta, size, size
    )

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        long, short, pointer = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()
        number = context.get_value_type(signature.args[10])
        of_gemm = [
            short, short, short, long, long, long, number, pointer, long, pointer, long, number,
            pointer, long,
        ]  # fmt: skip
        kind = ir.FunctionType(ir.VoidType(), of_gemm)
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        across_a, across_b, m, n, k, a, width_a, b, width_b, beta, c, width_c = arguments[1:]
        a, b, c = (builder.inttoptr(each, pointer) for each in (a, b, c))
        builder.call(
            function,
            [
                ir.Constant(short, ROW_MAJOR), across_a, across_b, m, n, k, ir.Constant(number, 1),
                a, width_a, b, width_b, beta, c, width_c,
            ],
        )  # fmt: skip
        return context.get_dummy_value()

    return signature, build


@inner
def gemm(address: Any, a: Any, across_a: Any, b: Any, across_b: Any, c: Any, more: Any) -> None:
    """c = a b, or with `more` c ← c + a b. Either of a and b may be given transposed."""
    count = a.shape[0] if across_a else a.shape[1]
    call_gemm(
        address, TRANSPOSED if across_a else AS_IT_IS, TRANSPOSED if across_b else AS_IT_IS,
        c.shape[0], c.shape[1], count, np.int64(a.ctypes.data), a.shape[1],
        np.int64(b.ctypes.data), b.shape[1], c.dtype.type(more), np.int64(c.ctypes.data),
        c.shape[1],
    )  # fmt: skip


@inner
def gemm_within(
    address: Any, shape: Any, a: Any, at_a: Any, width_a: Any, b: Any, at_b: Any, width_b: Any,
    c: Any, at_c: Any, width_c: Any, more: Any,
) -> None:  # fmt: skip
    """c = aᵀ b, or with `more` c ← c + aᵀ b, for blocks of wider matrices. Each block starts at an
    index of its vector, and its rows are as far apart as those of the wider matrix."""
    rows, columns, count = shape
    call_gemm(
        address, TRANSPOSED, AS_IT_IS, rows, columns, count,
        np.int64(a.ctypes.data + at_a * a.itemsize), width_a,
        np.int64(b.ctypes.data + at_b * b.itemsize), width_b, c.dtype.type(more),
        np.int64(c.ctypes.data + at_c * c.itemsize), width_c,
    )  # fmt: skip
