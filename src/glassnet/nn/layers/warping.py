"""Pictures that are bent: each output pixel is taken from between four pixels of the input."""

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.nn.layers.augmentation import Augmentation, frame, pixels


class Places(NamedTuple):
    """Where the pixels of y, one after another, come from in the framed pictures.

    `corner` is the pixel at the upper left of the place, `down` and `right` are how far the place
    is from it.
    """

    corner: Array
    down: Array
    right: Array


class Warping(Augmentation):
    """Base of layers that resample: y at p is x at q(p), where q is drawn for each sample.

        forward    y[p] = Σ w[p, k] x[k] over the four pixels k around q(p)
        backward   dx[k] = Σ w[p, k] dy[p] over the p that are made of k

    w is bilinear: (1 − |q − k|) down times (1 − |q − k|) to the right. Outside is `fill`.
    """

    fill: float

    def sources(self, shape: Shape, dtype: Any, rng: Rng) -> tuple[Array, Array]:
        """q: the row and the column that each pixel comes from, (samples, height, width) each."""
        raise NotImplementedError(f"{type(self).__name__} has no sources(shape, dtype, rng)")

    def draw(self, shape: Shape, dtype: Any, rng: Rng) -> Places:
        rows, columns = self.sources(shape, dtype, rng)
        *_, height, width = rows.shape
        row, down = _split(rows, height)
        column, right = _split(columns, width)
        row += (height + 3) * np.arange(len(rows))[:, None, None]
        row *= width + 3
        row += column
        return Places(row.ravel(), down.ravel(), right.ravel())

    def vary(self, x: Array, drawn: Places) -> Array:
        planes = _planes(frame(x, self.fill))

        def pixels_at(step: int) -> Array:
            return planes.take(drawn.corner + step, axis=1, mode="clip")

        lower = x.shape[-2] + 3  # so far away is the pixel below
        above = _between(pixels_at(0), pixels_at(1), drawn.right)
        below = _between(pixels_at(lower), pixels_at(lower + 1), drawn.right)
        y = _between(above, below, drawn.down)
        return np.ascontiguousarray(y.T).reshape(x.shape)

    def back(self, dy: Array, drawn: Places) -> Array:
        *leading, height, width, channels = dy.shape
        framed = np.zeros((channels, prod(leading), height + 3, width + 3), dy.dtype)
        for plane, values in zip(framed.reshape(channels, -1), _planes(dy), strict=True):
            below = values * drawn.down
            for step, part in ((0, values - below), (width + 3, below)):
                right = part * drawn.right
                np.add.at(plane, drawn.corner + step, part - right)
                np.add.at(plane, drawn.corner + step + 1, right)
        dx = np.moveaxis(framed[:, :, 1:-2, 1:-2], 0, -1)
        return np.ascontiguousarray(dx).reshape(dy.shape)


class RandomAffine(Warping, name="random_affine"):
    """Each picture turned, slanted, resized and moved, about its centre and by chance.

        q(p) = A⁻¹ (p − m − t) + m,  A = R(angle) S(slant) · factor,  m the middle of the picture
        forward    y[p] = x[q(p)], bilinear from four pixels, fill outside
        backward   dx = the transpose of that, dy given to the same four

    All are drawn for each sample, evenly.

    - `degrees=10`: the largest angle, to both sides; drawn counterclockwise.
    - `shift=0.1`: the largest t in each direction, in pixels, or below 1 as a share of height and
      width.
    - `scale=0.1`: the factor is from 1 − scale to 1 + scale.
    - `shear=0`: the largest slant of vertical lines, in degrees.
    - `fill=0`: what comes from outside of the picture.

    >>> y, _ = RandomAffine().forward(np.ones((2, 28, 28, 1)), np.random.default_rng(0))
    >>> y.shape
    (2, 28, 28, 1)
    """

    examples = (
        {"degrees": 20.0, "shift": 0.2, "scale": 0.3, "shear": 15.0},
        {"degrees": 0.0, "shift": 1.5, "scale": 0.0, "fill": 0.5},
    )
    degrees: float
    shift: float = 0.0
    scale: float = 0.0
    shear: float = 0.0

    def __init__(
        self,
        degrees: float = 10.0,
        shift: float = 0.1,
        scale: float = 0.1,
        shear: float = 0.0,
        fill: float = 0.0,
    ) -> None:
        self.degrees = self.number("degrees", degrees, "[0, 180]")
        self.shift = self.number("shift", shift, "[0, inf)")
        self.scale = self.number("scale", scale, "[0, 1)")
        self.shear = self.number("shear", shear, "[0, 90)")
        self.fill = self.number("fill", fill)

    def sources(self, shape: Shape, dtype: Any, rng: Rng) -> tuple[Array, Array]:
        height, width = shape[-3:-1]
        u = 2 * rng.random((*shape[:-3], 5), dtype).reshape(-1, 5) - 1
        reach = np.array([np.deg2rad(self.degrees), np.deg2rad(self.shear), self.scale])
        angle, shear, scale = (reach.astype(dtype) * u[:, :3]).T
        moved = np.array(pixels(self.shift, shape), dtype) * u[:, 3:]
        sine, cosine, slant = np.sin(angle), np.cos(angle), np.tan(shear)
        inverse = np.array([[cosine, sine], [-sine - slant * cosine, cosine - slant * sine]])
        inverse /= 1 + scale
        middle = np.array([height - 1, width - 1], dtype) / 2
        offsets = np.indices((height, width), dtype).reshape(2, -1) - middle[:, None]
        places: Any = np.moveaxis(inverse, -1, 1) @ offsets  # (2, samples, pixels)
        places += (middle[:, None] - np.einsum("ijn,nj->in", inverse, moved))[..., None]
        rows, columns = places.reshape(2, -1, height, width)
        return rows, columns


class RandomRotation(RandomAffine, name="random_rotation"):
    """Each picture turned about its centre.

    forward    y[p] = x[q(p)], q turned back about the centre, bilinear, fill outside
    backward   dx = the transpose of that, dy given to the same four pixels

    - `degrees=10`: the largest angle, to both sides, evenly drawn for each sample.
    - `fill=0`: what comes from outside of the picture.

    >>> y, _ = RandomRotation().forward(np.ones((2, 28, 28, 1)), np.random.default_rng(0))
    >>> y.shape
    (2, 28, 28, 1)
    """

    examples = ({}, {"degrees": 180.0, "fill": 0.5})

    def __init__(self, degrees: float = 10.0, fill: float = 0.0) -> None:
        self.degrees = self.number("degrees", degrees, "(0, 180]")
        self.fill = self.number("fill", fill)


class ElasticDistortion(Warping, name="elastic_distortion"):
    """Each picture bent like handwriting  (Simard, Steinkraus & Platt, 2003).

        q(p) = p + alpha · (G ∗ n)[p],  n from U(−1, 1) for each pixel and direction
        forward    y[p] = x[q(p)], bilinear from four pixels, fill outside
        backward   dx = the transpose of that, dy given to the same four

    G is a Gaussian, cut off at 4 sigma. The defaults are the paper's for digits of 29 × 29 pixels.

    - `alpha=34`: how strong the bending is.
    - `sigma=4`: the standard deviation of G in pixels; the larger, the smoother the bending.
    - `fill=0`: what comes from outside of the picture.

    >>> y, _ = ElasticDistortion().forward(np.ones((2, 29, 29, 1)), np.random.default_rng(0))
    >>> y.shape
    (2, 29, 29, 1)
    """

    examples = ({}, {"alpha": 8.0, "sigma": 1.0, "fill": 0.5})

    def __init__(self, alpha: float = 34.0, sigma: float = 4.0, fill: float = 0.0) -> None:
        self.alpha = self.number("alpha", alpha, "(0, inf)")
        self.sigma = self.number("sigma", sigma, "(0, inf)")
        self.fill = self.number("fill", fill)

    def sources(self, shape: Shape, dtype: Any, rng: Rng) -> tuple[Array, Array]:
        *leading, height, width, _ = shape
        noise = rng.random((*leading, 2, height, width), dtype).reshape(-1, 2, height, width)
        noise *= 2 * self.alpha
        noise -= self.alpha
        bent = smoothing(height, self.sigma, dtype) @ noise @ smoothing(width, self.sigma, dtype)
        bent += np.indices((height, width), dtype)
        return bent[:, 0], bent[:, 1]


@lru_cache(maxsize=32)
def smoothing(size: int, sigma: float, dtype: Any) -> Array:
    """The symmetric matrix (size, size) that smooths a line of pixels by a Gaussian; 0 outside.

    >>> smoothing(3, sigma=0.5, dtype=np.float64).round(3)
    array([[0.787, 0.106, 0.   ],
           [0.106, 0.787, 0.106],
           [0.   , 0.106, 0.787]])
    """
    reach = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    apart = np.abs(np.arange(size)[:, None] - np.arange(size))
    banded = np.where(apart <= reach, weights[reach + np.minimum(apart, reach)], 0).astype(dtype)
    banded.setflags(write=False)
    return banded


def _split(place: Array, size: int) -> tuple[Array, Array]:
    """Whole pixels and the rest, counted from the frame; what is further out is in the frame."""
    rest = place + 1
    np.clip(rest, 0, size + 1, out=rest)
    whole = np.floor(rest)
    rest -= whole
    return whole.astype(np.intp), rest


def _planes(x: Array) -> Array:
    """(channels, pixels): each channel's pixels next to each other."""
    return np.ascontiguousarray(x.reshape(-1, x.shape[-1]).T)


def _between(a: Array, b: Array, share: Array) -> Array:
    """a + share · (b − a), in the place of b."""
    b -= a
    b *= share
    b += a
    return b
