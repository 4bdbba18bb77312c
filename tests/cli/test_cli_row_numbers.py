"""Rows and samples count from 1 wherever a user reads their numbers, and nowhere from 0."""

import contextlib
import io
import json
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.app import COMMANDS, program, run
from glassnet.data import load

PROGRAM: Any = program()
NAMES = [name for group in COMMANDS.values() for name in group]
NUMBERED = {"--row", "--sample"}  # options that take the number of a row or sample
DOCS = Path(__file__).parents[2] / "docs"
FROM_ZERO = re.compile(
    r"\b(row|sample|image)s? 0\b|\b(rows|samples) (are )?count\w* from 0\b", re.I
)
OF_PYTHON = {"lab-protocol.md"}  # messages of a program, whose indices are Python's


def options_of(name: str) -> list[Any]:
    return [each for each in PROGRAM.commands[name].params if NUMBERED & {*each.opts}]


def test_the_options_that_take_a_number_say_from_where_it_counts() -> None:
    found = [(name, option) for name in NAMES for option in options_of(name)]
    assert {(name, option.opts[0]) for name, option in found} == {
        ("explain", "--row"), ("explain", "--sample"), ("plot", "--row"),
    }  # fmt: skip
    for _, option in found:
        assert "counted from 1" in option.help


@pytest.mark.parametrize("name", NAMES)
def test_no_help_counts_from_0(name: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert run([name, "--help", "all"]) == 0
    assert not FROM_ZERO.search(" ".join(out.getvalue().split()))


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.stem)
def test_no_page_counts_from_0(page: Path) -> None:
    if page.name not in OF_PYTHON:
        prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.S)
        found = FROM_ZERO.search(prose)
        assert not found, found


def test_a_step_and_a_prediction_count_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = load("digits")
    net = gn.Sequential([gn.Flatten(), gn.Dense(10)], seed=0)
    net.fit(data.x_train, data.y_train, epochs=1)
    net.classes = data.classes
    net.save(model := str(tmp_path / "digits.safetensors"))
    found = {}
    for option in ("--row", "--sample"):
        assert run(["explain", model, "digits", option, "3", "--json"]) == 0
        found[option] = json.loads(capsys.readouterr().out)
        assert run(["explain", model, "digits", option, "3"]) == 0
        assert f"{option[2:]} 3" in capsys.readouterr().out.splitlines()[0]
    assert found["--row"]["row"] == found["--sample"]["sample"] == 3
    z = net(data.x_test[2:3])
    np.testing.assert_allclose(found["--row"]["outputs"], z[0], rtol=1e-5)
    np.testing.assert_allclose(found["--sample"]["z"], z, rtol=1e-5)
    for option in ("--row", "--sample"):
        assert run(["explain", model, "digits", option, "0"]) == 2
        assert f"{option} is 0, expected 1 or more" in capsys.readouterr().err
        assert run(["explain", model, "digits", option, "360"]) == 2
        assert "1 to 359" in capsys.readouterr().err


def saved(write: Any, *arrays: Any, **named: Any) -> bytes:
    file = io.BytesIO()
    write(file, *arrays, **named)
    return file.getvalue()


def idx(images: Any, labels: Any) -> dict[str, bytes]:
    kinds = {np.dtype(np.uint8): 8, np.dtype(np.float32): 13}
    return {
        f"train-{name}": struct.pack(f">BBBB{array.ndim}I", 0, 0, kinds[array.dtype], array.ndim,
                                     *array.shape) + array.astype(array.dtype.newbyteorder(">"))
                                     .tobytes()
        for name, array in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", labels))
    }  # fmt: skip


X, Y = np.arange(80.0, dtype=np.float32).reshape(20, 4), np.arange(20) % 2
BAD = X.copy()
BAD[2, 1] = np.nan
IMAGES = X.reshape(20, 2, 2)
SECOND_HALF = Y.astype(np.float32) + (np.arange(20) == 2) / np.float32(2)
FAULTS: dict[str, tuple[dict[str, bytes], str]] = {
    "t.csv": ({"t.csv": b"a,t\n1,2\n2,3\n3\n4,5\n"}, "data row 3"),
    "t.jsonl": ({"t.jsonl": b'{"a":1,"t":2}\n{"a":2,"t":2}\n{"a":[],"t":2}\n'}, "data row 3"),
    "t.npy": ({"t.npy": saved(np.save, BAD)}, "data row 3, column 1"),
    "t.npz": ({"t.npz": saved(np.savez, x=BAD, y=Y)}, "data row 3 of x"),
    "i": (idx(BAD.reshape(20, 2, 2), Y.astype(np.uint8)), "image 3 has a pixel"),
    "l": (idx(IMAGES, SECOND_HALF), "label 3 is 0.5"),
}


@pytest.mark.parametrize("source", FAULTS)
def test_a_fault_in_the_third_row_is_in_row_3_whatever_the_file(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, says = FAULTS[source]
    folder = tmp_path if Path(source).suffix else tmp_path / source
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    assert run(["data", str(tmp_path / source)]) == 2
    assert says in capsys.readouterr().err
