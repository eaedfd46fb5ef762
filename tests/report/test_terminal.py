"""The summary on the terminal."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from bench.analysis.figures import RunFigures
from bench.record.schema import Time
from bench.report import standing
from bench.report.model import plain
from bench.report.terminal import print_summary, trial_line
from tests.report.factory import run_figures, with_texts


def printed(figures: RunFigures, *, width: int = 120, colour: bool = False) -> str:
    out = io.StringIO()
    print_summary(
        figures, Console(file=out, width=width, force_terminal=colour, no_color=not colour)
    )
    return out.getvalue()


def test_the_summary_says_what_the_report_says() -> None:
    """Two places that tell different figures would make both worthless."""
    figures = run_figures()
    words = printed(figures)

    assert plain(standing.answers(figures.workloads[0])[0]) in words
    assert "▲ growing" in words
    assert "1 invalid trial." in words


@pytest.mark.parametrize("width", [50, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """A wrapped table cannot be read."""
    lines = printed(run_figures(), width=width).splitlines()

    assert max(len(line.rstrip()) for line in lines) <= width


def test_markup_in_a_name_is_printed_as_it_stands() -> None:
    """Rich reads `[red]` as colour: a name must not paint or vanish."""
    words = printed(with_texts(run_figures(workloads=("w",)), "[red]x[/red]"), width=200)

    assert "[red]x[/red]" in words


def test_without_colour_nothing_but_text_is_written() -> None:
    """Escape sequences in a CI log hide the figures (NO_COLOR)."""
    assert "\x1b[" not in printed(run_figures(workloads=("w",)))


def test_a_trial_is_one_plain_line() -> None:
    """CI logs are read with grep."""
    trial = run_figures().workloads[0].cells[2].trials[0]
    line = trial_line(trial, 3, 70)

    assert re.fullmatch(
        r"\[3/70\]  \S+  valid  end-to-end p50 \S+ ms  p99 \S+ ms  "
        r"acked 5\u202f000 msg/s  lag stable",
        line,
    )


def test_an_invalid_trial_names_its_reason_in_the_line() -> None:
    """The log must tell at once that the next figures do not count."""
    trial = run_figures().workloads[0].cells[1].trials[-1]

    assert "INVALID (generator-saturated)" in trial_line(trial, 1, 1)


def test_a_trial_without_acks_shows_what_was_delivered() -> None:
    """`acked 0 msg/s` would read as a failure of a variant that never acks."""
    trial = run_figures().workloads[0].cells[-1].trials[0]
    line = trial_line(trial, 1, 1)

    assert Time.END_TO_END not in trial.times
    assert "delivered 5\u202f000 msg/s" in line


def test_a_trial_that_broke_off_still_has_a_line() -> None:
    """It has no figures; the line must say so and not crash the run."""
    trial = run_figures().workloads[0].cells[0].trials[0]
    broken = replace(
        trial,
        record=replace(trial.record, completed=False, findings=()),
        times={},
        rates=None,
        lag=None,
    )

    assert trial_line(broken, 1, 2).endswith("INVALID (broke off)  lag n/a")
