"""The wheel, alone in an empty environment outside of the tree: `make installed` runs this.

It is installed without anything else, says with which line the rest is installed, and is given just
that line; then the README's first lines of Python print what the README shows, and the command
trains.
"""

import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def run(*command: str, status: int = 0) -> str:
    """What a command prints; it must end with this status."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, env=clean)
    if done.returncode != status:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout if status == 0 else done.stderr


def main(wheel: Path) -> None:
    """Install the wheel into a folder that is removed afterwards, and use it there."""
    blocks = re.findall(r"```(?:python|text)\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    code, shown = blocks[:2]
    wheel = wheel.resolve(strict=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # nothing of the tree can be imported here
        venv.create("env", with_pip=True)
        programs = Path("env", "Scripts" if os.name == "nt" else "bin").resolve()
        python, glassnet = str(programs / "python"), str(programs / "glassnet")
        run(python, "-m", "pip", "install", "--quiet", str(wheel))

        said = run(glassnet, "train", status=2)
        line = said.partition("needs typer: ")[2].strip()
        assert line == f'{python} -m pip install "glassnet[standard]"', said
        run(*line.replace('"', "").split(), "--quiet")

        printed = [each.rstrip() for each in run(python, "-c", code).splitlines()]
        assert printed == shown.splitlines(), "\n".join(printed)
        last = run(glassnet, "train", "--quiet").splitlines()[-1]
        assert re.match(r"test loss 0\.\d+  test accuracy 0\.9\d+ ", last), last
        assert Path("digits.safetensors").is_file()
        os.chdir("..")
    print(f"{wheel.name}: installed and used with Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
