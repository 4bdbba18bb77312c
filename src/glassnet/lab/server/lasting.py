"""The last lab on the disk: a killed one goes on, to the bit, when it is started again."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import ProxyHandler, build_opener

import numpy as np
from pydantic import ValidationError

from glassnet.base.errors import GlassnetError, ModelFileError, refusing
from glassnet.base.optional import need
from glassnet.lab.server.guard import bracketed
from glassnet.lab.sources.shelf import Shelf
from glassnet.lab.state.session import Session
from glassnet.lab.state.sessions import Sessions
from glassnet.lab.state.settings import Settings, plain
from glassnet.training import checkpoint
from glassnet.workflows.problems import first_in_words

EVERY = 3.0  # seconds between two copies
REST = 20  # times as long as a copy took, at least
PATIENCE = 1.0  # seconds that a command may take before its session is not kept this time
FRAMES, FRAME_BYTES = 32, 2**23  # states to go back to that are kept
LARGEST = 2**22  # bytes of a file that was dropped and is kept, too
FORM = 1  # counts up when older code would misread it


class Last(NamedTuple):
    """A lab that was kept: where it was, and its session by the name that its page knows."""

    host: str
    port: int
    token: str
    name: str
    session: Session

    @property
    def address(self) -> str:
        """Of its page."""
        return f"http://{bracketed(self.host)}:{self.port}/{self.token}/"

    def __str__(self) -> str:
        run = self.session.run
        return f"the last lab ({run.data.name}, step {run.t:,} of {run.end:,})"

    def runs(self) -> bool:
        """Whether it is still there, at its address."""
        ask = build_opener(ProxyHandler({}))
        try:
            with ask.open(self.address, timeout=1) as response:
                return bool(response.status == 200)
        except (OSError, ValueError):
            return False


def kept_at() -> Path:
    """Where the last lab of this user is kept."""
    folder = need("platformdirs", "keeping the lab").user_data_path("glassnet")
    return Path(folder, "lab", "last.safetensors")


def last_lab(path: Path) -> Last | None:
    """The lab that was kept; None if there is none.

    Raises `ModelFileError` if it cannot be read or continued.
    """
    if not path.exists():
        return None
    kept = checkpoint.read(path)
    try:
        if kept.get("lab") != FORM:
            raise ModelFileError(f"{path} is of another version of glassnet")
        session = _session(kept)
        refusing(session.run.resume, kept["run"])
        return Last(kept["host"], kept["port"], kept["token"], kept["name"], session)
    except GlassnetError:
        raise
    except ValidationError as error:
        raise ModelFileError(f"{path} is damaged: {first_in_words(error)}") from None
    except Exception as error:
        raise ModelFileError(f"{path} is damaged ({error!r})") from None


def _session(kept: Mapping[str, Any]) -> Session:
    shelf = Shelf()
    for name, place in kept["shelf"].items():
        if Path(place).exists():
            shelf.put(Path(place), name)
    session = Session(Settings.model_validate(kept["settings"]), shelf, kept["dropped"])
    features = kept["features"]
    session.view.features = (features[0], features[1])
    return session


class Keeper:
    """Keeps the session that was used last in a file, every few seconds while something changes.

    - `path`: of the file; it is replaced as a whole.
    - `sessions`: of the lab.
    - `host`, `port`, `token`: where the lab is.
    """

    def __init__(self, path: Path, sessions: Sessions, host: str, port: int, token: str) -> None:
        self.path, self.sessions = path, sessions
        self.about = {"lab": FORM, "host": host, "port": port, "token": token}
        self.problem: str | None = None
        self.over = threading.Event()
        self.seen: dict[str, Any] = {}
        self.thread = threading.Thread(target=self._work, name="keeper", daemon=True)

    def start(self) -> None:
        """Keep from now on."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.parent.chmod(0o700)  # whoever can read the token can use the lab
        except OSError as error:
            self.problem = str(error)
        self.thread.start()

    def stop(self) -> None:
        """Keep what has changed since, and end."""
        self.over.set()
        if self.thread.is_alive():
            self.thread.join()
        self.keep()

    def _work(self) -> None:
        pause = EVERY
        while not self.over.wait(pause):
            begin = time.perf_counter()
            self.keep()
            pause = max(EVERY, REST * (time.perf_counter() - begin))

    def keep(self) -> None:
        """Write the session that was used last, if it has changed since it was written."""
        last = self.sessions.last()
        if last is None or self.seen.get(last[0], _untouched(last[1])) == _mark(last[1]):
            return
        name, session = last
        if not session.lock.acquire(timeout=PATIENCE):
            return
        try:
            mark, kept = _mark(session), _kept(session)
        finally:
            session.lock.release()
        try:
            checkpoint.write(self.path, {**self.about, "name": name, **kept})
            self.seen, self.problem = {name: mark}, None
        except (GlassnetError, OSError, MemoryError) as error:
            self.problem = str(error)


def _mark(session: Session) -> Any:
    """What differs if anything has changed."""
    run = session.run
    return id(run), run.t, run.end, session.branch, session.view.features


def _untouched(session: Session) -> Any:
    """The mark of a session in which nothing has happened."""
    return id(session.run), 0, 0, 0, (0, 1)


def _kept(session: Session) -> dict[str, Any]:
    shelf, settings = session.shelf, session.settings
    used = {getattr(settings.data, "name", None), settings.start}
    dropped = {
        name: np.fromfile(shelf.files[name], np.uint8)
        for name, size in shelf.dropped.items() if name in used and size <= LARGEST
    }  # fmt: skip
    return {
        "settings": plain(settings),
        "features": list(session.view.features),
        "shelf": {
            name: str(path) for name, path in shelf.files.items() if name not in shelf.dropped
        },
        "dropped": dropped,
        "run": session.run.kept(FRAMES, FRAME_BYTES),
    }
