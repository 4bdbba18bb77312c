"""Moving through time on the page, by mouse and by keyboard, and what stands inside a step."""

import re

import pytest

from glassnet.lab.state.settings import Settings
from tests.lab.conftest import WIDTHS

SETTINGS = Settings(
    data={"name": "moons", "options": {"samples": 80}}, network={"layers": ["dense 4", "tanh"]},
    training={"epochs": 3, "batch_size": 16, "optimizer": "sgd"},
)  # fmt: skip


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def at(page, place, state=None):
    page.locator("#place", has_text=re.compile(f"^step {place} of ")).wait_for()
    if state is not None:
        page.locator("#state", has_text=state).wait_for()


@pytest.mark.parametrize("size", WIDTHS)
def test_each_unit_of_time_forward_and_back(open_lab, size):
    page = open_lab(SETTINGS, size=size)
    at(page, 0, "before the first step")
    press(page, "One epoch")
    at(page, 4, "after step 4")
    press(page, "One step")
    at(page, 5, "after step 5")
    press(page, "One operation")
    at(page, 6, "step 6, operation 1 of 9: the samples")
    press(page, "One operation")
    press(page, "One operation")
    at(page, 6, "step 6, operation 3 of 9: forward of layer 1")
    page.locator("#inside h2", has_text="forward 1 Tanh: 16 × 4 → 16 × 4").wait_for()
    current = page.locator("#inside [aria-current=step]")
    assert current.text_content() == "forward of layer 1, Tanh"
    page.locator("#inside ol button", has_text="the update").click()
    at(page, 6, "operation 9 of 9: the update")
    press(page, "One operation")
    at(page, 7, "step 7, operation 1 of 9")
    press(page, "One operation back")
    at(page, 6, "operation 9 of 9: the update")
    press(page, "One step back")
    at(page, 5, "after step 5")
    press(page, "One epoch back")
    at(page, 4)
    page.locator("#scrubber").fill("2")
    at(page, 2, "after step 2")
    assert page.locator("#place").text_content() == "step 2 of 7, epoch 0 of 3"
    press(page, "Start again")
    at(page, 0)
    assert page.locator("#back").is_disabled()
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[size][0]


def test_keys_but_not_while_typing(open_lab):
    page = open_lab(SETTINGS)
    page.keyboard.press("Shift+ArrowRight")
    at(page, 4)
    page.keyboard.press("ArrowRight")
    at(page, 5)
    page.keyboard.press(".")
    at(page, 6, "operation 1 of 9")
    page.keyboard.press(".")
    at(page, 6, "operation 2 of 9")
    page.keyboard.press(",")
    at(page, 6, "operation 1 of 9")
    page.keyboard.press("ArrowLeft")
    at(page, 5)
    page.keyboard.press("Shift+ArrowLeft")
    at(page, 4)
    page.locator("#data input, #network input").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.locator("#speed").focus()
    page.keyboard.press("ArrowRight")
    at(page, 4)
    page.locator("#keys summary").click()
    page.get_by_label("Keys are on").uncheck()
    page.locator("#speed").blur()
    page.keyboard.press("ArrowRight")
    page.get_by_label("Keys are on").check()
    page.locator("#keys-on").blur()
    page.keyboard.press("ArrowLeft")
    at(page, 3)
    page.keyboard.press(" ")
    page.locator("#state", has_text="all epochs are done").wait_for()
    at(page, 12)


@pytest.mark.parametrize("size", WIDTHS)
def test_a_training_that_is_done_continues(open_lab, size):
    page = open_lab(SETTINGS, size=size)
    assert page.locator("#more").is_hidden()
    top = "document.querySelector('main').getBoundingClientRect().top + scrollY"
    before = page.evaluate(top)
    press(page, "Play")
    at(page, 12, "all epochs are done")
    more = page.get_by_role("button", name="Train 3 more epochs")
    assert more.bounding_box()["height"] >= 36
    assert page.evaluate(top) == before  # nothing jumps
    more.click()
    page.locator("#place", has_text="step 24 of 24, epoch 6 of 6").wait_for()
    page.get_by_role("button", name="Train 3 more epochs").wait_for()


def test_it_plays_as_slowly_as_is_chosen(open_lab):
    page = open_lab(SETTINGS)
    page.locator("#speed").select_option("1 operation a second")
    press(page, "Play")
    at(page, 1, "operation 1 of 9: the samples")
    page.locator("#state", has_text="operation 2 of 9").wait_for()
    page.locator("#speed").select_option("10 steps a second")
    at(page, 12, "all epochs are done")


def test_a_sample_is_followed_and_the_whole_step_is_shown(open_lab):
    page = open_lab(SETTINGS)
    press(page, "Look inside the next step")
    page.locator("#inside h2", has_text="samples").first.wait_for()
    page.locator("#inside-sample").select_option("sample 3 of the batch")
    page.locator("#inside .gn", has_text="sample 3 of 16 samples").wait_for()
    page.get_by_label("The whole step").check()
    page.locator("#inside .gn .cell.backward").first.wait_for()
    assert page.locator("#inside .gn .cell").count() == 9
    ground = page.locator("#inside td.f").first.evaluate("e => getComputedStyle(e).outlineStyle")
    assert ground == "solid"  # the style of the explain pages holds here, too
