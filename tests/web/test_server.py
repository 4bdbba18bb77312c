"""The server: its address, its end, and clients that take too long."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from websockets.sync.client import connect

from glassnet.base.errors import InputError
from glassnet.web.limits import Limits
from glassnet.web.server import Server
from tests.web.apps import app

APP = "from tests.web.apps import app; from glassnet.web.server import Server; Server(app).run()"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(Limits(app, body=1000), seconds=0.5) as running:
        yield running


def raw(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def test_it_serves_at_its_address(server: Server) -> None:
    assert httpx.get(f"{server.address}/some/path").text == "/some/path: 0 bytes"


def test_small_responses_are_not_delayed(server: Server) -> None:
    """Without TCP_NODELAY each would wait for an acknowledgement, 40 ms on Linux."""
    with httpx.Client(base_url=server.address) as client:
        client.get("/")
        began = time.monotonic()
        for _ in range(50):
            client.get("/")
        assert time.monotonic() - began < 50 * 0.04


def test_a_port_is_used_once(server: Server) -> None:
    with pytest.raises(InputError, match=rf"port {server.port}: address already in use; give"):
        Server(app, port=server.port)


@pytest.mark.parametrize("port", [-1, 70000])
def test_a_port_is_a_port(port: int) -> None:
    with pytest.raises(InputError, match="expected 1 … 65535"):
        Server(app, port=port)


def test_a_host_is_an_address_of_this_machine() -> None:
    with pytest.raises(InputError, match=r"no.such.host.invalid"):
        Server(app, host="no.such.host.invalid")
    with pytest.raises(InputError, match=r"cannot listen on 192\.0\.2\.1"):
        Server(app, host="192.0.2.1")


def test_a_stopped_server_leaves_its_port() -> None:
    with Server(app) as first:
        assert httpx.get(first.address).status_code == 200
    with Server(app, port=first.port) as second:
        assert httpx.get(second.address).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(second.address)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: here\r\nX"])
def test_slow_headers_are_cut_off(server: Server, sent: bytes) -> None:
    with raw(server) as client:
        client.sendall(sent)
        began = time.monotonic()
        assert client.recv(1) == b""
        assert 0.3 < time.monotonic() - began < 5


def test_headers_that_drip_in_are_cut_off(server: Server) -> None:
    began = time.monotonic()
    with raw(server) as client, pytest.raises((ConnectionResetError, BrokenPipeError)):
        client.sendall(b"GET / HTTP/1.1\r\nhost: ")
        while time.monotonic() < began + 5:
            client.sendall(b"x")
            time.sleep(0.05)
    assert time.monotonic() < began + 4


def test_endless_headers_are_cut_off(server: Server) -> None:
    sent = 0
    with raw(server) as client, pytest.raises((ConnectionResetError, BrokenPipeError)):
        client.sendall(b"GET / HTTP/1.1\r\nhost: here\r\nlong: ")
        for _ in range(1000):
            sent += client.send(b"x" * 2**16)
    assert sent < 2**25


def test_a_slow_body_is_answered(server: Server) -> None:
    with raw(server) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n12345")
        said = client.makefile("rb").read().decode()
    assert said.startswith("HTTP/1.1 408 ")
    assert said.endswith(
        '{"error": "the body did not arrive within 0.5 seconds: send it again, faster"}'
    )


def test_a_client_that_does_not_read_is_cut_off(server: Server) -> None:
    with raw(server) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
        time.sleep(1.5)
        size = 0
        with pytest.raises(ConnectionResetError):
            while more := client.recv(2**20):
                size += len(more)
            raise ConnectionResetError  # closed, and not reset
        assert size < 2**26


def test_a_large_body_is_refused(server: Server) -> None:
    wanted = {"error": "the body has more than 1,000 bytes: send it in several requests"}
    announced = httpx.post(server.address, content=bytes(1001))
    unannounced = httpx.post(server.address, content=iter([bytes(600), bytes(600)]))
    for each in announced, unannounced:
        assert (each.status_code, each.json()) == (413, wanted)
    assert httpx.post(server.address, content=bytes(1000)).text == "/: 1000 bytes"


@pytest.mark.parametrize("sent", [b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"])
def test_what_is_no_request_is_answered(server: Server, sent: bytes) -> None:
    with raw(server) as client:
        client.sendall(sent)
        assert client.makefile("rb").read().startswith(b"HTTP/1.1 400 ")


def test_a_web_socket_may_be_silent(server: Server) -> None:
    with connect(f"ws://127.0.0.1:{server.port}/", proxy=None) as client:
        time.sleep(0.9)  # longer than headers may take
        client.send("there?")
        assert client.recv() == "there?"


def test_requests_under_way_are_answered_when_it_stops() -> None:
    with ThreadPoolExecutor(20) as pool:
        with Server(app) as running:
            found = [pool.submit(httpx.get, f"{running.address}/wait") for _ in range(20)]
            time.sleep(0.5)
        assert [each.result().text for each in found] == ["/wait: 0 bytes"] * 20


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_process_without_a_word(how: str) -> None:
    import signal

    process = subprocess.Popen([sys.executable, "-c", APP], stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.PIPE)  # fmt: skip
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    with httpx.Client() as client, ThreadPoolExecutor(1) as pool:
        client.get(address)  # a connection that stays open
        waiting = pool.submit(httpx.get, f"{address}/wait")
        time.sleep(0.5)
        process.send_signal(getattr(signal, how))
        assert waiting.result().text == "/wait: 0 bytes"
        assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


def test_no_request_is_lost_when_it_stops_under_load() -> None:
    """Clients that keep their connections ask again and again, until they are asked to close."""

    def ask(address: str) -> int:
        done = 0
        with httpx.Client() as client:
            while True:
                response = client.get(address)
                assert response.text == "/: 0 bytes"
                done += 1
                if response.headers.get("connection") == "close":
                    return done

    with ThreadPoolExecutor(8) as pool:
        with Server(app) as running:
            found = [pool.submit(ask, running.address) for _ in range(8)]
            time.sleep(0.5)
        assert all(each.result() > 1 for each in found)
