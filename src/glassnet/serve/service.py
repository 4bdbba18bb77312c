"""The service: which request is answered by what."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import orjson

from glassnet.base.errors import GlassnetError
from glassnet.base.optional import need
from glassnet.base.sentences import sentence_of
from glassnet.sequential import Sequential
from glassnet.serve.bodies import PICTURES, Asked, Body
from glassnet.serve.description import description
from glassnet.serve.openapi import openapi
from glassnet.serve.page import page_of
from glassnet.serve.query import extras_of
from glassnet.serve.together import Together
from glassnet.web.sentences import Message, Receive, Send, send_body, send_error, send_json
from glassnet.workflows.predict import PREDICTION_ALONE, Extras

SMALL = 2**14  # bytes of JSON that are read at once; more, tables and pictures are read in a thread
JSON = "application/json"
POLICY = (  # nothing from elsewhere
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-cache"),
]

Route = Callable[[Message, Receive, Send], Awaitable[None]]


class Service:
    """An ASGI app that predicts.

    - `network`: a trained one.
    - `name`: what the page and the descriptions call it.
    - `extras`: the threshold, and the coverage of intervals, of requests that set none.

    Raises InputError for extras that are not for this network.
    """

    def __init__(self, network: Sequential, name: str, extras: Extras = PREDICTION_ALONE) -> None:
        extras.check(network)
        self.network, self.extras, self.body = network, extras, Body(network)
        self.reading = ThreadPoolExecutor(1, "reading")
        self.predicting = ThreadPoolExecutor(1, "predicting")
        self.together = Together(network, self.predicting)
        said = description(network, name, extras)
        page = page_of(said)
        self._warm(said["input"])
        self.routes: dict[str, dict[str, Route]] = {
            "/predict": {"POST": self._predict},
            "/health": {"GET": partial(_value, {"status": "ok"})},
            "/model": {"GET": partial(_value, said)},
            "/openapi.json": {"GET": partial(_value, openapi(said))},
            **{path: {"GET": partial(_file, *file)} for path, file in page.items()},
        }

    def _warm(self, given: dict[str, Any]) -> None:
        """Read one row, so that the first request need not wait for what reading imports."""
        if given["form"] == "picture":
            need("PIL.Image", "reading pictures")
        with suppress(GlassnetError):
            self.body.json(orjson.dumps([given["example"]]))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        methods = self.routes.get(scope["path"])
        if methods is None:
            there = ", ".join(self.routes)
            await send_error(send, 404, f"there is nothing at this path: expected one of {there}")
            return
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        if method not in methods:
            allowed = ", ".join(methods)
            headers = [(b"allow", allowed.encode())]
            await send_error(send, 405, f"{method} is not allowed: expected {allowed}", headers)
            return
        await methods[method](scope, receive, send)

    async def _predict(self, scope: Message, receive: Receive, send: Send) -> None:
        kind = _content_type(scope)
        if kind != JSON and kind not in PICTURES:
            given = f"is {kind}" if kind else "is missing"
            expected = f"{JSON}, or of a picture {', '.join(PICTURES)}"
            await send_error(send, 415, f"the content type {given}: expected {expected}")
            return
        body = await _whole(receive)
        if body is None:
            return
        try:
            extras = extras_of(scope.get("query_string", b""), self.extras, self.network)
            asked = await self._asked(kind, body)
            rows = await self.together.predict(asked.x, extras)
        except (GlassnetError, MemoryError) as error:
            await send_error(send, 422, sentence_of(error))
            return
        notes = b', "notes": ' + orjson.dumps(asked.notes) if asked.notes else b""
        text = b'{"predictions": ' + rows + notes + b"}\n"
        await send_body(send, 200, b"application/json", text)

    async def _asked(self, kind: str, body: bytes) -> Asked:
        if kind == JSON and len(body) <= SMALL and not self.body.is_table:
            return self.body.json(body)
        read = self.body.json if kind == JSON else self.body.picture
        return await asyncio.get_running_loop().run_in_executor(self.reading, read, body)

    async def _live(self, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        self.close()
        await send({"type": "lifespan.shutdown.complete"})

    def close(self) -> None:
        """End the threads."""
        self.reading.shutdown()
        self.predicting.shutdown()


async def _whole(receive: Receive) -> bytes | None:
    """The body of a request; None if the client has gone."""
    message = await receive()
    body = message.get("body", b"")
    if not message.get("more_body"):
        return body if message["type"] == "http.request" else None
    parts = [body]
    while message.get("more_body"):
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
    return b"".join(parts)


def _content_type(scope: Message) -> str:
    for name, value in scope["headers"]:
        if name == b"content-type":
            return str(value.decode("latin-1").partition(";")[0].strip().lower())[:100]
    return ""


async def _value(value: Any, scope: Message, receive: Receive, send: Send) -> None:
    await send_json(send, 200, value)


async def _file(kind: bytes, body: bytes, scope: Message, receive: Receive, send: Send) -> None:
    await send_body(send, 200, kind, body, HEADERS)
