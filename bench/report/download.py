"""The figures of every trial as a file within the page, which needs no script to be saved."""

import base64
import gzip

from bench.analysis.figures import RunFigures
from bench.analysis.tidy import tidy
from bench.report.model import Link, Text

MOST_BYTES = 1_000_000
"""Beyond it the figures would weigh on the page that shows them."""


def block(figures: RunFigures) -> Link | Text:
    """Return the rows of `jetbench export` as a packed file; where they are too many, the place."""
    where = f"results/{figures.run_id}/"
    rows = tidy(figures).to_csv(index=False, lineterminator="\n")
    packed = gzip.compress(rows.encode(), mtime=0)  # the same figures give the same page
    if len(packed) > MOST_BYTES:
        large = f"Too many trials to carry their figures in this page: take {where}."
        return Text(sentence=(large,))
    return Link(
        file_name=f"{figures.run_id}.csv.gz",
        href=f"data:application/gzip;base64,{base64.b64encode(packed).decode()}",
        text=(
            "One row for each trial and figure, invalid trials marked; units as stored. The "
            f"records themselves stand in {where}: histograms, samples over time, counts."
        ),
    )
