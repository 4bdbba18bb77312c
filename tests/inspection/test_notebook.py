"""What a notebook shows of networks and histories."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.html import curves, table

X = np.random.default_rng(0).normal(size=(60, 4))
LABELS = (X[:, 0] > 0).astype(int)


def trained(**how: object) -> tuple[gn.Sequential, gn.History]:
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
    assert gn.History()._repr_html_() == "<div>0 epochs</div>"


def test_curves_are_drawn_to_scale_and_without_what_is_not_finite() -> None:
    page = curves({"a": [0.0, 1.0, float("nan"), 4.0]})
    assert re.findall(r'points="([^"]*)"', page) == ["0.0,160.0 140.0,120.0 420.0,0.0"]
    assert curves({"flat": [2.0]}).count("0.0,80.0") == 1
    assert curves({"none": [float("inf")]}) == ""


@pytest.mark.parametrize("text", ["<b>", "a & b"])
def test_names_are_text(text: str) -> None:
    assert Text(table([text], [[text]])).words == [text, text]


def test_a_trace_is_the_walk_through_it() -> None:
    net, _ = trained()
    page = net.trace(X[:2], LABELS[:2])._repr_html_()
    words = Text(page).words
    assert "forward 0 Dense(3): 2 × 4 → 2 × 3" in words
    assert any(word.startswith("gradient dL/dw: ") for word in words)
    assert "body {" not in page  # what would be the notebook's own


def test_bars_say_which_units_learned_in_the_last_step() -> None:
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], input_shape=4, seed=0)
    assert "units that learned in the last step" not in str(net._repr_html_())  # there was no step
    net.parameters["0.b"][:3] = -1000  # dead for every sample
    net.fit(X, LABELS, epochs=1)
    page = str(net._repr_html_())
    words = Text(page).words
    assert {"1 of 4", "2 of 2"} <= set(words)
    assert "width:25%" in page and "width:100%" in page
    size = np.sqrt((net.gradient["2.W"].astype(float) ** 2).mean())
    assert f"{size:.1e}" in words


def test_pictures_are_shown_at_once() -> None:
    from glassnet.inspection import plots

    assert plots.curves({"loss": [2.0, 1.0]})._repr_png_().startswith(b"\x89PNG")


class Place:
    def __init__(self) -> None:
        self.shown: list[gn.History] = []

    def update(self, history: gn.History) -> None:
        self.shown.append(history)


def test_live_draws_every_epoch_where_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import IPython
    import IPython.display

    place = Place()
    monkeypatch.setattr(IPython, "get_ipython", lambda: type("Shell", (), {"kernel": None}))
    monkeypatch.setattr(IPython.display, "display", lambda what, display_id: place)
    _, history = trained(callbacks=[gn.Live(seconds=0)])
    assert [shown.epochs for shown in place.shown] == [1, 2, 3, 4, 4]
    assert place.shown[2]["loss"] == history["loss"][:3]
    place.shown.clear()
    trained(callbacks=[gn.Live(seconds=100)])
    assert [shown.epochs for shown in place.shown] == [1, 4]


def test_live_needs_a_notebook() -> None:
    with pytest.raises(gn.GlassnetError, match=r"in a terminal use Progress\(\)"):
        trained(callbacks=[gn.Live()])
