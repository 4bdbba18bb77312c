"""How much a client may send: a bound that an app need not think of."""

from glassnet.web.sentences import CLOSE, App, Message, Receive, Send, send_error

BODY = 8 * 2**20  # bytes


class _TooLargeError(Exception):
    """A body that is not read to its end."""


class Limits:
    """An ASGI app whose requests have bodies of a bounded size.

    - `app`: the app inside.
    - `body=8388608`: the most bytes of a request's body; a larger one is answered 413, and its
      connection closed.

    WebSockets pass through: their server bounds each message (`ws_max_size` of uvicorn).
    """

    def __init__(self, app: App, body: int = BODY) -> None:
        self.app, self.body = app, body

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        size, began = 0, False

        async def bounded() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            self._check(size)
            return message

        async def noticed(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            self._check(_length(scope))
            await self.app(scope, bounded, noticed)
        except _TooLargeError:
            if began:
                raise
            said = f"the body has more than {self.body:,} bytes: send it in several requests"
            await send_error(send, 413, said, [CLOSE])

    def _check(self, size: int) -> None:
        if size > self.body:
            raise _TooLargeError


def _length(scope: Message) -> int:
    """The length that a request announces; 0 if it announces none."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0
