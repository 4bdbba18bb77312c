"""Packages that not every installation has."""

from importlib import import_module
from typing import Any

from glassnet.base.errors import MissingPackageError

EXTRAS = {
    "numba": "fast",
    "pyarrow": "parquet",
    "distributed": "scale",
    "onnx": "onnx",
    "torch": "compare",
    "keras": "compare",
    "IPython": "notebook",
    "imageio_ffmpeg": "film",
}  # and "standard" has all the rest
NAMES = {"sklearn": "scikit-learn", "PIL": "Pillow", "imageio_ffmpeg": "imageio-ffmpeg"}


def need(module: str, purpose: str) -> Any:
    """The module, imported; if its package is missing, an error with the line that installs it.

    >>> need("no_such_package", "drawing")
    Traceback (most recent call last):
    glassnet.base.errors.MissingPackageError: drawing needs no_such_package: \
pip install "glassnet[standard]"
    """
    try:
        return import_module(module)
    except ImportError:
        package = NAMES.get(name := module.partition(".")[0], name)
        raise MissingPackageError(
            f'{purpose} needs {package}: pip install "glassnet[{EXTRAS.get(name, "standard")}]"'
        ) from None
