"""The sessions of a lab: one for each page, and only so many."""

import secrets
import threading
from collections.abc import Callable
from typing import Protocol

from glassnet.lab.state.session import Session

MOST = 20  # sessions at once; and of pages that are open
MOST_BYTES = 2**31  # of all together, as far as the rest is idle

CROWDED = (
    f"This lab was closed, as more than {MOST} were open and nobody had used it for longest. "
    "Reload the page to begin afresh."
)
ELSEWHERE = "This lab was opened in another tab. Reload the page to bring it back here."
GONE = "Your lab was closed meanwhile: this one begins afresh."


class Page(Protocol):
    """What looks at a session."""

    def leave(self, sentence: str) -> None:
        """Look at it no longer; the sentence says why."""


class Sessions:
    """Sessions by names that their pages keep, so that a page that is loaded again goes on.

    - `begin`: makes a session.
    - `most=20`: sessions at once. The one that was not used for longest is closed for a new one,
      those without a page first.

    Of two pages with one name the later has the session, and the earlier is told.
    """

    def __init__(self, begin: Callable[[], Session], most: int = MOST) -> None:
        self.begin, self.most = begin, most
        self.lock = threading.Lock()
        self.open: dict[str, Session] = {}
        self.pages: dict[str, Page] = {}
        self.kept: str | None = None  # of an earlier lab, for the first page that has no name
        self.said = ""  # to the first page that has it
        self.ended = False

    def keep(self, name: str, session: Session, said: str = "") -> None:
        """A session of an earlier lab: for the page that knows its name, or the first new one,
        which is told what is said."""
        self.open[name], self.kept, self.said = session, name, said

    def enter(self, page: Page, name: str) -> tuple[str, Session, str]:
        """The session for a page that knows this name or "": its name, it, and what the page has
        to be told."""
        if not name and self.kept:
            name = self.kept
        with self.lock:
            if name in self.open:
                said = self.said if name == self.kept else ""
                return name, self._shown(name, page), said
        session, said = self.begin(), GONE if name else ""
        name = secrets.token_urlsafe(12)
        with self.lock:
            self._make_room(session.bytes)
            self.open[name] = session
            return name, self._shown(name, page), said

    def _shown(self, name: str, page: Page) -> Session:
        """The session, by this page and no other."""
        if before := self.pages.pop(name, None):
            before.leave(ELSEWHERE)
        self.pages[name] = page
        if self.kept == name:
            self.kept = None
        if self.ended:
            self.open[name].halt()
        return self.open[name]

    def leave(self, page: Page, name: str) -> None:
        """The page is gone; its session waits for it without playing."""
        with self.lock:
            if self.pages.get(name) is page:
                del self.pages[name]
                self.open[name].playing = False

    def _make_room(self, size: int) -> None:
        while self.open and (len(self.open) >= self.most or self.bytes + size > MOST_BYTES):
            oldest = min(self.open, key=lambda name: (name in self.pages, self.open[name].used))
            if len(self.open) < self.most and oldest in self.pages:
                return
            self._close(oldest, CROWDED)

    @property
    def bytes(self) -> int:
        """What all sessions hold together, about."""
        return sum(each.bytes for each in self.open.values())

    def last(self) -> tuple[str, Session] | None:
        """The session that was used last, and its name."""
        with self.lock:
            return max(self.open.items(), key=lambda each: each[1].used, default=None)

    def _close(self, name: str, sentence: str) -> None:
        session, page = self.open.pop(name), self.pages.pop(name, None)
        if page is not None:
            page.leave(sentence)
        session.close()

    def halt(self) -> None:
        """Let everything that computes end after its step: the lab is about to."""
        self.ended = True
        for session in list(self.open.values()):
            session.halt()

    def close(self) -> None:
        """End all sessions, and remove what they have put on the disk."""
        self.halt()
        for name in list(self.open):
            self.open.pop(name).close()
