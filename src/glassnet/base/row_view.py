"""Rows of an array by number: read when used, so that the array may be larger than memory."""

import os
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[Any]


class Rows:
    """The rows `index` of `source`, and of each row the `columns`; nothing is copied before use.

    It has the few words of an array that training needs: `shape`, `dtype`, `len`, slices, `take`,
    and `np.asarray` for all of it. Rows of a mapped file are read from the file, not through its
    mapping: a row that is touched there may bring megabytes of its neighbours into the process.

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
        self._file = RowFile(source) if RowFile.holds(source) else None

    def __len__(self) -> int:
        return len(self.index)

    def __repr__(self) -> str:
        return f"<Rows: {' × '.join(map(str, self.shape))}, {self.dtype}>"

    def __getitem__(self, key: Any) -> Values:
        index = self.index[key]
        if np.ndim(index) == 0:
            row: Values = self.take(np.atleast_1d(np.arange(len(self))[key]))[0]
            return row
        return self._read(index)

    def take(
        self, rows: Values, axis: int = 0, out: Values | None = None, mode: str = "clip"
    ) -> Values:
        """These rows, into `out` if it is given; `axis` and `mode` are what training gives."""
        return self._read(self.index.take(rows, mode="clip"), out)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Values:
        return self[:] if dtype is None else self[:].astype(dtype, copy=False)

    def _read(self, index: Values, out: Values | None = None) -> Values:
        if out is None:
            out = np.empty((len(index), *self.shape[1:]), self.dtype)
        if self.columns is not None:
            whole = self.source[index] if self._file is None else self._file.read(index)
            out[...] = whole[:, self.columns]
        elif self._file is not None:
            self._file.read(index, out)
        elif self.source.flags.c_contiguous:
            self.source.take(index, axis=0, out=out, mode="clip")
        else:
            out[...] = self.source[index]
        return out


class RowFile:
    """The file behind a mapped array, open to be read row by row."""

    def __init__(self, source: Values) -> None:
        root = _root(source)
        self.name, self.source = root.filename, source
        self.row_bytes = int(np.prod(source.shape[1:])) * source.dtype.itemsize
        self.start = root.offset + source.ctypes.data - root.ctypes.data
        self.file = os.open(self.name, os.O_RDONLY)
        weakref.finalize(self, os.close, self.file)

    @staticmethod
    def holds(source: Values) -> bool:
        """Whether this is a mapped array, row after row, of a file that has a name."""
        mapped = isinstance(source, np.memmap) and source.flags.c_contiguous
        return mapped and hasattr(os, "preadv") and bool(_root(source).filename)

    def read(self, index: Values, out: Values | None = None) -> Values:
        """These rows, into `out` if it is given; those that follow each other, at once.

        Raises OSError if the file has become shorter since it was mapped.
        """
        if out is None:
            out = np.empty((len(index), *self.source.shape[1:]), self.source.dtype)
        into, size = out.data.cast("B"), self.row_bytes
        breaks = np.flatnonzero(np.diff(index) != 1) + 1
        firsts, ends = np.append(0, breaks), np.append(breaks, len(index))
        places = (self.start + index[firsts].astype(np.int64) * size).tolist()
        for place, first, end in zip(places, firsts.tolist(), ends.tolist(), strict=True):
            piece = into[first * size : end * size]
            if os.preadv(self.file, [piece], place) != len(piece):
                raise OSError(f"{self.name} is shorter than it was")
        return out


def _root(source: Any) -> Any:
    """The mapped array that this one is a view of."""
    while isinstance(source.base, np.memmap):
        source = source.base
    return source
