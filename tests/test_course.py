"""The course: every page has its parts, its pictures and its notebook."""

import re
from pathlib import Path

import nbformat
import pytest

from docs.notebooks import COURSE, notebook_of, pages

CHAPTERS = sorted(COURSE.glob("[0-9][0-9]-*.md"))
SECTIONS = ["Shapes", "From nothing", "A picture", "The mistake", "Exercises", "Read on"]
NOTEBOOKS = pages()


def names(paths: list[Path]) -> list[str]:
    return [path.stem for path in paths]


@pytest.mark.parametrize("page", CHAPTERS, ids=names(CHAPTERS))
def test_a_chapter_has_all_its_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    number = str(int(page.stem[:2]))
    assert text.startswith(f"# {number} ")
    assert re.match(r"# .*\n\n\*.*\?\*\n", text, re.S), "a chapter begins with a question"
    headings = re.findall(r"^## (.*)$", text, re.M)
    assert [each for each in headings if each in SECTIONS] == SECTIONS
    assert len(re.findall(r"^\*\*[123]\.\*\* ", text, re.M)) == 3
    solutions = re.findall(r"<details markdown=\"1\">.*?</details>", text, re.S)
    assert len(solutions) == 3
    assert all("assert" in each for each in solutions), "every solution is run"


@pytest.mark.parametrize("page", NOTEBOOKS, ids=names(NOTEBOOKS))
def test_a_page_draws_its_own_pictures(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    shown = set(re.findall(r"!\[[^]]+\]\((pictures/[^)]+)\)", text))
    drawn = set(re.findall(r"savefig\(\s*\"(pictures/[^\"]+)\"", text))
    assert shown == drawn
    assert all((COURSE / picture).is_file() for picture in shown)


@pytest.mark.parametrize("page", NOTEBOOKS, ids=names(NOTEBOOKS))
def test_a_notebook_is_its_page_with_outputs(page: Path) -> None:
    stored = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
    made = notebook_of(page)
    assert [(cell.cell_type, cell.source) for cell in stored.cells] == [
        (cell.cell_type, cell.source) for cell in made.cells
    ], "the page has changed since its notebook was made: run `make course`"
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    outputs = [output for cell in code for output in cell.outputs]
    assert not any(output.output_type == "error" for output in outputs)
    assert not any(output.get("name") == "stderr" for output in outputs)
