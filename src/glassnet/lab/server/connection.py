"""A page and its session: messages in, frames out, and never more frames than it can draw."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from glassnet.base.errors import GlassnetError
from glassnet.lab.commands import Reply, answer, failure
from glassnet.lab.server.messages import message_of, text_of
from glassnet.lab.shown.facts import facts
from glassnet.lab.shown.frame import frame
from glassnet.lab.state.session import Session
from glassnet.lab.state.sessions import MOST, Sessions

PERIOD = 0.028  # seconds from frame to frame while it plays
SLICE = 0.008  # seconds of training between two frames, at least
A_SECOND, AT_ONCE = 200, 400  # messages that are read; more wait at the sender
LEFT = 4000  # the code of a connection whose session has gone: the page asks for no other

log = logging.getLogger(__name__)


class Shares:
    """The processors, shared: slices of training and frames of all pages take turns on so many
    threads; a command does not wait for those of other pages.
    """

    def __init__(self, processors: int) -> None:
        self.slices = CapacityLimiter(max(1, processors))
        self.commands = CapacityLimiter(2 * MOST)


class Connection:
    """Serves one page until it is closed.

    The page says `{"do": "ready"}` when it has drawn a frame; what happens before it does is in the
    next one. So frames are left out, and never wait in a row.
    """

    session: Session

    def __init__(self, socket: WebSocket, sessions: Sessions, shares: Shares) -> None:
        self.socket, self.sessions, self.shares = socket, sessions, shares
        self.ready, self.moved = asyncio.Event(), asyncio.Event()
        self.left, self.why = asyncio.Event(), ""
        self.cost = 0.0  # seconds of the last frame
        self.loop = asyncio.get_running_loop()
        self.pace = Pace(A_SECOND, AT_ONCE)

    async def serve(self, known: str = "") -> None:
        """Listen and show, until the page is gone; it knows its session by this name."""
        try:
            name, self.session, said = await self._alone(self.sessions.enter, self, known)
        except (GlassnetError, MemoryError) as error:
            self.leave(str(error) or "There is too little memory for one more lab.")
            await self.wait_to_leave()
            return
        tasks = [
            asyncio.create_task(each) for each in (self.talk(name, said), self.wait_to_leave())
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.sessions.leave(self, name)

    async def talk(self, name: str, said: str) -> None:
        """Greet the page, then do what it asks for, and show what happens."""
        showing = asyncio.create_task(self.show())
        showing.add_done_callback(_report)
        try:
            await self.send({"is": "session", "name": name, "sentence": said})
            await self.send({"is": "settings", **await self._alone(self._greeting)})
            self.moved.set()
            await self.listen()
        except (WebSocketDisconnect, ConnectionError):
            pass
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    def leave(self, sentence: str) -> None:
        """Look at the session no longer; the page is told why. Any thread may call it."""
        self.why = sentence
        self.loop.call_soon_threadsafe(self.left.set)

    async def wait_to_leave(self) -> None:
        """Until the session is taken away; then the page is told."""
        await self.left.wait()
        await self.send({"is": "ended", "sentence": self.why})
        await self.socket.close(LEFT)

    async def listen(self) -> None:
        """Do what the page asks for."""
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1000))
            await self.pace.turn()
            try:
                asked = message_of(message.get("text"))
            except GlassnetError as error:
                await self.send({"is": "error", "of": None, "id": None, "sentence": str(error)})
                continue
            if asked.get("do") == "ready":
                self.ready.set()
                continue
            self.session.used = time.monotonic()
            await self.send(await self._alone(self._locked, answer, self.session, asked))
            self.moved.set()

    async def show(self) -> None:
        """Train while it plays, and send what the page is ready for."""
        due, unseen = 0.0, True
        while True:
            if busy := self.session.busy:
                await self._moved(due - time.monotonic())
            elif not unseen:
                await self._moved(None)
            if not busy:
                await self.ready.wait()
            unseen = True
            if is_due := time.monotonic() >= due:
                speed = self.session.speed
                due = time.monotonic() + (1 / speed if speed else 0)
            moment = await self._slice(self._moment, self.ready.is_set(), is_due)
            if moment is not None:
                unseen = False
                if moment["is"] == "frame":
                    self.ready.clear()  # before the page can say that it is ready again
                await self.send(moment)

    async def _moved(self, seconds: float | None) -> None:
        """Wait until something was asked for, so many seconds at most."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.moved.wait(), seconds)
        self.moved.clear()

    def _moment(self, ready: bool, due: bool) -> Reply | None:
        """A slice of training, if it plays and one is due, and what is to be shown of it then."""
        try:
            if due and self.session.busy:
                self.session.advance(max(SLICE, PERIOD - self.cost))
            begin = time.monotonic()
            moment = self._locked(frame, self.session) if ready else None
            self.cost = time.monotonic() - begin
            return moment
        except Exception as error:
            self.session.playing = False
            return {"id": None, **failure("frame", error)}

    def _greeting(self) -> Reply:
        with self.session.lock:
            self.session.shown_afresh()
            return facts(self.session)

    async def _slice(self, function: Callable[..., Any], *given: Any) -> Any:
        return await to_thread.run_sync(function, *given, limiter=self.shares.slices)

    async def _alone(self, function: Callable[..., Any], *given: Any) -> Any:
        limiter = self.shares.commands
        return await to_thread.run_sync(function, *given, limiter=limiter, abandon_on_cancel=True)

    def _locked(self, function: Callable[..., Any], *arguments: Any) -> Any:
        with self.session.lock:
            return function(*arguments)

    async def send(self, value: Reply) -> None:
        """Send a message, while anybody listens."""
        if self.socket.application_state is WebSocketState.CONNECTED:
            await self.socket.send_text(text_of(value))


def _report(task: "asyncio.Task[None]") -> None:
    """Log a fault: without frames the page would only wait."""
    error = None if task.cancelled() else task.exception()
    if error and not isinstance(error, (WebSocketDisconnect, ConnectionError)):
        log.error("frames have ended", exc_info=error)


class Pace:
    """Lets so many through in a second, after so many at once; the rest waits for its turn."""

    def __init__(self, a_second: float, at_once: float) -> None:
        self.a_second, self.at_once = a_second, at_once
        self.left, self.seen = at_once, time.monotonic()

    async def turn(self) -> None:
        """Wait for the next turn."""
        now = time.monotonic()
        self.left = min(self.at_once, self.left + (now - self.seen) * self.a_second) - 1
        self.seen = now
        if self.left < 0:
            await asyncio.sleep(-self.left / self.a_second)
