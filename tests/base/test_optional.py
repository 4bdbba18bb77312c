"""The line that installs what is missing goes to the Python that misses it."""

import sys
from pathlib import Path

import pytest

from glassnet.base.optional import install_line


def pip_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell whose pip lies in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("pip", "pip.exe"):
        (folder / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_the_pip_of_the_same_environment_has_a_short_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_in(tmp_path / "own", monkeypatch)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "own" / "python"))
    assert install_line("fast") == 'pip install "glassnet[fast]"'


@pytest.mark.parametrize("folder", ["one", "with space"])
def test_another_pip_is_not_named(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_in(tmp_path / "system", monkeypatch)
    python = str(tmp_path / folder / "python")
    monkeypatch.setattr(sys, "executable", python)
    shown = f'"{python}"' if " " in python else python
    assert install_line("fast") == f'{shown} -m pip install "glassnet[fast]"'


def test_without_a_pip_in_the_shell_python_brings_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install_line("standard").startswith(f"{sys.executable} -m pip install ")
