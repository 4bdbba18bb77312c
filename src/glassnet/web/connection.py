"""uvicorn's connection, which waits only so long for a request and bounds its head."""

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from glassnet.web.sentences import CLOSE, send_error

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as Protocol
else:
    from uvicorn.protocols.http.auto import AutoHTTPProtocol as Protocol

HEAD = 64 * 2**10  # bytes of a request line and its headers
SECONDS = 10.0


class Connection(Protocol):
    """A connection on which a request has to arrive whole within `seconds`, and a response has to
    be read in the same time.

    A slow body is answered 408; else the connection is cut off. Idle connections are closed by
    uvicorn itself.
    """

    seconds: ClassVar[float] = SECONDS

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._unread = 0  # bytes since the last request that was understood
        self._end: asyncio.TimerHandle | None = None
        self._last: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._go_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        cycle = self.cycle
        if self.transport.get_protocol() is not self:  # it has become a WebSocket
            self._go_on()
        elif cycle is None or cycle.response_complete:  # the head is under way
            self._wait()
            self._unread += len(data)
            if self._unread > HEAD:
                self.transport.abort()
        else:
            self._unread = 0
            if cycle.more_body:
                self._wait()
            else:
                self._go_on()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._go_on()

    def _wait(self) -> None:
        if self._end is None:
            self._end = self.loop.call_later(self.seconds, self._give_up)

    def _go_on(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_started:
            self.transport.abort()
            return
        said = f"the body did not arrive within {self.seconds:g} seconds: send it again, faster"
        send: Any = self.cycle.send
        self._last = self.loop.create_task(send_error(send, 408, said, [CLOSE]))
