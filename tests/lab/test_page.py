"""The page in a real browser."""

import json
import re

import httpx
import pytest

from glassnet.lab.server.app import lab_app
from glassnet.web.server import Server


@pytest.mark.parametrize("size, scheme", [("desktop", "dark"), ("phone", "light")])
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
    page.wait_for_timeout(300)  # for frames that were on their way
    at = page.locator("#place").text_content()
    page.wait_for_timeout(200)
    assert page.locator("#place").text_content() == at


def test_nothing_is_asked_before_the_first_frame_and_nothing_twice_after_it(open_lab):
    page = open_lab()
    sent, received = [], []

    def listen(socket):
        socket.on("framesent", lambda text: sent.append((json.loads(text)["do"], [*received])))
        socket.on("framereceived", lambda text: received.append(json.loads(text)["is"]))

    page.on("websocket", listen)
    page.reload()
    page.locator("#course .course-title").first.wait_for()  # the tasks, which are asked for last
    assert next(before for do, before in sent if do != "ready").count("frame") == 1
    asked = [do for do, _ in sent if do != "ready"]
    assert len(asked) == len(set(asked)) > 5


def test_every_module_is_named_by_the_page_and_every_file_is_served():
    app = lab_app()
    with Server(app) as server:
        address = f"{server.address}/{app.state.token}/"
        text = httpx.get(address).text
        named = re.findall(r'rel="modulepreload" href="page/([^"]+)"', text)
        styles = re.findall(r'rel="stylesheet" href="page/([^"]+)"', text)
        for name in [*named, *styles]:
            found = httpx.get(f"{address}page/{name}")
            kind = "text/javascript" if name.endswith(".js") else "text/css"
            assert found.status_code == 200 and found.headers["content-type"].startswith(kind)
            for other in re.findall(r'from "(\.[^"]+)"', found.text):
                at = httpx.URL(f"http://lab/{name}").join(other).path.removeprefix("/")
                assert at in named
        tag = {"if-none-match": found.headers["etag"]}
        again = httpx.get(f"{address}page/{name}", headers=tag)
        assert again.status_code == 304 and not again.content
        for wrong in ("../app.py", "%2e%2e/app.py", "panels", "nothing.js", ""):
            assert httpx.get(f"{address}page/{wrong}").status_code == 404
