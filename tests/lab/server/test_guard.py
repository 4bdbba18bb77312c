"""Only those who know a lab's address talk to it, from its own page, and no other file is read."""

import socket

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from glassnet.lab.server.app import lab_app
from glassnet.web.server import Server
from tests.lab.clients import client


@pytest.fixture(scope="module")
def lab():
    app = lab_app(hosts=["lab.example"])
    with Server(app) as server:
        yield server, app.state.token


def raw(server, path, *headers):
    """The status and the body of a request whose path is sent as it is."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        lines = [f"GET {path} HTTP/1.1", *headers, "Connection: close"]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_the_page_is_behind_the_token(lab):
    server, token = lab
    assert "<title>glassnet lab" in httpx.get(f"{server.address}/{token}/").text
    assert httpx.get(f"{server.address}/{token}").headers["location"].endswith(f"/{token}/")
    for path in "", "/", f"/{token[:-1]}/", f"/{token}x/", "/page/main.js", f"//{token}/", "/%ff/":
        found = httpx.get(f"{server.address}{path}")
        assert (found.status_code, "open the address" in found.text) == (404, True)
        assert token not in found.text


@pytest.mark.parametrize(
    "path",
    [
        "page/../commands.py", "page/%2e%2e/commands.py", "page/..%2fconnection.py",
        "page//etc/passwd", "page/..\\commands.py", "page/./../../lab/commands.py",
        "../../../../etc/passwd", "page/%00", "page/panels/../../faults.py", "page/",
        "page/..%252fconnection.py", "page/%c0%ae%c0%ae/commands.py",
    ],
)  # fmt: skip
def test_no_other_file_is_readable(lab, path):
    server, token = lab
    status, body = raw(server, f"/{token}/{path}", f"Host: 127.0.0.1:{server.port}")
    assert status in (404, 405) and b"import" not in body and b"root:" not in body


@pytest.mark.parametrize("host", ["127.0.0.1:{}", "localhost:{}", "LOCALHOST:{}", "[::1]:{}",
                                  "lab.example:{}"])  # fmt: skip
def test_its_own_names_are_served(lab, host):
    server, token = lab
    assert raw(server, f"/{token}/", f"Host: {host.format(server.port)}")[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:{}", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{}", "[::1]",
     "[::2]:{}", "127.0.0.1:{0}:{0}", "127.0.0.1:{}@evil.example", ""],
)  # fmt: skip
def test_other_names_are_not(lab, host):
    """A page whose name leads here after a while could otherwise read the lab (DNS rebinding)."""
    server, token = lab
    status, body = raw(server, f"/{token}/", f"Host: {host.format(server.port)}")
    assert status == 403 and b"this lab is not at" in body


def test_two_hosts_are_none(lab):
    server, token = lab
    here = f"Host: 127.0.0.1:{server.port}"
    assert raw(server, f"/{token}/", here, here)[0] in (400, 403)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1",
                                    "http://localhost.evil.example", "file://"])  # fmt: skip
def test_pages_of_others_may_not_use_it(lab, origin):
    server, token = lab
    with pytest.raises(InvalidStatus) as refused, client(server, token, origin=origin):
        pass
    assert refused.value.response.status_code == 403
    assert f"a page of {origin} may not use this lab".encode() in refused.value.response.body
    post = httpx.post(f"{server.address}/{token}/", headers={"origin": origin})
    assert post.status_code == 403


def test_a_socket_is_behind_the_token_too(lab):
    server, token = lab
    with pytest.raises(InvalidStatus) as refused, client(server, f"{token}x"):
        pass
    assert refused.value.response.status_code == 404
    with client(server, token, origin=server.address) as page:
        assert page.ask("step")["is"] == "step"


def test_every_response_says_what_a_page_may_do(lab):
    server, token = lab
    for path in f"{token}/", f"{token}/page/main.js", "elsewhere":
        headers = httpx.get(f"{server.address}/{path}").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
    policy = httpx.get(f"{server.address}/{token}/").headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["frame-ancestors"] == "'none'"
    assert rules["script-src"] == "'self'"
