"""What compared figures count, and what they leave out."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.analysis import metrics
from bench.analysis.deciding import decisions
from bench.analysis.decision import Told
from bench.analysis.figures import PERCENTILES, Growth, TrialFigures
from bench.analysis.metrics import Measure, measure_of
from bench.record.schema import ProcessUsage
from bench.spec.cast import entries
from bench.spec.kinds.registry import cast_of
from bench.spec.load import load_workload
from bench.spec.metrics import METRICS, Kind, Source, of_casts
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.gate.figures import counting, time_of, trial_of
from tests.parts import Time, cast, without_acks
from tests.report.factory import cell_figures, run_figures
from tests.report.trial_factory import RATE, Variant

OF_STREAM = [measure_of(metric.key) for metric in of_casts([cast()])]
ONE = Variant(names=("c/one",), settings={"pull": {"batch": 1}}, p50_ms=1.0)
TWO = Variant(names=("c/two",), settings={"pull": {"batch": 2}}, p50_ms=1.0)


def with_rate(trial: TrialFigures, rate: float) -> TrialFigures:
    return replace(trial, rates={**trial.rates, "acked": rate, "stored": rate})


def never_acking(trial: TrialFigures) -> TrialFigures:
    """The trial, had its variant never acknowledged."""
    rates = {name: rate for name, rate in trial.rates.items() if name != "acked"}
    return replace(trial, record=without_acks(trial.record), rates=rates)


@pytest.mark.parametrize("key", ["acked_msgs_per_s", "stored_msgs_per_s"])
@pytest.mark.parametrize(("counted", "compared"), [(RATE * 1.1, RATE), (RATE * 0.9, RATE * 0.9)])
def test_a_rate_counts_up_to_the_offered_one(key: str, counted: float, compared: float) -> None:
    """More than was offered is the backlog of a warm-up: who fell behind there would lead here."""
    trial = run_figures(variants=(ONE,), workloads=("w",), blocks=1).workloads[0].cells[0].trials[0]

    assert measure_of(key).of_trial(with_rate(trial, counted)) == compared


def test_draining_a_backlog_makes_nobody_the_best() -> None:
    """Two cells that both take all that is offered are equal, whatever one of them owed."""
    run = run_figures(variants=(ONE, TWO), workloads=("w",), with_fault=False)
    steady, owing = run.workloads[0].cells
    drained = cell_figures(owing.cell, [with_rate(trial, RATE * 1.2) for trial in owing.trials])

    found = decisions((steady, drained))["acked_msgs_per_s"]
    assert found.between(*found.ids).told is Told.ALIKE


@pytest.mark.parametrize("measure", OF_STREAM, ids=lambda measure: measure.metric.key)
def test_every_entry_of_the_catalogue_can_be_read(measure: Measure) -> None:
    """An entry at a percentile that no histogram is read at, or of nobody's CPU, has no figures."""
    trial = run_figures(variants=(ONE,), workloads=("w",), blocks=1).workloads[0].cells[0].trials[0]

    assert measure.of_trial(trial) is not None


CELL = runs.cell("one")
PLACES = (
    Time.SLIP,
    Time.SERVICE,
    Time.RESPONSE,
    Time.DELIVERY,
    Time.COMPLETION,
    Time.END_TO_END,
)

TOLD: dict[str, tuple[float, bool, float]] = {
    "end_to_end_ns_p50": (6_000_050.0, True, 0.001),
    "end_to_end_ns_p95": (6_000_095.0, True, 0.001),
    "end_to_end_ns_p99": (6_000_099.0, True, 0.001),
    "end_to_end_ns_p99_9": (6_000_100.0, True, 0.001),
    "completion_ns_p50": (5_000_050.0, True, 0.001),
    "completion_ns_p99": (5_000_099.0, True, 0.001),
    "delivery_ns_p50": (4_000_050.0, True, 0.001),
    "delivery_ns_p99": (4_000_099.0, True, 0.001),
    "response_ns_p50": (3_000_050.0, True, 0.001),
    "response_ns_p99": (3_000_099.0, True, 0.001),
    "slip_ns_p99": (1_000_099.0, True, 0.001),
    "stored_msgs_per_s": (900.0, True, 0.01),
    "acked_msgs_per_s": (800.0, True, 0.01),
    "stored_bytes_per_s": (21.0, True, 0.01),
    "handled_bytes_per_s": (22.0, True, 0.01),
    "lag_msgs_peak": (70.0, False, 0.01),
    "lag_slope_msgs_per_s": (20.0, False, 0.0),
    "lag_ns_peak": (7.0, False, 0.01),
    "server_cpu_us_per_msg": (1.0, True, 0.01),
    "publisher_cpu_us_per_msg": (2.0, True, 0.01),
    "consumer_cpu_us_per_msg": (3.0, True, 0.01),
    "server_cpu_share": (0.1, False, 0.01),
    "server_cpu_share_peak": (0.2, False, 0.01),
    "server_rss_bytes_mean": (40.0, True, 0.01),
    "server_rss_bytes_peak": (50.0, True, 0.01),
    "server_in_bytes_per_s": (31.0, False, 0.01),
    "server_out_bytes_per_s": (32.0, False, 0.01),
    "publisher_cpu_share": (0.3, False, 0.01),
    "publisher_cpu_share_peak": (0.4, False, 0.01),
    "publisher_rss_bytes_mean": (60.0, True, 0.01),
    "publisher_rss_bytes_peak": (70.0, True, 0.01),
    "publisher_in_bytes_per_s": (33.0, False, 0.01),
    "publisher_out_bytes_per_s": (34.0, False, 0.01),
    "consumer_cpu_share": (0.5, False, 0.01),
    "consumer_cpu_share_peak": (0.6, False, 0.01),
    "consumer_rss_bytes_mean": (80.0, True, 0.01),
    "consumer_rss_bytes_peak": (90.0, True, 0.01),
    "consumer_in_bytes_per_s": (35.0, False, 0.01),
    "consumer_out_bytes_per_s": (36.0, False, 0.01),
    "stream_bytes_per_s": (23.0, False, 0.01),
    "stream_msgs_per_s": (24.0, False, 0.01),
    "stream_left_ns": (25e9, False, 0.01),
    "redelivered_share": (0.03, False, 0.0),
    "msgs_per_fetch": (8.0, True, 0.01),
    "empty_fetch_share": (0.04, False, 0.0),
}
"""By figure: its value in `distinct()`, whether averaged as logs, and what it resolves."""


def using(  # noqa: PLR0917
    role: str, cpu_ns: int, mean: float, peak: float, mean_bytes: int, peak_bytes: int, in_: float
) -> ProcessUsage:
    """What a process used."""
    return ProcessUsage(
        role=role,
        cpu_ns=cpu_ns,
        cpu_share=mean,
        rss_bytes_peak=peak_bytes,
        cpu_share_peak=peak,
        rss_bytes_mean=mean_bytes,
        in_bytes_per_s=in_,
        out_bytes_per_s=in_ + 1,
    )


def distinct() -> TrialFigures:
    """A trial of which no two figures are alike.

    Times are so many ms as their place in PLACES, and as many ns as the percentile; each has ten
    thousand messages more than the one before.
    """
    told = {"deliveries": 1000, "redelivered": 30, "fetches": 125, "empty_fetches": 5}
    trial = counting(trial_of(CELL, 1, 1.0), **told)
    assert trial.lag is not None
    processes = (
        using("server", 1, 0.1, 0.2, 40, 50, 31.0),
        using("publisher-0", 2, 0.3, 0.4, 60, 70, 33.0),
        using("consumer-0", 3, 0.5, 0.6, 80, 90, 35.0),
    )
    acked = replace(trial.lag, peak_msgs=70.0, slope_msgs_per_s=15.0)
    return replace(
        trial,
        record=replace(trial.record, processes=processes, oldest_ns={"unhandled": 7, "unacked": 9}),
        times={
            time: replace(
                time_of(1.0, 10_000 * place),
                percentiles_ns={each: place * 1_000_000 + round(each) for each in PERCENTILES},
            )
            for place, time in enumerate(PLACES, start=1)
        },
        rates={
            "offered": 1000.0,
            "sent": 950.0,
            "stored": 900.0,
            "received": 850.0,
            "handled": 825.0,
            "acked": 800.0,
        },
        lag=replace(trial.lag, peak_msgs=60.0, slope_msgs_per_s=20.0, unacked=acked),
        cpu_us_per_msg={"server": 1.0, "publisher": 2.0, "consumer": 3.0},
        bytes_per_s={"stored": 21.0, "handled": 22.0},
        growth=Growth(
            msgs_per_s=24.0, bytes_per_s=23.0, left_s={"max_msgs": None, "max_bytes": 25.0}
        ),
    )


def test_every_metric_of_the_catalogue_has_its_measure() -> None:
    """In the same order, that of the tables."""
    assert all(measure_of(metric.key).metric == metric for metric in METRICS)
    assert [measure.metric.key for measure in OF_STREAM] == list(TOLD)


@pytest.mark.parametrize("key", TOLD)
def test_every_figure_is_read_where_it_stands(key: str) -> None:
    """Its own value of a trial, whether it is averaged as logs, and what it can resolve."""
    value, logarithmic, resolution = TOLD[key]
    measure = measure_of(key)

    assert measure.of_trial(distinct()) == value
    assert (measure.logarithmic, measure.resolution) == (logarithmic, resolution)


def read(kind: Kind, of: str, percentile: float | None = None) -> Measure:
    """A measure of a figure that comes from there, made anew."""
    source = Source(kind=kind, of=of, percentile=percentile)
    return metrics._measure(replace(METRICS[0], source=source))


def test_a_time_is_read_at_its_percentile() -> None:
    """Of those that the message has: its value, what lies beyond, and what it exceeds without."""
    measure = read(Kind.TIME, "end_to_end", 99.9)
    trial, none = distinct(), replace(distinct(), times={})

    assert measure.metric.key == METRICS[0].key
    assert (measure.of_trial(trial), measure.beyond(trial)) == (6_000_100.0, 60)
    assert (measure.of_trial(none), measure.beyond(none)) == (None, None)
    assert (measure.at_least(trial), measure.at_least(none)) == (None, 13e9)
    assert read(Kind.TIME, "slip", 99.0).of_trial(trial) == 1_000_099.0


def test_a_time_without_a_percentile_is_an_error_of_the_catalogue() -> None:
    """Found when it is read, not as a figure that is missing everywhere."""
    with pytest.raises(ValueError, match="the time slip is read at no percentile"):
        read(Kind.TIME, "slip")


@pytest.mark.parametrize(
    ("kind", "of", "value"),
    [
        (Kind.RATE, "stored", 900.0),
        (Kind.RATE, "received", 850.0),
        (Kind.RATE, "acked", 800.0),
        (Kind.CPU, "publisher", 2.0),
        (Kind.LAG, "peak", 70.0),
        (Kind.LAG, "slope", 20.0),
        (Kind.LAG, "oldest", 7.0),
        (Kind.PROCESS, "server_rss_bytes_peak", 50.0),
        (Kind.PROCESS, "consumer_cpu_share_peak", 0.6),
        (Kind.PROCESS, "server_out_bytes_per_s", 32.0),
        (Kind.DELIVERIES, "redelivered", 0.03),
        (Kind.DELIVERIES, "duplicates", 0.0),
        (Kind.FETCHES, "fetches", 8.0),
        (Kind.FETCHES, "empty_fetches", 0.04),
    ],
)
def test_each_kind_of_figure_is_read_by_what_it_is_of(kind: Kind, of: str, value: float) -> None:
    """None of these has messages beyond it."""
    measure = read(kind, of)

    assert measure.of_trial(distinct()) == value
    assert measure.beyond(distinct()) is None


def test_what_cannot_be_read_is_none_and_never_zero() -> None:
    """Rates without acks, of a trial without rates; a ledger's entry that nobody can tell."""
    trial = distinct()
    never = never_acking(trial)
    unaged = replace(trial, record=replace(trial.record, oldest_ns={}))
    unknown = counting(trial, lost=-1)
    cut_off = replace(trial, record=replace(trial.record, ledger=None))
    used = ProcessUsage(role="consumer-0", cpu_ns=2000, cpu_share=0.0, rss_bytes_peak=-1)
    counts = trial.record.window_counts
    assert counts is not None
    counts = {**counts, "received": 0}
    stalled = replace(trial, record=replace(trial.record, processes=(used,), window_counts=counts))

    assert read(Kind.RATE, "acked").of_trial(never) is None
    assert read(Kind.RATE, "stored").of_trial(never) == 900.0
    assert read(Kind.RATE, "acked").of_trial(replace(trial, rates={})) is None
    assert read(Kind.LAG, "peak").of_trial(replace(trial, lag=None)) is None
    assert read(Kind.LAG, "slope").of_trial(replace(trial, lag=None)) is None
    assert read(Kind.LAG, "oldest").of_trial(unaged) is None
    assert read(Kind.DELIVERIES, "lost").of_trial(unknown) is None
    assert read(Kind.DELIVERIES, "lost").of_trial(cut_off) is None
    assert read(Kind.DELIVERIES, "lost").of_trial(counting(trial, deliveries=0)) is None
    assert read(Kind.FETCHES, "fetches").of_trial(counting(trial, fetches=-1)) is None
    assert read(Kind.FETCHES, "fetches").of_trial(counting(trial, fetches=0)) is None
    assert read(Kind.FETCHES, "empty_fetches").of_trial(counting(trial, empty_fetches=-1)) is None
    assert read(Kind.CPU, "consumer").at_least(stalled) == 2.0
    assert read(Kind.RATE, "acked").at_least(stalled) is None


@pytest.mark.parametrize("key", TOLD)
def test_a_trial_that_broke_off_has_no_figure_and_no_bound(key: str) -> None:
    """Nothing is known of it, and that is no 0."""
    record = replace(
        runs.record(runs.plan([CELL], blocks=1).trials[0]),
        completed=False,
        window=None,
        window_counts=None,
        ledger=None,
        oldest_ns={},
    )
    broken = replace(
        distinct(),
        record=record,
        times={},
        rates={},
        lag=None,
        cpu_us_per_msg={},
        bytes_per_s={},
        growth=None,
    )
    measure = measure_of(key)

    assert measure.of_trial(broken) is None
    assert measure.at_least(broken) is None
    assert measure.beyond(broken) is None


@pytest.mark.parametrize(
    ("key", "beyond"),
    [
        ("end_to_end_ns_p50", 30_000),
        ("end_to_end_ns_p99", 600),
        ("end_to_end_ns_p99_9", 60),
        ("slip_ns_p99", 100),
        ("response_ns_p99", 300),
        ("acked_msgs_per_s", None),
        ("server_cpu_us_per_msg", None),
        ("lag_msgs_peak", None),
    ],
)
def test_messages_beyond_are_those_of_the_time_itself(key: str, beyond: float | None) -> None:
    """One in a hundred of sixty thousand end-to-end times, of ten thousand slips."""
    assert measure_of(key).beyond(distinct()) == beyond


def test_a_time_that_no_message_has_is_at_least_as_long_as_the_trial_waited() -> None:
    """The window of 12 s and the drain of 1 s; of half that came, the half that came longest."""
    none = replace(distinct(), times={})
    unread = dict.fromkeys(PERCENTILES)
    half = replace(
        distinct(),
        times={
            Time.END_TO_END: replace(time_of(1.0, 12_000), percentiles_ns=unread),
            Time.RESPONSE: replace(time_of(2000.0, 12_000), percentiles_ns=unread),
        },
    )

    assert measure_of("end_to_end_ns_p50").at_least(none) == 13e9
    assert measure_of("end_to_end_ns_p99").at_least(none) == 13e9
    assert measure_of("end_to_end_ns_p99").at_least(half) == 1e9  # the drain
    assert measure_of("response_ns_p99").at_least(half) == 2e9
    assert measure_of("end_to_end_ns_p50").at_least(half) is None  # 12 of 20 thousand came
    assert measure_of("delivery_ns_p99").at_least(half) == 13e9


def test_cpu_time_without_a_message_is_at_least_what_one_would_have_cost() -> None:
    """1 ns of the server's; no other figure has such a bound."""
    trial = distinct()
    assert trial.record.window_counts is not None
    counts = {**trial.record.window_counts, "stored": 0}
    stalled = replace(trial, record=replace(trial.record, window_counts=counts))

    assert measure_of("server_cpu_us_per_msg").at_least(stalled) == 0.001
    assert measure_of("consumer_cpu_us_per_msg").at_least(stalled) is None
    assert measure_of("acked_msgs_per_s").at_least(stalled) is None


def test_a_rate_of_acks_is_none_of_a_variant_that_never_acks() -> None:
    """0 would be the worst of all, and it was not asked to."""
    trial = distinct()
    never = never_acking(trial)

    assert measure_of("acked_msgs_per_s").of_trial(never) is None
    assert measure_of("stored_msgs_per_s").of_trial(never) == 900.0


@pytest.mark.parametrize(
    ("deliveries", "redelivered", "share"), [(0, 0, None), (1, 1, 1.0), (4, 0, 0.0)]
)
def test_the_share_of_repeats_is_of_all_deliveries(
    deliveries: int, redelivered: int, share: float | None
) -> None:
    """Of no delivery there is no share."""
    trial = counting(distinct(), deliveries=deliveries, redelivered=redelivered)

    assert measure_of("redelivered_share").of_trial(trial) == share


def test_a_key_that_nobody_knows_is_an_error() -> None:
    """Not the first figure that comes to hand."""
    with pytest.raises(KeyError, match="luck"):
        measure_of("luck")


def test_who_drains_a_backlog_asks_for_what_comes_meanwhile_as_well() -> None:
    """Both came by the same requests; where one count is not known nobody knows how many each."""
    load = load_workload(Path("workloads/backlog-busy.yaml"))
    cast = cast_of(load, Settings())
    trial = distinct()
    counts = dict.fromkeys(entries(cast), 0)
    counts |= {"drain.deliveries": 900, "fresh.deliveries": 100, "fetches": 50, "empty_fetches": 5}

    def told(**others: int) -> TrialFigures:
        return replace(trial, record=replace(trial.record, cast=cast, ledger=counts | others))

    each = read(Kind.FETCHES, "fetches")
    assert each.of_trial(told()) == 20.0
    assert each.of_trial(told(fetches=0)) is None
    assert each.of_trial(told(fetches=-1)) is None
    assert each.of_trial(told(**{"fresh.deliveries": -1})) is None
    assert read(Kind.FETCHES, "empty_fetches").of_trial(told()) == 0.1
