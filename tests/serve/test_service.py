"""What a service says of itself, and the command that starts it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from glassnet.serve.service import Service
from tests.cli.process import run, succeed
from tests.serve.asking import ask
from tests.serve.shop import NAMES, targets
from tests.serve.test_same_bits import asked

SERVE = [sys.executable, "-m", "glassnet", "serve"]


def get(service: Service, path: str) -> Any:
    said = ask(service, kind=None, path=path, method="GET")
    assert said.status == 200
    return said.json


@pytest.mark.parametrize("name", NAMES)
def test_the_example_works(services: dict[str, Service], name: str) -> None:
    document = get(services[name], "/openapi.json")
    content = document["paths"]["/predict"]["post"]["requestBody"]["content"]
    said = ask(services[name], content["application/json"]["example"])
    assert said.status == 200
    assert set(said.json) == {"predictions"}, "no notes"


@pytest.mark.parametrize("name", NAMES)
def test_predictions_are_as_described(services: dict[str, Service], name: str) -> None:
    document = get(services[name], "/openapi.json")
    content = document["paths"]["/predict"]["post"]["requestBody"]["content"]
    example = content["application/json"]["example"]
    schemas = document["components"]["schemas"]
    check(example[0], schemas["Row"])
    [prediction] = ask(services[name], example).json["predictions"]
    check(prediction, schemas["Prediction"])


def check(value: Any, schema: dict[str, Any]) -> None:
    """Whether a value is as a JSON schema says, of the words that ours use."""
    if "enum" in schema:
        assert value in schema["enum"]
    if "anyOf" in schema:
        assert any(passes(value, each) for each in schema["anyOf"])
    kinds = schema.get("type", [])
    every = [kinds] if isinstance(kinds, str) else kinds
    types = {"number": (int, float), "integer": int, "string": str, "boolean": bool,
             "null": type(None), "object": dict, "array": list}  # fmt: skip
    if every:
        assert any(isinstance(value, types[kind]) for kind in every)
    if kinds == "object":
        assert set(schema.get("required", ())) <= set(value)
        for name, each in value.items():
            check(each, schema.get("properties", {}).get(name, {}))
    if kinds == "array":
        assert schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        for each in value:
            check(each, schema["items"])
    if "maximum" in schema:
        assert schema["minimum"] <= value <= schema["maximum"]


def passes(value: Any, schema: dict[str, Any]) -> bool:
    try:
        check(value, schema)
    except AssertionError:
        return False
    return True


def test_the_columns_of_a_table(services: dict[str, Service]) -> None:
    said = get(services["classes"], "/model")
    columns = {column["name"]: column for column in said["input"]["columns"]}
    assert list(columns) == ["price", "count", "large", "code", "city, country", "new", "sold"]
    assert columns["price"]["kind"] == "number"
    assert columns["price"]["gaps"] is True
    assert columns["code"]["values"] == [f"{n:03}" for n in range(12)]
    assert columns["city, country"]["kind"] == "category"
    assert columns["sold"]["format"] == "%d.%m.%Y"
    assert said["classes"] == ["Größe", "a", "b"]


@pytest.mark.parametrize("name", NAMES)
def test_the_model_is_what_summary_says(
    folder: Path, services: dict[str, Service], name: str
) -> None:
    said = get(services[name], "/model")
    summary = json.loads(succeed(folder, "summary", f"{name}.safetensors", "--json").stdout)
    assert said["name"] == name
    for key in ("task", "target", "loss", "test"):
        assert said[key] == summary[key]
    assert said["metrics"] == summary["figures"]
    of_the_file = ("holds", "inputs", "outputs", "figures", "format", "versions")
    known = (*of_the_file, "task", "target", "loss", "test")
    assert {key: value for key, value in summary.items() if key not in known} == said["training"]
    table = succeed(folder, "summary", f"{name}.safetensors").stdout
    for layer in said["layers"]:
        assert re.search(
            rf"^ *{re.escape(layer['layer'])} .*\b{layer['parameters']:,}\b", table, re.M
        )
    assert f"{said['parameters']:,}" in table.partition("total")[2].partition("\n")[0]


def test_health(services: dict[str, Service]) -> None:
    assert get(services["digits"], "/health") == {"status": "ok"}


def test_what_is_unusual_is_noted(addresses: dict[str, str], services: dict[str, Service]) -> None:
    example = get(services["classes"], "/model")["input"]["example"]
    row = {**example, "code": "999", "colour": "red"}
    said = httpx.post(f"{addresses['classes']}/predict", json=row).json()
    assert said["notes"] == [
        "column 'colour' was not there in training: not read",
        "1 new value in 'code', which training did not have, in 1 row: '999'",
    ]


def test_targets_of_a_row_are_ignored(services: dict[str, Service]) -> None:
    example = get(services["classes"], "/model")["input"]["example"]
    row = {**example, "kind": targets(__import__("pandas").DataFrame(index=range(1)))["kind"][0]}
    assert set(ask(services["classes"], row).json) == {"predictions"}


def test_one_row_needs_no_list(services: dict[str, Service]) -> None:
    for name in NAMES:
        example = get(services[name], "/model")["input"]["example"]
        assert ask(services[name], example).body == ask(services[name], [example]).body


# ---- the command


@contextmanager
def served(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen([*SERVE, *words, "--port", "0"], cwd=folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.fullmatch(r"(\S+) is served at (http://\S+) \(Ctrl-C ends it\)\n", said)
        assert found is not None, said or process.communicate()[1]
        assert found[1] == words[0]
        yield process, found[2]
    finally:
        process.kill()
        process.communicate()


def test_the_command_serves_until_it_is_told_to_stop(folder: Path) -> None:
    with served(folder, "digits.safetensors") as (process, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
        assert len(asked(address, json=[[[0] * 8] * 8])) == 1
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=10) == ("", "")
        assert process.returncode == 0


def test_a_stop_under_load_loses_no_request(folder: Path) -> None:
    body, failed, done = [[[1.0] * 8] * 8], [], []

    def ask_on(address: str) -> None:
        with httpx.Client() as client:
            while True:
                try:
                    response = client.post(f"{address}/predict", json=body)
                    response.raise_for_status()
                except httpx.ConnectError:
                    return  # a new connection, after the end
                except httpx.HTTPError as error:
                    failed.append(error)
                    return
                done.append(len(response.json()["predictions"]))

    with served(folder, "digits.safetensors") as (process, address):
        askers = [threading.Thread(target=ask_on, args=(address,)) for _ in range(8)]
        for each in askers:
            each.start()
        while len(done) < 200:
            pass
        process.send_signal(signal.SIGTERM)
        for each in askers:
            each.join(20)
        assert process.communicate(timeout=10) == ("", "")
        assert (process.returncode, failed) == (0, [])


def test_memory_stays(folder: Path) -> None:
    """After the first thousand requests, some thousands more take no further memory."""
    if not Path("/proc").is_dir():
        pytest.skip("memory is read from /proc")
    with served(folder, "digits.safetensors") as (process, address), httpx.Client() as client:

        def resident() -> int:
            text = Path(f"/proc/{process.pid}/statm").read_text()
            return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")

        def many(count: int) -> None:
            for number in range(count):
                rows = [[[number % 17] * 8] * 8] * (1 + number % 50)
                client.post(f"{address}/predict", json=rows).raise_for_status()

        many(1000)
        before = resident()
        many(2000)
        assert resident() - before < 2**21


def test_a_taken_port_is_one_line(folder: Path, addresses: dict[str, str]) -> None:
    port = addresses["digits"].rpartition(":")[2]
    done = run(folder, "serve", "digits.safetensors", "--port", port)
    assert done.returncode == 2
    assert done.stderr == (
        f"glassnet: cannot listen on 127.0.0.1, port {port}: address already in use; give a "
        "different port, or 0 for a free one\n"
    )


def test_a_model_has_to_be_one(folder: Path) -> None:
    done = run(folder, "serve", "none.safetensors")
    assert done.returncode == 2
    assert done.stderr.startswith("glassnet: no file none.safetensors: ")
