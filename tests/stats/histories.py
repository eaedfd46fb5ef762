"""Years of runs without a step, with the noise of real trials and worse: logarithms of a figure."""

import csv
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int], Array]
"""Makes so many values of standard deviation 1, or what is that for tails that have none."""

YEAR = 365

TRIALS = Path(__file__).parents[1] / "truth" / "noise.csv"
_FIGURE = "end_to_end_ns_p99"


def normal(rng: np.random.Generator, runs: int) -> Array:
    return rng.normal(size=runs)


def t3(rng: np.random.Generator, runs: int) -> Array:
    return rng.standard_t(3, runs) / 3**0.5


def lognormal(rng: np.random.Generator, runs: int) -> Array:
    drawn: Array = (rng.lognormal(0, 1, runs) - np.exp(0.5)) / (np.e * (np.e - 1)) ** 0.5
    return drawn


def real(rng: np.random.Generator, runs: int) -> Array:
    """What pairs of equal trials on two crowded cores differed by."""
    with TRIALS.open(encoding="utf-8", newline="") as file:
        logs = np.array([float(row[_FIGURE]) for row in csv.DictReader(file)])
    return rng.choice(logs / np.sqrt(np.mean(logs**2)), runs)


def neighbourly(phi: float, of: Noise, rng: np.random.Generator, runs: int) -> Array:
    """Return runs that take after the one before, an AR(1)."""
    values = of(rng, runs)
    for place in range(1, runs):
        values[place] = phi * values[place - 1] + (1 - phi**2) ** 0.5 * values[place]
    return values


def drifting(year: float, rng: np.random.Generator, runs: int) -> Array:
    """Return runs of 3 % noise on a host that gets slower by a share over a year."""
    return rng.normal(size=runs) + np.linspace(0, np.log1p(year), runs) / 0.03


KINDS: dict[str, Noise] = {
    "normal": normal,
    "t3": t3,
    "lognormal": lognormal,
    "real trials": real,
    "AR(1) 0.3": partial(neighbourly, 0.3, normal),
    "AR(1) 0.6": partial(neighbourly, 0.6, normal),
    "AR(1) 0.6 of t3": partial(neighbourly, 0.6, t3),
    "drift of 10 % a year": partial(drifting, 0.1),
}
