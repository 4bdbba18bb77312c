"""The tasks on the page: begun, solved with the page's controls, and checked by the engine."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from glassnet.inspection.gradcheck import gradcheck
from glassnet.lab.course.cards import CARDS
from glassnet.lab.course.faults import FAULTS, planted
from glassnet.lab.session import Session


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
    page.get_by_role("button", name="One epoch").click()
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
    start = CARDS["06-gradient-checks"].start
    fault = next(n for n in range(len(FAULTS)) if arrays(start, n) == wrong)
    layers = planted(Session(start).run.network, fault).layers
    layer = next(n for n, each in enumerate(layers) if not gradcheck(each, show=False))
    card.locator("select").select_option(str((layer + 1) % len(layers)))
    assert "is right: checked alone" in judged(card, "Not yet.")
    card.locator("select").select_option(str(layer))
    assert f"Yes: checked alone, layer {layer}" in judged(card, "Done.")
    found = Axe().run(page, "#course")
    assert not found.response["violations"], found.generate_report()


def arrays(start, fault):
    own = Session(start.model_copy(update={"fault": fault}))
    data = own.run.data
    report = gradcheck(own.run.network, data.x_train[:6], data.y_train[:6], show=False)
    return [each.name for each in report.checks if each.error >= report.tolerance]
