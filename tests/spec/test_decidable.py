"""What a run cannot decide is told before it is measured."""

import pytest

from bench.spec.criteria import parse_criterion
from bench.spec.decidable import shortfall, undecidable
from bench.spec.kinds.fanout import Fanout
from bench.spec.kinds.stream import Stream


def workload(rate: str, window: str, **publish: object) -> Stream:
    """A workload at this rate in a window of this length."""
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": rate, **publish},
            "phases": {"warmup": "1s", "measure": window, "drain": "1s"},
        }
    )


def test_the_window_and_the_rate_that_would_do_are_named() -> None:
    """p99 with 100 beyond takes 10 000: 250 s at 40/s, or 83.3/s in 120 s."""
    why = shortfall(parse_criterion("p99 < 20ms"), workload("40/s", "120s"))

    assert why == (
        "4\u202f800 messages in 120s leave 48 beyond end-to-end p99, and 100 are needed; "
        "a window of 250s or a rate of 84/s would do"
    )


@pytest.mark.parametrize(
    ("rate", "window"), [("40/s", "250s"), ("84/s", "120s"), ("100/s", "100s")]
)
def test_what_would_do_does(rate: str, window: str) -> None:
    """Advice that is refused in turn is worse than none."""
    assert shortfall(parse_criterion("p99 < 20ms"), workload(rate, window)) == ""


def test_random_arrivals_need_some_more() -> None:
    """10 000 on average is fewer in every other trial; 10 305 less three times 101.5 is 10 000."""
    rule = parse_criterion("p99 < 20ms")

    why = shortfall(rule, workload("100/s", "100s", arrivals="poisson"))
    assert why.startswith("at least 9\u202f700 messages in 100s leave 97 beyond end-to-end p99")
    assert why.endswith("a window of 104s or a rate of 104/s would do")
    assert shortfall(rule, workload("104/s", "100s", arrivals="poisson")) == ""


def test_a_ramp_offers_its_mean() -> None:
    """From 0 to 100/s in 100 s are some 5 000 messages, not 10 000."""
    ramp = workload("100/s", "100s", arrivals="ramp", ramp={"from": "1/s"})

    assert "5\u202f050 messages" in shortfall(parse_criterion("p99 < 20ms"), ramp)


@pytest.mark.parametrize("rule", ["lost == 0", "lag.verdict == stable", "acked_rate > 10msg/s"])
def test_what_is_no_percentile_needs_no_messages(rule: str) -> None:
    """A count is a fact however short the window is."""
    assert shortfall(parse_criterion(rule), workload("1/s", "10s")) == ""


def test_every_rule_is_looked_at_under_every_workload() -> None:
    """1000/s for 5 s leave 50 beyond p99 and 250 beyond p95; for 20 s both have enough."""
    rules = [parse_criterion(text) for text in ("p99 < 1s", "p95 < 1s", "lost == 0")]
    workloads = {"long": workload("1000/s", "20s"), "short": workload("1000/s", "5s")}

    (found,) = undecidable(rules, workloads, blocks=5)

    assert found.startswith("'end_to_end_p99 < 1s' cannot be decided under short: 5\u202f000 ")


@pytest.mark.parametrize(
    ("rules", "blocks", "said"),
    [
        (["p50 < 1s"], 2, "2 blocks can decide no figure: it takes 3 to hold a rule and 5 to"),
        (["lag.verdict == stable"], 1, "1 block can decide no figure"),
        (["p50 < 1s"], 4, "4 blocks can hold a rule and break none: that takes 5"),
        (["p50 < 1s"], 5, ""),
        (["lost == 0"], 1, ""),
    ],
)
def test_too_few_blocks_are_told_too(rules: list[str], blocks: int, said: str) -> None:
    """A run of two blocks that ends with "undecided" was undecided before it began."""
    workloads = {"w": workload("1000/s", "20s")}

    found = undecidable([parse_criterion(text) for text in rules], workloads, blocks)

    assert len(found) == bool(said)
    assert all(text.startswith(said) for text in found)


def test_of_a_consumer_that_filters_what_it_is_due_counts() -> None:
    """A quarter of 15 000 messages leave 37 beyond p99; what would do is asked of the publisher."""
    orders = Fanout.model_validate(
        {
            "kind": "fanout",
            "subjects": {"pattern": "o.{place}", "values": {"place": ["a", "b", "c", "d"]}},
            "payload": {"sizes": "128B"},
            "publish": {"rate": "500/s"},
            "consumers": {"billing": {}, "audit": {"filter": "o.a"}},
            "phases": {"warmup": "1s", "measure": "30s", "drain": "1s"},
        }
    )

    why = shortfall(parse_criterion("audit.p99 < 20ms"), orders)

    assert why.startswith("3\u202f750 messages in 30s leave 37 beyond audit end-to-end p99")
    assert why.endswith("a window of 80s or a rate of 1334/s would do")
    assert shortfall(parse_criterion("billing.p99 < 20ms"), orders) == ""
    assert shortfall(parse_criterion("response_p99 < 20ms"), orders) == ""
