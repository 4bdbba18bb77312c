"""nn's formulas as branches of a kernel, chosen by number, so that one kernel serves them all."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import glassnet.compiled.functions  # noqa: F401  (which the formulas call)
from glassnet.compiled.compiler import exact, inner, take_over
from glassnet.nn.layers import ACTIVATIONS
from glassnet.nn.losses import LOSSES, RegressionLoss
from glassnet.nn.optimizers import OPTIMIZERS, RateInVelocity

Formula = Callable[..., Any]


def _own(kinds: Iterable[type], name: str) -> list[Any]:
    """glassnet's classes that define this formula, each formula once."""
    found: dict[Formula, type] = {}
    for kind in kinds:
        formula = getattr(kind, name, None)
        if formula is not None and kind.__module__.startswith("glassnet.nn."):
            found.setdefault(formula, kind)
    return list(found.values())


CURVES = _own(ACTIVATIONS.values(), "curve")
NUMBER_LOSSES = _own(LOSSES.values(), "of_number")
RULES = _own((*OPTIMIZERS.values(), RateInVelocity), "of_number")


@exact
def held(g: Any, largest: Any) -> Any:
    """g, limited to ± the largest number unless it is infinite."""
    return np.copysign(largest, g) if largest < abs(g) < np.inf else g


def taken(formula: Formula, variables: int, constants: str) -> str:
    """The constants that follow a formula's variables, as text."""
    count = formula.__code__.co_argcount - variables
    return "".join(f", {constants}[{number}]" for number in range(count))


def choice(name: str, arguments: str, loops: Iterable[tuple[Formula, str]]) -> Any:
    """A function with one loop for each formula, which the loop calls `f`; its first argument
    chooses the loop.

    It is generated as one text, because compiling takes a tenth of a second for every function.
    """
    known: dict[str, Any] = {"held": held, "np": np}
    lines = [f"def {name}(kind, {arguments}):", "    total = 0.0"]
    for number, (formula, loop) in enumerate(loops):
        take_over(formula)
        known[f"f{number}"] = formula
        lines.append(f"    if kind == {number}:")
        lines += [f"        {line}" for line in loop.replace("f(", f"f{number}(").splitlines()]
    exec("\n".join([*lines, "    return total"]), known)
    return known[name]


# ---- activations of vectors

curve = inner(
    choice(
        "curve",
        "x, y, constants",
        (
            (
                kind.curve,
                f"for i in range(len(x)):\n    y[i] = f(x[i]{taken(kind.curve, 1, 'constants')})",
            )
            for kind in CURVES
        ),
    )
)

slope = inner(
    choice(
        "slope",
        "kept, dy, constants",
        (
            (
                kind.derivative,
                "for i in range(len(dy)):\n"
                f"    dy[i] *= f(kept[i]{taken(kind.derivative, 1, 'constants')})",
            )
            for kind in CURVES
        ),
    )
)


# ---- losses by output: functions of an output and its target, or of their residual


def judging(kind: Any) -> tuple[Formula, str]:
    """The formula of a loss, and its loop over the outputs of a sample."""
    of_residual = issubclass(kind, RegressionLoss)
    variables = "(z[j] - t[j]) / unit[j]" if of_residual else "z[j], t[j]"
    constants = taken(kind.of_number, 1 if of_residual else 2, "constants")
    return (
        kind.of_number,
        f"""\
for j in range(len(z)):
    value, derivative = f({variables}{constants})
    dz[j] = derivative / unit[j] * share[j]
    total += value * share[j]""",
    )


judge = inner(
    choice(
        "judge",
        "z, t, dz, unit, share, constants",
        map(judging, NUMBER_LOSSES),
    )
)


# ---- rules. The gradient is g times a factor: for a single sample it is xᵢ dyⱼ, row by row of W,
# and is never stored


def ruling(kind: Any) -> tuple[Formula, str]:
    """The formula of a rule, and its loop over θ, its gradient g times a factor, and its
    moments."""
    moments = ["", ", m[i]", ", m[i], v[i]"][len(kind.moments)]
    constants = taken(kind.of_number, 2 + len(kind.moments), "own")
    return (
        kind.of_number,
        f"""\
for i in range(len(theta)):
    now = theta[i] - own[6] * theta[i]
    gradient = held(g[i] * factor + own[5] * now, own[7])
    theta[i]{moments} = f(now, gradient{moments}{constants})""",
    )


def _ruling_of_rows(kind: Any) -> tuple[Formula, str]:
    """The same for rows of θ that have a factor each. Without decay or limits it takes half the
    time, so that case has a loop of its own. If `still` is set, rows with the factor 0 are left
    unchanged."""
    _, held_loop = ruling(kind)
    held_loop = held_loop.replace("len(theta)", "len(g)").replace("[i]", "[r, i]")
    held_loop = held_loop.replace("g[r, i]", "g[i]")
    now, step = "now = theta[r, i]", "gradient = g[i] * factor"
    lines = held_loop.splitlines()
    plain_loop = "\n".join([lines[0], f"    {now}", f"    {step}", lines[3]])
    loops = [each.replace("\n", "\n        ") for each in (plain_loop, held_loop)]
    return (
        kind.of_number,
        f"""\
plain = own[5] == 0 and own[6] == 0 and own[7] == np.inf
for r in range(len(factors)):
    factor = factors[r]
    if factor == 0 and still:
        continue
    if plain:
        {loops[0]}
    else:
        {loops[1]}""",
    )


rule = exact(choice("rule", "theta, m, v, g, factors, own, still", map(_ruling_of_rows, RULES)))
