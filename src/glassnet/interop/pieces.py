"""What readers of other libraries' networks share: exact classes, exact settings, exact shapes."""

from collections.abc import Callable, Iterable
from numbers import Number
from typing import Any

from glassnet.base.arrays import Shape
from glassnet.base.errors import InputError
from glassnet.interop.assemble import KNOWN, Part
from glassnet.nn.layers import Layer

PLAIN = (Number, str, type(None))  # what == compares to one truth value
SHOWN = 60  # characters of a value in a message

Read = Callable[[Any, Shape], Iterable[Part]]
Make = Callable[[Any, Shape], Layer]


def read_row(pieces: Iterable[tuple[str, Any]], read: Read, shape: Shape) -> list[Part]:
    """The parts of pieces that follow one another, each read for the shape of what reaches it.

    Errors begin with the place of the piece, which comes with it, and are one line.
    """
    parts: list[Part] = []
    for place, piece in pieces:
        try:
            for part in read(piece, shape):
                after = part.layer.output_shape(shape)
                check_weights(part, shape)
                parts.append(part)
                shape = after
        except InputError as error:
            if str(error).startswith(f"{place.partition(':')[0]}: "):
                raise  # of a branch: it names the place inside
            raise InputError(f"{place}: {' '.join(str(error).split())}") from None
    if len(shape) != 1 and parts and parts[-1].layer.name in ("sigmoid", "softmax"):
        last = type(parts[-1].layer).__name__
        raise InputError(f"{place}: a last {last} of samples of shape {shape}: expected rows")
    return parts


def check_weights(part: Part, shape: Shape) -> None:
    """Refuse arrays that are not of the shapes that the layer has for such samples."""
    for name, wanted in part.layer.build(shape).items():
        given = part.arrays[name].shape
        if given != wanted.shape:
            raise InputError(
                f"{name} has shape {given}, expected {wanted.shape} for samples of shape {shape}"
            )


def one(make: Make) -> Read:
    """The reader of a piece that is one layer here, without parameters."""
    return lambda piece, shape: [Part(make(piece, shape))]


def refused(what: str, expected: str = KNOWN) -> InputError:
    """The error for a piece that has no counterpart here."""
    return InputError(f"{what} cannot be converted: expected {expected}")


def known_as(piece: Any, library: Any) -> str | None:
    """The name of the piece's class if it is the library's own of that name, not a subclass."""
    name = type(piece).__name__
    return name if type(piece) is getattr(library, name, None) else None


def described(piece: Any, library: Any) -> str:
    """The piece's class; in full if the library has another class of that name."""
    kind = type(piece)
    if getattr(library, kind.__name__, kind) is kind:
        return kind.__name__
    return f"{kind.__module__}.{kind.__qualname__} (not {library.__name__}.{kind.__name__})"


def only(piece: Any, **implemented: Any) -> None:
    """Refuse a piece if one of these settings is not the value, or one of those, named for it."""
    for name, values in implemented.items():
        allowed = values if isinstance(values, tuple) else (values,)
        given = getattr(piece, name)
        if not isinstance(given, PLAIN) or given not in allowed:
            expected = " or ".join(f"{name} {value!r}" for value in allowed)
            raise refused(f"{type(piece).__name__} with {name} {shown(given)}", expected)


def shown(value: Any) -> str:
    """A value in a part of one line, such as an array that was given for a number."""
    line = " ".join(repr(value).split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
