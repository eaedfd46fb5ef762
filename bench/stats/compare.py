"""Whether a candidate is worse than a baseline, by more than a margin (MEASUREMENT.md R7 to R9).

Trials are paired within blocks. A difference is positive where the candidate is worse: for figures
above 0 the log of the ratio, for others the plain difference. Between "pass" and "fail" stands
"inconclusive", the honest answer of too few blocks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import nctdtrinc, stdtr, stdtrit

CONFIDENCE = 0.90
"""Of the two-sided interval; each of its ends is a one-sided bound of 95 %."""

POWER = 0.80
MIN_PAIRS = 3
MIN_PAIRS_TO_FAIL = 5
"""Fewer blocks are a smoke run: they may show a change but not fail a build (R8)."""


class Verdict(StrEnum):
    """What judging says; a comparison of numbers alone never says that they are invalid."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How much worse a candidate is, on the scale of the differences.

    Attributes:
        worse: mean of the differences; positive is worse.
        low, high: its 90 % t interval.
        p_worse: one-sided p of "not worse", paired t.
        p_worse_by_ranks: the same by Wilcoxon's signed ranks; stands beside it, decides nothing.
        smallest_visible: true change that a test of this scatter and size finds in 80 % of cases.
        pairs: blocks compared.
    """

    worse: float
    low: float
    high: float
    p_worse: float
    p_worse_by_ranks: float
    smallest_visible: float
    pairs: int


def change(differences: Sequence[float]) -> Change | None:
    """Return the change that differences within blocks show; None with fewer than MIN_PAIRS."""
    pairs = len(differences)
    if pairs < MIN_PAIRS:
        return None
    spread = float(np.std(differences, ddof=1))
    return _change(
        float(np.mean(differences)),
        _Error(value=spread / math.sqrt(pairs), freedom=pairs - 1),
        p_by_ranks=_p_of_ranks(differences),
        pairs=pairs,
    )


def change_between(before: Sequence[float], after: Sequence[float]) -> Change | None:
    """Return the change between values that share no blocks; None with fewer than MIN_PAIRS of one.

    For a look at runs of different hours: Welch's t test, with the rank test of Mann and Whitney
    beside it. A drift of the host between them looks like a change, so it must not gate (R10).
    """
    if min(len(before), len(after)) < MIN_PAIRS:
        return None
    parts = [float(np.var(values, ddof=1)) / len(values) for values in (before, after)]
    squares = sum(part**2 / (len(v) - 1) for part, v in zip(parts, (before, after), strict=True))
    freedom = sum(parts) ** 2 / squares if squares else float(len(before) + len(after) - 2)
    from scipy.stats import mannwhitneyu  # noqa: PLC0415 - see _p_of_ranks

    ranks = mannwhitneyu(after, before, alternative="greater")
    return _change(
        float(np.mean(after) - np.mean(before)),
        _Error(value=math.sqrt(sum(parts)), freedom=freedom),
        p_by_ranks=float(ranks.pvalue),
        pairs=min(len(before), len(after)),
    )


def smallest_visible(spread: float, pairs: int) -> float:
    """Return the true change that a test on so many pairs finds in 80 % of cases.

    Args:
        spread: standard deviation of the differences within blocks.
        pairs: blocks compared, >= 2.
    """
    return _visible(_Error(value=spread / math.sqrt(pairs), freedom=pairs - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Error:
    """The standard error of a mean difference, and how well it is known."""

    value: float
    freedom: float

    @property
    def critical(self) -> float:
        """The t of a one-sided bound of 95 %."""
        return float(stdtrit(self.freedom, (1 + CONFIDENCE) / 2))


def _visible(error: _Error) -> float:
    return float(nctdtrinc(error.freedom, 1 - POWER, error.critical)) * error.value


def _change(mean: float, error: _Error, *, p_by_ranks: float, pairs: int) -> Change:
    reach = error.critical * error.value
    return Change(
        worse=mean,
        low=mean - reach,
        high=mean + reach,
        p_worse=_p_of_t(mean, error),
        p_worse_by_ranks=p_by_ranks,
        smallest_visible=_visible(error),
        pairs=pairs,
    )


def verdict(found: Change, margin: float) -> Verdict:
    """Judge a change against a margin above 0, on the scale of the differences (R7).

    Fail: surely worse than before, and by the margin or more at best estimate. Pass: surely worse
    by less than the margin.
    """
    if margin <= 0:
        raise ValueError(f"margin must be above 0, got {margin}")
    if found.high < margin:
        return Verdict.PASS
    if found.low > 0 and found.worse >= margin and found.pairs >= MIN_PAIRS_TO_FAIL:
        return Verdict.FAIL
    return Verdict.INCONCLUSIVE


def p_reaching(differences: Sequence[float], margin: float) -> float:
    """Return the one-sided p of "worse by the margin or more"; below 5 % it is what passes.

    Args:
        differences: positive is worse, shape (n,), n >= 2.
        margin: on their scale; 0 asks for "worse, or no better".
    """
    pairs = len(differences)
    error = _Error(value=float(np.std(differences, ddof=1)) / math.sqrt(pairs), freedom=pairs - 1)
    return _p_of_t(margin - float(np.mean(differences)), error)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p values adjusted for the family they belong to, in the order given.

    A gate that was screened out and not measured further takes part with p = 1 (R9).

    Source: Holm 1979, Scandinavian Journal of Statistics 6:65-70.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = largest
    return tuple(adjusted)


def _p_of_t(mean: float, error: _Error) -> float:
    if error.value == 0:  # all blocks agree exactly
        return 0.0 if mean > 0 else 1.0
    return float(stdtr(error.freedom, -mean / error.value))


def _p_of_ranks(differences: Sequence[float]) -> float:
    if not any(differences):
        return 1.0
    # It takes more than a second to load, and most commands compare nothing.
    from scipy.stats import wilcoxon  # noqa: PLC0415

    return float(wilcoxon(differences, alternative="greater").pvalue)
