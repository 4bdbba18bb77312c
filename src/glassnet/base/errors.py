"""Every error that glassnet raises on purpose; each says what was given and what to do.

    GlassnetError
    ├── InputError (ValueError)           a value that cannot be used
    │   ├── InputIndexError (IndexError)  a place that is not there
    │   └── ResumeError (ModelFileError)  a checkpoint that this training cannot resume from
    ├── InputTypeError (TypeError)        a thing of the wrong kind
    ├── LayerError (TypeError)            a layer that does not follow the protocol
    ├── DataError                         data that cannot be found, read or trusted
    ├── ModelFileError                    a model file that cannot be read or written
    ├── MissingPackageError (ImportError) a package that is not installed
    └── DivergedError (ArithmeticError)   the loss became NaN or infinite

Three more stand with what raises them: `UnboundLayerError` (`nn/layers/base.py`), `TargetError`
(`data/tables/default_target.py`), `RecipeError` (`workflows/recipes/loader.py`).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from glassnet.base.addresses import URL, without_password


class GlassnetError(Exception):
    """Base of all errors of this package."""


class InputError(GlassnetError, ValueError):
    """A value that cannot be used: a wrong shape, a label outside the classes, NaN in the data."""


class InputTypeError(GlassnetError, TypeError):
    """A thing of the wrong kind: an array of objects, a layer that is not a layer."""


class InputIndexError(InputError, IndexError):
    """A place that is not there: the ninth of three layers."""


class LayerError(GlassnetError, TypeError):
    """A layer of one's own that does not follow the layers' protocol."""


class DataError(GlassnetError):
    """Data that cannot be found, read or trusted."""


class ModelFileError(GlassnetError):
    """A model file that cannot be read or written."""


class ResumeError(ModelFileError, InputError):
    """A checkpoint that this training cannot resume from; the network is unchanged."""


class MissingPackageError(GlassnetError, ImportError):
    """A package that is not installed; the message has the line that installs it."""


class DivergedError(GlassnetError, ArithmeticError):
    """The loss became NaN or infinite; says where, and what people do about it.

    - `message`: the sentence.
    - `place=""`: where the first number that is not finite came from, in words.

    >>> DivergedError("training diverged", place="gradient of 0.W in layer 0 (Dense)").place
    'gradient of 0.W in layer 0 (Dense)'
    """

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message)
        self.place = place


def refusing(use: Callable[[Any], None], state: Any) -> None:
    """Use the state of a checkpoint; whatever goes wrong, be it in a callback, is a ResumeError."""
    try:
        use(state)
    except Exception as error:
        said = str(error) if isinstance(error, GlassnetError) else repr(error)
        raise ResumeError(f"cannot resume: {said}") from error


def refuse_url(given: object) -> None:
    """DataError for a URL where a file is expected.

    >>> refuse_url("ftp://example.org/own.csv")
    Traceback (most recent call last):
    glassnet.base.errors.DataError: ftp://example.org/own.csv is a URL: expected the path of a \
file; only data may come from http://, https://, sqlite:/// and postgresql://
    """
    if isinstance(given, str) and URL.match(given):
        raise DataError(
            f"{without_password(given)} is a URL: expected the path of a file; only data may come "
            "from http://, https://, sqlite:/// and postgresql://"
        )


@contextmanager
def prefixing_errors(*sources: object) -> Iterator[None]:
    """Put the first source before every error that does not name one of them."""
    names = [without_password(str(source)) for source in sources]
    try:
        yield
    except MissingPackageError:
        raise
    except GlassnetError as error:
        if any(_names(str(error), name) for name in names):
            raise
        raise renamed(error, f"{names[0]}: {error}") from None


def _names(message: str, source: str) -> bool:
    """Whether a message says what source it is about; a plain word may be in it by chance."""
    if source.isalpha():
        return re.search(rf"^{source}\b|\b(file|folder) {source}\b", message) is not None
    return source in message


def renamed(error: GlassnetError, message: str) -> DataError:
    """A DataError with this message; one of a kind of its own stays what it is."""
    if not isinstance(error, DataError):
        return DataError(message)
    error.args = (message,)
    return error
