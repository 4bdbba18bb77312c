import gc
import gzip
import hashlib
import json
import socket
import sys
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import _openml

from glassnet.base.errors import DataError, MissingPackageError
from glassnet.data import load
from glassnet.data.sources import openml
from glassnet.data.sources.openml import fetch

API = "/api/v1/json/data"
SEARCH = f"{API}/list/data_name/flowers/limit/2"
ACTIVE = f"{SEARCH}/status/active/"
FILE = "/data/v1/download/7/flowers.arff"

COLUMNS = [("row", "numeric"), ("size", "numeric"), ("petals", "numeric"), ("place", "nominal"),
           ("kind", "nominal")]  # fmt: skip
ARFF = """\
% a garden
@RELATION flowers
@ATTRIBUTE row NUMERIC
@ATTRIBUTE size NUMERIC
@ATTRIBUTE petals NUMERIC
@ATTRIBUTE place {sun, 'half shade'}
@ATTRIBUTE kind {rose, aster}
@DATA
1,1.5,5,sun,rose
2,?,21,'half shade',aster
3,2.25,8,?,rose
"""


class Api:
    """What the server that plays openml.org answers: a body, or a status, for each path."""

    def __init__(self, url):
        self.url = url
        self.asked = []
        self.headers = {}
        self.answers = {}
        self.list_versions(1)
        self.describe(ARFF)

    def answer(self, handler):
        path = handler.path
        self.asked.append(path)
        found = self.answers.get(path, 412)  # what OpenML says where there is no such dataset
        if isinstance(found, int):
            handler.send_error(found)
            return
        handler.send_response(200)
        for header, value in self.headers.get(path, {}).items():
            handler.send_header(header, value)
        handler.end_headers()
        handler.wfile.write(found if isinstance(found, bytes) else json.dumps(found).encode())

    def list_versions(self, *versions, path=ACTIVE, status="active"):
        found = [{"did": 7, "name": "flowers", "version": v, "status": status} for v in versions]
        self.answers[path] = {"data": {"dataset": found}}

    def describe(self, arff, targets=("kind",), form="ARFF", missing=0, **changed):
        description = {
            "id": "7",
            "name": "flowers",
            "version": "1",
            "status": "active",
            "format": form,
            "file_id": "7",
            "url": f"{self.url}{FILE}",
            "md5_checksum": hashlib.md5(arff.encode()).hexdigest(),
            "description": "Flowers of a garden.",
            "warning": "nobody should see this",
        }
        features = [
            {
                "index": str(index),
                "name": name,
                "data_type": kind,
                "is_target": str(name in targets).lower(),
                "is_ignore": "false",
                "is_row_identifier": str(name == "row").lower(),
                "number_of_missing_values": str(missing),
            }
            for index, (name, kind) in enumerate(COLUMNS)
        ]
        rows = {"name": "NumberOfInstances", "value": str(arff.partition("@DATA\n")[2].count("\n"))}
        self.answers |= {
            f"{API}/7": {"data_set_description": description | changed},
            f"{API}/features/7": {"data_features": {"feature": features}},
            f"{API}/qualities/7": {"data_qualities": {"quality": [rows]}},
            FILE: arff.encode(),
            "/data/v1/download/7": arff.encode(),  # where older scikit-learn looks
        }


@pytest.fixture
def point_to(tmp_path, monkeypatch):
    """Sends scikit-learn to another server; the cache in a place of our own; nothing to others."""
    called = []
    connect = socket.create_connection

    def to_loopback_only(address, *args, **options):
        called.append(address[0])
        if address[0] != "127.0.0.1":
            raise OSError(f"{address} is not the loopback")
        return connect(address, *args, **options)

    def point(url):
        for name, value in vars(_openml).copy().items():
            if isinstance(value, str) and value.startswith("https://"):
                path = value.removeprefix(f"https://{urlsplit(value).netloc}")
                monkeypatch.setattr(_openml, name, url + path)

    monkeypatch.setattr(socket, "create_connection", to_loopback_only)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda app: str(tmp_path / "cache" / app))
    monkeypatch.setattr(_openml.time, "sleep", lambda seconds: None)
    yield point
    assert set(called) <= {"127.0.0.1"}


@pytest.fixture
def api(point_to):
    """An openml.org on the loopback that has the dataset flowers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.api.answer(self)

        def log_message(self, *message):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.api = Api(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    point_to(server.api.url)
    yield server.api
    server.shutdown()
    server.server_close()
    thread.join()
    with warnings.catch_warnings():  # scikit-learn leaves answers open that it stumbles over
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def message(name="flowers"):
    with pytest.raises(DataError) as error:
        fetch(name)
    assert "\n" not in str(error.value)
    return str(error.value)


# ---- what is fetched


def test_numbers_categories_and_gaps_come_as_a_table(api, capfd):
    frame, targets = fetch("flowers")
    assert targets == ("kind",)
    assert frame.columns.tolist() == ["size", "petals", "place", "kind"]  # OpenML ignores row
    np.testing.assert_array_equal(frame["size"], [1.5, np.nan, 2.25])
    assert frame["petals"].tolist() == [5, 21, 8]
    assert frame["place"].isna().tolist() == [False, False, True]
    assert frame["place"][:2].tolist() == ["sun", "half shade"]
    assert isinstance(frame["kind"].dtype, pd.CategoricalDtype)
    assert frame["kind"].tolist() == ["rose", "aster", "rose"]
    assert capfd.readouterr() == ("", "")


def test_the_table_is_split_and_encoded_as_any_other(api):
    rows = "".join(f"{n},{n / 2},{n},sun,{['rose', 'aster'][n % 2]}\n" for n in range(40))
    api.describe(ARFF[: ARFF.index("@DATA")] + f"@DATA\n{rows}")
    data = load("openml:flowers", test=0.25)
    assert (data.name, data.classes, data.target) == ("flowers", ("aster", "rose"), "kind")
    assert data.feature_names == ("size", "petals")
    assert (len(data.x_train), len(data.x_test)) == (30, 10)
    assert "left out 'place': always sun" in data.notes
    assert load("openml:flowers", target="size").task == "values"
    with pytest.raises(DataError, match="openml:flowers: has no column 'kin': did you mean 'kind'"):
        load("openml:flowers", target="kin")


def test_gzipped_answers_are_read(api):
    api.answers[FILE] = gzip.compress(ARFF.encode())
    api.headers[FILE] = {"Content-Encoding": "gzip"}
    assert len(fetch("flowers")[0]) == 3


def test_what_was_fetched_is_kept_in_the_users_cache(api, tmp_path, point_to):
    first, _ = fetch("Flowers")
    asked = len(api.asked)
    point_to("http://127.0.0.1:1")
    again, targets = fetch("flowers")
    assert len(api.asked) == asked == 5
    pd.testing.assert_frame_equal(first, again)
    assert targets == ("kind",)
    assert [path.name for path in (tmp_path / "cache" / "glassnet").iterdir()] == ["openml"]


def test_without_a_version_the_first_active_one_is_taken_without_a_warning(api):
    api.list_versions(3, 4)
    assert len(fetch("flowers")[0]) == 3
    assert api.asked[0] == ACTIVE


@pytest.mark.parametrize("status", ["active", "deactivated"])
def test_a_version_can_be_asked_for(api, status):
    ending = "" if status == "active" else "/status/deactivated"
    api.list_versions(2, path=f"{SEARCH}/data_version/2{ending}", status=status)
    api.describe(ARFF, version="2", status=status)
    del api.answers[ACTIVE]
    frame, _ = fetch("flowers@2")
    assert len(frame) == 3
    assert api.asked[0] == f"{SEARCH}/data_version/2"


def test_a_dataset_may_have_several_targets(api):
    api.describe(ARFF, targets=("size", "petals"))
    frame, targets = fetch("flowers")
    assert targets == ("size", "petals")
    assert frame.columns.tolist() == ["size", "petals", "place", "kind"]


# ---- what cannot be fetched


@pytest.mark.parametrize(
    "name",
    ["", "two words", "flowers@", "flowers@0", "flowers@two", "flowers@-1", "@2", "..", "../x",
     "a/b", "a?b", "blümchen", "a\nb", "flowers@1234567890"],
)  # fmt: skip
def test_names_that_cannot_be_are_refused_before_anyone_is_asked(api, name):
    assert message(name) == (
        "openml: expected the name of a dataset, perhaps with its version, such as adult or "
        f"adult@2, got {name!r}; look it up on https://www.openml.org"
    )
    assert api.asked == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("flowerz", "No active dataset flowerz found."),
        ("flowers@9", "Dataset flowers with version 9 not found."),
    ],
)
def test_an_unknown_name_or_version_has_the_hint_of_scikit_learn(api, name, said):
    assert message(name) == (
        f"openml:{name}: {said} Look up name and version on https://www.openml.org"
    )


NETWORK = (
    "openml:flowers: openml.org did not respond as expected ({}): check the network and try "
    "again later, or give the path of a table that you have"
)


def test_a_server_that_is_down(point_to):
    point_to("http://127.0.0.1:1")
    assert message() == NETWORK.format("Connection refused")


@pytest.mark.parametrize(
    "paths", [[ACTIVE], [f"{API}/7"], [f"{API}/features/7"], [FILE, "/data/v1/download/7"]]
)
def test_a_server_in_trouble_at_any_step(api, paths):
    api.answers |= dict.fromkeys(paths, 503)
    assert message() == NETWORK.format("HTTP 503")
    api.list_versions(1)
    api.describe(ARFF)
    assert len(fetch("flowers")[0]) == 3


def test_a_silent_server_is_given_up_and_the_timeout_of_others_stays(api, monkeypatch):
    done = threading.Event()
    monkeypatch.setattr(api, "answer", lambda handler: done.wait(5))
    monkeypatch.setattr(openml, "TIMEOUT", 0.1)
    try:
        assert message() == NETWORK.format("timed out")
    finally:
        done.set()
    assert socket.getdefaulttimeout() is None


def test_a_wrong_checksum_is_an_error_that_the_next_try_can_mend(api):
    api.answers[FILE] = api.answers["/data/v1/download/7"] = ARFF.replace("1.5", "9.5").encode()
    assert message() == (
        "openml:flowers: the response of openml.org is damaged (its checksum is wrong): try again "
        "later, or choose another dataset or version"
    )
    api.describe(ARFF)
    assert fetch("flowers")[0]["size"][0] == 1.5


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (ACTIVE, b"<html>Please log in</html>", "JSONDecodeError: Expecting value"),
        (ACTIVE, b"\xff\xfe", "UnicodeDecodeError: "),
        (ACTIVE, {"data": {}}, "KeyError: 'dataset'"),
        (ACTIVE, {"data": {"dataset": []}}, "IndexError: "),
        (ACTIVE, [], "TypeError: "),
        (f"{API}/7", {"data_set_description": {}}, "KeyError: 'status'"),
        (f"{API}/features/7", b"{", "JSONDecodeError: "),
        (f"{API}/features/7", {"data_features": {"feature": None}}, "TypeError: "),
    ],
)
def test_a_damaged_answer_is_one_line(api, path, body, said):
    api.answers[path] = body
    line = message()
    assert line.startswith(f"openml:flowers: the response of openml.org is damaged ({said}")
    assert line.endswith("): try again later, or choose another dataset or version")


def test_an_answer_that_is_not_the_gzip_it_says_it_is(api):
    api.answers[ACTIVE] = b"not zipped"
    api.headers[ACTIVE] = {"Content-Encoding": "gzip"}
    assert "the response of openml.org is damaged (BadGzipFile: Not a gzipped file" in message()


def test_a_table_with_other_columns_than_promised(api):
    api.describe(ARFF.replace(",rose", ",rose,more").replace(",aster", ",aster,more"))
    assert "is damaged (ParserError: The number of columns provided by OpenML" in message()


def test_a_dataset_without_a_default_target(api):
    api.describe(ARFF, targets=())
    assert message() == (
        "openml:flowers: the dataset names no target column: download its table from "
        "https://www.openml.org/d/7 and give its path, and the column to predict"
    )


def test_a_target_with_gaps_is_refused(api):
    api.describe(ARFF, missing=2)
    assert message() == (
        "openml:flowers: Target column 'kind' has 2 missing values. Missing values are not "
        "supported for target columns; choose another dataset or version"
    )


def test_a_sparse_table_is_refused(api):
    api.describe(ARFF, form="Sparse_ARFF")
    assert message() == (
        "openml:flowers: the table is sparse, which cannot be read; choose another dataset or "
        "version"
    )


def test_a_cache_that_cannot_be_written_is_named(api, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    said = message()
    assert said.startswith(f"openml:flowers: {tmp_path / 'cache'}")
    assert ": cannot be read or written: " in said
    assert said.endswith("; check its folder")


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("pandas", "reading a table needs pandas"),
        ("sklearn.datasets", "OpenML needs scikit-learn"),
        ("platformdirs", "the data cache needs platformdirs"),
    ],
)
def test_a_missing_package_comes_with_the_line_that_installs_it(api, monkeypatch, module, said):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingPackageError, match=said):
        fetch("flowers")
