"""Predictions for whole files: the same as in memory, in pieces, written whole or not at all."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base.errors import DataError, InputError
from glassnet.data import Dataset, load
from glassnet.data.readers import delimited
from glassnet.mlp import mlp
from glassnet.workflows import predict as predictions
from glassnet.workflows.predict import Reading, predict


def trained(data: Dataset, **options: Any) -> gn.Sequential:
    scales = {"scale": data.scale, "shift": data.shift}
    net = mlp(data.input_shape, [6], data.outputs, seed=0, **scales, **options)
    net.classes, net.schema = data.classes, data.schema
    loss = {"classes": None, "labels": "binary_cross_entropy", "values": "mean_squared"}[data.task]
    net.fit(data.x_train, data.y_train, epochs=2, loss=loss)
    return net


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("answers")
    rng, n = np.random.default_rng(0), 3000
    table = pd.DataFrame(
        {
            "row": [f"r{i:04d}" for i in range(n)],
            "size": np.where(rng.random(n) < 0.1, np.nan, rng.normal(50, 9, n).round(2)),
            "kind": rng.choice(["u", "v", "w", None], n),
            "when": pd.date_range("2020-01-01", periods=n, freq="7h").astype(str),
            "p": rng.integers(0, 2, n),
            "q": rng.integers(0, 2, n),
            "class": rng.choice(["yes", "no", "maybe"], n),
        }
    )
    table.to_csv(folder / "t.csv", index=False)
    table.to_parquet(folder / "t.parquet")
    np.save(folder / "t.npy", rng.normal(size=(500, 4)))
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> gn.Sequential:
    net = trained(load(folder / "t.csv", drop="row"))
    net.save(folder / "t.safetensors")
    return net


def test_a_file_is_answered_as_a_table_in_memory_to_the_last_bit(
    folder: Path, model: gn.Sequential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "PIECE", 1024)  # three pieces
    loaded = gn.load(folder / "t.safetensors")
    predict(loaded, str(folder / "t.csv"), folder / "out.csv", proba=True)
    written = pd.read_csv(folder / "out.csv", dtype={f"p_{c}": np.float32 for c in model.classes})
    table = pd.read_csv(folder / "t.csv")
    assert written["class"].tolist() == [model.classes[c] for c in model.predict(table)]
    p = written[[f"p_{c}" for c in model.classes]].to_numpy()
    assert p.tobytes() == model.predict_proba(table).tobytes()
    assert written.columns.tolist() == ["class", "p_maybe", "p_no", "p_yes"]


def test_a_column_in_front_and_parquet_in_and_out(folder: Path, model: gn.Sequential) -> None:
    for source in ("t.csv", "t.parquet"):
        for out in ("o.csv", "o.parquet"):
            rows, notes = predict(model, str(folder / source), folder / out, identifier="row")
            assert (rows, notes.lines()) == (3000, [])
    csv, parquet = pd.read_csv(folder / "o.csv"), pd.read_parquet(folder / "o.parquet")
    assert csv["row"].tolist() == parquet["row"].tolist() == [f"r{i:04d}" for i in range(3000)]
    assert csv["class"].tolist() == parquet["class"].tolist()


def test_the_target_itself_may_stand_in_front(folder: Path, model: gn.Sequential) -> None:
    for out in ("o.csv", "o.parquet"):
        predict(model, str(folder / "t.csv"), folder / out, identifier="class")
    csv, parquet = pd.read_csv(folder / "o.csv"), pd.read_parquet(folder / "o.parquet")
    assert csv.columns.tolist() == parquet.columns.tolist() == ["class", "prediction"]
    assert csv["class"].tolist() == pd.read_csv(folder / "t.csv")["class"].tolist()


def test_a_stream_gets_the_same(folder: Path, model: gn.Sequential) -> None:
    stream = io.StringIO()
    predict(model, str(folder / "t.csv"), stream, kaggle=True)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "ImageId,Label"
    assert [line.split(",")[0] for line in lines[1:]] == [str(n) for n in range(1, 3001)]


def test_independent_labels_and_values(folder: Path) -> None:
    labels = trained(load(folder / "t.csv", target=["p", "q"], drop="row"))
    predict(labels, str(folder / "t.csv"), folder / "l.csv", proba=True)
    frame = pd.read_csv(folder / "l.csv")
    assert frame.columns.tolist() == ["p", "q", "p_p", "p_q"]
    assert ((frame["p_p"] > 0.5) == (frame["p"] == 1)).all()
    values = trained(load(folder / "t.csv", target="p", task="regression", drop="row"))
    predict(values, str(folder / "t.csv"), folder / "v.csv")
    assert pd.read_csv(folder / "v.csv", dtype=np.float32)["p"].to_numpy().tobytes() == (
        values.predict(pd.read_csv(folder / "t.csv")).tobytes()
    )
    with pytest.raises(InputError, match="probabilities are for classes"):
        predict(values, str(folder / "t.csv"), folder / "v.csv", proba=True)


def test_an_array_with_and_without_its_target(folder: Path) -> None:
    net = trained(load(folder / "t.npy"))
    np.save(folder / "x.npy", np.load(folder / "t.npy")[:, :3])
    for source in ("t.npy", "x.npy"):
        predict(net, str(folder / source), folder / "a.csv")
        frame = pd.read_csv(folder / "a.csv", dtype=np.float32)
        assert frame.columns.tolist() == ["3"]
        assert frame["3"].to_numpy().tobytes() == net.predict(np.load(folder / "x.npy")).tobytes()
    np.save(folder / "wide.npy", np.ones((3, 7)))
    with pytest.raises(DataError, match=r"wide.npy: x has shape .*expected \(samples, 3\)"):
        predict(net, str(folder / "wide.npy"), folder / "a.csv")


def test_the_test_part_of_a_named_dataset(folder: Path) -> None:
    data = load("digits")
    net = trained(data)
    pieces = list(predictions.read(net, "digits", Reading(targets=True)))
    assert [len(piece.x) for piece in pieces] == [len(data.x_test)]
    assert pieces[0].y is not None
    assert pieces[0].y.tolist() == data.y_test.tolist()
    with pytest.raises(DataError, match="its classes are"):
        list(predictions.read(trained(load("iris")), "digits", Reading(targets=True)))


def test_a_named_dataset_is_not_taken_for_an_encoded_table(tmp_path: Path) -> None:
    iris = load("iris", test=0.0)
    table = pd.DataFrame(iris.x_train, columns=list(iris.feature_names)).assign(kind=iris.y_train)
    table.to_csv(tmp_path / "iris.csv", index=False)
    net = trained(load(tmp_path / "iris.csv"))
    with pytest.raises(DataError, match=r"^iris: the network was trained on a table with the col"):
        list(predictions.read(net, "iris"))


def test_what_is_new_is_counted_and_told(
    folder: Path, model: gn.Sequential, tmp_path: Path
) -> None:
    table = pd.read_csv(folder / "t.csv")[:4].assign(kind=["x", "u", "v", "y"], more=1)
    table.loc[0, "when"] = None
    table.sample(frac=1, axis=1, random_state=0).to_csv(tmp_path / "new.csv", index=False)
    _, notes = predict(model, str(tmp_path / "new.csv"), tmp_path / "o.csv")
    assert notes.lines() == [
        "column 'more' was not there in training: not read",
        "2 new values in 'kind', which training did not have, in 2 rows: 'x', 'y'",
        "1 gap in 'when', which had none in training",
    ]


def test_a_failure_in_the_middle_leaves_the_old_file(
    model: gn.Sequential, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "PIECE", 10)
    lines = [f"{n},u,2020-01-01,0,1" for n in range(30)]
    lines[25] = "tall,u,2020-01-01,0,1"
    (tmp_path / "bad.csv").write_text("\n".join(["size,kind,when,p,q", *lines]))
    for name in ("o.csv", "o.parquet"):
        (tmp_path / name).write_text("old")
        with pytest.raises(
            DataError, match=r"bad\.csv: column 'size', data row 26: expected a num"
        ):
            predict(model, str(tmp_path / "bad.csv"), tmp_path / name)
        assert (tmp_path / name).read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.csv", "o.csv", "o.parquet"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"out": "o.txt"}, "predictions go to a .csv or .parquet file"),
        ({"identifier": "rwo"}, "has no column 'rwo': did you mean 'row'?"),
        ({"kaggle": True, "proba": True}, "kaggle writes ImageId,Label and nothing else"),
        ({"out": "none/o.csv"}, "cannot write"),
    ],
)
def test_what_cannot_be_asked(
    folder: Path, model: gn.Sequential, options: dict[str, Any], says: str
) -> None:
    out = folder / options.pop("out", "o.csv")
    with pytest.raises(gn.GlassnetError, match=says):
        predict(model, str(folder / "t.csv"), out, **options)


def test_a_table_and_arrays_are_not_taken_for_each_other(
    folder: Path, model: gn.Sequential
) -> None:
    with pytest.raises(DataError, match="trained on arrays, not on a table"):
        predict(trained(load(folder / "t.npy")), str(folder / "t.csv"), folder / "o.csv")
    with pytest.raises(gn.GlassnetError, match="trained on a table with the columns size, kind"):
        predict(model, str(folder / "t.npy"), folder / "o.csv")


def test_a_loaded_network_takes_a_pandas_table(folder: Path, model: gn.Sequential) -> None:
    table = pd.read_csv(folder / "t.csv")
    assert (
        gn.load(folder / "t.safetensors").predict(table).tobytes() == model.predict(table).tobytes()
    )
    assert model.copy().predict(table).tobytes() == model.predict(table).tobytes()
    with pytest.raises(DataError, match="has no column 'kind'"):
        model.predict(table.drop(columns="kind"))


@pytest.mark.parametrize("ending", [".npy", ".NPY"])
def test_an_ending_means_the_same_in_training_and_prediction(tmp_path: Path, ending: str) -> None:
    x = np.random.default_rng(0).normal(size=(60, 3))
    path = tmp_path / f"table{ending}"
    with path.open("wb") as file:
        np.save(file, np.column_stack([x, x[:, 0] > 0]))
    data = gn.data.load(path)
    net = gn.Sequential([gn.Dense(2)], seed=0)
    net.classes, net.schema = data.classes, data.schema
    net.fit(data.x_train, data.y_train, epochs=1)
    (piece,) = predictions.read(net, str(path))
    assert piece.x.shape == (60, 3)
