import gzip
import hashlib
import struct
import tracemalloc
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glassnet.base.errors import DataError
from glassnet.data.readers import idx

gzipped = partial(gzip.compress, mtime=0)  # the same bytes, and names of tests, at any time

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def header(code, *shape):
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)


def pack(array):
    code = CODES[array.dtype.str[1:]]
    return header(code, *array.shape) + array.astype(array.dtype.newbyteorder(">")).tobytes()


arrays = st.sampled_from(list(CODES)).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0))
)
GOOD = pack(np.arange(6, dtype="i2").reshape(2, 3))


@given(arrays, st.booleans())
def test_every_type_and_shape_comes_back(array, zipped):
    data = gzipped(pack(array)) if zipped else pack(array)
    back = idx.read_bytes(data, "a file")
    assert back.dtype == array.dtype
    assert back.dtype.isnative
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)
    assert back.flags.writeable


@pytest.mark.parametrize("data", [GOOD, gzipped(GOOD)])
def test_read_takes_a_path_gzipped_or_not(tmp_path, data):
    path = tmp_path / "numbers"
    path.write_bytes(data)
    assert idx.read(path).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert idx.read(str(path)).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty; expected an IDX file"),
        (gzipped(b""), "is empty; expected an IDX file"),
        (b"\0\0\x08", "is not an IDX file: it starts with the bytes 00 00 08"),
        (b"PK\x03\x04", "is not an IDX file: it starts with the bytes 50 4b 03 04"),
        (b"\0\x01\x08\x01", "is not an IDX file: it starts with the bytes 00 01 08 01"),
        (b"\0\0\x0a\x01", "is not an IDX file: it starts with the bytes 00 00 0a 01"),
        (b"\0\0\x08\0", "has 0 dimensions; expected 1 to 4"),
        (b"\0\0\x08\x05", "has 5 dimensions; expected 1 to 4"),
        (b"\0\0\x08\x02\0\0\0\x01", "truncated inside its header; get it again"),
        (
            GOOD[:-1],
            "truncated: the header promises 12 bytes of numbers, the file has 11; get it again",
        ),
        (GOOD + b"x", "has more than the 12 bytes of numbers its header promises"),
        (gzipped(GOOD)[:-9], "the gzip stream is truncated; get it again"),
        (
            header(0x0E, 2**16, 2**16),
            "its header promises shape (65536, 65536), more than the 2 GiB allowed",
        ),
        (
            header(0x08, 0, 2**32 - 1, 2**32 - 1),
            "its header promises shape (0, 4294967295, 4294967295), more than the 2 GiB allowed",
        ),
    ],
)
def test_a_file_that_is_not_exactly_idx_is_refused(data, message):
    with pytest.raises(DataError) as error:
        idx.read_bytes(data, "digits.idx")
    assert str(error.value) == f"digits.idx: {message}"


@pytest.mark.parametrize("position", [3, 12, -6])
def test_a_damaged_gzip_stream_is_refused(position):
    data = bytearray(gzipped(GOOD))
    data[position] ^= 0xFF
    with pytest.raises(DataError, match=r"^digits\.idx: .*(damaged|truncated|more than|IDX)"):
        idx.read_bytes(bytes(data), "digits.idx")


def test_the_sum_is_over_the_uncompressed_bytes():
    right = hashlib.sha256(GOOD).hexdigest()
    for data in (GOOD, gzipped(GOOD)):
        assert idx.read_bytes(data, "a", sha256=right).shape == (2, 3)
        with pytest.raises(DataError) as error:
            idx.read_bytes(data, "a", sha256="0" * 64)
        assert str(error.value) == (
            f"a: wrong contents: SHA-256 {right[:12]}…, expected 000000000000…"
        )


@pytest.mark.parametrize(
    "data",
    [
        gzipped(header(0x08, 4) + bytes(2**26)),
        gzipped(header(0x08, 2**31 - 1) + bytes(100)),
        header(0x08, 2**31 - 1),
    ],
    ids=["bomb", "gzip that promises 2 GiB", "plain that promises 2 GiB"],
)
def test_neither_a_bomb_nor_a_lying_header_takes_memory(data):
    tracemalloc.start()
    with pytest.raises(DataError):
        idx.read_bytes(data, "bomb")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**23


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    with pytest.raises(DataError) as error:
        idx.read(tmp_path / "nowhere")
    assert str(error.value) == f"there is no file {tmp_path / 'nowhere'}; check the path"
    with pytest.raises(DataError) as error:
        idx.read(tmp_path)
    assert str(error.value).startswith(f"{tmp_path}: cannot be read: ")


def only_data_errors(data):
    try:
        idx.read_bytes(data, "fuzz")
    except DataError as error:
        assert str(error).startswith("fuzz: ")
        assert "\n" not in str(error)


@given(st.binary(max_size=200))
def test_random_bytes_raise_only_data_errors(data):
    only_data_errors(data)
    only_data_errors(b"\x1f\x8b" + data)
    only_data_errors(b"\x1f\x8b\x08\0" + data)
    only_data_errors(gzipped(data))


@given(
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=4),
    st.integers(0, len(GOOD)),
    st.booleans(),
)
def test_mutated_files_raise_only_data_errors(changes, length, zipped):
    data = bytearray(GOOD)
    for position, value in changes:
        data[position] = value
    cut = bytes(data[:length])
    only_data_errors(gzipped(cut) if zipped else cut)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_mutated_gzip_raises_only_data_errors(position, value, length):
    data = bytearray(gzipped(GOOD))
    data[position % len(data)] = value
    only_data_errors(bytes(data))
    only_data_errors(bytes(data[: length % len(data)]))
