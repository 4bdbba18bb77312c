"""Files at http(s) addresses, from a server of our own in a thread."""

import gzip
import hashlib
import io
import shutil
import ssl
import subprocess
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassnet.base.errors import DataError, GlassnetError, MissingPackageError
from glassnet.cli.app import run
from glassnet.data import form_of, load
from glassnet.data.readers import download
from glassnet.data.sources import web_file

ROWS = "a,b,kind\n" + "".join(f"{i / 2},{i * i % 7},{'xy'[i % 2]}\n" for i in range(60))
TABLE = ROWS.encode()
HTML = b"\xef\xbb\xbf\n <!DOCTYPE html><html><body><a href='own.csv'>the table</a></body></html>"


class Pages(BaseHTTPRequestHandler):
    """What the server has; `pages` maps a path to a status, headers and a body."""

    pages: dict  # a subclass for each test has its own
    asked: list

    def do_GET(self):
        path = self.path.partition("?")[0]
        self.asked.append((path, dict(self.headers)))
        status, headers, body = self.pages.get(path, (404, {}, b"nothing"))
        if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
            status, body = 304, b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers and status != 304 and not callable(body):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            for part in body() if callable(body) else [body]:
                self.wfile.write(part)
                self.wfile.flush()
        except OSError:
            pass

    def log_message(self, *args):
        pass


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):
        pass


@pytest.fixture
def web(tmp_path, monkeypatch):
    """A server on a free port: `web.pages` are its own, `web.address` is where it is."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda app: str(tmp_path / "cache" / app))
    handler = type("Own", (Pages,), {"pages": {"/own.csv": (200, {}, TABLE)}, "asked": []})
    server = Quiet(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    server.pages, server.asked = handler.pages, handler.asked
    server.address = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def kept(tmp_path):
    return sorted(path for path in (tmp_path / "cache").rglob("*") if path.is_file())


def test_a_table_is_what_the_same_file_is(web, tmp_path):
    (tmp_path / "own.csv").write_bytes(TABLE)
    here, there = load(tmp_path / "own.csv"), load(f"{web.address}/own.csv")
    assert here.x_train.tobytes() == there.x_train.tobytes()
    assert (here.name, here.classes) == (there.name, there.classes)
    sha = hashlib.sha256(TABLE).hexdigest()
    assert there.notes[0] == (
        f"downloaded {web.address}/own.csv: {len(TABLE)} bytes, SHA-256 {sha[:16]}…"
    )
    content = next(path for path in kept(tmp_path) if path.name == "own.csv")
    assert content.parent.name == sha
    assert content.read_bytes() == TABLE


def test_every_form_of_file(web, tmp_path):
    array, pictures = io.BytesIO(), io.BytesIO()
    np.save(array, np.arange(80.0).reshape(20, 4) % 7)
    from PIL import Image

    with zipfile.ZipFile(pictures, "w") as file:
        for n in range(12):
            png = io.BytesIO()
            Image.new("L", (8, 8), 20 * n).save(png, "PNG")
            file.writestr(f"p/{'xy'[n % 2]}/{n}.png", png.getvalue())
    web.pages |= {
        "/t.csv.gz": (200, {}, gzip.compress(TABLE)),
        "/n.npy": (200, {}, array.getvalue()),
        "/p.zip": (200, {}, pictures.getvalue()),
        "/typed": (200, {"Content-Type": "text/csv; charset=utf-8"}, TABLE),
        "/named": (200, {"Content-Disposition": 'attachment; filename="../a b.csv"'}, TABLE),
    }
    assert form_of(f"{web.address}/p.zip?x=1") == "pictures"
    assert load(f"{web.address}/t.csv.gz").name == "t"
    assert load(f"{web.address}/n.npy?raw=true").x_train.shape[1] == 3
    assert load(f"{web.address}/p.zip").classes == ("x", "y")
    assert load(f"{web.address}/typed").name == "typed"
    assert load(f"{web.address}/named").classes == ("x", "y")
    assert all((tmp_path / "cache").resolve() in path.resolve().parents for path in kept(tmp_path))


def test_what_is_the_same_is_not_sent_again(web, tmp_path):
    web.pages["/own.csv"] = (200, {"ETag": '"1"', "Last-Modified": "yesterday"}, TABLE)
    address = f"{web.address}/own.csv"
    first, again = load(address), load(address)
    assert "as it was before" in again.notes[0]
    assert first.x_train.tobytes() == again.x_train.tobytes()
    assert web.asked[1][1]["If-None-Match"] == '"1"'
    content = next(path for path in kept(tmp_path) if path.name == "own.csv")
    content.write_bytes(b"damaged")
    assert "bytes" in load(address).notes[0]
    assert content.read_bytes() == TABLE
    web.pages["/own.csv"] = (200, {"ETag": '"2"'}, TABLE + b"7,7,x\n")
    assert len(load(address, test=0).x_train) == 61


def test_a_redirect_is_shown(web):
    web.pages["/a.csv"] = (302, {"Location": "/b"}, b"")
    web.pages["/b"] = (301, {"Location": f"{web.address}/own.csv?token=abc"}, b"")
    note = load(f"{web.address}/a.csv").notes[0]
    assert f"/a.csv, which leads to {web.address}/own.csv?token=***: " in note


WRONG = {
    "/none.csv": (404, {}, b"", "HTTP 404: there is nothing at this address"),
    "/secret.csv": (401, {}, b"", "HTTP 401: it needs a user and a password"),
    "/broken.csv": (500, {}, b"", "HTTP 500: the server does not send it"),
    "/page.csv": (200, {}, HTML, "is a page of HTML, not data"),
    "/circle.csv": (302, {"Location": "/circle.csv"}, b"", "leads further more than 5 times"),
    "/away.csv": (302, {"Location": "ftp://h/x.csv"}, b"", "neither http:// nor https://"),
    "/file.csv": (302, {"Location": "file:///etc/passwd"}, b"", "neither http:// nor https://"),
    "/unknown": (200, {}, TABLE, "does not say what kind of file it is"),
    "/short.csv": (200, {"Content-Length": "999"}, TABLE, "the server broke off"),
    "/huge.csv": (200, {"Content-Length": "99999999999"}, b"", "has 99,999,999,999 bytes: more"),
    "/gzip.csv": (200, {"Content-Encoding": "gzip"}, b"no gzip", "is damaged"),
    "/bad.csv": (200, {}, b"a,b\n1,2\n3,4,5\n", "/bad.csv: line 3 has 3 values"),
}


@pytest.mark.parametrize("path", WRONG)
def test_what_cannot_be_read_is_one_line(web, path, tmp_path, capsys):
    *page, expected = WRONG[path]
    web.pages[path] = tuple(page)
    with pytest.raises(DataError) as error:
        load(f"{web.address}{path}")
    assert expected in str(error.value)
    assert str(error.value).startswith(f"{web.address}{path}")
    assert str(tmp_path) not in str(error.value)
    if path != "/bad.csv":
        assert not kept(tmp_path)
    assert run(["data", f"{web.address}{path}"]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert expected in said


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_what_never_ends_is_refused_by_size(web, monkeypatch, encoding, tmp_path):
    part = gzip.compress(bytes(2**22)) if encoding else bytes(2**16)
    headers = {"Content-Encoding": encoding} if encoding else {}
    web.pages["/own.csv"] = (200, headers, lambda: (part for _ in range(10**6)))
    monkeypatch.setattr(download, "MAX_BYTES", 2**20)
    with pytest.raises(DataError, match="has more than 1,048,576 bytes: more than is downloaded"):
        load(f"{web.address}/own.csv")
    assert not kept(tmp_path)


def test_a_server_that_sends_a_byte_now_and_then_is_refused_by_time(web, monkeypatch, tmp_path):
    done = threading.Event()

    def drops():
        while not done.wait(0.05):
            yield b"a"

    web.pages["/own.csv"] = (200, {}, drops)
    monkeypatch.setattr(web_file, "MAX_SECONDS", 0.5)
    start = time.monotonic()
    with pytest.raises(DataError, match=r"took longer than the 0\.5 seconds allowed"):
        load(f"{web.address}/own.csv")
    assert time.monotonic() - start < 5
    done.set()
    time.sleep(0.2)
    assert not kept(tmp_path)


def test_a_silent_server_is_refused(web, monkeypatch):
    done = threading.Event()

    def nothing():
        done.wait(10)
        yield b""

    web.pages["/own.csv"] = (200, {}, nothing)
    monkeypatch.setattr(download, "TIMEOUT", (0.3, 0.3))
    with pytest.raises(DataError, match="the server does not respond within"):
        load(f"{web.address}/own.csv")
    done.set()


def test_no_server(web):
    with pytest.raises(DataError, match="the server cannot be reached"):
        load("http://127.0.0.1:1/own.csv")
    with pytest.raises(DataError, match=r"http://\S*: "):
        load("http://[::1/own.csv")


def test_a_wrong_certificate_is_refused(web, tmp_path):
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("there is no openssl to make a certificate with")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        check=True, capture_output=True, cwd=tmp_path,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    web.socket = context.wrap_socket(web.socket, server_side=True)
    with pytest.raises(DataError, match=r"its certificate cannot be trusted \(self.signed"):
        load(f"https://127.0.0.1:{web.server_port}/own.csv")
    assert not kept(tmp_path)


@given(st.binary(max_size=300), st.sampled_from([".csv", ".json", ".npy", ".npz", ".zip"]))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_data_or_an_error(web, body, ending):
    web.pages[f"/f{ending}"] = (200, {}, body)
    try:
        load(f"{web.address}/f{ending}")
    except GlassnetError as error:
        assert len(str(error).splitlines()) == 1


def test_passwords_and_tokens_are_not_shown(web, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    place = web.address.removeprefix("http://")
    address = f"http://ann:s3cret@{place}/own.csv?token=t0ken"
    assert run(["train", address, "--epochs", "1", "--plot", "pictures"]) == 0
    assert "Authorization" in web.asked[0][1]
    assert run(["train", address.replace("own", "none")]) == 2
    said = "".join(capsys.readouterr())
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in ("s3cret", "t0ken"):
        assert secret not in said
        assert secret.encode() not in written


def test_the_command_line(web, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    address = f"{web.address}/own.csv"
    assert run(["train", address, "--test", address, "--epochs", "1"]) == 0
    assert f"downloaded {address}" in capsys.readouterr().out.replace("\n  ", " ")
    assert run(["predict", "own.safetensors", address, "--out", "p.csv"]) == 0
    assert f"note: downloaded {address}" in capsys.readouterr().err.replace("\n", " ")
    Path("own.csv").write_bytes(TABLE)
    assert run(["predict", "own.safetensors", "own.csv", "--out", "q.csv"]) == 0
    assert Path("p.csv").read_bytes() == Path("q.csv").read_bytes()
    assert run(["evaluate", "own.safetensors", address]) == 0


def test_missing_packages_are_named(web, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "requests", None)
    with pytest.raises(MissingPackageError, match="downloading needs requests"):
        load(f"{web.address}/own.csv")
