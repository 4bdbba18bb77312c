"""MNIST: 70,000 handwritten digits, 28 × 28 gray pixels (LeCun, Cortes, Burges, 1998)."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from glassnet.arrays import Array
from glassnet.data import idx
from glassnet.data.dataset import Dataset
from glassnet.data.download import download
from glassnet.errors import DataError
from glassnet.packages import need

MIRRORS: tuple[str, ...] = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
"""Where the files are fetched from, in this order; each name gets `.gz` at its end."""

SUMS: dict[str, str] = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""SHA-256 of each file's uncompressed bytes."""


def load_mnist() -> Dataset:
    """60,000 training and 10,000 test images, uint8 `(samples, 28, 28)`, labels int64 0 … 9.

    Each file, gzipped or not, is taken from `$GLASSNET_DATA/mnist/` when that variable is set,
    else from the user's cache, else it is downloaded to the cache (11 MB in all). Wherever it
    comes from, its SHA-256 sum must be right.

    Raises DataError when a file is damaged, or is nowhere and cannot be downloaded.
    """
    x_train, y_train, x_test, y_test = (_load(name) for name in SUMS)
    return Dataset(
        name="mnist",
        x_train=x_train,
        y_train=y_train.astype("int64"),
        x_test=x_test,
        y_test=y_test.astype("int64"),
        classes=tuple("0123456789"),
        scale=1 / 255,
        target="digit",
    )


def _load(name: str) -> Array:
    path = _find(name)
    if path is None:
        return _fetch(name)
    try:
        return idx.read(path, sha256=SUMS[name])
    except DataError as error:
        raise DataError(f"{error}; delete this file and load mnist again") from error


def _find(name: str) -> Path | None:
    """The file where it is already here: in the user's own folder, else in the cache."""
    for folder in _folders():
        for path in (folder / name, folder / f"{name}.gz"):
            try:
                if path.exists():
                    return path
            except OSError as error:
                raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    return None


def _folders() -> Iterator[Path]:
    if own := os.environ.get("GLASSNET_DATA"):
        yield Path(own) / "mnist"
    yield _cache()


def _cache() -> Path:
    return Path(need("platformdirs", "the data cache").user_cache_dir("glassnet")) / "mnist"


def _fetch(name: str) -> Array:
    path = _cache() / f"{name}.gz"
    failures = []
    for mirror in MIRRORS:
        host = urlsplit(mirror).netloc

        def check(part: Path, host: str = host) -> Array:
            return idx.read_bytes(part.read_bytes(), host, sha256=SUMS[name])

        try:
            return download(f"{mirror}{path.name}", path, check)
        except DataError as error:
            failures.append(str(error))
        except OSError as error:
            failures.append(f"{host}: {_reason(error)}")
    raise DataError(
        f"mnist: {path.name} could not be downloaded ({'; '.join(failures)}): "
        f"get {', '.join(f'{each}.gz' for each in SUMS)} from {' or '.join(MIRRORS)} "
        f"and put them in $GLASSNET_DATA/mnist/ or in {path.parent}"
    )


def _reason(error: OSError) -> str:
    """Few words for a failed download; what the network packages say fills a screen."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return f"HTTP {status}" if status else error.strerror or type(error).__name__
