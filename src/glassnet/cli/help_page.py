"""What `--help` prints: options in groups, a short list if there are many, the rest by topic."""

import re
import shutil
import textwrap
from collections.abc import Iterable
from typing import Any

from glassnet.base.errors import InputError
from glassnet.base.synonyms import nearest, related

LONG = 40  # lines: a longer page lists the first options of each group only
FIRST = 4  # of a group
WIDEST = 100
NARROW = 60
NAMES = 23  # columns of the names of options

Groups = dict[str, list[Any]]  # parameters of a command by the name of their group


def page(command: Any, path: str) -> list[str]:
    """The help of a command: all of it, or the first options of each group if that is long."""
    whole = _page(command, path)
    return whole if len(whole) <= LONG else _page(command, path, FIRST)


def topic(command: Any, path: str, word: str) -> list[str]:
    """The help on a group, on an option by one of its names, on what mentions a word, or on all."""
    groups = _groups(command.params)
    if word.lower() == "all":
        return _page(command, path)
    titles = {title.lower(): title for title in groups}
    if title := titles.get(word.lower()):
        found = {title: groups[title]}
    else:
        found = _named(groups, word) or _mentioning(groups, word)
    if found:
        return [line for title, each in found.items() for line in _section(title, each)][1:]
    meant = nearest(word, [*titles, *_by_name(groups)])
    question = f": did you mean {meant.partition('=')[0]}?" if meant else "."
    raise InputError(
        f"{path} --help: no topic {word!r}{question} "
        f"Topics: {', '.join(titles)}, all, and the name of any option"
    )


def commands_page(program: Any, path: str) -> list[str]:
    """The help of the program: its commands by group, and its own options."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for name, command in program.commands.items():
        group = rows.setdefault(command.rich_help_panel or "Commands", [])
        group.append((name, first_sentence(command.help or "")))
    lines = [f"Usage: {path} COMMAND [OPTIONS]", "", *_wrapped(program.help or "")]
    for title, each in rows.items():
        lines += ["", f"{title}:", *_table(each, names=10)]
    for title, options in _groups(program.params).items():
        lines += _section(title, options)
    return [*lines, "", f"Help on a command: {path} COMMAND --help"]


def examples(command: Any) -> list[str]:
    """The lines of a command's docstring that begin with a $, without it."""
    return re.findall(r"^ *\$ (.+)$", command.help or "", re.MULTILINE)


def first_sentence(text: str) -> str:
    """A text up to its first full stop, without it.

    >>> first_sentence("Share to hold out, such as 0.2. Or a file.")
    'Share to hold out, such as 0.2'
    """
    return re.split(r"\.(?:\s|$)", " ".join(text.split()), maxsplit=1)[0]


def _page(command: Any, path: str, first: int | None = None) -> list[str]:
    """Usage, description, examples and options: of each group all, or the first ones in brief."""
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    groups = _groups([each for each in command.params if each not in arguments])
    text = re.sub(r"^ *\$ .+$", "", command.help or "", flags=re.MULTILINE).strip()
    text = text if first is None else text.partition("\n\n")[0]
    lines = [" ".join(["Usage:", path, *map(_usage, arguments), "[OPTIONS]"]), "", *_wrapped(text)]
    lines += ["", "Examples:", *(f"  {each}" for each in examples(command))]
    lines += ["", *_table([_row(each, first is not None) for each in arguments])]
    for title, options in groups.items():
        few = options if first is None or len(options) <= first + 1 else options[:first]
        lines += _section(title, few, brief=first is not None)
        if few is not options:
            lines.append(f"  {len(options) - len(few)} more: {path} --help {title.lower()}")
    if first is not None:
        lines += ["", f"A group: --help {next(iter(groups)).lower()}. An option: --help lr. "
                  "Everything: --help all"]  # fmt: skip
    return lines


def _section(title: str, parameters: Iterable[Any], brief: bool = False) -> list[str]:
    return ["", f"{title}:", *_table([_row(each, brief) for each in parameters])]


# ---- what is asked for


def _groups(parameters: Iterable[Any]) -> Groups:
    """The visible parameters by group, in the order in which they are declared."""
    found: Groups = {}
    for each in parameters:
        if not each.hidden:
            unnamed = "Arguments" if each.param_type_name == "argument" else "Options"
            found.setdefault(each.rich_help_panel or unnamed, []).append(each)
    return found


def _by_name(groups: Groups) -> dict[str, Any]:
    """Every parameter by each of its names, without dashes."""
    every = (each for parameters in groups.values() for each in parameters)
    return {name.lstrip("-"): p for p in every for name in (*p.opts, *p.secondary_opts)}


def _named(groups: Groups, word: str) -> Groups:
    """The parameter of this name, or of what the field calls so."""
    known = _by_name(groups)
    meant = related(word, known)
    wanted = known.get(meant.partition("=")[0]) if meant else None
    return {title: [wanted] for title, each in groups.items() if wanted in each}


def _mentioning(groups: Groups, word: str) -> Groups:
    """The parameters whose help has this word in it."""
    whole = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])", re.IGNORECASE)
    found = {
        title: [p for p in each if whole.search(p.help or "")] for title, each in groups.items()
    }
    return {title: each for title, each in found.items() if each}


# ---- how it looks


def _row(parameter: Any, brief: bool) -> tuple[str, str]:
    """A parameter with its value, and what is said about it: in brief, what fits in one line."""
    label, text = _label(parameter), " ".join((parameter.help or "").split())
    default = f" [default: {found}]" if (found := _default(parameter)) else ""
    if not brief:
        return label, f"{text}{default}"
    text = first_sentence(text)
    fits = len(text) + len(default) <= _width() - NAMES - 4
    return label, text + default if fits else text


def _label(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    names = "/".join([*parameter.opts[:1], *parameter.secondary_opts[:1]])
    value = parameter.metavar or ("" if parameter.is_flag else "VALUE")
    return f"{names} {value}".rstrip()


def _usage(argument: Any) -> str:
    name = _label(argument) + ("" if argument.nargs == 1 else " …")
    return name if argument.required else f"[{name}]"


def _default(parameter: Any) -> str:
    """The default as somebody would type it; nothing if there is none."""
    shown, value = parameter.show_default, parameter.default
    if isinstance(shown, str):
        return shown
    if not shown or value is None or callable(value):
        return ""
    if isinstance(value, bool):
        pair = parameter.secondary_opts
        return str((parameter.opts if value else pair)[0]) if pair else ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _table(rows: Iterable[tuple[str, str]], names: int = NAMES) -> list[str]:
    """Names and texts side by side; a long name stands on a line of its own, in a narrow terminal
    every name.
    """
    lines: list[str] = []
    names = names if _width() >= NARROW else 4
    for name, text in rows:
        begin = f"  {name:<{names}}  "
        if len(name) > names:
            lines.append(f"  {name}")
            begin = ""
        lines += _wrapped(text, begin or " " * (names + 4), " " * (names + 4))
    return lines


def _wrapped(text: str, first: str = "", others: str = "") -> list[str]:
    """Lines no wider than the terminal; paragraphs stay apart, words whole."""
    paragraphs = [" ".join(each.split()) for each in text.strip().split("\n\n")]
    lines: list[str] = []
    for paragraph in filter(None, paragraphs):
        lines += [""] * bool(lines)
        lines += textwrap.wrap(
            paragraph, _width(), initial_indent=first, subsequent_indent=others,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return lines or [first.rstrip()]


def _width() -> int:
    return max(40, min(shutil.get_terminal_size().columns, WIDEST))
