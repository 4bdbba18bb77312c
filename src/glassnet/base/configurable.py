"""Things that can say what they are: a kind, its settings, and back again.

Layers, losses, optimizers, schedules and initializers all keep each constructor argument in an
attribute of the same name. From that one habit follow their `repr`, the description that a model
file stores, and the way a command line or a recipe names them.
"""

import inspect
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec, Self, TypeVar

import numpy as np

from glassnet.base.errors import InputError, InputIndexError, InputTypeError
from glassnet.base.synonyms import nearest, same

MANY = 15  # choices, of which a message with the nearest does not name the others

T = TypeVar("T", bound="Described")
P = ParamSpec("P")
R = TypeVar("R")


def named(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse keywords that `function` does not have, and say what they are called here.

    >>> @named
    ... def fit(epochs: int = 10) -> None: ...
    >>> fit(n_epochs=3)
    Traceback (most recent call last):
    glassnet.base.errors.InputTypeError: n_epochs is called epochs here
    """
    parameters = inspect.signature(function).parameters
    by_name = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    known = [name for name, each in parameters.items() if each.kind in by_name]
    known = [name for name in known if name not in ("self", "cls")]
    takes_more = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    taken = frozenset(known)

    @wraps(function)
    def wrapper(*args: P.args, **settings: P.kwargs) -> R:
        if settings and not settings.keys() <= taken:
            for name in settings:
                if name not in taken and not (takes_more and same(name, known) is None):
                    raise InputTypeError(unknown_setting(name, known))
        return function(*args, **settings)

    return wrapper


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse keywords that `function` does not have, and anything but bools for its bools.

    >>> @checked
    ... def fit(epochs: int = 10, shuffle: bool = True) -> None: ...
    >>> fit(shuffle="no")
    Traceback (most recent call last):
    glassnet.base.errors.InputTypeError: shuffle is 'no', expected True or False
    """
    parameters = inspect.signature(function).parameters
    flags = [name for name, each in parameters.items() if each.annotation is bool]

    @wraps(function)
    def wrapper(*args: P.args, **settings: P.kwargs) -> R:
        given = dict(zip(parameters, args, strict=False)) | settings
        for name in flags:
            if not isinstance(given.get(name, True), (bool, np.bool_)):
                raise InputTypeError(f"{name} is {given[name]!r}, expected True or False")
        return function(*args, **settings)

    return named(wrapper if flags else function)


def unknown_setting(name: str, known: list[str], what: str = "setting") -> str:
    """What to say of a name that is not there.

    >>> unknown_setting("n_epochs", ["epochs"]), unknown_setting("zzz", ["epochs"])
    ('n_epochs is called epochs here', "unknown setting 'zzz'. Choices: epochs")
    """
    ours = same(name, known)
    if ours is None:
        return f"unknown {what} {name!r}{_hint(name, known)}"
    if "=" in ours:
        return f"{name} is part of {ours.partition('=')[0]} here: {ours}"
    return f"{name} is called {ours} here"


class Described:
    """Base of everything that is fully described by its constructor's arguments."""

    @checked
    def __init__(self) -> None:
        """Nothing to set."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if own := vars(cls).get("__init__"):
            setattr(cls, own.__name__, checked(own))

    def config(self) -> dict[str, Any]:
        """The kind and the settings as plain data: strings, numbers, lists and dicts.

        >>> from glassnet.nn.initializers import Normal
        >>> Normal(std=0.5).config()
        {'kind': 'Normal', 'std': 0.5}
        """
        return {"kind": type(self).__name__, **{k: plain(v) for k, v in self._settings().items()}}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The same thing again, from what `config()` returned.

        - `config`: the settings; their kind has already chosen the class.
        """
        settings = {key: value for key, value in config.items() if key != "kind"}
        allowed = list(_parameters(cls))
        ours = [understood(f"setting of {cls.__name__}", key, allowed) for key in settings]
        if twice := [name for name in ours if ours.count(name) > 1]:
            raise InputError(f"{cls.__name__}: {twice[0]} is given twice: leave one out")
        return cls(**dict(zip(ours, settings.values(), strict=True)))

    def number(self, name: str, value: Any, interval: str = "(-inf, inf)") -> float:
        """The setting as a plain, finite number in the interval, or an `InputError`.

        - `name`, `value`: of the setting.
        - `interval="(-inf, inf)"`: a square bracket includes its end.

        >>> from glassnet.nn.initializers import Normal
        >>> Normal().number("std", -1, "[0, inf)")
        Traceback (most recent call last):
        glassnet.base.errors.InputError: Normal: std is -1, expected a number in [0, inf)
        """
        return number(f"{type(self).__name__}: {name}", value, interval)

    def numbers(
        self, name: str, value: Any, interval: str = "(-inf, inf)"
    ) -> float | tuple[float, ...]:
        """The setting as one such number or as several; `name`, `value` and `interval` as in
        `number`.
        """
        if isinstance(value, (tuple, list, np.ndarray)) and np.ndim(value) == 1 and len(value):
            return tuple(self.number(name, each, interval) for each in value)
        return self.number(name, value[()] if isinstance(value, np.ndarray) else value, interval)

    def positive_int(self, name: str, value: Any) -> int:
        """The setting of this `name` with its `value` as a whole number of at least 1, or an
        `InputError`.
        """
        return positive_int(f"{type(self).__name__}: {name}", value)

    def _settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _parameters(type(self))}

    def __repr__(self) -> str:
        return _said(self, (), repr)


def brief(thing: Described, without: Collection[str] = (), longest: int = 24) -> str:
    """The kind and its settings in a few words: without those named, numbers with four digits, "…"
    for what is longer.

    >>> from glassnet.nn.initializers import Normal
    >>> brief(Normal(std=1 / 3))
    'Normal(std=0.3333)'
    """

    def said(value: Any) -> str:
        text = f"{value:.4g}" if isinstance(value, float) else repr(value)
        return text if len(text) <= longest else "…"

    return _said(thing, without, said)


def _said(thing: Described, without: Collection[str], said: Callable[[Any], str]) -> str:
    parameters = _parameters(type(thing))
    shown = [
        said(value)
        if parameters[name].default is inspect.Parameter.empty
        else f"{name}={said(value)}"
        for name, value in thing._settings().items()
        if name not in without and not _is_default(value, parameters[name].default)
    ]
    return f"{type(thing).__name__}({', '.join(shown)})"


def number(name: str, value: Any, interval: str = "(-inf, inf)") -> float:
    """The value as a plain, finite number in the interval, or an `InputError`.

    >>> number("clip_norm", True, "(0, inf)")
    Traceback (most recent call last):
    glassnet.base.errors.InputError: clip_norm is True, expected a number in (0, inf)
    """
    low, high = map(float, interval[1:-1].split(","))
    plain_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if plain_number and math.isfinite(value):
        above = low < value or (interval[0] == "[" and low == value)
        below = value < high or (interval[-1] == "]" and value == high)
        if above and below:
            return float(value)
    expected = "finite number" if interval == "(-inf, inf)" else f"number in {interval}"
    raise InputError(f"{name} is {value!r}, expected a {expected}")


def positive_int(name: str, value: Any, other: str = "") -> int:
    """The value as a whole number of at least 1, or an `InputError`; `other` is accepted too."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        expected = " or ".join(filter(None, ["a whole number of at least 1", other]))
        raise InputError(f"{name} is {value!r}, expected {expected}")
    return int(value)


_FOUND: dict[type, Mapping[str, inspect.Parameter]] = {}


def _parameters(cls: type) -> Mapping[str, inspect.Parameter]:
    """The constructor's arguments; looked up once, since that takes 0.1 ms."""
    if cls not in _FOUND:
        _FOUND[cls] = inspect.signature(cls).parameters
    return _FOUND[cls]


def _is_default(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


def plain(value: Any) -> Any:
    """A setting as JSON can hold it."""
    if isinstance(value, Described):
        return value.config()
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value


def choose(what: str, given: str, allowed: Iterable[str]) -> str:
    """`given`, if it is one of `allowed`; else an error with the list and the nearest match.

    >>> choose("activation", "rleu", ["relu", "tanh"])
    Traceback (most recent call last):
    glassnet.base.errors.InputError: unknown activation 'rleu': did you mean 'relu'? \
Choices: relu, tanh
    """
    names = list(allowed)
    if given in names:
        return given
    raise InputError(f"unknown {what} {given!r}{_hint(given, names)}")


def understood(what: str, given: str, allowed: Iterable[str]) -> str:
    """The allowed name that is meant: `given` itself, or what the field also calls the same; else
    the error of `choose`.

    >>> understood("activation", "swish", ["relu", "silu"])
    'silu'
    """
    names = list(allowed)
    return given if given in names else same(given, names) or choose(what, given, names)


def canonical(given: Any, table: Mapping[str, type]) -> Any:
    """`name:key=value,…` in our own names, as files hold it; what is not text stays as it is.

    >>> from glassnet.nn.optimizers import OPTIMIZERS
    >>> canonical("Adam:lr=0.01", OPTIMIZERS)
    'adam:learning_rate=0.01'
    """
    if not isinstance(given, str):
        return given
    name, colon, rest = given.partition(":")
    ours = name if name in table else same(name, table)
    if ours is None:
        return given
    keys = _parameters(table[ours])
    pairs = (item.partition("=") for item in rest.split(","))
    settings = (f"{same(key, keys) or key}{equals}{value}" for key, equals, value in pairs)
    return f"{ours}{colon}{','.join(settings)}"


def _hint(given: str, names: list[str]) -> str:
    """What was probably meant, and what there is."""
    meant = nearest(given, names)
    question = f": did you mean {meant if meant and '=' in meant else repr(meant)}?"
    if meant and len(names) > MANY:
        return question
    return f"{question if meant else '.'} Choices: {', '.join(names) or 'none'}"


def resolve(
    what: str, given: "str | Mapping[str, Any] | T", table: Mapping[str, type[T]], base: type[T]
) -> T:
    """An object of a family from itself, its name or what the field calls the same,
    `name:key=value,…`, or its config.

    >>> from glassnet.nn.initializers import INITIALIZERS, Initializer
    >>> resolve("initializer", "normal:std=0.5", INITIALIZERS, Initializer)
    Normal(std=0.5)
    """
    if isinstance(given, base):
        return given
    if isinstance(given, str):
        name, _, rest = given.partition(":")
        given = {"kind": name, **_read_settings(what, rest)}
    if not isinstance(given, Mapping) or "kind" not in given:
        raise InputTypeError(
            f"{what}: expected {a(base.__name__)}, a name or a dict with 'kind', got {given!r}"
        )
    kind = str(given["kind"])
    by_class = {cls.__name__: cls for cls in table.values()}
    cls = by_class.get(kind) or table[understood(what, kind, table)]
    try:
        return cls.from_config(given)
    except TypeError as error:
        reason = str(error).removeprefix(f"{cls.__name__}.__init__() ")
        raise InputTypeError(f"{what} {kind!r}: {reason}") from None


def a(noun: str) -> str:
    """The noun with its article.

    >>> a("Optimizer"), a("Loss")
    ('an Optimizer', 'a Loss')
    """
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _read_settings(what: str, text: str) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for item in filter(None, text.split(",")):
        key, equals, value = item.partition("=")
        if not equals:
            raise InputError(
                f"{what}: expected name:key=value,key=value, got {item!r} after the colon"
            )
        settings[key.strip()] = read_value(value.strip())
    return settings


def read_value(text: str) -> bool | int | float | str:
    """A setting's value from its text: true or false, a number, or the text itself.

    >>> read_value("0.1"), read_value("true"), read_value("relu")
    (0.1, True, 'relu')
    """
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def element(what: str, things: Sequence[Any], place: Any) -> Any:
    """The thing at a place, counted from 0 or from the end; of a slice, a list.

    >>> element("layer", ["Dense", "ReLU"], 2)
    Traceback (most recent call last):
    glassnet.base.errors.InputIndexError: there is no layer 2: expected -2 to 1
    """
    try:
        return things[place]
    except IndexError:
        within = f"expected {-len(things)} to {len(things) - 1}" if things else "there are none"
        raise InputIndexError(f"there is no {what} {place}: {within}") from None
    except TypeError:
        raise InputTypeError(
            f"a {what} is found by its number, got {place!r}: expected a whole number or a slice"
        ) from None


def formula(kind: type) -> str:
    """The formulas in a class's docstring: its indented lines, else those with = or ←, down to the
    list of its settings."""
    text = (inspect.getdoc(kind) or "").partition(">>>")[0].partition("\n- ")[0]
    lines = text.splitlines()
    found = [line.strip() for line in lines if line.startswith("    ")]
    found = found or [line for line in lines if any(sign in line for sign in ("=", "←"))]
    return "\n".join(found or lines[:1])
