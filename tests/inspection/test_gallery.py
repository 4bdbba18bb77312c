"""The page of a training's pictures: what it has, what it says, and how to read each."""

import contextlib
import html
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.numerals import numeral
from glassnet.cli.app import run
from glassnet.data import load
from glassnet.inspection import gallery, plots
from glassnet.inspection.gallery_page import SECTIONS
from tests.inspection.seen import facts_of
from tests.undrawn import not_drawn


def own_table() -> None:
    rows = "".join(f"{n},{n % 7},{3 * n + n % 7 + 0.5}\n" for n in range(80))
    Path("own.csv").write_text(f"a,b,price\n{rows}")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: Any) -> Any:
    """The folder where `train` has drawn what it learned of a source, and what it said."""
    said = {}

    @cache
    def folder(source: str) -> Path:
        place: Path = tmp_path_factory.mktemp("drawn")
        out = io.StringIO()
        with contextlib.chdir(place), contextlib.redirect_stdout(out):
            own_table()
            assert run(["train", source, "--epochs", "2", "--plot", "seen"]) == 0
        said[place] = out.getvalue()
        return place

    return lambda source: (folder(source), said[folder(source)])


@pytest.mark.parametrize(
    ("source", "most"), [("digits", 14), ("moons", 17), ("iris", 13), ("own.csv", 11)]
)
def test_a_training_has_its_folder_of_pictures(
    source: str, most: int, drawn: Any, capsys: Any
) -> None:
    folder, said = drawn(source)
    assert f"wrote seen/index.html with {most} pictures" in said
    page = (folder / "seen/index.html").read_text()
    files = {path.name for path in (folder / "seen").iterdir()} - {"index.html"}
    dark = {name for name in files if "-dark." in name}
    assert len(dark) == most and dark == {name.replace(".", "-dark.") for name in files - dark}
    assert all(f'src="{name}"' in page for name in files - dark)
    assert all(f'srcset="{name}" media="(prefers-color-scheme: dark)"' in page for name in dark)
    beneath_a_file = str(folder / "own.csv/seen")
    assert run(["train", source, "--epochs", "1", "--plot", beneath_a_file, "--quiet"]) == 2
    assert "cannot make" in capsys.readouterr().err


def test_the_page_says_what_was_trained_and_how_to_repeat_it(
    tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["train", "iris", "--epochs", "3", "--hidden", "8", "--plot", "a folder"]
    with not_drawn():
        assert run(words) == 0
    said = capsys.readouterr().out
    page = Path("a folder/index.html").read_text()
    numbers = dict(re.findall(r"<div><b>(.*?)</b>(.*?)</div>", page))
    loss, accuracy = re.findall(r"test loss (\S+)  test accuracy (\S+)", said)[0]
    network = gn.load("iris.safetensors")
    assert list(numbers.items())[:3] == [
        (accuracy, "test accuracy"),
        (loss, "test loss"),
        (f"{network.parameters.vector.size}", "parameters"),
    ]
    assert list(numbers.values())[3] == "time of 3 epochs"
    command = html.unescape(re.findall("<code>(.*?)</code>", page)[0])
    assert command == "glassnet train iris --epochs 3 --hidden 8 --plot 'a folder'"
    assert "dense 8, relu, dense 3" in page and "120 training and 30 test samples" in page
    with not_drawn():
        assert run([*words[:-1], "again"]) == 0  # the command repeats it
    assert f"<b>{accuracy}</b>" in Path("again/index.html").read_text()


def test_values_have_an_r_squared(drawn: Any) -> None:
    folder, _ = drawn("own.csv")
    page, data = (folder / "seen/index.html").read_text(), load(folder / "own.csv")
    predicted = gn.load(folder / "own.safetensors").predict(data.x_test)
    share = 1 - ((data.y_test - predicted) ** 2).sum() / (np.var(data.y_test) * len(predicted))
    assert f"<b>{numeral(share)}</b>test R²" in page


def test_the_page_has_contents_sections_and_a_hint_for_each_picture(drawn: Any) -> None:
    page = (drawn("moons")[0] / "seen/index.html").read_text()
    assert re.findall("<h2>(.*?)</h2>", page) == list(SECTIONS)
    targets = re.findall('<a href="#(.*?)">', page)
    cards = re.findall('<details class="card" id="(.*?)">', page)
    assert targets == cards and len(cards) == len(set(cards)) == 17
    hints = re.findall("<span>(.*?)</span></summary>", page)
    assert len(hints) == len(cards)
    assert all(len(html.unescape(hint)) <= 75 and hint.endswith((".", "?")) for hint in hints)
    assert "Healthy: inside the grey band." in hints
    assert "<script" not in page and "http" not in page  # it needs nothing from elsewhere
    section = page.index('<section id="result">')
    assert section < page.index('id="confusion-matrix"') < page.index('<section id="inside">')


def test_each_picture_says_what_it_is_of() -> None:
    data = load("iris")
    network = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(3)], seed=0)
    history = network.fit(data.x_train, data.y_train, epochs=1)
    figures = network.evaluate(data.x_test, data.y_test)
    facts = gallery.facts(network, data, figures)
    assert facts == ("iris", "4-4-3", f"test accuracy {figures['accuracy']:.4f}")
    above = gallery.head("iris", network, history, data, figures, "a command")
    assert above.facts == facts
    with plots.about(*facts):
        for picture in gallery.pictures(network, history, data):
            if picture.section != "Data":
                assert facts_of(picture.draw()).startswith(" · ".join(facts))


def test_the_page_leaves_out_a_diagram_of_branches() -> None:
    data = load("moons")
    plain = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], seed=0)
    branching = gn.Sequential([gn.Residual([gn.Dense(2)]), gn.Dense(2)], seed=0)
    drawn = [
        {
            picture.name
            for picture in gallery.pictures(
                net, net.fit(data.x_train, data.y_train, epochs=1), data
            )
        }
        for net in (plain, branching)
    ]
    assert drawn[0] - drawn[1] == {"Network diagram"}
    assert "First-layer weights" in drawn[1]


def test_a_recipe_has_one_too(tmp_path: Path) -> None:
    with not_drawn():
        run(["run", "iris", "--quick", "--plot", str(tmp_path)])
    page = (tmp_path / "iris" / "index.html").read_text()
    assert "Training curves of all networks" in page and "Network diagram" in page
    assert f"glassnet run iris --quick --plot {tmp_path}" in page


def test_targets_of_both_parts_are_beside_each_other() -> None:
    ax = plots.balance(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), ("a", "b"), "species")
    assert [bar.get_width() for bar in ax.patches] == [0.5, 0.5, 0.25, 0.75]
    assert facts_of(ax) == "4 training and 4 test samples"
    values = plots.balance(np.linspace(0, 1, 50), np.zeros(0), label="price")
    assert values.get_xlabel() == "price" and len(values.patches) == 1
