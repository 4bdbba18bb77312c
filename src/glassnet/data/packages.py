"""Packages that only some data needs: imported when used, with the line that installs them."""

from importlib import import_module
from typing import Any

from glassnet.errors import MissingPackageError


def need(module: str, purpose: str) -> Any:
    """The module, imported; MissingPackageError when its package is not installed.

    >>> need("math", "this example").sqrt(16)
    4.0
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            f"{purpose} needs the package {error.name}, which is not installed: "
            'pip install "glassnet[standard]"'
        ) from error
