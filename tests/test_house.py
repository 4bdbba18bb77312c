"""The folders are the architecture: the page that explains them says what is there."""

import re
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "glassnet"
PAGE = (ROOT / "docs" / "design.md").read_text()


def test_the_root_holds_three_faces() -> None:
    faces = {path.name for path in PACKAGE.iterdir() if path.is_file()}
    assert faces == {
        "__init__.py", "__main__.py", "py.typed", "sequential.py", "stack.py", "mlp.py",
    }  # fmt: skip


def test_the_table_of_rooms_is_the_tree() -> None:
    rooms = {f"{path.parent.relative_to(PACKAGE)}/" for path in PACKAGE.rglob("__init__.py")}
    assert set(re.findall(r"^\| `([\w/]+/)` \|", PAGE, re.MULTILINE)) == rooms - {"./"}


def test_the_picture_is_the_contract() -> None:
    picture = PAGE.split("```text\n")[1].split("```")[0]
    rows = [re.split(r" {2,}", line)[0] for line in picture.splitlines()]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [contract] = settings["contracts"]
    assert rows == [row.replace("glassnet.", "") for row in contract["layers"]]
    assert settings["exclude_type_checking_imports"] is False


def test_no_import_runs_in_a_circle() -> None:
    """Not even one in a function's body, or one that only types need."""
    graph = grimp.build_graph("glassnet", exclude_type_checking_imports=False, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        raise AssertionError(" imports ".join(error.args[1])) from None
