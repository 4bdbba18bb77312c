"""Commands whose pictures are not the point: drawing would take most of their time."""

import contextlib
from collections.abc import Iterator
from typing import IO, Any

import pytest

from glassnet.inspection.plots import figures


def no_picture(ax: Any, file: IO[bytes], kind: str) -> None:
    file.write(b"\x89PNG")


@contextlib.contextmanager
def not_drawn() -> Iterator[None]:
    """Files of pictures have no picture in them meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "write", no_picture)
        yield
