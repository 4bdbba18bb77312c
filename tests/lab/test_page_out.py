"""What is taken along and opened again, in a real browser."""

import base64
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.lab.asked.links import link_text, linked
from glassnet.lab.asked.opening import opened
from glassnet.lab.commands import answer
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.workflows.spec import Net

OTHER = Settings(seed=9, network=Net(layers=["dense 6", "relu"]))


def saved(page, press):
    with page.expect_download() as waiting:
        press()
    found = waiting.value
    return found.suggested_filename, Path(found.path())


@pytest.mark.parametrize("size, scheme", [("desktop", "light"), ("phone", "dark")])
def test_files_and_pictures(open_lab, size, scheme, tmp_path):
    page = open_lab(OTHER, size=size, scheme=scheme)
    page.locator("#epoch").click()
    page.wait_for_function("document.querySelector('#place').textContent.includes('epoch 1 of')")
    name, file = saved(page, page.locator("#take-model").click)
    assert name == "moons.safetensors"
    network = gn.load(file.rename(tmp_path / name))
    assert network.trained["epochs"] == 1 and len(network.layers) == 3
    page.get_by_text("Saved moons.safetensors.").wait_for()
    name, file = saved(page, page.get_by_role("button", name="Python").click)
    assert name == "moons.py" and "gn.Sequential(" in file.read_text()
    page.wait_for_selector("#picture-name option[value=loss-by-epoch]", state="attached")
    page.locator("#picture-name").select_option("decision-regions")
    page.locator("#picture-kind").select_option("png")
    name, file = saved(page, page.locator("#take-picture").click)
    assert name == "decision-regions.png" and file.read_bytes().startswith(b"\x89PNG")
    small = page.evaluate("""[...document.querySelectorAll('#out button, #out select, #out input')]
        .filter((each) => each.offsetHeight < 36).map((each) => each.id)""")
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    assert axe.run(page, context="#out").response["violations"] == []


def test_files_are_saved_under_the_policy_of_the_page(open_lab):
    page = open_lab(OTHER, strict=True)
    page.locator("#epoch").click()
    page.locator("#place", has_text="epoch 1 of").wait_for()
    for button, name in (("recipe", "moons.toml"), ("record", "moons.html")):
        assert saved(page, page.locator(f"#take-{button}").click)[0] == name
    page.locator("#copy-link").click()
    page.get_by_text("link is selected").or_(page.get_by_text("Link copied")).wait_for()


def test_a_link_opens_in_a_new_page(open_lab):
    page = open_lab(OTHER)
    page.locator("#copy-link").click()
    page.wait_for_function("document.querySelector('#link').value !== ''")
    address = page.locator("#link").input_value()
    assert address == link_text(OTHER)
    assert page.url.split("/")[3] not in address and opened(address).settings == OTHER

    other = open_lab()
    assert other.locator("#layers").input_value() != "dense 6, relu"
    other.goto(f"{other.url}#{link_text(OTHER)}")
    other.wait_for_function("document.querySelector('#layers').value === 'dense 6, relu'")
    new = other.context.new_page()
    new.goto(other.url)
    new.wait_for_function("document.querySelector('#layers')?.value === 'dense 6, relu'")
    new.locator("#copy-link").click()
    new.wait_for_function("document.querySelector('#link').value !== ''")
    assert linked(new.locator("#link").input_value()) == OTHER


def test_links_in_the_field_right_and_wrong(open_lab):
    page = open_lab()
    given = page.get_by_label("Open a link")
    for wrong, sentence in [
        ("hello", "this is no link to a lab"),
        ("lab=2.abc", "the link has format 2"),
        (link_text(OTHER)[:-2], "the link is damaged"),
    ]:
        given.fill(wrong)
        page.locator("#open-link").click()
        page.locator("#notice", has_text=sentence).wait_for()
    given.fill(f"http://127.0.0.1:1/other/#{link_text(OTHER)}")
    given.press("Enter")
    page.wait_for_function("document.querySelector('#layers').value === 'dense 6, relu'")
    assert page.locator("#notice").is_hidden()


def test_a_recipe_is_opened_from_a_file(open_lab, tmp_path):
    page = open_lab(OTHER)
    name, file = saved(page, page.get_by_role("button", name="Recipe", exact=True).click)
    page.locator("#layers").fill("dense 2")
    page.locator("#layers").press("Enter")
    page.wait_for_function("document.querySelector('#layers').value === 'dense 2'")
    page.locator("#open-recipe").set_input_files(file.rename(tmp_path / name))
    page.wait_for_function("document.querySelector('#layers').value === 'dense 6, relu'")
    (tmp_path / "wrong.toml").write_text("title =")
    page.locator("#open-recipe").set_input_files(tmp_path / "wrong.toml")
    page.locator("#notice", has_text="the recipe: not TOML").wait_for()


def test_a_trained_network_begins_a_run(open_lab, tmp_path):
    first = Session(OTHER)
    first.run.step()
    file = tmp_path / "own.safetensors"
    file.write_bytes(base64.b64decode(answer(first, {"do": "download", "form": "model"})["data"]))
    opening = opened(str(file))
    page = open_lab(Settings(), shelf=opening.shelf)
    page.get_by_text("Begin with the weights of own.safetensors.").wait_for()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("This run began with own.safetensors.").wait_for()
    assert page.locator("#layers").input_value() == "dense 6, relu"
    page.locator("#dataset").select_option("iris")
    page.get_by_text("own.safetensors takes samples of 2 numbers and iris has").wait_for()
    assert page.get_by_role("button", name="Continue").is_disabled()


def test_saved_numbers_are_those_of_the_page(open_lab, tmp_path):
    page = open_lab(OTHER)
    for _ in range(3):
        page.locator("#step").click()
    page.wait_for_function("document.querySelector('#place').textContent.startsWith('step 3')")
    name, file = saved(page, page.locator("#take-model").click)
    session = Session(OTHER)
    for _ in range(3):
        session.run.step()
    network = gn.load(file.rename(tmp_path / name))
    np.testing.assert_array_equal(network.parameters.vector, session.run.network.parameters.vector)
