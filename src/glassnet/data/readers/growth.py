"""How much a compressed file may unpack to: what is read must not fill the memory unseen."""

import os
from typing import BinaryIO

MAX_GROWTH = 50
"""A compressed file may unpack to so many times its size, or to MIN_BOMB bytes if that is more."""

MIN_BOMB = 2**26


def most(size: int) -> int:
    """The most bytes that a compressed file of so many bytes may unpack to.

    >>> most(1000), most(10_000_000)
    (67108864, 500000000)
    """
    return max(MIN_BOMB, MAX_GROWTH * size)


def size_of(file: BinaryIO) -> int:
    """The bytes of an open file, whose place is left as it is."""
    place = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(place)
    return size
