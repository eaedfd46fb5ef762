"""Patterns of a report: what failed comes first, and what is not known is never well."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

import numpy as np
import pytest

from bench.core.marks import State
from bench.core.text import Scale
from bench.judgement import kinds
from bench.report.html import render_page
from bench.report.model import Page, Section, plain
from bench.report.patterns import (
    attempts,
    capacity,
    checks,
    diagnosis,
    disturbance,
    goals,
    parts,
    tuning,
)
from bench.report.tables import Row, Table
from bench.spec.metrics import Metric
from tests.draw.reading import course, of_class, parsed
from tests.report import patterns_page
from tests.report.patterns import made_up

MS = Scale(unit="ms", factor=1e6)
THIN = "\N{NARROW NO-BREAK SPACE}"


def texts(row: Row) -> list[str]:
    return [entry.text for entry in row.entries]


def test_goals_stand_in_the_order_in_which_they_were_judged() -> None:
    """Missed first: nobody should have to look for it."""
    [section] = goals.sections(made_up.GOALS)
    [table] = section.blocks

    assert isinstance(table, Table)
    assert [row.entries[2].text for row in table.rows] == ["✕ missed", "▲ undecided", "✓ kept"]


def test_a_goal_shows_its_interval_beside_its_limit() -> None:
    """What the bar shows is read aloud and written as well."""
    [section] = goals.sections(made_up.GOALS)
    [table] = section.blocks

    assert isinstance(table, Table)
    bar, found, _ = table.rows[0].entries
    label = parsed(bar.drawing).get("aria-label")
    assert label == "+18 %, +14 % to +23 %, limit +10 %"
    assert (found.text, found.detail) == ("+18 %", "+14 % to +23 %")
    assert not table.rows[2].entries[0].drawing


def test_without_goals_there_is_no_section() -> None:
    """An empty table would ask what is missing."""
    assert goals.sections(()) == ()


def test_without_changes_there_is_no_empty_column() -> None:
    """Counts alone have no axis."""
    [section] = goals.sections(made_up.GOALS[2:])
    [table] = section.blocks

    assert isinstance(table, Table)
    assert [column.title for column in table.columns] == ["Found", "Reading"]


def test_many_goals_that_are_kept_fold_into_their_count() -> None:
    """A hundred rows of what is well would bury the one that is not."""
    kept = [replace(made_up.GOALS[2], workload=f"w{n}") for n in range(40)]
    [section] = goals.sections((made_up.GOALS[0], *kept))
    table, fold = section.blocks

    assert isinstance(table, Table)
    assert len(table.rows) == 1
    assert (fold.kind, fold.title) == ("fold", "40 goals kept")  # type: ignore[union-attr]


def test_the_candidate_is_named_only_where_there_are_several() -> None:
    """The same word in every row says nothing."""
    two = (made_up.GOALS[0], replace(made_up.GOALS[1], candidate="other"))

    softs = []
    for shown in (made_up.GOALS, two):
        [section] = goals.sections(shown)
        [table] = section.blocks
        assert isinstance(table, Table)
        softs.append(table.rows[0].soft)
    assert softs == ["p99 at most +10 %", "p99 at most +10 %, release"]


def parts_table(*cells: kinds.PartsOfCell) -> Table:
    return parts.table(cells, MS, "parts")


def test_a_variant_carries_its_worst_part_by_name() -> None:
    """4.1 ms of watch, whatever put and get take."""
    head = parts_table(*made_up.PARTS).rows[0]

    assert (head.entries[2].text, head.entries[2].detail) == ("4.10", "watch")


def test_a_part_whose_p99_nobody_can_tell_is_the_worst() -> None:
    """Its messages never came; any figure would be kinder."""
    head = parts_table(*made_up.PARTS).rows[4]

    assert (head.entries[2].text, head.entries[2].detail) == ("n/a", "watch")
    assert head.entries[5].text == "✕ does not hold"


def test_parts_are_indented_rows_on_one_axis() -> None:
    """The eye compares put with watch."""
    table = parts_table(*made_up.PARTS)

    assert [row.inner for row in table.rows] == [False, True, True, True] * 2
    assert "0.2" in table.columns[0].axis


def test_parts_that_differ_by_more_than_a_hundredfold_have_their_own_axes() -> None:
    """On a common one a get of 0.3 ms and a restore of 3 s would both be a spike."""
    far = made_up.cell(
        "a",
        (
            made_up.part("get", made_up.times(0.3, 0.9), 10),
            made_up.part("restore", made_up.times(3000, 9000), 1),
        ),
    )
    table = parts_table(far)

    assert table.columns[0].axis == ""
    drawn = [row.entries[0].drawing for row in table.rows[1:]]
    assert all("axs own" in each for each in drawn)
    assert "5 000" not in drawn[0]
    assert f"5{THIN}000" in drawn[1]


def test_of_many_parts_those_within_bounds_fold_into_one_line() -> None:
    """The one that is not stays."""
    many = [made_up.part(f"p{n}", made_up.times(1, 3), 10) for n in range(6)]
    many[3] = replace(many[3], state=State.DOUBTFUL, ledger="cannot be told")
    rows = parts_table(made_up.cell("a", many)).rows

    assert [row.names for row in rows] == [("a",), ("p3",), ()]
    assert rows[2].soft == "5 parts within bounds: p0, p1, p2, p4, p5"


def test_a_hundred_parts_are_a_few_rows_and_their_spread() -> None:
    """The twelve worst of those that are not sound have a row, and the slowest is named."""
    many = [made_up.part(f"p{n}", made_up.times(1, 3 + n / 100), 10) for n in range(100)]
    for n in range(20):
        many[n] = replace(many[n], state=State.DOUBTFUL)
    many[4] = replace(many[4], state=State.FAILS)
    many[99] = replace(many[99], times=None)
    rows = parts_table(made_up.cell("a", many)).rows

    shown = [row.names[0] for row in rows[1:] if row.names]
    assert shown == ["p4", *(f"p{n}" for n in range(9, 20))]
    assert [row.soft for row in rows if not row.names] == [
        "8 parts more not within bounds: p0, p1, p2, p3, p5, p6, p7, p8",
        "80 parts within bounds: p20 to p99; p99 3.20 to 3.98 ms, median 3.59, worst p98, "
        "of 1 not known",
    ]


def test_a_part_without_a_time_or_a_lag_says_so() -> None:
    """An empty cell would look like 0."""
    row = parts_table(made_up.cell("a", (made_up.part("purge", None, 3),))).rows[1]

    assert texts(row)[1:5] == ["n/a", "n/a", "3.00", "none kept"]


def test_broken_checks_come_first_with_their_first_instance() -> None:
    """Count, instance and the way to it."""
    broken, untried, holding = checks.points(made_up.CHECKS).points

    assert (broken.state, broken.word, broken.href) == (State.FAILS, "broken", "#trial-7")
    assert "3 of 4 000 keys; first: stock.17 at 4.21 s, block 2, trial 7" in broken.text
    assert (untried.state, untried.word) == (State.UNKNOWN, "not tried")
    assert untried.text.endswith("no leader changed in this run")
    assert (holding.word, holding.text) == (
        "3 checks hold",
        "Read your write, Order per key, No revision twice",
    )


def said(found: kinds.Disturbance) -> str:
    return plain(disturbance.sentence(found))


def test_a_disturbance_is_one_sentence() -> None:
    """What, how long, time to recover with its interval, lost, twice."""
    assert said(made_up.disturbance()) == (
        "Consumer killed for 5 s: back to its old lag after 9.4 s (8.1 s to 11 s); nothing lost, "
        "212 delivered twice."
    )


def test_a_recovery_that_was_not_seen_is_no_recovery() -> None:
    """The trial ended first."""
    assert "not back to its old lag when the trial ended, 35 s later" in said(
        made_up.disturbance(recovered=False)
    )


def test_messages_that_nobody_counted_are_not_nothing_lost() -> None:
    """None is unknown."""
    assert "nobody can tell how many were lost" in said(
        replace(made_up.disturbance(), lost=None, twice=0)
    )


def drawings(found: kinds.Disturbance) -> tuple[Any, Any]:
    _, drawing = disturbance.blocks(found, "d")
    wide, narrow = (f"<svg{each}" for each in str(drawing.svg).split("<svg")[1:])
    return parsed(wide), parsed(narrow)


def test_the_fault_is_a_span_and_recovery_a_dashed_line() -> None:
    """20 to 25 of 60 s, between 80 and 1110 of 1120 units; level at 34.4 s."""
    wide, narrow = drawings(made_up.disturbance())

    assert [course(each) for each in of_class(wide, "fe")] == ["M423.3 22V154", "M509.2 22V154"]
    assert [course(each) for each in of_class(wide, "off")] == ["M670.5 32V154"]
    assert narrow.get("viewBox") == "0 0 360 176"
    assert "lag peaks at 5" in wide.get("aria-label")


def test_a_fault_without_recovery_has_no_dashed_line() -> None:
    """It would say that all was well again."""
    wide, _ = drawings(made_up.disturbance(recovered=False))

    assert not of_class(wide, "off")


def test_a_disturbance_without_a_lag_says_so() -> None:
    """Records may lack it."""
    made = made_up.disturbance()
    wide, _ = drawings(replace(made, lag_msgs=np.full_like(made.t_s, np.nan)))

    assert "its lag was not told" in wide.get("aria-label")


UNLIMITED = replace(made_up.DIAGNOSIS, limit="", advice="")
EMPTY = tuple(replace(each, full=None) for each in UNLIMITED.evidence)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            made_up.DIAGNOSIS,
            "The consumer's workers. Turn consume.workers from 4 to 8 next; the server has room.",
        ),
        (
            UNLIMITED,
            "Not limited at this load by what was recorded; Disk syncs was not.",
        ),
        (
            replace(UNLIMITED, evidence=UNLIMITED.evidence[:3]),
            "Not limited at this load.",
        ),
        (replace(UNLIMITED, evidence=EMPTY), "Not told: nothing was recorded that could tell."),
        (replace(UNLIMITED, evidence=()), "Not told: nothing was recorded that could tell."),
    ],
)
def test_a_diagnosis_never_clears_what_was_not_recorded(
    found: kinds.Diagnosis, sentence: str
) -> None:
    """What could not be seen cannot be ruled out."""
    assert plain(diagnosis.sentence(found)) == sentence


def test_evidence_keeps_its_order_and_names_what_is_missing() -> None:
    """One order for every cell, so that the eye compares by position."""
    _, table = diagnosis.blocks(made_up.DIAGNOSIS, "d")

    assert isinstance(table, Table)
    assert [texts(row) for row in table.rows] == [
        ["97 %", "▲ at its limit"],
        ["31 %", "room"],
        ["44 %", "room"],
        ["– not recorded", "cannot be ruled out"],
    ]


@pytest.mark.parametrize(("full", "width"), [(0.97, 97), (1.4, 100), (0.0, 0)])
def test_a_meter_is_as_wide_as_its_resource_is_full(full: float, width: int) -> None:
    """More than all there is has no wider bar."""
    assert f"width:{width}%" in diagnosis.meter(full, high=False)


def hostile(value: Any) -> Any:
    """The same figures with every name and sentence set to markup."""
    if isinstance(value, Enum | Metric):
        return value
    if isinstance(value, str):
        return value if value in made_up.CAPACITY.roles else made_up.HOSTILE
    if isinstance(value, dict):
        names = all(isinstance(each, str) for each in value.values())
        return {made_up.HOSTILE: made_up.HOSTILE} if names and value else value
    if isinstance(value, tuple):
        return tuple(hostile(each) for each in value)
    if hasattr(value, "__dataclass_fields__"):
        fields = {name: getattr(value, name) for name in value.__dataclass_fields__}
        return replace(value, **{name: hostile(each) for name, each in fields.items()})
    return value


PATTERNS: Sequence[tuple[str, Callable[[], Sequence[Any]]]] = (
    ("goals", lambda: goals.sections(hostile(made_up.GOALS))[0].blocks),
    ("parts", lambda: [parts.table(hostile(made_up.PARTS), MS, "p")]),
    ("checks", lambda: [checks.points(hostile(made_up.CHECKS))]),
    ("disturbance", lambda: disturbance.blocks(hostile(made_up.disturbance()), "d")),
    ("diagnosis", lambda: diagnosis.blocks(hostile(made_up.DIAGNOSIS), "d")),
    ("capacity", lambda: [capacity.drawing(hostile(made_up.CAPACITY), "c")]),
    ("capacities", lambda: [capacity.table([hostile(made_up.CAPACITY)], "c")]),
    ("attempts", lambda: [attempts.table(hostile(made_up.CAPACITY), "c")]),
    ("tuning", lambda: [b for s in tuning.sections(hostile(made_up.TUNING)) for b in s.blocks]),
)


@pytest.mark.parametrize("made", [make for _, make in PATTERNS], ids=[name for name, _ in PATTERNS])
def test_no_text_of_a_user_becomes_markup(made: Callable[[], Sequence[Any]]) -> None:
    """Names of variants, keys and goals come from files that anyone may have written."""
    section = Section(id="s", title="s", blocks=tuple(made()))
    page = render_page(Page(above="", title="", lead=(), home="", sections=(section,)))

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_page_of_all_patterns_has_no_word_that_promises() -> None:
    """Words that a reader takes for more than was found."""
    page = render_page(patterns_page.page()).split("</style>")[1].lower()

    assert not [word for word in ("best", "winner", "significant", "regression") if word in page]
