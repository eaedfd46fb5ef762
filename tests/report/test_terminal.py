"""A judgement on the terminal."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from bench.analysis.figures import LagVerdict
from bench.core.marks import State
from bench.judgement.model import Judgement
from bench.report.terminal import MOST_KEPT, NARROW_BELOW_COLUMNS, print_judgement, trial_line
from bench.seek.bracket import Said
from tests.gate.figures import counting
from tests.judgement import searching
from tests.parts import Time
from tests.report.factory import run_figures, with_texts
from tests.report.made import BOXES, NOTICE, goal, judgement


def printed(judged: Judgement, *, width: int = 120, colour: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=colour, no_color=not colour)
    print_judgement(judged, console)
    return out.getvalue()


def test_the_answers_stand_first_each_on_a_line() -> None:
    """Who reads a log reads its first lines."""
    first, second, _, *boxes = printed(judgement(state=State.FAILS), width=200).splitlines()

    assert first == "✕ Two hints: batch 1 costs time and CPU"
    assert second == "Asked: what does a batch cost?"
    for line, box in zip(boxes, BOXES.each, strict=False):
        assert re.fullmatch(
            rf"{re.escape(box.asks)} +{re.escape(box.marked)}\. {re.escape(box.text)} *", line
        )


@pytest.mark.parametrize(("width", "name"), [(120, "pull-batch/batch-10"), (80, "batch-10")])
def test_a_change_stands_beneath_its_figure_with_its_doubt(width: int, name: str) -> None:
    """A number without what it is held against is only a number."""
    lines = printed(judgement(), width=width).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"{name} "))
    row = " ".join(" ".join(lines[start - 1 : start + 4]).split())

    assert len([line for line in lines if len(line.rstrip()) > width]) == 0
    assert re.search(r"\d\.\d\d .*▲ \+31 % ▲ \+31 % ✓ keeps up .*1 of 1 slower 1 of 1 slower", row)
    assert ("batch 1 not 50" in row) is (width >= NARROW_BELOW_COLUMNS)


def test_what_falls_behind_says_how_fast() -> None:
    """The slope is what tells an hour of it from a day."""
    words = " ".join(printed(judgement(), width=200).split())

    assert "✕ falls behind by 120 msg/s" in words


def test_a_count_has_a_column_only_where_a_cell_has_any() -> None:
    """Five columns of zeros on 80 columns leave no room for a figure."""
    figures = run_figures(workloads=("w",), blocks=1, with_fault=False)
    (workload,) = figures.workloads
    first, *others = workload.cells
    refusing = replace(first, trials=tuple(counting(t, refused=20) for t in first.trials))
    refused = replace(figures, workloads=(replace(workload, cells=(refusing, *others)),))

    assert "Refused" not in printed(judgement(figures))
    assert "Refused" in printed(judgement(refused))
    assert "✕ 20" in printed(judgement(refused))


def test_whether_messages_were_lost_may_be_unknown_and_is_no_zero() -> None:
    """`0` would acquit a variant of which nobody knows."""
    judged = judgement()
    (workload,) = judged.workloads
    cells = tuple(replace(cell, lost=None) for cell in workload.cells)
    words = printed(replace(judged, workloads=(replace(workload, cells=cells),)))

    assert "Lost" in words
    assert words.count("▲ n/a") == len(cells)


def test_goals_that_do_not_hold_say_why() -> None:
    """A reader of a red build wants the reason, and of a green one that there were goals."""
    words = printed(judgement(goals=(goal(State.FAILS), goal(State.HOLDS, "lost == 0"))))

    assert re.search(
        r"✕ missed +end_to_end_p99 < 10ms, small-events, pull-batch/batch-10: 12\.1 ms", words
    )
    assert words.count("it is 12 ms in every block") == 1
    assert re.search(r"✓ kept +lost == 0", words)


def test_many_goals_that_are_kept_are_counted() -> None:
    """Sixty lines of what holds hide the one that does not."""
    kept = [goal(State.HOLDS, f"end_to_end_p99 < {each}ms") for each in range(MOST_KEPT + 1)]
    words = printed(judgement(goals=(goal(State.DOUBTFUL), *kept)))

    assert f"✓ {MOST_KEPT + 1} kept" in words
    assert words.count("end_to_end_p99") == 1


def test_notices_close_it() -> None:
    """They stand right above the prompt, where nobody scrolls past them."""
    assert printed(judgement()).rstrip().endswith(f"▲ {NOTICE.word}. {NOTICE.text}")


@pytest.mark.parametrize("width", [50, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """A wrapped table cannot be read."""
    judged = judgement(run_figures(), goals=(goal(State.FAILS), goal(State.HOLDS)))
    lines = printed(judged, width=width).splitlines()

    assert max(len(line.rstrip()) for line in lines) <= width


def test_markup_in_a_name_is_printed_as_it_stands() -> None:
    """Rich reads `[red]` as colour: a name must not paint or vanish."""
    figures = with_texts(run_figures(workloads=("w",)), "[red]x[/red]")

    assert "[red]x[/red]" in printed(judgement(figures, headline="[b]y"), width=200)
    assert printed(judgement(figures, headline="[b]y"), width=200).startswith("[b]y")


def test_without_colour_nothing_but_text_is_written() -> None:
    """Escape sequences in a CI log hide the figures (NO_COLOR)."""
    assert "\x1b[" not in printed(judgement())


def test_a_trial_is_one_plain_line() -> None:
    """CI logs are read with grep."""
    trial = run_figures().workloads[0].cells[2].trials[0]
    line = trial_line(trial, "3/70")

    assert re.fullmatch(
        r"\[3/70\]  \S+  valid  end-to-end p50 \S+ ms  p99 \S+ ms  "
        r"acked 5\u202f000 msg/s  lag stable",
        line,
    )


def test_of_several_parts_the_line_names_whose_lag_grows() -> None:
    """The others' times in it may be as good as ever."""
    trial = run_figures().workloads[0].cells[2].trials[0]
    assert trial.lag is not None
    grows = replace(trial.lag, verdict=LagVerdict.GROWING)
    several = replace(trial, lag=grows, lags={"billing": trial.lag, "audit": grows})
    alone = replace(trial, lag=grows, lags={"consume": grows})

    assert trial_line(several, "1/1").endswith("lag growing (audit)")
    assert trial_line(alone, "1/1").endswith("lag growing")


def test_an_invalid_trial_names_its_reason_in_the_line() -> None:
    """The log must tell at once that the next figures do not count."""
    trial = run_figures().workloads[0].cells[1].trials[-1]

    assert "INVALID (generator-saturated)" in trial_line(trial, "1/1")


def test_a_trial_without_acks_shows_what_was_handled() -> None:
    """`acked 0 msg/s` would read as a failure of a variant that never acks."""
    trial = run_figures().workloads[0].cells[-1].trials[0]
    line = trial_line(trial, "1/1")

    assert Time.END_TO_END not in trial.times
    assert "handled 5\u202f000 msg/s" in line


def test_a_trial_that_broke_off_still_has_a_line() -> None:
    """It has no figures; the line must say so and not crash the run."""
    trial = run_figures().workloads[0].cells[0].trials[0]
    broken = replace(
        trial,
        record=replace(trial.record, completed=False, findings=()),
        times={},
        rates={},
        lag=None,
    )

    assert trial_line(broken, "1/2").endswith("INVALID (broke off)  lag n/a")


@pytest.mark.parametrize("width", [120, 80])
def test_a_capacity_and_every_rate_that_was_tried_stand_in_place_of_workloads(width: int) -> None:
    """What a report says, and no table for each of a dozen probes."""
    found = searching.judged({"one": searching.Truth(capacity_per_s=1300)})
    said = printed(found, width=width)

    assert said.startswith("✓ Holds end_to_end_p99 < 20ms to 1\N{NARROW NO-BREAK SPACE}288 msg/s")
    words = " ".join(said.split())
    (capacity,) = found.capacities
    assert " ".join(f"{capacity.variant}: {capacity.holds}.".split()) in words
    assert " ".join(capacity.limits.split()) in words
    assert len(re.findall("✓ met", said)) == len(capacity.having(Said.MET))
    assert "Peak lag" not in said
