"""The pictures of docs/lab.md and README, from a real lab in Chromium.

python docs/lab_pictures.py
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from glassnet.lab.server.app import lab_app
from glassnet.lab.state.settings import Settings
from glassnet.web.server import Server

DOCS = Path(__file__).parent
DESK = {"width": 1280, "height": 860}
MOONS = Settings.model_validate(
    {
        "data": {"name": "moons", "options": {"samples": 400, "noise": 0.15}},
        "network": {"layers": ["dense 6", "tanh", "dense 4", "tanh"]},
        "training": {"optimizer": "adam:learning_rate=0.02", "batch_size": 16, "epochs": 30},
    }
)
DIGITS = Settings.model_validate(
    {
        "data": {"name": "digits"},
        "network": {"layers": ["conv 6", "relu", "flatten"]},
        "training": {"optimizer": "adam:learning_rate=0.01", "batch_size": 32, "epochs": 6},
    }
)


def trained(page: Page) -> None:
    """To the end of the training, and what was computed on the way is shown."""
    page.get_by_role("button", name="Play", exact=True).click()
    page.locator("#place", has_text="epoch").wait_for()
    page.locator("#state", has_text="all epochs are done").wait_for(timeout=60_000)
    page.wait_for_timeout(500)  # of the last frame's canvases


def inside(page: Page) -> None:
    """In a step, at forward of a layer."""
    for _ in range(5):
        page.get_by_role("button", name="One epoch", exact=True).click()
    for number in range(1, 4):
        page.get_by_role("button", name="One operation", exact=True).click()
        page.locator("#state", has_text=f"operation {number} of").wait_for()


def main() -> None:
    """Draw all."""
    with sync_playwright() as p:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = p.chromium.launch(executable_path=path, args=["--no-sandbox"])
        with opened(browser, MOONS, DESK) as page:
            trained(page)
            keep(page, "lab.png")
        with opened(browser, MOONS, DESK) as page:
            inside(page)
            keep(page, "lab-step.png", "#inside")
        with opened(browser, DIGITS, DESK, "dark") as page:
            trained(page)
            keep(page, "lab-digits.png")
        browser.close()


@contextmanager
def opened(
    browser: Any, settings: Settings, size: dict[str, int], scheme: str = "light"
) -> Iterator[Page]:
    """A page on a lab of its own."""
    app = lab_app(settings)
    with Server(app, finish=1, on_stop=app.state.sessions.halt) as server:
        context = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
        page = context.new_page()
        page.goto(f"{server.address}/{app.state.token}/")
        page.locator("#place", has_text="step").wait_for()
        yield page
        context.close()


def keep(page: Page, name: str, part: str | None = None) -> None:
    """Store what the page shows, or a part of it, with few colours."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        (page.locator(part) if part else page).screenshot(path=path)
        picture = Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        picture.save(DOCS / name, optimize=True)
    sys.stdout.write(f"wrote {DOCS / name}\n")


if __name__ == "__main__":
    main()
