"""All pairs of cells compared at once, so that choosing the best of them proves nothing by itself.

The two that lie furthest apart are picked from the data: among 5 equal cells an interval made for
one pair tells a pair apart in 42 % of runs, among 8 in 69 %. So each pair's statistic is held
against the largest that equal cells would show in any pair (max-t). Its scatter is that of the
pair's own differences within blocks, moderated by that of all pairs: five blocks know a pair's
scatter badly, and one figure for all pairs would be wrong where a cell scatters more than others.

Source: Tukey's all-pairs comparison; moderation of scatter after Smyth 2004,
doi:10.2202/1544-6115.1027.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import nctdtrinc, stdtrit

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

MIN_BLOCKS = 3
"""Shared blocks below which nothing is said of a pair (MEASUREMENT.md R8)."""

SHARED_FREEDOM = 4
"""Weight of the scatter of all pairs beside a pair's own, in degrees of freedom. Simulated: less
loses power, more errs too often where one cell scatters more than the others."""

POWER = 0.80
_DRAWS = 20_000
_MIN_DRAWS = 4_000
_PAIRS_IN_ALL = 4_000_000
_VALUES_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AllPairs:
    """Differences between every two of k cells; element (i, j) is of i over j.

    Attributes:
        blocks: shared by i and j, shape (k, k).
        mean: of the differences within those, shape (k, k); NaN without one.
        reach: half the width of the interval, shape (k, k); NaN with fewer than MIN_BLOCKS. All
            intervals together hold the true differences with the asked confidence.
        visible: true difference that is told in 80 % of cases, shape (k, k); NaN likewise.
    """

    blocks: NDArray[np.int64]
    mean: Array
    reach: Array
    visible: Array


def all_pairs(values: Array, *, level: float, scatter_of: Flags) -> AllPairs:
    """Compare every two cells within the blocks that they share.

    Args:
        values: shape (k, n), cells by blocks; NaN where a cell has none.
        level: chance of telling any pair of equal cells apart, in (0, 1).
        scatter_of: shape (k,), the cells whose pairs say how much all scatter; where there are
            fewer than two, all do.
    """
    blocks, mean, own = _paired(values)
    told = blocks >= MIN_BLOCKS
    np.fill_diagonal(told, val=False)
    if not told.any():
        none = np.full(mean.shape, np.nan)
        return AllPairs(blocks=blocks, mean=mean, reach=none, visible=none)
    pooled_over = told & np.outer(scatter_of, scatter_of)
    pooled_over = pooled_over if pooled_over.any() else told
    pooled = np.average(own[pooled_over], weights=blocks[pooled_over] - 1)
    freedom = np.maximum(blocks - 1, 1)
    moderated = (SHARED_FREEDOM * pooled + freedom * own) / (SHARED_FREEDOM + freedom)
    error = np.sqrt(np.where(told, moderated, np.nan) / np.maximum(blocks, 1))
    cells, least = int(told.any(axis=1).sum()), int(blocks[told].min())
    bound = critical(cells, least, level)
    seen = float(nctdtrinc((cells - 1) * (least - 1), 1 - POWER, bound))
    return AllPairs(blocks=blocks, mean=mean, reach=bound * error, visible=seen * error)


def critical(cells: int, blocks: int, level: float) -> float:
    """Return what the largest |t| of all pairs of equal cells exceeds with this chance.

    Args:
        cells: compared, >= 2.
        blocks: shared by each pair, >= 2.
        level: in (0, 1).
    """
    if cells == 2:
        return float(stdtrit(blocks - 1, 1 - level / 2))
    maxima = _maxima(cells, blocks)
    place = math.ceil((1 - level) * (len(maxima) + 1))
    return float(maxima[min(place, len(maxima)) - 1])


def _paired(values: Array) -> tuple[NDArray[np.int64], Array, Array]:
    """Return shared blocks, mean and variance of the differences of every two rows."""
    difference = values[:, None, :] - values[None, :, :]
    has = ~np.isnan(difference)
    blocks = has.sum(axis=2)
    filled = np.where(has, difference, 0.0)
    with np.errstate(invalid="ignore"):  # 0 / 0, of pairs without a shared block or with one
        mean = filled.sum(axis=2) / blocks
        off = np.where(has, difference - mean[:, :, None], 0.0)
        variance = (off**2).sum(axis=2) / (blocks - 1)
    return blocks, mean, variance


@lru_cache(maxsize=64)
def _maxima(cells: int, blocks: int) -> Array:
    """Return the largest |t| of equal normal cells, ascending; drawn by a seed of the shape alone.

    The block's own effect cancels out within pairs, so none is drawn.
    """
    rng = np.random.default_rng((cells, blocks))
    draws = int(np.clip(_PAIRS_IN_ALL // cells**2, _MIN_DRAWS, _DRAWS))
    at_once = max(1, _VALUES_AT_ONCE // (cells * max(cells, blocks)))
    parts = [
        _largest(rng.standard_normal((min(at_once, draws - begun), cells, blocks)))
        for begun in range(0, draws, at_once)
    ]
    return np.sort(np.concatenate(parts))


def _largest(values: Array) -> Array:
    """Return the largest |t| over all pairs of each draw; values of shape (draws, k, n)."""
    cells, blocks = values.shape[1:]
    mean = values.mean(axis=2)
    off = values - mean[:, :, None]
    together = off @ off.transpose(0, 2, 1) / (blocks - 1)
    alone = np.diagonal(together, axis1=1, axis2=2)
    own = alone[:, :, None] + alone[:, None, :] - 2 * together
    pooled = own.sum(axis=(1, 2), keepdims=True) / (cells * (cells - 1))
    moderated = (SHARED_FREEDOM * pooled + (blocks - 1) * own) / (SHARED_FREEDOM + blocks - 1)
    squares = (mean[:, :, None] - mean[:, None, :]) ** 2 * blocks / moderated
    found: Array = np.sqrt(squares.max(axis=(1, 2)))
    return found
