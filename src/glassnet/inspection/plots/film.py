"""Decision regions as they change in training: a moving picture."""

import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from glassnet.base.arrays import Array, FilePath, as_array
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.base.files import atomic_write
from glassnet.base.optional import need
from glassnet.base.progress import work
from glassnet.inspection.plots.figures import new_axes
from glassnet.inspection.plots.predictions import regions
from glassnet.inspection.plots.titles import about, known_of
from glassnet.training.callbacks.protocol import Logs

DPI = 90  # a film has many pictures


class Film:
    """A callback that keeps the network of every so many epochs, and draws its decision regions.

    `save` writes a .gif, or an .mp4, which needs
    ffmpeg, or `pip install "glassnet[film]"`, which brings it.

    - `x`: the samples that are drawn with the regions, (samples, 2).
    - `labels`: of these samples.
    - `classes=()`: the names of the labels.
    - `every=1`: epochs between two pictures.

    Raises `InputError` if samples have not two features.
    """

    trainer: Any

    @named
    def __init__(self, x: Any, labels: Any, classes: Any = (), every: int = 1) -> None:
        self.x, self.labels, self.classes = as_array("x", x), as_array("labels", labels), classes
        if self.x.ndim != 2 or self.x.shape[1] != 2:
            raise InputError(f"Film: x has shape {self.x.shape}, expected (samples, 2)")
        if every < 1:
            raise InputError(f"Film: every is {every}, expected at least 1 epoch")
        self.every = every
        self.frames: list[tuple[int, Array]] = []

    def on_train_begin(self, logs: Logs) -> None:
        """The first picture is of the first weights."""
        self.frames = [(0, self.trainer.network.parameters.vector.copy())]

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Keep the parameters, if it is time."""
        if (epoch + 1) % self.every == 0:
            self.frames.append((epoch + 1, self.trainer.network.parameters.vector.copy()))

    @named
    def save(self, path: FilePath, per_second: int = 10) -> None:
        """Write the film; `InputError` before a training, or for an unknown ending.

        - `path`: of a .gif or an .mp4.
        - `per_second=10`: pictures in a second.
        """
        if not self.frames:
            raise InputError("Film: there is nothing yet: give it to fit as a callback")
        animation = need("matplotlib.animation", "drawing")
        writers = {".gif": "PillowWriter", ".mp4": "FFMpegWriter"}
        kind = Path(path).suffix.lower()
        if kind not in writers:
            raise InputError(f"{path}: a film is a .gif or an .mp4 file")
        if not Path(path).parent.is_dir():
            raise InputError(f"{path}: there is no folder {Path(path).parent}: make it first")
        if kind == ".mp4" and not animation.writers.is_available("ffmpeg"):
            _bring_ffmpeg()
        network, ax = copy.deepcopy(self.trainer.network), new_axes()
        figure: Any = ax.get_figure()
        known = known_of(network)

        def draw(frame: tuple[int, Array]) -> list[Any]:
            epoch, theta = frame
            network.parameters.vector[...] = theta
            ax.clear()
            with about(*known, f"epoch {epoch}"):
                regions(network, self.x, self.labels, self.classes, ax)
            return []

        film = animation.FuncAnimation(figure, draw, self.frames, cache_frame_data=False)
        with (
            TemporaryDirectory() as folder,
            atomic_write(path) as file,
            work("drawing the film", len(self.frames), "pictures") as drawing,
        ):
            drawn = Path(folder, f"film{kind}")  # by name: another program may write it
            film.save(
                str(drawn),
                writer=getattr(animation, writers[kind])(per_second),
                dpi=DPI,
                progress_callback=lambda number, of: drawing.add(),
            )
            file.write(drawn.read_bytes())


def _bring_ffmpeg() -> None:
    """Let matplotlib find the program that a package brings."""
    program = need("imageio_ffmpeg", "an .mp4 without ffmpeg").get_ffmpeg_exe()
    need("matplotlib", "drawing").rcParams["animation.ffmpeg_path"] = program
