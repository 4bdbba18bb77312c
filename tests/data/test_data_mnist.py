import gzip
import hashlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from glassnet.data import download, load, mnist
from glassnet.errors import DataError, MissingPackageError

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def idx_bytes(array):
    dims = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + dims + array.tobytes()


def small_files(train=3):
    images = np.arange(5 * 28 * 28).astype(np.uint8).reshape(5, 28, 28)
    labels = np.array([7, 2, 1, 0, 4], np.uint8)
    parts = images[:3], labels[:train], images[3:], labels[3:]
    return {name: idx_bytes(part) for name, part in zip(NAMES, parts, strict=True)}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The cache folder in a place of our own, no folder of the user, and no way to the network."""
    monkeypatch.delenv("GLASSNET_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / "cache" / name))
    monkeypatch.setattr(mnist, "MIRRORS", ())
    return tmp_path / "cache" / "glassnet" / "mnist"


@pytest.fixture
def files(monkeypatch):
    """Four small files in place of the real ones, with their sums."""
    files = small_files()
    use_sums(monkeypatch, files)
    return files


def use_sums(monkeypatch, files):
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    monkeypatch.setattr(mnist, "SUMS", sums)


@pytest.fixture
def serve():
    """A mirror on the loopback; `answer(handler, name)` replies to each request."""
    servers = []

    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                answer(self, self.path.strip("/").removesuffix(".gz"))

            def log_message(self, *message):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def reply(handler, body, length=None):
    handler.send_response(200)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(body)


def mirror_of(files):
    def answer(handler, name):
        body = gzip.compress(files[name])
        reply(handler, body, len(body))

    return answer


def put(folder, files, zipped=False):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        if zipped:
            (folder / f"{name}.gz").write_bytes(gzip.compress(data))
        else:
            (folder / name).write_bytes(data)


def message():
    with pytest.raises(DataError) as error:
        load("mnist")
    assert "\n" not in str(error.value)
    return str(error.value)


def check_small(data):
    assert (data.x_train.shape, data.x_test.shape) == ((3, 28, 28), (2, 28, 28))
    assert (data.y_train.tolist(), data.y_test.tolist()) == ([7, 2, 1], [0, 4])
    assert (data.x_train.dtype, data.y_train.dtype) == (np.uint8, np.int64)
    assert (data.name, data.classes, data.scale) == ("mnist", tuple("0123456789"), 1 / 255)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("place", ["own", "cache"])
def test_files_are_found_gzipped_or_not(cache, files, tmp_path, monkeypatch, zipped, place):
    if place == "own":
        monkeypatch.setenv("GLASSNET_DATA", str(tmp_path))
    put(tmp_path / "mnist" if place == "own" else cache, files, zipped)
    check_small(load("mnist"))


def test_the_own_folder_comes_first_and_the_cache_fills_its_gaps(
    cache, files, tmp_path, monkeypatch
):
    monkeypatch.setenv("GLASSNET_DATA", str(tmp_path))
    put(tmp_path / "mnist", {NAMES[0]: files[NAMES[0]]})
    put(cache, {**files, NAMES[0]: b"bad"})
    check_small(load("mnist"))


def test_files_of_ones_own_need_neither_cache_nor_downloader(cache, files, tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSNET_DATA", str(tmp_path))
    put(tmp_path / "mnist", files)
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    monkeypatch.setitem(sys.modules, "pooch", None)
    check_small(load("mnist"))
    monkeypatch.delenv("GLASSNET_DATA")
    with pytest.raises(MissingPackageError, match="the data cache needs platformdirs"):
        load("mnist")


@pytest.mark.parametrize("place", ["own", "cache"])
def test_a_wrong_sum_is_an_error_not_a_download(cache, files, tmp_path, monkeypatch, serve, place):
    monkeypatch.setattr(mnist, "MIRRORS", (serve(mirror_of(files)),))
    if place == "own":
        monkeypatch.setenv("GLASSNET_DATA", str(tmp_path))
    folder = tmp_path / "mnist" if place == "own" else cache
    changed = bytearray(files[NAMES[0]])
    changed[-1] ^= 1
    put(folder, {NAMES[0]: bytes(changed)})
    found, expected = (hashlib.sha256(data).hexdigest() for data in (changed, files[NAMES[0]]))
    assert message() == (
        f"{folder / NAMES[0]}: wrong contents: SHA-256 {found[:12]}…, expected {expected[:12]}…; "
        "delete this file and load mnist again"
    )
    assert (folder / NAMES[0]).read_bytes() == changed


def test_a_truncated_file_in_the_cache_says_what_to_do(cache, files):
    put(cache, files, zipped=True)
    path = cache / f"{NAMES[2]}.gz"
    path.write_bytes(path.read_bytes()[:50])
    assert message() == (
        f"{path}: the gzip stream is truncated; get it again; delete this file and load mnist again"
    )


def test_images_and_labels_must_be_as_many(cache, monkeypatch):
    files = small_files(train=2)
    use_sums(monkeypatch, files)
    put(cache, files)
    assert message() == "mnist: 3 training samples but 2 targets; each sample needs one"


def test_a_download_fills_the_cache_once(cache, files, monkeypatch, serve, capfd):
    asked = []

    def answer(handler, name):
        asked.append(name)
        mirror_of(files)(handler, name)

    monkeypatch.setattr(mnist, "MIRRORS", (serve(answer),))
    check_small(load("mnist"))
    check_small(load("mnist"))
    assert sorted(asked) == sorted(NAMES)
    assert sorted(path.name for path in cache.iterdir()) == sorted(f"{name}.gz" for name in NAMES)
    assert capfd.readouterr() == ("", "")


def test_a_download_shows_its_progress_on_a_terminal(cache, files, monkeypatch, serve, capfd):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(mnist, "MIRRORS", (serve(mirror_of(files)),))
    load("mnist")
    out, err = capfd.readouterr()
    assert out == ""
    assert NAMES[0] in err
    assert "100%" in err


def hang_up(handler, name):
    reply(handler, b"\x1f\x8b\x08\0", length=1000)


def not_found(handler, name):
    handler.send_error(404)


def html(handler, name):
    reply(handler, b"<html>no", length=8)


def short(handler, name):
    reply(handler, gzip.compress(small_files()[name])[:-4])


def another(handler, name):
    reply(handler, gzip.compress(idx_bytes(np.zeros(3, np.uint8))))


def endless(handler, name):
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(bytes(2**16))
    except OSError:
        pass


BROKEN = [
    (hang_up, "ConnectionError|ChunkedEncodingError"),
    (not_found, "HTTP 404"),
    (html, "is not an IDX file: it starts with the bytes 3c 68 74 6d"),
    (short, "the gzip stream is truncated; get it again"),
    (another, "wrong contents: SHA-256 [0-9a-f]{12}…, expected [0-9a-f]{12}…"),
    (endless, "the answer is longer than the 1000000 bytes allowed"),
]


@pytest.mark.parametrize(("answer", "reason"), BROKEN)
def test_a_broken_mirror_leaves_nothing_and_says_what_to_do(
    cache, files, monkeypatch, serve, answer, reason
):
    monkeypatch.setattr(download, "MAX_BYTES", 1_000_000)
    url = serve(answer)
    host = url.split("/")[2]
    monkeypatch.setattr(mnist, "MIRRORS", (url,))
    with pytest.raises(DataError, match=rf"\({host}: ({reason})\): get ") as error:
        load("mnist")
    assert str(error.value).startswith(f"mnist: {NAMES[0]}.gz could not be downloaded (")
    wanted = ", ".join(f"{name}.gz" for name in NAMES)
    assert str(error.value).endswith(
        f"): get {wanted} from {url} and put them in $GLASSNET_DATA/mnist/ or in {cache}"
    )
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("answer", [answer for answer, _ in BROKEN])
def test_the_second_mirror_helps_when_the_first_is_broken(cache, files, monkeypatch, serve, answer):
    monkeypatch.setattr(download, "MAX_BYTES", 1_000_000)
    monkeypatch.setattr(mnist, "MIRRORS", (serve(answer), serve(mirror_of(files))))
    check_small(load("mnist"))
    assert len(list(cache.iterdir())) == 4


def test_a_silent_mirror_is_given_up_soon(cache, files, monkeypatch, serve):
    done = threading.Event()
    monkeypatch.setattr(download, "TIMEOUT", (0.1, 0.1))
    monkeypatch.setattr(mnist, "MIRRORS", (serve(lambda *_: done.wait(5)),))
    try:
        assert "ReadTimeout" in message()
    finally:
        done.set()
    assert list(cache.iterdir()) == []


def test_no_network_names_both_mirrors(cache, files, monkeypatch):
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:1/a/", "http://127.0.0.1:2/b/"))
    assert message() == (
        f"mnist: {NAMES[0]}.gz could not be downloaded "
        "(127.0.0.1:1: ConnectionError; 127.0.0.1:2: ConnectionError): "
        f"get {', '.join(f'{name}.gz' for name in NAMES)} "
        "from http://127.0.0.1:1/a/ or http://127.0.0.1:2/b/ "
        f"and put them in $GLASSNET_DATA/mnist/ or in {cache}"
    )


def test_an_interrupted_download_leaves_nothing(cache, files, monkeypatch):
    class Interrupted:
        def __init__(self, **options):
            pass

        def __call__(self, url, file, pooch):
            file.write(b"half")
            assert len(list(cache.iterdir())) == 1
            raise KeyboardInterrupt

    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:1/",))
    monkeypatch.setattr("pooch.HTTPDownloader", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        load("mnist")
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(cache, files, monkeypatch, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:1/", "http://127.0.0.1:2/"))
    assert f"({cache}: cannot be written: " in message()


def test_the_sums_and_mirrors_are_the_public_ones():
    assert tuple(mnist.SUMS) == NAMES
    assert mnist.SUMS[NAMES[0]].startswith("ba891046")
    assert all(url.startswith("https://") and url.endswith("/mnist/") for url in mnist.MIRRORS)


@pytest.mark.mnist
def test_the_real_mnist():
    digits = load("mnist")
    assert (digits.x_train.shape, digits.x_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert digits.x_train.dtype == np.uint8
    assert digits.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(digits.y_test).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    assert digits.is_image
    assert digits.x_train.max() * digits.scale == 1
