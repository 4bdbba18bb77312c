"""What a notebook shows of networks and histories."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import glassnet as gn
from glassnet.markup import curves, table

X = np.random.default_rng(0).normal(size=(60, 4))
LABELS = (X[:, 0] > 0).astype(int)


def trained(**how: object) -> tuple[gn.Sequential, gn.callbacks.History]:
    net = gn.Sequential([gn.Dense(3, "relu"), gn.Dense(2)], seed=0)
    return net, net.fit(X, LABELS, epochs=4, **how)  # type: ignore[arg-type]


class Text(HTMLParser):
    """The cells of a page, every tag of which must be closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("br", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "polyline":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


def test_a_network_is_the_table_of_its_layers() -> None:
    assert gn.Sequential([gn.Dense(3)])._repr_html_() is None  # its shapes are not known
    net, _ = trained()
    words = Text(str(net._repr_html_())).words
    assert words[:2] == ["layer", "output shape"] and "0 Dense" in words
    assert str(net.summary().total.parameters) in words


def test_a_history_is_its_curves() -> None:
    _, history = trained(validation=0.2)
    page = history._repr_html_()
    words = Text(page).words
    assert words[0] == "4 epochs" and f"val_loss {history['val_loss'][-1]:.4g}" in words
    lines = re.findall(r'points="([^"]*)"', page)
    assert len(lines) == 4 and all(len(line.split()) == 4 for line in lines)
    assert gn.callbacks.History()._repr_html_() == "<div>0 epochs</div>"


def test_curves_are_drawn_to_scale_and_without_what_is_not_finite() -> None:
    page = curves({"a": [0.0, 1.0, float("nan"), 4.0]})
    assert re.findall(r'points="([^"]*)"', page) == ["0.0,160.0 140.0,120.0 420.0,0.0"]
    assert curves({"flat": [2.0]}).count("0.0,80.0") == 1
    assert curves({"none": [float("inf")]}) == ""


@pytest.mark.parametrize("text", ["<b>", "a & b"])
def test_names_are_text(text: str) -> None:
    assert Text(table([text], [[text]])).words == [text, text]
