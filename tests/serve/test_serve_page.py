"""The page at `/`, in a real browser: wide and narrow, light and dark, by keyboard."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import glassnet as gn
from glassnet.serve.service import Service
from glassnet.web.limits import Limits
from glassnet.web.server import Server
from glassnet.workflows.predict import Extras
from tests.serve.shop import NAMES

SIZES = {"wide": (1280, 900), "narrow": (390, 844)}


def is_ours(said: Any) -> bool:
    """Whether a message of the console is an error of the page, not the status of a response."""
    return said.type == "error" and "status of 422" not in said.text


@pytest.fixture
def open_page(browser: Any, addresses: dict[str, str]) -> Iterator[Any]:
    """Open a service's page; requests to elsewhere and errors of its script fail the test."""
    opened, problems = [], []

    def open_(name: str, size: str = "wide", scheme: str = "light", **more: Any) -> Any:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, **more
        )
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if is_ours(said) else None)
        page.on("request", lambda each: None if each.url.startswith((addresses[name], "data:",
                "blob:")) else problems.append(each.url))  # fmt: skip
        page.goto(addresses[name])
        return page

    yield open_
    for context in opened:
        context.close()
    assert problems == []


def said(page: Any) -> str:
    text: str = page.locator("#result .said").text_content()
    return text


def test_an_interval_is_shown(open_page: Any, folder: Path, addresses: dict[str, str]) -> None:
    network = gn.load(folder / "value.safetensors")
    server = Server(Limits(Service(network, "value", Extras(interval=0.8)))).start()
    addresses["interval"] = server.address
    try:
        page = open_page("interval")
        page.get_by_role("button", name="Predict").click()
        page.locator("#result .interval").wait_for()
        shown = page.locator("#result .interval").text_content()
        low, high = map(float, shown.removeprefix("interval: ").split(" to "))
        assert low < float(said(page)) < high
    finally:
        del addresses["interval"]
        server.stop()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "photos"])
def test_the_form_can_be_sent_as_it_is(
    open_page: Any, addresses: dict[str, str], name: str
) -> None:
    page = open_page(name)
    page.get_by_role("button", name="Predict").click()
    page.locator("#result .said").first.wait_for()
    example = httpx.get(f"{addresses[name]}/model").json()["input"]["example"]
    [wanted] = httpx.post(f"{addresses[name]}/predict", json=[example]).json()["predictions"]
    shown = wanted["prediction"]
    if isinstance(shown, dict):
        assert said(page) == ", ".join(f"{key}: {value}" for key, value in shown.items())
    elif isinstance(shown, float):
        assert float(said(page)) == shown
    else:
        assert said(page) == str(shown)
    for key, p in wanted.get("probabilities", {}).items():
        line = page.locator("dt", has_text=key).first.locator("xpath=following-sibling::dd[2]")
        assert float(line.get_attribute("title")) == p


def test_a_row_by_keyboard(open_page: Any, addresses: dict[str, str]) -> None:
    page = open_page("classes")
    page.get_by_label("price").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("12.50")
    page.get_by_label("code").select_option("007")
    page.get_by_label("city, country").select_option(label="(missing)")
    page.get_by_label("price").focus()
    page.keyboard.press("Enter")
    page.locator("#result .said").wait_for()
    command = page.locator("#command").text_content()
    body = json.loads(command.partition("--data-binary '")[2].removesuffix("'"))
    assert '"price": 12.50, ' in command, "as it was typed"
    assert (body[0]["price"], body[0]["code"], body[0]["city, country"]) == (12.5, "007", None)
    [wanted] = httpx.post(f"{addresses['classes']}/predict", json=body).json()["predictions"]
    assert said(page) == wanted["prediction"]


def test_a_wrong_value_is_a_sentence(open_page: Any, addresses: dict[str, str]) -> None:
    page = open_page("value")
    page.get_by_label("price").fill("much")
    page.get_by_role("button", name="Predict").click()
    page.locator("#result .error").wait_for()
    assert page.locator("#result").text_content() == (
        "column 'price', data row 1: expected a number, got 'much'; correct it, or leave its row "
        "or column out"
    )


def test_a_picture_is_chosen_or_dropped(
    open_page: Any, addresses: dict[str, str], folder: Path
) -> None:
    path = folder / "photos" / "dog" / "2.png"
    page = open_page("photos")
    page.set_input_files("#file", path)
    page.locator("#result .said").wait_for()
    headers = {"content-type": "image/png"}
    wanted = httpx.post(f"{addresses['photos']}/predict", content=path.read_bytes(),
                        headers=headers).json()["predictions"][0]  # fmt: skip
    assert said(page) == wanted["prediction"]
    assert page.locator("#shown").is_visible()
    page.reload()
    page.evaluate(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "2.png", { type: "image/png" }));
            dispatchEvent(new DragEvent("drop", { dataTransfer: data }));
        }""",
        list(path.read_bytes()),
    )
    page.locator("#result .said").wait_for()
    assert said(page) == wanted["prediction"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["classes", "digits", "photos"])
def test_axe_finds_nothing_and_it_fits(
    open_page: Any, folder: Path, name: str, size: str, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(name, size, scheme, bypass_csp=True)
    if name == "photos":
        page.set_input_files("#file", folder / "photos" / "dog" / "2.png")
    else:
        page.get_by_role("button", name="Predict").click()
    page.locator("#result .said").wait_for()
    found = axe.run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_javascript_it_says_so(open_page: Any) -> None:
    page = open_page("classes", java_script_enabled=False)
    assert page.locator("noscript").text_content().startswith("This page needs JavaScript.")
