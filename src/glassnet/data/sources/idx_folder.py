"""A folder of IDX files, named as those of MNIST are, as a dataset."""

import re
from pathlib import Path

import numpy as np

from glassnet.base.arrays import Array, FilePath
from glassnet.base.errors import DataError
from glassnet.data.dataset import Dataset, check_share, generator, range_scale, split
from glassnet.data.readers import idx
from glassnet.data.readers.endings import name_of

FILE_NAME = re.compile(
    r"(?P<front>.*[-_.])?(?P<what>images|labels)"
    r"([-_.](idx\d?|ubyte|byte|short|int|float|double))*(\.gz)?",
    re.IGNORECASE,
)
TEST_WORDS = ("t10k", "test")
"""What stands before images or labels in the name of a file of the test part."""

Files = dict[tuple[str, str], Path]


def load_folder(path: FilePath, test: float = 0.2, seed: int = 0) -> Dataset:
    """The dataset in a folder of IDX files, gzipped or not.

    The files are named as MNIST's: train-images-idx3-ubyte, train-labels-idx1-ubyte, and for the
    test part t10k-… or test-…, with a point for the dash before ubyte if need be. Without a test
    part, `test` is the share of the samples that becomes it, stratified by class; then any two
    files will do that have images and labels in their names.

    Images are `(samples, height, width)` or `(samples, height, width, channels)` and keep their
    type. Labels are whole numbers; the classes are those of the training part in rising order, and
    y is their int64 indices.

    Raises DataError, naming the file, when one is missing, damaged, or does not fit the others.
    """
    folder = Path(path)
    files = _find(folder)
    x, values = _read(files, "train")
    labels = np.unique(values)
    _refuse_one_class(labels, files["train", "labels"])
    y = np.searchsorted(labels, values).astype(np.int64)
    if ("test", "images") in files:
        generator(seed)
        check_share(test, len(y))
        parts = (x, y, *_read_test(files, x, labels))
    else:
        parts = split(x, y, test, seed)
    return Dataset(
        name_of(folder),
        *parts,
        classes=tuple(map(_text, labels)),
        scale=range_scale(parts[0]),
    )


def has_idx_files(folder: Path) -> bool:
    """Whether a folder has a file that is named as IDX files are."""
    try:
        return any(FILE_NAME.fullmatch(n) for n in _names(folder) if not n.startswith("."))
    except DataError:
        return False  # it cannot be read, and who reads it says why


def _find(folder: Path) -> Files:
    """The images and labels of the training part, and of the test part if there is one."""
    files: Files = {}
    names = _names(folder)
    for name in names:
        match = FILE_NAME.fullmatch(name)
        if match is None or name.startswith("."):
            continue
        part, what = _part(match["front"] or ""), match["what"].lower()
        if (part, what) in files:
            raise DataError(
                f"{folder}: {files[part, what].name} and {name} could both be the {part} {what}: "
                "expected one; move the other elsewhere"
            )
        files[part, what] = folder / name
    if not files:
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        raise DataError(
            f"{folder}: has no IDX files (found: {shown or 'nothing'}): expected "
            "train-images-idx3-ubyte and train-labels-idx1-ubyte, or .gz; name them so"
        )
    _refuse_lonely(folder, files)
    return files


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if not path.is_dir())
    except FileNotFoundError:
        raise DataError(f"there is no folder {folder}; check the path") from None
    except NotADirectoryError:
        raise DataError(f"{folder}: is a file: expected a folder of IDX files") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{folder}: cannot be read: {reason}") from error


def _part(front: str) -> str:
    words = [word for word in re.split("[-_.]", front.lower()) if word]
    return "test" if words and words[-1] in TEST_WORDS else "train"


def _refuse_lonely(folder: Path, files: Files) -> None:
    numbered = {"images": "images-idx3", "labels": "labels-idx1"}
    for (part, what), path in files.items():
        other = "labels" if what == "images" else "images"
        for needed in ((part, other), ("train", what)):
            if needed not in files:
                raise DataError(
                    f"{path}: has no {' '.join(needed)} beside it: expected a file such as "
                    f"{needed[0]}-{numbered[needed[1]]}-ubyte in {folder}; put it there"
                )


def _read(files: Files, part: str) -> tuple[Array, Array]:
    """The images of a part, and their labels as the file has them."""
    x, y = idx.read(files[part, "images"]), idx.read(files[part, "labels"])
    _check_images(x, files[part, "images"])
    _check_labels(y, files[part, "labels"])
    if len(x) != len(y):
        raise DataError(
            f"{files[part, 'labels']}: has {len(y)} labels, but {files[part, 'images'].name} has "
            f"{len(x)} images: expected one label for each; get both files again"
        )
    return x, y


def _check_images(x: Array, path: Path) -> None:
    if x.ndim not in (3, 4) or x.size == 0:
        raise DataError(
            f"{path}: has the shape {x.shape}: expected images (samples, height, width), or with "
            "channels as a fourth, and at least one; write them so"
        )
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        sample = int((~np.isfinite(x)).reshape(len(x), -1).any(axis=1).argmax())
        raise DataError(
            f"{path}: image {sample + 1} has a pixel that is NaN or infinite: expected finite "
            "numbers; correct it or leave it out"
        )


def _check_labels(y: Array, path: Path) -> None:
    if y.ndim != 1:
        raise DataError(
            f"{path}: has the shape {y.shape}: expected one label for each sample, (samples,); "
            "write them so"
        )
    bad = ~np.isfinite(y) | (y != np.rint(y))
    if bad.any():
        raise DataError(
            f"{path}: label {bad.argmax() + 1} is {y[bad.argmax()]}: expected whole numbers; "
            "number the classes"
        )


def _refuse_one_class(labels: Array, path: Path) -> None:
    if len(labels) < 2:
        raise DataError(
            f"{path}: has only the label {_text(labels[0])}: expected two or more classes; add "
            "samples of another"
        )


def _read_test(files: Files, like: Array, labels: Array) -> tuple[Array, Array]:
    x, values = _read(files, "test")
    if (x.shape[1:], x.dtype) != (like.shape[1:], like.dtype):
        raise DataError(
            f"{files['test', 'images']}: has images {x.shape[1:]} of {x.dtype}: expected "
            f"{like.shape[1:]} of {like.dtype} as in {files['train', 'images'].name}; make them "
            "the same"
        )
    y = np.searchsorted(labels, values).astype(np.int64)
    unknown = labels[np.minimum(y, len(labels) - 1)] != values
    if unknown.any():
        shown = ", ".join(map(_text, labels[:10])) + (", …" if len(labels) > 10 else "")
        raise DataError(
            f"{files['test', 'labels']}: label {unknown.argmax() + 1} is "
            f"{_text(values[unknown.argmax()])}, which training does not have: expected one of "
            f"{shown}; add it to training, or leave it out"
        )
    return x, y


def _text(label: float) -> str:
    return str(int(label))
