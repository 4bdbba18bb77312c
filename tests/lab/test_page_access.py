"""The whole page: for everybody, by keyboard, without motion, and under its own security policy."""

import pytest

from glassnet.lab.server.app import lab_app
from glassnet.web.server import Server
from tests.lab.conftest import WIDTHS
from tests.lab.test_page_time import SETTINGS, at, press

LINKED = "a[href], button, input, select, textarea, summary, [tabindex]"
# By which an element is known again when it was made anew or filled; choices are filled late.
NAME = '(e) => e.id || (e.matches("select") ? e.cloneNode() : e).outerHTML.slice(0, 120)'
# Every control that can be seen and used; of radio buttons the one that Tab leads to.
CONTROLS = f"""() => [...document.querySelectorAll("{LINKED}")]
  .filter((e) => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({{visibilityProperty: true}}))
  .filter((e) => e.type !== "radio" || e.checked).map({NAME})"""
FOCUSED = f"""() => {{
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  return [({NAME})(e), getComputedStyle(e).outlineStyle !== "none"];
}}"""


def violations(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    return [(each["id"], [node["html"][:150] for node in each["nodes"]][:3]) for each in found]


def into_the_step(page):
    press(page, "One epoch")
    for number in range(1, 4):
        press(page, "One operation")
        at(page, 5, f"operation {number} of")


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_lab, size, scheme):
    page = open_lab(SETTINGS, size=size, scheme=scheme)
    assert violations(page) == []
    into_the_step(page)
    assert violations(page) == []
    page.locator("#layers").fill("dense 0")
    page.locator("#layers").press("Enter")
    page.locator("#notice:not([hidden]), [role=alert]:not([hidden]):not(:empty)").first.wait_for()
    assert violations(page) == []


@pytest.mark.parametrize("size", WIDTHS)
def test_every_control_is_reached_by_tab_and_shows_it(open_lab, size):
    page = open_lab(SETTINGS, size=size)
    wanted, seen = set(page.evaluate(CONTROLS)), set()
    assert len(wanted) > 30
    for _ in range(2 * len(page.evaluate(CONTROLS))):
        page.keyboard.press("Tab")
        if (focused := page.evaluate(FOCUSED)) is None:
            continue
        assert focused[1], f"its focus cannot be seen: {focused[0]}"
        seen.add(focused[0])
        if wanted <= seen:
            break
    assert wanted - seen == set()


def test_the_keyboard_alone_trains_looks_inside_and_goes_back(open_lab):
    page = open_lab(SETTINGS)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the network"
    for name, place in (("One step", 1), ("One operation", 2), ("One step back", 1)):
        page.get_by_role("button", name=name, exact=True).focus()
        page.keyboard.press("Enter")
        at(page, place)
    page.locator("#scrubber").focus()
    page.keyboard.press("Home")
    at(page, 0)


def test_the_page_keeps_to_its_security_policy(open_lab):
    """What the policy refuses is an error of the console, which fails the test."""
    page = open_lab(strict=True)
    for number in range(1, 5):
        press(page, "One operation")
        at(page, 1, f"operation {number} of")
    page.locator("#inside td").first.wait_for()
    press(page, "Play")
    press(page, "Pause")
    for tab in page.get_by_role("tab").all():
        if tab.is_visible():
            tab.click()
    for details in page.locator("summary").all():
        if details.is_visible():
            details.click()


def test_without_javascript_the_page_says_so(open_lab, browser):
    address = open_lab().url
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator("noscript").is_visible()
    assert "needs JavaScript" in page.locator("noscript p").text_content()
    assert not page.locator("main section").first.is_visible()  # it would be empty
    context.close()


def test_reduced_motion_is_kept_to(open_lab):
    page = open_lab(SETTINGS, more={"reduced_motion": "reduce"})
    press(page, "One operation")
    at(page, 1, "operation 1 of")
    press(page, "Play")
    assert page.evaluate("document.getAnimations().length") == 0
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter((e) => parseFloat("
        "getComputedStyle(e).transitionDuration) > 0).length"
    )
    assert moving == 0


def test_a_page_whose_server_has_gone_says_so_and_reconnects(browser):
    app = lab_app(SETTINGS)
    server = Server(app, finish=1, on_stop=app.state.sessions.halt).start()
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{server.address}/{app.state.token}/")
    press(page, "One step")
    at(page, 1)
    server.stop()
    notice = page.locator("#notice")
    notice.get_by_text("does not answer").wait_for()
    again = lab_app(SETTINGS, token=app.state.token)
    with Server(again, port=server.port, finish=1, on_stop=again.state.sessions.halt):
        notice.get_by_text("this one begins afresh").wait_for()
        at(page, 0)
        press(page, "One step")
        at(page, 1)
        context.close()


def test_a_reloaded_page_goes_on_and_a_second_tab_takes_over(open_lab):
    page = open_lab(SETTINGS)
    press(page, "One epoch")
    at(page, 4)
    page.reload()
    at(page, 4)
    name = page.evaluate("sessionStorage.getItem('session')")
    other = page.context.new_page()
    other.add_init_script(f"sessionStorage.setItem('session', '{name}')")
    other.goto(page.url)
    at(other, 4)
    page.locator("#notice").get_by_text("another tab").wait_for()
