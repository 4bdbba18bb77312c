"""From arrays in a .npy or .npz file to arrays to train on; a large .npy stays on the disk."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from glassnet.base.arrays import Array, FilePath
from glassnet.base.errors import DataError, prefixing_errors
from glassnet.base.optional import need
from glassnet.base.progress import work
from glassnet.base.row_view import Rows
from glassnet.data.dataset import Dataset, range_scale, refuse_close, shares
from glassnet.data.readers.endings import name_of
from glassnet.data.readers.npy import open_npy
from glassnet.data.readers.npz import read_npz
from glassnet.data.sources.table_dataset import Names, from_frame, names_of
from glassnet.data.tables.columns import Block
from glassnet.data.tables.kinds import decide_target
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.targets import encode_targets, require_two_per_class

LOOK = 2**24  # bytes of a mapped file that are looked at together
WIDE = 1000  # features, above which the ends of each are not kept

PAIRS = (("x", "y"), ("data", "target"), ("data", "labels"), ("images", "labels"))
"""What arrays in a .npz file are called: inputs and targets; also `x_train` or `train_x`."""


def load_arrays(
    path: FilePath,
    target: Names = None,
    drop: Names = None,
    task: str | None = None,
    test: float | FilePath = 0.2,
    seed: int = 0,
) -> Dataset:
    """The dataset in a .npy or .npz file.

    A .npy file holds a table of numbers `(rows, columns)`; `target` and `drop` are numbers of
    columns from 0, the target by default the last. A file larger than memory is read as it is
    needed. A .npz file holds x and y, or x_train, y_train, x_test and y_test (for other names see
    `PAIRS`): x `(samples, features)` or images `(samples, height, width)`.

    `test` is the share of the test part, or the path of a test file of the same form.

    Raises DataError, naming file and row, for what cannot be read or used.
    """
    named = prefixing_errors(path, str(test))  # which names itself
    with named, work(f"reading {Path(path).name}"):
        if Path(path).suffix.lower() == ".npz":
            return _from_npz(Path(path), task, test, seed)
        return _from_npy(Path(path), names_of(target), names_of(drop), task, test, seed)


# ---- a table of numbers


def _from_npy(
    path: Path, target: list[str], drop: list[str], task: str | None, test: Any, seed: int
) -> Dataset:
    array = open_npy(path)
    if array.dtype.names:
        frame = need("pandas", "reading a table").DataFrame.from_records(array)
        return from_frame(name_of(path), frame, target, drop, task, None, _share(test), seed)
    if array.ndim != 2 or array.shape[1] < 2 or array.dtype.kind not in "biuf":
        raise DataError(
            f"has shape {array.shape} of {array.dtype}: expected a table of numbers (rows, columns)"
            " with the target in its last column; images and labels go as x and y into a .npz file"
        )
    columns = array.shape[1]
    chosen = [_position(each, columns) for each in target] or [columns - 1]
    names = [str(number) for number in chosen]
    frame = _targets(array, chosen)
    kind, why = decide_target(frame, names, task)
    y, classes = encode_targets(frame, names, kind, None)
    require_two_per_class(frame, names, kind, y, classes)
    train, held = (np.sort(rows) for rows in shares(y, _share(test), seed))
    block = Block(columns, sorted({*chosen, *(_position(each, columns) for each in drop)}))
    x = [cast(Array, Rows(array, rows, _kept(block))) for rows in (train, held)]
    parts = (x[0], y[train], x[1], y[held])
    if not isinstance(test, (int, float)):
        with prefixing_errors(test):
            parts = (*parts[:2], *_tested(open_npy(test), block, chosen, kind, classes))
    found = _spread(x[0], "", block.features())
    return Dataset(
        name_of(path),
        *parts,
        classes=tuple(names) if kind == "labels" else classes,
        feature_names=block.features(),
        target=", ".join(names),
        scale=found.scale,
        shift=found.shift,
        schema=Schema([Block(columns, block.left_out, found.low, found.high)], names),
        notes=(f"target column {', '.join(names)}{'' if target else ' (the last)'}: {why}",),
    )


def _tested(
    array: Array, block: Block, chosen: list[int], task: str, classes: tuple[str, ...]
) -> tuple[Array, Array]:
    if array.ndim != 2 or array.shape[1] != block.columns:
        raise DataError(f"has shape {array.shape}: expected (rows, {block.columns})")
    y, _ = encode_targets(_targets(array, chosen), [str(n) for n in chosen], task, classes)
    return cast(Array, Rows(array, np.arange(len(array)), _kept(block))), y


def _position(number: str, columns: int) -> int:
    if not number.isdigit() or int(number) >= columns:
        raise DataError(f"has no column {number!r}: expected a number of 0 … {columns - 1}")
    return int(number)


def _kept(block: Block) -> slice | Array:
    """The features' columns; as a slice if they stand together."""
    kept = [int(name) for name in block.features()]
    if not kept:
        raise DataError("has no columns beside the target; add features")
    together = kept == list(range(kept[0], kept[-1] + 1))
    return slice(kept[0], kept[-1] + 1) if together else np.array(kept)


def _targets(array: Array, chosen: list[int]) -> Any:
    """The target columns as a table; on the way, every number of the file is looked at."""
    found = []
    for start, rows in _looks(array):
        if rows.dtype.kind == "f" and not np.isfinite(rows).all():
            row, column = np.argwhere(~np.isfinite(rows))[0]
            raise DataError(
                f"data row {start + row + 1}, column {column} (the first is 0) is "
                f"{rows[row, column]}: expected finite numbers; gaps can be filled in "
                "a table (.csv, .parquet)"
            )
        found.append(rows[:, chosen].copy())
    columns = np.concatenate(found)
    columns = columns.astype(columns.dtype.newbyteorder("="))
    return need("pandas", "reading a table").DataFrame(columns, columns=[str(n) for n in chosen])


def _looks(array: Array | Rows) -> Iterator[tuple[int, Array]]:
    """All rows, some at a time, in memory that is given back."""
    every = array if isinstance(array, Rows) else Rows(array, np.arange(len(array)))
    step = max(1, LOOK // max(1, every.size // len(every) * every.dtype.itemsize))
    for start in range(0, len(every), step):
        yield start, every[start : start + step]


class _Spread(NamedTuple):
    """Factor and shift that bring features into a range to train on; their ends, if kept."""

    scale: Array | float
    shift: Array | float
    low: Sequence[float] = ()
    high: Sequence[float] = ()


def _spread(x: Array, where: str, names: Sequence[Any]) -> _Spread:
    """That which gives every feature mean 0 and standard deviation 1; DataError where float32, in
    which the network takes them, would lose what tells them apart."""
    if x.dtype == np.uint8:  # pixels, most likely: all alike
        return _Spread(min(range_scale(rows) for _, rows in _looks(x)), 0.0)
    scaler = need("sklearn.preprocessing", "standardising").StandardScaler()
    origin = x[:1].astype(np.float64)[0]  # of large, close numbers, deviations are exact
    low = high = origin
    for _, rows in _looks(x):
        scaler.partial_fit(rows.astype(np.float64) - origin)
        low, high = np.minimum(low, rows.min(axis=0)), np.maximum(high, rows.max(axis=0))
    mean = origin + scaler.mean_
    for column in np.flatnonzero(scaler.var_).tolist():
        refuse_close(f"column {names[column]}{where}", mean[column], scaler.scale_[column])
    ends = (low.tolist(), high.tolist()) if len(low) <= WIDE else ((), ())
    return _Spread(1 / scaler.scale_, -mean / scaler.scale_, *ends)


# ---- x and y


def _from_npz(path: Path, task: str | None, test: Any, seed: int) -> Dataset:
    arrays = read_npz(path)
    x, y, x_test, y_test = _parts(arrays)
    pandas = need("pandas", "reading arrays")
    if not isinstance(test, (int, float)):
        x_test, y_test, *_ = _parts(read_npz(test))
    _check_x(x)
    names = ["y"] if y.ndim == 1 else [f"y{n}" for n in range(y.shape[1])]
    frame = pandas.DataFrame(y.reshape(len(y), -1), columns=names)
    if y.ndim == 2 and task is None and _one_hot(y):
        names, frame = ["y"], pandas.DataFrame({"y": y.argmax(axis=1)})
        y_test = None if y_test is None else y_test.argmax(axis=1)
    if len(x) != len(y):
        raise DataError(f"x has {len(x)} rows and y has {len(y)}: each sample needs one target")
    kind, why = decide_target(frame, names, task)
    labels, classes = encode_targets(frame, names, kind, None)
    require_two_per_class(frame, names, kind, labels, classes)
    if x_test is None or y_test is None:
        train, held = shares(labels, _share(test), seed)
        parts = (x[train], labels[train], x[held], labels[held])
    else:
        tested = pandas.DataFrame(y_test.reshape(len(y_test), -1), columns=names)
        parts = (x, labels, x_test, encode_targets(tested, names, kind, classes)[0])
    found = _scaling(parts[0])
    return Dataset(
        name_of(path),
        *parts,
        classes=tuple(names) if kind == "labels" else classes,
        target=", ".join(names),
        scale=found.scale,
        shift=found.shift,
        schema=Schema([Block(x.shape[1], (), found.low, found.high)], ()) if found.low else None,
        notes=(f"target {', '.join(names)}: {why}",),
    )


def _parts(arrays: Mapping[str, Array]) -> tuple[Array, Array, Array | None, Array | None]:
    """x, y and, if they are there, the test part's, by their names."""
    by_name = {name.lower(): array for name, array in arrays.items()}
    for first, second in PAIRS:
        for form in ("{}_train", "train_{}", "{}"):
            x, y = by_name.get(form.format(first)), by_name.get(form.format(second))
            if x is None or y is None:
                continue
            if y.ndim not in (1, 2):
                raise DataError(f"{form.format(second)} has shape {y.shape}: expected (samples,)")
            held = form.replace("train", "test") if "train" in form else "{}_test"
            return x, y, by_name.get(held.format(first)), by_name.get(held.format(second))
    raise DataError(
        f"has the arrays {', '.join(arrays) or 'none'}: expected x and y, or x_train, y_train, "
        "x_test and y_test"
    )


def _check_x(x: Array) -> None:
    if x.ndim < 2 or x.dtype.kind not in "biuf":
        raise DataError(
            f"x has shape {x.shape} of {x.dtype}: expected numbers (samples, features) or images "
            "(samples, height, width)"
        )
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        row = int(np.isfinite(x.reshape(len(x), -1)).all(axis=1).argmin())
        raise DataError(f"data row {row + 1} of x is NaN or infinite: expected finite numbers")


def _one_hot(y: Array) -> bool:
    return bool(y.shape[1] > 1 and ((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())


def _scaling(x: Array) -> _Spread:
    """Images by their range, features to mean 0 and standard deviation 1."""
    if x.ndim > 2:
        return _Spread(range_scale(x), 0.0)
    return _spread(x, " of x", range(x.shape[1]))


def _share(test: Any) -> float:
    return test if isinstance(test, (int, float)) else 0.0
