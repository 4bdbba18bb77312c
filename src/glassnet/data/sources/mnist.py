"""MNIST and Fashion-MNIST: 70,000 images of 28 × 28 gray pixels each, in four IDX files."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from glassnet.base.arrays import Array
from glassnet.base.errors import DataError
from glassnet.data.dataset import Dataset
from glassnet.data.readers import idx
from glassnet.data.readers.download import download, user_cache


@dataclass(frozen=True)
class IdxSet:
    """A dataset in four IDX files: images and labels to train on, images and labels to test on.

    The files are fetched from the first of the `mirrors` that works; each name gets `.gz` at its
    end. `sums` has the SHA-256 of each file's uncompressed bytes, by name, in the order above.
    """

    name: str
    mirrors: tuple[str, ...]
    sums: dict[str, str]
    classes: tuple[str, ...]
    target: str


SETS: dict[str, IdxSet] = {
    # LeCun, Cortes, Burges, 1998
    "mnist": IdxSet(
        "mnist",
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        {
            "train-images-idx3-ubyte": (
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
            ),
            "train-labels-idx1-ubyte": (
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
            ),
            "t10k-images-idx3-ubyte": (
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
            ),
            "t10k-labels-idx1-ubyte": (
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
            ),
        },
        tuple("0123456789"),
        "digit",
    ),
    # Xiao, Rasul, Vollgraf, 2017
    "fashion-mnist": IdxSet(
        "fashion-mnist",
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        ),
        {
            "train-images-idx3-ubyte": (
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"
            ),
            "train-labels-idx1-ubyte": (
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"
            ),
            "t10k-images-idx3-ubyte": (
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"
            ),
            "t10k-labels-idx1-ubyte": (
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"
            ),
        },
        (
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        "clothing",
    ),
}
"""The datasets that `load_idx_set` knows by name."""

SYSTEM = Path("/usr/share/datasets")  # of Debian's and Ubuntu's packages, as dataset-fashion-mnist


def load_idx_set(name: str) -> Dataset:
    """60,000 training and 10,000 test images, uint8 `(samples, 28, 28)`, labels int64 0 … 9.

    Each file, gzipped or not, is taken from `$GLASSNET_DATA/NAME/` when that variable is set,
    else from the user's cache, else from /usr/share/datasets/NAME/, else it is downloaded to the
    cache (11 MB in all for mnist, 31 MB for fashion-mnist). Wherever it comes from, its SHA-256
    sum must be right.

    Raises DataError for a name that is not in `SETS`, and when a file is damaged, or is nowhere
    and cannot be downloaded.
    """
    if name not in SETS:
        raise DataError(f"there is no IDX dataset {name!r}; choose one of {', '.join(SETS)}")
    known = SETS[name]
    x_train, y_train, x_test, y_test = (_load(known, file) for file in known.sums)
    return Dataset(
        name=name,
        x_train=x_train,
        y_train=y_train.astype("int64"),
        x_test=x_test,
        y_test=y_test.astype("int64"),
        classes=known.classes,
        scale=1 / 255,
        target=known.target,
    )


def _load(known: IdxSet, file: str) -> Array:
    path = _find(known, file)
    if path is None:
        return _fetch(known, file)
    try:
        return idx.read(path, sha256=known.sums[file])
    except DataError as error:
        raise DataError(f"{error}; delete this file and load {known.name} again") from error


def _find(known: IdxSet, file: str) -> Path | None:
    """The file if it is already here: in the user's own folder, the cache or the system's."""
    for folder in _folders(known):
        for path in (folder / file, folder / f"{file}.gz"):
            try:
                if path.exists():
                    return path
            except OSError as error:
                raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    return None


def _folders(known: IdxSet) -> Iterator[Path]:
    if own := os.environ.get("GLASSNET_DATA"):
        yield Path(own) / known.name
    yield user_cache() / known.name
    yield SYSTEM / known.name


def _fetch(known: IdxSet, file: str) -> Array:
    path = user_cache() / known.name / f"{file}.gz"
    failures = []
    for mirror in known.mirrors:
        host = urlsplit(mirror).netloc

        def check(part: Path, host: str = host) -> Array:
            return idx.read_bytes(part.read_bytes(), host, sha256=known.sums[file])

        try:
            return download(f"{mirror}{path.name}", path, check)
        except DataError as error:
            failures.append(str(error))
        except OSError as error:
            failures.append(f"{host}: {_reason(error)}")
    raise DataError(
        f"{known.name}: {path.name} could not be downloaded ({'; '.join(failures)}): "
        f"get {', '.join(f'{each}.gz' for each in known.sums)} from {' or '.join(known.mirrors)} "
        f"and put them in $GLASSNET_DATA/{known.name}/ or in {path.parent}"
    )


def _reason(error: OSError) -> str:
    """Few words for a failed download; what the network packages say fills a screen."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return f"HTTP {status}" if status else error.strerror or type(error).__name__
