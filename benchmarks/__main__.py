"""`python -m benchmarks` lists the benchmarks by their question, a command on each line."""

import ast
from pathlib import Path

HERE = Path(__file__).parent
ROOMS = ("versus", "scaling", "micro", "quality")


def main() -> None:
    """Print the list."""
    print("Each command prints what it measured; the docstring of its file says how.")
    for room in ROOMS:
        print(f"\n{_first_line(HERE / room / '__init__.py')}")
        for command, question in commands(room).items():
            print(f"  python -m {command:32} {question}")
    print(f"\nThe lab\n  python -m {'benchmarks.lab':32} {_first_line(HERE / 'lab.py')}")
    tables = {
        "benchmarks.tables": _first_line(HERE / "tables" / "__init__.py"),
        **commands("tables"),
    }
    print("\nTables")
    for command, question in tables.items():
        print(f"  python -m {command:32} {question}")


def commands(room: str) -> dict[str, str]:
    """The modules of a room that can be run, and the first line of each."""
    found = sorted((HERE / room).glob("*.py"))
    return {
        f"benchmarks.{room}.{path.stem}": _first_line(path)
        for path in found
        if "__main__" in path.read_text(encoding="utf-8")
        and path.stem not in ("worker", "__main__")
    }


def _first_line(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0].removesuffix(".")


if __name__ == "__main__":
    main()
