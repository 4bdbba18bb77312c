"""The pictures below a folder or in a .zip file, with their paths; nothing is unpacked to disk."""

import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import BinaryIO

from glassnet.base.arrays import FilePath
from glassnet.base.errors import DataError, prefixing_errors
from glassnet.data.readers import growth
from glassnet.data.readers.npy import one_line, prefixing_with, short
from glassnet.data.readers.pictures import ENDINGS, MAX_PICTURE, File, of_path

MAX_ZIP = 2**34
"""The most bytes that the pictures of one .zip file may unpack to: 16 GiB."""

MAX_MEMBERS = 100_000
MAX_DEPTH = 32
MAX_DIRECTORY = 2**24  # bytes of the list of members, which zipfile takes at once

_DRIVE = re.compile(r"[A-Za-z]:")
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class Tree:
    """Pictures by their paths, the folders that they could lie in, and all other files.

    Hidden folders, and the __MACOSX that a Mac puts into its zips, are left out.
    """

    def __init__(
        self, pictures: dict[str, File], folders: Iterable[str], others: Iterable[str]
    ) -> None:
        paths = sorted(pictures, key=lambda path: path.split("/"))
        self.pictures = {path: pictures[path] for path in paths}
        self.folders = sorted(folders)
        self.others = sorted(others)

    @cached_property
    def filled(self) -> list[str]:
        """The folders, of those that lie in no other, that have a picture somewhere below."""
        return sorted({path.partition("/")[0] for path in self.pictures if "/" in path})

    @cached_property
    def empty(self) -> list[str]:
        """Those that have none."""
        return sorted({path.partition("/")[0] for path in self.folders} - {*self.filled})

    @cached_property
    def loose(self) -> list[str]:
        """The pictures that lie in no folder."""
        return [path for path in self.pictures if "/" not in path]

    def below(self, folder: str) -> "Tree":
        """What is below a folder, with paths from there."""
        front = f"{folder}/"
        cut = len(front)
        return Tree(
            {path[cut:]: file for path, file in self.pictures.items() if path.startswith(front)},
            [path[cut:] for path in self.folders if path.startswith(front)],
            [path[cut:] for path in self.others if path.startswith(front)],
        )

    def inner(self) -> "Tree":
        """This, or if all its pictures lie below one folder of folders, what is in that."""
        tree = self
        while len(tree.filled) == 1 and not tree.loose:
            inside = tree.below(tree.filled[0])
            if inside.loose or not inside.filled:
                break
            tree = inside
        return tree


@contextmanager
def opened_tree(path: FilePath) -> Iterator[Tree]:
    """What is in a folder, or in a .zip file as long as it is open.

    Raises DataError for what is neither, and for a .zip that is damaged, encrypted, too large, or
    has names that lead outside.
    """
    path = Path(path)
    if path.suffix.lower() == ".zip" and not path.is_dir():
        with _opened_zip(path) as archive:
            yield _of_zip(archive, growth.most(path.stat().st_size))
    elif path.suffix.lower() in ENDINGS and path.is_file():
        raise DataError("is one picture: expected a folder of pictures, or a .zip of one")
    else:
        yield _of_folder(path)


@contextmanager
def opened_pictures(paths: Sequence[str]) -> Iterator[list[File]]:
    """All pictures that these are, or that are in these folders and .zip files; of several, with
    their names."""
    with ExitStack() as opened:
        files: list[File] = []
        for path in paths:
            if path.lower().endswith(ENDINGS) and not Path(path).is_dir():
                if not Path(path).exists():
                    raise DataError(f"there is no file {path}; check the path")
                files.append(of_path(path))
            else:
                with prefixing_errors(path):
                    tree = opened.enter_context(opened_tree(path))
                    if not tree.pictures:
                        raise DataError(f"has no pictures ({', '.join(ENDINGS)})")
                front = f"{path.rstrip('/')}/" if len(paths) > 1 else ""
                files += [File(front + name, opens) for name, opens in tree.pictures.values()]
        yield files


# ---- a folder


def _of_folder(root: Path) -> Tree:
    pictures: dict[str, File] = {}
    folders, others, seen = [], [], set[str]()
    for here, inside, names in os.walk(root, onerror=_refuse, followlinks=True):
        inside[:] = sorted(name for name in inside if _visible(name))
        place = Path(here).relative_to(root).as_posix().removeprefix(".")
        real = os.path.realpath(here)
        if real in seen:  # links may lead in circles
            inside.clear()
            continue
        seen.add(real)
        if place:
            folders.append(place)
        for name in names:
            path = f"{place}/{name}" if place else name
            if _is_picture(name):
                pictures[path] = of_path(Path(here, name))._replace(name=path)
            else:
                others.append(path)
    return Tree(pictures, folders, others)


def _refuse(error: OSError) -> None:
    if isinstance(error, FileNotFoundError):
        raise DataError(f"there is no file or folder {error.filename}; check the path")
    raise DataError(f"{error.filename}: cannot be read: {error.strerror}")


def _visible(folder: str) -> bool:
    return not folder.startswith(".") and folder != "__MACOSX"


def _is_picture(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith(ENDINGS)


# ---- a zip


class _Bounded(io.BufferedReader):
    """A file that is never read in large: zipfile would take a directory of any size at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY:
            raise DataError(
                f"its list of members is longer than {MAX_DIRECTORY >> 20} MiB: unpack it, and "
                "give the folder"
            )
        return super().read(size)


@contextmanager
def _opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for a writer
            raise DataError("is a pipe or device: expected a file; check the path")
        file = _Bounded(io.FileIO(path))
    except FileNotFoundError:
        raise DataError(f"there is no file {path}; check the path") from None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read: {one_line(error)}") from None
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except _DAMAGED as error:
            why = one_line(error) or "it ends too early"
            raise DataError(f"is not a .zip file, or a damaged one: {why}; get it again") from None
        with archive:
            yield archive


def _of_zip(archive: zipfile.ZipFile, most: int) -> Tree:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise DataError(
            f"has {len(infos):,} members, more than {MAX_MEMBERS:,}: unpack it, and give the folder"
        )
    pictures: dict[str, File] = {}
    folders, others, total = [], [], 0
    for info in infos:
        with prefixing_with(f"member {short(info.filename)}"):
            path = _path(info)
            if path in pictures:
                raise DataError("is there twice; rename one")
        parents, name = path.split("/")[:-1], path.rpartition("/")[2]
        if not all(map(_visible, parents)):
            continue
        if path.endswith("/"):
            folders.append(path.rstrip("/"))
        elif _is_picture(name):
            pictures[path] = File(path, partial(_member, archive, info))
            total += info.file_size
        else:
            others.append(path)
    if total > min(MAX_ZIP, most):
        raise DataError(
            f"unpacks to {total:,} bytes, more than {min(MAX_ZIP, most):,}: unpack it if you trust "
            "it, and give the folder"
        )
    return Tree(pictures, filter(None, folders), others)


def _path(info: zipfile.ZipInfo) -> str:
    """Where a member lies; DataError for one that no zip of pictures has."""
    path = info.filename.replace("\\", "/")  # as some Windows programs write it
    if path.startswith("/") or _DRIVE.match(path) or ".." in path.split("/"):
        raise DataError("has a name that leads outside; zip the folder of pictures itself")
    if path.count("/") > MAX_DEPTH:
        raise DataError(f"lies more than {MAX_DEPTH} folders deep; put it higher")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise DataError("is a link; zip the picture itself")
    if info.flag_bits & 0x2041:
        raise DataError("is encrypted; unpack the file, and give the folder")
    # bzip2 and LZMA unpack without a bound.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(
            f"is compressed by method {info.compress_type}, expected none or deflate; unpack the "
            "file, and give the folder"
        )
    if info.file_size > MAX_PICTURE:
        raise DataError(f"has {info.file_size:,} bytes, expected at most {MAX_PICTURE:,}")
    return re.sub("/+", "/", path.removeprefix("./"))


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    """The bytes that were promised, no more: a member that has others fails its checksum."""
    with archive.open(info) as member:
        return io.BytesIO(member.read(info.file_size))
