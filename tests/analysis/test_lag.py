"""What a trial's lag comes to: by its own instants, beside what its server told."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bench.analysis.figures import LagVerdict, TrialFigures
from bench.analysis.lag import cell_verdict, worse
from bench.analysis.metrics import measure_of
from bench.analysis.summary import summarise_trial
from bench.core.units import NS_PER_S
from bench.record import samples
from bench.record.schema import Level, TrialRecord
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.parts import Time

TRIAL = runs.plan([runs.cell("one")], blocks=1).trials[0]
TENTHS = runs.TOTAL_S * 10
Course = Callable[[float], int]


def standing(seconds: float) -> int:
    del seconds
    return 0


def growing(seconds: float) -> int:
    return round(50 * seconds)


def table(
    *,
    unhandled: Course = standing,
    unacked: Course | None = standing,
    server: Course | None = standing,
    least: Course = standing,
    most: Course = standing,
) -> pd.DataFrame:
    """Own lag on a grid of tenths of a second; the server's in between, None for no answers."""
    rows: list[dict[str, int | None]] = []
    for tenth in range(TENTHS):
        at_s = tenth / 10
        own: dict[str, int | None] = {
            "t_ns": tenth * NS_PER_S // 10,
            "unhandled_msgs": unhandled(at_s),
        }
        rows.append(own if unacked is None else {**own, "unacked_msgs": unacked(at_s)})
        if server is not None:
            row = {"t_ns": tenth * NS_PER_S // 10 + 50_000_000, "lag_msgs": server(at_s)}
            rows.append({**row, "lag_msgs_least": least(at_s), "lag_msgs_most": most(at_s)})
    return samples.table(rows)


def judged(
    sampled: pd.DataFrame,
    *,
    settings: Settings | None = None,
    record: TrialRecord | None = None,
    times: dict[Time, list[runs.IntArray]] | None = None,
) -> TrialFigures:
    made = record or runs.record(TRIAL)
    cell = runs.cell("one", settings=settings)
    return summarise_trial(made, runs.intervals(times or {}), sampled, cell)


def codes(figures: TrialFigures) -> list[str]:
    return [finding.code for finding in figures.record.findings]


def test_what_is_acked_early_and_not_handled_is_lag() -> None:
    """Nothing is unacknowledged, the server tells 0, and 50 more wait each second."""
    figures = judged(table(unhandled=growing))

    assert figures.lag is not None
    assert figures.lag.verdict is LagVerdict.GROWING
    assert figures.lag.slope_msgs_per_s == pytest.approx(50, rel=0.01)
    assert figures.lag.unacked is not None
    assert figures.lag.unacked.verdict is LagVerdict.STABLE
    assert measure_of("lag_slope_msgs_per_s").of_trial(figures) == pytest.approx(50, rel=0.01)


def test_what_is_handled_and_not_acked_is_as_bad() -> None:
    """Handlers keep up and acks do not: the verdict and the gated figures are of the worse."""
    figures = judged(table(unacked=growing, server=growing, least=growing, most=growing))

    assert figures.lag is not None
    assert figures.lag.verdict is LagVerdict.GROWING
    assert measure_of("lag_slope_msgs_per_s").of_trial(figures) == pytest.approx(50, rel=0.01)
    # 13.9 s is the last sample of the window.
    assert measure_of("lag_msgs_peak").of_trial(figures) == round(50 * 13.9)


def test_a_variant_that_never_acks_is_judged_by_its_handlers() -> None:
    """With ack policy none the server's lag is what it has not sent: nothing."""
    record = runs.record(TRIAL, acks=False)

    figures = judged(table(unhandled=growing, unacked=None), record=record)

    assert figures.lag is not None
    assert figures.lag.verdict is LagVerdict.GROWING
    assert figures.lag.unacked is None


def test_a_server_that_answers_no_question_leaves_the_lag_known() -> None:
    """The outage is when it matters."""
    figures = judged(table(unhandled=lambda at_s: 300 if 5 < at_s < 8 else 0, server=None))

    assert figures.lag is not None
    assert figures.lag.peak_msgs == 300
    assert not figures.lag.by_server
    assert figures.series is not None
    assert np.nanmax(figures.series.lag_msgs) == 300


def test_the_peak_is_the_exact_one_between_samples_too() -> None:
    """Seven waited for a millisecond, and no sample fell into it."""
    peaks = {"unhandled": 7, "unacked": 9}

    figures = judged(table(), record=replace(runs.record(TRIAL), peaks=peaks))

    assert figures.lag is not None
    assert figures.lag.peak_msgs == 7
    assert measure_of("lag_msgs_peak").of_trial(figures) == 9


def test_an_older_record_goes_by_the_servers_lag_and_says_so() -> None:
    """Its samples have no column of ours; what they tell is less."""
    figures = judged(runs.sampled([5 * tenth for tenth in range(TENTHS)]))

    assert figures.lag is not None
    assert figures.lag.verdict is LagVerdict.GROWING
    assert figures.lag.by_server


def test_the_worse_of_two_verdicts_promises_least() -> None:
    """Unsure is worse than draining: it may be growing."""
    assert worse([LagVerdict.STABLE, LagVerdict.DRAINING]) is LagVerdict.DRAINING
    assert worse([LagVerdict.DRAINING, LagVerdict.INCONCLUSIVE]) is LagVerdict.INCONCLUSIVE
    assert worse([LagVerdict.INCONCLUSIVE, LagVerdict.GROWING]) is LagVerdict.GROWING


def test_a_cell_is_judged_by_both_over_its_trials() -> None:
    """Three trials whose handlers keep up and whose acks fall behind are growing."""
    lag = judged(table(unacked=growing, server=growing, least=growing, most=growing)).lag
    assert lag is not None

    assert cell_verdict([lag, lag, lag]) is LagVerdict.GROWING
    by_handlers = replace(lag, unacked=None, verdict=LagVerdict.STABLE)
    assert cell_verdict([by_handlers] * 3) is LagVerdict.STABLE


def between(start_s: float, end_s: float, value: int) -> Course:
    return lambda at_s: value if start_s <= at_s < end_s else 0


def test_a_server_that_tells_more_than_can_be_is_disagreed_with() -> None:
    """Ten more than was handed over and not acked, for two seconds: acks went astray."""
    figures = judged(table(server=between(5, 7, 10)))

    assert codes(figures) == ["counts-disagree"]
    assert not figures.record.valid
    assert "told more messages" in figures.record.findings[0].text


def test_a_server_that_tells_less_than_is_sure_is_disagreed_with() -> None:
    """A hundred were confirmed and not acked, and the server has none of them for two seconds."""
    bounds = between(5, 7, 100)

    figures = judged(table(unacked=bounds, least=bounds, most=bounds))

    assert codes(figures) == ["counts-disagree"]
    assert "told fewer messages" in figures.record.findings[0].text


def test_a_soak_whose_instants_bound_no_lag_is_held_to_what_was_counted() -> None:
    """It keeps no rows to say what the server may tell at each instant, and is still looked at."""
    unbounded = ["lag_msgs_least", "lag_msgs_most"]

    agreed = judged(table().drop(columns=unbounded))
    figures = judged(table(server=between(9, 20, 5_000)).drop(columns=unbounded))

    assert codes(agreed) == []
    assert codes(figures) == ["counts-disagree"]
    assert "the lag changed by" in figures.record.findings[0].text


def test_what_is_lost_is_missing_on_the_server_and_no_contradiction() -> None:
    """An invalid trial is left out of the percentiles, which what is lost makes endless."""
    vanished = between(5, 14, 100)
    sampled = table(unacked=vanished, least=vanished, most=vanished)
    record = runs.record(TRIAL)
    assert record.ledger is not None
    losing = replace(record, ledger={**record.ledger, "lost": 100})
    other = replace(record, ledger={**record.ledger, "lost": 99})

    assert codes(judged(sampled, record=losing)) == []
    assert codes(judged(sampled, record=other)) == ["counts-disagree"]


@pytest.mark.parametrize(
    "settings", [{"stream": {"max_msgs": 10}}, {"consumer": {"max_deliver": 2}}]
)
def test_what_leaves_the_stream_without_an_ack_may_be_missing_there(
    settings: dict[str, object],
) -> None:
    """A limit throws it away, or the server gives it up; the ledger tells."""
    bounds = between(5, 7, 100)
    sampled = table(unacked=bounds, least=bounds, most=bounds)

    assert codes(judged(sampled, settings=Settings.model_validate(settings))) == []


def test_a_moment_of_disagreement_is_a_process_without_a_core() -> None:
    """Half a second, or now and then a sample: instants are written down late."""
    assert codes(judged(table(server=between(5, 5.5, 10)))) == []
    assert codes(judged(table(server=lambda at_s: 10 * (round(10 * at_s) % 2)))) == []


def test_outside_the_window_and_without_acks_nothing_is_compared() -> None:
    """What the server counts without acks is what it has not sent yet."""
    record = runs.record(TRIAL, acks=False)

    assert codes(judged(table(server=between(0, 1.9, 10)))) == []
    assert codes(judged(table(unacked=None, server=between(5, 7, 10)), record=record)) == []


def climbing(factors: Sequence[float]) -> list[runs.IntArray]:
    rng = np.random.default_rng(5)
    return [(1e6 * each * rng.lognormal(0, 0.1, 1000)).astype(np.int64) for each in factors]


def test_an_end_to_end_time_that_stands_hides_no_work_that_takes_longer() -> None:
    """With acks before the handler it is completion that shows that a trial had not settled."""
    flat = [1.0] * runs.TOTAL_S
    times = {
        Time.RESPONSE: climbing(flat),
        Time.END_TO_END: climbing(flat),
        Time.COMPLETION: climbing(np.linspace(1, 2, runs.TOTAL_S).tolist()),
    }
    early = Settings.model_validate({"ack": {"timing": "after-validation"}})

    found = judged(table(), settings=early, times=times).record.findings
    growing_ones = judged(table(unhandled=growing), settings=early, times=times).record.findings

    assert [(finding.code, finding.level) for finding in found] == [("not-steady", Level.WARNING)]
    assert "completion p50" in found[0].text
    assert growing_ones == ()
