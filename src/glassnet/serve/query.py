"""What the query of a request asks for besides predictions: `/predict?interval=0.9`."""

from typing import Any
from urllib.parse import parse_qsl

from glassnet.base.configurable import choose
from glassnet.base.errors import GlassnetError, InputError
from glassnet.sequential import Sequential
from glassnet.workflows.predict import Extras

NAMES = ("threshold", "interval")
SHOWN = 40  # characters of a wrong word


def extras_of(query: bytes, usual: Extras, network: Sequential) -> Extras:
    """The `usual` extras, but for those that the query of a request sets.

    Raises InputError for what is not there, is no number, or is not for this network.

    >>> from glassnet import Dense
    >>> net = Sequential([Dense(2)], input_shape=1, seed=0)
    >>> history = net.fit([[0.0], [1.0]], [0, 1], epochs=1)
    >>> extras_of(b"threshold=0.3", Extras(), net)
    Extras(proba=False, threshold=0.3, interval=None)
    """
    if not query:
        return usual
    given: dict[str, Any] = {}
    for name, text in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        choose("parameter", name[:SHOWN], NAMES)
        if name in given:
            raise InputError(f"{name} is given twice: leave out one of them")
        given[name] = _number(name, text)
    extras = usual._replace(**given)
    extras.check(network)
    return extras


def options_of(network: Sequential, usual: Extras) -> dict[str, float | None]:
    """The parameters that requests to this network may have, each with its usual value."""
    return {name: getattr(usual, name) for name in NAMES if _fits(network, name)}


def _fits(network: Sequential, name: str) -> bool:
    wanted: dict[str, Any] = {name: 0.5}
    try:
        Extras(**wanted).check(network)
    except GlassnetError:
        return False
    return True


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{name} is {text[:SHOWN]!r}: expected a number such as 0.9") from None
