"""Files that are dropped: bounded, under plain names, gone when the shelf is closed."""

from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from glassnet.base.errors import DataError
from glassnet.lab.server import uploads
from glassnet.lab.sources import shelf as shelves
from glassnet.lab.sources.shelf import LONGEST_NAME, Shelf, plain_name
from glassnet.web.server import Server


@pytest.fixture
def shelf():
    made = Shelf()
    yield made
    made.close()


def test_what_is_dropped_is_gone_with_the_shelf():
    shelf = Shelf()
    names = [shelf.drop("own.csv", b"a\n1\n"), shelf.drop("own.csv", b"a\n2\n")]
    assert names == ["own.csv", "own (2).csv"]
    paths = [shelf.path(name) for name in names]
    assert [path.read_bytes() for path in paths] == [b"a\n1\n", b"a\n2\n"]
    shelf.close()
    assert not any(path.parent.parent.exists() for path in paths) and not shelf.files


def test_a_shelf_of_a_session_adds_nothing_to_the_common_one(shelf, tmp_path):
    shelf.put(tmp_path / "given.csv")
    own = Shelf(shelf)
    own.drop("own.csv", b"a")
    assert [*shelf.files] == ["given.csv"] and [*own.files] == ["given.csv", "own.csv"]
    own.close()
    assert [*own.files] == ["given.csv"]


def test_the_oldest_go_when_there_are_too_many(shelf, monkeypatch):
    monkeypatch.setattr(shelves, "MOST_BYTES", 10)
    for name in "abc":
        shelf.drop(f"{name}.csv", b"1234")
    assert [*shelf.files] == ["b.csv", "c.csv"]


@given(st.text(max_size=300), st.sampled_from([".csv", ".CSV", ".csv.gz", ".npz", ".zip"]))
def test_every_name_becomes_one_without_folders(front, ending):
    name = plain_name(front + ending)
    assert Path(name).name == name and name.isprintable() and not name.startswith(".")
    assert len(name.encode()) <= LONGEST_NAME and name.lower().endswith(ending.lower())


@pytest.mark.parametrize("name", ["", "own", "csv", "own.exe", "own.csv/", "<b>.html", "own.pkl"])
def test_names_that_no_data_have_are_refused(name):
    with pytest.raises(DataError, match="expected a file ending in"):
        plain_name(name)


@pytest.fixture(scope="module")
def client():
    with (
        Server(Starlette(routes=[uploads.ROUTE])) as server,
        httpx.Client(base_url=server.address, trust_env=False) as client,
    ):
        yield client


def sent(client, shelf, name, content):
    return client.post(f"/upload/{shelf.key}", params={"name": name}, content=content)


def test_a_file_is_uploaded(client, shelf):
    reply = sent(client, shelf, "../own <b>.csv", b"a,b\n")
    assert reply.json() == {"name": "own <b>.csv"} and reply.status_code == 200
    assert shelf.path("own <b>.csv").read_bytes() == b"a,b\n"


def test_a_too_large_one_is_refused_before_it_is_whole(client, shelf, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST", 1000)
    reply = sent(client, shelf, "own.csv", b"0" * 1001)
    assert reply.status_code == 413 and "own.csv has more than" in reply.json()["error"]
    assert not shelf.files


@pytest.mark.parametrize("name, content, status, sentence", [
    ("own.csv", b"", 422, "own.csv is empty"),
    ("own.html", b"a", 422, "expected a file ending in"),
    ("", b"a", 422, "a file without a name"),
])  # fmt: skip
def test_what_is_no_data_is_refused(client, shelf, name, content, status, sentence):
    reply = sent(client, shelf, name, content)
    assert reply.status_code == status and sentence in reply.json()["error"] and not shelf.files


def test_nobody_uploads_without_the_key(client):
    gone = Shelf()
    key = gone.key
    del gone
    assert client.post(f"/upload/{key}?name=a.csv", content=b"a").status_code == 404
    assert client.get(f"/upload/{Shelf().key}").status_code == 405
