"""A recorded run in one file: without a server, without a network, with the engine's numbers."""

import json
import re

import numpy as np
import pytest

from glassnet.base.errors import InputError
from glassnet.lab.commands import answer
from glassnet.lab.out.bundle import bundle
from glassnet.lab.server.recording import page, recorded, steps
from glassnet.lab.shown.frame import frame
from glassnet.lab.shown.units import of_unit
from glassnet.lab.sources import Named
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.workflows.spec import Net, Training
from tests.lab.conftest import WIDTHS

FEW = Settings(
    data=Named(name="moons", options={"samples": 120}),
    network=Net(layers=["dense 3", "tanh"]),
    training=Training(optimizer={"kind": "sgd", "learning_rate": 0.3}, batch_size=30, epochs=20),
)


def six(value):
    """A number as the page writes it."""
    return np.format_float_positional(float(f"{value:.6g}"), trim="-")


def trained(settings=FEW, most=10**6):
    session = Session(settings)
    while session.run.t < most and session.run.step():
        pass
    return session


def opened(browser, file, size="desktop", scheme="light"):
    """The file in a browser without a network; what it asks for, and what goes wrong."""
    width, height = WIDTHS[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_offline(True)
    tab = context.new_page()
    tab.set_default_timeout(10_000)
    tab.asked, tab.problems = [], []
    tab.on("request", lambda request: tab.asked.append(request.url))
    tab.on("pageerror", lambda error: tab.problems.append(str(error)))
    tab.on("console", lambda c: tab.problems.append(c.text) if c.type == "error" else None)
    tab.goto(file.as_uri())
    tab.wait_for_function("document.querySelector('#place').textContent !== ''")
    return tab


def test_a_recording_is_the_run():
    session = trained(most=50)
    session.go(17)
    found = recorded(session)
    assert session.run.t == 17 and session.run.end == 50
    assert [each["t"] for each in found["frames"]] == list(range(51))
    again = Session(FEW)
    for each in found["frames"]:
        losses = again.run.step_losses()
        assert each["loss"] == (float(losses[-1]) if len(losses) else None)
        again.run.step()
    curves = found["frames"][0]["curves"]
    assert curves["columns"]["val_loss"] == session.run.columns["val_loss"]
    assert all(each["curves"]["ends"] == [] for each in found["frames"][1:])
    json.dumps(found, allow_nan=False)


def test_operations_and_units_are_those_of_the_lab():
    session = trained()
    found = recorded(session)
    assert list(found["operations"]) == ["1", "60", "30", *list(found["operations"])[3:]]
    assert len(found["operations"]) == 12
    for t in ("1", "30"):
        step = found["operations"][t]
        session.look_into(int(t))
        for n, each in enumerate(step["every"]):
            session.operation = n
            assert each["inside"] == answer(session, {"do": "inside"})
            live = frame(session)
            assert each["operation"] == live["operation"]
            shown = step["after" if n + 1 == len(step["every"]) else "before"]
            assert shown["weights"] == live["weights"] and shown["plane"] == live["plane"]
        session.view.unit = (1, 2)
        assert found["frames"][int(t)]["units"]["1,2"] == of_unit(session)
    assert found["frames"][0]["units"].keys() == {
        f"{column},{unit}" for column, units in ((0, 2), (1, 3), (2, 2)) for unit in range(units)
    }
    assert session.view.unit == (1, 2)


def test_a_look_at_the_lab_is_as_before():
    session = trained(most=9)
    session.view.unit, session.view.weight = (1, 0), ("0.W", (0, 1))
    session.go(4)
    recorded(session)
    assert session.view.unit == (1, 0) and session.view.weight == ("0.W", (0, 1))
    assert session.run.t == 4 and session.operation is None


def test_the_same_run_is_the_same_file():
    assert page(trained(most=9)) == page(trained(most=9))


def test_nothing_to_record():
    with pytest.raises(InputError, match="nothing to record: train for a step or more"):
        recorded(Session(FEW))


@pytest.mark.parametrize("end, per_epoch, most", [(5000, 50, 60), (5000, 1, 60), (99, 100, 9)])
def test_chosen_steps(end, per_epoch, most):
    ends = list(range(per_epoch, end + 1, per_epoch))
    chosen = steps(end, ends, most)
    assert chosen == sorted(set(chosen)) and len(chosen) <= most
    assert chosen[0] == 0 and chosen[-1] == end
    assert chosen[: most // 10] == list(range(most // 10))
    gaps = np.diff(chosen[-most // 2 :])
    assert gaps.max() <= 2.1 * max(gaps.min(), per_epoch)


def test_a_long_run_stays_small(monkeypatch):
    most = len(bundle("", {}).encode()) + 500_000
    monkeypatch.setattr("glassnet.lab.server.recording.BYTES", most)
    session, said = trained(), []
    text = page(session, said.append)
    frames = json.loads(re.search(r'id="recording">(.*?)</script>', text)[1])["frames"]
    assert said[0] == f"It has {len(frames)} of the run's 61 moments."
    assert re.fullmatch(r"The operations of \d steps? are in it\.", said[1])
    assert 10 < len(frames) < 61 and 0.7 * most < len(text.encode()) < most


def test_it_cannot_break_out_of_its_element():
    text = bundle("a <b> & c", {"settings": "</script><script>alert(1)</script>"})
    assert "</script><script>alert" not in text
    assert "<title>a &lt;b&gt; &amp; c</title>" in text
    kept = re.search(r'id="recording">(.*?)</script>', text)[1]
    assert json.loads(kept) == {"settings": "</script><script>alert(1)</script>"}
    assert not re.search(r'(src|href)="(?!data:|#)', text)
    assert not re.search(r"https?://(?!www\.w3\.org)", text)


@pytest.mark.parametrize("size, scheme", [("desktop", "light"), ("phone", "dark")])
def test_it_opens_from_a_file_without_a_network(browser, tmp_path, size, scheme):
    session = trained()
    file = tmp_path / "moons.html"
    file.write_text(page(session), encoding="utf-8")
    tab = opened(browser, file, size, scheme)
    scrubber = tab.locator("#scrubber")
    assert scrubber.get_attribute("max") == "60"
    rate = tab.locator("#network [name=learning_rate]")
    rate.wait_for()
    assert rate.input_value() == "0.3" and rate.is_disabled()
    tab.locator("#network [data-key='unit 1 2']").click()
    for t in (41, 7, 60):
        session.go(t - 1)
        session.run.step()
        scrubber.fill(str(t))
        tab.locator("#place", has_text=f"step {t} of 60").wait_for()
        loss = six(session.run.step_losses()[-1])
        tab.locator("#result", has_text=f"step {t}: loss {loss}").wait_for()
        shown = tab.locator("#network").text_content()
        theta = session.run.network.parameters
        for value in (*theta["0.W"][:, 2], theta["0.b"][2]):
            assert six(value) in shown
    assert tab.locator("#notice").is_hidden()
    assert tab.locator("#out, #compare, #course").count() == 0
    assert tab.locator("#data .recorded").text_content().startswith("Recorded: start the lab")
    controls = ":is(button, input, select, textarea):not([data-look]):enabled"
    assert tab.locator(f"#data {controls}, #network {controls}").count() == 0
    tab.get_by_role("button", name="Play").click()
    tab.wait_for_function("Number(document.querySelector('#scrubber').value) > 3")
    tab.get_by_role("button", name="Pause").click()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    assert [(v["id"], v["nodes"][0]["html"]) for v in axe.run(tab).response["violations"]] == []
    assert [url for url in tab.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert tab.problems == []
    tab.context.close()


@pytest.mark.parametrize("size", WIDTHS)
def test_a_recorded_step_is_gone_through_operation_by_operation(browser, tmp_path, size):
    session = trained()
    file = tmp_path / "moons.html"
    file.write_text(page(session), encoding="utf-8")
    tab = opened(browser, file, size)
    tab.locator("#scrubber").fill("29")
    tab.locator("#place", has_text="step 29 of 60").wait_for()
    session.look_into(30)
    for n in range(len(session.operations)):
        tab.locator("#operation").click()
        tab.locator("#state", has_text=f"step 30, operation {n + 1} of 9").wait_for()
        session.operation = n
        same = """html => { const made = document.createElement("div"); made.innerHTML = html;
            return document.querySelector(".inside-shown").innerHTML === made.innerHTML; }"""
        tab.wait_for_function(same, arg=answer(session, {"do": "inside"})["html"])
    assert tab.locator("#inside :is(select, input):enabled").count() == 0
    tab.locator("#operation").click()
    tab.locator("#state", has_text="step 37, operation 1 of 9").wait_for()
    tab.locator("#operation-back").click()
    tab.locator("#state", has_text="step 30, operation 9 of 9").wait_for()
    tab.locator(".inside-list button").nth(3).click()
    tab.locator("#state", has_text="step 30, operation 4 of 9").wait_for()
    tab.locator("#step").click()
    tab.locator("#place", has_text="step 31 of 60").wait_for()
    assert tab.problems == [] and tab.locator("#notice").is_hidden()
    tab.context.close()


def test_the_button_records_the_present_run(open_lab, browser, tmp_path):
    page = open_lab(FEW)
    page.locator("#take-record").click()
    page.locator("#notice", has_text="nothing to record: train for a step or more").wait_for()
    for _ in range(2):
        page.locator("#epoch").click()
    page.locator("#place", has_text="step 6 of 6").wait_for()
    with page.expect_download() as waiting:
        page.locator("#take-record").click()
    assert waiting.value.suggested_filename == "moons.html"
    file = tmp_path / "moons.html"
    waiting.value.save_as(file)
    tab = opened(browser, file)
    assert tab.title() == "moons, 2-3-2: a recorded run"
    assert tab.locator("#scrubber").get_attribute("max") == "6"
    page.locator("#step").click()
    page.locator("#place", has_text="step 7 of 7").wait_for()
    assert tab.problems == []
    tab.context.close()
