"""The notebooks in examples/, run from the first cell to the last."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parent.parent / "examples"
SHOWS = {  # how many pictures, and words of tables and pages
    "first-network": (5, ["units that learned in the last step", " of 64", "val_loss", "<svg"]),
    "one-step": (0, ["forward 0 Dense(4): 1 × 2 → 1 × 4", "dL/dw by backward"]),
    "hundred-networks": (4, []),
}


def test_every_notebook_is_named_here() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.ipynb")} == set(SHOWS)


@pytest.mark.parametrize("name", SHOWS)
def test_a_notebook_runs_and_shows(name: str, tmp_path: Path) -> None:
    notebook: Any = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}})
    client.execute()
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    errors = [out for out in outputs if out.output_type == "stream" and out.name == "stderr"]
    assert errors == []
    shown = [out.data for out in outputs if "data" in out]
    pictures, words = SHOWS[name]
    assert sum("image/png" in data for data in shown) == pictures
    page = "".join(data.get("text/html", "") for data in shown)
    assert all(word in page for word in words), [word for word in words if word not in page]
