"""A lab that was killed goes on when it is started again, to the bit."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.base.errors import ModelFileError
from glassnet.lab.server import kept as keeping
from glassnet.lab.server.kept import FRAMES
from glassnet.lab.server.lasting import Keeper, beside, last_lab
from glassnet.lab.sources.scratch import remove_abandoned
from glassnet.lab.state.seeds import Study
from glassnet.lab.state.session import Session
from glassnet.lab.state.sessions import Sessions
from glassnet.lab.state.settings import Settings
from glassnet.training import checkpoint
from glassnet.workflows.spec import Training
from tests.lab.clients import client
from tests.lab.run.test_run import WAYS, begun


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=8, deadline=None)
@given(taken=st.integers(0, 24), back=st.integers(0, 24))
def test_a_run_is_kept_to_the_bit(tmp_path_factory, way, taken, back):
    run, path = begun(way), tmp_path_factory.mktemp("kept") / "run.safetensors"
    for _ in range(taken):
        run.step()
    run.go(taken - min(back, taken))
    checkpoint.write(path, run.kept(8, 2**20))
    again = begun(way)
    again.resume(checkpoint.read(path))
    assert (again.t, again.end, again.columns) == (run.t, run.end, run.columns)
    for t in (run.end, 0, run.end // 2):
        run.go(t)
        again.go(t)
        np.testing.assert_array_equal(again.network.parameters.vector,
                                      run.network.parameters.vector)  # fmt: skip
    while run.step():
        assert again.step()
    assert not again.step() and again.epoch_ends == run.epoch_ends
    for name in run.columns.keys() - {"seconds"}:
        assert again.columns[name] == run.columns[name]
    np.testing.assert_array_equal(again.network.parameters.vector, run.network.parameters.vector)


def test_what_was_changed_on_the_way_is_kept(tmp_path):
    run, path = begun(), tmp_path / "run.safetensors"
    for _ in range(9):
        run.step()
    run.change(Training(optimizer="sgd:learning_rate=0.5", batch_size=30, epochs=6))
    run.step()
    run.edit("0.W", (0, 1), 2.5)
    run.step()
    run.go(4)
    checkpoint.write(path, run.kept(8, 2**20))
    again = begun()
    again.resume(checkpoint.read(path))
    for t in (4, 11, 10, 2):
        for each in run, again:
            each.go(t)
        np.testing.assert_array_equal(again.network.parameters.vector,
                                      run.network.parameters.vector)  # fmt: skip
    assert again.training == run.training
    assert [each.training for each in again.segments] == [each.training for each in run.segments]


def test_a_divergence_is_kept(tmp_path):
    run, path = begun(optimizer="sgd:learning_rate=1e30"), tmp_path / "run.safetensors"
    while run.step():
        pass
    checkpoint.write(path, run.kept(8, 2**20))
    again = begun(optimizer="sgd:learning_rate=1e30")
    again.resume(checkpoint.read(path))
    assert again.diverged == run.diverged and not again.step()
    again.go(0)
    assert again.step()


def test_a_long_run_keeps_few_states():
    run = begun("warm-up", epochs=400, batch_size=8)
    while run.step():
        pass
    [segment] = run.kept(FRAMES, 2**23)["segments"]
    assert segment["at"][0] == 0 and len(segment["at"]) == FRAMES < len(
        run.segments[0].frames.states
    )


# ---- the file


def keeper(path, **changed):
    sessions = Sessions(lambda: Session(Settings(**changed)))
    page = SimpleNamespace(leave=lambda sentence: None)
    name, session, _ = sessions.enter(page, "")
    return Keeper(path, sessions, "127.0.0.1", 4321, "token"), name, session


def test_only_what_has_changed_is_written(tmp_path):
    path = tmp_path / "last.safetensors"
    each, name, session = keeper(path)
    each.keep()
    assert not path.exists() and last_lab(path) is None  # an untouched lab is worth nothing
    session.run.step()
    each.keep()
    found = last_lab(path)
    assert (found.host, found.port, found.token, found.name) == ("127.0.0.1", 4321, "token", name)
    np.testing.assert_array_equal(found.session.run.network.parameters.vector,
                                  session.run.network.parameters.vector)  # fmt: skip
    path.unlink()
    each.keep()
    assert not path.exists()
    session.view.features = (1, 0)
    each.keep()
    assert last_lab(path).session.view.features == (1, 0)


def test_a_file_that_was_dropped_is_kept(tmp_path):
    path = tmp_path / "last.safetensors"
    each, _, session = keeper(path)
    table = "a,b,label\n" + "".join(f"{n},{n % 7},{'xy'[n % 2]}\n" for n in range(60))
    name = session.shelf.drop("own.csv", table.encode())
    session.shelf.drop("other.csv", table.encode())  # of no use
    session.begin(Settings.model_validate(
        {"data": {"kind": "file", "name": name}, "network": {"layers": ["dense 3"]}}
    ))  # fmt: skip
    session.run.step()
    each.keep()
    session.close()  # and its folder is gone
    again = last_lab(path).session
    assert list(again.shelf.dropped) == ["own.csv"] and again.run.t == 1
    np.testing.assert_array_equal(again.run.data.x_train, session.run.data.x_train)
    again.close()


def test_a_large_file_lies_beside_and_goes_with_its_lab(tmp_path, monkeypatch):
    monkeypatch.setattr(keeping, "LARGEST", 100)
    path = tmp_path / "last.safetensors"
    each, _, session = keeper(path)
    table = "a,b,label\n" + "".join(f"{n},{n % 7},{'xy'[n % 2]}\n" for n in range(60))
    for name in ("own.csv", "next.csv"):
        session.shelf.drop(name, table.encode())
        session.begin(Settings.model_validate(
            {"data": {"kind": "file", "name": name}, "network": {"layers": ["dense 3"]}}
        ))  # fmt: skip
        session.run.step()
        each.keep()
        [kept] = beside(path).iterdir()
        assert kept.name.endswith(f"-{name}") and kept.read_text() == table
        assert not checkpoint.read(path)["dropped"]
    written = kept.stat().st_mtime_ns
    session.run.step()
    each.keep()
    assert kept.stat().st_mtime_ns == written  # a file is copied once
    session.close()
    again = last_lab(path).session
    assert list(again.shelf.dropped) == ["next.csv"] and again.run.t == 2
    again.close()


@pytest.mark.parametrize("change, value", [
    ("learning rate", 0.02), ("order", 5), ("first weights", 7), ("activation", "relu"),
])  # fmt: skip
def test_forks_are_kept_to_the_bit(tmp_path, change, value):
    path = tmp_path / "last.safetensors"
    each, _, session = keeper(path)
    for _ in range(40):
        session.run.step()
    fork = session.forks.add(session.run, session.settings, change, value)
    fork.name = "mine"
    for _ in range(45):
        fork.run.step()
    each.keep()
    again = last_lab(path).session
    found = again.forks.get("A")
    assert (found.name, found.change, found.since, found.epoch, found.settings) == (
        "mine", fork.change, fork.since, fork.epoch, fork.settings)  # fmt: skip
    assert found.run.network.seed == fork.run.network.seed
    assert found.run.columns == fork.run.columns
    for t in (fork.run.t, 3, fork.run.t):
        for run in found.run, fork.run:
            run.go(t)
        np.testing.assert_array_equal(found.run.network.parameters.vector,
                                      fork.run.network.parameters.vector)  # fmt: skip
    for run in found.run, fork.run:
        for _ in range(40):
            run.step()
    np.testing.assert_array_equal(found.run.network.parameters.vector,
                                  fork.run.network.parameters.vector)  # fmt: skip
    each.seen = {}
    fork.name = "renamed"
    each.keep()
    assert last_lab(path).session.forks.get("A").name == "renamed"


def test_what_many_seeds_came_to_is_kept_and_a_training_that_was_cut_off_is_named(tmp_path):
    path = tmp_path / "last.safetensors"
    each, _, session = keeper(path, training={"epochs": 2, "batch_size": 100})
    session.seeds.begin(Study({"": session.settings}, {"": "Main run"}, session.run.data, 10))
    each.keep()
    last = last_lab(path)
    if last.session.seeds.study is None:  # it had not ended
        assert "cut off" in last.notes[0]
    session.seeds.study.thread.join()
    each.keep()
    last = last_lab(path)
    assert last.notes == () and not last.session.seeds.study.running
    for name, value in session.seeds.study.found[""]._asdict().items():
        np.testing.assert_equal(getattr(last.session.seeds.study.found[""], name), value)


def test_a_page_is_told_what_is_lost(tmp_path):
    sessions = Sessions(lambda: Session(Settings()))
    sessions.keep("known", Session(Settings()), "Something is lost.")
    page = SimpleNamespace(leave=lambda sentence: None)
    assert [sessions.enter(page, "")[2] for _ in range(2)] == ["Something is lost.", ""]


@pytest.mark.parametrize("damage", [
    lambda kept: kept | {"lab": 99},
    lambda kept: kept | {"settings": {"data": {"name": "sun"}}},
    lambda kept: kept | {"settings": 3},
    lambda kept: {key: value for key, value in kept.items() if key != "run"},
    lambda kept: kept | {"run": kept["run"] | {"now": kept["run"]["now"] | {"theta": np.zeros(3)}}},
    lambda kept: kept | {"run": kept["run"] | {"segments": []}},
    lambda kept: kept | {"run": kept["run"] | {"t": "x"}},
    lambda kept: kept | {"shelf": 4},
])  # fmt: skip
def test_a_damaged_file_is_one_error(tmp_path, damage):
    path = tmp_path / "last.safetensors"
    each, _, session = keeper(path)
    session.run.step()
    each.keep()
    checkpoint.write(path, damage(checkpoint.read(path)))
    with pytest.raises(ModelFileError) as error:
        last_lab(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\0" * 100])
def test_a_file_of_something_else_is_one_error(tmp_path, content):
    path = tmp_path / "last.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileError):
        last_lab(path)


# ---- folders


HELD = """
import os, sys
from glassnet.lab.sources.shelf import Shelf
shelf = Shelf()
print(shelf.drop("own.csv", b"a") and shelf.path("own.csv"), flush=True)
sys.stdin.read()
"""


def test_the_folder_of_a_killed_lab_is_removed_by_the_next_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    start = partial(
        subprocess.Popen,
        [sys.executable, "-c", HELD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    with start() as killed, start() as alive:
        gone, held = (Path(each.stdout.readline().strip()) for each in (killed, alive))
        killed.kill()
        killed.wait()
        for other in ("glassnet-lab-of-others", "own"):
            (tmp_path / other).mkdir()
        (tmp_path / "glassnet-lab-link").symlink_to(held.parent.parent)
        remove_abandoned()
        assert not gone.parent.parent.exists() and held.read_bytes() == b"a"
        assert len([*tmp_path.iterdir()]) == 4
        alive.stdin.close()
    assert not held.parent.parent.exists()


# ---- a real lab


class Lab:
    """`glassnet lab` in a process of its own."""

    def __init__(self, home, *words):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "glassnet", "lab", "--no-browser", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"XDG_DATA_HOME": str(home)},
        )  # fmt: skip
        self.said = ""
        while "the lab is at" not in self.said:
            line = self.process.stdout.readline()
            assert line, self.process.communicate()
            self.said += line
        self.address = re.search(r"the lab is at (http://\S+/)", self.said)[1]
        port, self.token = re.search(r":(\d+)/([^/]+)/", self.address).groups()
        self.port = int(port)

    def end(self, how):
        self.process.send_signal(how)
        out, error = self.process.communicate(timeout=20)
        return self.process.returncode, out, error


@pytest.fixture
def start(tmp_path):
    """Begin a lab, whose home is the test's folder; none is left."""
    begun = []

    def start(*words):
        begun.append(Lab(tmp_path, *words))
        return begun[-1]

    yield start
    for lab in begun:
        if lab.process.poll() is None:
            lab.end(signal.SIGKILL)


def test_a_killed_lab_goes_on_to_the_bit(start, tmp_path):
    quick = {"training": {"epochs": 10**6, "batch_size": 30}, "seed": 3}
    lab = start()
    with client(lab, lab.token) as page:
        assert page.ask("settings", **quick)["is"] == "settings"
        page.ask("play")
        file = tmp_path / "glassnet" / "lab" / "last.safetensors"
        while not (file.exists() and checkpoint.read(file)["run"]["t"] > 50):
            page.frame()
        assert lab.end(signal.SIGKILL)[0] == -signal.SIGKILL
    again = start()
    try:
        assert "the last lab" in again.said and (again.port, again.token) == (lab.port, lab.token)
        with client(again, again.token, session=page.name) as back:
            assert back.name == page.name
            first = back.frame()
            assert first["t"] > 0 and back.facts["settings"]["seed"] == 3
            assert not first["playing"]
            back.ask("step", count=7)
            frame = back.frame()
    finally:
        again.end(signal.SIGTERM)
    undisturbed = Session(Settings.model_validate({**Settings().model_dump(), **quick}))
    for _ in range(first["t"] + 7):
        undisturbed.run.step()
    from glassnet.lab.shown.frame import frame as of

    assert json.dumps(of(undisturbed)["weights"]) == json.dumps(frame["weights"])
    assert frame["t"] == first["t"] + 7
    assert file.parent.stat().st_mode & 0o077 == 0  # the token is a secret


def test_a_new_page_gets_the_last_lab_and_new_begins_afresh(start, tmp_path):
    lab = start()
    with client(lab, lab.token) as page:
        page.ask("step", count=3)
    assert lab.end(signal.SIGTERM)[0] == 0
    again = start()
    with client(again, again.token) as page, client(again, again.token) as other:
        assert (page.frame()["t"], other.frame()["t"]) == (3, 0)
        second = start()
        assert "already running" in second.said and second.port != again.port
        second.end(signal.SIGTERM)
    again.end(signal.SIGTERM)
    fresh = start("--new")
    with client(fresh, fresh.token) as page:
        assert page.frame()["t"] == 0 and "the last lab" not in fresh.said
    fresh.end(signal.SIGTERM)


def test_a_damaged_file_is_one_sentence_and_a_fresh_lab(start, tmp_path):
    file = tmp_path / "glassnet" / "lab" / "last.safetensors"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"nonsense")
    lab = start()
    with client(lab, lab.token) as page:
        assert page.frame()["t"] == 0
    code, _, error = lab.end(signal.SIGINT)
    assert code == 0 and error.count("\n") == 1 and "begins afresh" in error


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_even_while_it_plays(start, tmp_path, how):
    folder = tmp_path / "tmp"
    folder.mkdir()
    os.environ["TMPDIR"], before = str(folder), os.environ.get("TMPDIR")
    try:
        lab = start()
    finally:
        os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)
    with client(lab, lab.token) as one, client(lab, lab.token) as other:
        for page in one, other:
            page.ask("settings", training={"epochs": 10**6})
            page.ask("play")
            page.frame()
        began = time.monotonic()
        code, _, error = lab.end(how)
        assert time.monotonic() - began < 2
    assert (code, error) == (0, "")
    assert not list(folder.iterdir())
    with pytest.raises(httpx.ConnectError):
        httpx.get(lab.address)


def test_a_taken_port_is_one_sentence(start, tmp_path):
    lab = start()
    words = ["lab", "--no-browser", "--new", "--port", str(lab.port)]
    done = subprocess.run(
        [sys.executable, "-m", "glassnet", *words], check=False, capture_output=True, text=True,
        timeout=60, env=os.environ | {"XDG_DATA_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert f"port {lab.port}: address already in use" in done.stderr
    lab.end(signal.SIGTERM)


def test_a_host_is_warned_of_and_served(start, tmp_path):
    lab = start("--host", "0.0.0.0")
    assert lab.address.startswith("http://127.0.0.1:")
    assert httpx.get(lab.address).status_code == 200
    code, _, error = lab.end(signal.SIGTERM)
    assert code == 0 and error.count("\n") == 1 and "can use this lab" in error
