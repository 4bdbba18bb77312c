"""Rows of a batch, gathered and brought into the network's precision in one pass."""

from typing import Any

from glassnet.compiled.compiler import kernel


@kernel
def gather(source: Any, rows: Any, out: Any) -> None:
    """Rows of the source, in the type of `out`."""
    for i in range(len(rows)):
        row, to = source[rows[i]], out[i]
        for j in range(source.shape[1]):
            to[j] = row[j]


@kernel
def gather_long(source: Any, rows: Any, out: Any) -> None:
    """The same of long rows, four side by side: memory, in which they lie far apart, is asked for
    the next before the last has come."""
    fours = len(rows) // 4 * 4
    for i in range(0, fours, 4):
        a, b, c, d = source[rows[i]], source[rows[i + 1]], source[rows[i + 2]], source[rows[i + 3]]
        to_a, to_b, to_c, to_d = out[i], out[i + 1], out[i + 2], out[i + 3]
        for j in range(source.shape[1]):
            to_a[j] = a[j]
            to_b[j] = b[j]
            to_c[j] = c[j]
            to_d[j] = d[j]
    for i in range(fours, len(rows)):
        row, to = source[rows[i]], out[i]
        for j in range(source.shape[1]):
            to[j] = row[j]
