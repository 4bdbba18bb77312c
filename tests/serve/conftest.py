"""Networks of every kind that a service can have, trained once, and services of them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import glassnet as gn
from glassnet.serve.service import Service
from glassnet.web.limits import Limits
from glassnet.web.server import Server
from tests.cli.process import succeed
from tests.serve.shop import NAMES, shop, targets

FEW = ("--epochs", "2", "--hidden", "8", "--quiet", "--batch-size", "16")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the networks: classes, value, values, labels, digits, array, photos, pixels."""
    folder = tmp_path_factory.mktemp("serve")
    table = shop()
    said = targets(table)
    rng = np.random.default_rng(1)
    pixels = pd.DataFrame(rng.integers(0, 256, (100, 16)), columns=[f"pixel{n}" for n in range(16)])
    pixels.assign(label=rng.integers(0, 3, 100)).to_csv(folder / "pixels.csv", index=False)
    succeed(folder, "train", "pixels.csv", *FEW)
    for name, columns in {
        "classes": ["kind"], "value": ["weight"], "values": ["weight", "height"],
        "labels": ["red", "round"],
    }.items():  # fmt: skip
        table.assign(**said[columns]).to_csv(folder / f"{name}.csv", index=False)
        chosen = [word for column in columns for word in ("--target", column)]
        succeed(folder, "train", f"{name}.csv", *chosen, "--as", "code=category", *FEW)
    succeed(folder, "train", "digits", *FEW)
    np.save(folder / "array.npy", rng.normal(size=(100, 5)))
    succeed(folder, "train", "array.npy", "--task", "regression", *FEW)
    for name in ("cat", "dog"):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "photos" / name / f"{number}.png")
    succeed(folder, "train", "photos", "--size", "8x10", *FEW)
    return folder


@pytest.fixture(scope="session")
def services(folder: Path) -> dict[str, Service]:
    """A service for each network."""
    return {name: Service(gn.load(folder / f"{name}.safetensors"), name) for name in NAMES}


@pytest.fixture(scope="session")
def addresses(services: dict[str, Service]) -> Iterator[dict[str, str]]:
    """Where each of them is served."""
    servers = {name: Server(Limits(service)).start() for name, service in services.items()}
    yield {name: server.address for name, server in servers.items()}
    for server in servers.values():
        server.stop()
