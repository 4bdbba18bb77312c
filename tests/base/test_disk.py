"""Writing and reading files: what is not a file, modes and links, and what killed writers leave."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base import disk, files
from glassnet.data import load
from glassnet.inspection import plots
from glassnet.interop import from_onnx
from glassnet.workflows.predict import predict
from glassnet.workflows.recipes.loader import load_recipe

Paths = dict[str, Path]


def network() -> gn.Sequential:
    return gn.Sequential([gn.Dense(2)], input_shape=3, seed=0)


@pytest.fixture
def odd(tmp_path: Path) -> Paths:
    """What has a name and is not a file; nobody reads or writes its other end."""
    found = {"a pipe": tmp_path / "pipe", "a folder": tmp_path / "folder"}
    os.mkfifo(found["a pipe"])
    found["a folder"].mkdir()
    found["a socket"] = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(found["a socket"]))
    if os.geteuid() == 0:
        found["a device"] = tmp_path / "endless"
        os.mknod(found["a device"], 0o600 | 0o020000, os.makedev(1, 5))  # as /dev/zero
    found["a pipe "] = tmp_path / "link"
    found["a pipe "].symlink_to("pipe")
    return found


def kinds(odd: Paths) -> dict[str, int]:
    return {name: path.stat().st_mode for name, path in odd.items()}


WRITERS: dict[str, Callable[[Path], Any]] = {
    "a network": lambda path: network().save(path),
    "a stack": lambda path: gn.Stack.of(network(), 2).save(path),
    "a checkpoint": lambda path: network().fit(
        np.ones((4, 3)), [0, 1, 0, 1], epochs=1, checkpoint=gn.Checkpoint(path, 1)
    ),
    "a picture": lambda path: plots.save(plots.weights(network()), path),
}


@pytest.mark.parametrize("what", WRITERS)
def test_what_is_not_a_file_is_never_replaced(odd: Paths, what: str) -> None:
    before = kinds(odd)
    for kind, path in odd.items():
        with pytest.raises(gn.GlassnetError, match=rf"cannot write .*: it is {kind.strip()}, exp"):
            WRITERS[what](path)
    assert kinds(odd) == before


READERS: dict[str, Callable[[Path], Any]] = {
    "a network": gn.load,
    "a stack": gn.Stack.load,
    "a checkpoint": lambda path: network().fit(np.ones((4, 3)), [0, 1, 0, 1], resume=path),
    "onnx": from_onnx,
}


@pytest.mark.parametrize("what", READERS)
def test_what_is_not_a_file_is_not_read(odd: Paths, what: str) -> None:
    for kind, path in odd.items():
        with pytest.raises(gn.GlassnetError, match=f"it is {kind.strip()}, expected a regular"):
            READERS[what](path)


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".tsv", ".parquet", ".npy", ".npz", ".toml"])
def test_data_and_recipes_are_files(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"pipe{ending}"
    os.mkfifo(path)
    read = load_recipe if ending == ".toml" else load
    with pytest.raises(gn.GlassnetError, match="pipe"):
        read(str(path))


def test_a_folder_of_pipes(tmp_path: Path) -> None:
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(gn.GlassnetError, match="it is a pipe, expected a regular file"):
        load(tmp_path)


def test_a_name_that_no_file_can_have() -> None:
    with pytest.raises(gn.GlassnetError, match="cannot write"):
        network().save("a\0b")


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far" / "net", tmp_path / "link"
    link.symlink_to("far/net")
    for _ in range(2):  # where the file is not there yet, and where it is
        network().save(link)
        assert link.is_symlink() and real.is_file() and not real.is_symlink()
        assert gn.load(link).parameters.vector.size == 8
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    with pytest.raises(gn.GlassnetError, match="symbolic links"):
        network().save(loop)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o400])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "net"
    path.touch()
    path.chmod(mode)
    with disk.replacing(path) as file:
        assert Path(file.name).stat().st_mode & 0o077 == 0  # not for others even meanwhile
        file.write(b"new")
    assert path.stat().st_mode & 0o7777 == mode and path.read_bytes() == b"new"


def test_the_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "net"
    path.touch()
    root = os.geteuid() == 0  # who alone gives files away; others choose among their groups
    owner = (1234, 4321) if root else (os.geteuid(), [os.getegid(), *os.getgroups()][-1])
    os.chown(path, *owner)
    network().save(path)
    assert (path.stat().st_uid, path.stat().st_gid) == owner


def test_nobody_else_sees_another_umask(tmp_path: Path) -> None:
    path, wrong, done = tmp_path / "net", [], threading.Event()

    def watch() -> None:
        while not done.is_set():
            handle = os.open(tmp_path / "mine", os.O_CREAT | os.O_WRONLY, 0o666)
            wrong.append(os.fstat(handle).st_mode & 0o777)
            os.close(handle)
            (tmp_path / "mine").unlink()

    before = os.umask(0o027)
    try:
        other = threading.Thread(target=watch)
        other.start()
        for _ in range(50):
            path.unlink(missing_ok=True)
            files.write(path, {}, {})
            assert path.stat().st_mode & 0o777 == 0o640
        done.set()
        other.join()
    finally:
        os.umask(before)
    assert set(wrong) == {0o640}


WRITE_SLOWLY = """
import sys, time
from glassnet.base.disk import replacing
with replacing(sys.argv[1]) as file:
    file.write(b"half")
    print("writing", flush=True)
    time.sleep(60)
"""


def slow_writer(path: Path) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", WRITE_SLOWLY, str(path)]
    writer = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None and writer.stdout.readline() == "writing\n"
    return writer


def test_what_killed_writers_leave_is_removed_and_not_what_others_write(tmp_path: Path) -> None:
    path = tmp_path / "net"
    living, killed = slow_writer(path), [slow_writer(path) for _ in range(3)]
    for each in killed:
        each.send_signal(signal.SIGKILL)
        each.communicate()
    assert len([*tmp_path.iterdir()]) == 4
    elsewhere = tmp_path / ".glassnet-00000000-0123456789abcdef"  # of another machine
    elsewhere.touch()
    network().save(tmp_path / "other")  # of another name, in the same folder
    left = {each.name for each in tmp_path.iterdir()} - {"other", elsewhere.name}
    assert len(left) == 1
    living.send_signal(signal.SIGKILL)
    living.communicate()
    network().save(path)
    assert {each.name for each in tmp_path.iterdir()} == {"net", "other", elsewhere.name}


def test_many_write_at_once(tmp_path: Path) -> None:
    """The file is always one of those written, and nothing is left."""
    path, failures = tmp_path / "net", []
    until = time.monotonic() + 1

    def write(number: int) -> None:
        try:
            while time.monotonic() < until:
                with disk.replacing(path) as file:
                    file.write(bytes([number]) * 1000)
                content = path.read_bytes()
                assert len(content) == 1000 and len(set(content)) == 1
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failures and [*tmp_path.iterdir()] == [path]


def test_predictions_do_not_replace_a_pipe(tmp_path: Path) -> None:
    net = network()
    net.fit(np.ones((4, 3)), [0, 1, 0, 1], epochs=1)
    np.savez(tmp_path / "x.npz", x=np.ones((2, 3)), y=np.zeros(2, int))
    os.mkfifo(tmp_path / "out.csv")
    with pytest.raises(gn.GlassnetError, match="it is a pipe"):
        predict(net, str(tmp_path / "x.npz"), tmp_path / "out.csv")
