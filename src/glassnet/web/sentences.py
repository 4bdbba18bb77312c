"""Errors over HTTP: one JSON object with one sentence."""

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]
Headers: TypeAlias = Iterable[tuple[bytes, bytes]]

CLOSE = (b"connection", b"close")


async def send_json(send: Send, status: int, value: Any, headers: Headers = ()) -> None:
    """Send a value as the JSON of a whole response."""
    body = json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    await send_body(send, status, b"application/json", body, headers)


async def send_body(
    send: Send, status: int, kind: bytes, body: bytes, headers: Headers = ()
) -> None:
    """Send the bytes of a whole response; `kind` is their content type."""
    every = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": every})
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, status: int, sentence: str, headers: Headers = ()) -> None:
    """Send `{"error": sentence}`."""
    await send_json(send, status, {"error": sentence}, headers)
