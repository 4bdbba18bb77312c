"""Completion in shells, through Typer: of commands, options, and the names that they take."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from glassnet.base.configurable import choose
from glassnet.base.errors import InputError

PROGRAM = "glassnet"
ASKING = "_GLASSNET_COMPLETE"  # set by the script of a shell when it asks for completions
INSTALL, SHOW = "--install-completion", "--show-completion"
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")

Complete = Callable[[str], list[str]]


def begin() -> None:
    """Get ready to answer a shell, if one asks: until then it takes no time."""
    if ASKING in os.environ:
        import_module("typer.completion").completion_init()


def set_up(option: str, shell: str | None) -> str:
    """Install completion for a shell, or return its script; without a name, for this shell."""
    ours = {"prog_name": PROGRAM, "complete_var": ASKING}
    shell = choose("shell", shell, SHELLS) if shell else _this_shell(option)
    scripts = import_module("typer.completion")
    if option == SHOW:
        return str(scripts.get_completion_script(shell=shell, **ours))
    _, path = scripts.install(shell=shell, **ours)
    return f"wrote {path}: completion begins in the next {shell}"


def names(table: Iterable[str]) -> Complete:
    """What completes one of these names.

    >>> names(["relu", "relu6", "tanh"])("re")
    ['relu', 'relu6']
    """

    def complete(incomplete: str) -> list[str]:
        return [name for name in table if name.startswith(incomplete)]

    return complete


def names_or_files(table: Callable[[], Iterable[str]]) -> Complete:
    """What completes one of these names, or a path."""

    def complete(incomplete: str) -> list[str]:
        return [*names(table())(incomplete), *_paths(incomplete)]

    return complete


def _paths(incomplete: str) -> Iterator[str]:
    """The files and folders that begin so; hidden ones only after a dot."""
    before, _, begin = incomplete.rpartition("/")
    before = f"{before}/" if "/" in incomplete else ""
    with suppress(OSError):
        for path in sorted(Path(before or ".").iterdir()):
            if path.name.startswith(begin) and (begin or not path.name.startswith(".")):
                yield f"{before}{path.name}{'/' * path.is_dir()}"


def _this_shell(option: str) -> str:
    """The shell that started this program."""
    shells = import_module("shellingham")  # Typer needs it too
    with suppress(shells.ShellDetectionFailure):
        shell, _ = shells.detect_shell()
        if shell in SHELLS:
            return str(shell)
    raise InputError(f"{option}: cannot tell which shell this is: add one of {', '.join(SHELLS)}")
