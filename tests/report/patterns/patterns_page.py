"""A page of every pattern with made-up figures, for browsers and for the eye.

python -m tests.report.patterns.patterns_page PATH
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.core.text import Scale
from bench.judgement.model import Goal
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
from tests.report.patterns import made_up

SCALE = Scale(unit="ms", factor=1e6)


def page(shown: Sequence[Goal] = made_up.GOALS) -> Page:
    """The page; each section is one pattern."""
    curve = capacity.drawing(made_up.CAPACITY, SCALE, "capacity-curve")
    assert curve is not None
    others = (
        made_up.CAPACITY,
        replace(made_up.CAPACITY, variant="batch 1", rate_per_s=700, low_per_s=640, high_per_s=760),
        replace(
            made_up.CAPACITY,
            variant="push",
            rate_per_s=1600,
            low_per_s=None,
            high_per_s=None,
            at_least=True,
        ),
        replace(made_up.CAPACITY, variant="one worker", rate_per_s=None),
    )
    sections = (
        *goals.sections(shown),
        Section(
            id="parts",
            title="Parts of one workload",
            blocks=(parts.table(made_up.PARTS, SCALE, "parts-table"),),
        ),
        Section(id="checks", title="Checks", blocks=(checks.points(made_up.CHECKS),)),
        Section(
            id="disturbance",
            title="A disturbance",
            blocks=disturbance.blocks(made_up.disturbance(), "disturbance-drawing"),
        ),
        Section(
            id="diagnosis",
            title="What limits it",
            blocks=diagnosis.blocks(made_up.DIAGNOSIS, "diagnosis-table"),
        ),
        Section(
            id="capacity",
            title="Capacity",
            lead=(capacity.sentence(made_up.CAPACITY),),
            blocks=(curve, capacity.table(others, "capacity-table")),
        ),
        Section(
            id="tuning",
            title="Tuning",
            blocks=tuning.blocks(made_up.TUNING, SCALE, "tuning-drawing"),
        ),
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
