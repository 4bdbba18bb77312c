"""What a client may send, and how long it may take: bounds that an app need not think of."""

import asyncio

from glassnet.web.sentences import CLOSE, App, Message, Receive, Send, send_error

BODY = 8 * 2**20  # bytes
SECONDS = 10.0


class _RefusedError(Exception):
    """A body that is not read to its end."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Limits:
    """An ASGI app whose requests have bodies of a bounded size, which arrive in bounded time.

    - `app`: the app inside.
    - `body=8388608`: the most bytes of a request's body; a larger one is answered 413.
    - `seconds=10.0`: in which a body has to arrive whole; a slower one is answered 408.

    The connection of a refused request is closed. WebSockets pass through: their server bounds
    each message (`ws_max_size` of uvicorn).
    """

    def __init__(self, app: App, body: int = BODY, seconds: float = SECONDS) -> None:
        self.app, self.body, self.seconds = app, body, seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = False

        async def noticed(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            self._check(_length(scope))
            await self.app(scope, self._bounded(receive), noticed)
        except _RefusedError as error:
            if began:
                raise
            await send_error(send, error.status, error.sentence, [CLOSE])

    def _bounded(self, receive: Receive) -> Receive:
        """The same messages, while they keep to the bounds."""
        size, whole = 0, False
        end = asyncio.get_running_loop().time() + self.seconds

        async def bounded() -> Message:
            nonlocal size, whole
            if whole:
                return await receive()  # the end of the connection
            try:
                async with asyncio.timeout_at(end):
                    message = await receive()
            except TimeoutError:
                raise _RefusedError(408, self._late()) from None
            size += len(message.get("body", b""))
            self._check(size)
            whole = not message.get("more_body", False)
            return message

        return bounded

    def _check(self, size: int) -> None:
        if size > self.body:
            raise _RefusedError(
                413, f"the body has more than {self.body:,} bytes: send it in several requests"
            )

    def _late(self) -> str:
        return f"the body did not arrive within {self.seconds:g} seconds: send it again, faster"


def _length(scope: Message) -> int:
    """The length that a request announces; 0 if it announces none."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0
