"""Predictions written to a table of a database: all of them, or none."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base.errors import DataError, GlassnetError, InputError
from glassnet.cli.app import run
from glassnet.data import load
from glassnet.workflows import prediction_table
from glassnet.workflows.predict import predict

sqlalchemy = pytest.importorskip("sqlalchemy", reason="databases need SQLAlchemy")
N = 200


def shop() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": np.arange(N) + 7, "a": rng.normal(size=N).round(3)})
    return frame.assign(b=rng.integers(0, 5, N), kind=np.where(frame["a"] > 0, "up", "down"))


@pytest.fixture
def base(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("shop.db")) as connection:
        shop().to_sql("shop", connection, index=False)
        connection.commit()
    return "sqlite:///shop.db"


@pytest.fixture
def net(base):
    data = load(f"{base}::shop")
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], seed=0)
    net.classes, net.schema = data.classes, data.schema
    net.fit(data.x_train, data.y_train, epochs=2)
    net.save("shop.safetensors")
    return net


def rows(path, table="predictions", names="*"):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"select {names} from {table}").fetchall()


def exactly(path):
    return pd.read_csv(path, converters={"p_up": float, "p_down": float})


@pytest.mark.parametrize("out", ["shop.db", "new.db"])
def test_they_are_those_of_a_csv_file(net, base, out):
    source = f"{base}::shop"
    assert (
        predict(net, source, f"sqlite:///{out}::predictions", proba=True, identifier="id")[0] == N
    )
    predict(net, source, "p.csv", proba=True, identifier="id")
    expected = exactly("p.csv")
    found = pd.DataFrame(rows(out), columns=expected.columns)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert rows(out, names="distinct typeof(id), typeof(kind), typeof(p_up)") == [
        ("integer", "text", "real")
    ]


def test_a_table_that_is_there_stays_unless_it_is_replaced(net, base):
    out = "sqlite:///shop.db::predictions"
    predict(net, f"{base}::shop", out)
    before = Path("shop.db").read_bytes()
    with pytest.raises(InputError, match="there is such a table: give it a different name"):
        predict(net, f"{base}::shop", out, proba=True)
    assert Path("shop.db").read_bytes() == before
    predict(net, f"{base}::shop", out, proba=True, replace=True)
    assert len(rows("shop.db")[0]) == 3
    with pytest.raises(InputError, match="which is the input"):
        predict(net, f"{base}::shop", f"{base}::shop", replace=True)
    assert len(rows("shop.db", "shop")) == N
    with pytest.raises(InputError, match="replace is for a table"):
        predict(net, f"{base}::shop", "p.csv", replace=True)


@pytest.mark.parametrize("out", ["shop.db", "new.db"])
@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_everything_as_it_was(net, base, out, failure, monkeypatch):
    if out == "shop.db":
        predict(net, f"{base}::shop", f"sqlite:///{out}::predictions")
    before = {path.name: path.read_bytes() for path in Path().iterdir()}
    calls = iter(range(3))

    def fail(values, kind):
        if next(calls) == 1:
            raise failure
        return [None] * len(values)

    monkeypatch.setattr(prediction_table, "_values", fail)
    with pytest.raises(failure):
        predict(net, f"{base}::shop", f"sqlite:///{out}::predictions", proba=True, replace=True)
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == before


def test_a_bad_row_leaves_no_table(net, base):
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.execute("update shop set a = 'oops' where id = 9")
        connection.commit()
    with pytest.raises(DataError, match="data row 3"):
        predict(net, f"{base}::shop", "sqlite:///new.db::predictions")
    assert not Path("new.db").exists()


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        ("sqlite:///shop.db", "names no table: add ::TABLE"),
        ("sqlite:///none/new.db::p", "there is no folder none: create it first"),
        ("sqlite:///notes.txt::p", "not a database"),
        ("sqlite:///shop.db::a.b.c", None),
        ('sqlite:///shop.db::a "b" % :c', None),
    ],
)
def test_where_they_can_go(net, base, out, expected):
    Path("notes.txt").write_text("no database at all, but a text of some length\n" * 40)
    if expected is None:
        assert predict(net, f"{base}::shop", out)[0] == N
        return
    with pytest.raises(GlassnetError, match=expected) as error:
        predict(net, f"{base}::shop", out)
    assert len(str(error.value).splitlines()) == 1


def test_gaps_and_mixed_columns(tmp_path):
    address = f"sqlite:///{tmp_path}/t.db::t"
    first = pd.DataFrame({"i": [1, 2], "f": np.float32([0.1, 2]), "n": [None, None], "m": [1, 2]})
    first["t"] = pd.to_datetime(["2020-01-02 03:04:05", None])
    then = pd.DataFrame({"i": pd.array([3, None], dtype="Int64"), "f": [0.5, np.nan]})
    then = then.assign(n=["x", None], m=["y", "z"], t=pd.to_datetime(["2021-01-01", None]))
    with prediction_table.table_writer(address, []) as write:
        write(first)
        write(then)
    found = rows(tmp_path / "t.db", "t")
    assert found == [
        (1, 0.1, None, "1", "2020-01-02 03:04:05.000000"),
        (2, 2.0, None, "2", None),
        (3, 0.5, "x", "y", "2021-01-01 00:00:00.000000"),
        (None, None, None, "z", None),
    ]


def test_the_command_line(net, base, capsys):
    words = ["predict", "shop.safetensors", f"{base}::shop", "--id", "id"]
    assert run([*words, "--out", "sqlite:///shop.db::p"]) == 0
    assert "wrote 200 rows to sqlite:///shop.db::p" in capsys.readouterr().out
    assert run([*words, "--out=sqlite:///shop.db::p"]) == 2
    assert "--replace it" in capsys.readouterr().err
    assert run([*words, "--out=sqlite:///shop.db::p", "--replace", "--proba"]) == 0
    assert rows("shop.db", "p", "count(*), min(id)") == [(N, 7)]
    assert run([*words, "--out", "https://example.org/p.csv"]) == 2
    assert "is a URL" in capsys.readouterr().err


def test_postgresql(net, base, postgresql, capsys):
    words = ["predict", "shop.safetensors", f"{base}::shop", "--proba", "--id", "id"]
    assert run([*words, "--out", f"{postgresql}::predictions"]) == 0
    assert run([*words, "--out", f"{postgresql}::predictions"]) == 2
    assert run([*words, "--out", f"{postgresql}::public.predictions", "--replace"]) == 0
    assert postgresql.split("@", maxsplit=1)[0].split(":")[-1] not in "".join(capsys.readouterr())
    assert run([*words, "--out", "p.csv"]) == 0
    engine = sqlalchemy.create_engine(postgresql.replace("://", "+psycopg://"))
    with engine.connect() as connection:
        found = pd.read_sql("select * from predictions order by id", connection)
    engine.dispose()
    pd.testing.assert_frame_equal(found, exactly("p.csv"), check_exact=True)
    assert run(["predict", "shop.safetensors", f"{postgresql}::predictions"]) == 2
    assert "has no column 'a'" in capsys.readouterr().err
