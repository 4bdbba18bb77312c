"""Options with several values each: the settings of a sweep and their combinations."""

import inspect
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, get_args

import numpy as np
import typer

from glassnet.base.arrays import Rng
from glassnet.base.configurable import canonical
from glassnet.base.errors import InputError
from glassnet.cli.training_options import Setup, setup
from glassnet.nn.initializers import INITIALIZERS
from glassnet.nn.layers import ACTIVATIONS
from glassnet.nn.optimizers import OPTIMIZERS
from glassnet.nn.schedules import SCHEDULES
from glassnet.workflows.sweep.sweep import Setting

# The options of `setup` that may have several values. Those of a number may be a range.
TEXTS = ("hidden", "layers", "model", "activation", "loss", "optimizer", "batch_size", "init",
         "schedule")  # fmt: skip
TABLES: dict[str, Mapping[str, type]] = {  # of names that the field has others for
    "activation": ACTIVATIONS, "optimizer": OPTIMIZERS, "init": INITIALIZERS, "schedule": SCHEDULES,
}  # fmt: skip
WHOLE = ("layers",)  # has commas in it: given again for each value
NUMBERS = ("lr", "weight_decay", "dropout", "clip_norm", "max_norm")
EVENLY = ("dropout",)  # drawn evenly from a range; the others evenly in their logarithm

WHOLE_RANGE = re.compile(r"(\d+):(\d+)(?::(\d+))?")


class Between(NamedTuple):
    """A range of numbers to draw from."""

    low: float
    high: float
    evenly: bool

    def draw(self, rng: Rng) -> str:
        """A random number as text, with four digits that distinguish it within the range."""
        if self.evenly:
            value = rng.uniform(self.low, self.high)
        else:
            value = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        narrow = math.ceil(-math.log10(1 - self.low / self.high))  # digits that all share
        text = f"{value:.{4 + max(narrow, 0)}g}"
        return text if self.low <= float(text) <= self.high else repr(value)


Values = list[str] | Between


@dataclass(frozen=True)
class Axes:
    """The options that are swept, and the arguments of `setup` for the others."""

    swept: dict[str, Values]
    fixed: dict[str, Any]

    @property
    def sizes(self) -> list[int]:
        """The number of values of each option; 1 for a range."""
        return [len(v) if isinstance(v, list) else 1 for v in self.swept.values()]

    def words(self, count: int | None, seed: int) -> list[Setting]:
        """Every combination, or `count` random ones, none twice; a range needs a count."""
        total = math.prod(self.sizes)
        ranges = [name for name, values in self.swept.items() if isinstance(values, Between)]
        if count is None and ranges:
            raise InputError(
                f"--{_dashed(ranges[0])} is a range: give --random N to draw from it, or a list "
                "such as 0.001,0.01"
            )
        rng = np.random.default_rng(seed)
        if count is not None and ranges:
            return self._drawn(count, rng)
        some = count is not None and count < total
        picks: Any = rng.choice(total, count, replace=False) if some else range(total)
        return [self._words(int(pick), rng) for pick in picks]

    def _drawn(self, count: int, rng: Rng) -> list[Setting]:
        """Different random settings; fewer if a hundred times as many draws found no more."""
        drawn: dict[tuple[str, ...], Setting] = {}
        for _ in range(100 * count):
            words = self._words(int(rng.integers(math.prod(self.sizes))), rng)
            drawn.setdefault(tuple(words.values()), words)
            if len(drawn) == count:
                break
        return [*drawn.values()]

    def _words(self, pick: int, rng: Rng) -> Setting:
        places = np.unravel_index(pick, self.sizes)
        return {
            name: values.draw(rng) if isinstance(values, Between) else values[place]
            for (name, values), place in zip(self.swept.items(), places, strict=True)
        }

    def setup(self, words: Setting) -> Setup:
        """Data, network and training with these values."""
        said = {name: _number(name, w) if name in NUMBERS else w for name, w in words.items()}
        made: Setup = setup(**self.fixed, **said)
        return made


def _axes(**words: Any) -> Axes:
    """Parse the options of `setup`, some of which may have several values."""
    given = {name: _values(name, words.pop(name)) for name in (*TEXTS, *NUMBERS) if words[name]}
    given |= {name: _ours(name, each) for name, each in given.items() if name in TABLES}
    for name in (*TEXTS, *NUMBERS):
        words.pop(name, None)
    swept = {n: v for n, v in given.items() if isinstance(v, Between) or len(v) > 1}
    if not swept:
        raise InputError("nothing to sweep: give an option several values, such as --hidden 3:40")
    once = {n: v[0] for n, v in given.items() if isinstance(v, list) and len(v) == 1}
    return Axes(swept, {**words, **{n: _number(n, w) if n in NUMBERS else w
                                    for n, w in once.items()}})  # fmt: skip


def _options() -> list[inspect.Parameter]:
    """The options of `setup`; those with several values are text."""
    options = []
    for each in inspect.signature(setup).parameters.values():
        option = each
        if each.name in (*TEXTS, *NUMBERS):
            _, option = get_args(each.annotation)
            shown = option.show_default
            if not isinstance(shown, str) and each.default is not None:
                shown = "0" if each.default == 0 else str(each.default)
            several = typer.Option(
                help=option.help, metavar="VALUES",
                show_default=shown,
                rich_help_panel=option.rich_help_panel,
                autocompletion=option.autocompletion,
            )  # fmt: skip
            kind: Any = list[str] if each.name in WHOLE else str
            option = each.replace(annotation=Annotated[kind | None, several], default=None)
        options.append(option)
    return options


axes = _axes
axes.__dict__["__signature__"] = inspect.Signature(_options())


def _values(name: str, given: str | list[str]) -> Values:
    """The values in an option's text, or in its texts."""
    text = given if isinstance(given, str) else given[0]
    if name in NUMBERS and ":" in text:
        return _between(name, text)
    values: list[str] = []
    for piece in _pieces(text) if isinstance(given, str) else given:
        whole = WHOLE_RANGE.fullmatch(piece)
        values += _range(name, whole) if whole and name in ("hidden", "batch_size") else [piece]
    if "" in values:
        raise InputError(f"--{_dashed(name)} is {text!r}, with an empty value: remove a comma")
    again = [value for value in values if values.count(value) > 1]
    if again:
        raise InputError(f"--{_dashed(name)} has {again[0]} twice: remove one")
    return values


def _ours(name: str, values: Values) -> Values:
    """The values by our own names, so that the journal knows them again."""
    ours = [canonical(value, TABLES[name]) for value in values]
    if len({*ours}) < len(ours):
        again = next(value for value in ours if ours.count(value) > 1)
        raise InputError(f"--{_dashed(name)} has {again} twice: remove one")
    return ours


def _pieces(text: str) -> list[str]:
    """Parts between commas; a setting such as beta2=0.9 belongs to the part before it."""
    pieces: list[str] = []
    for piece in text.split(","):
        if pieces and "=" in piece and ":" not in piece:
            pieces[-1] += f",{piece}"
        else:
            pieces.append(piece.strip())
    return pieces


def _range(name: str, found: "re.Match[str]") -> list[str]:
    """The whole numbers of a range, its end excluded as in Python."""
    first, end, step = (int(part or 1) for part in found.groups())
    values = [str(value) for value in range(first, end, step)] if step else []
    if not values:
        raise InputError(
            f"--{_dashed(name)} {found.group()} has no number: expected FIRST:END, such as 3:40 "
            "for 3 to 39"
        )
    if len(values) == 1:
        raise InputError(
            f"--{_dashed(name)} {found.group()} has one number, {values[0]}, as the end is "
            f"excluded: for a range write {first}:{end + 1} or more, for one number {values[0]}"
        )
    return values


def _between(name: str, text: str) -> Between:
    low, _, high = text.partition(":")
    found = Between(_number(name, low), _number(name, high), name in EVENLY)
    least = 0 if found.evenly else math.nextafter(0, 1)
    if not least <= found.low < found.high < math.inf:
        raise InputError(
            f"--{_dashed(name)} is {text}: expected LOW:HIGH, LOW "
            f"{'of at least' if found.evenly else 'above'} 0 and below HIGH"
        )
    return found


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"--{_dashed(name)}: {text!r} is not a number; expected one, several as in 0.001,0.01, "
            "or a range as in 0.001:0.1"
        ) from None


def _dashed(name: str) -> str:
    return name.replace("_", "-")
