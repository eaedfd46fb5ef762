"""A judgement as Markdown."""

from dataclasses import replace

from bench.core.marks import State
from bench.report import markdown
from bench.seek.bracket import Said
from tests.gate.outcomes import HOSTILE
from tests.judgement import searching
from tests.report.factory import run_figures, with_texts
from tests.report.made import BOXES, NOTICE, goal, judgement
from tests.report.trial_factory import Variant

VARIANTS = (
    Variant(names=("batch/old",), settings={"pull": {"batch": 50}}, p50_ms=2.0),
    Variant(names=("batch/new", "pull/new"), settings={"pull": {"batch": 1}}, p50_ms=2.0),
)
RIGHT_TO_LEFT = "\u202e"


def test_the_first_screen_and_the_tables_stand_in_it() -> None:
    """It is read below a change, where nobody opens an attachment."""
    figures = run_figures(variants=VARIANTS, workloads=("w",), blocks=2, with_fault=False)
    goals = (goal(State.FAILS), goal(State.HOLDS, "lost == 0"))
    lines = markdown.render(judgement(figures, state=State.FAILS, goals=goals)).splitlines()

    assert lines[0] == "## ✕ Two hints: batch 1 costs time and CPU"
    for box in BOXES.each:
        assert f"| {box.asks} | **{box.marked}** | {box.text} |" in lines
    assert (
        "| ✕ missed | `end_to_end_p99 < 10ms` | `small-events` | `pull-batch/batch-10` "
        "| 12.1 ms | it is 12 ms in every block |"
    ) in lines
    head = next(line for line in lines if line.startswith("| Variant"))
    assert head.endswith("| server CPU, µs | Peak lag |")
    row = next(line for line in lines if line.startswith("| `batch/new (+1)`<br>batch 1 not 50"))
    assert "<br>▲ +31 %<br>1 of 1 slower |" in row
    assert row.endswith("<br>✓ keeps up |")
    assert f"- **▲ {NOTICE.word}.** {NOTICE.text}" in lines
    assert lines[-1] == f"Run `{figures.run_id}`, 2026-11-23 17:05 UTC."


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    """A cell too many shifts every figure under another heading."""
    figures = with_texts(run_figures(variants=VARIANTS, workloads=("w",)), HOSTILE)
    hostile = goal(State.FAILS, workload=HOSTILE, candidate=HOSTILE)
    judged = judgement(figures, goals=(hostile,))
    lines = markdown.render(judged).splitlines()
    tables: list[list[int]] = [[]]
    for line in lines:
        if line.startswith("|"):
            tables[-1].append(line.replace("\\|", "").count("|"))
        elif tables[-1]:
            tables.append([])

    assert [len(set(counts)) for counts in tables if counts] == [1, 1, 1]


def test_hostile_names_stay_text() -> None:
    """A name must not become a link, a heading, a mention or an element of its own."""
    judged = judgement(headline=f"{HOSTILE}\n# head @someone {RIGHT_TO_LEFT}x")
    judged = replace(judged, notices=(replace(NOTICE, text=HOSTILE),))
    first, *others = markdown.render(judged).splitlines()

    for line in (first, next(line for line in others if line.startswith("- "))):
        assert "\\<script\\>" in line
        assert "\\[link\\]" in line
        assert "\\`code\\`" in line
    assert "\\# head \\@someone" in first
    assert RIGHT_TO_LEFT not in first


def test_a_backtick_does_not_end_a_name() -> None:
    """What follows it would be read as Markdown."""
    written = markdown.render(judgement(goals=(goal(State.FAILS, candidate="a`b|c"),)))

    assert "| `a'b\\|c` |" in written


def test_a_capacity_and_every_rate_that_was_tried_stand_in_place_of_workloads() -> None:
    found = searching.judged({"one": searching.Truth(capacity_per_s=1300)})
    (capacity,) = found.capacities
    lines = markdown.render(found).splitlines()

    assert lines[0] == " ".join(f"## ✓ {found.headline}".split()).replace("<", r"\<")
    assert "### pull-batch/one" in lines
    assert " ".join(f"✓ {capacity.holds}.".split()).replace("<", r"\<") in lines
    assert sum("| ✓ met |" in line for line in lines) == len(capacity.having(Said.MET))
    assert len([line for line in lines if line.startswith("### ")]) == 1
