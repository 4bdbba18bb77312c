"""Whatever a page sends, the lab answers in a sentence and goes on."""

import inspect
import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from glassnet.base.errors import InputError
from glassnet.lab.commands import COMMANDS, answer
from glassnet.lab.server.app import lab_app
from glassnet.lab.server.messages import message_of, text_of
from glassnet.lab.shown.frame import frame
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.web.server import MESSAGE, Server
from glassnet.workflows.spec import Net, Training
from tests.lab.clients import client

SMALL = Settings.model_validate(
    {"data": {"name": "moons", "options": {"samples": 40}}, "network": {"layers": ["dense 2"]},
     "training": {"epochs": 3, "batch_size": 10}}
)  # fmt: skip
MALFORMED = {
    "": "no JSON", "{": "no JSON", "[1]": "a list", "3": "a int", "null": "a NoneType",
    '"do"': "a str", "[" * 100_000: "no JSON", '{"a":' * 17 + "1" + "}" * 17: "more than 16",
    '{"do": "goto", "t": NaN}': "holds NaN", '{"t": -Infinity}': "holds -Infinity",
    '{"t": 1e999}': "holds 1e999", '{"t": ' + "9" * 5000 + "}": "5000 digits",
    "{}": "expected the name of a command", '{"do": "fly"}': "fly", '{"do": ["step"]}': "does",
    '{"do": {}, "id": {}}': "does", '{"do": "step", "count": "x"}': "count is",
    '{"do": "step", "session": 1}': "session", '{"do": "step", "more": 1}': "more",
    '{"do": "settings", "seed": 1e400}': "holds", '{"do": "settings", "data": 3}': "data",
    '{"do": "goto", "t": 9223372036854775808}': "19 digits", "\ud800": "no JSON",
}  # fmt: skip


@pytest.fixture(scope="module")
def lab():
    app = lab_app(SMALL)
    with Server(app) as server:
        yield server, app.state.token


def test_malformed_messages_are_answered_and_it_goes_on(lab):
    with client(*lab) as page:
        for sent, said in MALFORMED.items():
            page.send(sent.encode("utf-8", "replace").decode())
            reply = page.until("error")
            assert said in reply["sentence"] and not reply.get("fault"), (sent[:50], reply)
        page.send(b"bytes")
        assert "a message of bytes" in page.until("error")["sentence"]
        assert page.ask("step")["is"] == "step" and page.frame()["t"] == 1


def test_a_message_that_is_too_long_closes_its_connection_alone(lab):
    with client(*lab) as page, client(*lab) as other:
        page.ask("step")
        page.send(" " * (MESSAGE + 1))
        with pytest.raises(Exception, match="1009"):
            page.read()
        assert other.ask("step")["is"] == "step"
    with client(*lab, session=page.name) as again:
        assert again.frame()["t"] == 1


def test_many_messages_wait_for_their_turn(lab):
    with client(*lab) as page:
        for number in range(1500):
            page.send({"do": "pause", "id": number})
        replies = [page.read() for _ in range(1500)]
        assert [each["id"] for each in replies] == list(range(1500))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.integers() | st.text(max_size=5)
    | st.floats(allow_nan=True) | st.sampled_from(["0.W", "moons", "dense 3", "adam", 1e308]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip
NAMES = st.sampled_from([name for name in COMMANDS if name != "settings"])
KEYS = sorted({
    key for each in COMMANDS.values() for key in each.__annotations__ if key != "return"
} | {"data", "network", "training", "seed", "id"})  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    asked=st.lists(
        st.tuples(NAMES | st.just("settings"), st.dictionaries(st.sampled_from(KEYS), PLAIN)),
        max_size=4,
    )
)
@example([("settings", {"network": {"layers": ["dense 1000000000"]}})])
@example([("settings", {"data": {"name": "moons", "options": {"samples": 10**12}}})])
@example([("settings", {"training": {"epochs": 10**18}})])
def test_no_command_fails_whatever_it_is_given(asked):
    session = Session(SMALL)
    for name, given_ in asked:
        reply = answer(session, {"do": name, "id": 7, **given_} | {"id": 7})
        assert reply["id"] == 7 and reply["is"] in (name, "error")
        assert not reply.get("fault"), reply
        json.loads(text_of(reply))
    session.settings, session.run = SMALL, session.begun(SMALL)
    assert answer(session, {"do": "step", "id": 1}) == {"is": "step", "id": 1}
    assert session.lock.acquire(blocking=False)


WORDS = [
    "0.W", "0.b", "1.W", "A", "", "test", "moons", "iris", "dense 3", "adam", "learning rate",
    "activation", "relu", "train_longer", "numpy", "python", "01-one-neuron", "own.csv",
]  # fmt: skip


def plausible(schema, names):
    """Values of this JSON schema, of which many are taken."""
    if "$ref" in schema:
        return plausible(names[schema["$ref"].rpartition("/")[2]], names)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return st.one_of([plausible(each, names) for each in schema[several]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    kind = schema.get("type")
    if kind == "object":
        parts = {n: plausible(each, names) for n, each in schema.get("properties", {}).items()}
        return st.fixed_dictionaries({}, optional=parts)
    if kind == "array":
        return st.lists(plausible(schema.get("items", {}), names), max_size=3)
    return {
        "integer": st.integers(-1, 12), "number": st.floats(-4, 4), "boolean": st.booleans(),
        "string": st.sampled_from(WORDS), "null": st.none(),
    }.get(kind, PLAIN)  # fmt: skip


@st.composite
def asked_for(draw):
    """A message with arguments that may well be right."""
    name = draw(st.sampled_from(sorted(COMMANDS)))
    message = {"do": name, "id": 7}
    for field, each in list(inspect.signature(COMMANDS[name]).parameters.items())[1:]:
        if each.kind is each.VAR_KEYWORD:
            kind = {"settings": Settings, "training": Training, "starts": Net}[name]
            schema = kind.model_json_schema()
            message |= draw(plausible(schema, schema.get("$defs", {})))
        elif each.default is each.empty or draw(st.booleans()):
            schema = TypeAdapter(each.annotation).json_schema()
            message[field] = draw(plausible(schema, schema.get("$defs", {})))
    return message


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=st.lists(asked_for(), min_size=1, max_size=8))
def test_no_order_of_commands_fails(asked):
    session = Session(SMALL)
    for message in asked:
        reply = answer(session, message)
        assert not reply.get("fault"), (message, reply)
        text_of(reply)
        text_of(frame(session))
        if session.playing:
            session.advance(0.01)
    session.close()


@given(st.text() | PLAIN.map(json.dumps))
def test_any_text_is_an_object_or_a_sentence(text):
    try:
        assert isinstance(message_of(text), dict)
    except InputError as error:
        assert "message" in str(error)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"network": {"layers": ["dense 1000000000"]}}, r"would take about [\d,.]+ GiB .* param"),
        ({"network": {"hidden": [10**6, 10**6]}}, "would take about"),
        ({"network": {"layers": ["dense 1"] * 200}}, "more than 100 layers"),
        ({"training": {"epochs": 10**9}}, "epochs is 1000000000: the lab takes at most 1,000,000"),
        ({"data": {"name": "moons", "options": {"samples": 10**9}}}, "samples is 1000000000"),
        ({"data": {"name": "iris", "options": {"test": "/etc/passwd"}}}, "test is '/etc/passwd'"),
        ({"data": {"name": "digits"}, "training": {"batch_size": "full"},
          "network": {"layers": ["flatten", "dense 3000", "dense 3000"]}}, "multiplications"),
    ],
)  # fmt: skip
def test_what_is_too_large_is_refused_before_it_is_made(changed, said):
    session = Session(SMALL)
    before = session.run
    reply = answer(session, {"do": "settings", "id": 1, **changed})
    assert reply["is"] == "error"
    import re

    assert re.search(said, reply["sentence"]), reply
    assert session.run is before
