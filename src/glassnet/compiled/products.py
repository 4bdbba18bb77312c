"""Matrix products: by BLAS, or, if they are so small that calling BLAS would take longer, by
loops."""

from typing import Any

from glassnet.compiled.blas import gemm
from glassnet.compiled.compiler import any_order, inner

SMALL = 40_000  # multiply-adds, above which BLAS is faster


@inner
def product(blas: Any, a: Any, b: Any, c: Any, more: Any) -> None:
    """c = a b, or with `more` c ← c + a b."""
    if a.shape[0] == 1:
        sum_of_few_rows(a, b, c, more)
    elif blas and a.shape[0] * a.shape[1] * b.shape[1] > SMALL:
        gemm(blas, a, False, b, False, c, more)
    else:
        sum_of_rows(a, b, c, more)


@inner
def product_across(blas: Any, a: Any, b: Any, c: Any, more: Any) -> None:
    """c = aᵀ b, or with `more` c ← c + aᵀ b."""
    if blas and a.shape[0] * a.shape[1] * b.shape[1] > SMALL:
        gemm(blas, a, True, b, False, c, more)
    else:
        sum_of_rows(a.T, b, c, more)


@inner
def product_of_rows(blas: Any, a: Any, b: Any, c: Any, more: Any) -> None:
    """c = a bᵀ, or with `more` c ← c + a bᵀ."""
    if blas and a.shape[0] * a.shape[1] * b.shape[0] > SMALL:
        gemm(blas, a, False, b, True, c, more)
    else:
        sums_along_rows(a, b, c, more)


@inner
def sum_of_rows(a: Any, b: Any, c: Any, more: Any) -> None:
    """c = a b, or with `more` c ← c + a b, as weighted sums of rows of b, four at a time."""
    rows, count = a.shape
    columns = b.shape[1]
    for i in range(rows):
        if not more:
            for j in range(columns):
                c[i, j] = 0
        fours = count // 4
        for four in range(fours):
            k = 4 * four
            w0, w1, w2, w3 = a[i, k], a[i, k + 1], a[i, k + 2], a[i, k + 3]
            for j in range(columns):
                c[i, j] += (w0 * b[k, j] + w1 * b[k + 1, j]) + (w2 * b[k + 2, j] + w3 * b[k + 3, j])
        for k in range(4 * fours, count):
            w0 = a[i, k]
            for j in range(columns):
                c[i, j] += w0 * b[k, j]


@inner
def sum_of_few_rows(a: Any, b: Any, c: Any, more: Any) -> None:
    """The same for a single row of a. Rows of b with the weight 0 are skipped: four fifths of a
    digit's pixels."""
    for j in range(c.shape[1]):
        c[0, j] = c[0, j] if more else 0
    k0, k1, k2, found = 0, 0, 0, 0
    for k in range(a.shape[1]):
        if a[0, k] == 0:
            continue
        found += 1
        if found == 1:
            k0 = k
        elif found == 2:
            k1 = k
        elif found == 3:
            k2 = k
        else:
            w0, w1, w2, w3 = a[0, k0], a[0, k1], a[0, k2], a[0, k]
            for j in range(c.shape[1]):
                c[0, j] += (w0 * b[k0, j] + w1 * b[k1, j]) + (w2 * b[k2, j] + w3 * b[k, j])
            found = 0
    for n in range(found):
        k = k0 if n == 0 else k1 if n == 1 else k2
        for j in range(c.shape[1]):
            c[0, j] += a[0, k] * b[k, j]


@any_order
def sums_along_rows(a: Any, b: Any, c: Any, more: Any) -> None:
    """c = a bᵀ, or with `more` c ← c + a bᵀ. The compiler chooses the order of each sum."""
    for i in range(a.shape[0]):
        for j in range(b.shape[0]):
            total = a.dtype.type(0)
            for k in range(a.shape[1]):
                total += a[i, k] * b[j, k]
            c[i, j] = c[i, j] + total if more else total
