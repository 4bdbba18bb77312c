"""A lab, and a browser that looks at it."""

import contextlib

import pytest

from glassnet.lab.run.run import Run
from glassnet.lab.server.app import lab_app
from glassnet.lab.state.session import Session
from glassnet.web.server import Server
from glassnet.workflows.networks import network_of

WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture
def open_lab(browser):
    """Open a page on a lab of its own; errors of its scripts fail the test."""
    with contextlib.ExitStack() as opened:

        def open_(settings=None, size="desktop", scheme="light", strict=False, more=None, **lab):
            """`strict` keeps to the page's security policy, under which Playwright can wait for
            elements, but for no expression; `more` is for the browser's context."""
            app = lab_app(settings, **lab)
            server = opened.enter_context(Server(app))
            width, height = WIDTHS[size]
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                bypass_csp=not strict,
                **(more or {}),
            )
            opened.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(10_000)
            page.problems = []
            page.on("pageerror", lambda error: page.problems.append(str(error)))
            page.on(
                "console",
                lambda said: page.problems.append(said.text) if said.type == "error" else None,
            )
            page.goto(f"{server.address}/{app.state.token}/")
            page.locator("#place", has_text="step").wait_for()
            opened.callback(lambda: _clean(page))
            return page

        yield open_


def _clean(page):
    assert page.problems == []


@pytest.fixture
def learning_from(monkeypatch):
    """Let labs have these data, whatever their settings name."""

    def learn(data):
        def begun(self, settings, given=None):
            return Run(network_of(settings.network, settings.seed, data), data, settings.training)

        monkeypatch.setattr(Session, "begun", begun)

    return learn
