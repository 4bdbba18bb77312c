"""Thresholds and intervals of a service: those of `predict`, by server and by request."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base.errors import InputError
from glassnet.serve.service import Service
from glassnet.serve.together import Together
from glassnet.workflows.predict import Extras, predictions
from tests.cli.process import run
from tests.serve.asking import ask, run_apart
from tests.serve.shop import NAMES
from tests.serve.test_service import check, get

X = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)


@pytest.fixture(scope="module", params=[2, 1], ids=["softmax", "sigmoid"])
def two(request: Any) -> gn.Sequential:
    """A network of two classes, with two outputs and with one."""
    net = gn.Sequential([gn.Dense(request.param)], input_shape=3, seed=0)
    net.classes = ("no", "yes")
    net.fit(X, (X[:, 0] > 0.5).astype(int), epochs=3)
    return net


def said(service: Service, rows: Any, query: str = "") -> list[dict[str, Any]]:
    answer = ask(service, rows, query=query)
    assert answer.status == 200, answer.error
    found: list[dict[str, Any]] = answer.json["predictions"]
    return found


@pytest.mark.parametrize("threshold", [0.2, 0.8])
def test_a_threshold_decides_as_in_predict(two: gn.Sequential, threshold: float) -> None:
    frame = predictions(two, X, Extras(threshold=threshold))
    served, plain = Service(two, "own", Extras(threshold=threshold)), Service(two, "own")
    by_server = said(served, X.tolist())
    assert [each["prediction"] for each in by_server] == frame["prediction"].tolist()
    assert by_server == said(plain, X.tolist(), f"threshold={threshold}")
    assert by_server != said(plain, X.tolist())
    other = round(1 - threshold, 1)
    assert said(served, X.tolist(), f"threshold={other}") != by_server, "the request's own wins"


@pytest.mark.parametrize("name", ["value", "values"])
def test_intervals_are_those_of_predict(
    folder: Path, services: dict[str, Service], name: str
) -> None:
    net = gn.load(folder / f"{name}.safetensors")
    table = pd.read_csv(folder / f"{name}.csv", dtype={"code": str}).head(40)
    rows = json.loads(table[list(net.schema.names)].to_json(orient="records"))
    x = net.schema.encode(table.astype({"new": str}))
    frame = predictions(net, x, Extras(interval=0.8))
    served = said(services[name], rows, "interval=0.8")
    for target in net.schema.targets:
        for end, column in enumerate(("low", "high")):
            each = [row["interval"] for row in served]
            ours = [ends if name == "value" else ends[target] for ends in each]
            expected = frame[f"{target}_{column}"].to_numpy()
            np.testing.assert_array_equal(np.float32([pair[end] for pair in ours]), expected)
    assert said(Service(net, name, Extras(interval=0.8)), rows) == served
    assert "interval" not in said(services[name], rows)[0]


def test_requests_that_want_different_things_arrive_together(two: gn.Sequential) -> None:
    wanted = [Extras(threshold=t) for t in (0.1, 0.5, 0.9)] * 5

    async def go() -> list[bytes]:
        with ThreadPoolExecutor(1) as thread:
            together = Together(two, thread)
            return await asyncio.gather(*(together.predict(X[:4], each) for each in wanted))

    for extras, found in zip(wanted, run_apart(go()), strict=True):
        expected = predictions(two, X[:4], extras)["prediction"].tolist()
        assert [row["prediction"] for row in json.loads(found)] == expected


WRONG = [
    ("digits", "threshold=0.5", "threshold is for two classes: this network predicts 0, 1, 2"),
    ("digits", "interval=0.9", "an interval is for values, and this network predicts classes"),
    ("value", "interval=1.5", "interval is 1.5: expected a share above 0 and below 1"),
    ("value", "interval=0.999", "needs at least 999 held-out rows, and this network had 16"),
    ("value", "interval=nan", "interval is nan: expected a share above 0"),
    ("value", "interval=", "interval is '': expected a number such as 0.9"),
    ("value", "interval=much", "interval is 'much': expected a number such as 0.9"),
    ("value", "interval=0.5&interval=0.9", "interval is given twice: leave out one of them"),
    ("value", "intervall=0.5", "unknown parameter 'intervall': did you mean 'interval'?"),
    ("value", "%ff%00=1", "unknown parameter"),
    ("value", "threshold=0.5", "threshold is for two classes: this network predicts values"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "query", "sentence"), WRONG)
def test_what_a_query_may_not_say(
    services: dict[str, Service], name: str, query: str, sentence: str
) -> None:
    example = get(services[name], "/model")["input"]["example"]
    answer = ask(services[name], example, query=query)
    assert answer.status == 422
    assert sentence in answer.error


def test_a_service_refuses_what_is_not_for_its_network(folder: Path) -> None:
    with pytest.raises(InputError, match="threshold is for two classes"):
        Service(gn.load(folder / "digits.safetensors"), "digits", Extras(threshold=0.5))
    failed = run(folder, "serve", "value.safetensors", "--interval", "2", "--port", "0")
    assert failed.returncode == 2
    assert failed.stderr.count("\n") == 1
    assert "interval is 2: expected a share above 0 and below 1" in failed.stderr


@pytest.mark.parametrize("name", NAMES)
def test_options_are_described(services: dict[str, Service], name: str) -> None:
    numbers = ("value", "values", "array")
    options = ["interval"] * (name in numbers) + ["threshold"] * (name == "photos")
    assert list(get(services[name], "/model")["options"]) == options
    asked = get(services[name], "/openapi.json")["paths"]["/predict"]["post"]["parameters"]
    assert [(each["name"], each["in"]) for each in asked] == [(n, "query") for n in options]


@pytest.mark.parametrize("name", ["value", "values"])
def test_intervals_are_as_described(folder: Path, name: str) -> None:
    service = Service(gn.load(folder / f"{name}.safetensors"), name, Extras(interval=0.5))
    document = get(service, "/openapi.json")
    example = get(service, "/model")["input"]["example"]
    assert get(service, "/model")["options"] == {"interval": 0.5}
    schema = document["components"]["schemas"]["Prediction"]
    assert "interval" in schema["required"]
    [prediction] = said(service, example)
    check(prediction, schema)
    page = ask(service, kind=None, path="/", method="GET").body.decode()
    assert "with intervals that hold 50 % of values" in page


def test_two_classes_take_a_threshold(two: gn.Sequential) -> None:
    service = Service(two, "own", Extras(threshold=0.3))
    assert get(service, "/model")["options"] == {"threshold": 0.3}
    page = ask(service, kind=None, path="/", method="GET").body.decode()
    assert "yes from a probability of 0.3 on" in page
