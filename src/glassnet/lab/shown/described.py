"""Things by their constructors' arguments, as a page can show and edit them: texts by name."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from glassnet.base.configurable import Described
from glassnet.nn.initializers import INITIALIZERS

SHORTHAND = "activation"  # of a layer: it becomes a layer of its own


def parameters_of(kind: Callable[..., Any]) -> list[dict[str, Any]]:
    """Each argument of a constructor: its name, the text of its default, and the kind of field.

    Kinds are "flag" (true or false), "whole", "number", "initializer" and "text".

    >>> from glassnet.nn.layers import Dropout
    >>> parameters_of(Dropout)
    [{'name': 'rate', 'default': '0.5', 'needed': False, 'kind': 'number'}]
    """
    return [
        {
            "name": name,
            "default": "" if each.default is each.empty else said(each.default),
            "needed": each.default is each.empty,
            "kind": _kind(each),
        }
        for name, each in inspect.signature(kind).parameters.items()
        if name != SHORTHAND
    ]


def _kind(parameter: inspect.Parameter) -> str:
    default = parameter.default
    if isinstance(default, str) and default.partition(":")[0] in INITIALIZERS:
        return "initializer" if "init" in parameter.name else "text"
    return {bool: "flag", int: "whole", float: "number"}.get(parameter.annotation, "text")


def settings_of(thing: Described) -> dict[str, str]:
    """What it is set to, as texts by name."""
    settings = thing.config()
    return {
        name: said(value) for name, value in settings.items() if name not in ("kind", SHORTHAND)
    }


def said(value: Any) -> str:
    """A setting as words have it: true, 3x3, normal:std=0.5; nothing for None.

    >>> said(True), said((2, 3)), said({"kind": "normal", "std": 0.5}), said(None)
    ('true', '2x3', 'normal:std=0.5', '')
    """
    if value is None:
        return ""
    if isinstance(value, Mapping):
        own = ",".join(f"{name}={said(each)}" for name, each in value.items() if name != "kind")
        return f"{value['kind']}:{own}" if own else str(value["kind"])
    if isinstance(value, (list, tuple)):
        return "x".join(map(said, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
