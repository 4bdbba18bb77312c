"""The files that a command writes: their names, and the line that says what became of them."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from glassnet.base.errors import InputError
from glassnet.cli.options import writable

MODEL = ".safetensors"
MANY = 3  # files, from which on their folder is named once
LONGEST_NAME = 200  # characters: file systems allow 255 bytes, endings and a number included
UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')  # in names of files, on one system or another


def there(*paths: Path) -> set[Path]:
    """Those of these files that there are: asked before they are written."""
    return {path for path in paths if path.exists()}


def written(paths: Sequence[Path], before: Collection[Path] = ()) -> str:
    """The line that names files, and which of them were there `before`; the folder of many is named
    once.

    >>> net, curves = Path("digits.safetensors"), Path("digits.png")
    >>> written([net, curves], ())
    'wrote digits.safetensors and digits.png'
    >>> written([net, curves], {net})
    'wrote digits.png, replaced digits.safetensors'
    >>> written([Path("runs/a.toml"), Path("runs/b.csv"), Path("runs/c.txt")])
    'wrote a.toml, b.csv and c.txt in runs'
    """
    folders = {path.parent for path in paths}
    if len(paths) >= MANY and len(folders) == 1 and folders != {Path()}:
        where, before = folders.pop(), {path.relative_to(path.parent) for path in before}
        return f"{written([Path(path.name) for path in paths], before)} in {where}"
    new = [path for path in paths if path not in before]
    old = [path for path in paths if path in before]
    said = {"wrote": new, "replaced": old}
    return ", ".join(f"{verb} {_listed(files)}" for verb, files in said.items() if files)


def model_file(path: Path) -> Path:
    """The path of a model, with its ending, if it can be written."""
    if path.name and not path.is_dir() and path.suffix != MODEL:
        path = path.with_name(f"{path.name}{MODEL}")
    return writable(path)


def checked_name(name: str) -> str:
    """A name for files, without an ending; InputError for one that is no plain name."""
    plain = name.removesuffix(MODEL)
    if unsafe := UNSAFE.search(plain):
        raise InputError(
            f"--name is {name!r}, and no name of a file has {unsafe[0]!r} in it: for another "
            "folder give --out FILE or --run-dir FOLDER"
        )
    if not plain.strip() or plain != plain.strip() or plain.startswith(".") or plain.endswith("."):
        raise InputError(
            f"--name is {name!r}, expected a name such as digits-64 that neither begins nor ends "
            "with a dot or a blank"
        )
    if len(plain.encode()) > LONGEST_NAME:
        raise InputError(f"--name has {len(plain)} characters: expected {LONGEST_NAME} at most")
    return plain


def _listed(paths: Sequence[Path]) -> str:
    """`a, b and c`."""
    *some, last = map(str, paths)
    return f"{', '.join(some)} and {last}" if some else last
