"""The page in a real browser."""

import pytest

from tests.lab.conftest import WIDTHS


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_step_forward_and_back(open_lab, size, scheme):
    page = open_lab(size=size, scheme=scheme)
    place = page.locator("#place")
    page.get_by_role("button", name="One step", exact=True).click()
    page.wait_for_function("document.querySelector('#place').textContent.startsWith('step 1 of 1')")
    page.get_by_role("button", name="One step back").click()
    page.wait_for_function("document.querySelector('#place').textContent.startsWith('step 0 of 1')")
    assert "epoch 0 of 200" in place.text_content()


def test_it_plays_until_it_is_paused(open_lab):
    page = open_lab()
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("Number(document.querySelector('#scrubber').max) > 200")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Play").wait_for()
    at = page.locator("#place").text_content()
    page.wait_for_timeout(200)
    assert page.locator("#place").text_content() == at
