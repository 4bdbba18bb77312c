import gzip
import hashlib
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import numpy as np
import pytest

from glassnet.base import bars, progress
from glassnet.base.errors import DataError, MissingPackageError
from glassnet.data import load
from glassnet.data.readers import download
from glassnet.data.sources import mnist
from glassnet.data.sources.mnist import SETS, load_idx_set

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


@pytest.fixture(params=["mnist", "fashion-mnist"], ids=["digits", "clothing"])
def name(request):
    """Every behaviour is that of both sets (an id `mnist` would count as the mark of that name)."""
    return request.param


@pytest.fixture
def cache(tmp_path, monkeypatch, name):
    """The cache folder in a place of our own, no folder of the user, and no way to the network."""
    monkeypatch.delenv("GLASSNET_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda app: str(tmp_path / "cache" / app))
    monkeypatch.setattr(mnist, "SYSTEM", tmp_path / "system")
    use(monkeypatch, name, mirrors=())
    return tmp_path / "cache" / "glassnet" / name


@pytest.fixture
def files(monkeypatch, name):
    """Four small files in place of the real ones, with their sums."""
    files = small_files()
    use(monkeypatch, name, sums=sums_of(files))
    return files


def use(monkeypatch, name, **changed):
    monkeypatch.setitem(SETS, name, replace(SETS[name], **changed))


def sums_of(files):
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


@pytest.fixture
def serve():
    """A mirror on the loopback; `answer(handler, file)` replies to each request."""
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


def reply(handler, body, length=None, status=200):
    handler.send_response(status)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(body)


def mirror_of(files):
    def answer(handler, file):
        body = gzip.compress(files[file])
        reply(handler, body, len(body))

    return answer


def put(folder, files, zipped=False):
    folder.mkdir(parents=True, exist_ok=True)
    for file, data in files.items():
        if zipped:
            (folder / f"{file}.gz").write_bytes(gzip.compress(data))
        else:
            (folder / file).write_bytes(data)


def message(name):
    with pytest.raises(DataError) as error:
        load_idx_set(name)
    assert "\n" not in str(error.value)
    return str(error.value)


def check_small(data, name):
    assert (data.x_train.shape, data.x_test.shape) == ((3, 28, 28), (2, 28, 28))
    assert (data.y_train.tolist(), data.y_test.tolist()) == ([7, 2, 1], [0, 4])
    assert (data.x_train.dtype, data.y_train.dtype) == (np.uint8, np.int64)
    assert (data.name, data.scale) == (name, 1 / 255)


@pytest.mark.parametrize(
    ("name", "classes", "target"),
    [
        ("mnist", "0 1 2 3 4 5 6 7 8 9", "digit"),
        (
            "fashion-mnist",
            "T-shirt/top Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag Ankle_boot",
            "clothing",
        ),
    ],
)
def test_each_set_has_its_own_name_and_classes(cache, files, name, classes, target):
    put(cache, files)
    data = load(name)
    check_small(data, name)
    assert data.classes == tuple(each.replace("_", " ") for each in classes.split())
    assert data.target == target


def test_other_names_are_refused():
    assert message("digits") == (
        "there is no IDX dataset 'digits'; choose one of mnist, fashion-mnist"
    )


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("place", ["own", "cache", "system"])
def test_files_are_found_gzipped_or_not(cache, files, name, tmp_path, monkeypatch, zipped, place):
    if place == "own":
        monkeypatch.setenv("GLASSNET_DATA", str(tmp_path / "own"))
    put(cache if place == "cache" else tmp_path / place / name, files, zipped)
    check_small(load_idx_set(name), name)


def test_the_own_folder_comes_first_and_the_cache_fills_its_gaps(
    cache, files, name, tmp_path, monkeypatch
):
    monkeypatch.setenv("GLASSNET_DATA", str(tmp_path))
    put(tmp_path / name, {NAMES[0]: files[NAMES[0]]})
    put(cache, {**files, NAMES[0]: b"bad"})
    check_small(load_idx_set(name), name)


def test_files_of_ones_own_need_neither_cache_nor_downloader(
    cache, files, name, tmp_path, monkeypatch
):
    monkeypatch.setenv("GLASSNET_DATA", str(tmp_path))
    put(tmp_path / name, files)
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    monkeypatch.setitem(sys.modules, "pooch", None)
    check_small(load_idx_set(name), name)
    monkeypatch.delenv("GLASSNET_DATA")
    with pytest.raises(MissingPackageError, match="the data cache needs platformdirs"):
        load_idx_set(name)


@pytest.mark.parametrize("place", ["own", "cache"])
def test_a_wrong_sum_is_an_error_not_a_download(
    cache, files, name, tmp_path, monkeypatch, serve, place
):
    use(monkeypatch, name, mirrors=(serve(mirror_of(files)),))
    if place == "own":
        monkeypatch.setenv("GLASSNET_DATA", str(tmp_path))
    folder = tmp_path / name if place == "own" else cache
    changed = bytearray(files[NAMES[0]])
    changed[-1] ^= 1
    put(folder, {NAMES[0]: bytes(changed)})
    found, expected = (hashlib.sha256(data).hexdigest() for data in (changed, files[NAMES[0]]))
    assert message(name) == (
        f"{folder / NAMES[0]}: wrong contents: SHA-256 {found[:12]}…, expected {expected[:12]}…; "
        f"delete this file and load {name} again"
    )
    assert (folder / NAMES[0]).read_bytes() == changed


def test_the_files_of_the_other_set_are_refused(tmp_path, monkeypatch):
    """Both sets have the same names of files, so only the sums tell them apart."""
    files = small_files()
    use(monkeypatch, "mnist", sums=sums_of(files))
    monkeypatch.setenv("GLASSNET_DATA", str(tmp_path))
    put(tmp_path / "mnist", files)
    put(tmp_path / "fashion-mnist", files)
    check_small(load_idx_set("mnist"), "mnist")
    assert "fashion-mnist/train-images-idx3-ubyte: wrong contents: " in message("fashion-mnist")


def test_a_truncated_file_in_the_cache_says_what_to_do(cache, files, name):
    put(cache, files, zipped=True)
    path = cache / f"{NAMES[2]}.gz"
    path.write_bytes(path.read_bytes()[:50])
    assert message(name) == (
        f"{path}: the gzip stream is truncated; get it again; "
        f"delete this file and load {name} again"
    )


def test_images_and_labels_must_be_as_many(cache, name, monkeypatch):
    files = small_files(train=2)
    use(monkeypatch, name, sums=sums_of(files))
    put(cache, files)
    assert message(name) == f"{name}: 3 training samples but 2 targets; each sample needs one"


def test_a_download_fills_the_cache_once(cache, files, name, monkeypatch, serve, capfd):
    asked = []

    def answer(handler, file):
        asked.append(file)
        mirror_of(files)(handler, file)

    use(monkeypatch, name, mirrors=(serve(answer),))
    check_small(load_idx_set(name), name)
    check_small(load_idx_set(name), name)
    assert sorted(asked) == sorted(NAMES)
    assert sorted(path.name for path in cache.iterdir()) == sorted(f"{each}.gz" for each in NAMES)
    assert capfd.readouterr() == ("", "")


def test_a_download_shows_its_progress_on_a_terminal(cache, files, name, monkeypatch, serve, capfd):
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=terminal))
    monkeypatch.setattr(bars, "SECONDS_UNSEEN", 0)
    use(monkeypatch, name, mirrors=(serve(mirror_of(files)),))
    load_idx_set(name)
    out, err = capfd.readouterr()
    assert out == ""
    assert f"downloading {NAMES[0]}" in err


@pytest.mark.parametrize("ranges", [False, True], ids=["ignores ranges", "knows ranges"])
def test_a_download_that_was_cut_starts_again(cache, files, name, monkeypatch, serve, ranges):
    asked = []

    def answer(handler, file):
        body = gzip.compress(files[file], mtime=0)
        first, start = file not in asked, handler.headers.get("Range")
        asked.append(file)
        if file == NAMES[2] and first:
            reply(handler, body[: len(body) // 2], length=len(body))
        elif start and ranges:
            rest = body[int(start.removeprefix("bytes=").partition("-")[0]) :]
            reply(handler, rest, len(rest), status=206)
        else:
            reply(handler, body, len(body))

    use(monkeypatch, name, mirrors=(serve(answer),))
    assert f"{name}: {NAMES[2]}.gz could not be downloaded" in message(name)
    whole = [f"{each}.gz" for each in NAMES[:2]]
    assert sorted(path.name for path in cache.iterdir()) == sorted(whole)
    for each in NAMES[:2]:
        assert gzip.decompress((cache / f"{each}.gz").read_bytes()) == files[each]
    check_small(load_idx_set(name), name)
    assert asked == [*NAMES[:3], *NAMES[2:]]
    for each in NAMES:
        assert gzip.decompress((cache / f"{each}.gz").read_bytes()) == files[each]


def hang_up(handler, file):
    reply(handler, b"\x1f\x8b\x08\0", length=1000)


def not_found(handler, file):
    handler.send_error(404)


def html(handler, file):
    reply(handler, b"<html>no", length=8)


def short(handler, file):
    reply(handler, gzip.compress(small_files()[file])[:-4])


def another(handler, file):
    reply(handler, gzip.compress(idx_bytes(np.zeros(3, np.uint8))))


def endless(handler, file):
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
    (endless, "the file is longer than the 1000000 bytes allowed"),
]


@pytest.mark.parametrize(("answer", "reason"), BROKEN)
def test_a_broken_mirror_leaves_nothing_and_says_what_to_do(
    cache, files, name, monkeypatch, serve, answer, reason
):
    monkeypatch.setattr(download, "MAX_BYTES", 1_000_000)
    url = serve(answer)
    host = url.split("/")[2]
    use(monkeypatch, name, mirrors=(url,))
    with pytest.raises(DataError, match=rf"\({host}: ({reason})\): get ") as error:
        load_idx_set(name)
    assert str(error.value).startswith(f"{name}: {NAMES[0]}.gz could not be downloaded (")
    wanted = ", ".join(f"{each}.gz" for each in NAMES)
    assert str(error.value).endswith(
        f"): get {wanted} from {url} and put them in $GLASSNET_DATA/{name}/ or in {cache}"
    )
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("answer", [answer for answer, _ in BROKEN])
def test_the_second_mirror_helps_when_the_first_is_broken(
    cache, files, name, monkeypatch, serve, answer
):
    monkeypatch.setattr(download, "MAX_BYTES", 1_000_000)
    use(monkeypatch, name, mirrors=(serve(answer), serve(mirror_of(files))))
    check_small(load_idx_set(name), name)
    assert len(list(cache.iterdir())) == 4


def test_a_silent_mirror_is_given_up_soon(cache, files, name, monkeypatch, serve):
    done = threading.Event()
    monkeypatch.setattr(download, "TIMEOUT", (0.1, 0.1))
    use(monkeypatch, name, mirrors=(serve(lambda *_: done.wait(5)),))
    try:
        assert "ReadTimeout" in message(name)
    finally:
        done.set()
    assert list(cache.iterdir()) == []


def test_no_network_names_every_mirror(cache, files, name, monkeypatch):
    use(monkeypatch, name, mirrors=("http://127.0.0.1:1/a/", "http://127.0.0.1:2/b/"))
    assert message(name) == (
        f"{name}: {NAMES[0]}.gz could not be downloaded "
        "(127.0.0.1:1: ConnectionError; 127.0.0.1:2: ConnectionError): "
        f"get {', '.join(f'{each}.gz' for each in NAMES)} "
        "from http://127.0.0.1:1/a/ or http://127.0.0.1:2/b/ "
        f"and put them in $GLASSNET_DATA/{name}/ or in {cache}"
    )


def test_an_interrupted_download_leaves_nothing(cache, files, name, monkeypatch):
    class Interrupted:
        def __init__(self, **options):
            pass

        def __call__(self, url, file, pooch):
            file.write(b"half")
            assert len(list(cache.iterdir())) == 1
            raise KeyboardInterrupt

    use(monkeypatch, name, mirrors=("http://127.0.0.1:1/",))
    monkeypatch.setattr("pooch.HTTPDownloader", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        load_idx_set(name)
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(cache, files, name, monkeypatch, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    use(monkeypatch, name, mirrors=("http://127.0.0.1:1/", "http://127.0.0.1:2/"))
    assert f"({cache}: cannot be written: " in message(name)


def test_the_sums_and_mirrors_are_the_public_ones():
    assert list(SETS) == ["mnist", "fashion-mnist"]
    for name, known in SETS.items():
        assert known.name == name
        assert tuple(known.sums) == NAMES
        assert len(known.classes) == 10
        assert all(url.endswith("/") for url in known.mirrors)
    firsts = [known.sums[NAMES[0]][:8] for known in SETS.values()]
    assert firsts == ["ba891046", "c59f468a"]


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


@pytest.mark.fashion
def test_the_real_fashion_mnist():
    clothing = load("fashion-mnist")
    assert (clothing.x_train.shape, clothing.x_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert clothing.x_train.dtype == np.uint8
    assert clothing.classes[clothing.y_train[0]] == "Ankle boot"
    assert np.bincount(clothing.y_train).tolist() == [6000] * 10
    assert clothing.x_train.max() * clothing.scale == 1
