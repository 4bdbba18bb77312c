"""Where compiled kernels are kept."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("numba")

import numpy as np
from numba import config

import glassnet as gn
from glassnet.compiled import compiler
from glassnet.compiled.descent import descend
from glassnet.compiled.gathering import scale, writable


def twice(x):
    return 2 * x


def test_threads_that_make_kernels_at_once_keep_them_in_one_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before, folder = config.CACHE_DIR, compiler.folder()
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: compiler.kernel(twice), range(200)))
    assert before == config.CACHE_DIR
    assert {folder} == {Path(each._cache.cache_path).parent for each in made}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("labels", [True, False])
def test_data_that_is_read_only_needs_no_kernels_of_its_own(labels):
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(2, 40, 3)).astype(np.float32)
    weight = np.abs(weight[:, 0])
    y = rng.integers(0, 2, 40) if labels else rng.normal(size=(40, 2)).astype(np.float32)
    arrays, made = (x, y, weight), []
    how = {"batch_size": "full", "shuffle": False, "epochs": 2}
    for _ in range(2):
        net = gn.Sequential([gn.Scale(2.0), gn.Dense(2)], seed=0)
        loss = "cross_entropy" if labels else "mean_squared"
        net.fit(x, y, sample_weight=weight, loss=loss, engine="compiled", **how)
        made.append([len(each.signatures) for each in (descend, scale)])
        for array in arrays:
            array.setflags(write=False)
    assert made[0] == made[1] and 0 not in made[0]
    assert writable(x).flags.writeable and np.shares_memory(writable(x), x)
    assert writable(weight[::2]).tolist() == weight[::2].tolist()
