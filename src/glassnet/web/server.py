"""An ASGI app on an address of this machine, until it is told to stop."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import uvicorn

from glassnet.base.errors import GlassnetError, InputError
from glassnet.web.connection import Connection
from glassnet.web.sentences import CLOSE, App

LOCAL = "127.0.0.1"
CONNECTIONS = 1000  # at once; more are answered 503
LAST = 0.5  # seconds in which open connections may send what they were about to, before the end
FINISH = 10  # seconds in which requests have to be finished after that
MESSAGE = 2**20  # bytes of a WebSocket's message; its connection is closed for a longer one
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Server:
    """An ASGI app, served by uvicorn.

    - `app`: the app.
    - `host="127.0.0.1"`: the address to listen on; by default this machine alone can reach it.
    - `port=0`: the port; with 0, a free one.
    - `seconds=10.0`: in which a request has to arrive whole, and a response to be read.
    - `finish=10`: seconds in which requests are finished when it is told to stop.
    - `on_stop`: called when it is told to stop, before anything else.

    `address` is where it is, and `port` its port. In the main thread, `run` serves until Ctrl-C or
    SIGTERM; in tests, a `with` serves in a thread:

        with Server(app) as server:
            httpx.get(server.address)

    When it is told to stop, it takes no new connections and answers all requests that have come.

    Raises `InputError` if the host is unknown, or the port is taken or not allowed.
    """

    def __init__(
        self,
        app: App,
        host: str = LOCAL,
        port: int = 0,
        seconds: float = Connection.seconds,
        finish: int = FINISH,
        on_stop: Callable[[], Any] = lambda: None,
    ) -> None:
        self.socket = listening(host, port)
        self.port = int(self.socket.getsockname()[1])
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        connection = type("Connection", (Connection,), {"seconds": seconds})
        self._server = _Server(
            uvicorn.Config(
                app,
                http=connection,
                ws="websockets-sansio",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS,
                ws_max_size=MESSAGE,
                timeout_graceful_shutdown=finish,
            )
        )
        self._server.on_stop = on_stop
        self._thread: threading.Thread | None = None

    def run(self, announce: Callable[[str], Any] = print) -> None:
        """Serve until Ctrl-C or SIGTERM; `announce` is called once connections are accepted."""
        self._server.on_start = lambda: announce(self.address)
        with self.socket, _stopping(self._server):
            self._server.run([self.socket])

    def start(self) -> Self:
        """Serve in a thread, from when this returns until `stop`."""
        ready = threading.Event()
        self._server.on_start = ready.set

        def serve() -> None:
            try:
                self._server.run([self.socket])
            finally:
                ready.set()

        self._thread = threading.Thread(target=serve, name="server", daemon=True)
        self._thread.start()
        ready.wait()
        if not self._server.started:
            self.stop()
            raise GlassnetError("the server could not start: see the error above")
        return self

    def stop(self) -> None:
        """Finish all requests, end the thread, free the port."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self.socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def listening(host: str, port: int) -> socket.socket:
    """A socket that is bound to this address; `InputError` if that is not possible."""
    if not 0 <= port < 2**16:
        raise InputError(f"port is {port}: expected 1 … 65535, or 0 for a free one")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
    except (OSError, UnicodeError):
        raise InputError(
            f"host is {host!r}, which is no address of this machine: expected one such as {LOCAL}"
        ) from None
    # asyncio sends small responses without delay only if it sees that the protocol is TCP.
    bound = socket.socket(family, kind, protocol)
    try:
        if hasattr(signal, "SIGHUP"):  # elsewhere it would let two servers share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen()  # so that a second server is refused here, and not later
    except OSError as error:
        bound.close()
        why = (error.strerror or str(error)).lower()
        raise InputError(
            f"cannot listen on {host}, port {port}: {why}; give a different port, or 0 for a free "
            "one"
        ) from None
    return bound


class _Server(uvicorn.Server):
    """Tells when it accepts connections; and before it ends, lets clients that keep a connection
    send what is under way, and asks them to close it.

    uvicorn itself closes at once every connection without a request, where one may have arrived
    that was not read yet.
    """

    on_start: Callable[[], Any] = staticmethod(lambda: None)
    on_stop: Callable[[], Any] = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.on_stop()
        for server in self.servers:
            server.close()
        self.server_state.default_headers.append(CLOSE)
        loop = asyncio.get_running_loop()
        end = loop.time() + LAST
        while self.server_state.connections and loop.time() < end:
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)


@contextmanager
def _stopping(server: uvicorn.Server) -> Iterator[None]:
    """Let signals stop the server and nothing else.

    uvicorn handles them itself while it serves, and raises them again when it has ended.
    """

    def stop(*_: object) -> None:
        server.should_exit = True

    before = {each: signal.signal(each, stop) for each in SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
