"""Conditions and formulas that a person types, such as y > sin(x): parsed to a tree, never run.

relation = sum (">" | "<" | ">=" | "<=" | "=") sum
sum      = product (("+" | "-") product)*
product  = signed (("*" | "/") signed)*
signed   = ("+" | "-") signed | power
power    = atom (("^" | "**") signed)?
atom     = number | "x" | "y" | "pi" | "e" | "(" sum ")" | function "(" sum ("," sum)* ")"
"""

import math
import re
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import choose
from glassnet.base.errors import InputError

LONGEST = 300  # characters
DEEPEST = 40  # of parentheses, signs and powers in each other

Compute = Callable[..., Any]
FUNCTIONS: dict[str, Compute] = {
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "exp": np.exp, "log": np.log, "sqrt": np.sqrt,
    "abs": np.abs,
}  # fmt: skip
OF_SEVERAL: dict[str, Compute] = {
    "min": lambda *each: reduce(np.minimum, each),
    "max": lambda *each: reduce(np.maximum, each),
}
OPERATORS: dict[str, Compute] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power,
    "negative": np.negative,
}  # fmt: skip
COMPARISONS: dict[str, Compute] = {
    ">": np.greater, "<": np.less, ">=": np.greater_equal, "<=": np.less_equal
}  # fmt: skip
CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e}
SAME = {"**": "^", "−": "-", "·": "*", "×": "*", "÷": "/", "≥": ">=", "≤": "<=", "==": "="}
TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>\*\*|[<>=]=|.))",
    re.DOTALL,
)
COMPUTED = OPERATORS | FUNCTIONS | OF_SEVERAL


class Call(NamedTuple):
    """A function or operator of parts."""

    name: str
    parts: tuple["Tree", ...]


Tree: TypeAlias = float | str | Call
"""A number, a variable, or a function of trees."""


class Relation(NamedTuple):
    """Two sides and what stands between them; the text as it was typed."""

    text: str
    left: Tree
    sign: str
    right: Tree

    @property
    def output(self) -> str:
        """The variable that is computed, "y" or "z"; empty for a condition."""
        return str(self.left) if self.sign == "=" else ""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The variables that are drawn."""
        return ("x",) if self.output == "y" else ("x", "y")

    def at(self, x: Array) -> Array:
        """The value, or 0 and 1 for a condition, for inputs (samples, inputs); NaN where there is
        none, such as the logarithm of −1."""
        variables = {name: x[:, n] for n, name in enumerate(self.inputs)}
        with np.errstate(all="ignore"):
            right = np.broadcast_to(_computed(self.right, variables), len(x))
            if self.output:
                return np.where(np.isfinite(right), right, np.nan)
            left = np.broadcast_to(_computed(self.left, variables), len(x))
            known = ~(np.isnan(left) | np.isnan(right))
            return np.where(known, COMPARISONS[self.sign](left, right), np.nan)


def _computed(tree: Tree, variables: Mapping[str, Array]) -> Any:
    if isinstance(tree, Call):
        return COMPUTED[tree.name](*(_computed(part, variables) for part in tree.parts))
    return variables[tree] if isinstance(tree, str) else np.float64(tree)


def relation(text: str) -> Relation:
    """The relation in a text.

    - `text`: a condition on x and y, `y = …` of x, or `z = …` of x and y.

    Raises `InputError`, with the place, for a text that is none.

    >>> circle = relation("x^2 + y^2 < 1")
    >>> circle.at(np.array([[0, 0.5], [2, 0.5]])).tolist()
    [1.0, 0.0]
    >>> relation("y = 2*x").at(np.array([[3.0]])).tolist()
    [6.0]
    >>> relation("y > sin x")
    Traceback (most recent call last):
    glassnet.base.errors.InputError: character 9: found 'x', expected '(' after sin
    """
    if len(text) > LONGEST:
        raise InputError(
            f"the formula has {len(text):,} characters: expected at most {LONGEST}; shorten it"
        )
    reader = _Reader(text)
    left = reader.sum()
    sign = reader.take(*COMPARISONS, "=")
    if not sign:
        reader.refuse("a comparison, such as y > sin(x), or y = sin(x)")
    right = reader.sum()
    if reader.kind:
        reader.refuse("an operator or the end; a product is written 2*x")
    return _checked(Relation(text, left, sign, right))


def _checked(found: Relation) -> Relation:
    allowed = {"x", "y"}
    if found.sign == "=":
        if found.left not in ("y", "z"):
            raise InputError("before = stands y, a function of x, or z, a function of x and y")
        allowed = {*found.inputs}
    used = _variables(found.right) | (set() if found.output else _variables(found.left))
    if wrong := sorted(used - allowed):
        raise InputError(
            f"{wrong[0]} cannot stand here: expected a formula of {' and '.join(sorted(allowed))}"
        )
    if not used:
        raise InputError("the formula has no x or y: expected at least one of them")
    return found


def _variables(tree: Tree) -> set[str]:
    if isinstance(tree, Call):
        return set().union(*map(_variables, tree.parts))
    return {tree} if isinstance(tree, str) else set()


class _Reader:
    """Reads a text from left to right; `kind` of the next token is empty at the end."""

    def __init__(self, text: str) -> None:
        self.text, self.end, self.depth = text.rstrip(), 0, 0
        self.next()

    def next(self) -> None:
        """To the next token."""
        match = TOKEN.match(self.text, self.end)
        if match is None:
            self.kind, self.token, self.start = "", "", len(self.text)
            return
        self.kind = str(match.lastgroup)
        self.token, self.start, self.end = match[self.kind], match.start(self.kind), match.end()

    def refuse(self, expected: str) -> None:
        """Raise what is wrong here."""
        found = f"found {self.token!r}" if self.kind else "the formula ends"
        raise InputError(f"character {self.start + 1}: {found}, expected {expected}")

    def take(self, *signs: str) -> str:
        """The next token if it is one of these signs, and go past it; else nothing."""
        sign = SAME.get(self.token, self.token)
        if self.kind != "sign" or sign not in signs:
            return ""
        self.next()
        return sign

    def need(self, sign: str, where: str) -> None:
        """Go past this sign, which has to be here."""
        if not self.take(sign):
            self.refuse(f"{sign!r} {where}")

    def sum(self) -> Tree:
        """Products, added and subtracted."""
        return self.chain(self.product, "+", "-")

    def product(self) -> Tree:
        """Signed powers, multiplied and divided."""
        return self.chain(self.signed, "*", "/")

    def chain(self, part: Callable[[], Tree], *signs: str) -> Tree:
        """Parts with any of these signs between them, taken from the left."""
        tree = part()
        while sign := self.take(*signs):
            tree = Call(sign, (tree, part()))
        return tree

    def signed(self) -> Tree:
        """A power with signs before it; all that can nest comes through here."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise InputError(
                f"character {self.start + 1}: parentheses, signs and powers nest deeper than "
                f"{DEEPEST}; simplify the formula"
            )
        sign = self.take("+", "-")
        tree = self.signed() if sign else self.power()
        self.depth -= 1
        return Call("negative", (tree,)) if sign == "-" else tree

    def power(self) -> Tree:
        """An atom, perhaps with an exponent."""
        base = self.atom()
        return Call("^", (base, self.signed())) if self.take("^") else base

    def atom(self) -> Tree:
        """A number, a variable, a function of something, or anything in parentheses."""
        if self.kind == "number":
            return self.number()
        if self.kind == "name":
            return self.named()
        if not self.take("("):
            self.refuse("a number, x, y, a function or '('")
        tree = self.sum()
        self.need(")", "to close the parenthesis")
        return tree

    def number(self) -> Tree:
        """A number."""
        value = float(self.token)
        if not math.isfinite(value):
            self.refuse("a number below 1e308")
        self.next()
        return value

    def named(self) -> Tree:
        """A variable, a constant, or a function with what it is of."""
        name = self.token
        if name not in FUNCTIONS and name not in OF_SEVERAL:
            return self.variable(name)
        self.next()
        self.need("(", f"after {name}")
        parts = [self.sum()]
        while name in OF_SEVERAL and self.take(","):
            parts.append(self.sum())
        if name in OF_SEVERAL and len(parts) == 1:
            self.refuse(f"',' and a second value for {name}")
        self.need(")", f"to close {name}(")
        return Call(name, tuple(parts))

    def variable(self, name: str) -> Tree:
        """A variable or a constant."""
        try:
            choose("name", name, ["x", "y", "z", *CONSTANTS, *FUNCTIONS, *OF_SEVERAL])
        except InputError as error:
            raise InputError(f"character {self.start + 1}: {error}") from None
        self.next()
        return CONSTANTS.get(name, name)
