"""Pictures in files: their sizes from their headers, and their pixels as a network takes them.

Training and prediction call the same `prepare`, so the same file gives the same numbers. Every file
may be hostile: formats are those below alone, sizes are bounded before anything is decoded, and
whatever a decoder raises becomes a reason.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeVar
from unicodedata import category

import numpy as np

from glassnet.base.arrays import Array, FilePath, Shape
from glassnet.base.configurable import named
from glassnet.base.disk import open_regular
from glassnet.base.errors import DataError, InputError
from glassnet.base.optional import need
from glassnet.base.progress import Work, work
from glassnet.data.readers.npy import one_line

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
"""How the names of pictures end; which of these formats a file has, its first bytes say."""

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")

MAX_PICTURE = 2**27
"""The most bytes that the file of one picture may have: 128 MiB."""

LARGEST_SIDE = 4096  # pixels of a prepared picture

MOST_BROKEN = 0.01  # a larger share of broken pictures means that something else is wrong
THREADS = 4  # at most: each may have a large picture in memory
PENDING = 1024  # pictures that are handed to the threads together: Ctrl-C waits for no more

ORIENTATION = 0x0112  # the tag of EXIF that says how a picture is turned upright
TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
SIDEWAYS = tuple(TURNS.values())[3:]  # what swaps height and width
GREY = ("1", "L", "LA", "I", "I;16", "I;16B")  # Pillow's modes without colour

SHOWN = 3  # names in a message

T = TypeVar("T")


class File(NamedTuple):
    """A picture to be read: its name for people, and what opens it."""

    name: str
    open: Callable[[], BinaryIO]


class Look(NamedTuple):
    """What a picture's header says."""

    height: int
    width: int
    grey: bool


class Broken(NamedTuple):
    """A picture that cannot be read, and why."""

    name: str
    why: str


def check_size(size: int | Sequence[int]) -> tuple[int, int]:
    """Height and width in pixels, from both or from one for both.

    >>> check_size(32), check_size((32, 48))
    ((32, 32), (32, 48))
    """
    both = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    whole = all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in both)
    if len(both) != 2 or not whole or not 1 <= min(both) <= max(both) <= LARGEST_SIDE:
        raise InputError(
            f"size is {size!r}, expected a whole number of 1 … {LARGEST_SIDE}, or height and width"
        )
    height, width = map(int, both)
    return height, width


# ---- one picture


def look(content: BinaryIO) -> Look:
    """Height and width of an upright picture, and whether its format has no colour.

    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (40, 30)).save(file, "PNG")
    >>> look(file)
    Look(height=30, width=40, grey=False)
    """
    image = _opened(content)
    width, height = image.size
    # Only what comes from cameras is turned; of a PNG file, Pillow would decode all the pixels.
    if image.format in ("JPEG", "WEBP") and _turn(image) in SIDEWAYS:
        width, height = height, width
    return Look(height, width, image.mode in GREY)


def prepare(content: BinaryIO, shape: Shape) -> Array:
    """The pixels, uint8, of this shape: (height, width) of grey, or (height, width, 3).

    The picture is turned upright (EXIF), put on white where it is transparent, and stretched to the
    size (bilinear, over all pixels that fall on one). Of an animation it is the first frame, of 16
    bits the upper 8. Grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).

    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGBA", (40, 30), (255, 0, 0, 0)).save(file, "PNG")  # transparent
    >>> prepare(file, (1, 2, 3)).tolist()
    [[[255, 255, 255], [255, 255, 255]]]
    """
    size = (shape[1], shape[0])
    image = _opened(content)
    image.draft(None, (2 * max(size),) * 2)  # of a large JPEG file, a smaller version is decoded
    pillow = need("PIL.Image", "reading pictures")
    if turn := _turn(image):
        image = image.transpose(pillow.Transpose[turn])
    image = _plain(image)
    if image.size != size:
        image = image.resize(size, pillow.Resampling.BILINEAR)
    return np.asarray(image.convert("RGB" if len(shape) > 2 else "L"))


def _opened(content: BinaryIO) -> "Image":
    pillow = need("PIL.Image", "reading pictures")
    pillow.init()
    content.seek(0)
    image: Image = pillow.open(content, formats=[name for name in FORMATS if name in pillow.OPEN])
    return image


def _turn(image: "Image") -> str | None:
    """How the picture is to be turned; not at all if its EXIF is damaged."""
    with suppress(Exception):
        return TURNS.get(image.getexif().get(ORIENTATION, 1))
    return None


def _plain(image: "Image") -> "Image":
    """The picture in grey or in colour, 8 bits each, on white."""
    pillow = need("PIL.Image", "reading pictures")
    if image.mode.startswith("I"):  # 16 bits: converted by Pillow, all above 255 would be white
        image = pillow.fromarray((np.clip(np.asarray(image), 0, 2**16 - 1) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = pillow.alpha_composite(pillow.new("RGBA", image.size, "white"), image)
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


# ---- many pictures


@named
def read_pictures(paths: FilePath | Sequence[FilePath], shape: Shape | None) -> Array:
    """The pictures in these files as a network takes them: uint8 (pictures, *shape).

    It is what training and `glassnet predict` do to a file.

    - `paths`: one file, or several.
    - `shape`: (height, width) for grey or (height, width, 3) for colour: `net.input_shape` of a
      network that was trained on pictures.

    Raises `DataError`, with the name of the file, for one that cannot be read.

    >>> import pathlib, tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "white.png")
    ...     Image.new("L", (40, 30), 255).save(path)
    ...     read_pictures([path], (2, 2)).tolist()
    [[[255, 255], [255, 255]]]
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    if shape is None or tuple(shape[2:]) not in ((), (3,)) or len(shape) < 2:
        raise DataError(f"shape is {shape}, expected (height, width) or (height, width, 3)")
    x, _, broken = read([of_path(path) for path in given], shape)
    for name, why in broken:
        raise DataError(f"{printable(name)}: cannot be read: {why}; replace it, or leave it out")
    return x


def of_path(path: FilePath) -> File:
    """The picture in a file on the disk."""
    return File(str(path), partial(open_regular, Path(path)))


def look_at(files: Sequence[File]) -> list[Look | Broken]:
    """What the headers of pictures say."""
    with work("looking at pictures", len(files), "pictures") as looking:
        return list(_each(look, files, looking))


def read(files: Sequence[File], shape: Shape) -> tuple[Array, list[int], list[Broken]]:
    """The pictures that can be read, (pictures, *shape), which files they are, and all others."""
    x, rows, broken = np.empty((len(files), *shape), np.uint8), list[int](), list[Broken]()
    with work("reading pictures", len(files), "pictures") as reading:
        for number, found in enumerate(_each(partial(prepare, shape=shape), files, reading)):
            if isinstance(found, Broken):
                broken.append(found)
            else:
                x[len(rows)] = found
                rows.append(number)
    return x[: len(rows)], rows, broken


def _each(
    make: Callable[[BinaryIO], T], files: Sequence[File], counted: Work
) -> Iterator[T | Broken]:
    """What `make` makes of each file, in threads: Pillow decodes outside Python's lock."""
    from concurrent.futures import ThreadPoolExecutor

    with _quiet(), ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
        for start in range(0, len(files), PENDING):
            for found in pool.map(partial(_attempt, make), files[start : start + PENDING]):
                yield found
                counted.add()


def _attempt(work: Callable[[BinaryIO], T], file: File) -> T | Broken:
    try:
        with file.open() as content:
            if content.seek(0, os.SEEK_END) > MAX_PICTURE:
                return Broken(file.name, f"more than {MAX_PICTURE:,} bytes")
            return work(content)
    except Exception as error:  # a decoder may raise anything for bytes that are not what they say
        return Broken(file.name, _why(error))


def _why(error: Exception) -> str:
    pillow = need("PIL.Image", "reading pictures")
    if isinstance(error, (pillow.DecompressionBombError, pillow.DecompressionBombWarning)):
        return f"more than {pillow.MAX_IMAGE_PIXELS:,} pixels, Pillow's limit"
    if isinstance(error, need("PIL", "reading pictures").UnidentifiedImageError):
        return "not a picture, or a damaged one"
    return printable(one_line(error)) or type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """Pillow's warnings are about the files of others; that of too many pixels is an error."""
    bomb = need("PIL.Image", "reading pictures").DecompressionBombWarning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", bomb)
        yield


# ---- what is said of them


def refuse_broken(broken: Sequence[Broken], of: int) -> None:
    """DataError if more than 1 % of so many pictures are broken."""
    if len(broken) > MOST_BROKEN * of:
        raise DataError(f"{said_of(broken, of)}; replace or remove what is broken")


def said_of(broken: Sequence[Broken], of: int) -> str:
    """How many pictures are broken, and the first few of them, with the reasons.

    >>> said_of([Broken("a.png", "it is empty")], of=200)
    '1 of 200 pictures cannot be read: a.png (it is empty)'
    """
    first = [f"{printable(name)} ({why})" for name, why in broken[:SHOWN]]
    what = "1 picture" if of == 1 else f"{len(broken):,} of {of:,} pictures"
    return f"{what} cannot be read: {listed(first, len(broken))}"


def listed(first: Sequence[str], count: int) -> str:
    """The first names of so many.

    >>> listed(["a", "b", "c"], 5), listed(["a"], 1)
    ('a, b, c and 2 more', 'a')
    """
    more = count - len(first[:SHOWN])
    return ", ".join(first[:SHOWN]) + (f" and {more:,} more" if more else "")


def printable(name: str) -> str:
    """A name with whatever a line on a screen cannot show, such as a line's end, written out.

    >>> printable("Zoë 1.png"), printable("a\\n.png")
    ('Zoë 1.png', 'a\\\\n.png')
    """
    return "".join(c if c.isprintable() or category(c) == "Zs" else ascii(c)[1:-1] for c in name)
