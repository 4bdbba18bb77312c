"""Who may talk to a lab: those who know its address, from its own page."""

import secrets
from collections.abc import Iterable

from glassnet.web.sentences import App, Headers, Message, Receive, Send, send_body

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
READING = ("GET", "HEAD")
ADVICE = "open the address that the lab printed when it began"

# Scripts and styles come from the lab alone; what the engine writes has style attributes.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self' ws://{host} wss://{host}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),  # the address is a secret
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-cache"),
)


class Guard:
    """An ASGI app below a path that nobody can guess, for requests of its own pages.

    - `app`: the app inside.
    - `token`: the first part of every path; without it the response is 404.
    - `hosts=()`: names of this machine beside those of the loopback and the address on which a
      request arrives.

    A `Host` that is none of them is refused: a page elsewhere whose name leads to this machine (DNS
    rebinding) is not the lab's. So is an `Origin` other than the lab's, for WebSockets and for
    everything but reading.
    """

    def __init__(self, app: App, token: str, hosts: Iterable[str] = ()) -> None:
        self.app, self.token = app, token
        self.names = {*LOOPBACK, *map(bracketed, hosts)}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        host = header(scope, b"host")
        refused = self.refused(scope, host)
        if refused:
            await _refuse(scope, send, *refused)
            return
        root = f"{scope.get('root_path', '')}/{self.token}"
        await self.app({**scope, "root_path": root}, receive, _with_headers(send, host))

    def refused(self, scope: Message, host: str) -> tuple[int, str] | None:
        """The status and the sentence for a request that is not served."""
        if not self._is_ours(scope, host):
            return 403, f"this lab is not at {host or 'an address without a name'}: {ADVICE}"
        first = "".join(scope["path"].split("/")[1:2]).encode("utf-8", "replace")
        if not secrets.compare_digest(first, self.token.encode()):
            return 404, f"nothing is here: {ADVICE}"
        origin = header(scope, b"origin")
        changes = scope["type"] == "websocket" or scope["method"] not in READING
        if changes and origin and origin not in (f"http://{host}", f"https://{host}"):
            return 403, f"a page of {origin} may not use this lab: open the lab's own page"
        return None

    def _is_ours(self, scope: Message, host: str) -> bool:
        address, port = scope.get("server") or ("", None)
        name, _, given = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        name, given = (name, given) if name else (given, "")
        names = {*self.names, bracketed(address)}
        return name.lower() in names and (given or "80") == str(port)


def bracketed(host: str) -> str:
    """A host as addresses write it.

    >>> bracketed("::1"), bracketed("Here")
    ('[::1]', 'here')
    """
    return f"[{host}]".lower() if ":" in host else host.lower()


def header(scope: Message, name: bytes) -> str:
    """The value of a header, or of more than one, which no browser sends; "" if there is none."""
    return b", ".join(value for key, value in scope["headers"] if key == name).decode("latin-1")


def _with_headers(send: Send, host: str) -> Send:
    policy = (b"content-security-policy", POLICY.format(host=host).encode("latin-1"))

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), policy, *HEADERS]}
        await send(message)

    return sent


async def _refuse(scope: Message, send: Send, status: int, sentence: str) -> None:
    body, kind = f"{sentence}\n".encode("utf-8", "replace"), b"text/plain; charset=utf-8"
    if scope["type"] == "http":
        await send_body(send, status, kind, body, HEADERS)
    elif "websocket.http.response" in scope.get("extensions", {}):
        await _refuse_socket(send, status, kind, body, HEADERS)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": sentence})


async def _refuse_socket(
    send: Send, status: int, kind: bytes, body: bytes, headers: Headers
) -> None:
    every = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *headers]
    start = {"type": "websocket.http.response.start", "status": status, "headers": every}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": body})
