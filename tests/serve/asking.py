"""One request to an ASGI app, without a socket."""

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

TYPE = "application/json"


class Said(NamedTuple):
    """A response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which must be standard JSON: no NaN."""
        return json.loads(self.body, parse_constant=_refuse)

    @property
    def error(self) -> str:
        """The one sentence."""
        assert set(self.json) == {"error"}
        sentence: str = self.json["error"]
        assert sentence and "\n" not in sentence
        return sentence


def run_apart(going: Coroutine[Any, Any, T]) -> T:
    """What this comes to, in a thread: where a browser was driven, the main one has a loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, going).result()


def _refuse(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def ask(
    app: Any,
    body: Any = b"",
    kind: str | None = TYPE,
    path: str = "/predict",
    method: str = "POST",
    query: str = "",
) -> Said:
    """The response to one request; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = [(b"content-length", str(len(content)).encode())]
    if kind is not None:
        headers.append((b"content-type", kind.encode("latin-1")))
    scope = {"type": "http", "method": method, "path": path, "headers": headers,
             "query_string": query.encode()}  # fmt: skip
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    async def go() -> None:
        await asyncio.wait_for(app(scope, receive, send), 20)

    run_apart(go())
    start, *rest = messages
    given = {name.decode(): value.decode() for name, value in start["headers"]}
    return Said(start["status"], given, b"".join(each["body"] for each in rest))
