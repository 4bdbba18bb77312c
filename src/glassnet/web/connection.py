"""uvicorn's connection, which waits only so long for a request, and reads only so much of it."""

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as Protocol
else:
    from uvicorn.protocols.http.auto import AutoHTTPProtocol as Protocol

HEAD = 64 * 2**10  # bytes of a request line and its headers
SECONDS = 10.0


class Connection(Protocol):
    """A connection that is cut off if a request's headers do not arrive within `seconds`, or if a
    response is not read for as long; idle ones are closed by uvicorn itself.

    Bodies are bounded by `Limits`, which can answer with a sentence.
    """

    seconds: ClassVar[float] = SECONDS

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._unread = 0  # bytes since the last request that was understood
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._go_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.get_protocol() is not self:  # it has become a WebSocket
            self._go_on()
        elif self.cycle is None or self.cycle.response_complete:
            self._unread += len(data)
            self._wait()
            if self._unread > HEAD:
                self.transport.abort()
        else:
            self._unread = 0
            self._go_on()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._go_on()

    def _wait(self) -> None:
        if self._end is None:
            self._end = self.loop.call_later(self.seconds, self.transport.abort)

    def _go_on(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
