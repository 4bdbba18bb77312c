"""The tasks on the page: begun, solved with the page's controls, and checked by the engine."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from glassnet.inspection.gradcheck import gradcheck
from glassnet.lab.course.cards import CARDS
from glassnet.lab.faults import FAULTS
from glassnet.lab.state.session import Session


def opened(page, name):
    card = page.locator(f"#task-{name}")
    card.locator("summary").click()
    return card


def begun(page, name):
    card = opened(page, name)
    card.get_by_role("button", name="Begin").click()
    card.get_by_text("The lab is set to this task.").wait_for()
    return card


def judged(card, words):
    card.get_by_role("button", name="Check:").click()
    verdict = card.locator(".course-verdict")
    verdict.filter(has_text=words).wait_for()
    return verdict.text_content()


@pytest.mark.parametrize("size, scheme", [("desktop", "light"), ("phone", "dark")])
def test_a_task_is_begun_solved_checked_and_remembered(open_lab, size, scheme):
    page = open_lab(size=size, scheme=scheme)
    page.wait_for_selector(".course-card")
    assert page.locator(".course-card").count() == len(CARDS) == 16
    assert page.locator(".course-count").text_content() == "0 of 16 done"
    card = begun(page, "15-floats")
    assert judged(card, "Not yet.") == "Not yet. All numbers are finite at step 0."
    page.locator("#compare #fork-value").fill("1e30")
    page.locator("#fork").click()
    page.get_by_role("button", name="Make it the main run: fork A").click()
    page.get_by_label("Name of fork A").filter(visible=True).wait_for()
    page.get_by_role("button", name="One epoch", exact=True).click()
    said = judged(card, "Done.")
    assert "diverged in step" in said and "first not finite" in said
    assert page.locator(".course-count").text_content() == "1 of 16 done"
    assert "done" in card.locator("summary").text_content()
    inside = page.evaluate(
        "(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)"
        "(document.querySelector('#course'))"
    )
    assert inside
    page.reload()
    page.wait_for_selector(".course-card")
    assert page.locator(".course-count").text_content() == "1 of 16 done"
    found = Axe().run(page, "#course")
    assert not found.response["violations"], found.generate_report()


@pytest.mark.parametrize("size, scheme", [("desktop", "dark"), ("phone", "light")])
def test_a_wrong_backward_is_found_by_gradient_checks(open_lab, size, scheme):
    page = open_lab(size=size, scheme=scheme)
    page.wait_for_selector(".course-card")
    card = begun(page, "06-gradient-checks")
    card.get_by_role("button", name="Compare every gradient").click()
    card.locator(".course-checks").wait_for()
    wrong = card.locator("tr", has_text="✗ wrong").locator("th").all_text_contents()
    faults = [n for n in range(len(FAULTS)) if arrays(n) == wrong]
    layers = {layer_of(n) for n in faults}  # a dx may be wrong in either of two layers
    right = set()
    for layer in range(7):
        card.locator("select").select_option(str(layer))
        said = judged(card, re.compile(rf"layer {layer}\b", re.IGNORECASE))
        assert said.startswith(("Done. Yes", "Not yet. Layer"))
        right |= {layer} if said.startswith("Done.") else set()
    assert len(right) == 1 and right <= layers
    found = Axe().run(page, "#course")
    assert not found.response["violations"], found.generate_report()


def planted(fault):
    start = CARDS["06-gradient-checks"].start
    return Session(start.model_copy(update={"fault": fault})).run


def arrays(fault):
    run = planted(fault)
    report = gradcheck(run.network, run.data.x_train[:6], run.data.y_train[:6], show=False)
    return [each.name for each in report.checks if each.error >= report.tolerance]


def layer_of(fault):
    layers = planted(fault).network.layers
    return next(n for n, each in enumerate(layers) if not gradcheck(each, show=False))
