"""The figures of every trial as a file within the page, which needs no script to be saved."""

import base64
import gzip

from bench.analysis.figures import RunFigures
from bench.analysis.tidy import tidy

MOST_BYTES = 1_000_000
"""Beyond it the figures would weigh on the page that shows them."""


def address(figures: RunFigures) -> str:
    """Return the rows of `jetbench export`, packed, as a data: address; empty if too many."""
    rows = tidy(figures).to_csv(index=False, lineterminator="\n")
    packed = gzip.compress(rows.encode(), mtime=0)  # the same figures give the same page
    if len(packed) > MOST_BYTES:
        return ""
    return f"data:application/gzip;base64,{base64.b64encode(packed).decode()}"
