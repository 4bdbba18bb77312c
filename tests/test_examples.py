"""The notebooks in examples/: stored with their outputs, and run from first cell to last."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from docs.notebooks import EXAMPLES, run

SHOWS = {  # how many pictures, and words of tables and pages
    "first-network": (5, ["units that learned in the last step", " of 64", "val_loss", "<svg"]),
    "one-step": (0, ["forward 0 Dense(4): 1 × 2 → 1 × 4", "by differences"]),
    "hundred-networks": (4, []),
}


def notebook(name: str) -> Any:
    return nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)


def outputs(notebook: Any) -> Iterator[Any]:
    for cell in notebook.cells:
        yield from cell.get("outputs", [])


def check_outputs(name: str, notebook: Any) -> None:
    """No error and nothing on stderr; as many pictures as there should be, and these words."""
    assert [out for out in outputs(notebook) if out.output_type == "error"] == []
    assert [out for out in outputs(notebook) if out.get("name") == "stderr"] == []
    shown = [out.data for out in outputs(notebook) if "data" in out]
    pictures, words = SHOWS[name]
    assert sum("image/png" in data for data in shown) == pictures
    page = "".join(data.get("text/html", "") for data in shown)
    assert [word for word in words if word not in page] == []


def test_every_notebook_is_named_here() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.ipynb")} == set(SHOWS)


@pytest.mark.parametrize("name", SHOWS)
def test_the_outputs_are_stored(name: str) -> None:
    stored = notebook(name)
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1)), (
        "the notebook has changed since it was run: run `make course`"
    )
    check_outputs(name, stored)


@pytest.mark.parametrize("name", SHOWS)
def test_a_notebook_runs_and_shows(name: str, tmp_path: Path) -> None:
    again = notebook(name)
    for cell in again.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    check_outputs(name, run(again, tmp_path))


@pytest.mark.parametrize("name", SHOWS)
def test_a_notebook_ends_with_an_exercise_and_its_solution(name: str) -> None:
    *_, exercise, solution, code = notebook(name).cells
    assert exercise.source.startswith("## Exercise\n")
    assert solution.source.startswith("<details><summary>Solution</summary>\n")
    assert "assert" in code.source and code.metadata.jupyter.source_hidden
