"""A folder of pictures, with a folder for each class, or a .zip file of one, as a dataset."""

import math
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array, FilePath, Shape
from glassnet.base.errors import DataError, prefixing_errors
from glassnet.data.dataset import Dataset, shares
from glassnet.data.readers.endings import name_of
from glassnet.data.readers.picture_tree import opened_tree
from glassnet.data.readers.pictures import (
    Broken,
    Look,
    check_size,
    look_at,
    read,
    refuse_broken,
    said_of,
)
from glassnet.data.sources.picture_classes import Labelled, classes_of, labelled, parts_of
from glassnet.data.tables.columns import Picture
from glassnet.data.tables.schema import Schema

LONGER_SIDE = 64  # pixels, the most by default
MAX_PIXELS = 2**32
"""The most bytes that the prepared pictures of a dataset may have in memory: 4 GiB."""


class Choice(NamedTuple):
    """The size of all pictures, what is said of it, and whether they have colour; None: that is
    seen from their pixels."""

    height: int
    width: int
    said: str
    colour: bool | None


def load_pictures(
    path: FilePath,
    size: int | Sequence[int] | None = None,
    colour: bool | None = None,
    test: float | FilePath = 0.2,
    seed: int = 0,
) -> Dataset:
    """The dataset in a folder that has a folder of pictures for each class, or in a .zip of one.

    Classes are in the order of their names. x is uint8, `(samples, height, width)` of grey
    pictures, else `(samples, height, width, 3)`.

    - `size`: height and width, or one number for both; by default the median of the pictures, made
      smaller if its longer side has more than 64 pixels.
    - `colour`: True, or False for grey; by default grey if all pictures are.
    - `test`: the share of the test part, stratified by class; or a folder or .zip with pictures of
      the same classes. Folders train and test (or val) in `path` are the two parts as they are.

    Pictures that cannot be read are left out and named; if they are more than 1 %, that is a
    DataError, and so is whatever leaves nothing to learn.
    """
    return _load(path, size, colour, test, seed)


def pictures_to_judge(
    path: FilePath, size: Sequence[int], colour: bool, classes: Sequence[str], test: float
) -> Dataset:
    """The same for a network of these classes and pictures; some of its classes will do."""
    return _load(path, size, colour, test, known=classes)


def _load(
    path: FilePath,
    size: int | Sequence[int] | None,
    colour: bool | None,
    test: float | FilePath,
    seed: int = 0,
    known: Sequence[str] | None = None,
) -> Dataset:
    wanted = None if size is None else check_size(size)
    notes: list[str] = []
    with ExitStack() as opened, prefixing_errors(path, str(test)):
        train, held = parts_of(opened.enter_context(opened_tree(path)), notes)
        if not isinstance(test, (int, float)):
            if held:
                raise DataError(f"has a test part of its own, so {test} cannot be it; leave it out")
            with prefixing_errors(test):
                held = labelled(opened.enter_context(opened_tree(test)).inner(), notes)
        parted, classes = bool(held), classes_of(train, held, known)
        train, held, looks, broken = _sound(train, held)
        choice = _choose(looks, wanted, colour)
        if not parted:
            share = test if isinstance(test, (int, float)) else 0.0
            if known is None:
                _check_counts(train, classes)
            train, held = _split(train, classes, share, seed)
        return _dataset(name_of(path), train, held, classes, choice, notes, broken)


def _sound(train: Labelled, held: Labelled) -> tuple[Labelled, Labelled, list[Look], list[Broken]]:
    """The pictures whose headers can be read, what those to train on say, and all others."""
    pairs = [*train, *held]
    found = look_at([file for file, _ in pairs])
    broken = [each for each in found if isinstance(each, Broken)]
    refuse_broken(broken, len(found))
    good = [n for n, each in enumerate(found) if isinstance(each, Look)]
    first = [n for n in good if n < len(train)]
    if not first:
        raise DataError("has no picture to train on that can be read; add pictures")
    looks = [each for each in found[: len(train)] if isinstance(each, Look)]
    return [pairs[n] for n in first], [pairs[n] for n in good[len(first) :]], looks, broken


def _choose(looks: Sequence[Look], size: tuple[int, int] | None, colour: bool | None) -> Choice:
    """What was asked for, or what suits the pictures."""
    sides = np.array([(look.height, look.width) for look in looks])
    median = np.median(sides, axis=0)
    if size is None:
        fitting = median * min(1, LONGER_SIDE / median.max())
        height, width = (max(1, round(side)) for side in fitting.tolist())
    else:
        height, width = size
    said, middle = _times((height, width)), _times(map(round, median.tolist()))
    if (sides != (height, width)).any():
        median_is = "all are" if (sides == sides[0]).all() else "the median size is"
        why = ", the median size" if said == middle else f" ({median_is} {middle})"
        said = f"resized to {said}{why}"
    if colour is None and all(look.grey for look in looks):
        colour = False
    return Choice(height, width, said, colour)


def _split(
    pairs: Labelled, classes: tuple[str, ...], test: float, seed: int
) -> tuple[Labelled, Labelled]:
    parts = shares(_targets(pairs, classes), test, seed)
    train, held = ([pairs[row] for row in rows] for rows in parts)
    return train, held


def _check_counts(pairs: Labelled, classes: tuple[str, ...]) -> None:
    counts = np.bincount(_targets(pairs, classes), minlength=len(classes))
    if counts.min() < 2:
        name, count = classes[counts.argmin()], counts.min()
        raise DataError(
            f"the class {name!r} has {'one picture' if count else 'no picture'} that can be read: "
            "expected two or more; add pictures, or remove its folder"
        )


def _targets(pairs: Labelled, classes: tuple[str, ...]) -> Array:
    place = {name: number for number, name in enumerate(classes)}
    return np.array([place[name] for _, name in pairs], np.int64)


def _dataset(
    name: str,
    train: Labelled,
    held: Labelled,
    classes: tuple[str, ...],
    choice: Choice,
    notes: Sequence[str],
    broken: Sequence[Broken],
) -> Dataset:
    pairs = [*train, *held]
    shape = (choice.height, choice.width, *([] if choice.colour is False else [3]))
    _refuse_large(len(pairs), shape)
    x, rows, more = read([file for file, _ in pairs], shape)
    broken, every = [*broken, *more], len(pairs) + len(broken)
    refuse_broken(broken, every)
    if choice.colour is None and all(map(_is_grey, x)):
        x = np.ascontiguousarray(x[..., 0])
    y, first = _targets(pairs, classes)[rows], sum(row < len(train) for row in rows)
    hue = "grey" if x.ndim == 3 else "in colour"
    return Dataset(
        name,
        *(x[:first], y[:first], x[first:], y[first:]),
        classes=classes,
        scale=1 / 255,
        target="class",
        schema=Schema([Picture(choice.height, choice.width, x.ndim == 4)], ["class"]),
        notes=(
            f"{len(x):,} pictures of {len(classes)} classes, {choice.said}, {hue}",
            *notes,
            *([f"left out: {said_of(broken, every)}"] if broken else []),
        ),
    )


def _refuse_large(count: int, shape: Shape) -> None:
    size = count * math.prod(shape)
    if size > MAX_PIXELS:
        raise DataError(
            f"{count:,} pictures of {_times(shape)} take {size:,} bytes, expected at "
            f"most {MAX_PIXELS:,}; make them smaller, such as size={LONGER_SIDE}"
        )


def _times(sides: Iterable[int]) -> str:
    return " × ".join(map(str, sides))


def _is_grey(image: Array) -> bool:
    return bool((image == image[..., :1]).all())
