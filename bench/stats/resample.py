"""How often a gate would cry wolf, from differences of equal cells (MEASUREMENT.md R9, R11)."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from bench.stats.compare import CONFIDENCE

RESAMPLES = 4000
ALPHA = 1 - (1 + CONFIDENCE) / 2

Array = NDArray[np.float64]


def false_red_share(
    differences: Sequence[float], *, margin: float, blocks: int, rng: np.random.Generator
) -> float:
    """Return in what share of gates between equal cells a change would be called a regression.

    Gates are made up of the given differences, drawn with replacement, each with a random sign:
    which of two equal cells is called the candidate is chance. A gate is red when it is so on
    `blocks` and still on twice as many.

    Args:
        differences: within blocks, of equal cells, shape (n,), n >= 1.
        margin: of the gate, on their scale.
        blocks: of the screen.
        rng: draws.
    """
    shape = (RESAMPLES, 2 * blocks)
    # The signs centre the draws on 0, where equal cells are: unlike draws about their own mean,
    # their squares are on average what the scatter is, and need no correction for n.
    made_up = rng.choice(np.asarray(differences), shape) * rng.choice([-1.0, 1.0], shape)
    red = _red(made_up[:, :blocks], margin) & _red(made_up, margin)
    return float(np.mean(red))


def _red(differences: Array, margin: float) -> NDArray[np.bool_]:
    pairs = differences.shape[1]
    mean = differences.mean(axis=1)
    error = differences.std(axis=1, ddof=1) / math.sqrt(pairs)
    low = mean - stdtrit(pairs - 1, 1 - ALPHA) * error
    red: NDArray[np.bool_] = (low > 0) & (mean >= margin)
    return red
