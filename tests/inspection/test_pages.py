"""Explanations as pages: every number is the trace's, forward and backward face each other."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import glassnet as gn
from glassnet.cli.app import run
from glassnet.data import load
from glassnet.inspection.attribution import attribute
from glassnet.inspection.document import Shown, picture
from glassnet.inspection.html_drawings import heat_map
from glassnet.inspection.html_report import MOST, body, page
from glassnet.inspection.reasons import described
from glassnet.inspection.walkthrough import walk

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (3, 10, 10)).astype(np.uint8)
EMPTY = {"meta", "img"}


class Reader(HTMLParser):
    """A page's tables under their section, figure and fold, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.rows: dict[str, int] = {}  # of the grid, by section
        self.order: list[str] = []  # of the sections
        self.tables: list[tuple[str, str, bool, list[list[str]]]] = []
        self._section = self._caption = self._style = self._text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open += [] if tag in EMPTY else [tag]
        for key, value in attrs:
            if key in ("src", "href") and not str(value).startswith("data:image/png;base64,"):
                self.outside.append(str(value))
            if key == "style" and "--row" in str(value):
                self._style = str(value)
        self.outside += [tag] * (tag in ("script", "link"))
        if tag in ("h2", "figcaption", "td", "th"):
            self._text = ""
        if tag == "table":
            self.tables.append((self._section, self._caption, "details" in self.open, []))
        if tag == "tr":
            self.tables[-1][3].append([])

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "h2":
            self._section = self._text
            self.order.append(self._text)
            if self._style:
                self.rows[self._text] = int(re.findall(r"--row: (\d+)", self._style)[0])
        elif tag == "figcaption":
            self._caption = self._text
        elif tag in ("td", "th"):
            self.tables[-1][3][-1].append(self._text)


def traced(name: str) -> Any:
    x, layers = {
        "small": (RNG.normal(size=(1, 2)), [gn.Dense(4, "tanh"), gn.Dense(2)]),
        "wide": (RNG.normal(size=(3, 50)), [gn.Dense(30, "relu"), gn.Dense(20), gn.Dense(2)]),
        "maps": (IMAGES[:2], [gn.Scale(1 / 255), gn.Reshape((10, 10, 1)), gn.Conv2D(17),
                              gn.MaxPool2D(), gn.Flatten(), gn.Dense(2)]),
    }[name]  # fmt: skip
    net = gn.Sequential(layers, input_shape=x.shape[1:], seed=0)
    return net.trace(x, [0, 1, 0][: len(x)], optimizer="adam")


def array_of(trace: Any, section: str, name: str) -> Any:
    """The array that a figure of a section shows."""
    way, layer, *_ = section.split()
    if way == "loss":
        p = trace.loss.probabilities(trace.z)
        return {"z": trace.z, "p": p, "t": trace.loss.rows(trace.targets, trace.z),
                "dL/dz": trace.dz}[name]  # fmt: skip
    found = next(each for each in trace.layers if each.name == layer)
    own = {"y": found.output, "dy": found.dy, "dx": found.dx, **found.parameters}
    return (own | {f"d{key}": values for key, values in found.gradients.items()})[name]


@pytest.mark.parametrize("name", ["small", "wide", "maps"])
def test_every_number_on_the_page_is_the_traces_to_the_digits_shown(name: str) -> None:
    trace = traced(name)
    read = Reader(page("a step", walk(trace)))
    compared = 0
    for section, caption, folded, (head, *lines) in read.tables:
        if (
            folded
            or "worked out" in section
            or section.split()[0] in ("sample", "samples", "update")
        ):
            continue
        what, _, inside = caption.split(" ")[0].partition("[")
        values = array_of(trace, section, what)
        if inside:  # y[0, :, :, 3]
            fixed = re.findall(r"\[(.*?)\]", caption)[0].split(", ")
            values = values[tuple(slice(None) if n == ":" else int(n) for n in fixed)]
        values = np.atleast_2d(values)
        columns = [int(text) for text in head if text]
        for line in lines:
            row = int(line[0]) if len(line) > len(columns) else 0
            for column, text in zip(columns, line[-len(columns) :], strict=True):
                decimals = len(text.partition(".")[2]) if "e" not in text else None
                within = 0.51 * 10.0**-decimals if decimals is not None else 0
                rel = 0.006 if decimals is None else 0
                assert float(text) == pytest.approx(values[row, column], abs=within, rel=rel)
                compared += 1
    assert compared > 40


def test_the_update_is_in_the_table() -> None:
    trace = traced("small")
    section, _, _, (head, row) = Reader(page("a step", walk(trace))).tables[-1]
    name, place = trace.steepest()
    assert section == f"update of W[{place[0]}, {place[1]}] in layer 0"
    said = dict(zip(head[1:], map(float, row[1:]), strict=True))
    assert said == pytest.approx(
        {
            "before": trace.before[name][place],
            "gradient": trace.layers[0].gradients["W"][place],
            "by differences": trace.difference(name, place),
            "rate η": trace.rate,
            "after": trace.after[name][place],
        },
        rel=1e-5,
    )
    bars = walk(trace)[-1].bars
    assert [bar.end for bar in bars] == [trace.value, trace.value_after]


@pytest.mark.parametrize("name", ["small", "wide", "maps"])
def test_it_reads_down_and_up_and_layers_face_each_other(name: str) -> None:
    trace = traced(name)
    read = Reader(page("a step", walk(trace)))
    ways = [(*text.split(), "")[:2] for text in read.order if "worked out" not in text]
    there = [layer.name for layer in trace.layers]
    back = [layer.name for layer in reversed(trace.layers) if layer.dy is not None]
    assert [layer for way, layer in ways if way == "forward"] == there
    assert [layer for way, layer in ways if way == "backward"] == back
    first, last = ways[0][0], ways[-1][0]
    assert first in ("sample", "samples") and last == "update"
    names = [way for way, _ in ways]
    assert names.index("loss") == len(there) + 1
    for title, row in read.rows.items():
        way, layer = (*title.split(), "")[:2]
        if way == "backward":
            (facing,) = (r for t, r in read.rows.items() if t.startswith(f"forward {layer} "))
            assert row == facing
    rows = [row for title, row in read.rows.items() if title.startswith("forward")]
    assert rows == sorted(rows)
    loss, update = (next(r for t, r in read.rows.items() if t.startswith(w))
                    for w in ("loss", "update"))  # fmt: skip
    assert max(rows) < loss < update


def test_the_rest_of_an_array_is_folded() -> None:
    trace = traced("wide")
    read = Reader(page("a step", walk(trace)))
    folds = {
        (section.split()[1], caption.split()[0]): rows
        for section, caption, folded, rows in read.tables
        if folded and section.startswith("forward")
    }
    values = trace.layers[0].output
    head, *lines = folds["0", "y"]
    assert head[1:] == [str(n) for n in range(30)]
    for line, row in zip(lines, values, strict=True):
        assert [float(text) for text in line[1:]] == pytest.approx(row, abs=6e-5)
    bias = walk(trace)[1].arrays[1]
    assert bias.name == "b" and bias.whole is not None
    head, *lines = folds["0", "b"]  # ten in a line
    assert head == ["", *(f"+{n}" for n in range(10))]
    assert [line[0] for line in lines] == ["0", "10", "20"]
    said = [float(text) for line in lines for text in line[1:]]
    assert said == pytest.approx(trace.before["0.b"], abs=6e-5)
    assert values.size < MOST < trace.before["0.W"].size  # which is drawn as a heat map
    assert ("0", "W") not in folds
    assert "data:image/png" in page("a step", walk(trace))


def test_a_heat_map_has_a_pixel_for_each_number() -> None:
    values = np.array([[0.0, 1.0, -1.0], [0.5, -0.25, 0.0]])
    text = heat_map(values, "W")
    image = Image.open(io.BytesIO(base64.b64decode(text.split("base64,")[1][:-2])))
    pixels = np.asarray(image.convert("RGBA")).astype(int)
    assert pixels.shape == (2, 3, 4)
    assert tuple(pixels[0, 1]) == (230, 159, 0, 255) and tuple(pixels[0, 2]) == (86, 180, 233, 255)
    assert pixels[0, 0, 3] == pixels[1, 2, 3] == 0
    np.testing.assert_allclose(pixels[..., 3] / 255, np.abs(values), atol=1 / 15)
    large = heat_map(np.ones((600, 600)), "W")
    assert "means over 2 × 2" in large and 'alt="W, 600 × 600' in large


def test_a_picture_is_whole_and_has_its_numbers() -> None:
    trace = traced("maps")
    (first, second) = walk(trace)[0].pictures
    np.testing.assert_array_equal(first.pixels, IMAGES[0])
    text = page("a step", walk(trace))
    drawing = re.findall(r'<svg class="picture".*?</svg>', text)
    assert len(drawing) == 2
    for svg, image in zip(drawing, IMAGES, strict=False):
        rects = re.findall(r'x="(\d+)" y="(\d+)".*?<title>(.*?)</title>', svg)
        assert {(int(y), int(x)): float(value) for x, y, value in rects} == {
            place: float(value) for place, value in np.ndenumerate(image) if value
        }
    assert second.where == "10 × 10"


def test_pictures_of_every_kind() -> None:
    grey = picture("x", np.arange(24.0).reshape(4, 3, 2))
    np.testing.assert_array_equal(grey.pixels, np.arange(24.0).reshape(4, 3, 2).sum(axis=-1))
    assert grey.where == "4 × 3 × 2"
    large = picture("x", np.repeat(np.repeat([[1.0, 2.0], [3.0, 4.0]], 48, axis=0), 48, axis=1))
    assert large.pixels.shape == (32, 32) and large.where == "96 × 96"
    assert large.pixels[0, 0] == 1 and large.pixels[-1, -1] == 4
    colours = picture("x", np.array([[[0, 0, 255], [255, 0, 0]]]))
    assert colours.pixels.shape == (1, 2, 3) and colours.pixels.max() == 1
    blue = body([walk(traced("small"))[0]._replace(pictures=(colours,))])
    assert 'fill="#0000ff"' in blue and 'fill="#ff0000"' in blue
    light = body([walk(traced("small"))[0]._replace(pictures=(picture("x", np.eye(2), "light"),))])
    assert 'fill="#000"' in light and 'fill="#fff"' in light


def test_the_diagram_has_the_units_and_the_path() -> None:
    trace = traced("small")
    columns = walk(trace)[0].network
    assert [column.shape for column in columns] == [(2,), (4,), (2,)]
    assert [column.labels for column in columns] == [("x",), ("Dense(4)", "Tanh"), ("Dense(2)",)]
    assert columns[1].weights is not None
    np.testing.assert_array_equal(columns[1].weights, trace.before["0.W"])
    assert [unit.value for unit in columns[1].units] == trace.layers[1].output[0].tolist()
    followed = [[unit.place for unit in column.units if unit.followed] for column in columns]
    assert followed[:2] == [[n] for n in trace.steepest()[1]]
    assert page("a step", walk(trace)).count("<circle") == 8
    maps = walk(traced("maps"))[0].network
    assert maps[0].units == () and maps[0].shape == (10, 10)
    assert maps[-1].labels == ("Dense(2)",)


@pytest.mark.parametrize("what", ["step", "row", "digits"])
def test_a_page_needs_nothing_else(what: str, tmp_path: Path) -> None:
    data = load("digits")
    net = gn.Sequential([gn.Flatten(), gn.Dense(40, "relu"), gn.Dense(10)], seed=0)
    net.fit(data.x_train[:100], data.y_train[:100], epochs=1)
    net.classes = data.classes
    net.save(tmp_path / "digits.safetensors")
    model = str(tmp_path / "digits.safetensors")
    words = {"step": [], "row": [model, "digits", "--row", "2"], "digits": [model, "digits"]}
    assert run(["explain", *words[what], "--html", str(tmp_path / "page.html")]) == 0
    text = (tmp_path / "page.html").read_text()
    read = Reader(text)
    assert read.outside == [] and "url(" not in text and "http" not in text
    assert 'name="viewport"' in text and "prefers-color-scheme: dark" in text
    assert len(read.order) >= 4


def test_names_of_the_users_are_text_and_no_markup() -> None:
    net = gn.Sequential([gn.Dense(2)], input_shape=2, seed=0)
    net.classes, net.feature_names = ("<b>", "&"), ("<i>x</i>", "y")
    x = np.array([[1.0, 2.0]])
    for text in (
        page("<u>", walk(net.trace(x, [0]), net.classes)),
        page("<u>", reasons(net, x)),
    ):
        assert not re.search(r"<u>|<b>\"|<i>x", text) and Reader(text).open == []


def reasons(net: gn.Sequential, x: Any) -> Any:
    net.fit(x, [0], epochs=1)
    return described(attribute(net, x), net.feature_names, net.classes, "<b>")


def test_headings_are_short_and_without_citations() -> None:
    net = gn.Sequential(
        [gn.Dense(4, "relu", init="uniform:low=-1,high=1"), gn.Dense(2, init="he_normal")],
        input_shape=2,
        seed=0,
    )
    trace = net.trace([[1.0, 2.0]], [1], optimizer="sgd")
    parts = walk(trace)
    said = " ".join([part.title + part.formula for part in parts])
    assert "init" not in said and "(19" not in said and not re.search(r"\d{4}\)", said)
    assert parts[1].title == "forward 0 Dense(4): 1 × 2 → 1 × 4"
    relu = [part.formula for part in parts if " 1 ReLU" in part.title]
    assert relu == ["y = max(0, x)", "dx = dy where y > 0, else 0"]
    assert parts[-1].formula == "θ ← θ − η g"


def test_a_window_says_which_part_it_is() -> None:
    shown = Shown("y", np.zeros((1, 3)), (1, 40), (0,), (3, 19, 35), (1, 40), (0, 1))
    assert shown.where == "1 × 40, shown columns 3, 19, 35"
    assert shown._replace(columns=(4, 5, 6)).where == "1 × 40, shown columns 4 to 6"
    assert shown._replace(columns=(4,)).where == "1 × 40, shown column 4"
