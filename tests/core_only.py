"""The engine where nothing but numpy and safetensors is installed: `make core` runs this."""

import importlib
import tempfile
from pathlib import Path

import numpy as np

import glassnet as gn
from glassnet.base.optional import install_line

OTHERS = ("scipy", "sklearn", "pandas", "rich", "typer", "matplotlib", "pydantic", "pooch",
          "starlette", "uvicorn", "websockets")  # fmt: skip


def installed(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def refused(act, package: str) -> None:
    try:
        act()
    except gn.errors.MissingPackageError as error:
        assert f"{package}: {install_line('standard')}" in str(error), error
    else:
        raise AssertionError(f"{package} was not asked for")


def main() -> None:
    present = [name for name in OTHERS if installed(name)]
    assert not present, f"this is not the environment it is meant for: {present} are installed"

    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    net = gn.Sequential([gn.Dense(24, "gelu"), gn.Dropout(0.1), gn.Dense(2)], seed=0)
    history = net.fit(
        x[:500], y[:500], epochs=30, optimizer="adam:learning_rate=0.01", validation=0.1,
        schedule="cosine", callbacks=[gn.EarlyStopping(patience=20)], verbose=True,
    )  # fmt: skip
    assert net.evaluate(x[500:], y[500:])["accuracy"] > 0.9
    assert gn.gradcheck(net, show=False)
    print(net.summary())

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.safetensors"
        net.save(path)
        assert gn.load(path).predict_proba(x).tobytes() == net.predict_proba(x).tobytes()

    refused(history.to_frame, "pandas")
    net.fit(x, y, optimizer="lbfgs", epochs=2)
    refused(lambda: gn.data.load("digits"), "scikit-learn")
    print("core-only: ok")


if __name__ == "__main__":
    main()
