"""Layers in words: `conv 32, relu, maxpool` as layers, and layers as words."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from glassnet.base.configurable import canonical, named, plain, read_value, resolve, understood
from glassnet.base.errors import GlassnetError, InputError
from glassnet.nn.initializers import INITIALIZERS
from glassnet.nn.layers.base import LAYERS, Layer, Settings

LONGEST = 10_000  # characters of a text
DEEPEST = 20  # brackets within brackets
SHOWN = 60  # characters of a layer in a message
MOST = 1000  # layers, repeated ones counted each time
MANY = 3  # branches that are alike, from which on their words stand once

TOKEN = re.compile(r"[(),|]|[^\s(),|]+")
SETTING = re.compile(r"\w+=")
NUMBER = re.compile(r"\d{1,6}")
TIMES = re.compile(r"(\d{1,6}) ?[x×*]")  # in front of a bracket
BOUNDS = frozenset(["(", ")", "|", ",", ""])  # what ends the words of a layer

Branches = list[list[Layer]]  # what a layer has in brackets: layers in a row, between bars


@named
def layers_from(words: str | Sequence[str], **defaults: Any) -> list[Layer]:
    """The layers that a text describes, or several texts one after another.

    Commas separate layers. A layer is its registered name, then values in the order of its
    constructor's parameters, then settings: `conv 32 5 stride=2`. Values joined by x are a tuple,
    `reshape 28x28x1`. A layer made of layers has them in brackets, a bar between its branches:
    `residual(conv 32, relu, conv 32)`, `concat(conv 8 | conv 8 5)`. A number before brackets
    repeats what they contain: `2 x (conv 32, relu)`; as many branches are `concat(5 of (dense 8,
    relu))`.

    - `words`: a text, or several.
    - `defaults`: settings for every layer that has one of that name and does not set it.

    Raises an `InputError` that names the layer in question and the nearest right word.

    >>> layers_from("dense 64, leaky_relu:slope=0.1, dropout 0.2")
    [Dense(64), LeakyReLU(slope=0.1), Dropout(rate=0.2)]
    >>> layers_from("2 x (residual(dense 8, tanh)), dropout rat=0.2")
    Traceback (most recent call last):
    glassnet.base.errors.InputError: 'dropout rat=0.2': unknown setting of Dropout 'rat': \
did you mean 'rate'? Choices: rate
    """
    text = words if isinstance(words, str) else ", ".join(words)
    if len(text) > LONGEST:
        raise InputError(f"the layers have {len(text):,} characters, expected at most {LONGEST:,}")
    return _Reader(text, defaults).layers()


@named
def words_for(layers: Iterable[Layer]) -> str:
    """The words that describe these layers: what `layers_from` reads.

    - `layers`: registered ones.

    >>> words_for(layers_from("linear units=64, LeakyReLU 0.1, residual(dense 64 bias=false)"))
    'dense 64, leaky_relu slope=0.1, residual(dense 64 bias=false)'
    """
    return ", ".join(map(_words, layers))


def shortened(words: str) -> str:
    """The words of a layer for a message, cut off if they are long."""
    return words if len(words) <= SHOWN else f"{words[:SHOWN]}…"


class _Reader:
    """Reads a text from left to right; `at` is the place of the next token."""

    def __init__(self, text: str, defaults: Mapping[str, Any]) -> None:
        self.tokens = TOKEN.findall(re.sub(r"\s*=\s*", "=", text))
        self.defaults = defaults
        self.at = self.depth = self.count = 0

    def layers(self) -> list[Layer]:
        """All layers of the text."""
        found = self.row()
        if self.next == "|":
            raise InputError(
                "a '|' between layers is outside brackets: it separates the branches of one layer, "
                "such as concat(dense 8 | dense 16)"
            )
        if self.next:
            raise InputError("a ')' between layers has no '(' before it")
        return found

    @property
    def next(self) -> str:
        """The next token; nothing after the last."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def takes(self, token: str) -> bool:
        """Whether this token is the next, which is then behind us."""
        found = self.next == token
        self.at += found
        return found

    def row(self) -> list[Layer]:
        """Layers between commas, to the end of a branch, of brackets or of the text."""
        found: list[Layer] = []
        while self.next not in ("", ")", "|"):
            found += self.item()
            if not self.takes(",") and self.next not in ("", ")", "|"):
                raise InputError(f"expected a comma between layers, before {self.next!r}")
        return found

    def item(self) -> list[Layer]:
        """One layer, or the layers of a repetition."""
        words = self.words()
        if not words:
            raise InputError(f"there is no layer before a {self.next!r}")
        if self.next != "(":
            return [self.layer(words)]
        if times := TIMES.fullmatch(" ".join(words)):
            return self.repeated(int(times[1]))
        return [self.layer(words, self.brackets())]

    def layer(self, words: list[str], branches: Branches | None = None) -> Layer:
        """The layer of these words, with what it has in brackets."""
        self.counted()
        try:
            return _layer(words, branches, self.defaults)
        except (GlassnetError, TypeError, ValueError, OverflowError) as error:  # of any layer
            said = repr(shortened(" ".join(words)))
            raise InputError(f"{error}" if said in str(error) else f"{said}: {error}") from None

    def counted(self) -> None:
        """Count a layer, or a repetition, since brackets may be empty."""
        self.count += 1
        if self.count > MOST:
            raise InputError(f"there are more than {MOST:,} layers: expected fewer")

    def repeated(self, times: int) -> list[Layer]:
        """The layers in brackets, so often one after another."""
        return [layer for row in self.again(times) for layer in row]

    def again(self, times: int) -> Branches:
        """The layers in brackets, read as often as they are repeated: each is a new one."""
        found: Branches = []
        begin = self.at
        for _ in range(times):
            self.counted()
            self.at = begin
            row, *others = self.brackets()
            found.append(row)
            if others:
                raise InputError("a '|' is in repeated layers: expected only commas between them")
        if not times:
            raise InputError("layers are repeated 0 times: expected 1 or more")
        return found

    def brackets(self) -> Branches:
        """The branches between '(' and ')'."""
        self.at += 1
        self.depth += 1
        if self.depth > DEEPEST:
            raise InputError(f"layers nest more than {DEEPEST} deep: expected fewer brackets")
        branches = self.branch()
        while self.takes("|"):
            branches += self.branch()
        if not self.takes(")"):
            raise InputError("a '(' between layers has no ')' after it")
        self.depth -= 1
        return branches

    def branch(self) -> Branches:
        """One branch, or several that are alike."""
        times, *rest = self.tokens[self.at : self.at + 3] or [""]
        if rest != ["of", "("] or not NUMBER.fullmatch(times):
            return [self.row()]
        self.at += 2
        found = self.again(int(times))
        if self.next not in ("|", ")"):
            raise InputError(
                f"{self.next!r} follows the branches '{times} of (…)': expected '|' or ')', or all "
                "layers of a branch in the brackets"
            )
        return found

    def words(self) -> list[str]:
        """The words of a layer. A setting after a comma belongs to the layer before it."""
        words: list[str] = []
        while self.next not in BOUNDS or (words and self._goes_on()):
            if self.takes(","):
                last = words.pop() if ":" in words[-1] else None
                words.append(f"{last},{self.next}" if last else self.next)
            else:
                words.append(self.next)
            self.at += 1
        return words

    def _goes_on(self) -> bool:
        """Whether a comma comes next, and a setting after it."""
        after = "".join(self.tokens[self.at + 1 : self.at + 2])
        return self.next == "," and SETTING.match(after) is not None


def _layer(words: Sequence[str], branches: Branches | None, defaults: Settings) -> Layer:
    name, _, more = words[0].partition(":")
    said = [*filter(None, more.split(",")), *words[1:]]
    if name.isdigit() and said[:1] == ["of"]:
        raise InputError(
            f"'{name} of (…)' are branches, in the brackets of concat: one after another they are "
            f"'{name} x (…)'"
        )
    if name.isdigit():
        raise InputError(f"a layer begins with its name: for {name} units write 'dense {name}'")
    table = {str(kind.name): kind for kind in LAYERS.values()}
    kind = table[understood("layer", name, table)]
    made_of = getattr(kind, "made_of", None)
    if made_of is None:
        if branches is not None:
            raise InputError(f"{kind.__name__} is not made of layers: leave out the brackets")
        settings = _settings(kind, said, defaults)
        return resolve("layer", {"kind": kind.__name__, **settings}, table, Layer)
    if branches is None or said:
        raise InputError(f"expected layers in brackets and nothing else: {kind.name}(dense 64)")
    made: Layer = made_of(branches)
    return made


def _settings(kind: type[Layer], said: Iterable[str], defaults: Settings) -> dict[str, Any]:
    """Values in the order of the constructor's parameters, and settings by their names."""
    parameters = inspect.signature(kind).parameters
    values = [text for text in said if "=" not in text]
    if len(values) > len(parameters):
        takes = " ".join(parameters).upper() or "nothing"
        raise InputError(f"{kind.name} takes {takes}, got {' '.join(values)}")
    settings = dict(zip(parameters, map(_value, values), strict=False))
    for name, _, text in (text.partition("=") for text in said if "=" in text):
        if name in settings:
            raise InputError(f"{name} is given twice: leave one out")
        settings[name] = _value(text)
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in settings:
            raise InputError(f"{kind.__name__} needs {name}: write '{kind.name} {name.upper()}'")
    return {**{name: defaults[name] for name in defaults if name in parameters}, **settings}


def _value(text: str) -> Any:
    """A number, true or false, a tuple of numbers joined by x, or the text itself."""
    parts = [read_value(part) for part in text.split("x")]
    several = len(parts) > 1 and all(type(part) in (int, float) for part in parts)
    return tuple(parts) if several else read_value(text)


def _words(layer: Layer) -> str:
    name = layer.name or type(layer).__name__
    if hasattr(layer, "in_branches"):
        return f"{name}({' | '.join(_branches(layer.in_branches()))})"
    config, words = layer.config(), [name]
    for key, parameter in inspect.signature(type(layer)).parameters.items():
        if parameter.default is parameter.empty:
            words.append(_text(config[key]))
        elif config[key] != plain(parameter.default):
            words.append(f"{key}={_text(config[key])}")
    return " ".join(words)


def _branches(branches: Branches) -> Iterator[str]:
    """The words of each branch; of many that are alike, once."""
    for words, run in groupby(map(words_for, branches)):
        count = len([*run])
        yield from [f"{count} of ({words})"] if count >= MANY else [words] * count


def _text(value: Any) -> str:
    """What `_value` reads as this."""
    if isinstance(value, Mapping):  # the settings of an initializer
        settings = ",".join(f"{key}={_text(each)}" for key, each in value.items() if key != "kind")
        return str(canonical(f"{value['kind']}:{settings}".rstrip(":"), INITIALIZERS))
    if isinstance(value, list):
        return "x".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
