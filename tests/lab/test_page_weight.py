"""A weight under the glass, on the page."""

import pytest

from tests.lab.conftest import WIDTHS
from tests.lab.test_page_time import SETTINGS, at, press


@pytest.mark.parametrize("size, scheme", [("desktop", "light"), ("phone", "dark")])
def test_it_is_set_by_hand_and_the_loss_moves(open_lab, size, scheme):
    page = open_lab(SETTINGS, size=size, scheme=scheme)
    press(page, "One step")
    at(page, 1)
    page.locator("#weight-name").select_option("2.W")
    loss = page.locator("#weight-loss")
    loss.wait_for()
    before, value = loss.text_content(), page.locator("#weight-now").text_content()
    assert page.locator("#weight-undo").is_disabled()
    page.locator("#weight-value").fill("2.5")
    page.locator("#weight-value").press("Enter")
    page.locator("#weight-now", has_text="2.5").wait_for()
    page.locator("#weight-undo:enabled").wait_for()
    assert loss.text_content() != before
    moved = loss.text_content()
    page.locator("#weight-slider").fill("2")
    page.locator("#weight-now", has_text="2").wait_for()
    page.wait_for_function(
        "before => document.querySelector('#weight-loss').textContent !== before", arg=moved
    )
    press(page, "One step back")
    at(page, 0)
    page.locator("#weight-undo:disabled").wait_for()
    press(page, "One step")
    at(page, 1)
    page.locator("#weight-now", has_text="2").wait_for()
    page.locator("#weight-undo").click()
    page.locator("#weight-now", has_text=value).wait_for()
    page.locator("#weight-loss", has_text=before).wait_for()
    page.locator("#weight-over").select_option("training samples")
    page.locator("#weight .hint", has_text="60 samples, without noise").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[size][0]


def test_it_follows_while_it_plays_and_after_other_settings(open_lab):
    page = open_lab(SETTINGS)
    page.locator("#weight-name").select_option("0.b")
    page.locator(".weight-indices input").fill("3")
    page.locator(".weight-indices input").press("Enter")
    page.locator("#weight dt", has_text="0.b[3]").wait_for()
    press(page, "Play")
    at(page, 12, "all epochs are done")
    page.locator("#weight-now").wait_for()
    page.locator(".weight-said", has_text="now, step 12: ").wait_for()
    page.locator("#inside-last").click()
    at(page, 12, "the update")
    page.locator("#inside h2", has_text="update of b[3] in layer 0").wait_for()
