"""Files made to harm, or broken: a GlassnetError, before anything large is made."""

import json
import os
import struct
import subprocess
import sys
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base import files
from glassnet.training import checkpoint as checkpoints

MOST = 5_000_000  # bytes that reading a hostile file may take


def network() -> gn.Sequential:
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dropout(0.1), gn.Dense(3)], input_shape=5, seed=0)
    net.fit(np.ones((8, 5)), np.arange(8) % 3, epochs=1, batch_size=4)
    return net


def whole(tmp_path: Path) -> bytes:
    network().save(tmp_path / "net.safetensors")
    return (tmp_path / "net.safetensors").read_bytes()


def parts(content: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def joined(header: Any, data: bytes, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def refused(path: Path, content: bytes) -> str:
    """The message with which it is refused, whoever is asked to read it."""
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(gn.GlassnetError) as error:
            gn.load(path)
        for read in (gn.Stack.load, checkpoints.read):
            with pytest.raises(gn.GlassnetError):
                read(path)
        assert tracemalloc.get_traced_memory()[1] < MOST + 4 * len(content)
    finally:
        tracemalloc.stop()
    assert "\n" not in str(error.value)
    return str(error.value)


def offsets(header: dict[str, Any], name: str, begin: int, end: int) -> dict[str, Any]:
    return {**header, name: {**header[name], "data_offsets": [begin, end]}}


def test_offsets_and_lengths_that_lie(tmp_path: Path) -> None:
    header, data = parts(whole(tmp_path))
    path, n = tmp_path / "bad.safetensors", len(data)
    first = header["0.W"]["data_offsets"]
    lies = {
        "a header longer than the file": joined(header, data, 10**6),
        "a length that wraps": joined(header, data, 2**64 - 8),
        "a length of 2⁶³": joined(header, data, 2**63),
        "overlapping": joined(offsets(header, "3.W", *first), data),
        "reversed": joined(offsets(header, "0.W", *first[::-1]), data),
        "a gap": joined(offsets(header, "0.W", first[0] + 4, first[1] + 4), data),
        "behind the end": joined(offsets(header, "0.W", n, n + 80), data),
        "beyond 64 bits": joined(offsets(header, "0.W", 2**64 - 80, 2**64), data),
        "negative": joined(offsets(header, "0.W", -80, 0), data),
        "more data than tensors": joined(header, data + b"\0" * 8),
        "less data than tensors": joined(header, data[:-1]),
        "a shape that overflows": joined(
            {**header, "0.W": {**header["0.W"], "shape": [2**40, 2**40]}}, data),
        "a shape of another size": joined(
            {**header, "0.W": {**header["0.W"], "shape": [5, 5]}}, data),
        "another type": joined({**header, "0.W": {**header["0.W"], "dtype": "I32"}}, data),
        "no type": joined({**header, "0.W": {**header["0.W"], "dtype": "F33"}}, data),
        "a name twice": joined(
            json.dumps(header).replace('"0.b"', '"0.W"').encode(), data),
        "no tensors": joined({"__metadata__": header["__metadata__"]}, b""),
        "nothing": b"",
        "seven bytes": b"\0" * 7,
        "a header of nothing": joined(b"", b""),
        "a header of a list": joined([1], b""),
        "no UTF-8": joined(b'{"\xff": 1}', b""),
    }  # fmt: skip
    for lie, content in lies.items():
        assert refused(path, content), lie


def described(content: bytes, change: Any) -> bytes:
    """The file with another description of the network."""
    header, data = parts(content)
    said = json.loads(header["__metadata__"]["glassnet"])
    text = change(said)
    text = json.dumps(said) if text is None else text
    header["__metadata__"]["glassnet"] = text
    return joined(header, data)


def test_descriptions_that_lie(tmp_path: Path) -> None:
    content, path = whole(tmp_path), tmp_path / "bad.safetensors"
    deep = "[" * 200_000 + "]" * 200_000
    lies: dict[str, Any] = {
        "a bomb of brackets": lambda said: deep,
        "a bomb in a layer": lambda said: json.dumps(said).replace('"Dropout"', deep),
        "a name twice": lambda said: '{"format": 1, ' + json.dumps(said)[1:],
        "no number": lambda said: json.dumps(said).replace("0.1", "NaN"),
        "an endless number": lambda said: json.dumps(said).replace("0.1", "1e999"),
        "a number of 10,000 digits": lambda said: json.dumps(said).replace("0.1", "1" * 10_000),
        "units of 10¹⁸": lambda said: said["network"]["layers"][0].update(units=10**18),
        "units of 10⁵⁰⁰": lambda said: json.dumps(said).replace(
            '"units": 4', f'"units": {"9" * 500}'),
        "an input of 10¹²": lambda said: said["network"].update(input_shape=[10**12]),
        "inputs of 10⁹ × 10⁹ × 10⁹": lambda said: said["network"].update(input_shape=[10**9] * 3),
        "a layer of Python's": lambda said: said["network"]["layers"][0].update(kind="os.system"),
        "a loss of Python's": lambda said: said.update(loss={"kind": "eval", "code": "1"}),
        "a million layers": lambda said: json.dumps(
            {**said, "network": {**said["network"], "layers": [{"kind": "ReLU"}] * 1000}}),
        "a reshape to 10¹²": lambda said: said["network"]["layers"].insert(
            0, {"kind": "Reshape", "shape": [10**6, 10**6]}),
        "no classes": lambda said: said.update(classes=None),
        "classes of numbers": lambda said: said.update(classes=7),
        "a schema of nothing": lambda said: said.update(schema={"columns": 3}),
        "no task": lambda said: said.pop("task"),
        "another task": lambda said: said.update(task="guessing"),
        "a class too many": lambda said: said.update(task="classes", classes=list("abcd")),
        "classes of lists": lambda said: said.update(classes=[[], {}, None]),
        "training of nothing": lambda said: said.update(trained=[]),
        "settings of nothing": lambda said: said["trained"].update(settings=3),
    }  # fmt: skip
    for lie, change in lies.items():
        assert refused(path, described(content, change)), lie


def test_a_long_header_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "long.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 90_000_000))
        file.truncate(90_000_100)  # a hole: it takes no room
    tracemalloc.start()
    with pytest.raises(gn.GlassnetError, match="its header has 90,000,000 bytes"):
        gn.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST


def test_cut_off_at_every_byte(tmp_path: Path) -> None:
    content, path = whole(tmp_path), tmp_path / "cut.safetensors"
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(gn.GlassnetError):
            gn.load(path)


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """One to four changes: a byte, a few bytes gone, doubled or of another place."""
    changed = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        place, length = int(rng.integers(len(changed))), int(rng.integers(1, 9))
        kind = rng.integers(5)
        if kind == 0:
            changed[place] = int(rng.integers(256))
        elif kind == 1:
            changed[place] ^= 1 << int(rng.integers(8))
        elif kind == 2:
            del changed[place : place + length]
        elif kind == 3:
            changed[place:place] = changed[place : place + length]
        else:
            other = int(rng.integers(len(changed)))
            changed[place : place + length] = changed[other : other + length]
        if not changed:
            return b""
    return bytes(changed)


@pytest.mark.slow
def test_mutations_load_or_are_refused(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A mutation may leave a file that is right; nothing else than a GlassnetError may come."""
    times = 100_000 if request.config.getoption("--full") else 8_000
    network().save(tmp_path / "net")
    gn.Stack.of(network(), 2).save(tmp_path / "stack")
    checkpoints.write(tmp_path / "checkpoint", {"a": np.ones(3), "b": [1, {"c": 0.5}]})
    readers = {"net": gn.load, "stack": gn.Stack.load, "checkpoint": checkpoints.read}
    contents = {name: (tmp_path / name).read_bytes() for name in readers}
    rng, path, refusals = np.random.default_rng(0), tmp_path / "mutated", 0
    for number in range(times):
        name = list(readers)[number % 3]
        path.write_bytes(mutated(contents[name], rng))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # NaN among the weights
                readers[name](path)
        except gn.GlassnetError:
            refusals += 1
    assert refusals > times / 3


def test_weights_that_are_no_numbers_load_with_a_warning(tmp_path: Path) -> None:
    net = network()
    net.parameters["0.W"][2, 1] = np.nan
    net.parameters["3.b"][0] = np.inf
    net.save(tmp_path / "net.safetensors")
    with pytest.warns(UserWarning, match=r"net.safetensors: 0.W and 3.b have values that are not"):
        again = gn.load(tmp_path / "net.safetensors")
    assert np.isnan(again.parameters["0.W"][2, 1])


def test_a_layer_of_ones_own_needs_to_be_named(tmp_path: Path) -> None:
    class Sine(gn.Layer):
        def forward(self, x: Any, rng: Any = None) -> tuple[Any, Any]:
            return np.sin(x), x

        def backward(self, dy: Any, saved: Any) -> Any:
            return dy * np.cos(saved)

    net = gn.Sequential([Sine(), gn.Dense(2)], input_shape=3, seed=0)
    net.save(tmp_path / "net.safetensors")
    with pytest.raises(gn.GlassnetError, match="unknown kind of layer 'Sine'"):
        gn.load(tmp_path / "net.safetensors")
    again = gn.load(tmp_path / "net.safetensors", layers=[Sine])
    x = np.ones((2, 3))
    assert again(x).tobytes() == net(x).tobytes()


# ---- writing

FAULTS = """
import builtins, os, sys
from pathlib import Path
import numpy as np
import glassnet as gn

path, at, how = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
calls = 0

def faulty(function):
    def call(*arguments, **settings):
        global calls
        calls += 1
        if calls == at:
            if how == "kill":
                os._exit(9)
            number = {"full": 28, "denied": 13}[how]
            raise OSError(number, os.strerror(number))
        return function(*arguments, **settings)
    return call

class Faulty:
    def __init__(self, file):
        self.file = file
    def __getattr__(self, name):
        found = getattr(self.file, name)
        return faulty(found) if name in ("write", "flush") else found
    def __enter__(self):
        return self
    def __exit__(self, *rest):
        return self.file.__exit__(*rest)

plain = open
builtins.open = lambda *a, **k: Faulty(plain(*a, **k)) if "opener" in k else plain(*a, **k)
for owner, name in [(os, "fsync"), (Path, "chmod"), (Path, "replace"), (os, "close"), (os, "open")]:
    setattr(owner, name, faulty(getattr(owner, name)))
net = gn.Sequential([gn.Dense(2)], input_shape=3, seed=1)
calls = 0
try:
    net.save(path)
except gn.GlassnetError as error:
    print("reported:", error)
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["full", "denied", "kill"])
def test_whatever_fails_in_writing_the_old_file_is_whole_or_the_new(
    tmp_path: Path, how: str
) -> None:
    old = gn.Sequential([gn.Dense(2)], input_shape=3, seed=0)
    new = gn.Sequential([gn.Dense(2)], input_shape=3, seed=1)
    path, calls, at = tmp_path / "net.safetensors", 1, 0
    while at < calls:
        at += 1
        old.save(path)
        words = [sys.executable, "-c", FAULTS, str(path), str(at), how]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        found = gn.load(path).parameters.vector.tobytes()
        assert found in (old.parameters.vector.tobytes(), new.parameters.vector.tobytes())
        if how == "kill":
            assert done.returncode in (0, 9), done.stderr
            calls = at + (done.returncode == 9)
        else:
            assert done.returncode == 0, done.stderr
            reported = "reported: cannot write" in done.stdout
            calls = at + reported
            assert reported == (os.strerror({"full": 28, "denied": 13}[how]) in done.stdout)
            assert [each.name for each in tmp_path.iterdir()] == [path.name], at
    assert at > 6


def test_more_description_than_a_reader_would_take_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(gn.GlassnetError, match="characters of description"):
        files.write(tmp_path / "x", {}, {"text": "a" * files.LONGEST_HEADER})
    assert not (tmp_path / "x").exists()
