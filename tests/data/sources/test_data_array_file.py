import numpy as np
import pytest

import glassnet as gn
from glassnet.base.errors import DataError, InputError
from glassnet.base.row_view import Rows
from glassnet.data import load
from glassnet.data.tables.columns import Block
from glassnet.data.tables.notes import Notes
from glassnet.data.tables.schema import Schema
from glassnet.workflows.networks import network_of
from glassnet.workflows.predict import Reading, predictions, read
from glassnet.workflows.spec import Net


@pytest.fixture
def numbers(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal([5, -3, 0], [2, 0.5, 1], (100, 3))
    array = np.column_stack([x, x[:, 0] > 5]).astype(np.float32)
    np.save(tmp_path / "a.npy", array)
    return tmp_path / "a.npy", array


def npz(folder, name="a.npz", **arrays):
    np.savez(folder / name, **arrays)
    return folder / name


def test_a_npy_file_is_a_table_with_the_target_last(numbers):
    path, array = numbers
    data = load(path, test=0.25)
    assert isinstance(data.x_train, Rows)
    assert (data.x_train.shape, data.x_test.shape) == ((75, 3), (25, 3))
    assert (data.task, data.classes, data.target) == ("classes", ("0", "1"), "3")
    assert data.x_train[:2].tolist() == array[np.sort(data.x_train.index)[:2], :3].tolist()
    scaled = data.x_train[:] * data.scale + data.shift
    assert np.allclose(scaled.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(scaled.std(axis=0), 1, atol=1e-5)
    both = np.concatenate([data.x_train[:], data.x_test[:]])
    assert sorted(map(tuple, both.tolist())) == sorted(map(tuple, array[:, :3].tolist()))
    assert data.notes[0].startswith("target column 3 (the last): few whole numbers")


def test_target_and_drop_are_numbers_of_columns(numbers):
    data = load(numbers[0], target="0", drop="2")
    assert (data.task, data.target, data.feature_names) == ("values", "0", ("1", "3"))
    assert data.x_train[:1].tolist() == [numbers[1][data.x_train.index[0], [1, 3]].tolist()]
    several = load(numbers[0], target=["0", "1"])
    assert (several.task, several.outputs) == ("values", 2)


def test_a_test_file_of_the_same_form(numbers, tmp_path):
    np.save(tmp_path / "held.npy", numbers[1][:7])
    data = load(numbers[0], test=tmp_path / "held.npy")
    assert (len(data.x_train), len(data.x_test)) == (100, 7)
    assert data.y_test.tolist() == numbers[1][:7, 3].tolist()
    np.save(tmp_path / "held.npy", numbers[1][:7, :2])
    with pytest.raises(DataError, match=r"held\.npy: has shape \(7, 2\): expected \(rows, 4\)"):
        load(numbers[0], test=tmp_path / "held.npy")


def test_a_structured_array_is_a_table_with_names(tmp_path):
    array = np.array([(1.5, "x"), (2.5, "y"), (3.5, "x"), (4.5, "y")], [("a", "f8"), ("t", "U1")])
    np.save(tmp_path / "s.npy", array)
    data = load(tmp_path / "s.npy", test=0)
    assert (data.feature_names, data.classes) == (("a",), ("x", "y"))


@pytest.mark.parametrize(
    ("arrays", "shapes"),
    [
        ("x y", ((16, 3), (4, 3))),
        ("X Y", ((16, 3), (4, 3))),
        ("data target", ((16, 3), (4, 3))),
        ("images labels", ((16, 3), (4, 3))),
        ("x_train y_train x_test y_test", ((20, 3), (20, 3))),
        ("train_images train_labels test_images test_labels", ((20, 3), (20, 3))),
        ("x y x_test y_test", ((20, 3), (20, 3))),
    ],
)
def test_a_npz_file_holds_x_and_y_by_their_usual_names(tmp_path, arrays, shapes):
    rng = np.random.default_rng(0)
    both = rng.normal(size=(20, 3)), np.arange(20) % 2
    path = npz(tmp_path, **{name: both[n % 2] for n, name in enumerate(arrays.split())})
    data = load(path)
    assert (data.x_train.shape, data.x_test.shape) == shapes
    assert data.classes == ("0", "1")


def test_images_in_a_npz_file_keep_shape_and_bytes(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (20, 5, 4), dtype=np.uint8)
    data = load(npz(tmp_path, x=x, y=np.array(["cat", "dog"] * 10)))
    assert (data.x_train.shape, data.x_train.dtype) == ((16, 5, 4), np.uint8)
    assert (data.is_image, float(data.scale)) == (True, 1 / float(data.x_train.max()))
    assert data.classes == ("cat", "dog")
    floats = load(npz(tmp_path, x=x / 51, y=np.arange(20) % 2))
    assert floats.x_train.max() * floats.scale == pytest.approx(1)


def test_targets_in_a_npz_file_may_be_rows(tmp_path):
    x = np.random.default_rng(0).normal(size=(20, 3))
    one_hot = load(npz(tmp_path, x=x, y=np.eye(2)[np.arange(20) % 2]))
    assert (one_hot.task, one_hot.outputs) == ("classes", 2)
    several = np.column_stack([np.arange(20) % 2, np.ones(20, int)])
    several[3] = 1, 0
    labels = load(npz(tmp_path, x=x, y=several))
    assert (labels.task, labels.classes) == ("labels", ("y0", "y1"))
    values = load(npz(tmp_path, x=x, y=x[:, :2] / 3))
    assert (values.task, values.outputs) == ("values", 2)
    assert load(npz(tmp_path, x=x, y=np.arange(20)), task="regression").task == "values"


@pytest.mark.parametrize(
    ("array", "options", "expected"),
    [
        (np.zeros((4, 1)), {}, "has shape (4, 1) of float64: expected a table of numbers"),
        (np.zeros((4, 2, 2)), {}, "images and labels go as x and y into a .npz file"),
        (np.zeros(4), {}, "has shape (4,) of float64"),
        (np.array([["a", "b"]]), {}, "of <U1: expected a table of numbers"),
        (np.ones((4, 2)), {}, "column '1', the target, is always '1.0'"),
        (np.eye(4), {"target": "4"}, "has no column '4': expected a number of 0 … 3"),
        (np.eye(4), {"target": "a"}, "has no column 'a': expected a number of 0 … 3"),
        (
            np.repeat(np.eye(4), 2, axis=0),
            {"drop": ["0", "1", "2"]},
            "has no columns beside the target",
        ),
        (
            np.array([[1, 2], [np.inf, 3]]),
            {},
            "data row 2, column 0 (the first is 0) is inf: expected finite",
        ),
    ],
)
def test_a_npy_file_that_cannot_be_used_is_refused(tmp_path, array, options, expected):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(DataError) as error:
        load(tmp_path / "a.npy", **options)
    assert str(error.value).startswith(f"{tmp_path / 'a.npy'}: ")
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"a": np.eye(3)}, "has the arrays a: expected x and y, or x_train,"),
        ({"x": np.eye(3), "y": np.arange(4)}, "x has 3 rows and y has 4: each sample needs one"),
        ({"x": np.ones(4), "y": np.arange(4)}, "x has shape (4,) of float64: expected numbers"),
        ({"x": np.array([["a"]] * 4), "y": np.arange(4)}, "x has shape (4, 1) of <U1"),
        (
            {"x": np.array([[1], [np.nan]] * 2), "y": np.arange(4) % 2},
            "data row 2 of x is NaN or infinite",
        ),
        ({"x": np.eye(4), "y": np.zeros((4, 2, 2))}, "y has shape (4, 2, 2): expected (samples,)"),
        ({"x": np.eye(4), "y": np.zeros(4)}, "the target, is always '0.0'"),
    ],
)
def test_a_npz_file_that_cannot_be_used_is_refused(tmp_path, arrays, expected):
    path = npz(tmp_path, **arrays)
    with pytest.raises(DataError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: ")
    assert expected in str(error.value)


def test_scaling_is_a_part_of_the_network(numbers):
    from glassnet.mlp import mlp

    data = load(numbers[0])
    net = mlp(data.input_shape, [8], data.outputs, scale=data.scale, shift=data.shift, seed=0)
    net.fit(data.x_train, data.y_train, epochs=30, optimizer="adam:learning_rate=0.05")
    assert net.evaluate(data.x_test, data.y_test)["accuracy"] > 0.85
    assert isinstance(net.layers[0], gn.Scale)


# ---- what was not seen in training


def noted(network, source):
    notes = Notes()
    for piece in read(network, source, notes=notes):
        assert len(piece.x)
    return notes.lines()


def trained_on(path, **options):
    data = load(path, **options)
    network = network_of(Net(hidden=[2]), 0, data)
    network.fit(data.x_train[:], data.y_train, epochs=1)
    return network, data


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_rows_beyond_the_ends_of_training_are_counted(dtype, tmp_path):
    x = np.random.default_rng(0).integers(2**24, 2**24 + 400, (100, 3)).astype(dtype)
    y = np.arange(100) % 2
    np.save(tmp_path / "a.npy", np.column_stack([x, y]))
    network, data = trained_on(tmp_path / "a.npy", test=0)
    assert noted(network, tmp_path / "a.npy") == []  # though float32 rounds them
    low, high = (end.tolist() for end in (x.min(axis=0), x.max(axis=0)))
    assert data.schema.block.low == tuple(map(float, low))
    new = x[:5].copy()
    new[0, 0], new[1], new[2, 2] = high[0] + 10, np.array(low) - 10, high[2] + 10
    np.save(tmp_path / "new.npy", new)
    assert noted(network, tmp_path / "new.npy") == [
        "3 of 5 rows have a value not seen in training",
        *(f"{rows} 'column {k}' outside {low[k]:.6g} to {high[k]:.6g}, its range in training"
          for k, rows in enumerate(["2 rows have", "1 row has", "2 rows have"])),
    ]  # fmt: skip


def test_those_of_x_in_a_npz_file_too_and_a_saved_network_knows_them(tmp_path):
    x, y = np.random.default_rng(0).uniform(size=(60, 2)), np.arange(60) % 2
    network, data = trained_on(npz(tmp_path, x=x, y=y), test=0.5)
    network.save(tmp_path / "m.safetensors")
    again = gn.load(tmp_path / "m.safetensors")
    assert again.schema.block.high == tuple(data.x_train.max(axis=0))
    new = {"x_test": np.float32([[2, 0.5], [0.5, 0.5]]), "y_test": [0, 1]}
    far = npz(tmp_path, "far.npz", x_train=x, y_train=y, **new)
    [line] = noted(again, far)
    assert line.startswith("1 row has 'column 0' outside 0.") and line.endswith("in training")
    np.save(tmp_path / "x.npy", [[0.5, -1.0]])
    assert noted(again, tmp_path / "x.npy")[0].startswith("1 row has 'column 1' outside")
    assert list(predictions(again, np.float32([[0.5, 0.5]])).columns) == ["prediction"]
    with pytest.raises(DataError, match="holds no target"):
        next(read(again, tmp_path / "x.npy", Reading(targets=True)))


def test_ends_are_not_kept_of_pixels_pictures_and_wide_arrays(tmp_path, monkeypatch):
    rng, y = np.random.default_rng(0), np.arange(20) % 2
    pixels, pictures = rng.integers(0, 255, (20, 4)).astype(np.uint8), rng.normal(size=(20, 2, 2))
    for x in (pixels, pictures):
        assert load(npz(tmp_path, x=x, y=y)).schema is None
    monkeypatch.setattr("glassnet.data.sources.array_file.WIDE", 3)
    assert load(npz(tmp_path, x=rng.normal(size=(20, 4)), y=y)).schema is None
    np.save(tmp_path / "a.npy", np.column_stack([rng.normal(size=(20, 4)), y]))
    network, data = trained_on(tmp_path / "a.npy", test=0)
    assert data.schema.block.low == () and noted(network, tmp_path / "a.npy") == []


def test_a_block_whose_ends_do_not_fit_is_refused():
    with pytest.raises(InputError, match="low has 1 ends and high 2: expected one for"):
        Block(2, (), [0.0], [1.0, 1.0])


def test_ranges_do_not_make_schemas_read_differently():
    ours, theirs = (Schema([Block(2, (), [low] * 2, [9.0] * 2)], ()) for low in (0.0, 1.0))
    assert ours.reads_like(theirs) and ours.config() != theirs.config()
    assert not ours.reads_like(Schema([Block(2, (1,))], ()))
