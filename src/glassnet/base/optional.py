"""Packages that not every installation has."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from glassnet.base.errors import MissingPackageError

EXTRAS = {
    "numba": "fast",
    "pyarrow": "parquet",
    "sqlalchemy": "sql",
    "psycopg": "sql",
    "openpyxl": "excel",
    "distributed": "scale",
    "tensorboard": "tensorboard",
    "mlflow": "mlflow",
    "alembic": "mlflow",
    "onnx": "onnx",
    "torch": "compare",
    "keras": "compare",
    "IPython": "notebook",
    "imageio_ffmpeg": "film",
}  # and "standard" has all the rest
NAMES = {
    "sklearn": "scikit-learn",
    "PIL": "Pillow",
    "sqlalchemy": "SQLAlchemy",
    "imageio_ffmpeg": "imageio-ffmpeg",
}


def install_line(extra: str) -> str:
    """The line that adds an extra to the installation that is running.

    pip takes glassnet as it is installed, wherever it came from, and installs what the extra names.
    If the `pip` of the shell belongs to another Python, the line names this one.
    """
    from shutil import which

    pip, python = which("pip"), sys.executable
    if not python or (pip and Path(pip).parent == Path(python).parent):
        return f'pip install "glassnet[{extra}]"'
    python = f'"{python}"' if " " in python else python
    return f'{python} -m pip install "glassnet[{extra}]"'


def need(module: str, purpose: str) -> Any:
    """The module, imported; if its package is missing, an error with the line that installs it.

    >>> need("no_such_package", "drawing")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    glassnet.base.errors.MissingPackageError: drawing needs no_such_package: ...pip install \
"glassnet[standard]"
    """
    try:
        return import_module(module)
    except ImportError:
        package = NAMES.get(name := module.partition(".")[0], name)
        line = install_line(EXTRAS.get(name, "standard"))
        raise MissingPackageError(f"{purpose} needs {package}: {line}") from None
