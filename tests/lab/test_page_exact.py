"""Every number inside a step is the engine's to the last digit shown: read from the page, and held
to a step that the test takes by itself."""

import re

import numpy as np
import pytest

from glassnet.lab.run.run import Run
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings

MOONS = {"name": "moons", "options": {"samples": 80}}
DIGITS = {"name": "digits"}
WAYS = {
    "dense, tanh, momentum": (MOONS, ["dense 4", "tanh"], {"optimizer": "momentum"}),
    "dropout, adam": (MOONS, ["dense 20", "relu", "dropout 0.3"], {"optimizer": "adam"}),
    "batchnorm": (MOONS, ["dense 5", "batchnorm", "relu"], {"optimizer": "sgd", "clip_norm": 0.5}),
    "conv on digits": (DIGITS, ["conv 3", "relu", "maxpool", "flatten"], {"optimizer": "adam"}),
}
STEPS = 5
FIGURES = """() => [...document.querySelectorAll('#inside figure:has(table)')].map(figure => ({
    name: figure.querySelector('figcaption b').textContent,
    cells: [...figure.querySelector('table').rows].map(
        row => [...row.cells].map(cell => [cell.tagName, cell.textContent])),
}))"""


def settings_of(way):
    data, layers, training = WAYS[way]
    return Settings(data=data, network={"layers": layers}, training={
        "epochs": 3, "batch_size": 16, **training})  # fmt: skip


def shown(figure, values):
    """Each number of a table on the page, and the engine's of the same place."""
    head, *rows = figure["cells"]
    columns = [int(text) for kind, text in head if kind == "TH" and text]
    inside = figure["name"].removesuffix("]").partition("[")[2]
    axes = [slice(None) if each == ":" else int(each) for each in inside.split(", ") if each]
    plane = values[tuple(axes)] if axes else values
    plane = plane.reshape(1, -1) if plane.ndim == 1 else plane
    for cells in rows:
        named = [int(text) for kind, text in cells if kind == "TH"]
        texts = [text for kind, text in cells if kind == "TD"]
        for column, text in zip(columns, texts, strict=True):
            yield text, float(plane[named[0] if named else 0, column])


def same(text, value):
    """Whether a text is this number, rounded to as many digits as it has."""
    mantissa, *power = text.split("e")
    decimals = len(mantissa.partition(".")[2])
    written = f"{value:.{decimals}e}" if power else f"{value:.{decimals}f}"
    return float(text) == float(written)


def arrays_of(traced, trace):
    found = {"x": traced.input, "y": traced.output, "dy": traced.dy, "dx": traced.dx}
    found |= traced.parameters
    return found | {f"d{own}": values for own, values in traced.gradients.items()}


@pytest.mark.parametrize("way", WAYS)
def test_numbers_inside_a_step(open_lab, way):
    settings = settings_of(way)
    alone = Session(settings).run
    assert isinstance(alone, Run)
    for _ in range(STEPS):
        alone.step()
    trace = alone.record()
    layers = {each.name: each for each in trace.layers}
    page = open_lab(settings)
    for t in range(STEPS):
        page.locator("#step").click()
        page.locator("#place", has_text=f"step {t + 1} of").wait_for()
    page.locator("#operation").click()
    count = len(trace.layers) + sum(each.dy is not None for each in trace.layers) + 3
    compared = 0
    for number in range(1, count + 1):
        page.locator("#state", has_text=f"step 6, operation {number} of {count}: ").wait_for()
        page.locator(f"#inside li:nth-child({number}) [aria-current=step]").wait_for()
        said = page.locator("#state").text_content()
        found = re.search(r"of layer (\S+)", said)
        for figure in page.evaluate(FIGURES):
            if found:
                values = arrays_of(layers[found[1]], trace).get(figure["name"].partition("[")[0])
            else:
                values = {"z": trace.z, "dL/dz": trace.dz, "x": trace.x}.get(figure["name"])
            if values is None:  # of a worked example
                continue
            for text, value in shown(figure, values):
                assert same(text, value), (said, figure["name"], text, value)
                compared += 1
        if number < count:
            page.locator("#operation").click()
    assert compared > 60
    row = page.locator("#inside .named tr").last.locator("td").all_text_contents()
    name = page.locator("#inside h2").last.text_content()
    own, place, layer = re.match(r"update of (\w+)\[(.*)\] in layer (\S+)", name).groups()
    place = tuple(map(int, place.split(", ")))
    expected = [
        trace.before[f"{layer}.{own}"][place], layers[layer].gradients[own][place],
        trace.difference(f"{layer}.{own}", place), trace.rate, trace.after[f"{layer}.{own}"][place],
    ]  # fmt: skip
    assert row[1:] == [f"{float(each):z.6g}" for each in expected]
    assert f"L = {trace.value:z.6g}" in _operation(page, "the loss")


def _operation(page, name):
    page.locator("#inside ol button", has_text=name).click()
    page.locator("#inside h2", has_text="loss").first.wait_for()
    return page.locator("#inside .gn").inner_text()


@pytest.mark.parametrize("way", ["dense, tanh, momentum", "dropout, adam"])
def test_numbers_of_a_weight(open_lab, way):
    settings = settings_of(way)
    alone = Session(settings).run
    for _ in range(4):
        alone.step()
    trace = alone.record()
    page = open_lab(settings)
    page.locator("#epoch").click()
    page.locator("#place", has_text="step 4 of").wait_for()
    page.locator("#weight-name").select_option("0.W")
    page.locator(".weight-indices input").nth(1).fill("2")
    page.locator(".weight-indices input").nth(1).press("Enter")
    page.locator("#weight dt", has_text="0.W[0, 2]").wait_for()
    page.locator(".weight-update h3", has_text="step 5").wait_for()
    cells = [float(text) for text in page.locator(".weight-update td").all_text_contents()]
    expected = [
        trace.before["0.W"][0, 2], trace.layers[0].gradients["W"][0, 2],
        trace.difference("0.W", (0, 2)), trace.rate, trace.after["0.W"][0, 2],
    ]  # fmt: skip
    assert cells == [float(f"{float(each):.6g}") for each in expected]
    assert float(page.locator("#weight-loss").text_content()) == float(f"{trace.value:.6g}")
    page.locator("#weight-course").focus()
    page.keyboard.press("Home")
    first = Session(settings).run.network.parameters["0.W"][0, 2]
    said = page.locator(".weight-said").first.text_content()
    assert said.startswith("step 0: ") and np.float32(said.split(": ")[1]) == first
    page.locator("#weight-along").focus()
    page.locator(".weight-said", has_text="now, value").wait_for()
    said = page.locator(".weight-said").nth(1).text_content()
    assert float(said.split(": ")[1]) == float(f"{trace.value:.9g}")
