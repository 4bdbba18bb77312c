"""What every test needs: the code in README and docs run as tests, and MNIST where it is."""

import contextlib
import gc
import io
import os
import shutil
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from xdist.scheduler import LoadFileScheduling

import tests.own_layers  # noqa: F401  (it registers layers, which every battery then takes)
from glassnet.data.sources.mnist import SYSTEM
from glassnet.nn.layers.activations import ACTIVATIONS
from glassnet.nn.layers.base import LAYERS
from tests.postgresql import programs, server

# The datasets that marked tests need.
PICTURES = {"mnist": "mnist", "fashion": "fashion-mnist"}
MISSING = "{name} is missing: set GLASSNET_DATA to a folder that holds {name}/ with its files"

# Every process that a test starts would otherwise compile all of glassnet's modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The shell has no windows, and starts and draws faster; so does one without a process for graphics.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-software-rasterizer")

# Scripts, one needs torch and one has less; and layers that `import tests.own_layers` registers.
collect_ignore = [
    "tests/nn/golden", "tests/core_only.py", "tests/installed.py", "tests/own_layers.py",
]  # fmt: skip


collect_ignore_glob = ["*/conftest.py"]  # as modules with doctests, of one name each


@pytest.fixture(scope="module")
def empty_folder(tmp_path_factory: pytest.TempPathFactory):
    """Pages may write files: each works in a folder of its own."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("page"))
    Path("pictures").mkdir()  # where the course's pages draw
    yield
    os.chdir(before)


@pytest.fixture(scope="module")
def names_of_its_own():
    """What a page registers, other tests do not know."""
    tables = LAYERS, ACTIVATIONS
    before = [dict(table) for table in tables]
    yield
    for table, known in zip(tables, before, strict=True):
        table.clear()
        table.update(known)


def run_and_keep(example: Example) -> None:
    """Run a `python` block, and keep what it prints for the `text` block after it."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        PythonEvaluator()(example)
    kept = example.namespace.get("__printed__", "")
    example.namespace["__printed__"] = kept + printed.getvalue()


def expect_output(example: Example) -> None:
    """A `text` block shows what the blocks before it have printed, to the letter."""
    printed = example.namespace.pop("__printed__", "")
    lines = [[line.rstrip() for line in text.splitlines()] for text in (example.parsed, printed)]
    assert lines[0] == lines[1], (
        f"{example.path}:{example.line} shows other output than:\n{printed}"
    )


# The `python` blocks of a page run in order, in one namespace.
pages = Sybil(
    parsers=[PythonCodeBlockParser()],
    patterns=["*.md"],
    excludes=["docs/course/*"],
    fixtures=["empty_folder", "names_of_its_own"],
)
# Those of the course print what the page shows.
course = Sybil(
    parsers=[CodeBlockParser("python", run_and_keep), CodeBlockParser("text", expect_output)],
    patterns=["docs/course/*.md"],
    fixtures=["empty_folder", "names_of_its_own"],
)
pytest_collect_file = (pages + course).pytest()


@pytest.fixture(params=["numpy", "compiled"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each engine in turn: "auto" takes compiled steps wherever there are any, or never."""
    if request.param == "compiled":
        pytest.importorskip("numba", reason="compiled steps need Numba")
    worth = -1.0 if request.param == "compiled" else float("inf")
    monkeypatch.setattr("glassnet.training.engines.WORTH_LOADING", worth)
    monkeypatch.setattr("glassnet.training.engines.WORTH_COMPILING", worth)
    return str(request.param)


@pytest.fixture(scope="session")
def browser():
    """Chromium, one for all tests of a process: Playwright starts only once in a thread."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"there is no chromium on this machine: apt-get install {BROWSERS[0]}")
    with playwright.sync_playwright() as p:
        found = p.chromium.launch(executable_path=path, args=SWITCHES)
        yield found
        found.close()


@pytest.fixture(scope="session")
def postgresql():
    """The address of an empty PostgreSQL database, on a server of our own."""
    pytest.importorskip("psycopg", reason="PostgreSQL needs psycopg")
    if (binaries := programs()) is None:
        pytest.skip("there is no PostgreSQL on this machine: apt-get install postgresql")
    with server(binaries) as address:
        yield address


class OnePlaceToCompile(LoadFileScheduling):
    """Runs the tests of a file in one process, and all tests of the largest compiled kernels in
    one, since two processes would both compile each kernel."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        compiling = file.startswith(("tests/training/", "tests/compiled/")) and "fused" not in file
        return "compiling" if compiling else file


def pytest_xdist_make_scheduler(config: pytest.Config, log):
    return OnePlaceToCompile(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_configure(config: pytest.Config) -> None:
    """A thread of BLAS waits busily after its work, on the processor of another worker."""
    if getattr(config.option, "numprocesses", None):
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
            os.environ.setdefault(name, "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="run the recipes at full size (about an hour)"
    )


def pytest_collection_finish() -> None:
    leave_to_the_end()


@pytest.fixture(scope="module", autouse=True)
def little_to_collect():
    """What a file's tests leave, such as compiled kernels, later ones need not look through."""
    yield
    leave_to_the_end()


def leave_to_the_end() -> None:
    """Let the garbage collector pass over all that there is now."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if folder := os.environ.get("GLASSNET_DATA"):
        os.environ["GLASSNET_DATA"] = str(Path(folder).resolve())  # tests change folders
    for item in items:
        for mark, name in PICTURES.items():
            if item.get_closest_marker(mark) and not is_here(name):
                item.add_marker(pytest.mark.skip(reason=MISSING.format(name=name)))


def is_here(name: str) -> bool:
    """Whether tests may read a dataset; none is downloaded."""
    folders = Path(os.environ.get("GLASSNET_DATA", "nowhere")), SYSTEM
    return any((folder / name).is_dir() for folder in folders)
