"""The page of a trend: what it says first, and where."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.judgement.summary import RunSummary, as_json
from bench.judgement.trends import trends_of
from bench.report import html, trend
from bench.report.markup import embedded
from bench.report.overview import write_overview
from tests.judgement.histories import CPU, P50, P99, RATE, history
from tests.stats.test_steps import runs

MS = 1e6


def page(made: Sequence[RunSummary]) -> str:
    (found,) = trends_of(made)
    return html.render_page(trend.page(found))


def words(made: Sequence[RunSummary]) -> str:
    return plain(page(made))


def plain(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", markup))


def stepping(since: Mapping[int, Mapping[str, Any]], by: float = 1.2) -> list[RunSummary]:
    return history({P99: runs((40, 10 * MS), (20, 10 * MS * by))}, since)


def test_the_first_line_says_whether_there_was_a_step() -> None:
    """Ten seconds: was there one, when, how large, and what else changed."""
    assert (
        "1 step in 60 runs. The last: 2026-02-10: end-to-end p99 +20 %, with other kernel."
        in words(stepping({40: {"kernel": "6.9"}}))
    )
    assert "+20 %, and nothing else changed." in words(stepping({}))
    assert "No step told in 60 runs." in words(stepping({}, by=1.0))
    assert "Too few runs to tell a step: 34 runs, of 35." in words(stepping({})[:34])


def test_a_step_to_the_better_that_lost_messages_is_a_doubt() -> None:
    """Who loses them may well be faster; where none fell short nothing is asked of such a step."""
    lossy, sound = stepping({41: {"short": "9 lost"}}, 0.7), stepping({}, 0.7)

    assert words(lossy).count("messages fell short, or nobody can tell, in 19 of 20 runs") == 2
    assert "▲ end-to-end p99" in words(lossy)
    assert "fell short, or nobody can tell" not in words(sound)
    assert "▲ end-to-end p99" not in words(sound)


def test_a_step_on_another_host_is_called_so() -> None:
    """Whoever reads "+20 %" looks for the commit."""
    found = words(stepping({40: {"host": "ci-2", "cpu": "EPYC"}}))

    assert "+20 %, with another host or CPU." in found
    assert "another host: no regression of NATS is told by it" in found
    assert "host: ci-1, now ci-2; CPU: Xeon, now EPYC" in found
    assert "▲ end-to-end p99" not in found
    assert "▲ end-to-end p99 +20 %, 10.0 ms to 12.0 ms" in words(stepping({}))


def test_runs_without_a_figure_are_told_and_marked() -> None:
    """A gap in a row of dots looks like a day without a run."""
    p99: list[float | None] = list(runs((60, 10 * MS)))
    p99[7], p99[8] = None, None
    found = page(history({P99: p99}))

    assert "No step told in 58 runs; 2 more have no figure." in found
    assert found.count(">–</text>") == 4  # two runs, for a wide screen and for a phone


def test_the_place_and_the_levels_of_a_step_are_drawn() -> None:
    """Broad line where it is, a level to either side, for a wide screen and for a phone."""
    found = page(stepping({}))

    assert found.count('class="step"') == 2
    assert found.count('class="p99 level"') == 4
    assert found.count('class="p50 level"') == 0
    assert page(stepping({}, by=1.0)).count('class="step"') == 0


def test_words_of_changes_do_not_run_into_each_other() -> None:
    """A host that is another one each day would be a black bar of words."""
    since = {day: {"host": f"ci-{day % 2}"} for day in range(60)}
    found = page(stepping(since))

    assert found.count('class="change"') == 2 * 59
    assert 5 < found.count(">host</text>") < 15


def test_a_long_history_stands_folded() -> None:
    """A thousand rows are no page."""
    assert "All figures of each run" in page(stepping({}))
    assert "All figures of each run" not in page(stepping({})[:20])


def test_a_drift_that_is_no_step_is_told() -> None:
    """ "No step" alone would be kinder than the truth."""
    p99 = [10 * MS * 1.3 ** (day / 299) * each for day, each in enumerate(runs((300, 1.0)))]

    found = words(history({P99: p99}))

    assert "No step told in 300 runs. From the first 20 runs to the last 20: end-to-end p99 +2" in (
        found
    )


def test_a_figure_that_was_nothing_steps_without_a_share() -> None:
    """Nothing can be told as a share of nothing."""
    found = words(history({RATE: [0.0] * 40 + [5.0] * 10}))

    assert "acked rate up, 0 msg/s to 5.00 msg/s" in found


def test_hostile_words_stay_words() -> None:
    """Hosts, kernels and versions are what somebody's machine says of itself."""
    hostile = "<script>alert(1)</script>"
    since = {40: {"host": hostile, "cpu": hostile, "kernel": hostile, "jetbench": hostile}}

    assert hostile not in page(stepping(since)).replace("<script>\n", "")


@pytest.mark.parametrize("odd", [5e-324, 1.7e308, 0.0, -5.0, math.nan, math.inf])
def test_whatever_number_a_report_has_the_page_is_made(odd: float) -> None:
    """A report is a file, and the page of all runs is made of all of them."""
    found = page(history({P99: [1e7, odd, 1e7], P50: [odd, odd, odd]}))

    assert found.count('class="p99"') == 2 * 3  # two runs and the legend, on either screen


def test_a_thousand_runs_make_a_page_that_opens() -> None:
    """Three years of a run a day, with all four figures; the report of one run is larger."""
    rng = np.random.default_rng(1)
    made = {key: list(np.exp(rng.normal(16, 0.03, 1000))) for key in (P50, P99, RATE, CPU)}

    assert len(page(history(made))) < 1_500_000


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    for each in stepping({}):
        folder = tmp_path / each.run_id
        folder.mkdir()
        element = f'<script type="application/json" id="run-summary">{embedded(as_json(each))}'
        (folder / "index.html").write_text(f"{element}</script>")
    return tmp_path


def test_the_list_of_runs_names_the_last_step_of_each_trend(reports: Path) -> None:
    """Of fifty variants one looks at those that moved."""
    shown = plain(write_overview(reports / "results", reports).read_text(encoding="utf-8"))

    assert "▲ 2026-02-10: end-to-end p99 +20 %, and nothing else changed" in shown
