"""The last lab on the disk: a killed one goes on, to the bit, when it is started again."""

import shutil
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import ProxyHandler, build_opener

from pydantic import ValidationError

from glassnet.base.errors import GlassnetError, ModelFileError
from glassnet.base.files import atomic_write
from glassnet.base.optional import need
from glassnet.lab.server.guard import bracketed
from glassnet.lab.server.kept import beside_of, kept_of, mark_of, session_of, untouched
from glassnet.lab.state.session import Session
from glassnet.lab.state.sessions import Sessions
from glassnet.training import checkpoint
from glassnet.workflows.problems import first_complaint

EVERY = 3.0  # seconds between two copies
REST = 20  # times as long as a copy took, at least
PATIENCE = 1.0  # seconds that a command may take before its session is not kept this time
FORM = 1  # counts up when older code would misread it


class Last(NamedTuple):
    """A lab that was kept: where it was, its session by the name that its page knows, and what of
    it is lost."""

    host: str
    port: int
    token: str
    name: str
    session: Session
    notes: tuple[str, ...] = ()

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
        session, lost = session_of(kept, beside(path))
        host, port, token, name = (kept[each] for each in ("host", "port", "token", "name"))
        return Last(host, port, token, name, session, tuple(lost))
    except GlassnetError:
        raise
    except ValidationError as error:
        raise ModelFileError(f"{path} is damaged: {first_complaint(error)}") from None
    except Exception as error:
        raise ModelFileError(f"{path} is damaged ({error!r})") from None


def beside(path: Path) -> Path:
    """The folder of the large files that belong to a lab kept there."""
    return path.parent / "dropped"


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
        if last is None or self.seen.get(last[0], untouched(last[1])) == mark_of(last[1]):
            return
        name, session = last
        if not session.lock.acquire(timeout=PATIENCE):
            return
        try:
            mark, kept, large = mark_of(session), kept_of(session), beside_of(session)
        except OSError as error:  # a file was just replaced by newer ones
            self.problem = str(error)
            return
        finally:
            session.lock.release()
        try:
            self._copy(large)
            checkpoint.write(self.path, {**self.about, "name": name, **kept})
            self._remove_but(set(large))
            self.seen, self.problem = {name: mark}, None
        except (GlassnetError, OSError, MemoryError) as error:
            self.problem = str(error)

    def _copy(self, large: dict[str, Path]) -> None:
        """Put large files beside, each once."""
        folder = beside(self.path)
        for name, path in large.items():
            if not (folder / name).exists():
                folder.mkdir(mode=0o700, exist_ok=True)
                with path.open("rb") as source, atomic_write(folder / name) as file:
                    shutil.copyfileobj(source, file)

    def _remove_but(self, names: set[str]) -> None:
        """Remove what no longer belongs to the lab that is kept."""
        folder = beside(self.path)
        for path in folder.iterdir() if folder.exists() else ():
            if path.name not in names:
                path.unlink()
