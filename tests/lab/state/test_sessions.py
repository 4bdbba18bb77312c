"""Each page has a session of its own, which waits for it; many pages do not disturb each other."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from glassnet.lab.server.app import lab_app
from glassnet.lab.state.session import Session
from glassnet.lab.state.sessions import CROWDED, ELSEWHERE, GONE, MOST, Sessions
from glassnet.lab.state.settings import Settings
from glassnet.web.server import Server
from tests.lab.clients import client
from tests.lab.server.test_messages import SMALL


@pytest.fixture
def lab():
    app = lab_app(SMALL)
    with Server(app, finish=1, on_stop=app.state.sessions.halt) as server:
        yield server, app.state.token


class Page:
    """A page that only listens."""

    def __init__(self):
        self.said = []

    def leave(self, sentence):
        self.said.append(sentence)


def entered(sessions, count):
    pages = [Page() for _ in range(count)]
    return pages, [sessions.enter(page, "")[0] for page in pages]


def test_a_page_that_is_loaded_again_goes_on(lab):
    with client(*lab) as page:
        page.ask("step", count=5)
        page.ask("play")
    with client(*lab, session=page.name) as again:
        frame = again.frame()
        assert again.name == page.name and frame["t"] >= 5
        assert frame["curves"]["first"] == 0  # it knows nothing yet


def test_an_unknown_name_begins_afresh_and_is_told(lab):
    with client(*lab, session="long-gone") as page:
        assert page.name != "long-gone" and page.greeting["sentence"] == GONE
    with client(*lab) as page:
        assert page.greeting["sentence"] == ""


def test_of_two_tabs_the_later_has_it(lab):
    with client(*lab) as early:
        early.ask("step", count=4)
        with client(*lab, session=early.name) as late:
            assert late.frame()["t"] == 4
            assert early.until("ended")["sentence"] == ELSEWHERE
            with pytest.raises(Exception, match="4000"):
                early.read()
            assert late.ask("step")["is"] == "step"


def test_the_oldest_idle_one_is_closed_for_a_new_one():
    sessions = Sessions(lambda: Session(SMALL), most=3)
    pages, names = entered(sessions, 3)
    for name, used in zip(names, (30, 10, 20), strict=True):
        sessions.open[name].used = used
    sessions.leave(pages[2], names[2])
    entered(sessions, 1)  # the third has no page
    assert names[2] not in sessions.open and not any(page.said for page in pages)
    entered(sessions, 1)  # all have one: the second was not used for longest
    assert names[1] not in sessions.open and pages[1].said == [CROWDED]
    assert len(sessions.open) == 3 and pages[0].said == []
    name, _, said = sessions.enter(pages[1], names[1])
    assert name != names[1] and said == GONE


def test_what_idle_sessions_hold_is_bounded(monkeypatch):
    monkeypatch.setattr("glassnet.lab.state.sessions.MOST_BYTES", 3 * Session(SMALL).bytes)
    sessions = Sessions(lambda: Session(SMALL))
    for _ in range(10):
        [page], [name] = entered(sessions, 1)
        sessions.leave(page, name)
        assert sessions.bytes <= 3 * Session(SMALL).bytes


def test_a_closed_session_takes_no_step():
    sessions = Sessions(lambda: Session(SMALL))
    _, [name] = entered(sessions, 1)
    session = sessions.open[name]
    sessions.close()
    assert not session.run.step() and not sessions.open


def test_twenty_pages_do_not_disturb_each_other(lab):
    """Each plays its own network; none waits long, and each comes to what it would alone."""
    count = MOST - 1

    def play(seed):
        with client(*lab) as page:
            page.ask("settings", seed=seed, training={"epochs": 10**5, "batch_size": 10})
            page.ask("play")
            ready.wait()
            first, began = page.frame(), time.monotonic()
            while time.monotonic() < began + 3:
                last = page.frame()
            rate = (last["t"] - first["t"]) / (time.monotonic() - began)  # while all are playing
            page.ask("pause")
            return seed, page.frame(), rate

    ready = threading.Barrier(count + 1)
    with ThreadPoolExecutor(count) as pool, client(*lab) as other:
        played = [pool.submit(play, seed) for seed in range(count)]
        ready.wait()
        waits = []
        for _ in range(20):
            began = time.monotonic()
            other.ask("step")
            waits.append(time.monotonic() - began)
        found = [each.result() for each in played]
    assert np.median(waits) < 0.5
    rates = [rate for _, _, rate in found]
    assert min(rates) > max(rates) / 4  # fair shares
    for seed, frame, _ in found[::6]:
        alone = Session(Settings.model_validate(
            {**SMALL.model_dump(), "seed": seed, "training": {"epochs": 10**5, "batch_size": 10}}
        ))  # fmt: skip
        while alone.run.t < frame["t"]:
            alone.run.step()
        assert float(alone.run.step_losses()[-1]) == frame["loss"]


def test_a_server_that_stops_leaves_no_thread():
    app = lab_app(SMALL)
    before = set(threading.enumerate())
    server = Server(app, finish=1, on_stop=app.state.sessions.halt).start()
    with client(server, app.state.token) as page:
        page.ask("play")
        page.frame()
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 2
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()
