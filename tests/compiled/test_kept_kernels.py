"""Where compiled kernels are kept."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("numba")

from numba import config

from glassnet.compiled import compiler


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
