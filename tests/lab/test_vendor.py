"""What the lab's page takes from others is as it was published, and nothing is fetched."""

import hashlib
import re
from importlib import resources
from pathlib import Path

import pytest

PAGE = Path(str(resources.files("glassnet.lab"))) / "page"
FOLDERS = [path for path in (PAGE / "vendor").iterdir() if path.is_dir()]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_is_as_it_was_published(folder: Path) -> None:
    head, *lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert re.match(r"# \w+ \d+\.\d+\.\d+, from its npm package \(npm pack ", head)
    sums = {name: digest for digest, name in map(str.split, lines)}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {*sums, "SHA256SUMS"} and "LICENSE" in sums


def test_the_page_loads_nothing_from_elsewhere() -> None:
    for path in PAGE.rglob("*"):
        if path.suffix in (".js", ".css", ".html"):
            text = path.read_text("utf-8")
            assert not re.search(r"(import|src=|href=|url\()[^\n]{0,20}https?://", text), path
