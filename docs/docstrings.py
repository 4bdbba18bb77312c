"""Docstrings for the reference: what is plain text in Python becomes Markdown."""

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"(?:^|(?<=\n\n))(>>> .*?)(?=\n\n(?!>>> )|\Z)", re.S)


def markdown(text: str) -> str:
    """The docstring with its examples fenced.

    >>> markdown("Add.\\n\\n>>> add(1, 2)\\n3")
    'Add.\\n\\n```pycon\\n>>> add(1, 2)\\n3\\n```'
    """
    return EXAMPLE.sub(r"```pycon\n\1\n```", text)


class Docstrings(griffe.Extension):
    """Rewrite every docstring that is read."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for each module, class, function and attribute."""
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)
