"""Rows of an array by number: read when asked for, so that the array may be larger than memory."""

import mmap
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[Any]

PAGES_AROUND = 2**16  # the system maps so many bytes around each row that is touched
KEPT = 2**26  # mapped bytes that may stay in memory: 64 MiB


class Rows:
    """The rows `index` of `source`, and of each row the `columns`; nothing is copied before use.

    It has the few words of an array that training needs: `shape`, `dtype`, `len`, slices, `take`,
    and `np.asarray` for all of it. Where `source` lies in a mapped file, what was read of it is
    given back to the system after every 64 MiB, so a file of any size trains in little memory.

    >>> rows = Rows(np.arange(12).reshape(4, 3), np.array([3, 1]), slice(0, 2))
    >>> rows.shape, rows[:1].tolist(), rows.take(np.array([1])).tolist()
    ((2, 2), [[9, 10]], [[3, 4]])
    """

    source: Values
    index: Values
    columns: slice | Values | None

    def __init__(
        self, source: "Values | Rows", index: Values, columns: slice | Values | None = None
    ) -> None:
        if isinstance(source, Rows):
            index, columns, source = source.index[index], source.columns, source.source
        self.source = source
        self.index, self.columns = index, columns
        row = source[:1] if columns is None else source[:1, columns]
        self.shape: tuple[int, ...] = (len(index), *row.shape[1:])
        self.dtype: np.dtype[Any] = source.dtype
        self.ndim = len(self.shape)
        self.size = int(np.prod(self.shape))
        self.itemsize = source.dtype.itemsize
        self._file = mapped_file(source)
        self._row = int(np.prod(source.shape[1:])) * source.dtype.itemsize + PAGES_AROUND
        self._touched = 0

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, key: Any) -> Values:
        return self._read(self.index[key])

    def take(
        self, rows: Values, axis: int = 0, out: Values | None = None, mode: str = "clip"
    ) -> Values:
        """These rows, into `out` where it is given; `axis` and `mode` are what training gives."""
        index = self.index.take(rows, mode="clip")
        if self.columns is None and out is not None and self.source.flags.c_contiguous:
            self.source.take(index, axis=0, out=out, mode="clip")
            self._give_back(len(index))
            return out
        values = self._read(index)
        if out is None:
            return values
        out[...] = values
        return out

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Values:
        return self[:] if dtype is None else self[:].astype(dtype, copy=False)

    def _read(self, index: Values) -> Values:
        values = self.source[index]
        self._give_back(values.size // max(1, int(np.prod(values.shape[1:]))))
        return np.asarray(values if self.columns is None else values[..., self.columns])

    def _give_back(self, rows: int) -> None:
        self._touched += rows * self._row
        if self._file is not None and self._touched > KEPT:
            self._file.madvise(mmap.MADV_DONTNEED)
            self._touched = 0


def mapped_file(array: Any) -> mmap.mmap | None:
    """The mapped file that an array looks into, where the system can take its pages back."""
    while array is not None and not isinstance(array, mmap.mmap):
        array = getattr(array, "base", None)
    return array if hasattr(mmap, "MADV_DONTNEED") else None
