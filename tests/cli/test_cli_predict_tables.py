"""Predictions for tables in files equal those for the same tables in memory."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from tests.cli.process import Done, peak, succeed
from tests.cli.tables import (
    FEW,
    predictions,
    probabilities,
)


@pytest.mark.parametrize("name", ["digits", "iris", "mixed"])
def test_a_file_is_answered_as_a_table_in_memory(
    name: str, files: Path, trained: dict[str, Done], tmp_path: Path
) -> None:
    lines = (files / f"{name}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "first_rows.csv").write_text("".join(lines[:301]), encoding="utf-8")
    table = pd.read_csv(tmp_path / "first_rows.csv", na_values="?")
    model = files / f"{name}.safetensors"
    done = succeed(tmp_path, "predict", str(model), "first_rows.csv", "--proba")
    said, network = predictions(done), gn.load(model)
    expected = network.predict_proba(table)
    assert probabilities(said).tobytes() == expected.tobytes()
    classes = [network.classes[label] for label in network.predict(table)]
    assert said.iloc[:, 0].tolist() == classes
    assert list(said.columns)[1:] == [f"p_{each}" for each in network.classes]
    assert all("in training" in line for line in done.stderr.splitlines())


def test_values_are_answered_as_in_memory(files: Path, trained: dict[str, Done]) -> None:
    said = predictions(succeed(files, "predict", "diabetes.safetensors", "diabetes.csv"))
    expected = gn.load(files / "diabetes.safetensors").predict(pd.read_csv(files / "diabetes.csv"))
    assert said["target"].to_numpy().astype(np.float32).tobytes() == expected.tobytes()


def test_the_network_in_memory_gives_the_same_as_its_file(files: Path, tmp_path: Path) -> None:
    from glassnet.data import load
    from glassnet.workflows.run import train
    from glassnet.workflows.spec import Data, Experiment, Net, Training

    data = load(files / "mixed.csv", target="outcome")
    experiment = Experiment(
        data=Data(name="mixed"), network=Net(hidden=[8]),
        training=Training(epochs=2),
    )  # fmt: skip
    network = train(experiment, data, seed=0).network
    table = pd.read_csv(files / "mixed.csv", na_values="?")[:200]
    expected = network.predict_proba(table)
    network.save(tmp_path / "kept.safetensors")
    table.to_csv(tmp_path / "rows.csv", index=False)
    done = succeed(tmp_path, "predict", "kept.safetensors", "rows.csv", "--proba")
    assert probabilities(predictions(done)).tobytes() == expected.tobytes()


def test_columns_are_found_by_name(files: Path, trained: dict[str, Done], tmp_path: Path) -> None:
    table = pd.read_csv(files / "iris.csv", index_col=0)[:20]
    model = str(files / "iris.safetensors")
    table.to_csv(tmp_path / "a.csv")
    mixed_up = table.drop(columns="species").iloc[:, ::-1]
    mixed_up.insert(2, "colour", "blue")
    mixed_up.to_csv(tmp_path / "b.csv", index=False)
    first = succeed(tmp_path, "predict", model, "a.csv", "--proba")
    second = succeed(tmp_path, "predict", model, "b.csv", "--proba")
    assert first.stdout == second.stdout
    [more] = set(second.stderr.splitlines()) - set(first.stderr.splitlines())
    assert "'colour'" in more


def test_what_training_did_not_have_is_told(
    files: Path, trained: dict[str, Done], tmp_path: Path
) -> None:
    table = pd.read_csv(files / "mixed.csv", na_values="?")[:10]
    model = files / "mixed.safetensors"
    strange = table.copy()
    strange.loc[[2, 3], "kind0"] = "never seen"
    strange.loc[4, "kind3"] = "rare and new"  # becomes what rare values do
    strange.loc[5, "amount 2"] = np.nan
    strange.loc[6, "amount 3"] = np.nan  # training had gaps here
    strange.to_csv(tmp_path / "strange.csv", index=False)
    done = succeed(tmp_path, "predict", str(model), "strange.csv", "--proba")
    notes = done.stderr.splitlines()
    assert len(notes) == 4, notes
    assert notes[0] == "note: 3 of 10 rows have a value not seen in training"
    assert any("in 1 row" in note and "'kind3'" in note for note in notes)
    assert any("2 " in note and "'kind0'" in note for note in notes)
    assert any("1 " in note and "'amount 2'" in note for note in notes)
    network = gn.load(model)
    assert network.schema is not None
    encoded = pd.DataFrame(network.schema.encode(strange), columns=network.schema.features)
    assert not encoded.loc[[2, 3], [n for n in encoded if n.startswith("kind0=")]].any().any()
    assert encoded.loc[4, "kind3=other"] == 1
    median = network.schema.encode(strange.fillna({"amount 2": 20.0}))
    assert abs(encoded.loc[5, "amount 2"]) < 0.2
    assert encoded.loc[6, "amount 3=missing"] == 1
    assert encoded.drop(index=5).equals(pd.DataFrame(median, columns=encoded.columns).drop(index=5))
    assert probabilities(predictions(done)).tobytes() == network.predict_proba(strange).tobytes()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_answers_go_to_a_file(
    ending: str, files: Path, trained: dict[str, Done], tmp_path: Path
) -> None:
    model = str(files / "mixed.safetensors")
    words = ("--id", "customer_id", "--proba", "--out", f"predictions.{ending}")
    done = succeed(tmp_path, "predict", model, str(files / "mixed.csv"), *words)
    assert done.stdout == f"wrote 3,000 rows to predictions.{ending}\n"
    assert [path.name for path in tmp_path.iterdir()] == [f"predictions.{ending}"]
    path = tmp_path / f"predictions.{ending}"
    said = pd.read_csv(path) if ending == "csv" else pd.read_parquet(path)
    assert list(said.columns) == ["customer_id", "outcome", "p_goes", "p_stays"]
    assert said["customer_id"].astype(int).tolist() == list(range(5000, 8000))
    assert np.allclose(said["p_goes"] + said["p_stays"], 1)
    assert set(said["outcome"]) == {"goes", "stays"}


def test_the_target_may_stand_in_front(files: Path, trained: dict[str, Done]) -> None:
    targets = pd.read_csv(files / "iris.csv")["species"].tolist()
    for ending, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        words = f"predict iris.safetensors iris.csv --id species --out front.{ending}"
        succeed(files, *words.split())
        said = read(files / f"front.{ending}")
        assert len(set(said.columns)) == 2
        assert "species.1" not in said.columns  # what pandas makes of a name that is there twice
        assert said.iloc[:, 0].tolist() == targets
        assert (said.iloc[:, 1] == targets).mean() > 0.9


def test_text_in_front_comes_as_it_is_written(tmp_path: Path) -> None:
    rows = "".join(f'"0{n}, ""é""",{n % 7},{"xy"[n % 2]}\n' for n in range(60))
    (tmp_path / "t.csv").write_text("code,b,c\n" + rows, encoding="utf-8")
    succeed(tmp_path, "train", "t.csv", "--drop", "code", *FEW)
    said = predictions(succeed(tmp_path, "predict", "t.safetensors", "t.csv", "--id", "code"))
    assert said["code"].tolist() == [f'0{n}, "é"' for n in range(60)]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(
    files: Path, trained: dict[str, Done], tmp_path: Path
) -> None:
    table = pd.read_csv(files / "iris.csv", index_col=0).sample(
        20_000, replace=True, random_state=0
    )
    table.to_csv(tmp_path / "few.csv", index=False)
    few = (tmp_path / "few.csv").read_text(encoding="utf-8")
    header, _, body = few.partition("\n")
    (tmp_path / "many.csv").write_text(header + "\n" + body * 20, encoding="utf-8")
    model = str(files / "iris.safetensors")
    _, small = peak(tmp_path, "predict", model, "few.csv", "--proba", "--out", "a.csv")
    done, large = peak(tmp_path, "predict", model, "many.csv", "--proba", "--out", "b.csv")
    assert done.stdout == "wrote 400,000 rows to b.csv"
    assert large - small < 60e6
    first, all_rows = pd.read_csv(tmp_path / "a.csv"), pd.read_csv(tmp_path / "b.csv")
    assert len(all_rows) == 400_000
    assert all_rows[:20_000].equals(first)


@pytest.mark.slow
def test_training_on_a_gigabyte_stays_small(tmp_path: Path) -> None:
    path, rows, columns, step = tmp_path / "big.npy", 262_144, 1000, 8192
    rng = np.random.default_rng(0)
    try:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, columns)}
        block = rng.normal(size=(step, columns)).astype(np.float32)
        block[:, -1] = block[:, 0] > 0
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            for _ in range(rows // step):
                file.write(block.tobytes())
        assert path.stat().st_size > 2**30 * 0.97
        done, memory = peak(tmp_path, "train", "big.npy", "--epochs", "1", "--hidden", "8")
    finally:
        path.unlink(missing_ok=True)
    assert "209,715 training samples, 52,429 test samples" in done.stdout
    assert float(done.stdout.split("test accuracy ")[1].split()[0]) > 0.9
    assert memory < 600e6
