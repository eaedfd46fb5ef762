"""Rules as people write them: what is read, what is refused, and with which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.analysis.figures import LagVerdict
from bench.core.units import format_duration, format_rate, format_share, format_size
from bench.spec.base import MisfitError
from bench.spec.cast import entries
from bench.spec.criteria import (
    COUNTS,
    LAG_VERDICT,
    LAG_VERDICTS,
    Criterion,
    Operator,
    parse_criterion,
)
from bench.spec.kinds.registry import usual_casts
from bench.spec.metrics import METRICS, Better, Metric, find_metric

LIMIT_OPERATORS = ("<", "<=", ">", ">=")
VALUES = {
    "ns": st.integers(0, 10**15).map(format_duration),
    "msg/s": st.integers(1, 10**9).map(lambda tenths: format_rate(tenths / 10)),
    "msgs": st.integers(0, 10**12).map(str),
    "µs/msg": st.integers(0, 10**12).map(format_duration),
    "bytes": st.integers(0, 10**15).map(format_size),
    "bytes/s": st.integers(0, 10**15).map(lambda size: f"{format_size(size)}/s"),
    "share": st.integers(0, 10_000).map(lambda basis: format_share(basis / 10_000)),
}


def metric_names(metric: Metric) -> list[str]:
    return [metric.key, metric.short, metric.short.removeprefix("end_to_end_")]


@st.composite
def limits(draw: st.DrawFn) -> str:
    metric = draw(st.sampled_from(METRICS))
    name = draw(st.sampled_from(metric_names(metric)))
    return f"{name} {draw(st.sampled_from(LIMIT_OPERATORS))} {draw(VALUES[metric.unit])}"


@st.composite
def changes(draw: st.DrawFn) -> str:
    metric = draw(st.sampled_from([m for m in METRICS if m.better is not Better.NEITHER]))
    percent = draw(st.integers(1, 999)) / 10
    sign = "<= +" if metric.better is Better.LOWER else ">= -"
    return f"{draw(st.sampled_from(metric_names(metric)))} vs baseline {sign}{percent}%"


@st.composite
def words(draw: st.DrawFn) -> str:
    operator = draw(st.sampled_from(("==", "!=")))
    return f"{LAG_VERDICT} {operator} {draw(st.sampled_from(LAG_VERDICTS))}"


@st.composite
def counts(draw: st.DrawFn) -> str:
    count = draw(st.integers(0, 10**15))
    return f"{draw(st.sampled_from(COUNTS))} {draw(st.sampled_from(list(Operator)))} {count}"


@st.composite
def count_shares(draw: st.DrawFn) -> str:
    share = draw(VALUES["share"])
    return f"{draw(st.sampled_from(COUNTS))} {draw(st.sampled_from(LIMIT_OPERATORS))} {share}"


@given(st.one_of(limits(), changes(), words(), counts(), count_shares()))
def test_what_is_read_is_written_back_the_same(text: str) -> None:
    """plan.json and gate.json hold rules as text: they must mean the same when read again."""
    rule = parse_criterion(text)

    assert parse_criterion(str(rule)) == rule
    assert str(parse_criterion(str(rule))) == str(rule)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    """Rules come from files of other people: no text may end in a stack trace."""
    try:
        rule = parse_criterion(text)
    except MisfitError as error:
        assert "; allowed: " in str(error)
    else:
        assert parse_criterion(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "limit", "written"),
    [
        ("p99 < 20ms", 20e6, "end_to_end_p99 < 20ms"),
        ("  p99<20ms ", 20e6, "end_to_end_p99 < 20ms"),
        ("p99.9 <= 1.5s", 1.5e9, "end_to_end_p99_9 <= 1500ms"),
        ("end_to_end_ns_p99 > 1us", 1e3, "end_to_end_p99 > 1us"),
        ("p99 vs baseline <= +5%", 0.05, "end_to_end_p99 vs baseline <= +5%"),
        ("stored_rate vs baseline >= -2.5%", -0.025, "stored_rate vs baseline >= -2.5%"),
        ("redelivered_ratio < 0.1%", 0.001, "redelivered_ratio < 0.1%"),
        ("server_cpu < 25us", 25.0, "server_cpu < 25us"),
        ("acked_rate >= 4900/s", 4900.0, "acked_rate >= 4900/s"),
        ("server_memory < 100MiB", 100 * 1024**2, "server_memory < 100MiB"),
        ("lag_peak < 1000", 1000.0, "lag_peak < 1000"),
        ("lost == 0", 0.0, "lost == 0"),
        ("not_sent <= 20", 20.0, "not_sent <= 20"),
        ("refused <= 0.1%", 0.001, "refused <= 0.1%"),
    ],
)
def test_a_rule_is_read_in_the_unit_of_its_figure(text: str, limit: float, written: str) -> None:
    """20ms are 20 million ns, and a percentage of the baseline is a share with its sign."""
    rule = parse_criterion(text)

    assert rule.limit == pytest.approx(limit)
    assert str(rule) == written


def test_a_lag_verdict_is_a_word() -> None:
    """`stable` has no unit."""
    rule = parse_criterion("lag.verdict == stable")

    assert rule == Criterion(
        subject="lag.verdict",
        versus_baseline=False,
        operator=Operator.EQUAL,
        limit=0.0,
        word="stable",
    )


@pytest.mark.parametrize(
    ("text", "what", "near"),
    [
        ("p98 < 1ms", "no figure is called 'p98'", "p99"),
        ("latency < 1ms", "no figure is called 'latency'", ""),
        ("p99 = 3ms", "not a rule", ""),
        ("p99 < 20", "'20' is no value of end_to_end_p99", ""),
        ("p99 < 0.1%", "'0.1%' is no value of end_to_end_p99", ""),
        ("server_cpu < 80%", "'80%' is no value of server_cpu", "server_cpu_mean < 80%"),
        ("server_cpu < 1.2", "'1.2' is no value of server_cpu", ""),
        ("stored_rate > 5ms", "'5ms' is no value of stored_rate", ""),
        ("p99 == 20ms", "end_to_end_p99 takes no '=='", ""),
        ("p99 vs baseline <= 5%", "'5%' is no change", ""),
        ("p99 vs baseline <= +5ms", "'+5ms' is no change", ""),
        ("p99 vs baseline <= -5%", "-5% is no margin for a figure that is better low", ""),
        ("p99 vs baseline <= +0%", "+0% is no margin", ""),
        ("p99 vs baseline >= +5%", "end_to_end_p99 vs baseline takes no '>='", ""),
        ("stored_rate vs baseline >= +1%", "no margin for a figure that is better high", ""),
        ("stored_rate vs baseline >= -100%", "-100% is no margin", ""),
        ("lag_slope vs baseline <= +5%", "neither way of lag_slope is better", ""),
        ("lag.verdict == stabel", "'stabel' is no lag verdict", "stable"),
        ("lag.verdict < stable", "lag.verdict takes no '<'", ""),
        ("lost == 0.5", "'0.5' is no number of messages", ""),
        ("refused == 0.1%", "refused as a share takes no '=='", ""),
        ("refused <= 101%", "'101%' is no share of the planned messages", ""),
        ("not_send == 0", "no figure is called 'not_send'", "not_sent"),
        ("lost vs baseline <= +5%", "lost is not compared with a baseline", ""),
    ],
)
def test_a_wrong_rule_is_answered_with_what_is_allowed(text: str, what: str, near: str) -> None:
    """A gate that means something else than was written guards nothing."""
    with pytest.raises(MisfitError) as caught:
        parse_criterion(text)

    assert what in str(caught.value)
    assert caught.value.nearest == near


def test_of_hundreds_of_figures_the_nearest_few_are_told() -> None:
    """A list of 300 words is read by nobody; docs/METRICS.md has them all."""
    with pytest.raises(MisfitError) as caught:
        parse_criterion("retryng_p99 < 5ms")

    told = str(caught.value)
    assert "retrying_p99, " in told
    assert told.endswith(" in docs/METRICS.md")
    assert len(told) < 200


def test_no_two_figures_share_a_name() -> None:
    """A name that could mean either would be judged by whichever comes last."""
    names = [name for metric in METRICS for name in {*metric_names(metric)}]

    assert len(names) == len(set(names))
    assert not {*names} & {*COUNTS, LAG_VERDICT}
    assert all(find_metric(name) is not None for name in names)


def test_rules_know_the_verdicts_and_the_ledger_that_there_are() -> None:
    """A verdict that rules cannot name, or a count that no ledger holds, could not be gated."""
    assert set(LAG_VERDICTS) == {str(verdict) for verdict in LagVerdict}
    ruled = [
        {name for name, (_, entry) in entries(each).items() if entry.ruled}
        for each in usual_casts()
    ]
    assert set(COUNTS) == set().union(*ruled)
    assert {"lost", "refused", "unconfirmed", "not_sent", "duplicates"} <= ruled[0]
