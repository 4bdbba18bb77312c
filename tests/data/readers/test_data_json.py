import gzip
import json
import tempfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet.base.errors import DataError, GlassnetError
from glassnet.data import load
from glassnet.data.readers.json import Json
from glassnet.data.sources.table_file import load_table, read
from glassnet.workflows.predict import predict

pytest.importorskip("pandas")


def frame_of(path):
    return read(Json(path)).replace({np.nan: None}).to_dict("list")


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": np.where(rng.random(60) < 0.1, np.nan, rng.normal(size=60).round(4)),
            "whole": rng.integers(0, 1000, 60),
            "word": rng.choice(["u", "v, w", None], 60),
            "flag": rng.choice([True, False], 60),
            "day": pd.date_range("2020-01-01", periods=60).astype(str),
            "t": rng.choice(["yes", "no"], 60),
        }
    )


def written(frame, folder):
    """The table in every form of JSON that pandas writes."""
    lines = frame.to_json(orient="records", lines=True)
    contents = {
        "lines.jsonl": lines, "lines.ndjson": lines, "lines.json": lines,
        **{f"{how}.json": frame.to_json(orient=how)
           for how in ("records", "columns", "split", "table")},
        "lists.json": json.dumps(frame.replace({np.nan: None}).to_dict("list"), indent=1),
        "indented.json": frame.to_json(orient="records", indent=2),
    }  # fmt: skip
    for name, content in contents.items():
        (folder / name).write_text(content)
    (folder / "z.jsonl.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    (folder / "wide.json").write_text(contents["records.json"], "utf-16")
    return [*contents, "z.jsonl.gz", "wide.json"]


def test_every_form_trains_to_the_bits_of_a_text_table(frame, tmp_path):
    frame.to_csv(tmp_path / "t.csv", index=False)
    first = load(tmp_path / "t.csv")
    for name in written(frame, tmp_path):
        other = load(tmp_path / name, drop=["index"] if name == "table.json" else None)
        assert other.x_train.tobytes() == first.x_train.tobytes(), name
        assert other.x_test.tobytes() == first.x_test.tobytes(), name
        assert other.y_train.tolist() == first.y_train.tolist(), name
        assert other.classes == first.classes, name


def test_predictions_are_those_of_a_text_table(frame, tmp_path):
    frame.to_csv(tmp_path / "t.csv", index=False)
    data = load(tmp_path / "t.csv")
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], seed=0)
    net.classes, net.schema = data.classes, data.schema
    net.fit(data.x_train, data.y_train, epochs=2)
    predict(net, tmp_path / "t.csv", tmp_path / "first.csv", proba=True, identifier="day")
    for name in written(frame, tmp_path):
        predict(net, tmp_path / name, tmp_path / "o.csv", proba=True, identifier="day")
        assert (tmp_path / "o.csv").read_bytes() == (tmp_path / "first.csv").read_bytes(), name


def test_records_may_lack_columns_and_bring_new_ones(table):
    path = table('{"a": 1}\n{}\n\n{"b": "x", "a": null}\n{"c": true, "a": 2.50}', "t.jsonl")
    assert frame_of(path) == {
        "a": [1, None, None, 2.5], "b": [None, None, "x", None], "c": [None, None, None, True]
    }  # fmt: skip


def test_text_is_as_written_and_so_are_numbers(table):
    path = table(
        '[{"a": "007", "b": 1.50, "c": true}, {"a": "x,y\\n1", "b": 1e3, "c": null}]', "t.json"
    )
    (piece,) = Json(path).pieces({"a", "b", "c"})
    assert piece.fillna("").to_dict("list") == {
        "a": ["007", "x,y\n1"], "b": ["1.50", "1e3"], "c": ["True", ""]
    }  # fmt: skip


def test_odd_characters_stay(table):
    path = table(
        r'[{"a": "q\u001fz", "b": 1}, {"a": "\"", "b": 2}, {"a": "é\ud800", "b": 3}]', "t.json"
    )
    assert frame_of(path)["a"] == ["q\x1fz", '"', "é\\ud800"]


def test_gaps_are_words_here_too(table):
    rows = [{"a": n, "b": ["x", "-", "None"][n % 3], "t": "pq"[n % 2]} for n in range(30)]
    path = table(json.dumps(rows), "t.json")
    assert "'None' is a gap: 10 in 'b'" in load(path).notes
    assert load(path, keep_na=True).feature_names == ("a", "b=-", "b=None", "b=x")
    assert "'-' is a gap: 10 in 'b'" in load(path, na="-").notes


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is empty; expected JSON: a list of records, or a record in each line"),
        ("a,b\n1,2\n", "begins with 'a'; expected JSON"),
        ("[]", "has no records with values; add some"),
        ("{}", "has no records with values; add some"),
        ("[1, 2]", "record 1 is a value: expected an object with a value for each column"),
        ('[{"a": 1}, [2]]', "record 2 is a list: expected an object"),
        ('[{"a": 1},\n{"a": [1]}]', "column 'a', data row 2 holds a list: expected a number"),
        ('{"a": 1}\n{"a": {"b": 1}}', "column 'a', data row 2 holds an object"),
        ('[{"a": 1}\n{"a": 2}]', "line 2: expected , or ] after a record, got '{'"),
        ('[{"a": 1},\n', "line 2: is not JSON"),
        ('[{"a": 1}', "line 1: expected , or ] after a record, and the file ends"),
        ('[{"a": 1}]\n3', "line 2: expected nothing after the list, got '3'"),
        ('{"a": 1}\n{"a": 2}\n{"a":', "line 3: is not JSON"),
        ('{"a": 1}\n{"a": "2}\n', "line 2: is not JSON: Invalid control character"),
        ('[{"a": 1, "a": 2}]', "a record has two values 'a'; rename one"),
        ('{"a": [1, 2], "b": [3]}', "column 'b' has 1 value and column 'a' 2: expected the same"),
        ('{"a": [1, 2], "b": 3}', "'b' is a value: expected the values of a column, in a list"),
        ('{"a": {"0": 1, "1": 2}, "b": {"0": 3, "2": 4}}', "'b' has 2 values and column 'a'"),
        ('{"a": {"0": 1}, "b": [3]}', "'b' is a list: expected the values of"),
        ('{"columns": ["a"], "data": [[1], [2, 3]]}', "data row 2 has 2 values: expected one"),
        ("[" * 100_000, "is nested too deeply; is this a table?"),
        ('{"a": ' * 100_000, "is nested too deeply; is this a table?"),
        ('[{"a\\u0001": 1}]', "with a control character: rename it"),
        (b'[{"a": "\xff"}]', "is not UTF-8 text in line 1"),
        (gzip.compress(b'[{"a": 1}]', mtime=0)[:-9], "the gzip stream is"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_with_its_place(table, content, expected):
    path = table(content, "t.json")
    with pytest.raises(DataError) as error:
        load_table(path)
    assert str(error.value).startswith(f"{path}: ")
    assert expected in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no file .*none\.jsonl"):
        load(tmp_path / "none.jsonl")


def test_a_list_in_one_line_may_be_long_and_a_record_may_not(table, monkeypatch):
    rows = [{"a": n, "b": "x" * 100} for n in range(1000)]
    monkeypatch.setattr("glassnet.data.readers.json.MAX_RECORD", 200)
    monkeypatch.setattr("glassnet.data.readers.json._Values.next.__defaults__", (200,))
    assert len(frame_of(table(json.dumps(rows), "t.json"))["a"]) == 1000
    path = table('[{"a": 1}, {"a": "' + "x" * 200_000 + '"}]', "t.json")
    with pytest.raises(DataError, match="does not end within 200 characters"):
        Json(path)


def test_the_copy_is_bounded_and_removed(table, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "copies"))
    (tmp_path / "copies").mkdir()
    path = table('[{"a": 1, "b": 2}]', "t.json")
    opened = Json(path)
    assert len(list((tmp_path / "copies").iterdir())) == 1
    del opened
    assert not list((tmp_path / "copies").iterdir())
    many = "\n".join(f'{{"c{n}": 1}}' for n in range(20_000))  # the row of each is a bit longer
    with pytest.raises(DataError, match="becomes more than 67108864 characters of text"):
        Json(table(many, "t.jsonl"))
    assert not list((tmp_path / "copies").iterdir())


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
ROWS = st.lists(st.dictionaries(st.sampled_from("abcd"), LEAVES, max_size=4), max_size=8)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200
)
@example("[{}]")
@given(
    st.one_of(
        st.binary(max_size=60), TREES.map(json.dumps), ROWS.map(json.dumps),
        ROWS.map(lambda rows: "\n".join(map(json.dumps, rows))),
        st.text('[]{}",:1aé\n \\-.e', max_size=30),
    )
)  # fmt: skip
def test_any_bytes_are_a_table_or_refused_in_one_line(table, content):
    path = table(content, "t.json")
    try:
        data = load_table(path)
    except GlassnetError as error:
        assert str(error).startswith(str(path))
        assert "\n" not in str(error)
    else:
        assert np.isfinite(data.x_train).all()
        assert len(data.x_train) + len(data.x_test) > 0
