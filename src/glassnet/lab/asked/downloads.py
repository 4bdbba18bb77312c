"""What can be taken along: the network, its training, and its pictures, as files."""

import base64
import io
import re
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from glassnet.base.configurable import choose
from glassnet.base.errors import InputError
from glassnet.data.readers.endings import name_of
from glassnet.lab.asked.links import link_text
from glassnet.lab.commands import Reply, command
from glassnet.lab.sources import File, Named
from glassnet.lab.state.session import Session
from glassnet.lab.state.starting import LAB
from glassnet.sequential import Sequential

if TYPE_CHECKING:
    from glassnet.inspection.gallery_page import Picture

Files = dict[str, bytes]
TYPES = {
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".zip": "application/zip",
}
EPOCH = (1980, 1, 1, 0, 0, 0)  # of files in a .zip, so that the same files are the same bytes
drawing = threading.Lock()  # the ground of a picture is a setting of all of matplotlib


def stem_of(session: Session) -> str:
    """How the files of this lab are called: by the data."""
    return re.sub(r"[^\w.-]+", "-", name_of(session.run.data.name))[:60].strip("-.") or "lab"


def trained(session: Session) -> Sequential:
    """A copy of the network as it is now, which knows what it was trained on, how, and how well."""
    run = session.run
    network: Sequential = run.network.copy()
    network.seed = session.settings.seed
    run.plan.record(network, run.trainer.history)
    part, x, y = run.data.evaluation_part
    network.trained[part] = network.evaluate(x, y)
    settings = session.settings.model_copy(update={"start": None})
    network.trained |= {"data": _source(session), LAB: link_text(settings)}
    return network


def _source(session: Session) -> str:
    """What the data are called on the command line."""
    source, shelf = session.settings.data, session.shelf
    if isinstance(source, File):
        return source.name if source.name in shelf.dropped else str(shelf.path(source.name))
    return source.name if isinstance(source, Named) else session.run.data.name


# ---- the forms


def _model(session: Session) -> Files:
    return _written(lambda path: trained(session).save(path), f"{stem_of(session)}.safetensors")


def _recipe(session: Session) -> Files:
    from glassnet.lab.out.recipe import recipe

    text, files = recipe(session)
    return {f"{stem_of(session)}.toml": text.encode(), **files}


def _python(session: Session) -> Files:
    from glassnet.lab.out.listing import listing

    text, files = listing(session)
    return {f"{stem_of(session)}.py": text.encode(), **files}


def _exported(to: str, session: Session) -> Files:
    from glassnet.interop import export

    name = f"{stem_of(session)}-{to}"
    return _written(lambda path: export(trained(session), to, path), name)


FORMS: dict[str, Callable[[Session], Files]] = {
    "model": _model,
    "recipe": _recipe,
    "python": _python,
    "numpy": lambda session: _exported("numpy", session),
    "onnx": lambda session: _exported("onnx", session),
}


def _written(write: Callable[[Path], Any], name: str) -> Files:
    """The files that a function writes into a folder, a script before its weights."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder, name))
        found = sorted(Path(folder).iterdir(), key=lambda file: file.suffix != ".py")
        return {file.name: file.read_bytes() for file in found}


@command
def download(session: Session, form: str) -> Reply:
    """The lab in one of `FORMS`; several files come as one .zip."""
    if session.settings.fault is not None:
        raise InputError("a task has planted an error in this network: leave the task to save it")
    files = FORMS[choose("form", form, FORMS)](session)
    return {**sent(files), "said": " ".join(_said(session, form, files))}


def _said(session: Session, form: str, files: Files) -> Iterator[str]:
    """What to know of the files, in sentences."""
    again = form in ("recipe", "python")
    source = session.settings.data
    if again and isinstance(source, File) and source.name not in files:
        yield f"{source.name} is too large to be packed along: put it into the same folder."
    if form == "recipe" and session.settings.start is not None:
        yield "A recipe cannot name weights to begin with: this one draws new ones."
    if again and len(session.run.segments) > 1:
        yield (
            "Something was changed by hand during this run: the file trains with the present "
            "settings from the first step, so it comes to other numbers."
        )
    if len(files) > 1:
        first, *others = files
        kept, it = ("hold", "them") if len(others) > 1 else ("holds", "it")
        what = "what it reads" if again else "the weights"
        yield f"{' and '.join(others)} {kept} {what}: keep {it} in one folder with {first}."


def sent(files: Mapping[str, bytes]) -> Reply:
    """Files as the page saves them."""
    name, content = next(iter(files.items()))
    if len(files) > 1:
        name, content = f"{Path(name).stem}.zip", _packed(files)
    kind = TYPES.get(Path(name).suffix, "application/octet-stream")
    return {"name": name, "type": kind, "data": base64.b64encode(content).decode()}


def _packed(files: Mapping[str, bytes]) -> bytes:
    with io.BytesIO() as buffer:
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name, EPOCH), content)
        return buffer.getvalue()


# ---- pictures


def drawn(session: Session) -> dict[str, "Picture"]:
    """The pictures that fit the data and the network, by the names of their files."""
    from glassnet.inspection import gallery

    run = session.run
    some = gallery.pictures(run.network, run.trainer.history, run.data)
    return {picture.stem: picture for picture in some}


@command
def pictures(session: Session) -> Reply:
    """Which pictures there are: the name of each, and the line below it."""
    return {"pictures": [[name, each.name, each.hint] for name, each in drawn(session).items()]}


@command
def picture(
    session: Session, name: str, kind: Literal["png", "svg"] = "svg", dark: bool = False
) -> Reply:
    """A picture as a file."""
    from glassnet.inspection import gallery, plots

    run, known = session.run, drawn(session)
    found = known[choose("picture", name, known)]
    _, x, y = run.data.evaluation_part
    about = gallery.facts(run.network, run.data, run.network.evaluate(x, y))
    with drawing, plots.dark(dark), plots.about(*about[: 1 if found.section == "Data" else None]):
        draw: Any = found.draw
        return sent(_written(lambda path: plots.save(draw(), path), f"{name}.{kind}"))
