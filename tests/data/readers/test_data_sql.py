"""Tables and queries of databases: SQLite always, PostgreSQL where its server is installed."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet.base.addresses import without_password
from glassnet.base.errors import DataError, GlassnetError, MissingPackageError
from glassnet.cli.app import run
from glassnet.data import load
from glassnet.data.readers import sql
from glassnet.data.readers.sql import Sql
from glassnet.data.sources.table_file import load_table, read
from glassnet.workflows.predict import Reading, predict
from tests.postgresql import PASSWORD, QUOTED

sqlalchemy = pytest.importorskip("sqlalchemy", reason="databases need SQLAlchemy")
N = 300


def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    age = pd.array(rng.integers(18, 90, N), dtype="Int64")
    age[::9] = pd.NA
    frame = pd.DataFrame(
        {
            "nr": np.arange(N),
            "age": age,
            "size": rng.normal(size=N).round(3),
            "plan": rng.choice(["basic", "plus", "pro"], N),
            "paid": rng.random(N) < 0.5,
            "since": pd.date_range("2021-03-01", periods=N, freq="2D").strftime("%Y-%m-%d"),
        }
    )
    return frame.assign(stays=np.where((frame["size"] > 0) ^ frame["paid"], "yes", "no"))


@pytest.fixture
def base(tmp_path):
    """A database of SQLite with the table `people`, and its address."""
    path = tmp_path / "own.db"
    with closing(sqlite3.connect(path)) as connection:
        people().to_sql("people", connection, index=False)
        connection.commit()
    return f"sqlite:///{path}"


def make(tmp_path, *statements, name="own.db"):
    path = tmp_path / name
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return f"sqlite:///{path}"


def same(a, b):
    assert a.x_train.tobytes() == b.x_train.tobytes()
    assert a.x_test.tobytes() == b.x_test.tobytes()
    assert a.y_train.tobytes() == b.y_train.tobytes()
    assert (a.classes, a.feature_names, a.target) == (b.classes, b.feature_names, b.target)


# ---- SQLite


def test_a_table_and_a_query_are_what_the_same_csv_is(base, tmp_path):
    people().to_csv(tmp_path / "people.csv", index=False)
    text, table = load(tmp_path / "people.csv"), load(f"{base}::people")
    same(text, table)
    same(text, load(base, query="select * from people order by nr"))
    assert table.name == "people"
    assert not any("primary key" in note for note in table.notes)


def test_predictions_are_the_same_bits(base, tmp_path):
    people().to_csv(tmp_path / "people.csv", index=False)
    data = load(f"{base}::people")
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], seed=0)
    net.classes, net.schema = data.classes, data.schema
    net.fit(data.x_train, data.y_train, epochs=2)
    said = []
    for name, source in (("a", f"{base}::people"), ("b", tmp_path / "people.csv"), ("c", base)):
        how = Reading(given={"query": "select * from people"} if name == "c" else {})
        rows, notes = predict(net, source, tmp_path / f"{name}.csv", proba=True, how=how)
        assert rows == N
        said.append(notes.lines())
    assert said[0] == said[1] == said[2]
    assert all("in training" in line for line in said[0])
    first = (tmp_path / "a.csv").read_bytes()
    assert first == (tmp_path / "b.csv").read_bytes() == (tmp_path / "c.csv").read_bytes()


def test_pieces_do_not_change_what_is_read(base, monkeypatch):
    whole = read(Sql(f"{base}::people"))
    monkeypatch.setattr(sql, "piece_rows", lambda columns: 64)
    table = Sql(f"{base}::people")
    pieces = list(table.pieces())
    assert [len(piece) for piece in pieces] == [64, 64, 64, 64, 44]
    assert pieces[1].index[0] == 64
    pd.testing.assert_frame_equal(read(table), whole)
    monkeypatch.setattr(sql, "FETCHED", 8)
    pd.testing.assert_frame_equal(read(table), whole)


def test_values_keep_their_types(tmp_path):
    base = make(
        tmp_path,
        "create table t (id integer primary key, big integer, x real, flag boolean, zip text, "
        "any, at text)",
        "insert into t values (1, 9007199254740993, 1.5, 1, '007', 3, '2020-01-02')",
        "insert into t values (2, NULL, NULL, 0, '012', 'three', NULL)",
        "insert into t values (3, 9007199254740995, 2, NULL, NULL, 2.0, '2020-01-04')",
    )
    frame = read(Sql(f"{base}::t"))
    assert frame["big"].tolist() == [9007199254740993, pd.NA, 9007199254740995]
    assert frame["x"].isna().tolist() == [False, True, False]
    assert frame["flag"].tolist() == [True, False, pd.NA]
    assert frame["zip"].tolist()[:2] == ["007", "012"]
    assert frame["any"].tolist() == ["3", "three", "2"]
    assert frame["at"].isna().sum() == 1


def test_a_column_that_is_numbers_first_and_text_later_is_text(tmp_path, monkeypatch):
    monkeypatch.setattr(sql, "piece_rows", lambda columns: 64)
    values = ", ".join(f"({n if n < 100 else repr(str(n) + 'x')}, {n})" for n in range(200))
    base = make(tmp_path, "create table t (a, b)", f"insert into t values {values}")
    assert read(Sql(f"{base}::t"))["a"].tolist()[98:102] == ["98", "99", "100x", "101x"]


def test_the_order_is_that_of_the_key(tmp_path):
    base = make(
        tmp_path,
        "create table t (id integer, part text, a real, primary key (part, id))",
        "create index i on t (a)",
        "insert into t values (2, 'b', 1), (1, 'b', 3), (9, 'a', 2)",
        "create view v as select a from t",
    )
    assert read(Sql(f"{base}::t"))["id"].tolist() == [9, 1, 2]
    assert next(Sql(f"{base}::t").pieces(columns=["a"]))["a"].tolist() == [2, 3, 1]
    assert Sql(f"{base}::t").notes == ()
    assert (
        "'v' has no primary key: its rows come as the database stores" in Sql(f"{base}::v").notes[0]
    )
    assert "no ORDER BY" in Sql(base, "select * from t").notes[0]
    assert Sql(base, "select * from t order  by id").notes == ()
    query = "select a, a * a as b from (select a from t union all select a + 9 from t)"
    assert "no ORDER BY" in load_table(base, query=query, task="regression").notes[2]


WRITING = [
    "delete from people",
    "with x as (select 1) delete from people",
    "with x as (select 1) insert into people select * from people",
    "select 1; delete from people",
    "attach 'other.db' as other",
    "pragma journal_mode = off",
    "vacuum into 'other.db'",
    "",
    "-- select\n drop table people",
]


@pytest.mark.parametrize("query", WRITING)
def test_a_query_that_writes_is_refused(base, query, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = (tmp_path / "own.db").read_bytes()
    with pytest.raises(DataError) as error:
        load(base, query=query)
    assert len(str(error.value).splitlines()) == 1
    assert (tmp_path / "own.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["own.db"]


def test_a_database_that_nobody_may_write_is_read(base, tmp_path):
    (tmp_path / "own.db").chmod(0o444)
    assert len(read(Sql(f"{base}::people"))) == N


@pytest.mark.parametrize(
    ("address", "options", "expected"),
    [
        ("{base}::peple", {}, "there is no table 'peple': choose one of people"),
        ("{base}", {}, "names no table: add ::TABLE, or give a query"),
        ("{base}::people", {"query": "select 1"}, "names a table, and there is a query"),
        ("sqlite:///no.db::t", {}, "there is no file no.db; check the path"),
        ("sqlite://::t", {}, "names no database: expected sqlite:///FILE::TABLE"),
        ("sqlite:////tmp::t", {}, "cannot be read: it is a folder"),
        ("{base}?mode=rw::t", {}, "has settings after the question mark"),
        ("postgresql://u:pw@h:port/d::t", {}, "is no address of a database"),
        ("postgresql://u@h/d?password=pw::t", {}, "has a password after the question mark"),
        ("{base}", {"query": "select nope from people"}, "no such column: nope"),
        ("{base}", {"query": "select 1 a, 2 a"}, "two columns 'a': rename one, with a as …"),
        ("{base}", {"query": "select * from people where 0"}, "has no rows; add rows"),
        (
            "{base}",
            {"query": "select x'00' as raw, 1 as y"},
            "column 'raw' holds values of the type",
        ),
        ("{base}::people", {"separator": ";"}, "are of text files"),
        ("{base}::people", {"target": "nope"}, "has no column 'nope'"),
        ("{base}", {"query": "select zeroblob(5000000), 1 as y"}, "too big"),
    ],
)
def test_what_cannot_be_read_is_one_line(base, address, options, expected):
    address = address.format(base=base)
    with pytest.raises(DataError) as error:
        load(address, **options)
    said = str(error.value)
    assert expected in said
    assert len(said.splitlines()) == 1
    assert "pw" not in said
    assert said.count("sqlite:///") <= 2


def test_a_query_is_for_databases(tmp_path):
    people().to_csv(tmp_path / "people.csv", index=False)
    with pytest.raises(DataError, match="a query is for a database"):
        load(tmp_path / "people.csv", query="select 1")


@given(st.binary(max_size=400), st.integers(0, 8000))
@example(b"", 0)
@example(b"SQLite format 3\0" + bytes(84), 0)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_a_table_or_a_data_error(base, tmp_path, garbage, place):
    whole = (tmp_path / "own.db").read_bytes()
    broken = garbage if place == 0 else whole[:place] + garbage + whole[place + len(garbage) :]
    (tmp_path / "broken.db").write_bytes(broken)
    try:
        read(Sql(f"sqlite:///{tmp_path}/broken.db::people"))
    except GlassnetError as error:
        assert len(str(error).splitlines()) == 1


def test_missing_packages_are_named(base, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sqlalchemy", None)
    with pytest.raises(MissingPackageError, match=r"SQLAlchemy: .*glassnet\[sql\]"):
        load(f"{base}::people")


def test_the_command_line(base, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["train", f"{base}::people", "--test", f"{base}::people", "--epochs", "1"]) == 0
    assert Path("people.safetensors").exists()
    query = "select * from people where nr < 9 order by nr"
    assert run(["predict", "people.safetensors", base, "--query", query, "--out", "p.csv"]) == 0
    assert len(Path("p.csv").read_text().splitlines()) == 10
    assert run(["evaluate", "people.safetensors", f"{base}::people", "--json"]) == 0
    assert run(["plot", "confusion", "people.safetensors", f"{base}::people"]) == 0
    assert run(["plot", "scatter", f"{base}::people"]) == 0
    assert run(["plot", "weights", f"{base}::people"]) == 2
    assert "is a URL" in capsys.readouterr().err
    assert run(["data", base, "--query=delete from people"]) == 2
    assert "a query has to read" in capsys.readouterr().err
    assert run(["train", f"{base}::people", "--out", "sqlite:///x.db"]) == 2
    assert "is a URL" in capsys.readouterr().err


# ---- passwords


def test_no_password_is_shown_or_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for address in ("postgresql://u:s3cret@127.0.0.1:1/d::t", "mysql://u:s3cret@h/d::t"):
        for words in (["train", address], ["train", "iris", "--test", address], ["run", address]):
            assert run(words) == 2
            assert "s3cret" not in "".join(capsys.readouterr())
    assert without_password("postgresql://u:a@b:c/@h/d") == "postgresql://u@h/d"
    assert without_password("https://u@h/a?x-amz-Signature=9f&n=1") == (
        "https://u@h/a?x-amz-Signature=***&n=1"
    )


# ---- PostgreSQL


@pytest.fixture(scope="module")
def filled(postgresql):
    """The address of a database with `people`, and what runs statements in it."""
    frame, address = people(), sqlalchemy.make_url(postgresql)
    engine = sqlalchemy.create_engine(address.set(drivername="postgresql+psycopg"))
    frame.to_sql("people", engine, index=False)
    frame.sample(frac=1, random_state=0).to_sql("keyed", engine, index=False)

    def do(*statements):
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(sqlalchemy.text(statement))

    do("alter table keyed add primary key (nr)")
    yield postgresql, do
    engine.dispose()


def test_postgresql_is_what_the_same_csv_is(filled, tmp_path):
    address, _ = filled
    people().to_csv(tmp_path / "people.csv", index=False)
    text = load(tmp_path / "people.csv")
    keyed = load(f"{address}::keyed")
    same(text, keyed)
    same(text, load(f"{address}::public.people"))
    same(text, load(address, query="select * from keyed order by nr"))
    assert not any("primary key" in note for note in keyed.notes)
    assert any("no primary key" in note for note in load(f"{address}::people").notes)


def test_types_of_postgresql(filled):
    address, do = filled
    do(
        "create table kinds (id bigint primary key, small smallint, price numeric(9, 2), "
        "whole numeric(20, 0), day date, at timestamptz, ok boolean, word varchar(9), "
        "key uuid, at_noon time)",
        "insert into kinds values (1, 5, 9.25, 9007199254740993, '2020-01-02', "
        "'2020-01-02 12:00+02', true, '007', gen_random_uuid(), '12:00')",
        "insert into kinds values (9007199254740995, null, null, null, null, null, null, null, "
        "null, null)",
    )
    frame = read(Sql(f"{address}::kinds"))
    assert frame["id"].tolist() == [1, 9007199254740995]
    assert frame["whole"].tolist() == [9007199254740993, pd.NA]
    assert frame["price"].tolist()[0] == 9.25
    assert frame["day"].iloc[0] == pd.Timestamp("2020-01-02")
    assert frame["at"].iloc[0] == pd.Timestamp("2020-01-02 10:00")
    assert frame["ok"].tolist() == [True, pd.NA]
    assert frame["word"].iloc[0] == "007"
    assert frame.drop(columns="id").isna().iloc[1].all()
    do("create table odd (id int primary key, tags text[])", "insert into odd values (1, '{a}')")
    with pytest.raises(DataError, match="column 'tags' holds values of the type list"):
        read(Sql(f"{address}::odd"))
    do("create table far (id int primary key, day date)", "insert into far values (1, 'infinity')")
    with pytest.raises(DataError, match="far: "):
        read(Sql(f"{address}::far"))


@pytest.mark.parametrize(
    "query",
    [
        "delete from keyed",
        "with x as (delete from keyed returning *) select * from x",
        "select 1; delete from keyed",
        "select 1; commit; delete from keyed",
        "select nextval('counter')",
        "select * into copied from keyed",
    ],
)
def test_postgresql_is_never_written(filled, query):
    address, do = filled
    do("create sequence if not exists counter")
    with pytest.raises(DataError) as error:
        read(Sql(address, query))
    assert len(str(error.value).splitlines()) == 1
    assert PASSWORD not in str(error.value)
    assert QUOTED not in str(error.value)
    assert len(read(Sql(f"{address}::keyed"))) == N
    with pytest.raises(DataError, match="no table 'copied'"):
        Sql(f"{address}::copied")


def test_rows_of_postgresql_stay_on_the_server(filled, monkeypatch):
    address, do = filled
    do(
        "create table many as select n as id, repeat('x', 1000) as word "
        "from generate_series(1, 20000) as n"
    )
    pieces = Sql(f"{address}::many").pieces()
    monkeypatch.setattr(sql, "piece_rows", lambda columns: 1024)
    import tracemalloc

    tracemalloc.start()
    ids = [int(piece["id"].iloc[0]) for piece in pieces]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ids == list(range(1, 20001, 1024))
    assert peak < 12_000_000  # of 20 MB


def test_the_order_of_postgresql_is_the_same_while_others_read(filled):
    address, _ = filled
    table = Sql(f"{address}::many")
    first = [piece["id"].to_numpy() for piece in table.pieces(columns=["id"])]
    other = threading.Thread(target=lambda: list(table.pieces()))
    other.start()
    again = [piece["id"].to_numpy() for piece in table.pieces(columns=["id"])]
    other.join()
    assert np.concatenate(first).tolist() == np.concatenate(again).tolist()


def test_a_model_of_postgresql_keeps_no_password(filled, tmp_path, monkeypatch, capsys):
    address, _ = filled
    monkeypatch.chdir(tmp_path)
    assert run(["train", f"{address}::keyed", "--epochs", "1", "--plot", "pictures"]) == 0
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert PASSWORD.encode() not in content
        assert QUOTED.encode() not in content
    said = "".join(capsys.readouterr())
    assert PASSWORD not in said
    assert QUOTED not in said
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert run(["evaluate", "keyed.safetensors", without_password(f"{address}::keyed")]) == 0
    monkeypatch.setenv("PGPASSWORD", "wrong")
    assert run(["evaluate", "keyed.safetensors", without_password(f"{address}::keyed")]) == 2
    assert "password authentication failed" in capsys.readouterr().err
