"""The page of a run: what stands where, and what must never be missed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from markupsafe import Markup

from bench.analysis.figures import RunFigures, TrialFigures
from bench.core.marks import State
from bench.gate.verdict import GateResult
from bench.judgement.judge import judge
from bench.judgement.model import CellJudgement, Judgement
from bench.report import build, by_block, settings, trusted
from bench.report.model import Block, Fold, Points, Section
from bench.report.tables import Entry, Row, Table, Tone
from tests.gate.figures import counting
from tests.judgement import searching
from tests.report.factory import AXES, run_figures
from tests.report.trial_factory import Variant

ONE = Variant(names=("c/one",), settings={"pull": {"batch": 1}}, p50_ms=1.0)
TWO = Variant(names=("c/two",), settings={"pull": {"batch": 2}}, p50_ms=1.1)
BEHIND = Variant(
    names=("c/late",), settings={"pull": {"batch": 3}}, p50_ms=4.0, behind_msgs_per_s=600.0
)


def figures(*, blocks: int = 5, with_fault: bool = False) -> RunFigures:
    return run_figures(variants=(ONE, TWO), workloads=("w",), blocks=blocks, with_fault=with_fault)


def judged(run: RunFigures) -> Judgement:
    return judge(run)


def section(sections: Sequence[Section], id_: str) -> Section:
    return next(each for each in sections if each.id == id_)


def test_a_run_that_sought_a_rate_shows_each_look_folded_below_its_answer() -> None:
    """Twenty sections of probes would bury the one sentence that was asked for."""
    sections = build.sections(searching.judged({"one": searching.Truth(capacity_per_s=1300)}))

    assert [each.id for each in sections] == [
        "capacity",
        "capacity-1",
        "trust",
        "every-trial",
        "background",
    ]
    looks = section(sections, "every-trial").blocks
    assert len(looks) == 12
    assert all(isinstance(each, Fold) for each in looks)
    ids = [each.id for each in blocks_of(looks) if isinstance(each, Fold | Table)]
    assert len(ids) == len(set(ids))


def table(of: Section) -> Table:
    return next(each for each in of.blocks if isinstance(each, Table))


def rows_with_figures(of: Section) -> list[Row]:
    return [row for row in table(of).rows if not row.is_heading]


def fold(of: Section, title: str) -> Fold:
    return next(each for each in of.blocks if isinstance(each, Fold) and each.title == title)


def blocks_of(blocks: tuple[Block, ...]) -> Iterator[Block]:
    for each in blocks:
        yield each
        if isinstance(each, Fold):
            yield from blocks_of(each.blocks)


def column(of: Table, title: str) -> int:
    return next(i for i, each in enumerate(of.columns) if each.title.startswith(title))


def with_trials(run: RunFigures, place: int, change: object) -> RunFigures:
    """The run with every trial of one cell changed."""
    workload = run.workloads[0]
    cells = list(workload.cells)
    trials = tuple(change(trial) for trial in cells[place].trials)  # type: ignore[operator]
    cells[place] = replace(cells[place], trials=trials)
    return replace(run, workloads=(replace(workload, cells=tuple(cells)),))


def refusing(trial: TrialFigures) -> TrialFigures:
    return counting(trial, refused=600, duplicates=7)


def test_the_page_goes_from_the_answer_to_its_evidence() -> None:
    """The first screen is the report; what follows is there to be checked."""
    ids = [each.id for each in build.sections(judged(run_figures(blocks=3)))]

    assert ids == ["changes", "w-small-events", "w-mixed-payload", "trust", "background"]


def test_a_run_of_the_baseline_alone_has_no_changes() -> None:
    """An empty table under a heading looks like a fault."""
    run = run_figures(variants=(ONE,), workloads=("w",), blocks=3, with_fault=False)

    assert build.sections(judged(run))[0].id == "w-w"


def test_of_a_failure_it_is_told_before_what_to_choose() -> None:
    """Who reads one box must read the one that forbids the others."""
    behind = run_figures(variants=(ONE, BEHIND), workloads=("w",), with_fault=False)
    short = with_trials(figures(), 1, refusing)

    assert build.boxes(judged(figures()))[0].asks == "What to choose"
    assert build.boxes(judged(short))[0].asks == "What failed"
    assert judged(behind).state is State.FAILS


def test_with_a_gate_what_failed_comes_first() -> None:
    """A build asks one question, and passed is an answer to it too."""
    gated = replace(judged(figures()), gate=_A_GATE)

    assert build.boxes(gated)[0].asks == "What failed"
    assert len(build.boxes(gated)) == 4


_A_GATE: GateResult = object()  # type: ignore[assignment]  # only whether there is one is asked


def test_a_change_is_coloured_only_where_its_side_is_told() -> None:
    """What lies within the margin, or on both sides, must not catch the eye."""
    slow = replace(TWO, p50_ms=2.0)
    run = run_figures(variants=(ONE, slow), workloads=("w",), with_fault=False)
    (row,) = rows_with_figures(section(build.sections(judged(run)), "changes"))
    mark, p99, cpu = row.entries

    assert "up" in mark.drawing
    assert p99.tone is Tone.WORSE
    assert p99.detail.startswith("▲ +")
    assert cpu.tone is not Tone.WORSE


def test_under_many_workloads_each_is_a_row_of_its_change() -> None:
    """Four groups of columns would scroll sideways, and no axis would lie below another."""
    run = run_figures(variants=(ONE, TWO), workloads=("a", "b", "c", "d"), blocks=3)
    rows = table(section(build.sections(judged(run)), "changes")).rows

    assert [row.is_heading for row in rows] == [True, True, False, False, False, False]
    assert [row.names for row in rows] == [(), ("two",), ("a",), ("b",), ("c",), ("d",)]


def test_a_question_is_asked_once_above_all_rows_that_share_it() -> None:
    """Seven times the same words over seven names hide the names."""
    run = run_figures(variants=(ONE, TWO, BEHIND), workloads=("w",), with_fault=False)
    rows = table(section(build.sections(judged(run)), "changes")).rows

    assert [bool(row.over) for row in rows] == [True, False, False]
    assert [row.names for row in rows] == [(), ("two",), ("late",)]


def test_of_many_changes_those_that_do_not_stand_out_are_folded_and_counted() -> None:
    """Twelve rows of nothing hide the one that matters; none may vanish."""
    alike = [
        Variant(names=(f"c/v{n}",), settings={"pull": {"batch": n}}, p50_ms=1.0)
        for n in range(1, 11)
    ]
    slow = replace(TWO, settings={"pull": {"batch": 99}}, p50_ms=3.0)
    run = run_figures(variants=(*alike, slow), workloads=("w",), with_fault=False)
    found = section(build.sections(judged(run)), "changes")
    folded = next(each for each in found.blocks if isinstance(each, Fold))

    assert [row.names for row in rows_with_figures(found)] == [("two",)]
    assert folded.title == "9 changes that do not stand out"


def test_the_baseline_stands_first_and_tinted() -> None:
    """Every change is one against it."""
    rows = table(section(build.sections(judged(figures())), "w-w")).rows

    assert [row.tinted for row in rows] == [True, False]


def test_a_cell_that_falls_behind_is_red_in_its_row() -> None:
    """Its p99 may look short: what it never handled has none."""
    run = run_figures(variants=(ONE, BEHIND), workloads=("w",), with_fault=False)
    report = build.sections(judged(run))
    row = table(section(report, "w-w")).rows[1]
    (changed,) = rows_with_figures(section(report, "changes"))

    assert row.state is State.FAILS
    assert row.reasons[0].startswith("falls behind by ")
    assert changed.reasons == row.reasons
    peak = row.entries[column(table(section(report, "w-w")), "Peak")]
    assert (peak.detail_tone, peak.detail[0]) == (Tone.BAD, "✕")


def test_what_fell_short_has_a_column_only_where_something_did() -> None:
    """600 of 125 000 were refused in each of 5 trials; columns are dear."""
    whole = table(section(build.sections(judged(figures())), "w-w"))
    short = table(section(build.sections(judged(with_trials(figures(), 1, refusing))), "w-w"))
    place = column(short, "Fell short")
    entries = [row.entries[place] for row in short.rows]

    assert "Fell short" not in [each.title for each in whole.columns]
    assert (entries[0].text, entries[0].tone) == ("0", Tone.PLAIN)
    assert (entries[1].text, entries[1].tone) == ("✕ 3\u202f000 refused", Tone.BAD)
    assert entries[1].detail == "0.480 %, 35 twice"
    assert short.rows[1].reasons == ("3\u202f000 messages refused",)


@pytest.mark.parametrize("short", [False, True])
def test_a_table_of_cells_has_eight_columns_at_most(*, short: bool) -> None:
    """More do not fit a page beside their drawings."""
    run = with_trials(figures(), 1, refusing) if short else figures()

    assert len(table(section(build.sections(judged(run)), "w-w")).columns) + 1 <= 8


def test_every_trial_has_a_row_and_invalid_ones_stand_first_with_their_reason() -> None:
    """A trial without a line would be a trial dropped in silence."""
    run = figures(with_fault=True)
    found = fold(section(build.sections(judged(run)), "w-w"), "Block by block")
    points, trials = found.blocks[0], found.blocks[1]

    assert isinstance(points, Points)
    assert isinstance(trials, Table)
    assert "slip p99 was 41 ms" in points.points[0].text
    assert trials.rows[0].entries[0].text == "✕ invalid"
    assert len(trials.rows) == 9
    assert found.note == "9 trials, 1 invalid"


def test_invalid_findings_come_first() -> None:
    """The reader stops at the first line; it must be the one that matters most."""
    found = by_block.findings_table(judged(run_figures()).workloads[0], "t")

    assert [row.names[0] for row in found.rows] == ["generator-saturated", "drain-cut-short"]
    assert found.rows[0].entries[0].text == "✕ invalid"


def test_a_config_of_two_axes_has_a_map_that_marks_what_does_not_hold() -> None:
    """A short time where messages pile up must not look like a good place to be."""
    run = run_figures(variants=AXES, workloads=("w",), with_fault=False)
    found = fold(section(build.sections(judged(run)), "w-w"), "batch against max_ack_pending")
    times = found.blocks[0]

    assert isinstance(times, Table)
    assert [row.names for row in times.rows] == [("5",), ("20",), ("50",)]
    assert times.rows[0].entries[0].text.startswith("✕ ")
    assert not times.rows[1].entries[1].text.startswith("✕")


def test_open_points_come_before_what_holds() -> None:
    """Fifteen lines of good news are read by nobody."""
    found = trusted.section(judged(figures(with_fault=True)).checks)
    points, rest = found.blocks

    assert isinstance(points, Points)
    assert isinstance(rest, Fold)
    states = [each.state for each in points.points]
    assert states == sorted(states, key=[State.FAILS, State.DOUBTFUL, State.UNKNOWN].index)
    assert State.HOLDS not in states
    assert rest.title.startswith("15 checks: ")
    assert sum(map(int, re.findall(r"\d+ (?!checks)", rest.title))) == 15


def test_the_fold_of_the_checks_counts_those_that_do_not_hold_too() -> None:
    """A title with a tick over a table that opens with red is not believed again."""
    checks = judged(figures(with_fault=True)).checks
    fold = trusted.section(checks).blocks[-1]
    doubtful = sum(each.state is State.DOUBTFUL for each in checks)

    assert isinstance(fold, Fold)
    assert fold.state is None
    assert doubtful > 0
    assert f"{doubtful} doubtful" in fold.title


def test_only_settings_that_differ_are_compared() -> None:
    """Thirty equal rows would hide the one that explains the result."""
    shown = settings.fold(figures().plan)

    assert shown.note.startswith("1 of ")


def test_a_workload_is_described_in_its_own_units() -> None:
    """The load is half of the result: rate, payload and handler belong beside it."""
    words = settings.workload_words(run_figures().plan, "mixed-payload")

    assert "5000/s offered by 1 publisher (constant arrivals)" in words
    assert "payload 95% 1KiB and 5% 32KiB" in words
    assert "handler p50 1ms, p99 4ms" in words


def test_every_id_of_the_page_is_its_own() -> None:
    """Two elements of one id would make a link land on the wrong figures."""
    report = build.sections(judged(run_figures(variants=(*AXES, TWO))))
    blocks = [b for each in report for b in blocks_of(each.blocks)]
    ids = [each.id for each in report]
    ids += [b.id for b in blocks if isinstance(b, (Table, Fold))]

    assert len(ids) == len(set(ids))


def broken_off(run: RunFigures) -> RunFigures:
    """The run with each cell's first trial alone, which broke off before its window ended."""
    workload = run.workloads[0]
    trial = workload.cells[0].trials[0]
    record = replace(
        trial.record,
        completed=False,
        window=None,
        window_counts=None,
        slices=None,
        ledger=None,
        processes=(),
        software=None,
    )
    broken = replace(
        trial, record=record, times={}, rates={}, lag=None, cpu_us_per_msg={}, series=None
    )
    cells = tuple(
        replace(each, trials=(broken,), estimates={}, lag_verdict=None, times={}, shapes={})
        for each in workload.cells
    )
    return replace(run, workloads=(replace(workload, cells=cells, decisions={}),))


def test_a_broken_off_trial_is_reported_without_figures() -> None:
    """The run that went wrong is the one whose report is needed most."""
    report = build.sections(judged(broken_off(figures(blocks=1))))
    of_workload = section(report, "w-w")
    row: Row = table(of_workload).rows[0]
    trials = fold(of_workload, "Block by block").blocks[1]

    assert row.state is State.FAILS
    assert {entry.text for entry in row.entries} == {"n/a", "lost: n/a"}
    assert isinstance(trials, Table)
    assert trials.rows[0].entries[0] == Entry(text="✕ broke off", tone=Tone.BAD)


def key(judged_: Judgement, id_: str) -> str:
    """What stands below a section's table of a run, in plain spaces."""
    blocks = section(build.sections(judged_), id_).blocks
    return " ".join(each for each in blocks if isinstance(each, Markup)).replace("\xa0", " ")


def with_second_cell(judged_: Judgement, changed: CellJudgement) -> Judgement:
    (workload,) = judged_.workloads
    return replace(judged_, workloads=(replace(workload, cells=(workload.cells[0], changed)),))


def test_the_key_names_what_it_explains() -> None:
    """A drawing that needs a guess is decoration."""
    assert "90 % interval of the p99" in key(judged(figures()), "w-w")


def test_hatching_is_explained_only_where_it_is_drawn() -> None:
    """A sign that is explained and nowhere seen is looked for."""
    found = judged(figures())
    cell = found.workloads[0].cells[1]
    shapes = {time: replace(shape, unfinished=7) for time, shape in cell.cell.shapes.items()}
    never = with_second_cell(found, replace(cell, cell=replace(cell.cell, shapes=shapes)))

    assert "red hatching: messages that never came" in key(never, "w-w")
    assert "hatching" not in key(found, "w-w")


def test_an_arrow_is_explained_only_where_it_is_drawn() -> None:
    """Whoever sees none would search the table for it."""
    found = judged(figures())
    workload, cell = found.workloads[0], found.workloads[0].cells[1]
    change = replace(cell.changes[workload.primary.key], at_least=(True, False))
    changes = {**cell.changes, workload.primary.key: change}

    assert "arrow" in key(with_second_cell(found, replace(cell, changes=changes)), "changes")
    assert "arrow" not in key(found, "changes")


def test_the_headline_is_not_said_again_of_the_only_workload() -> None:
    """Two equal sentences make a reader look for the difference."""
    alone = judged(figures())
    several = judged(run_figures(variants=(ONE, TWO), workloads=("a", "b"), with_fault=False))

    assert alone.workloads[0].sentence == f"{alone.headline}."
    assert len(section(build.sections(alone), "w-w").lead) == 1
    assert len(section(build.sections(several), "w-a").lead) == 2


def test_the_course_says_how_long_its_spans_are() -> None:
    """ "Each span of s" was once all that it said."""
    found = fold(section(build.sections(judged(figures())), "w-w"), "Over time").blocks[0]

    assert isinstance(found, Table)
    first = found.columns[0].title
    width = int(first.rpartition(" ")[2]) - int(first.partition(" ")[0])
    assert f"in each span of {width} s" in found.caption
