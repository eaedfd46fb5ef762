"""A page of every pattern with made-up figures, for browsers and for the eye.

python -m tests.report.patterns_page PATH
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.analysis.decision import Told
from bench.core.text import Scale
from bench.draw.axis import of_changes
from bench.draw.bars import bars
from bench.draw.line import Box, Course, line
from bench.draw.mark import mark
from bench.draw.silhouette import frame, silhouette
from bench.judgement.kinds import Times
from bench.judgement.model import Change, Goal, Side
from bench.report.html import render_page
from bench.report.model import Page, Section
from bench.report.patterns import (
    capacity,
    checks,
    diagnosis,
    disturbance,
    goals,
    parts,
    tuning,
)
from bench.report.tables import Column, Entry, Table
from bench.spec.metrics import metric_of
from tests.report.patterns import made_up

SCALE = Scale(unit="ms", factor=1e6)

HINT = Change(
    metric=metric_of("end_to_end_ns_p99"),
    told=Told.NOTHING,
    by_block={1: 3.48, 2: 0.35},
    relative=True,
    change=1.46,
    low=None,
    high=None,
    at_least=(False, False),
    side=Side.WORSE,
    decided=False,
    written="×2.46",
    doubt="2 of 2 slower",
)
BLOCKS = dict(enumerate((-0.31, -0.22, -0.28, -0.35, -0.26), start=1))
FASTER = replace(
    HINT,
    by_block=BLOCKS,
    change=-0.28,
    low=-0.36,
    high=-0.2,
    side=Side.BETTER,
    written="−28 %",
    doubt="−36 % to −20 %",
)
CHANGES = (
    HINT,
    FASTER,
    replace(
        FASTER,
        by_block=dict(enumerate((0.9, 1.3, 1.5, 1.1, 1.8))),
        high=None,
        low=0.8,
        change=1.3,
        side=Side.WORSE,
        written="≥ +130 %",
    ),
    replace(HINT, by_block={1: 0.02, 2: -0.04}, change=-0.01, side=Side.UNTOLD, written="−1 %"),
    replace(FASTER, by_block=dict.fromkeys(range(20), -0.2), side=Side.BETTER),
)
"""Two blocks, five, a bound, nothing to see, and too many blocks for dots."""


Drawn = tuple[int, Change, Times]


def drawings() -> Table:
    """A row for each kind of mark, with a silhouette, bars and lag lines beside it."""
    axis = of_changes([c for change in CHANGES for c in change.by_block.values()])
    rows = [made_up.times(0.3 + 0.1 * n, 2.0 + n, unfinished=500 * n) for n in range(len(CHANGES))]
    framed = frame(rows, SCALE)
    assert framed is not None
    t_s = np.arange(0, 9, 0.1)
    lags = [np.random.default_rng(n).poisson(2 + n, t_s.size).astype(float) for n in range(5)]
    box = Box(length_s=9, warmup_s=2, top=20)
    cpu = {"server": ("s", 251.0), "publisher": ("p", 150.0), "consumer": ("k", None)}
    whole = {**cpu, "consumer": ("k", 161.0)}
    numbered = [(n, *both) for n, both in enumerate(zip(CHANGES, rows, strict=True))]
    columns = (
        Column[Drawn](
            "End-to-end p99",
            lambda of: Entry(drawing=mark(of[1], axis)),
            "change",
            axis=axis.labels("ch"),
        ),
        Column[Drawn](
            "Times",
            lambda of: Entry(drawing=silhouette(of[2], framed, of[1].written)),
            "shape",
            axis=framed.axis.labels(),
        ),
        Column[Drawn](
            "CPU",
            lambda of: Entry(drawing=bars(whole if not of[0] else cpu, 600, "CPU")),
            "cpu",
        ),
        Column[Drawn](
            "Lag",
            lambda of: Entry(
                drawing=line([Course(t_s=t_s, values=v) for v in lags[: of[0]]], box, "lag")
            ),
            "lag",
        ),
    )
    return Table("drawings-table", "Drawings", "Change", cards="cells").of(
        numbered, lambda of: of[1].written, columns
    )


def page(shown: Sequence[Goal] = made_up.GOALS) -> Page:
    """The page; each section is one pattern."""
    sections = (
        Section("drawings", "Drawings", (drawings(),)),
        *goals.sections(shown),
        Section(
            "parts",
            "Parts of one workload",
            (parts.table(made_up.PARTS, SCALE, "parts-table"),),
        ),
        Section("checks", "Checks", (checks.points(made_up.CHECKS),)),
        Section(
            "disturbance",
            "A disturbance",
            disturbance.blocks(made_up.disturbance(), "disturbance-drawing"),
        ),
        Section(
            "diagnosis",
            "What limits it",
            diagnosis.blocks(made_up.DIAGNOSIS, "diagnosis-table"),
        ),
        *capacity.sections((made_up.CAPACITY, made_up.AT_LEAST, made_up.BELOW)),
        *tuning.sections(made_up.TUNING),
    )
    return Page(
        above="made-up figures",
        title="Patterns of a report",
        lead=(),
        home="index.html",
        sections=sections,
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render_page(page()), encoding="utf-8")
