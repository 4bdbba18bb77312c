"""The panel of the network: words, picture, layer by layer, and how it is trained."""

import numpy as np
import pytest

from glassnet.lab.run.run import Run
from glassnet.lab.state.settings import Settings
from glassnet.workflows.networks import network_of
from glassnet.workflows.spec import Net
from tests.lab.conftest import WIDTHS

MOONS = {"name": "moons", "options": {"samples": 80}}
PICTURES = ["conv 6 5", "tanh", "avgpool", "conv 16 3", "tanh", "flatten", "dense 20", "tanh"]


def settings_of(layers, data=MOONS):
    return Settings(data=data, network=Net(layers=layers))


def opened(open_lab, layers=("dense 4", "tanh"), data=MOONS, **how):
    settings = settings_of(list(layers), data)
    page = open_lab(settings, **how)
    page.wait_for_selector(".net-unit")
    page.wait_for_selector('[name="learning_rate"]')
    return page, settings


def same_run(settings, steps=0):
    data = settings.data.load(None, settings.seed)
    run = Run(network_of(settings.network, settings.seed, data), data, settings.training)
    for _ in range(steps):
        run.step()
    return run


def written(value):
    """A number as the page writes it."""
    text = f"{float(np.float32(value)):.6g}"
    return text.replace("e-0", "e-") if "e" in text else text


def words(page):
    return page.locator("#layers").input_value()


def heads(page):
    return page.locator(".net-layer").all_text_contents()


def write(page, text):
    page.locator("#layers").fill(text)
    page.locator("#layers").press("Enter")


@pytest.mark.parametrize("size, scheme", [("desktop", "light"), ("phone", "dark")])
def test_numbers_of_units_and_weights_are_the_engines(open_lab, size, scheme):
    page, settings = opened(open_lab, size=size, scheme=scheme)
    for _ in range(3):
        page.locator("#step").click()
    page.wait_for_function("document.querySelector('#place').textContent.startsWith('step 3 ')")
    network = (run := same_run(settings, 3)).network
    outputs = list(network.activations(run.data.x_train[:1].astype(np.float32)))
    unit = page.locator('[data-key="unit 1 2"]')
    unit.focus()
    value = written(outputs[1][0, 2])
    page.wait_for_function(f"document.querySelector('.net-tip').textContent.endsWith('{value}')")
    assert page.locator(".net-tip").text_content() == f"dense 4, tanh: unit 2 gives {value}"
    unit.press("Enter")
    page.wait_for_selector(".net-weights li")
    said = f"dense 4, tanh, unit 2, output for training sample 1: {value}"
    assert page.locator(".net-chosen").text_content() == said
    found = page.locator(".net-number").all_text_contents()
    theta = network.parameters
    assert found == [written(v) for v in (*theta["0.W"][:, 2], theta["0.b"][2])]


def test_lines_are_weights(open_lab):
    page, settings = opened(open_lab)
    page.locator("#epoch").click()
    page.wait_for_function("document.querySelector('#place').textContent.includes('epoch 1 ')")
    W = same_run(settings, 6).network.parameters["0.W"]
    page.evaluate(
        "() => document.querySelectorAll('.net-hit')[5]"
        ".dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))"
    )
    said = page.locator(".net-tip").text_content()
    assert said == f"x2 → unit 1: 0.W[1, 1] = {written(W[1, 1])}"
    lines = page.locator(".net-lines").first.locator(".net-line")
    kinds = lines.evaluate_all("all => all.map(line => line.dataset.kind)")
    assert kinds == ["below" if w < 0 else "above" for w in W.ravel()]
    wide = lines.evaluate_all("all => all.map(line => Number(line.getAttribute('stroke-width')))")
    np.testing.assert_allclose(wide, 0.5 + 4.5 * np.abs(W).ravel() / np.abs(W).max(), atol=0.06)


def test_numbers_for_another_sample(open_lab):
    page, settings = opened(open_lab)
    run = same_run(settings)
    page.locator('[data-key="unit 1 2"]').click()
    page.locator("#network").get_by_role("button", name="Next sample").click()
    page.locator("#network").get_by_label("Part of the data").select_option("test")
    page.locator("#network").get_by_label("Numbers are for sample").fill("8")
    page.locator("#network").get_by_label("Numbers are for sample").press("Enter")
    x = run.data.x_test[7:8].astype(np.float32)
    value = written(list(run.network.activations(x))[1][0, 2])
    page.get_by_text(f"dense 4, tanh, unit 2, output for test sample 8: {value}").wait_for()
    page.locator("#network").get_by_label("Numbers are for sample").fill("21")
    page.locator("#network").get_by_label("Numbers are for sample").press("Enter")
    page.get_by_text("there is no test sample 21: expected 1 to 20").wait_for()


def test_a_chosen_weight_stands_out(open_lab):
    page, _ = opened(open_lab)
    marked = "[...document.querySelectorAll('.net-line')].map(l => l.matches('.net-marked'))"
    page.locator('[data-key="unit 1 2"]').click()
    page.locator(".net-weights button").first.press("Enter")
    page.mouse.move(1, 1)
    page.locator("#layers").focus()
    assert [n for n, there in enumerate(page.evaluate(marked)) if there] == [2]
    page.evaluate(
        "() => document.querySelectorAll('.net-hit')[5]"
        ".dispatchEvent(new MouseEvent('click', { bubbles: true }))"
    )
    assert [n for n, there in enumerate(page.evaluate(marked)) if there] == [5]


def test_arrows_say_shapes_and_parameters(open_lab):
    page, _ = opened(open_lab)
    assert page.locator(".net-shape").all_text_contents() == ["2", "4", "2"]
    sums = [text.replace("\xa0", " ") for text in page.locator(".net-sum").all_text_contents()]
    assert sums == ["2 × 4 + 4 = 12", "4 × 2 + 2 = 10"]
    assert page.locator(".net-total").text_content() == (
        "22 parameters, 16 multiply-adds for a sample"
    )


@pytest.mark.parametrize("size", WIDTHS)
def test_words_and_picture_agree_whichever_is_edited(open_lab, size):
    page, _ = opened(open_lab, size=size)
    write(page, "linear 5, relu, 2 x (dense 3, tanh)")
    page.wait_for_function("document.querySelectorAll('.net-layer').length === 6")
    assert words(page) == "dense 5, relu, dense 3, tanh, dense 3, tanh"
    assert heads(page) == words(page).split(", ")
    page.locator('[data-key="layer 2"]').click()
    page.locator("#network").get_by_role("button", name="Remove").click()
    page.wait_for_function("document.querySelectorAll('.net-layer').length === 5")
    assert words(page) == "dense 5, relu, tanh, dense 3, tanh"
    page.locator('[data-key="layer 3"]').click()
    page.locator("#network").get_by_role("button", name="Move this layer left").click()
    page.wait_for_function(
        "document.querySelector('#layers').value.includes('dense 3, tanh, tanh')"
    )
    page.locator("#network").get_by_role("button", name="More units").click()
    page.wait_for_function("document.querySelector('#layers').value.includes('dense 4, tanh')")
    page.locator('[data-key="add 0"]').select_option("gaussian_noise")
    page.wait_for_function("document.querySelector('#layers').value.startsWith('gaussian_noise,')")
    assert heads(page) == words(page).split(", ")


def test_settings_of_a_layer(open_lab):
    page, _ = opened(open_lab, ["dense 4", "dropout 0.2", "tanh"])
    form = page.locator(".net-layer-form")
    form.get_by_label("Bias", exact=True).uncheck()
    page.wait_for_function("document.querySelector('#layers').value.includes('bias=false')")
    assert words(page) == "dense 4 bias=false, dropout rate=0.2, tanh"
    form.get_by_label("Initializer", exact=True).fill("he_normall")
    form.get_by_label("Initializer", exact=True).press("Tab")
    problem = form.locator(".net-problem:visible")
    problem.wait_for()
    assert "did you mean 'he_normal'?" in problem.text_content()
    assert words(page) == "dense 4 bias=false, dropout rate=0.2, tanh"
    form.get_by_label("Initializer", exact=True).fill("he_normal")
    form.get_by_label("Initializer", exact=True).press("Tab")
    page.wait_for_function("document.querySelector('#layers').value.includes('init=he_normal')")
    assert problem.count() == 0
    page.locator('[data-key="layer 1"]').click()
    form.get_by_label("Rate").fill("0.4")
    form.get_by_label("Rate").press("Tab")
    page.wait_for_function("document.querySelector('#layers').value.includes('rate=0.4')")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("densse 4", "did you mean 'dense'?"),
        ("conv 8", "takes pictures (height, width, channels), got samples of shape (2,)"),
    ],
)
def test_a_wrong_word_is_answered_and_the_network_stays(open_lab, given, sentence):
    page, _ = opened(open_lab)
    write(page, given)
    page.locator("#layers-problem:visible").wait_for()
    assert sentence in page.locator("#layers-problem").text_content()
    assert words(page) == given and heads(page) == ["dense 4", "tanh"]
    assert not page.locator("#notice").is_visible()
    write(page, "dense 3")
    page.locator("#layers-problem").wait_for(state="hidden")
    assert heads(page) == ["dense 3"]


def test_training_counts_from_the_present_step(open_lab):
    page, _ = opened(open_lab)
    page.locator("#step").click()
    page.wait_for_function("document.querySelector('#place').textContent.startsWith('step 1 ')")
    rate = page.locator("#network").get_by_label("Learning rate")
    rate.fill("-1")
    rate.press("Tab")
    problem = page.locator(".net-training .net-problem:visible")
    problem.wait_for()
    assert problem.text_content().endswith("expected a number in [0, inf)")
    rate.fill("0.5")
    rate.press("Tab")
    page.get_by_text("Counts from step 1 on.").wait_for()
    assert page.locator("#place").text_content().startswith("step 1 of 1")
    page.locator("#network").get_by_label("Optimizer").select_option("adam")
    page.locator("#network").get_by_label("Beta1").wait_for()
    assert rate.input_value() == "0.001"
    page.locator("#network").get_by_label("Clip norm").fill("x")
    page.locator("#network").get_by_label("Clip norm").press("Tab")
    problem.wait_for()
    assert problem.text_content() == "clip_norm is 'x', expected a finite number above 0"


def test_by_keyboard_alone(open_lab):
    page, _ = opened(open_lab)
    page.locator('[data-key="unit 0 0"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    key = "document.activeElement.dataset.key"
    assert page.evaluate(key) == "unit 1 1"
    page.keyboard.press("Enter")
    page.wait_for_selector(".net-weights li")
    page.locator('[data-key="layer 1"]').press("Enter")
    assert page.locator("#net-layer-title").text_content() == "tanh"
    page.locator("#network").get_by_role("button", name="Remove").press("Enter")
    page.wait_for_function("document.querySelectorAll('.net-layer').length === 1")


SHAPES = {
    "no hidden layer": ([], MOONS, 2),
    "one unit": (["dense 1", "tanh"], MOONS, 3),
    "64 units": (["dense 64", "relu"], MOONS, 3),
    "12 layers": (["dense 8", "tanh"] * 12, MOONS, 14),
    "pictures": (PICTURES, {"name": "digits"}, 6),
    "weights of pictures": (["flatten", "dense 64", "relu"], {"name": "digits"}, 3),
    "containers": (["residual(dense 4, tanh)", "concat(dense 3 | tanh)"], {"name": "iris"}, 4),
}


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("way", SHAPES)
def test_every_network_has_a_picture(open_lab, way, size):
    layers, data, columns = SHAPES[way]
    page, settings = opened(open_lab, layers, data, size=size)
    page.wait_for_function(
        "[...document.querySelectorAll('.net-unit canvas')].slice(0, 3).every("
        "canvas => canvas.getContext('2d').getImageData(0, 0, 1, 1).data[3] === 255)"
    )
    assert page.locator(".net-column").count() == columns
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    total = same_run(settings).network.parameters.vector.size
    assert page.locator(".net-total").text_content().startswith(f"{total:,} parameter")
    if way == "64 units":
        assert page.locator(".net-more").text_content() == "… and 52 more"
    if way == "containers":
        assert page.locator(".net-inside li").all_text_contents()[1] == (
            "0.body.0 Dense: shape 4, 20 parameters"
        )


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_lab, size, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    layers = ["dense 4", "tanh", "residual(dense 4, tanh)"]
    page, _ = opened(open_lab, layers, size=size, scheme=scheme)
    page.locator('[data-key="unit 1 2"]').click()
    page.wait_for_selector(".net-weights li")
    found = axe.run(page, context="#network").response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_it_keeps_its_place_while_it_plays(open_lab):
    page, _ = opened(open_lab, ["dense 64", "relu"])
    first = page.locator(".net-column").first.element_handle()
    unit = page.locator('[data-key="unit 1 1"]')
    unit.focus()
    tops = "[...document.querySelectorAll('#network > *')].map(each => each.offsetTop)"
    before = page.evaluate(tops)
    page.locator("#play").click()
    unit.focus()
    page.wait_for_function("Number(document.querySelector('#scrubber').max) > 60")
    page.locator("#play").click()
    assert page.evaluate(tops) == before
    assert first.evaluate("element => element.isConnected")
