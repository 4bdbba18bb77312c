"""A page and its session: messages in, frames out, and never more frames than it can draw."""

import asyncio
import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from glassnet.lab.commands import answer
from glassnet.lab.facts import facts
from glassnet.lab.frame import frame
from glassnet.lab.session import Session

SLICE = 0.025  # seconds of training between two looks at what the page wants


class Connection:
    """Serves one page until it is closed.

    The page says `{"do": "ready"}` when it has drawn a frame; what happens before it does is in the
    next one. So frames are left out, and never wait in a row.
    """

    def __init__(self, socket: WebSocket, session: Session) -> None:
        self.socket, self.session = socket, session
        self.ready, self.moved = asyncio.Event(), asyncio.Event()

    async def serve(self) -> None:
        """Listen and show, until the page is gone."""
        await self.socket.send_json({"is": "settings", **self._locked(facts, self.session)})
        self.moved.set()
        showing = asyncio.create_task(self.show())
        try:
            await self.listen()
        except WebSocketDisconnect:
            pass
        finally:
            showing.cancel()
            self.session.playing = False
            self.session.seeds.cancel()

    async def listen(self) -> None:
        """Do what the page asks for."""
        while True:
            message = await self.socket.receive_json()
            if message.get("do") == "ready":
                self.ready.set()
                continue
            self.session.used = time.monotonic()
            found = await run_in_threadpool(self._locked, answer, self.session, message)
            await self.socket.send_json(found)
            self.moved.set()

    async def show(self) -> None:
        """Train while it plays, and send what the page is ready for."""
        while True:
            await self.moved.wait()
            if self.session.busy:
                await run_in_threadpool(self.session.advance, SLICE)
            else:
                await self.ready.wait()
                self.moved.clear()
            if self.ready.is_set():
                self.ready.clear()
                await self.socket.send_json(
                    await run_in_threadpool(self._locked, frame, self.session)
                )
            if self.session.speed and self.session.playing:
                await asyncio.sleep(1 / self.session.speed)

    def _locked(self, function: Any, *arguments: Any) -> Any:
        with self.session.lock:
            return function(*arguments)
