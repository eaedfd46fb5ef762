"""Simulations without the rank test: it takes nine tenths of their time and decides nothing."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def unranked() -> Iterator[None]:
    """Have ranks say what no verdict could be made of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.stats.compare._p_of_ranks", lambda differences: math.nan)
        yield
