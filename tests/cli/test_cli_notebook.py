"""The command line in the cells of a notebook, as `!glassnet …` and as a function."""

import re
from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient", reason="a notebook needs nbclient and ipykernel")
pytest.importorskip("ipykernel", reason="a notebook needs nbclient and ipykernel")

COMMAND = "!{sys.executable} -m glassnet repeat iris --epochs 40 --times 40 --hidden 8"
FUNCTION = """
from glassnet.cli.app import run
run("train iris --epochs 2 --hidden 4".split())
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_notebook_shows_results_without_a_bar_or_codes_of_a_cursor(tmp_path: Path) -> None:
    import nbformat

    cells = [nbformat.v4.new_code_cell(code) for code in ("import sys", COMMAND, FUNCTION)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    texts = ["".join(each.get("text", "") for each in cell.outputs) for cell in notebook.cells]
    assert re.match(r"test accuracy \S+ ± ", texts[1])
    assert "test loss" in texts[2] and "confusion matrix" in texts[2]
    for text in texts:
        assert "━" not in text and "Traceback" not in text
        assert not re.search(r"\x1b\[[0-9;?]*[A-KMSTfhlnsu]", text)  # colours are understood
    (shown,) = [each for each in notebook.cells[2].outputs if each.output_type == "execute_result"]
    assert shown["data"]["text/plain"] == "0"
