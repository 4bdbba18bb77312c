"""Formulas and names as a page shows them: without citations and without what says nothing."""

import re
from typing import Any

from glassnet.base.configurable import Described, brief

WAYS = ("forward", "backward")
STARTS = ("init", "bias_init")  # settings that a step does not depend on
CITATION = re.compile(r"\s*\([^()]*\b(?:19|20)\d\d[^()]*\)\.?")
SENTENCE = re.compile(r"\. [A-Z].*$")  # what follows a formula in its line


def uncited(text: str) -> str:
    """A formula without its source, which the page of the class has.

    >>> uncited("θ ← θ − η g  (Robbins & Monro, 1951).")
    'θ ← θ − η g'
    """
    return "\n".join(
        SENTENCE.sub("", CITATION.sub("", line)).rstrip(" .") for line in text.splitlines()
    )


def half(text: str, way: str) -> str:
    """The lines of a formula that are about this way, if it says which are.

    >>> half("y = tanh x;  dx = dy (1 − y²).", "backward")
    'dx = dy (1 − y²)'
    """
    own, about = [], ""
    for line in text.splitlines():
        first, _, rest = line.partition(" ")
        about = first if first in WAYS else about
        if about == way:
            own.append(rest.strip() if first == way else line)
    y, _, dx = text.partition(";  dx")
    if not own and dx:
        own = [y if way == "forward" else f"dx{dx}"]
    if not own and way == "backward" and "dx" not in text:
        return ""
    return uncited("\n".join(own) or text)


def short(thing: Described) -> str:
    """A layer or a loss by its class and settings, without how its weights start; long settings are
    left out.

    >>> from glassnet import Dense, Tanh
    >>> short(Dense(4, init="zeros")), short(Tanh())
    ('Dense(4)', 'Tanh')
    """
    return brief(thing, STARTS).removesuffix("()")


def times(shape: Any) -> str:
    """A shape, "1 × 4"."""
    return " × ".join(map(str, shape))
