"""Which forms there are, and the one call that writes each."""

from collections.abc import Callable
from pathlib import Path

from glassnet.base.arrays import FilePath
from glassnet.base.configurable import choose, named
from glassnet.interop import to_keras as keras_script
from glassnet.interop import to_numpy as numpy_script
from glassnet.interop import to_onnx as onnx_graph
from glassnet.interop import to_torch as torch_script
from glassnet.interop.script import Script, write
from glassnet.nn.network import Network

SCRIPTS: dict[str, Callable[[Network, str], Script]] = {
    "numpy": numpy_script.script,
    "torch": torch_script.script,
    "keras": keras_script.script,
}
FORMATS = (*SCRIPTS, "onnx")


@named
def export(network: Network, to: str, path: FilePath) -> list[Path]:
    """Write the network for another library; returns the files.

    - `network`: a trained one.
    - `to`: "numpy", "torch" or "keras", a script that defines the network there and predicts the
      same, and its weights beside it, with the ending .npz; or "onnx", one file.
    - `path`: of the script, or of that file.

    Raises `InputError` for a network without a loss or with layers of one's own that no `spell`
    explains.
    """
    path = Path(path)
    if choose("form", to, FORMATS) == "onnx":
        return onnx_graph.write(network, path)
    if path.suffix != ".py":
        path = path.with_name(f"{path.name}.py")
    made = SCRIPTS[to](network, path.stem)
    return write(made, path)
