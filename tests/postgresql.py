"""A private PostgreSQL server for tests: on a free port, in a folder of its own, never as root."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

PASSWORD = "se:cr@t/9"
QUOTED = "se%3Acr%40t%2F9"


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`, where there is one."""
    found = shutil.which("initdb")
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(found).resolve().parent if found else known[-1].parent if known else None


def somebody() -> dict[str, Any]:
    """For `subprocess`: a user who is not root, since PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    names = {each.pw_name: each for each in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def server(binaries: Path) -> Iterator[str]:
    """The address of a database on a server that ends with this block."""
    who, folder = somebody(), Path(tempfile.mkdtemp(prefix="glassnet-pg-"))
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if who:
            for path in (folder, secret):
                os.chown(path, who["user"], who["group"])
        data = folder / "data"
        how: dict[str, Any] = {"cwd": folder, "stdout": subprocess.PIPE, **who}
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "ann", "-A", "scram-sha-256", "-E", "UTF8",
             "--no-locale", "--no-sync", f"--pwfile={secret}"],
            check=True, stderr=subprocess.STDOUT, **how,
        )  # fmt: skip
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        how["stdout"] = subprocess.DEVNULL
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-p", str(port), *given],
            stderr=subprocess.DEVNULL, **how,
        )  # fmt: skip
        try:
            _wait(port, process)
            yield f"postgresql://ann:{QUOTED}@127.0.0.1:{port}/postgres"
        finally:
            process.terminate()
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    for _ in range(200):
        assert process.poll() is None, "postgres has ended"
        try:
            psycopg.connect(
                host="127.0.0.1", port=port, user="ann", password=PASSWORD, dbname="postgres"
            ).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise AssertionError("postgres does not answer")
