"""Whatever comes, the answer is a sentence: never an error of ours, never silence."""

import json
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.serve.service import Service
from glassnet.web.limits import Limits
from tests.serve.asking import ask
from tests.serve.shop import NAMES, shop
from tests.serve.test_same_bits import records

ROW = records(shop(1))[0]
EIGHT = np.zeros((8, 8)).tolist()


def without(name: str) -> dict[str, Any]:
    return {column: value for column, value in ROW.items() if column != name}


NO_ROWS = {
    b"": "the body is not JSON: expecting value: line 1 column 1 (char 0)",
    b"[1, 2": "the body is not JSON: expecting ',' delimiter: line 1 column 6 (char 5)",
    b"\xff\xfe": "the body is not UTF-8, at byte 1: expected JSON",
    b"[]": "there are no rows: expected at least one",
    b"3": "expected rows, a list of objects or of arrays, got a number",
    b"null": "expected rows, a list of objects or of arrays, got null",
    b'"rows"': "expected rows, a list of objects or of arrays, got 'rows'",
    b"[NaN]": "the body is not JSON, which has no NaN: give null for a gap",
    b"[[-Infinity]]": "the body is not JSON, which has no -Infinity: give null for a gap",
    b"[" * 100_000: "the body is nested too deeply: expected rows",
    b"[{}": "the body is not JSON: expecting ',' delimiter: line 1 column 4 (char 3)",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("body", NO_ROWS, ids=lambda body: repr(body[:12]))
def test_what_is_no_rows(services: dict[str, Service], name: str, body: bytes) -> None:
    said = ask(services[name], body)
    assert (said.status, said.error) == (422, NO_ROWS[body])


OF_TABLES = [
    (without("price"), "has no column 'price'; the network was trained on price, count, large"),
    ({**without("price"), "prize": 3}, "has no column 'price' (there is 'prize': rename it?)"),
    ([ROW, without("sold")], "data row 2 has no column 'sold': give null for a gap"),
    ([ROW, 7], "data row 2: expected an object, got a number"),
    ([ROW, None], "data row 2: expected an object, got null"),
    ([ROW, {**ROW, "price": "much"}], "column 'price', data row 2: expected a number, got 'much'"),
    ({**ROW, "price": [1]}, "column 'price', data row 1: expected a number, text, true, false or "),
    ({**ROW, "price": 1e300}, "column 'price', data row 1: 1e+300 is too large"),
    ({**ROW, "count": {}}, "null, got an object"),
    ({**ROW, "sold": "2021-13-01"}, "data row 1: expected a date written as %d.%m.%Y, got '2021-"),
    ({**ROW, "code": "\ud800"}, "column 'code', data row 1: '\\ud800' is no Unicode text"),
    ([[1, 2, 3]], "the network was trained on a table with the columns price, count, large, code"),
    ([ROW] * 70_000, "there are 70,000 rows: send at most 65,536 in one request"),
    ({**ROW, **{f"c{n}": n for n in range(2000)}}, "the rows have 2,007 columns: expected the 7"),
]


@pytest.mark.parametrize(("body", "sentence"), OF_TABLES, ids=count())
def test_rows_of_a_table(services: dict[str, Service], body: Any, sentence: str) -> None:
    said = ask(services["classes"], body)
    assert said.status == 422
    assert sentence in said.error


OF_ARRAYS = [
    (ROW, "the network was trained on arrays, not on a table: expected arrays of shape (8, 8)"),
    ([[1, 2, 3]], "x has shape (1, 1, 3), expected (samples, 8, 8)"),
    ([EIGHT, EIGHT[:7]], "x is ragged: every row needs the same shape"),
    ([EIGHT, 3], "data row 2: expected an array, got a number"),
    ([EIGHT, [[None] * 8] * 8], "data row 2, value 1, 1: expected a number, got null"),
    ([EIGHT, [[0] * 8] * 7 + [[0, "x"] * 4]], "data row 2, value 8, 2: expected a number, got 'x'"),
    ([[[0] * 7 + [1e39]] * 8], "x has 8 values"),
    ([[[0] * 7 + [10**400]] * 8], "x has dtype object"),
    ([[]], "x is empty, shape (1, 1, 0): expected at least one sample"),
    ([{}], "the network was trained on arrays, not on a table"),
    ([[[[[0]]]]], "x has shape (1, 1, 1, 1, 1), expected (samples, 8, 8)"),
]


@pytest.mark.parametrize(("body", "sentence"), OF_ARRAYS, ids=count())
def test_arrays(services: dict[str, Service], body: Any, sentence: str) -> None:
    said = ask(services["digits"], body)
    assert said.status == 422
    assert sentence in said.error


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "1 picture cannot be read: the body (not a picture, or a damaged one); replace or"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "1 picture cannot be read: the body ("),
        (b"<svg/>", "not a picture"),
    ],
)
def test_no_pictures(services: dict[str, Service], body: bytes, sentence: str) -> None:
    said = ask(services["photos"], body, "image/png")
    assert said.status == 422
    assert sentence in said.error


@pytest.mark.parametrize("name", ["classes", "digits"])
def test_a_picture_for_another_network(services: dict[str, Service], name: str) -> None:
    said = ask(services[name], b"\x89PNG", "image/png")
    assert said.status == 422
    assert said.error.startswith("the network was not trained on files of pictures: expected array")


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "image/svg+xml", "ÿ"]
)
def test_other_content(services: dict[str, Service], kind: str | None) -> None:
    said = ask(services["digits"], EIGHT, kind)
    assert said.status == 415
    assert said.error.startswith(f"the content type {'is' if kind else 'is missing'}")
    assert "expected application/json, or of a picture image/png, image/jpeg" in said.error


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_by_other_names(services: dict[str, Service], kind: str) -> None:
    assert ask(services["digits"], EIGHT, kind).status == 200


def test_a_large_body(services: dict[str, Service]) -> None:
    said = ask(Limits(services["digits"]), bytes(2**23 + 1))
    assert said.status == 413
    assert said.error == "the body has more than 8,388,608 bytes: send it in several requests"


def test_other_paths_and_methods(services: dict[str, Service]) -> None:
    said = ask(services["digits"], path="/predictions")
    assert said.status == 404
    assert "expected one of /predict, /health, /model, /openapi.json, /" in said.error
    said = ask(services["digits"], method="GET")
    assert (said.status, said.headers["allow"]) == (405, "POST")
    assert said.error == "GET is not allowed: expected POST"


@pytest.mark.parametrize("value", [1e38, -1e38, 3.4e38])
def test_what_overflows_is_still_json(services: dict[str, Service], value: float) -> None:
    for name, shape in (("digits", (8, 8)), ("array", (4,))):
        said = ask(services[name], np.full(shape, value).tolist())
        assert said.status == 200
        assert len(said.json["predictions"]) == 1


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", " ", "?", "NA", '"', "\0", "\r", "\n", ",", 'a"b', "\ud800", "1e999"])
)
ANY = st.recursive(
    SCALARS,
    lambda each: (
        st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=5), each, max_size=4)
    ),
    max_leaves=12,
)
CELLS = st.fixed_dictionaries(dict.fromkeys(ROW, SCALARS))


@settings(max_examples=150, deadline=None)
@given(body=ANY | CELLS | st.lists(CELLS | ANY, max_size=3), name=st.sampled_from(NAMES))
def test_any_json(services: dict[str, Service], body: Any, name: str) -> None:
    check(services[name], json.dumps(body).encode("utf-8", "surrogatepass"))


@settings(max_examples=100, deadline=None)
@given(
    body=st.binary(max_size=60),
    name=st.sampled_from(NAMES),
    kind=st.sampled_from(["application/json", "image/png", "image/jpeg", "image/gif"]),
)
def test_any_bytes(services: dict[str, Service], body: bytes, name: str, kind: str) -> None:
    check(services[name], body, kind)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(CELLS, min_size=1, max_size=4))
def test_every_row_of_any_values_is_predicted_or_named(
    services: dict[str, Service], rows: list[dict[str, Any]]
) -> None:
    said = ask(services["classes"], json.dumps(rows, allow_nan=True).encode())
    if said.status == 200:
        assert len(said.json["predictions"]) == len(rows)
    else:
        assert said.status == 422
        assert "data row" in said.error or "not JSON" in said.error


def check(service: Service, body: bytes, kind: str = "application/json") -> None:
    said = ask(service, body, kind)
    assert said.status in (200, 422)
    if said.status == 200:
        assert said.json["predictions"]
    else:
        assert said.error
