"""The notebooks of the course, from its pages, and those of examples: run, with outputs stored.

    python docs/notebooks.py [01-one-neuron … first-network …]

A page is the one source. Its Python blocks become cells, what a block prints is left to the cell's
own output, and solutions stay folded. Running them draws the course's pictures again as well. The
notebooks in examples/ are their own source.
"""

import re
import sys
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

COURSE = Path(__file__).parent / "course"
EXAMPLES = Path(__file__).parents[1] / "examples"
SOLUTION = re.compile(r"^<details.*?<summary>(.*?)</summary>$(.*?)^</details>$", re.M | re.S)
PRINTED = re.compile(r"^```text\n.*?^```\n", re.M | re.S)
CODE = re.compile(r"^```python\n.*?^```\n", re.M | re.S)


def pages() -> list[Path]:
    """The pages that become notebooks: those with code."""
    return [page for page in sorted(COURSE.glob("*.md")) if "```python" in page.read_text("utf-8")]


def notebook_of(page: Path) -> Any:
    """The cells of a page, not yet run."""
    text = SOLUTION.sub(folded, PRINTED.sub("", page.read_text(encoding="utf-8")))
    notebook = jupytext.reads(text, fmt="md")
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"  # drawn at random otherwise: every run would be a change
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def folded(found: re.Match[str]) -> str:
    """A solution for a notebook, where a fold ends with its cell: each cell gets its own."""
    title, body = found.groups()
    parts = []
    for part in re.split(f"({CODE.pattern})", body, flags=re.M | re.S):
        if part.startswith("```"):
            parts.append(part.replace("```python", '```python jupyter={"source_hidden": true}', 1))
        elif part.strip():
            parts.append(f"<details><summary>{title}</summary>\n\n{part.strip()}\n\n</details>\n")
    return "\n".join(parts)


def run(notebook: Any, folder: Path = COURSE) -> Any:
    """The notebook with its outputs, run in this folder."""
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}})
    client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when it ran is of no interest
    return notebook


def main(wanted: list[str]) -> None:
    """Write the notebooks of these names, or all."""
    for page in pages():
        if not wanted or page.stem in wanted:
            nbformat.write(run(notebook_of(page)), page.with_suffix(".ipynb"))
            print(f"wrote {page.with_suffix('.ipynb').name}")
    for path in sorted(EXAMPLES.glob("*.ipynb")):
        if not wanted or path.stem in wanted:
            nbformat.write(run(nbformat.read(path, as_version=4), EXAMPLES), path)
            print(f"wrote {path.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
