"""What a service says equals what `glassnet predict` writes, digit by digit."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from tests.cli.process import succeed
from tests.serve.shop import shop

TABLES = ("classes", "value", "values", "labels")


def written(folder: Path, name: str, *data: str) -> pd.DataFrame:
    """What the command writes, as text."""
    proba = () if name in ("value", "values", "array") else ("--proba",)
    done = succeed(folder, "predict", f"{name}.safetensors", *data, *proba)
    return pd.read_csv(io.StringIO(done.stdout), dtype=str, keep_default_na=False)


def asked(address: str, **body: Any) -> list[dict[str, Any]]:
    """What the service says, numbers as they are written."""
    response = httpx.post(f"{address}/predict", **body)
    assert response.status_code == 200, response.text
    predictions: list[dict[str, Any]] = json.loads(response.text, parse_float=str, parse_int=str)[
        "predictions"
    ]
    return predictions


def same(predictions: list[dict[str, Any]], table: pd.DataFrame) -> None:
    table = table.drop(columns="file", errors="ignore")
    assert len(predictions) == len(table)
    for said, row in zip(predictions, table.to_dict("records"), strict=True):
        one = said["prediction"]
        ours = list(one.values()) if isinstance(one, dict) else [one]
        ours += said.get("probabilities", {}).values()
        assert list(map(number, ours)) == list(map(number, row.values()))


def number(text: str) -> Any:
    """A number as a double: 1.5e-5 is 0.000015; or the name of a class."""
    try:
        return float(text)
    except ValueError:
        return text


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as JSON has them: null for gaps."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


@pytest.mark.parametrize("rows", [1, 2, 7, 600])
@pytest.mark.parametrize("name", TABLES)
def test_tables(folder: Path, addresses: dict[str, str], name: str, rows: int) -> None:
    table = shop(rows, seed=rows)
    table.to_csv(folder / "new.csv", index=False)
    same(asked(addresses[name], json=records(table)), written(folder, name, "new.csv"))


@pytest.mark.parametrize("rows", [1, 2, 7, 600])
@pytest.mark.parametrize(("name", "shape"), [("digits", (8, 8)), ("array", (4,))])
def test_arrays(folder: Path, addresses: dict[str, str], name: str, shape: tuple[int, ...],
                rows: int) -> None:  # fmt: skip
    x = np.random.default_rng(rows).uniform(0, 16, (rows, *shape))
    np.save(folder / "new.npy", x)
    same(asked(addresses[name], json=x.tolist()), written(folder, name, "new.npy"))


def test_a_table_of_pixels(folder: Path, addresses: dict[str, str]) -> None:
    """Their columns by name, or the picture as an array."""
    x = np.random.default_rng(0).integers(0, 256, (5, 16))
    table = pd.DataFrame(x, columns=[f"pixel{n}" for n in range(16)])
    table.to_csv(folder / "new.csv", index=False)
    wanted = written(folder, "pixels", "new.csv")
    same(asked(addresses["pixels"], json=records(table)), wanted)
    same(asked(addresses["pixels"], json=x.reshape(5, 4, 4).tolist()), wanted)


def test_arrays_with_the_targets_column(folder: Path, addresses: dict[str, str]) -> None:
    x = np.random.default_rng(0).uniform(0, 16, (3, 5))
    np.save(folder / "new.npy", x)
    same(asked(addresses["array"], json=x.tolist()), written(folder, "array", "new.npy"))


def test_pictures(folder: Path, addresses: dict[str, str]) -> None:
    path = folder / "photos" / "cat" / "3.png"
    headers = {"content-type": "image/png"}
    said = asked(addresses["photos"], content=path.read_bytes(), headers=headers)
    same(said, written(folder, "photos", "photos/cat/3.png"))


def test_it_does_not_matter_who_else_asks(folder: Path, addresses: dict[str, str]) -> None:
    """Requests of one to four rows at the same time: each as if it had asked alone."""
    rng = np.random.default_rng(0)
    bodies = [rng.uniform(0, 16, (rng.integers(1, 5), 8, 8)).tolist() for _ in range(300)]

    with httpx.Client(base_url=addresses["digits"]) as client, ThreadPoolExecutor(32) as pool:

        def ask(body: Any) -> str:
            return client.post("/predict", json=body).text

        alone = [ask(body) for body in bodies]
        assert list(pool.map(ask, bodies)) == alone
