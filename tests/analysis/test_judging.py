"""What made-up figures say against their own trial."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from bench.analysis.figures import TrialFigures
from bench.analysis.summary import summarise_trial
from bench.record.schema import Level
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.parts import Time

TRIAL = runs.plan([runs.cell("one")], blocks=1).trials[0]
STANDING = [0] * (runs.TOTAL_S * 10)
DISCARDS = {"stream": {"max_msgs": 1000}}


def judged(
    *,
    stay_ns: Sequence[float] = (0.0,) * runs.TOTAL_S,
    lag: Sequence[int | None] = STANDING,
    settings: Mapping[str, object] | None = None,
) -> TrialFigures:
    """A trial at 1000 msg/s whose messages take 1 ms to store and then stay that long."""
    rng = np.random.default_rng(5)
    noise = [1e6 * rng.lognormal(0, 0.1, 1000) for _ in range(runs.TOTAL_S)]
    stored = [each.astype(np.int64) for each in noise]
    acked = [(each + stay).astype(np.int64) for each, stay in zip(noise, stay_ns, strict=True)]
    times = {Time.SERVICE: stored, Time.RESPONSE: stored, Time.END_TO_END: acked}
    cell = runs.cell("one", settings=Settings.model_validate(settings or {}))
    return summarise_trial(runs.record(TRIAL), runs.intervals(times), runs.sampled(lag), cell)


def codes(figures: TrialFigures) -> list[str]:
    return [finding.code for finding in figures.record.findings]


def test_figures_that_agree_raise_nothing() -> None:
    """1000 msg/s that stay 100 ms are 100 messages under way, and so says the lag."""
    figures = judged(stay_ns=[1e8] * runs.TOTAL_S, lag=[100] * (runs.TOTAL_S * 10))

    assert codes(figures) == []


def test_a_lag_that_does_not_fit_the_times_breaks_littles_law() -> None:
    """Twice as many messages under way as rate and time can account for: one of them is wrong."""
    figures = judged(stay_ns=[1e8] * runs.TOTAL_S, lag=[200] * (runs.TOTAL_S * 10))

    assert codes(figures) == ["littles-law"]
    assert not figures.record.valid


@pytest.mark.parametrize(
    "settings",
    [
        DISCARDS,
        {"stream": {"max_bytes": "1MiB"}},
        {"stream": {"max_age": "10s"}},  # of a trial of 15 s and more
        {"stream": {"max_msgs_per_subject": 10, "max_msgs": 1000, "discard": "new"}},
        {"consumer": {"max_deliver": 2}},
    ],
)
def test_what_is_thrown_away_is_no_breach_of_littles_law(settings: Mapping[str, object]) -> None:
    """It waited with the others and was never acked: the configuration is a bad one, but measured.

    The ledger calls it lost, and that counts.
    """
    figures = judged(
        stay_ns=[1e8] * runs.TOTAL_S, lag=[200] * (runs.TOTAL_S * 10), settings=settings
    )

    assert figures.record.valid


@pytest.mark.parametrize(
    "settings",
    [{"stream": {"max_msgs": 1000, "discard": "new"}}, {"stream": {"max_age": "24h"}}],
)
def test_a_limit_that_throws_nothing_away_lifts_no_law(settings: Mapping[str, object]) -> None:
    """A queue that refuses keeps what it took; nothing grows a day old in a trial."""
    figures = judged(
        stay_ns=[1e8] * runs.TOTAL_S, lag=[200] * (runs.TOTAL_S * 10), settings=settings
    )

    assert codes(figures) == ["littles-law"]


def test_what_the_clients_cannot_see_is_no_breach() -> None:
    """At 1 ms a message a PubAck's way back is as long as the stay: nothing can be said."""
    figures = judged(stay_ns=[1e6] * runs.TOTAL_S, lag=[2] * (runs.TOTAL_S * 10))

    assert codes(figures) == []


def test_counts_that_the_lag_does_not_confirm_are_invalid() -> None:
    """As many acked as stored, yet the server holds 50 more each second: acks got lost."""
    figures = judged(lag=[5 * i for i in range(runs.TOTAL_S * 10)])

    assert codes(figures) == ["counts-disagree"]
    assert not figures.record.valid


def test_a_stream_that_discards_may_lose_lag_without_acks() -> None:
    """What `max_msgs` throws away leaves the lag and was never acked; the ledger tells of it."""
    figures = judged(lag=[5 * i for i in range(runs.TOTAL_S * 10)], settings=DISCARDS)

    assert codes(figures) == []


def test_a_time_that_climbs_is_not_steady() -> None:
    """A stay that grows from 1 to 2 ms: in a window of 12 s a warning, for batches are short."""
    figures = judged(stay_ns=np.linspace(1e6, 2e6, runs.TOTAL_S).tolist())

    [finding] = figures.record.findings
    assert (finding.code, finding.level) == ("not-steady", Level.WARNING)
    assert "end-to-end p50" in finding.text


def test_a_growing_lag_is_a_result_and_not_unsteady() -> None:
    """A consumer that is too slow makes end-to-end times climb; that is what was to be found."""
    stay_ns = np.linspace(1e6, 1e9, runs.TOTAL_S).tolist()
    figures = judged(
        stay_ns=stay_ns, lag=[100 * i for i in range(runs.TOTAL_S * 10)], settings=DISCARDS
    )

    assert figures.lag is not None
    assert figures.lag.verdict == "growing"
    assert codes(figures) == []


@pytest.mark.parametrize("lag", [[None] * 150, []])
def test_a_lag_that_nobody_told_is_no_figure(lag: list[int | None]) -> None:
    """A sampler that never got an answer must not read as a lag of 0."""
    figures = judged(lag=lag)

    assert figures.lag is None
    assert codes(figures) == []


@pytest.mark.parametrize(
    ("edge_s", "stay_ns"),
    [(runs.WARMUP_S, 1e8), (runs.WARMUP_S + runs.WINDOW_S, 1e6)],  # 100 a time, and hardly one
)
def test_a_lag_that_moves_at_a_limit_of_the_window_is_no_breach(
    edge_s: int, stay_ns: float
) -> None:
    """It rises by 100 in the second around the limit: which 50 fall inside is a matter of ms."""
    lag = [round(100 * min(max(tenth / 10 - edge_s + 0.5, 0), 1)) for tenth in range(150)]

    assert codes(judged(stay_ns=[stay_ns] * runs.TOTAL_S, lag=lag)) == []


def test_a_lag_that_moves_elsewhere_is_a_breach() -> None:
    """The same 100 in the middle of the window: nothing that happened then accounts for them."""
    lag = [100 * (tenth >= 80) for tenth in range(150)]

    assert codes(judged(lag=lag)) == ["counts-disagree"]
