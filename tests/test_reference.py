"""The reference: every public name is in it, and its docstring explains what it takes."""

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn
from glassnet import data, interop, plots, sklearn
from glassnet.base.errors import InputTypeError
from glassnet.data.sources.array_file import load_arrays
from glassnet.data.sources.idx_folder import load_folder
from glassnet.data.sources.mnist import load_idx_set
from glassnet.data.sources.openml import load_openml
from glassnet.data.sources.picture_folder import load_pictures
from glassnet.data.sources.table_file import load_table
from glassnet.data.sources.toy import load_circles, load_digits, load_iris, load_moons
from glassnet.inspection.recording import Recording
from glassnet.nn.initializers import INITIALIZERS, Initializer
from glassnet.nn.layers.base import LAYERS
from glassnet.nn.losses import LOSSES
from glassnet.nn.optimizers import OPTIMIZERS
from glassnet.nn.parameters import Parameter, Parameters
from glassnet.nn.schedules import SCHEDULES, Schedule
from glassnet.training.plan import FitSettings, make_plan

ROOT = Path(__file__).parents[1]
REFERENCE = {path: path.read_text("utf-8") for path in (ROOT / "docs" / "reference").glob("*.md")}
PAGES = [*ROOT.glob("docs/*.md"), ROOT / "README.md"]  # the course looks inside too
DIRECTIVE = re.compile(r"^::: ([\w.]+)$", re.M)
# What a class of these families can do is explained once, by its base.
FAMILIES = (gn.Layer, gn.Loss, gn.Optimizer, Schedule, Initializer)


def find(path: str) -> Any:
    """The thing of this path: the longest part of it that is a module, then attributes."""
    parts = path.split(".")
    for count in range(len(parts), 0, -1):
        with suppress(ImportError):
            module: Any = import_module(".".join(parts[:count]))
            return reduce(getattr, parts[count:], module)
    raise AssertionError(f"there is no {path}")


EXPLAINED = {path: find(path) for text in REFERENCE.values() for path in DIRECTIVE.findall(text)}


def imported() -> dict[str, Any]:
    """What the pages of docs import from glassnet."""
    found: dict[str, Any] = {}
    for page in PAGES:
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
            for module, names in re.findall(
                r"^from (glassnet[\w.]*) import ([\w, ]+)", block, re.M
            ):
                for name in names.split(", "):
                    found[f"{module}.{name}"] = getattr(import_module(module), name.split()[0])
    return found


def public() -> dict[str, Any]:
    """Every public name: of the modules that people import, of the tables, and on the pages."""
    found = imported()
    for module in (gn, data, interop, plots, sklearn):
        found |= {f"{module.__name__}.{name}": getattr(module, name) for name in module.__all__}
    for table in (LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, INITIALIZERS):
        ours = (kind for kind in table.values() if kind.__module__.startswith("glassnet."))
        found |= {f"{kind.__module__}.{kind.__name__}": kind for kind in ours}
    return {name: thing for name, thing in found.items() if not inspect.ismodule(thing)}


PUBLIC = public()


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_in_the_reference(name: str) -> None:
    assert any(PUBLIC[name] is each for each in EXPLAINED.values())


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return [*inspect.signature(function).parameters.values()]
    except ValueError:  # an exception
        return []


def settings(function: Callable[..., Any]) -> dict[str, Any]:
    """The parameters, with their defaults."""
    named = (each for each in parameters(function) if each.name not in ("self", "cls"))
    return {each.name: each.default for each in named}


def listed(text: str) -> dict[str, str]:
    """The names in a docstring's lists, with their defaults: - `epochs=10`, `verbose=False`: …"""
    heads = re.findall(r"^- ((?:`[^`]+`,?\s+)*`[^`]+`):", text, re.M)
    return dict(re.findall(r"`(\w+)(?:=([^`]+))?`", " ".join(heads)))


def is_default(said: str, default: Any) -> bool:
    if not said:
        return default == () or not isinstance(default, (bool, int, float, str, tuple))
    try:
        return bool(eval(said, {}) == default)
    except (NameError, SyntaxError):
        return said == getattr(default, "__name__", repr(default))


def check_defaults(function: Callable[..., Any], wanted: dict[str, Any]) -> None:
    said = listed(inspect.getdoc(function) or "")
    wrong = {name: said[name] for name in wanted.keys() & said.keys()}
    wrong = {name: each for name, each in wrong.items() if not is_default(each, wanted[name])}
    assert wrong == {}


CALLED = {
    path: thing
    for path, thing in EXPLAINED.items()
    if callable(thing) and not getattr(thing, "_is_protocol", False)
}


@pytest.mark.parametrize("path", CALLED)
def test_a_docstring_explains_every_parameter(path: str) -> None:
    text, wanted = inspect.getdoc(CALLED[path]) or "", settings(CALLED[path])
    assert re.match(r"\S.*", text), "it has no first line"
    assert not re.search(r"^(?!- |  ).+\n- ", text, re.M), "a list needs an empty line before it"
    assert wanted.keys() - listed(text).keys() == set(), "expected a list: - `name=default`: …"
    check_defaults(CALLED[path], wanted)


def test_fit_explains_its_settings() -> None:
    named = settings(gn.Sequential.fit)
    named.pop("settings")
    defaults = settings(make_plan)
    wanted = named | {name: defaults[name] for name in FitSettings.__annotations__}
    assert len(wanted) == 20
    assert wanted.keys() - listed(inspect.getdoc(gn.Sequential.fit) or "").keys() == set()
    check_defaults(gn.Sequential.fit, wanted)


def test_load_explains_the_options_of_every_source() -> None:
    loaders = (
        load_table, load_arrays, load_folder, load_pictures, load_openml, load_idx_set,
        load_digits, load_iris, load_moons, load_circles,
    )  # fmt: skip
    options = {name for loader in loaders for name in settings(loader)} - {"path", "name"}
    assert options - listed(inspect.getdoc(data.load) or "").keys() == set()


def methods() -> Iterator[Any]:
    for path, kind in EXPLAINED.items():
        if not inspect.isclass(kind) or (issubclass(kind, FAMILIES) and kind not in FAMILIES):
            continue
        for name in dir(kind):
            owner = next(base for base in kind.__mro__ if name in vars(base))
            ours = owner.__module__.startswith("glassnet")
            hook = name.startswith("on_")  # of callbacks, explained by their protocol
            if ours and not hook and name[0] != "_" and inspect.isroutine(getattr(kind, name)):
                yield pytest.param(getattr(kind, name), id=f"{path}.{name}")


@pytest.mark.parametrize("method", list(methods()))
def test_a_method_explains_every_parameter(method: Callable[..., Any]) -> None:
    text, wanted = inspect.getdoc(method) or "", settings(method)
    assert re.match(r"\S.*", text), "it has no first line"
    assert [name for name in wanted if not re.search(rf"\b{name}\b", text)] == []
    check_defaults(method, wanted)


MADE_HERE = (tuple, dict, Exception, data.Dataset, Parameters, Parameter, Recording)
BY_KEYWORD = {
    path: thing
    for path, thing in CALLED.items()
    if not (inspect.isclass(thing) and issubclass(thing, MADE_HERE))
    and not any(each.kind is each.VAR_KEYWORD for each in parameters(thing))
}


@pytest.mark.parametrize("path", BY_KEYWORD)
def test_a_wrong_keyword_is_refused_in_one_sentence(path: str) -> None:
    with pytest.raises(InputTypeError, match=r"^unknown setting 'qqqq'\. Choices: .+$"):
        BY_KEYWORD[path](qqqq=1)


@pytest.mark.parametrize(
    ("path", "wrong", "said"),
    [
        ("glassnet.interop.export.export", "filename", "filename is called path here"),
        ("glassnet.plots.curves", "axes", "unknown setting 'axes': did you mean 'ax'"),
        ("glassnet.plots.regions", "model", "unknown setting 'model'"),
        ("glassnet.workflows.run.run_experiment", "random_state", "random_state is called seed h"),
    ],
)
def test_a_wrong_keyword_leads_to_the_nearest(path: str, wrong: str, said: str) -> None:
    with pytest.raises(InputTypeError, match=f"^{re.escape(said)}"):
        EXPLAINED[path](**{wrong: 1})


@pytest.mark.parametrize("path", CALLED)
def test_a_name_has_an_example(path: str) -> None:
    """In its docstring or, for what has to do with files or other libraries, on its page."""
    [page] = (text for text in REFERENCE.values() if f"::: {path}\n" in f"{text}\n")
    blocks = "".join(re.findall(r"^```python\n(.*?)^```", page, re.M | re.S))
    if not (inspect.isclass(CALLED[path]) and issubclass(CALLED[path], Exception)):
        in_docstring = ">>> " in (inspect.getdoc(CALLED[path]) or "")
        assert in_docstring or re.search(rf"\b{path.rpartition('.')[2]}\b", blocks)
