"""Columns that are left out: a line for each, or one line for many with the same reason."""

from collections.abc import Iterable, Mapping, Sequence

FEW = 3  # columns that have a line each, and so many names of more
OF_MANY = {  # how a reason begins, and what is said of many columns
    "always ": "are constant and left out",
    "text of ": "are text whose values are all rare, and left out",
    "no values ": "have no values in the training part and are left out",
    "as asked": "are left out, as asked",
}


def lines(reasons: Mapping[str, str]) -> list[str]:
    """What is said of columns that are left out.

    - `reasons`: of each column, why.

    >>> lines({"country": "always CH"})
    ["left out 'country': always CH"]
    >>> lines({f"x{n}": "always 0" for n in range(312)})
    ['312 columns are constant and left out: x0, x1, x2 and 309 more']
    """
    groups: dict[str, list[str]] = {}
    for name, why in reasons.items():
        groups.setdefault(_kind(why), []).append(name)
    said: list[str] = []
    for kind, names in groups.items():
        if len(names) > FEW and kind in OF_MANY:
            said.append(f"{len(names):,} columns {OF_MANY[kind]}: {some(names)}")
        else:
            said += [f"left out {name!r}: {reasons[name]}" for name in names]
    return said


def some(names: Sequence[str]) -> str:
    """The first names, and how many more there are.

    >>> some(["a", "b"]), some(["a", "b", "c", "d", "e"])
    ('a, b', 'a, b, c and 2 more')
    """
    more = f" and {len(names) - FEW:,} more" if len(names) > FEW else ""
    return ", ".join(names[:FEW]) + more


def _kind(why: str, kinds: Iterable[str] = OF_MANY) -> str:
    """The begin of the reason, by which columns belong together."""
    return next((begin for begin in kinds if why.startswith(begin)), why)
