"""Files at http(s) addresses: downloaded whole and bounded, and kept by checksum."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from glassnet.base.addresses import is_web, path_in, without_password
from glassnet.base.disk import read_bytes, replacing
from glassnet.base.errors import DataError, renamed
from glassnet.base.optional import need
from glassnet.data.readers import download
from glassnet.data.readers.endings import ENDINGS
from glassnet.data.readers.pictures import ENDINGS as PICTURES

MAX_SECONDS = 300.0
"""The longest that one download may take."""

MAX_REDIRECTS = 5
PURPOSE = "downloading"
HTML = (b"<!doctype html", b"<html")
BY_TYPE = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/vnd.apache.parquet": ".parquet",
    "application/vnd.apache.arrow.file": ".arrow",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/zip": ".zip",
}
REASONS = {
    401: "it needs a user and a password",
    403: "the server does not give it to you",
    404: "there is nothing at this address; check it",
    410: "there is nothing at this address any more",
}


class Kept(NamedTuple):
    """A file in the cache, and what the server said of its version."""

    sha256: str
    name: str
    etag: str = ""
    modified: str = ""

    @property
    def path(self) -> Path:
        """Where it is: in a folder that is named after its checksum."""
        return _folder() / self.sha256 / self.name


@contextmanager
def at_hand(*sources: Any) -> Iterator[tuple[list[Any], list[str]]]:
    """Each source, or the file that was downloaded from its address; and notes of what was.

    An error within the block that names such a file names its address instead.
    """
    files, notes, names = list[Any](), list[str](), dict[str, str]()
    for source in sources:
        if is_web(source):
            kept, said = fetch(source)
            names[str(kept)] = without_password(source)
            notes.append(said)
            files.append(kept)
        else:
            files.append(source)
    try:
        yield files, notes
    except DataError as error:
        text = str(error)
        for path, address in names.items():
            text = text.replace(path, address)
        raise renamed(error, text) from None


def fetch(address: str) -> tuple[Path, str]:
    """The file at an address, in the user's cache, and a line about it.

    The server is asked each time; a file that is the same as before is not sent again. Raises
    DataError for what is missing, too large, too slow, a page of HTML, or cannot be trusted.
    """
    shown = without_password(address)
    with download.Bar(path_in(address).rpartition("/")[2] or "file") as bar:
        asked = _Request(address, _known(shown), bar)
        try:
            kept, led_to, size = _within(MAX_SECONDS, asked)
        except DataError as error:
            raise DataError(f"{shown}: {error}") from None
        except OSError as error:
            raise DataError(f"{shown}: cannot be kept: {error.strerror or error}") from None
    where = f"{shown}, which leads to {led_to}" if led_to else shown
    what = f"{size:,} bytes" if size is not None else "as it was before"
    return kept.path, f"downloaded {where}: {what}, SHA-256 {kept.sha256[:16]}…"


def _within(seconds: float, work: "_Request") -> tuple[Kept, str, int | None]:
    """What `work` returns, in a thread of its own: a server may send a byte now and then."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work.response())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        thread.join(seconds)
    finally:
        work.stopped.set()
    if not found:
        raise DataError(f"took longer than the {seconds:g} seconds allowed: download it yourself")
    if isinstance(found[0], BaseException):
        raise found[0]
    result: tuple[Kept, str, int | None] = found[0]
    return result


class _Request:
    """One request: for an address, of which an older version may be `known`."""

    def __init__(self, address: str, known: Kept | None, bar: Any) -> None:
        self.address, self.known, self.bar = address, known, bar
        self.stopped = threading.Event()

    def response(self) -> tuple[Kept, str, int | None]:
        """What is kept now, where redirects led to, and its bytes if any were sent."""
        requests = need("requests", PURPOSE)
        headers = {"Accept-Encoding": "identity", "User-Agent": "glassnet"}
        if self.known is not None:
            given = {"If-None-Match": self.known.etag, "If-Modified-Since": self.known.modified}
            headers |= {name: value for name, value in given.items() if value}
        try:
            with requests.Session() as session:
                session.max_redirects = MAX_REDIRECTS
                how = {"stream": True, "timeout": download.TIMEOUT, "headers": headers}
                with session.get(self.address, **how) as response:
                    led_to = without_password(response.url) if response.history else ""
                    if response.status_code == 304 and self.known is not None:
                        return self.known, led_to, None
                    content = self._content(response)
                    return self._keep(content, response), led_to, len(content)
        except (requests.RequestException, UnicodeError) as error:
            raise DataError(_why(error, requests)) from None

    def _content(self, response: Any) -> bytes:
        """The bytes of the file."""
        status = response.status_code
        if status != 200:
            raise DataError(f"HTTP {status}: {REASONS.get(status, 'the server does not send it')}")
        size = response.headers.get("Content-Length", "")
        self.bar.total = int(size) if size.isdecimal() else 0
        if self.bar.total > download.MAX_BYTES:
            raise DataError(f"has {self.bar.total:,} bytes: {_TOO_LARGE}")
        content = BytesIO()
        for data in response.iter_content(2**16):
            if self.stopped.is_set():
                raise DataError("was broken off")
            if content.tell() + len(data) > download.MAX_BYTES:
                raise DataError(f"has more than {download.MAX_BYTES:,} bytes: {_TOO_LARGE}")
            content.write(data)
            self.bar.update(len(data))
        return content.getvalue()

    def _keep(self, content: bytes, response: Any) -> Kept:
        """The content in the cache."""
        if content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(HTML):
            raise DataError(
                "is a page of HTML, not data: give the address of the file itself, which the page "
                "may have as a link"
            )
        name = _name(self.address, response.headers, response.url)
        version = (response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))
        kept = Kept(hashlib.sha256(content).hexdigest(), name, *version)
        kept.path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(kept.path) as file:
            file.write(content)
        with replacing(_record(without_password(self.address))) as file:
            file.write(json.dumps(kept._asdict()).encode())
        return kept


_TOO_LARGE = "more than is downloaded; download it yourself, then give its path"


def _why(error: Exception, requests: Any) -> str:
    """What went wrong, in few words; those of the network's packages fill a screen."""
    kinds = requests.exceptions
    known: list[tuple[type[Exception], str]] = [
        (kinds.SSLError, "its certificate cannot be trusted"),
        (kinds.Timeout, f"the server does not respond within {download.TIMEOUT[1]:g} seconds"),
        (kinds.TooManyRedirects, f"leads further more than {MAX_REDIRECTS} times"),
        (kinds.InvalidSchema, "leads to an address that is neither http:// nor https://"),
        (kinds.ChunkedEncodingError, "the server broke off: try again"),
        (kinds.ContentDecodingError, "what the server sends is damaged"),
        (kinds.ConnectionError, "the server cannot be reached; check the address and the network"),
    ]
    said = next((text for kind, text in known if isinstance(error, kind)), "is no address")
    if isinstance(error, kinds.SSLError):
        found = re.search(r"certificate verify failed: ([^(]*)", str(error))
        return f"{said} ({found[1].strip()})" if found else said
    if isinstance(error, kinds.ConnectionError) and "timed out" in str(error).lower():
        return known[1][1]
    return said


def _name(address: str, headers: Mapping[str, str], led_to: str) -> str:
    """What the file is called: with an ending by which it can be read."""
    message = Message()
    message["Content-Disposition"] = headers.get("Content-Disposition", "")
    message["Content-Type"] = headers.get("Content-Type", "")
    parts = [path_in(url).rpartition("/")[2] for url in (address, led_to)]
    names = [parts[0], message.get_filename() or "", parts[1]]
    for name in names:
        if name.lower().endswith((*ENDINGS, *PICTURES)):
            return _plain(name)
    if ending := BY_TYPE.get(message.get_content_type()):
        return _plain(f"{Path(names[0]).stem or 'data'}{ending}")
    raise DataError(
        "does not say what kind of file it is: expected an address that ends in one of "
        + ", ".join(ENDINGS)
    )


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)[-100:]


# ---- the cache


def _folder() -> Path:
    return download.user_cache() / "web"


def _record(shown: str) -> Path:
    """What is kept for an address; the name does not tell the address."""
    return _folder() / f"{hashlib.sha256(shown.encode()).hexdigest()}.json"


def _known(shown: str) -> Kept | None:
    """What was kept for an address, if it is still whole."""
    try:
        kept = Kept(**json.loads(read_bytes(_record(shown))))
        content = read_bytes(kept.path, download.MAX_BYTES)
    except (OSError, ValueError, TypeError):
        return None
    return kept if hashlib.sha256(content).hexdigest() == kept.sha256 else None
