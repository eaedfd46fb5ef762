"""What a figure is likely to be under settings that were measured once, or by nobody.

A Gaussian process over settings: what is measured somewhere says something of what lies near, and
what is alike in all trials of a block, such as a drift of the host, is taken for the block's own.
Half of it is a sum over the settings, so that what each does is learned from all trials, and half
goes by all of them together. How near is near is chosen by how likely it makes what was measured.

Source: Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, chapters 2 and 5.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

Array = NDArray[np.float64]

FAR = 50.0
"""Between two values that know no order: what one does says nothing of the other."""

BLOCK_SCATTER = 0.15
"""Of the blocks, on the scale of the figures."""

LEVEL = 1.0
"""Variance of what all figures have in common, which nothing is assumed of."""

DRAWS = 48
"""Of ranges and scatters that are tried."""

_NEAR, _SPREAD, _NOISE = 0.7, 0.5, 0.06
"""About which ranges, the figures' spread and the scatter of trials are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where trials were made, in n trials of d settings.

    Attributes:
        at: place of each setting on its scale, in [0, 1], or the number of a value that knows no
            order; NaN where it is not turned at all. Shape (n, d).
        ordered: whether the values of a setting know an order, shape (d,).
    """

    at: Array
    ordered: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How figures are alike.

    Attributes:
        ranges: how far each setting reaches, shape (d,).
        spread: of the figures, on their scale.
        summed: what share of it is a sum over the settings, in [0, 1].
        noise: scatter of trials.
    """

    ranges: Array
    spread: float
    summed: float
    noise: float

    def alike(self, apart: Array) -> Array:
        """Return covariances, of distances of shape (n, m, d)."""
        reach = np.sqrt(5) * apart / self.ranges
        each = (1 + reach + reach**2 / 3) * np.exp(-reach)
        both = self.summed * each.mean(axis=-1) + (1 - self.summed) * each.prod(axis=-1)
        together: Array = self.spread**2 * both
        return together


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """What was learned of a figure."""

    _places: Places
    _shape: _Shape
    _factor: tuple[Array, bool]
    _weights: Array

    def at(self, places: Places) -> tuple[Array, Array]:
        """Return what a figure is likely to be, and how unsure that is.

        Args:
            places: m of them.

        Returns:
            Means and standard deviations, shape (m,) each, on the scale of the figures. Only
            differences between means tell anything.
        """
        alike = self._shape.alike(_apart(places, self._places)) + LEVEL
        known = np.sum(alike * cho_solve(self._factor, alike.T).T, axis=1)
        variance = np.maximum(self._shape.spread**2 + LEVEL - known, 1e-12)
        return alike @ self._weights, np.sqrt(variance)


def learned(places: Places, figures: Array, blocks: Array, rng: np.random.Generator) -> Likely:
    """Return what trials tell of a figure.

    Args:
        places: of n trials, n >= 1.
        figures: of them, shape (n,), on a scale on which trials scatter alike: logarithms.
        blocks: numbers of their blocks, shape (n,).
        rng: draws what is tried.
    """
    apart = _apart(places, places)
    together = BLOCK_SCATTER**2 * (blocks[:, None] == blocks[None, :]) + LEVEL
    centred = figures - figures.mean()
    best: tuple[float, Likely] | None = None
    for shape in _shapes(places.at.shape[1], rng):
        whole = shape.alike(apart) + together + shape.noise**2 * np.eye(len(figures))
        factor = cho_factor(whole, lower=True)
        weights = cho_solve(factor, centred)
        likelihood = -0.5 * float(centred @ weights) - float(np.log(np.diag(factor[0])).sum())
        likelihood -= 0.5 * float(np.sum(np.log(shape.ranges / _NEAR) ** 2))
        if best is None or likelihood > best[0]:
            found = Likely(_places=places, _shape=shape, _factor=factor, _weights=weights)
            best = likelihood, found
    assert best is not None  # noqa: S101 - some shape is always tried
    return best[1]


def _shapes(settings: int, rng: np.random.Generator) -> list[_Shape]:
    usual = _Shape(ranges=np.full(settings, _NEAR), spread=_SPREAD, summed=0.5, noise=_NOISE)
    return [usual, *(_drawn(settings, rng) for _ in range(DRAWS - 1))]


def _drawn(settings: int, rng: np.random.Generator) -> _Shape:
    return _Shape(
        ranges=_NEAR * np.exp(rng.normal(0.0, 0.5, settings)),
        spread=_SPREAD * float(np.exp(rng.normal(0.0, 0.5))),
        summed=float(rng.choice([0.2, 0.5, 0.8])),
        noise=_NOISE * float(np.exp(rng.normal(0.0, 0.3))),
    )


def _apart(these: Places, those: Places) -> Array:
    """Return how far places are apart in each setting, shape (n, m, d)."""
    apart = np.abs(these.at[:, None, :] - those.at[None, :, :])
    other = ~these.ordered[None, None, :] & (apart > 0)
    neither = np.isnan(these.at)[:, None, :] & np.isnan(those.at)[None, :, :]
    apart = np.where(other | (np.isnan(apart) & ~neither), FAR, apart)
    return np.where(neither, 0.0, apart)
