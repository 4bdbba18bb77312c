"""How fast is the lab: to its first frame, while it plays, and from a press to the paint.

Needs Playwright and Chromium, and MNIST for the large network (`GLASSNET_DATA`). Times are those of
the page: a key counts as painted in the second animation frame after the page has changed. With
`--minutes`, what server and page hold while moons play.
"""

import argparse
import gzip
import json
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

import numpy as np

from glassnet.lab.asked.links import link_text
from glassnet.lab.server.app import lab_app
from glassnet.lab.state.settings import Settings
from glassnet.web.server import Server

MOONS = Settings(
    data={"name": "moons", "options": {"samples": 400}}, network={"layers": ["dense 64", "tanh"]},
    training={"epochs": 100_000, "batch_size": 10, "optimizer": "sgd:learning_rate=0.01"},
)  # fmt: skip
MNIST = Settings(
    data={"name": "mnist"}, network={"layers": ["flatten", "dense 64", "relu"]},
    training={"epochs": 1000, "batch_size": 128, "optimizer": "sgd:learning_rate=0.01"},
)  # fmt: skip
LOOK = 5  # seconds between two looks at the memory
COUNTING = """
window.frames_ = 0;
const Socket = WebSocket;
window.WebSocket = class extends Socket {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', ({ data }) => {
      if (data.includes('"frame"')) requestAnimationFrame(() => { window.frames_ += 1; });
    });
  }
};
"""
PAINTED = """() => new Promise((done) => {
  const play = document.querySelector("#play"), before = play.textContent;
  const begin = performance.now();
  const seen = new MutationObserver(() => {
    if (play.textContent === before) return;
    seen.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begin)));
  });
  seen.observe(play, { childList: true, characterData: true, subtree: true });
  play.click();
})"""


@contextmanager
def started(*words: str) -> Iterator[tuple[int, str, str]]:
    """Run `glassnet lab` in another process; yields its process id, host and the page's path."""
    command = [sys.executable, "-m", "glassnet", "lab", "--no-browser", "--new", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http(://[^/]+)(/\S+)", process.stdout.readline())
        assert found is not None
        yield process.pid, found[1], found[2]
        process.terminate()


def first_frame() -> float:
    """Seconds from starting `glassnet lab --no-browser` to its first frame, by a WebSocket."""
    from websockets.sync.client import connect

    begin = time.perf_counter()
    with (
        started() as (_, host, path),
        connect(f"ws{host}{path}socket", origin=f"http{host}", max_size=None) as socket,
    ):
        socket.send(json.dumps({"do": "ready"}))
        while json.loads(socket.recv())["is"] != "frame":
            pass
        return time.perf_counter() - begin


@contextmanager
def opened(settings: Settings) -> Any:
    """A page on a lab with these settings."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p, Server(app := lab_app(settings)) as server:
        browser = p.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
        page.add_init_script(COUNTING)
        page.goto(f"{server.address}/{app.state.token}/")
        page.locator("#place", has_text="step").wait_for(timeout=60_000)
        yield page
        browser.close()


def held(minutes: float) -> list[tuple[float, float, float]]:
    """Minutes, MB of the server and MB of the page's objects, while moons play for so long."""
    import psutil
    from playwright.sync_api import sync_playwright

    found = []
    with started(link_text(MOONS)) as (pid, host, path), sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"http{host}{path}")
        page.locator("#play").click()
        tools, server = page.context.new_cdp_session(page), psutil.Process(pid)
        tools.send("Performance.enable")
        begin = time.perf_counter()
        while (taken := (time.perf_counter() - begin) / 60) < minutes:
            page.wait_for_timeout(1000 * LOOK)
            tools.send("HeapProfiler.collectGarbage")
            metrics = {each["name"]: each["value"]
                       for each in tools.send("Performance.getMetrics")["metrics"]}  # fmt: skip
            found.append((taken, server.memory_info().rss / 1e6, metrics["JSHeapUsedSize"] / 1e6))
        browser.close()
    return found


def report_held(minutes: float) -> None:
    """Print what server and page hold, and by how much it grows in the second half."""
    found = np.array(held(minutes))
    late = found[len(found) // 2 :]
    for name, column in (("server", 1), ("page", 2)):
        slope = np.polyfit(late[:, 0], late[:, column], 1)[0]
        begin, end = (f"{late[n, column]:.1f} MB after {late[n, 0]:.1f}" for n in (0, -1))
        print(f"memory of the {name:<15}{begin} minutes, {end}: {slope:+.2f} MB a minute")


def chromium() -> str | None:
    """Where Debian's Chromium is."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def playing(page: Any, seconds: float) -> tuple[float, float]:
    """Epochs and painted frames a second, while it plays."""
    page.locator("#play").click()
    page.locator("#play", has_text="Pause").wait_for()
    begin, frames, epochs = time.perf_counter(), page.evaluate("window.frames_"), epoch(page)
    page.wait_for_timeout(1000 * seconds)
    taken = time.perf_counter() - begin
    result = (epoch(page) - epochs) / taken, (page.evaluate("window.frames_") - frames) / taken
    page.locator("#play").click()
    page.locator("#play", has_text="Play").wait_for()
    return result


def epoch(page: Any) -> int:
    """The epochs that the page shows."""
    return int(page.locator("#place").text_content().rpartition("epoch ")[2].split()[0])


def painted(page: Any, times: int) -> list[float]:
    """Milliseconds from each press of Play or Pause to the paint of what it does."""
    found = []
    for n in range(times):
        found.append(page.evaluate(PAINTED))
        page.wait_for_timeout(137 + 61 * (n % 7))
    return found


def compressed() -> int:
    """Bytes of all files of the page, each compressed."""
    files = (resources.files("glassnet.lab") / "page").rglob("*")
    return sum(len(gzip.compress(each.read_bytes())) for each in files if each.is_file())


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="that each network plays")
    parser.add_argument("--minutes", type=float, help="measure memory alone, for so long")
    given = parser.parse_args()
    if given.minutes is not None:
        report_held(given.minutes)
        return
    seconds = given.seconds
    starts = sorted(first_frame() for _ in range(3))
    print(f"first frame after start      {starts[1]:.2f} s (median of 3)")
    with opened(MOONS) as page:
        epochs, frames = playing(page, seconds)
        print(f"moons 2-64-2                 {epochs:.0f} epochs/s, {frames:.0f} frames/s")
    with opened(MNIST) as page:
        epochs, frames = playing(page, seconds)
        print(f"mnist 784-64-10, 128 a step  {epochs:.1f} epochs/s, {frames:.0f} frames/s")
        times = painted(page, 40)
        middle, worst = statistics.median(times), max(times)
        print(f"from a press to the paint    {middle:.0f} ms, at most {worst:.0f} ms (40 presses)")
    print(f"page, compressed             {compressed() / 1000:.0f} kB")


if __name__ == "__main__":
    main()
