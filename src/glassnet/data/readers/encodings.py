"""The encoding of a text file: what somebody says, what its first bytes say, or UTF-8."""

import codecs
from functools import partial
from typing import BinaryIO

from glassnet.base.errors import DataError

UTF_8 = "utf-8-sig"  # with its mark or without
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: UTF_8,
}  # fmt: skip

IS_ZERO = b"0" + b"x" * 255
UNMARKED = {b"x0": "utf-16-le", b"0x": "utf-16-be"}  # which byte of the first letter is 0

BYTES = 2**20  # that are looked at in one piece


def encoding_of(plain: BinaryIO, given: str = "", usual: str | None = None) -> str:
    """The encoding that was given, else UTF-8, or UTF-16 if the first bytes say so.

    - `plain`: the file, at its begin, where it is left.
    - `given=""`: what somebody says of this file.
    - `usual=None`: the encoding of a first file of the kind, taken for a file that is not UTF-8.

    Raises DataError for what the first bytes contradict, and if they look like UTF-16 and no
    encoding was given: other encodings make nonsense of them.

    >>> import io
    >>> for name in ("utf-8", "cp1252"):
    ...     print(encoding_of(io.BytesIO("Zürich".encode(name)), usual="cp1252"))
    utf-8-sig
    cp1252
    """
    start = plain.read(4)
    plain.seek(0)
    marked = next((name for mark, name in MARKS.items() if start.startswith(mark)), None)
    if marked == UTF_8:
        _refuse_other(given, "UTF-8")
        return UTF_8
    found = marked or UNMARKED.get(bytes(start[:2]).translate(IS_ZERO))
    if not found:
        return given or (usual if usual and not _is_utf_8(plain) else UTF_8)
    if _plain(given).startswith(("utf16l", "utf16b", "utf32")):
        return given
    if marked and not given:
        return marked
    if _plain(given) == "utf16":
        return found
    said = f"not {given}" if given else "without the mark that says so"
    raise DataError(f"is UTF-16 text, {said}: give --encoding {found}, or save it as UTF-8")


def _refuse_other(given: str, found: str) -> None:
    """DataError if the mark of UTF-8 contradicts what was said."""
    if _plain(given) not in ("", "utf8", "utf8sig", "u8"):
        raise DataError(f"is {found} text, as its first bytes say, not {given}: leave encoding out")


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _is_utf_8(plain: BinaryIO) -> bool:
    """Whether all of the file is UTF-8 text; it is left at its begin."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in iter(partial(plain.read, BYTES), b""):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        plain.seek(0)
    return True
