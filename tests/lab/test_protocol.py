"""The page about the protocol says what commands take and what messages hold."""

import inspect
import re

import pytest

from docs import protocol
from glassnet.lab.commands import COMMANDS

TEXT = protocol.PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def messages():
    return protocol.messages()


def test_the_page_is_what_the_lab_says():
    assert protocol.written(TEXT) == TEXT, "run python docs/protocol.py"


def test_every_command_stands_there_with_its_fields_and_defaults():
    begin, end = (mark.format("commands") for mark in protocol.MARKS)
    part = TEXT.split(begin)[1].split(end)[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \| .*? \|$", part, re.MULTILINE))
    assert set(rows) == set(COMMANDS)
    for name, function in COMMANDS.items():
        for field, each in list(inspect.signature(function).parameters.items())[1:]:
            if each.kind is not each.VAR_KEYWORD:
                assert f"`{field}" in rows[name], (name, field)


@pytest.mark.parametrize("kind", protocol.MEANINGS)
def test_no_field_is_explained_that_is_not_there(messages, kind):
    assert set(protocol.MEANINGS[kind]) == set(protocol.keys_of(messages[kind]))
