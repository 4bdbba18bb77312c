"""Cosines and sines of angles in turns, as kernels compute them."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba", reason="compiled steps need Numba")

from numba import njit

from glassnet.compiled.turns import cos_turns, sin_turns


@njit
def run(a: Any, cosines: Any, sines: Any) -> None:
    for i in range(len(a)):
        cosines[i], sines[i] = cos_turns(a[i]), sin_turns(a[i])


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 3e-7), ("float64", 1e-13)])
def test_kernels_compute_cosines_and_sines(dtype: str, tolerance: float) -> None:
    near = np.arange(-12, 13)[:, None] / 4 + np.array([-1e-4, -1e-7, 0, 1e-7, 1e-4])
    a = np.concatenate([np.linspace(-5, 5, 20001), near.ravel()]).astype(dtype)
    cosines, sines = np.empty_like(a), np.empty_like(a)
    run(a, cosines, sines)
    angle = 2 * np.pi * a.astype(float)
    np.testing.assert_allclose(cosines, np.cos(angle), rtol=0, atol=tolerance)
    np.testing.assert_allclose(sines, np.sin(angle), rtol=0, atol=tolerance)


def test_angles_of_any_size_stay_within_one_and_nan_stays_nan() -> None:
    a = np.array([1e8, -3e30, np.inf, -np.inf, np.nan], np.float32)
    cosines, sines = np.empty_like(a), np.empty_like(a)
    run(a, cosines, sines)
    assert (np.abs(cosines[:2]) <= 1).all() and (np.abs(sines[:2]) <= 1).all()
    assert np.isnan(cosines[2:]).all() and np.isnan(sines[2:]).all()
