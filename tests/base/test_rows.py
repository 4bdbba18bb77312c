import os

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.errors import InputError
from glassnet.base.row_view import Rows
from glassnet.training.batches import Batches


@pytest.fixture(params=["memory", "mapped", "Fortran order"])
def source(request, tmp_path):
    values = np.arange(120, dtype=np.float32).reshape(30, 4)
    if request.param == "memory":
        return values
    np.save(tmp_path / "a.npy", values if request.param == "mapped" else np.asfortranarray(values))
    return np.load(tmp_path / "a.npy", mmap_mode="r")


@pytest.mark.parametrize("columns", [None, slice(0, 3), np.array([3, 0])])
def test_rows_are_what_indexing_gives(source, columns):
    index = np.array([7, 0, 29, 7])
    rows = Rows(source, index, columns)
    wanted = np.asarray(source)[index] if columns is None else np.asarray(source)[index][:, columns]
    assert (rows.shape, rows.ndim, len(rows), rows.size) == (wanted.shape, 2, 4, wanted.size)
    assert rows.dtype == np.float32
    assert np.array_equal(rows[:], wanted)
    assert np.array_equal(rows[1:3], wanted[1:3])
    assert np.array_equal(rows[2], wanted[2])
    assert np.array_equal(np.asarray(rows), wanted)
    assert np.asarray(rows, dtype=np.float64).dtype == np.float64
    out = np.empty((2, wanted.shape[1]), np.float32)
    assert rows.take(np.array([3, 1]), axis=0, out=out, mode="clip") is out
    assert np.array_equal(out, wanted[[3, 1]])
    assert np.array_equal(rows.take(np.array([3, 1])), wanted[[3, 1]])


def test_rows_of_rows_are_rows(source):
    rows = Rows(Rows(source, np.arange(10, 20), slice(1, 3)), np.array([9, 0]))
    assert rows[:].tolist() == [[77, 78], [41, 42]]


def test_rows_of_a_part_of_a_file_are_read_from_their_place(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(60).reshape(20, 3))
    part = np.load(tmp_path / "a.npy", mmap_mode="r")[5:15]
    rows = Rows(part, np.array([9, 0, 1, 2, 0]))
    assert rows[:].tolist() == part[[9, 0, 1, 2, 0]].tolist()
    assert rows[-1].tolist() == [15, 16, 17]


def test_a_file_that_became_shorter_is_told(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(60).reshape(20, 3))
    rows = Rows(np.load(tmp_path / "a.npy", mmap_mode="r"), np.arange(20))
    os.truncate(tmp_path / "a.npy", 300)
    with pytest.raises(OSError, match=r"a\.npy is shorter than it was"):
        rows.take(np.array([1, 19]))


def test_what_is_read_of_a_file_is_not_mapped_into_the_process(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(2**20, dtype=np.float32).reshape(-1, 4))
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    rows = Rows(mapped, np.arange(len(mapped)))
    assert rows[:].sum(dtype=np.float64) == np.arange(2**20).sum()
    assert resident_kilobytes("a.npy") == 0
    assert mapped.sum(dtype=np.float64) == np.arange(2**20).sum()
    assert resident_kilobytes("a.npy") >= 4096


def resident_kilobytes(name):
    with open("/proc/self/smaps") as file:  # noqa: PTH123
        lines = file.read().split(name)[1].splitlines()
    return int(next(line for line in lines if line.startswith("Rss:")).split()[1])


def test_batches_of_rows_are_batches_of_what_they_are(source):
    y = np.arange(30)
    index = np.arange(29, -1, -1)
    of_rows = Batches((Rows(source, index), y[index]), 8, np.float64)
    of_array = Batches((np.asarray(source)[index], y[index]), 8, np.float64)
    for one, other in zip(
        of_rows.epoch(np.random.default_rng(0)),
        of_array.epoch(np.random.default_rng(0)),
        strict=True,
    ):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("batch_size", [8, "full"])
@pytest.mark.parametrize("validation", [None, 0.25])
def test_a_network_learns_the_same_from_rows(source, batch_size, validation):
    y = np.arange(30) % 2

    def trained(x):
        net = gn.Sequential([gn.Dense(5, "tanh"), gn.Dense(2)], seed=0)
        net.fit(x, y, epochs=3, batch_size=batch_size, validation=validation)
        assert net.predict(x).shape == (30,)
        assert net.evaluate(x, y)["loss"] > 0
        return net.parameters.vector.tobytes()

    assert trained(Rows(source, np.arange(30))) == trained(np.asarray(source))


def test_what_is_not_finite_in_rows_is_named_by_its_row():
    values = np.ones((5000, 2))
    values[4500, 1] = np.nan
    with pytest.raises(
        InputError, match="1 value that is NaN or infinite, the first at index 4500"
    ):
        gn.Sequential([gn.Dense(2)]).fit(Rows(values, np.arange(5000)), np.arange(5000) % 2)
