"""The data panel in a real browser: every source chosen, typed, drawn or dropped."""

import base64
import json

import numpy as np
import pytest

import glassnet as gn
from glassnet.data import load
from glassnet.lab.run.run import Run
from glassnet.lab.sources import Named
from glassnet.lab.sources.pen import picture
from glassnet.lab.state.published import TUTORIALS, settings_of
from glassnet.lab.state.settings import Settings
from glassnet.workflows.networks import network_of
from glassnet.workflows.recipes.loader import load_recipe
from tests.lab.conftest import WIDTHS

TABLE = "a,b,colour,kind\n" + "".join(
    f"{n},{n % 7},{'red' if n % 3 else 'blue'},{'left' if n % 2 else 'right'}\n" for n in range(90)
)
SIZES = "document.querySelector('#data-sizes').textContent.includes({!r})"


def waits(page, text):
    page.wait_for_function(SIZES.format(text))


def settings(page):
    """What the page has been told last."""
    return page.evaluate("window.heard")


@pytest.fixture
def panel(open_lab):
    """A page that remembers the settings that it hears."""

    def open_(*given, **how):
        page = open_lab(*given, **how)
        page.evaluate(
            """async () => {
                const sent = WebSocket.prototype.send;
                WebSocket.prototype.send = function (text) {
                    if (!this.heard) {
                        this.heard = true;
                        this.addEventListener("message", ({ data }) => {
                            const message = JSON.parse(data);
                            if (message.settings) window.heard = message;
                        });
                    }
                    const message = JSON.parse(text);
                    window.asked = { ...window.asked, [message.do]: message };
                    sent.call(this, text);
                };
            }"""
        )
        return page

    return open_


def stroke(page, selector, places):
    """Draw along places (0 … 1, 0 … 1) of an element with the mouse."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def no_sideways(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size, scheme", [("desktop", "dark"), ("phone", "light")])
def test_bundled_sets_with_their_options(panel, size, scheme):
    page = panel(size=size, scheme=scheme)
    waits(page, "300 training samples, 100 test")
    page.fill("#data-samples", "200")
    page.fill("#data-test", "0.5")  # which leaves the first field
    page.press("#data-test", "Enter")
    waits(page, "100 training samples, 100 test")
    page.fill("#data-seed", "7")
    page.press("#data-seed", "Enter")
    page.wait_for_function("window.heard?.settings.seed === 7")
    expected = load("moons", samples=200, test=0.5, seed=7)
    heard = settings(page)["data"]["points"]["training"]["x"]
    x = np.frombuffer(base64.b64decode(heard["data"]), "<f4").reshape(heard["shape"])
    np.testing.assert_array_equal(x, expected.x_train.astype(np.float32))
    no_sideways(page)


def test_a_set_of_pictures_brings_its_layers_and_tables_draw_any_two_features(panel):
    page = panel()
    page.select_option("#dataset", "iris")
    waits(page, "4 features")
    assert page.locator("#data-x option").all_text_contents() == [*load("iris").feature_names]
    page.select_option("#data-x", "2")
    page.wait_for_function("window.heard?.data.chosen.join() === '2,1'")
    page.select_option("#data-y", "2")
    page.wait_for_function("window.heard?.data.chosen.join() === '1,2'")
    page.select_option("#data-drawn", "all")
    page.wait_for_function("window.heard?.data.projected")
    axes = settings(page)["data"]["axes"]
    x = load("iris").x_train.astype(float)
    values = np.linalg.eigvalsh(np.cov(x.T))[::-1]
    assert axes[0] == f"component 1 ({values[0] / values.sum():.0%} of the variance)"
    page.select_option("#dataset", "digits")
    waits(page, "pictures of 8 × 8")
    assert page.locator("#data-said").text_content().startswith("Samples are pictures now")
    assert page.locator("#data-x").count() == 0 or not page.locator("#data-x").is_visible()


@pytest.mark.parametrize("size", WIDTHS)
def test_points_are_drawn_erased_and_taken_back(panel, size):
    page = panel(size=size)
    page.select_option("#dataset", "kind:points")
    count = page.locator("#points-count")
    assert "Draw two classes or more" in count.text_content()
    stroke(page, "#points", [(0.2, 0.2), (0.2, 0.8)])
    page.get_by_label("Class B").check(force=True)
    stroke(page, "#points", [(0.8, 0.2), (0.8, 0.8)])
    waits(page, "one of 2: A, B")
    drawn = settings(page)["settings"]["data"]["points"]
    assert {p[2] for p in drawn} == {0, 1} and all(p[0] < 0 for p in drawn if p[2] == 0)
    page.get_by_label("Eraser").check(force=True)
    stroke(page, "#points", [(0.8, 0.1), (0.8, 0.4)])
    page.wait_for_function(f"window.heard.settings.data.points.length < {len(drawn)}")
    left = settings(page)["settings"]["data"]["points"]
    assert all(p in drawn for p in left) and max(p[1] for p in left if p[2] == 1) < 0.6
    page.click("#points-undo")
    page.wait_for_function(f"window.heard.settings.data.points.length === {len(drawn)}")
    no_sideways(page)


def test_points_are_drawn_by_keyboard_and_may_have_values(panel):
    page = panel()
    page.select_option("#dataset", "kind:points")
    page.select_option("#points-what", "values")
    page.focus("#points")
    for key in ["Enter", "Enter", *["ArrowRight"] * 8, "Enter", "ArrowUp", "Enter"]:
        page.keyboard.press(key)
    waits(page, "a number")
    points = settings(page)["settings"]["data"]["points"]
    assert points[0] == [0, 0, 1] and [0.8, 0, 1] in points


@pytest.mark.parametrize("size", WIDTHS)
def test_a_formula_is_typed_and_mistakes_keep_what_was(panel, size):
    page = panel(size=size)
    page.select_option("#dataset", "kind:formula")
    waits(page, "y > sin(x)")
    page.fill("#formula", "y > sin x <b>")
    page.press("#formula", "Enter")
    wrong = page.locator("#formula-wrong")
    wrong.wait_for()
    assert wrong.text_content() == "character 9: found 'x', expected '(' after sin"
    assert settings(page)["settings"]["data"]["text"] == "y > sin(x)"
    page.fill("#formula", "y = x^2")
    page.press("#formula", "Enter")
    waits(page, "predicts y, a number")
    assert wrong.is_hidden() and page.locator("#data b").count() == 0
    page.fill("#formula", "z = x*y")
    page.fill("#formula-samples", "40")
    page.press("#formula-samples", "Enter")
    waits(page, "30 training samples, 10 test; 2 features")
    no_sideways(page)


def test_a_file_is_opened_and_told_how_to_be_read(panel):
    page = panel()
    name = "own <b>x.csv"
    file = {"name": f"../{name}", "mimeType": "text/csv", "buffer": TABLE.encode()}
    page.set_input_files("#data-file", files=[file])
    waits(page, "one of 2: left, right")
    page.locator("summary", has_text="How it was read").click()
    notes = page.locator("#data-notes li").all_text_contents()
    assert "colour: category, 2 values: red (60), blue (30)" in notes
    assert page.locator("#data b").count() == 0
    assert page.locator("#dataset option:checked").text_content() == name
    page.fill("#data-target", "b")
    page.press("#data-target", "Tab")
    page.select_option("#data-task", "regression")
    waits(page, "predicts b, a number")
    page.locator("summary", has_text="Columns").click()
    page.get_by_label("colour: category").select_option("drop")
    page.wait_for_function("window.heard.settings.data.drop?.join() === 'colour'")


@pytest.mark.parametrize("name, content, sentence", [
    ("own.html", b"<p>", "own.html: expected a file ending in"),
    ("own.csv", b"", "own.csv is empty"),
    ("own.npy", b"no array", "own.npy"),
    ("own.zip", b"PK", "own.zip"),
    ("own.csv", b"a,b\n1\n2,3,4\n", "own.csv"),
])  # fmt: skip
def test_what_is_no_data_is_said_and_changes_nothing(panel, name, content, sentence):
    page = panel()
    page.set_input_files(
        "#data-file",
        files=[{"name": name, "mimeType": "text/plain", "buffer": content}],
    )
    page.wait_for_function(
        "(text) => document.querySelector('#data-said').textContent.includes(text) && "
        "!document.querySelector('#data-said').textContent.startsWith('Reading')", arg=sentence,
    )  # fmt: skip
    assert "300 training samples" in page.locator("#data-sizes").text_content()
    page.problems.clear()  # the browser logs responses of 422


def test_what_a_file_needs_to_be_read_is_asked_for_when_that_fails(panel):
    page = panel()
    table = "größe;preis;art\n" + "".join(
        f"{n},5;1.{n % 10}00;{'süß' if n % 2 else 'sauer'};\n" for n in range(40)
    )
    file = {"name": "own.csv", "mimeType": "text/csv", "buffer": table.encode("latin-1")}
    page.set_input_files("#data-file", files=[file])
    page.locator("#data-said", has_text="encoding").wait_for()
    page.get_by_label("Encoding").fill("latin-1")  # it is open
    page.get_by_label("Encoding").press("Enter")
    page.locator("#data-said", has_text="separator").wait_for()
    page.get_by_label("Separator").fill(";")
    page.get_by_label("Separator").press("Enter")
    page.locator("#data-said", has_text="1.000").wait_for()  # one, or a thousand
    page.get_by_label("Decimal mark").fill(",")
    page.get_by_label("Decimal mark").press("Enter")
    page.get_by_label("Thousands mark").fill(".")  # stays, though the file is read meanwhile
    page.wait_for_function("window.heard?.settings.data.decimal === ','")
    page.get_by_label("Thousands mark").press("Enter")
    page.wait_for_function("window.heard.settings.data.thousands === '.'")
    waits(page, "one of 2: sauer, süß")
    assert page.get_by_label("Sheet").is_hidden()
    assert settings(page)["settings"]["data"]["encoding"] == "latin-1"
    no_sideways(page)


def test_a_trained_network_is_dropped(panel, tmp_path):
    page = panel()
    network = gn.Sequential([gn.Flatten(), gn.Dense(5, "tanh"), gn.Dense(10)], seed=3)
    digits = load("digits")
    network.fit(digits.x_train, digits.y_train, epochs=1)
    network.classes, network.trained["data"] = digits.classes, "digits"
    network.save(tmp_path / "own.safetensors")
    page.set_input_files("#data-file", tmp_path / "own.safetensors")
    page.locator(
        "#data-said", has_text="The run begins with own.safetensors, on digits."
    ).wait_for()
    waits(page, "pictures of 8 × 8")
    assert "dense 5" in page.locator("#layers").input_value()
    page.get_by_text("This run began with own.safetensors.").wait_for()


def test_digits_are_drawn_as_data(panel):
    page = panel()
    page.select_option("#dataset", "kind:digits")
    one, other = [(0.5, 0.1), (0.5, 0.9)], [(0.4, 0.1), (0.5, 0.9)]
    for digit, places in [("7", SEVEN), ("1", one), ("1", other)]:
        page.get_by_label(f"Digit {digit}").check(force=True)
        stroke(page, "#pen", places)
        page.click("#digits-add")
    waits(page, "3 training samples, no test; pictures of 28 × 28; predicts digit, one of 2: 1, 7")
    assert page.locator("#digits-count").text_content().startswith("3 drawn: 2 × 1, 1 × 7")
    page.click("#digits-remove")
    waits(page, "2 training samples")
    page.select_option("#digits-size", "8")
    waits(page, "pictures of 8 × 8")


SEVEN = [(0.3, 0.2), (0.7, 0.2), (0.45, 0.8)]


@pytest.mark.parametrize("size", WIDTHS)
def test_the_network_sees_what_is_drawn(panel, size):
    start = Settings(data=Named(name="digits"), network={"layers": ["flatten", "dense 8", "relu"]})
    page = panel(start, size=size)
    waits(page, "8 × 8")
    page.locator("summary", has_text="Draw a digit").click()
    stroke(page, "#pen", SEVEN)
    page.locator("#seen li").first.wait_for()
    data = load("digits", seed=0)
    run = Run(network_of(start.network, 0, data), data, start.training)
    ink = picture(page.evaluate("window.asked.see.drawing"), (8, 8))
    p = run.network.predict_proba(np.rint(16 * ink)[None])[0]
    shown = page.locator("#seen output").all_text_contents()
    assert shown == [f"{100 * each:.1f} %" for each in p]
    best = data.classes[int(p.argmax())]
    assert page.locator("#seen-prediction").text_content() == f"Prediction: {best}"
    no_sideways(page)


def test_tutorials_open_as_published(panel):
    page = panel()
    page.locator("summary", has_text="Published tutorials").click()
    page.locator("[data-tutorial]").first.wait_for()
    assert page.locator("[data-tutorial]").count() == len(TUTORIALS)
    for name in ("moons", "iris"):
        page.click(f"[data-tutorial={name}]")
        page.wait_for_function("(n) => window.heard?.settings.data.name === n", arg=name)
        expected = settings_of(load_recipe(name))
        assert settings(page)["settings"] == json.loads(expected.model_dump_json())


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("kind", ["points", "formula", "digits"])
def test_it_is_accessible(panel, size, kind):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = panel(size=size)
    page.select_option("#dataset", f"kind:{kind}")
    page.locator("summary", has_text="Published tutorials").click()
    page.locator("[data-tutorial]").first.wait_for()
    found = axe.Axe().run(page, context="#data")
    assert found.response["violations"] == []
