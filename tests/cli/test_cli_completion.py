"""Completion: what a shell is told for what was typed, and the scripts that ask."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from glassnet.cli.app import run
from glassnet.cli.completion import ASKING, INSTALL, SHELLS, SHOW
from glassnet.data import NAMES
from glassnet.nn.losses import LOSSES
from glassnet.nn.optimizers import OPTIMIZERS
from glassnet.nn.schedules import SCHEDULES
from glassnet.workflows.recipes.loader import names


@pytest.fixture(autouse=True)
def _empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    """What bash is told for a line, whose last word is not finished."""

    def ask(line: str) -> list[str]:
        monkeypatch.setenv(ASKING, "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        with pytest.raises(SystemExit) as end:
            run([])
        assert end.value.code == 0
        return capsys.readouterr().out.split()

    return ask


CASES = {
    "glassnet tr": ["train"],
    "glassnet train --optimizer ": [*OPTIMIZERS],
    "glassnet train --loss mean": ["mean_squared", "mean_absolute"],
    "glassnet cv --loss ": [*LOSSES],
    "glassnet train moons --activation si": ["silu", "sigmoid"],
    "glassnet train --init he": ["he_normal", "he_uniform"],
    "glassnet train --task ": ["classification", "regression"],
    "glassnet sweep iris --schedule co": [name for name in SCHEDULES if name.startswith("co")],
    "glassnet train ": [*NAMES],
    "glassnet train mo": ["moons"],
    "glassnet run mnist-m": [name for name in names() if name.startswith("mnist-m")],
    "glassnet lab iris-": [name for name in names() if name.startswith("iris-")],
    "glassnet plot conf": ["confusion"],
    "glassnet export net.safetensors --to n": ["numpy"],
    "glassnet train --no-head": ["--no-header"],
    "glassnet train --learning": [],
}


@pytest.mark.parametrize("line", CASES)
def test_a_line_is_completed(line: str, asked: object) -> None:
    assert callable(asked)
    assert asked(line) == CASES[line]


def test_data_may_be_a_file(asked: object) -> None:
    assert callable(asked)
    for name in ("moons.csv", "more/own.csv", ".hidden"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    assert asked("glassnet train mo") == ["moons", "moons.csv", "more/"]
    assert asked("glassnet train more/") == ["more/own.csv"]
    assert asked("glassnet train .h") == [".hidden"]
    assert ".hidden" not in asked("glassnet train ")
    assert asked("glassnet train none/") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_its_script(shell: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert run([SHOW, shell]) == 0
    assert ASKING in out.getvalue() and "glassnet" in out.getvalue()
    found = shutil.which(shell)
    if shell in ("bash", "zsh", "fish") and found:
        done = subprocess.run([found, "-n"], input=out.getvalue(), text=True, check=False)
        assert done.returncode == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_it_is_installed_once(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert run([INSTALL, shell]) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith("wrote ") and said.endswith(f": completion begins in the next {shell}")
    script = Path(said.removeprefix("wrote ").rpartition(":")[0])
    assert ASKING in script.read_text() and script.is_relative_to(Path.home())
    if shell == "bash":
        assert (Path.home() / ".bashrc").read_text().count("source ") == 1


def test_an_unknown_shell_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([SHOW, "basch"]) == 2
    assert capsys.readouterr().err == (
        "glassnet: unknown shell 'basch': did you mean 'bash'? Choices: "
        "bash, zsh, fish, powershell, pwsh\n"
    )


def test_bash_completes_with_the_script(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert run([SHOW, "bash"]) == 0
    program = tmp_path / "glassnet"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m glassnet "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    script = f"""{out.getvalue()}
    COMP_WORDS=(glassnet train --loss hub); COMP_CWORD=3
    _glassnet_completion glassnet; echo "${{COMPREPLY[@]}}"
    """
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([bash, "--norc"], input=script, env=env, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert (done.stdout, done.stderr) == ("huber\n", "")
