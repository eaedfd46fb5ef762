"""How much of what differs each of several factors explains: a fit of main effects, and of pairs.

Outcomes are compared within blocks, so that what befalls a whole block is no effect. A factor
explains what the fit loses without it, less what one that means nothing would explain by chance
(omega squared), so that such a factor scatters around 0. Intervals leave out a block at a time.

Source: Olejnik and Algina 2003, doi:10.1037/1082-989X.8.4.434 (omega squared); Efron and
Tibshirani 1993, ch. 11 (jackknife).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc, stdtrit

from bench.stats.compare import CONFIDENCE

Array = NDArray[np.float64]

MIN_LEFT = 3
"""Outcomes beyond what is fitted, at least: with fewer any noise looks like an effect."""

MIN_BLOCKS = 3

_ALIKE = 1e-9
"""Of the largest sum of squares; less is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A factor, coded.

    Attributes:
        name: of it.
        columns: of each outcome, shape (n, k): which level it has, or powers of its place.
    """

    name: str
    columns: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a factor explains, or two of them together beyond each by itself.

    Attributes:
        names: of the one factor, or of both.
        share: of the variance within blocks; below 0 where chance explains more.
        low, high: its 90 % interval; None with fewer than 3 blocks.
        p: of "it explains nothing", by F.
        slopes: what the outcome rises by with each column of the factor, beside all others; of two
            of each product.
    """

    names: tuple[str, ...]
    share: float
    low: float | None
    high: float | None
    p: float
    slopes: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What all factors explain.

    Attributes:
        main: an effect of each factor that has levels to tell apart, in their order.
        pairs: of every two for whose product there is room.
        unexplained: share of the variance that no main effect explains.
    """

    main: tuple[Effect, ...]
    pairs: tuple[Effect, ...]
    unexplained: float


def fit(values: ArrayLike, blocks: ArrayLike, factors: Sequence[Factor]) -> Fit | None:
    """Return what factors explain of outcomes; None with too few outcomes to say.

    Args:
        values: on a scale on which effects add up, shape (n,).
        blocks: in which each came about, shape (n,).
        factors: with their columns of each outcome.
    """
    found, numbers = np.asarray(values, dtype=float), np.asarray(blocks)
    if not found.size:
        return None
    sums = _sums(found, numbers, factors)
    every = sums.places(range(len(factors)))
    if not every.size or sums.total <= 0 or sums.left(every) < MIN_LEFT:
        return None
    main = tuple(
        _effect(sums, (each.name,), sums.places([n]), every)
        for n, each in enumerate(factors)
        if sums.rank(every) > sums.rank(np.setdiff1d(every, sums.places([n])))
    )
    pairs = tuple(
        _effect(sums, (factors[a].name, factors[b].name), place, np.union1d(every, place))
        for (a, b), place in sums.products.items()
        if _has_room(sums, every, place)
    )
    unexplained = sums.residual(every) / sums.total
    return Fit(main=main, pairs=pairs, unexplained=unexplained)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sums:
    """Sums of squares and products within each block, from which any fit follows.

    Attributes:
        of_blocks: of all columns and the outcome, which is the last, shape (blocks, k + 1, k + 1).
        sizes: outcomes of each block, shape (blocks,).
        mains: factor -> places of its columns.
        products: two factors -> places of the products of their columns.
    """

    of_blocks: Array
    sizes: NDArray[np.int64]
    mains: tuple[NDArray[np.int64], ...]
    products: dict[tuple[int, int], NDArray[np.int64]]

    @property
    def whole(self) -> Array:
        found: Array = self.of_blocks.sum(axis=0)
        return found

    @property
    def total(self) -> float:
        return float(self.whole[-1, -1])

    def places(self, factors: Sequence[int] | range) -> NDArray[np.int64]:
        return np.concatenate([np.empty(0, dtype=np.int64), *(self.mains[n] for n in factors)])

    def rank(self, places: NDArray[np.int64]) -> int:
        square = self.whole[np.ix_(places, places)]
        return int(np.linalg.matrix_rank(square, hermitian=True)) if places.size else 0

    def residual(self, places: NDArray[np.int64]) -> float:
        """Return the sum of squares that these columns do not explain."""
        whole = self.whole
        along = whole[places, -1]
        explained = along @ np.linalg.pinv(whole[np.ix_(places, places)], hermitian=True) @ along
        return max(float(whole[-1, -1] - explained), 0.0)

    def slopes(self, own: NDArray[np.int64], places: NDArray[np.int64]) -> tuple[float, ...]:
        """Return what the outcome rises by with each of its own columns, beside all others."""
        whole = self.whole
        found = np.linalg.pinv(whole[np.ix_(places, places)], hermitian=True) @ whole[places, -1]
        return tuple(float(each) for each in found[np.isin(places, own)])

    def left(self, places: NDArray[np.int64]) -> int:
        """Return how many outcomes there are beyond what is fitted."""
        return int(self.sizes.sum()) - self.sizes.size - self.rank(places)

    def without(self, block: int) -> "_Sums":
        return _Sums(
            of_blocks=np.delete(self.of_blocks, block, axis=0),
            sizes=np.delete(self.sizes, block),
            mains=self.mains,
            products=self.products,
        )


def _sums(values: Array, blocks: NDArray[np.int64], factors: Sequence[Factor]) -> _Sums:
    columns, mains, products, place = [], [], {}, 0
    for factor in factors:
        columns.append(factor.columns)
        mains.append(np.arange(place, place + factor.columns.shape[1]))
        place += factor.columns.shape[1]
    for a, b in combinations(range(len(factors)), 2):
        one, other = factors[a].columns, factors[b].columns
        product = (one[:, :, None] * other[:, None, :]).reshape(
            len(values), one.shape[1] * other.shape[1]
        )
        columns.append(product)
        products[a, b] = np.arange(place, place + product.shape[1])
        place += product.shape[1]
    table = np.column_stack([*columns, values])
    numbers = np.unique(blocks)
    centred = [table[blocks == n] - table[blocks == n].mean(axis=0) for n in numbers]
    return _Sums(
        of_blocks=np.stack([each.T @ each for each in centred]),
        sizes=np.array([len(each) for each in centred]),
        mains=tuple(mains),
        products=products,
    )


def _has_room(sums: _Sums, every: NDArray[np.int64], place: NDArray[np.int64]) -> bool:
    both = np.union1d(every, place)
    return sums.rank(both) > sums.rank(every) and sums.left(both) >= MIN_LEFT


def _effect(
    sums: _Sums, names: tuple[str, ...], own: NDArray[np.int64], every: NDArray[np.int64]
) -> Effect:
    share = partial(_share, own=own, every=every)
    found = share(sums)
    low, high = _interval(found, [sums.without(n) for n in range(sums.sizes.size)], share)
    slopes = sums.slopes(own, every)
    return Effect(
        names=names, share=found, low=low, high=high, p=_p(sums, own, every), slopes=slopes
    )


def _gained(
    sums: _Sums, own: NDArray[np.int64], every: NDArray[np.int64]
) -> tuple[float, int, float]:
    """Return what the fit loses without some columns, by how many ranks, and its mean square."""
    others = np.setdiff1d(every, own)
    ranks, left = sums.rank(every) - sums.rank(others), sums.left(every)
    residual = sums.residual(every)
    return sums.residual(others) - residual, ranks, residual / max(left, 1)


def _share(sums: _Sums, own: NDArray[np.int64], every: NDArray[np.int64]) -> float:
    gained, ranks, mean_square = _gained(sums, own, every)
    whole = sums.total + mean_square
    return (gained - ranks * mean_square) / whole if whole > 0 else 0.0


def _p(sums: _Sums, own: NDArray[np.int64], every: NDArray[np.int64]) -> float:
    gained, ranks, mean_square = _gained(sums, own, every)
    if ranks < 1 or gained <= _ALIKE * sums.total:
        return 1.0
    if mean_square <= _ALIKE * sums.total / max(sums.left(every), 1):
        return 0.0
    return float(fdtrc(ranks, sums.left(every), gained / ranks / mean_square))


def _interval(
    found: float, without: Sequence[_Sums], share: Callable[[_Sums], float]
) -> tuple[float | None, float | None]:
    """Return the t interval of the jackknife over blocks."""
    n = len(without)
    if n < MIN_BLOCKS:
        return None, None
    pseudo = np.array([n * found - (n - 1) * share(each) for each in without])
    error = float(pseudo.std(ddof=1)) / n**0.5
    reach = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * error
    return found - reach, found + reach
