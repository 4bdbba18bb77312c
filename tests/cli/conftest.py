"""Tables in files, and networks trained on them, that several tests share."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli import process
from tests.cli.bad_inputs import TRAIN, csv
from tests.cli.process import Done, succeed
from tests.cli.tables import (
    mixed_table,
)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands write files without pictures."""
    monkeypatch.setattr(process, "BOUNDS", {"pictures": 0})


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tables, as CSV and as the other kinds of files."""
    from sklearn.datasets import load_diabetes, load_digits, load_iris

    folder = tmp_path_factory.mktemp("files")
    digits = load_digits(as_frame=True)
    digits.frame.to_csv(folder / "digits.csv", index=False)
    np.save(folder / "digits.npy", digits.frame.to_numpy(np.float32))
    np.savez(folder / "flat.npz", x=digits.data.to_numpy(), y=digits.target.to_numpy())
    np.savez(folder / "images.npz", x=digits.images.astype(np.uint8), y=digits.target.to_numpy())
    iris = load_iris(as_frame=True)
    flowers = iris.data.assign(species=np.array(iris.target_names)[iris.target])
    flowers.to_csv(folder / "iris.csv")
    load_diabetes(as_frame=True).frame.to_csv(folder / "diabetes.csv", index=False)
    table = mixed_table()
    assert table.shape[1] >= 50
    table.to_csv(folder / "mixed.csv", index=False)
    rng, n = np.random.default_rng(0), 600
    a, b, c = rng.normal(size=(3, n)).round(4)
    several = pd.DataFrame(
        {
            "a": a, "b": b, "c": c, "sum": (3 * a + b + 50).round(3), "cross": (a - 2 * c).round(3),
            "high": (a + b > 0).astype(int), "far": b > c,
        }
    )  # fmt: skip
    several.to_csv(folder / "several.csv", index=False)
    (folder / "idx").mkdir()
    pixels = digits.images.astype(np.uint8)
    for part, rows in (("train", slice(None, 1400)), ("t10k", slice(1400, None))):
        x, y = pixels[rows], digits.target.to_numpy()[rows].astype(np.uint8)
        head = struct.pack(">BBBBIII", 0, 0, 8, 3, *x.shape)
        (folder / f"idx/{part}-images-idx3-ubyte").write_bytes(head + x.tobytes())
        head = struct.pack(">BBBBI", 0, 0, 8, 1, len(y))
        with gzip.open(folder / f"idx/{part}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(head + y.tobytes())
    return folder


@pytest.fixture(scope="session")
def trained(files: Path) -> dict[str, Done]:
    """What training said of each table; the networks are in the folder."""
    return {
        "digits": succeed(files, "train", "digits.csv", "--epochs", "12"),
        "iris": succeed(
            files, "train", "iris.csv", "--hidden", "16", "--lr", "0.01", "--epochs", "50"
        ),
        "mixed": succeed(
            files, "train", "mixed.csv", "--target", "outcome", "--hidden", "32", "--epochs", "12",
            "--weight-decay", "0.01",
        ),
        "diabetes": succeed(
            files, "train", "diabetes.csv", "--hidden", "16", "--epochs", "40", "--lr", "0.003"
        ),
    }  # fmt: skip


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network of a table and one of an array."""
    folder = tmp_path_factory.mktemp("models")
    rows = csv(
        "id,a,k,flag,d,label",
        lambda n: f"{n},{n % 7}.5,{'uvw'[n % 3]},{n % 2 == 1},2020-0{n % 9 + 1}-03,{'xy'[n % 2]}",
        120,
    )
    (folder / "table.csv").write_text(rows, encoding="utf-8")
    np.save(folder / "array.npy", np.random.default_rng(0).normal(size=(100, 4)))
    for name in ("table.csv", "array.npy"):
        succeed(folder, *TRAIN.format(file=name).split())
    return folder
