"""Tables in forms other than text: the same network, the same predictions."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.cli.process import COMMAND, Done, run, succeed

pytestmark = pytest.mark.usefixtures("undrawn")

TRAIN = ("--epochs", "3", "--hidden", "4", "--seed", "1")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    count = range(60)
    return pd.DataFrame(
        {"a": [n % 11 / 4 for n in count], "b": ["uvw"[n % 3] for n in count],
         "c": ["xy"[n % 7 > 3] for n in count]}
    )  # fmt: skip


@pytest.fixture(scope="module")
def usual(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """The model and the predictions of the text table."""
    folder = tmp_path_factory.mktemp("usual")
    frame.to_csv(folder / "t.csv", index=False)
    succeed(folder, "train", "t.csv", *TRAIN)
    done = succeed(folder, "predict", "t.safetensors", "t.csv", "--proba", "--id", "b")
    return (folder / "t.safetensors").read_bytes(), done.stdout


@pytest.mark.parametrize("name", ["t.jsonl", "t.json", "t.feather", "t.xlsx", "folder"])
def test_another_form_predicts_the_same(
    frame: pd.DataFrame, usual: tuple[bytes, str], tmp_path: Path, name: str
) -> None:
    pytest.importorskip("openpyxl" if name == "t.xlsx" else "pyarrow")
    {
        "t.jsonl": lambda path: frame.to_json(path, orient="records", lines=True),
        "t.json": lambda path: frame.to_json(path, orient="columns"),
        "t.feather": frame.to_feather,
        "t.xlsx": lambda path: frame.to_excel(path, index=False),
        "folder": lambda path: (path.mkdir(), frame.to_parquet(path / "part-0.parquet")),
    }[name](tmp_path / name)
    (tmp_path / "m.safetensors").write_bytes(usual[0])
    done = succeed(tmp_path, "predict", "m.safetensors", name, "--proba", "--id", "b")
    assert done.stdout == usual[1]
    done = succeed(tmp_path, "train", name, *TRAIN, "--out", "own.safetensors")
    done = succeed(tmp_path, "predict", "own.safetensors", name, "--proba", "--id", "b")
    assert done.stdout == usual[1]


def test_a_sheet_is_chosen_by_name_or_number(frame: pd.DataFrame, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    with pd.ExcelWriter(tmp_path / "t.xlsx") as book:
        frame.iloc[:10].to_excel(book, sheet_name="few", index=False)
        frame.to_excel(book, sheet_name="all of it", index=False)
    for words, rows in [((), 10), (("--sheet", "2"), 60), (("--sheet", "all of it"), 60)]:
        done = succeed(tmp_path, "data", "t.xlsx", *words)
        assert f"{rows - rows // 5} training rows" in done.stdout
        assert ("sheet 'few' of 2" in done.stdout) == (rows == 10)
    succeed(tmp_path, "train", "t.xlsx", "--sheet", "2", *TRAIN)
    done = succeed(tmp_path, "predict", "t.safetensors", "t.xlsx")  # the model keeps the sheet
    assert len(done.stdout.splitlines()) == 61
    done = succeed(tmp_path, "predict", "t.safetensors", "t.xlsx", "--sheet", "few")
    assert len(done.stdout.splitlines()) == 11
    done = succeed(tmp_path, "evaluate", "t.safetensors", "t.xlsx", "--sheet", "few")
    assert "rows 10" in done.stdout
    done = run(tmp_path, "data", "t.xlsx", "--sheet", "none")
    assert done.returncode == 2
    assert "t.xlsx: has no sheet 'none': choose one of 'few', 'all of it'" in done.stderr


def test_standard_input(
    frame: pd.DataFrame, usual: tuple[bytes, str], tmp_path: Path, tmp_path_factory: Any
) -> None:
    kept = tmp_path_factory.mktemp("kept")
    (tmp_path / "m.safetensors").write_bytes(usual[0])
    words = ("predict", "m.safetensors", "-", "--proba", "--id", "b")

    def piped(content: str) -> Done:  # a process that tidies up when it ends
        return subprocess.run(
            [*COMMAND, *words], cwd=tmp_path, input=content, capture_output=True, text=True,
            env={**os.environ, "TMPDIR": str(kept)}, timeout=120, check=False,
        )  # fmt: skip

    for content in (frame.to_csv(index=False), frame.to_json(orient="records", lines=True)):
        assert piped(content).stdout == usual[1]
        assert not list(kept.iterdir())
    done = piped("a,b\n1\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("glassnet: standard input: data row 1 (line 2) has 1 value")
    assert not list(kept.iterdir())
