"""What the engine needs: numpy and safetensors, and no more at import than numpy."""

import subprocess
import sys
from pathlib import Path

from glassnet.base.optional import install_line

SCRIPT = Path(__file__).with_name("core_only.py")

BLOCK = """
import runpy, sys

ALLOWED = {*sys.stdlib_module_names, "numpy", "safetensors", "glassnet", "_glassnet"}

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in ALLOWED and not name.startswith("_"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
runpy.run_path(sys.argv[1], run_name="__main__")
"""

COMMAND = """
import sys
sys.modules["typer"] = None
sys.argv = ["glassnet", "train"]
from glassnet.cli import main
main()
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def test_it_works_with_its_two_dependencies() -> None:
    done = python("-c", BLOCK, str(SCRIPT))
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("core-only: ok\n")
    assert done.stdout.count("/30 ") == 30


def test_where_more_is_installed_the_script_says_so() -> None:
    done = python(str(SCRIPT))
    assert done.returncode != 0
    assert "this is not the environment" in done.stderr


def test_import_brings_nothing_heavy() -> None:
    code = "import sys, glassnet; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = set(python("-c", code).stdout.split())
    assert "glassnet" in loaded
    heavy = {"scipy", "sklearn", "pandas", "rich", "typer", "matplotlib", "pydantic", "pooch"}
    heavy |= {"starlette", "uvicorn", "httptools", "websockets"}
    assert not loaded & heavy


def test_the_command_says_what_it_misses() -> None:
    done = python("-c", COMMAND)
    assert done.returncode == 2
    line = install_line("standard")
    assert done.stderr == f"glassnet: the command line needs typer: {line}\n"
