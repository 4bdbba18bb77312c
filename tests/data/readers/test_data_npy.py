import io
import os
import tracemalloc
import warnings
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glassnet.base.errors import DataError
from glassnet.data.readers import growth
from glassnet.data.readers.npy import open_npy
from glassnet.data.readers.npz import read_npz

SMALL = 2**23  # 8 MiB: what reading in pieces may take where nothing of the numbers is there
RECORD = np.dtype([("x", "<f4"), ("label", "<U3"), ("ok", "?"), ("größe", ">i2")])
ALIGNED = np.dtype([("a", "u1"), ("b", "<f8"), ("c", "u1")], align=True)
TYPES = ["?", "i1", "u1", "<i2", ">u2", "<i4", ">i8", "<u8", "<f2", ">f4", "<f8", "<U3", ">U2"]

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
arrays = st.sampled_from(TYPES).flatmap(
    lambda dtype: hnp.arrays(
        dtype,
        hnp.array_shapes(min_dims=1, max_dims=4, min_side=1),
        elements=st.text(characters, max_size=2) if "U" in dtype else None,
    )
)


def saved(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def raw(header, body=b"", version=b"\1\0"):
    text = header.encode("utf-8" if version == b"\3\0" else "latin-1")
    width = 2 if version == b"\1\0" else 4
    return b"\x93NUMPY" + version + len(text).to_bytes(width, "little") + text + body


def promising(descr="'<f8'", shape="(3,)", body=bytes(24)):
    return raw(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n", body)


def zipped(*members, change=None, method=zipfile.ZIP_STORED):
    """A zip of (name, bytes); `change` alters what its directory says, not what is in it."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")  # of two members with one name
        for name, data in members:
            always = zipfile.ZipInfo(name)  # dated 1980, so that names of tests stay the same
            archive.writestr(always, data, method)
        for info in archive.filelist:
            if change is not None:
                change(info)
    return file.getvalue()


def claiming(size):
    return lambda info: setattr(info, "file_size", size)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Bytes as a file, and the file through a reader."""
    path = tmp_path_factory.mktemp("bytes") / "file"

    def reading(reader, data):
        path.unlink(missing_ok=True)  # an array that is still mapped keeps the old one
        path.write_bytes(data)
        return reader(path)

    reading.path = path
    return reading


def refusal(read, reader, data):
    with pytest.raises(DataError) as error:
        read(reader, data)
    name, _, message = str(error.value).partition(": ")
    assert name == str(read.path)
    assert len(str(error.value).splitlines()) == 1
    return message


@contextmanager
def at_most(size):
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()


def same(found, array):
    assert found.shape == array.shape
    assert found.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, array)


HOLLOW = promising("'|u1'", f"({2**31},)", bytes(100))
HOLLOW_CLAIM = len(HOLLOW) - 100 + 2**31


def beyond_the_end(info):
    info.file_size = info.compress_size = HOLLOW_CLAIM


GOOD = np.arange(6, dtype="<i2").reshape(2, 3)
GOOD_NPY = saved(GOOD)
GOOD_NPZ = zipped(("x.npy", GOOD_NPY), ("y.npy", saved(np.array(["no", "ja"]))))
GOOD_PACKED = zipped(("x.npy", GOOD_NPY), method=zipfile.ZIP_DEFLATED)


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


# ---- .npy


@given(arrays, st.booleans(), st.sampled_from([(1, 0), (2, 0), (3, 0)]))
def test_every_type_order_and_version_is_mapped_as_it_is(read, array, fortran, version):
    array = np.asfortranarray(array) if fortran else array
    found = read(open_npy, saved(array, version))
    same(found, array)
    assert found.dtype == array.dtype  # byte order included
    assert found.flags.f_contiguous or not fortran
    assert found.flags.c_contiguous or fortran


@pytest.mark.parametrize("dtype", [RECORD, ALIGNED])
def test_records_come_back_with_their_fields_and_padding(read, dtype):
    array = np.ones(4, dtype)
    same(read(open_npy, saved(array)), array)
    assert read(open_npy, saved(array))[dtype.names[-1]].tolist() == [1, 1, 1, 1]
    found = read(read_npz, zipped(("table.npy", saved(array))))["table"]
    same(found, array)
    assert found.dtype.isnative


def test_the_array_is_mapped_and_read_only(read):
    found = read(open_npy, GOOD_NPY)
    assert isinstance(found, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0] = 1
    assert open_npy(str(read.path)).tolist() == GOOD.tolist()


def test_a_file_larger_than_the_memory_it_takes_is_opened(tmp_path):
    path = tmp_path / "large.npy"
    start = promising(shape=f"({2**30},)", body=b"")
    path.write_bytes(start)
    os.truncate(path, len(start) + 2**33)  # 8 GiB, all of it a hole
    with at_most(SMALL):
        assert open_npy(path)[-1] == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty; expected a .npy file"),
        (
            b"PK\3\4",
            "is not a .npy file: it starts with the bytes 50 4b 03 04; use np.save",
        ),
        (GOOD_NPY[:7], "truncated inside its header; get it again"),
        (GOOD_NPY[:9], "truncated inside its header; get it again"),
        (GOOD_NPY[:30], "truncated inside its header; get it again"),
        (
            b"\x93NUMPY\4\0",
            "has version 4.0 of the format; expected 1.0, 2.0 or 3.0; save it with np.save",
        ),
        (
            b"\x93NUMPY\2\0\1\0\1\0",
            "its header claims 65537 bytes; expected at most 65536; save its numbers as one array "
            "with columns",
        ),
        (
            GOOD_NPY[:-1],
            "truncated: 1 bytes are missing: the header promises 12 bytes of numbers, the file has "
            "11; get it again",
        ),
        (
            GOOD_NPY + b"xy",
            "has 2 bytes more than the 12 bytes of numbers its header promises; get it again",
        ),
        (
            promising(shape="(4294967296, 4294967296)"),
            "its header promises shape (4294967296, 4294967296), more than a file holds; get it "
            "again",
        ),
        (
            promising(shape=f"({2**60 - 1},)"),
            f"truncated: {2**63 - 32} bytes are missing: the header promises {2**63 - 8} bytes of "
            "numbers, the file has 24; get it again",
        ),
        (promising(shape="()"), "has no rows: its shape is (); expected at least one; add rows"),
        (
            promising(shape="(0, 4)"),
            "has no rows: its shape is (0, 4); expected at least one; add rows",
        ),
        (
            promising(shape=f"(3, 0, {2**62})"),
            f"has no rows: its shape is (3, 0, {2**62}); expected at least one; add rows",
        ),
        (promising(shape=f"({'1,' * 33})"), "has 33 dimensions; expected 1 to 32; reshape it"),
    ],
)
def test_a_file_that_is_not_exactly_npy_is_refused(read, data, message):
    assert refusal(read, open_npy, data) == message


HEADER = (
    "expected descr, fortran_order (True or False), shape, and nothing else; save it with np.save"
)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "3",
        "('descr', 'fortran_order', 'shape')",
        "{'descr': '<f8', 'shape': (3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 1}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3L,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)",
        "{'descr': '\\x3cf8', 'fortran_order': False, 'shape': (3,)}",
        "{['descr']: '<f8', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': __import__('os').abort()}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "9" * 5000 + ",)}",
        "{'descr': [('a\x01', '<f8')], 'fortran_order': False, 'shape': (3,)}",
        "(" * 300 + ")" * 300,
        "(" * 2**15 + ")" * 2**15,
        "1" * 2**16,
    ],
)
@pytest.mark.parametrize("version", [b"\1\0", b"\3\0"])
def test_a_header_is_three_literals_and_nothing_else(read, header, version):
    if version == b"\1\0" and len(header) == 2**16:
        header = header[:-1]  # two bytes of length count no further
    message = refusal(read, open_npy, raw(header, bytes(24), version))
    shown = repr(header)
    shown = shown if len(shown) <= 120 else shown[:120] + "…"
    assert message == f"its header is {shown}; {HEADER}"


def test_a_header_that_is_no_text_is_refused(read):
    data = GOOD_NPY[:6] + b"\3\0\1\0\0\0\xff"
    assert refusal(read, open_npy, data) == f"its header is 'ÿ'; {HEADER}"


@pytest.mark.parametrize("shape", ["3", "[3]", "(True,)", "('3',)", "((3,),)", f"({2**63},)"])
def test_a_shape_is_whole_numbers(read, shape):
    assert refusal(read, open_npy, promising(shape=shape)) == (
        f"its shape is {shape}; expected whole numbers, such as (3, 4); save it with np.save"
    )


EXPECTED = "expected booleans, integers, floats or text"


@pytest.mark.parametrize(
    ("code", "what", "instead"),
    [
        ("|S3", "bytes", "save text, array.astype(str)"),
        ("|V8", "raw bytes", "save them as numbers, such as array.view('u1')"),
        ("<M8[s]", "dates", "save them as numbers, array.astype('int64')"),
        ("<m8[s]", "spans of time", "save them as numbers, array.astype('int64')"),
        ("<c8", "complex numbers", "save array.real and array.imag"),
        ("<c32", "complex numbers", "save array.real and array.imag"),
        ("<f16", "floats of another kind", "save array.astype('float64')"),
        ("<f3", "floats of another kind", "save array.astype('float64')"),
        ("<i3", "values of another type", "save numbers or text"),
        ("=f8", "floats of another kind", "save array.astype('float64')"),
        ("|i4", "values of another type", "save numbers or text"),
        ("<U0", "text of another length", "save text of 1 to 99,999 characters"),
        ("<U100000", "text of another length", "save text of 1 to 99,999 characters"),
        ("f8,f8", "values of another type", "save numbers or text"),
        ("", "values of another type", "save numbers or text"),
    ],
)
def test_other_types_are_refused_with_what_to_save_instead(read, code, what, instead):
    tail = f"holds {what} (type {code!r}); {EXPECTED}; {instead}"
    assert refusal(read, open_npy, promising(repr(code))) == tail
    assert refusal(read, open_npy, promising(f"[('a', {code!r})]")) == f"field 'a': {tail}"


@pytest.mark.parametrize("code", ["3", "True", "('<f8', (2,))", "{'names': ['a']}"])
def test_a_type_is_text_or_a_list_of_fields(read, code):
    assert refusal(read, open_npy, promising(code)) == (
        f"holds values of another type (type {code}); {EXPECTED}; save numbers or text"
    )


FIELD = "expected a name and the type of one value; save one field for each value"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("[]", "has no fields; expected at least one; save numbers or text"),
        ("[('', '|V8')]", "has no fields; expected at least one; save numbers or text"),
        (
            str([(str(i), "<f8") for i in range(1001)]),
            "has 1001 fields; expected at most 1000; save its numbers as one array with columns",
        ),
        (
            "[('a', '<f8'), ('a', '<f8')]",
            "has two fields 'a', or one without a name; name each",
        ),
        ("[('', '<f8')]", "has two fields '', or one without a name; name each"),
        ("['a']", f"has the field 'a'; {FIELD}"),
        ("[('a',)]", f"has the field ('a',); {FIELD}"),
        ("[('a', '<f8', (2,))]", f"has the field ('a', '<f8', (2,)); {FIELD}"),
        ("[('a', [('b', '<f8')])]", f"has the field ('a', [('b', '<f8')]); {FIELD}"),
        ("[(('title', 'a'), '<f8')]", f"has the field (('title', 'a'), '<f8'); {FIELD}"),
    ],
)
def test_fields_of_records_have_names_and_one_value(read, fields, message):
    assert refusal(read, open_npy, promising(fields)) == message


@pytest.mark.parametrize("types", [["<U99999"] * 1000, ["|V999999"] * 999 + ["<f8"]])
def test_the_longest_rows_are_no_trouble(read, types):
    fields = [(str(i) if code[1] != "V" else "", code) for i, code in enumerate(types)]
    row = np.lib.format.descr_to_dtype(fields).itemsize
    assert refusal(read, open_npy, promising(str(fields))) == (
        f"truncated: {3 * row - 24} bytes are missing: the header promises {3 * row} bytes of "
        "numbers, the file has 24; get it again"
    )


def test_objects_are_refused_and_never_unpickled(read, tmp_path):
    mark = tmp_path / "unpickled"
    array = np.array([Trap(mark)], dtype=object)
    message = (
        "holds Python objects, which need unpickling, and that can run any program (type '|O'); "
        f"{EXPECTED}; save array.astype(float) or array.astype(str)"
    )
    assert refusal(read, open_npy, saved(array)) == message
    data = zipped(("x.npy", saved(array)))
    assert refusal(read, read_npz, data) == f"member 'x.npy': {message}"
    fields = promising("[('a', '<f8'), ('b', '|O')]")
    assert refusal(read, open_npy, fields) == f"field 'b': {message}"
    assert not mark.exists()
    np.load(io.BytesIO(saved(array)), allow_pickle=True)  # the trap is one
    assert mark.exists()


BOOLEANS = "holds booleans that are neither 0 nor 1; get it again"
TEXT = "holds text with codes that are no characters; get it again"


@pytest.mark.parametrize(
    ("array", "dtype", "message"),
    [
        (np.array([0, 1, 2], "u1"), "?", BOOLEANS),
        (np.array([0x110000], "<u4"), "<U1", TEXT),
        (np.array([97, 98, 0x110000], ">u4"), ">U1", TEXT),
        (np.array([97, 0xD800], "<u4"), "<U2", TEXT),
        (np.array([97, 0xDFFF], "<u4"), "<U2", TEXT),
        (np.array([(1, 1), (1, 9)], "<f4, u1"), [("a", "<f4"), ("b", "?")], BOOLEANS),
        (np.array([(1, 2**31)], "<f4, <u4"), [("a", "<f4"), ("b", "<U1")], TEXT),
        (np.array([0] * (2**20 + 5) + [255], "u1"), "?", BOOLEANS),
    ],
)
def test_bytes_that_are_no_boolean_or_character_are_refused(read, array, dtype, message):
    data = saved(array.view(dtype))
    assert refusal(read, open_npy, data) == message
    assert refusal(read, read_npz, zipped(("x.npy", data))) == f"member 'x.npy': {message}"


# ---- files


@pytest.mark.parametrize("reader", [open_npy, read_npz])
def test_what_is_no_readable_file_is_refused(tmp_path, reader):
    pipe, loop, closed = tmp_path / "pipe", tmp_path / "loop", tmp_path / "closed"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    other = "is a folder, pipe or device; expected a file; check the path"
    for path, message in [
        (tmp_path / "none", f"there is no file {tmp_path / 'none'}; check the path"),
        (tmp_path, f"{tmp_path}: {other}"),
        (pipe, f"{pipe}: {other}"),
        ("/dev/zero", f"/dev/zero: {other}"),
        (loop, f"{loop}: cannot be read: Too many levels of symbolic links"),
        (closed / "x", f"there is no file {closed / 'x'}; check the path"),
        ("a\0b", "a\0b: cannot be read: embedded null byte"),
    ]:
        with pytest.raises(DataError) as error:
            reader(path)
        assert str(error.value) == message


@pytest.mark.parametrize("reader", [open_npy, read_npz])
def test_a_file_without_permission_is_refused(tmp_path, reader):
    path = tmp_path / "closed"
    path.touch(mode=0o000)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # nobody forbids root anything
    try:
        with pytest.raises(DataError) as error:
            reader(path)
    finally:
        os.seteuid(user)
    assert str(error.value) == f"{path}: cannot be read: Permission denied"


# ---- .npz


@given(st.dictionaries(st.sampled_from("abcd"), arrays, min_size=1), st.booleans())
def test_every_array_of_a_zip_comes_back_in_native_order(read, given_arrays, packed):
    file = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(file, **given_arrays)
    found = read(read_npz, file.getvalue())
    assert list(found) == list(given_arrays)
    for name, array in given_arrays.items():
        same(found[name], array)
        assert found[name].dtype.isnative
        assert found[name].flags.writeable


def test_members_may_lie_in_folders_and_in_fortran_order(read):
    array = np.asfortranarray(GOOD)
    found = read(read_npz, zipped(("layer/0/W.npy", saved(array))))
    same(found["layer/0/W"], GOOD)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "File is not a zip file"),
        (GOOD_NPY, "File is not a zip file"),
        (GOOD_NPZ[:-1], "File is not a zip file"),
        (GOOD_NPZ[30:], "Invalid argument"),
        (GOOD_NPZ[-100:], "Bad offset for central directory"),
        (GOOD_NPZ[:30] + b"z" + GOOD_NPZ[31:], "File name in directory 'x.npy' and header"),
        (GOOD_NPZ.replace(GOOD_NPY, GOOD_NPY[:-1] + b"z"), "Bad CRC-32 for file 'x.npy'"),
        (GOOD_PACKED[:35] + b"\xff" + GOOD_PACKED[36:], "Error -3 while decompressing data"),
        (
            zipped(("x.npy", GOOD_NPY), change=lambda info: setattr(info, "header_offset", 2**63)),
            "",
        ),
        (
            zipped(("x.npy", GOOD_NPY), change=lambda info: setattr(info, "flag_bits", 0x20)),
            "compressed patched data",
        ),
    ],
)
def test_what_is_no_whole_zip_is_refused(read, data, message):
    found = refusal(read, read_npz, data)
    assert found.startswith(f"is not a .npz file, or a damaged one: {message}")
    assert found.endswith("; get it again, or save it with np.savez")


def test_promises_beyond_the_file_are_refused_before_and_while_they_are_read(read, monkeypatch):
    data = zipped(("x.npy", HOLLOW), change=beyond_the_end)
    assert refusal(read, read_npz, data).startswith(
        f"promises {HOLLOW_CLAIM} bytes, more than 50 times its size: save its arrays with np.savez"
    )
    monkeypatch.setattr(growth, "MIN_BOMB", 2**32)
    said = refusal(read, read_npz, data)  # by zipfile itself, where it looks for such files
    assert "or a damaged one: it ends too early" in said or "Overlapped entries" in said


NOT_NPY = "is not a .npy file; save arrays alone, with np.savez"
OUTSIDE = "has a name that leads outside; save it with np.savez"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x.txt", NOT_NPY),
        ("x", NOT_NPY),
        (".npy", NOT_NPY),
        ("x.npy/", NOT_NPY),
        ("x\n.npy", NOT_NPY),
        ("/x.npy", OUTSIDE),
        ("\\x.npy", OUTSIDE),
        ("C:\\x.npy", OUTSIDE),
        ("c:/x.npy", OUTSIDE),
        ("../x.npy", OUTSIDE),
        ("a/../x.npy", OUTSIDE),
    ],
)
def test_members_are_npy_files_inside(read, name, message):
    data = zipped(("good.npy", GOOD_NPY), (name, GOOD_NPY))
    assert refusal(read, read_npz, data) == f"member {name!r}: {message}"


def test_a_name_that_hides_another_is_refused(read):
    data = zipped(("good.npy", GOOD_NPY), ("good.npy_.npy", GOOD_NPY))
    data = data.replace(b"good.npy_.npy", b"good.npy\0.npy")
    assert refusal(read, read_npz, data) == f"member 'good.npy\\x00.npy': {NOT_NPY}"


def test_two_members_of_one_name_are_refused(read):
    data = zipped(("x.npy", GOOD_NPY), ("x.npy", GOOD_NPY))
    assert refusal(read, read_npz, data) == "member 'x.npy': is there twice; rename one"


@pytest.mark.parametrize("bit", [0x1, 0x40, 0x2000])
def test_an_encrypted_member_is_refused(read, bit):
    data = zipped(("x.npy", GOOD_NPY), change=lambda info: setattr(info, "flag_bits", bit))
    assert refusal(read, read_npz, data) == (
        "member 'x.npy': is encrypted; expected an array as it is; save it with np.savez"
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_without_a_bound_is_refused(read, method):
    data = zipped(("x.npy", saved(np.zeros(2**25, "u1"))), method=method)
    with at_most(SMALL):
        message = refusal(read, read_npz, data)
    assert message == (
        f"member 'x.npy': is compressed by method {method}; expected none or deflate; save it with "
        "np.savez_compressed"
    )


def test_the_count_of_members_has_bounds(read):
    members = [(f"{i}.npy", GOOD_NPY) for i in range(1001)]
    assert len(read(read_npz, zipped(*members[:1000]))) == 1000
    message = "has {} members; expected 1 to 1000 arrays; save it with np.savez"
    assert refusal(read, read_npz, zipped(*members)) == message.format(1001)
    assert refusal(read, read_npz, zipped()) == message.format(0)


def test_a_long_list_of_members_is_not_read(read):
    data = zipped(
        *[(f"{i}.npy", b"") for i in range(20)],
        change=lambda info: setattr(info, "comment", bytes(60_000)),
    )
    with at_most(SMALL):
        assert refusal(read, read_npz, data) == (
            "its list of members is longer than 1 MiB; save fewer arrays, or shorter names"
        )


def test_more_than_4_gib_are_refused_before_anything_is_read(read):
    large = promising("'|u1'", f"({2**31},)", b"")
    claim = claiming(2**31 + 1)
    data = zipped(("x.npy", large), ("y.npy", large), change=claim)
    with at_most(SMALL):
        message = refusal(read, read_npz, data)
    assert message == (
        f"promises {2**32 + 2} bytes; expected at most {2**32}; save each array as a .npy file, "
        "which is mapped instead of read"
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("count", [3, 100_000])
def test_a_member_must_be_as_long_as_promised(read, method, count):
    def message(numbers, shape, claimed):
        start = promising("'|u1'", f"({shape},)", b"")
        data = zipped(
            ("x.npy", start + bytes(numbers)), change=claiming(len(start) + claimed), method=method
        )
        return refusal(read, read_npz, data).removeprefix("member 'x.npy': ")

    assert message(count + 1, count, count).startswith("unpacks to more than the ")
    assert message(count - 1, count, count) == (
        f"truncated: 1 of its {count} bytes of numbers are missing; get it again"
    )
    assert message(count, count + 1, count).startswith("truncated: 1 bytes are missing: the header")
    assert message(count, count - 1, count).startswith("has 1 bytes more than the ")
    assert message(count, count, count + 1).startswith("has 1 bytes more than the ")
    assert message(count, count, count - 1).startswith("truncated: 1 bytes are missing: the header")
    assert message(count, count, -9).endswith(
        f"{count} bytes of numbers, the file has 0; get it again"
    )


# ---- memory

ZEROS = bytes(2**26)


@pytest.mark.parametrize(
    ("reader", "data"),
    [
        (open_npy, promising(shape=f"({2**40},)")),
        (open_npy, b"\x93NUMPY\2\0\xff\xff\xff\xff{"),
        (open_npy, promising("'|b1'", f"({2**26},)", ZEROS[1:] + b"\2")),
        (open_npy, promising("'<U64'", f"({2**18},)", ZEROS[4:] + b"\0\xd8\0\0")),
        (read_npz, zipped(("x.npy", HOLLOW), change=claiming(HOLLOW_CLAIM))),
        (read_npz, zipped(("x.npy", HOLLOW), change=beyond_the_end)),
        (
            read_npz,
            zipped(
                ("x.npy", HOLLOW),
                change=claiming(HOLLOW_CLAIM),
                method=zipfile.ZIP_DEFLATED,
            ),
        ),
        (
            read_npz,
            zipped(
                ("x.npy", promising("'|u1'", "(3,)", ZEROS)),
                change=claiming(len(promising("'|u1'", "(3,)", b"abc"))),
                method=zipfile.ZIP_DEFLATED,
            ),
        ),
        (
            read_npz,
            zipped(("x.npy", promising("'|u1'", "(3,)", ZEROS)), method=zipfile.ZIP_DEFLATED),
        ),
    ],
    ids=[
        "shape",
        "header length",
        "last boolean",
        "last character",
        "hollow member",
        "hollow member that claims to be whole",
        "hollow member, packed",
        "bomb with a small claim",
        "bomb with a small header",
    ],
)
def test_neither_a_bomb_nor_a_lie_takes_memory(read, reader, data):
    with at_most(SMALL), pytest.raises(DataError):
        read(reader, data)


@pytest.mark.parametrize("text", ["1,", "(),", "('',''),", "'',"])
def test_the_longest_header_takes_at_most_32_mib(read, text):
    header = "(" + text * ((2**16 - 2) // len(text)) + ")"
    data = raw(header, version=b"\3\0")
    with at_most(2**25):
        refusal(read, open_npy, data)


@pytest.mark.parametrize(("dtype", "times"), [("<f8", 1), (">f8", 2)])
def test_a_good_zip_takes_its_size_and_once_more_in_another_byte_order(read, dtype, times):
    size = 2**25
    data = zipped(("x.npy", saved(np.zeros(size // 8, dtype))), method=zipfile.ZIP_DEFLATED)
    with at_most(times * size + SMALL + size // 8):  # what grows is given an eighth more
        read(read_npz, data)


# ---- fuzz


def only_data_errors(read, reader, data):
    with at_most(SMALL):
        try:
            found = read(reader, data)
        except DataError as error:
            assert str(error).startswith(f"{read.path}: ")
            assert len(str(error).splitlines()) == 1
        else:
            for array in found.values() if isinstance(found, dict) else [found]:
                repr(array.tolist()).encode()  # every value can be looked at


@pytest.mark.parametrize("reader", [open_npy, read_npz])
def test_a_file_cut_anywhere_is_refused(read, reader):
    for good in (GOOD_NPY,) if reader is open_npy else (GOOD_NPZ, GOOD_PACKED):
        assert read(reader, good) is not None
        for length in range(len(good)):
            refusal(read, reader, good[:length])


@given(st.binary(max_size=200))
def test_random_bytes_raise_only_data_errors(read, data):
    only_data_errors(read, open_npy, data)
    only_data_errors(read, open_npy, b"\x93NUMPY" + data)
    only_data_errors(read, open_npy, raw(data.decode("latin-1"), data))
    only_data_errors(read, read_npz, data)
    only_data_errors(read, read_npz, GOOD_NPZ + data)
    only_data_errors(read, read_npz, data + GOOD_NPZ[-22:])
    only_data_errors(read, read_npz, zipped(("x.npy", data)))


def mutated(data, changes, length):
    data = bytearray(data)
    for position, value in changes:
        data[position % len(data)] = value
    return bytes(data[: len(data) - length])


changes = st.lists(st.tuples(st.integers(0, 2**12), st.integers(0, 255)), max_size=4)
cuts = st.one_of(st.just(0), st.integers(0, 200))
GOOD_FILES = [GOOD_NPY, saved(np.ones(3, RECORD)), saved(np.array(["ja", "nö"])), saved(GOOD > 2)]


@given(st.sampled_from(GOOD_FILES), changes, cuts)
def test_mutated_files_raise_only_data_errors(read, good, changes, cut):
    data = mutated(good, changes, cut)
    only_data_errors(read, open_npy, data)
    only_data_errors(read, read_npz, zipped(("x.npy", data), method=zipfile.ZIP_DEFLATED))


WORDS = """
'descr' 'fortran_order' 'shape' '<f8' '|O' '<U3' '<U99999' True False ( ) [ ] { } , : ' " 0 3
9223372036854775808 ('a','<f8'),('','|V4') 'descr':[('a','<f8')], 'fortran_order':True, 'shape':(1,)
"""


@given(st.lists(st.sampled_from(WORDS.split()), max_size=30), st.booleans(), st.binary(max_size=60))
def test_headers_of_likely_words_raise_only_data_errors(read, words, braces, body):
    header = "".join(words)
    only_data_errors(read, open_npy, raw(f"{{{header}}}" if braces else header, body))


@given(st.sampled_from([GOOD_NPZ, GOOD_PACKED]), changes, cuts)
def test_mutated_zips_raise_only_data_errors(read, good, changes, cut):
    only_data_errors(read, read_npz, mutated(good, changes, cut))


@given(
    st.sampled_from([GOOD_NPZ, GOOD_PACKED]),
    st.sampled_from(["file_size", "compress_size", "header_offset", "CRC", "compress_type"]),
    st.integers(0, 2**16 - 1),
    st.booleans(),
)
def test_directories_that_lie_raise_only_data_errors(read, good, field, value, large):
    if large and field != "compress_type":
        value <<= 16
    data = zipped(("x.npy", GOOD_NPY), change=lambda info: setattr(info, field, value))
    only_data_errors(read, read_npz, data)
