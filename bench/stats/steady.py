"""Whether a figure kept still over a window (MEASUREMENT.md R5).

Six batches, a straight line through their logs, a t interval of its slope. With 20 s batches this
flags a still series in 0 to 2 % of cases and finds a warm-up that had not ended in 70 to 100 %.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

BATCHES = 6
CONFIDENCE = 0.90
MOST_CHANGE = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The fitted change of a positive figure over a whole window.

    Attributes:
        change: last over first, minus 1; 0.1 is a rise by 10 %.
        low, high: its 90 % interval.
    """

    change: float
    low: float
    high: float

    @property
    def drifting(self) -> bool:
        """Whether the figure moved: surely, and by more than 10 %."""
        return (self.low > 0 or self.high < 0) and abs(self.change) > MOST_CHANGE


def trend(places: Sequence[float], values: Sequence[float]) -> Trend | None:
    """Return the trend through batches of a window; None when a value is not above 0.

    Args:
        places: middle of each batch as a share of the window, ascending, shape (BATCHES,).
        values: the figure in each batch, shape (BATCHES,).
    """
    if not len(places) == len(values) == BATCHES:
        raise ValueError(f"a trend is fitted through {BATCHES} batches, got {len(values)}")
    if not all(0 < value < math.inf for value in values):
        return None
    # The window has length 1, so the slope is the change of the log over the whole window.
    x = np.array(places) - np.mean(places)
    y = np.log(values) - np.mean(np.log(values))
    squares = float(x @ x)
    slope = float(x @ y) / squares
    residuals = y - slope * x
    error = math.sqrt(float(residuals @ residuals) / (BATCHES - 2) / squares)
    reach = float(stdtrit(BATCHES - 2, (1 + CONFIDENCE) / 2)) * error
    return Trend(
        change=math.expm1(slope), low=math.expm1(slope - reach), high=math.expm1(slope + reach)
    )
