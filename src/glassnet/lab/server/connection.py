"""A page and its session: messages in, frames out, and never more frames than it can draw."""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from glassnet.base.errors import GlassnetError
from glassnet.base.threads import one_blas_thread
from glassnet.lab.commands import Reply, answer, failure
from glassnet.lab.server.messages import message_of, text_of
from glassnet.lab.shown.facts import facts
from glassnet.lab.shown.frame import frame
from glassnet.lab.state.session import Session
from glassnet.lab.state.sessions import MOST, Sessions

PERIOD = 0.02  # seconds between two frames, at least
SLICE = 0.03  # seconds of training at once, unless the page wants something
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
        self.wake = asyncio.Event()  # the page has said something
        self.ready = self.moved = False  # for a frame; something was asked for since the last one
        self.waiting = 0  # commands that have come and are not done
        self.next_frame = 0.0  # not before this time
        self.left, self.why = asyncio.Event(), ""
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
            self.moved = True
            self.wake.set()
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
                self.ready = True
                self.wake.set()
                continue
            self.session.used = time.monotonic()
            self.waiting += 1
            try:
                done = await self._alone(self._locked, answer, self.session, asked)
            finally:
                self.waiting -= 1
            await self.send(done)
            self.moved = True
            self.wake.set()

    async def show(self) -> None:
        """Train while it plays, and send what the page is ready for."""
        due, unseen = 0.0, True
        while True:
            busy = self.session.busy
            next_frame = self.next_frame if unseen and self.ready else math.inf
            await self._woken(min(due if busy else math.inf, next_frame))
            now = time.monotonic()
            is_due = busy and now >= due
            unseen |= is_due or self.moved
            self.moved = False
            if is_due:
                speed = self.session.speed
                due = now + (1 / speed if speed else 0)
            elif not (unseen and self.wants_frame()):
                continue
            moment = await self._slice(self._moment, is_due)
            if moment is not None:
                unseen = False
                await self.send(moment)

    async def _woken(self, at: float) -> None:
        """Wait until a time, or until the page says something."""
        with contextlib.suppress(TimeoutError):
            left = None if at == math.inf else at - time.monotonic()
            await asyncio.wait_for(self.wake.wait(), left)
        self.wake.clear()

    def wants_frame(self) -> bool:
        """Whether the page is ready for a frame, and the last one was not just now."""
        return self.ready and time.monotonic() >= self.next_frame

    def _moment(self, due: bool) -> Reply | None:
        """A slice of training, if it plays and one is due, and what is to be shown of it then."""
        try:
            if due and self.session.busy:
                with one_blas_thread():
                    self.session.advance(SLICE, lambda: self.waiting > 0 or self.wants_frame())
            if not self.ready or (self.session.busy and not self.wants_frame()):
                return None
            self.ready = False  # before the page can say that it is ready again
            moment: Reply = self._locked(frame, self.session)
            self.next_frame = time.monotonic() + PERIOD
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
        with self.session.lock, one_blas_thread():  # the page needs a processor, too
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
