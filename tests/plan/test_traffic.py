from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.core.units import NS_PER_MS
from bench.plan.traffic import Traffic, Traffics, make_traffic
from bench.spec.kinds.stream import Stream
from tests.plan.examples import workload

ORDERS = {
    "pattern": "orders.{region}.{event}",
    "values": {"region": ["eu", "us"], "event": ["created", "paid"]},
}
MIXED = {"sizes": {"1KiB": "95%", "32KiB": "5%"}}


def same(one: Traffic, other: Traffic) -> bool:
    return (
        one.subjects == other.subjects
        and one.payloads == other.payloads
        and np.array_equal(one.intended_ns, other.intended_ns)
        and np.array_equal(one.subject_index, other.subject_index)
        and np.array_equal(one.payload_index, other.payload_index)
        and np.array_equal(one.handler_ns, other.handler_ns)
    )


def test_the_same_seed_gives_the_same_traffic() -> None:
    """Publishers and consumers each make it anew in their own process."""
    load = workload(
        arrivals="poisson", payload=MIXED, subjects=ORDERS, time={"p50": "1ms", "p99": "4ms"}
    )

    assert same(make_traffic(load.loads["publish"], 7), make_traffic(load.loads["publish"], 7))
    assert not same(make_traffic(load.loads["publish"], 7), make_traffic(load.loads["publish"], 8))


def test_aspects_do_not_disturb_each_other() -> None:
    """Two workloads that differ in sizes alone see the same arrivals."""
    one = make_traffic(workload(arrivals="poisson").loads["publish"], 7)
    other = make_traffic(workload(arrivals="poisson", payload=MIXED).loads["publish"], 7)

    assert np.array_equal(one.intended_ns, other.intended_ns)


@settings(max_examples=30)
@given(
    rate=st.integers(1, 3000),
    arrivals=st.sampled_from(["constant", "poisson"]),
    seed=st.integers(0, 2**48 - 1),
)
def test_traffic_is_whole(rate: int, arrivals: str, seed: int) -> None:
    """Every message has an instant, a subject, a payload and a handler time that exist."""
    load = workload(rate=f"{rate}/s", arrivals=arrivals, payload=MIXED, subjects=ORDERS, time="3ms")
    traffic = make_traffic(load.loads["publish"], seed)

    count = len(traffic.intended_ns)
    assert count == rate * 3
    assert np.all(np.diff(traffic.intended_ns) >= 0)
    for index, things in (
        (traffic.subject_index, traffic.subjects),
        (traffic.payload_index, traffic.payloads),
    ):
        assert index.shape == (count,)
        assert np.all((index >= 0) & (index < len(things)))
    assert np.all(traffic.handler_ns == 3 * NS_PER_MS)


def test_the_window_holds_the_exact_shares() -> None:
    """2000 messages at 95 % and 5 %: the bytes of a window are a known number."""
    traffic = make_traffic(workload(payload=MIXED, subjects=ORDERS).loads["publish"], 3)

    assert np.bincount(traffic.payload_index[1000:]).tolist() == [1900, 100]
    assert np.bincount(traffic.subject_index[1000:]).tolist() == [500, 500, 500, 500]


def test_subjects_are_every_combination() -> None:
    """In the order of the file, so that a reader finds them again."""
    assert make_traffic(workload(subjects=ORDERS).loads["publish"], 1).subjects == (
        "orders.eu.created",
        "orders.eu.paid",
        "orders.us.created",
        "orders.us.paid",
    )


def test_a_pattern_without_places_is_one_subject() -> None:
    """The default of a workload that does not care."""
    assert make_traffic(workload().loads["publish"], 1).subjects == ("events",)


def test_lognormal_handler_times_have_their_percentiles() -> None:
    """p50 1 ms and p99 4 ms, within what 30 000 draws allow (2 % and 5 %: above 4 sigma)."""
    load = workload(rate="10000/s", time={"p50": "1ms", "p99": "4ms"})
    times_ns = make_traffic(load.loads["publish"], 11).handler_ns

    p50, p99 = np.percentile(times_ns, [50, 99])
    assert p50 == pytest.approx(1 * NS_PER_MS, rel=0.02)
    assert p99 == pytest.approx(4 * NS_PER_MS, rel=0.05)
    assert times_ns.mean() == pytest.approx(load.consume.handler.time.mean_ns, rel=0.03)


def test_loads_that_differ_in_handlers_alone_share_all_else() -> None:
    """And are what each would be by itself."""
    plain = workload(arrivals="poisson").loads["publish"]
    slow = replace(
        plain, handler=workload(time={"p50": "1ms", "p99": "4ms"}).loads["publish"].handler
    )
    other = workload(payload=MIXED).loads["publish"]
    traffics = Traffics()

    found = [traffics.of(load, 7) for load in (plain, slow, plain, other)]

    assert all(
        same(each, make_traffic(load, 7))
        for each, load in zip(found, (plain, slow, plain, other), strict=True)
    )
    assert found[1].intended_ns is found[0].intended_ns
    assert found[2] is found[0]
    assert not same(traffics.of(plain, 8), found[0])


@pytest.mark.parametrize(("publishers", "after"), [(1, "0s"), (1, "300ms"), (3, "700ms")])
def test_a_duplicate_says_the_last_old_enough_message_of_its_publisher_again(
    publishers: int, after: str
) -> None:
    """By a plain loop over what each publisher sent before."""
    twice = {"share": "20%", "after": after}
    offer = {"rate": "100/s", "arrivals": "poisson", "publishers": publishers}
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": MIXED,
            "publish": {**offer, "headers": ["message-id"], "duplicates": twice},
            "phases": {"warmup": "1s", "measure": "2s", "drain": "1s"},
        }
    ).loads["publish"]
    traffic = make_traffic(load, 3)
    old_ns = load.acts[0].after_ns
    again = traffic.act_index == 1

    for number in range(300):
        due_ns = traffic.intended_ns[number] - old_ns
        before = [
            other
            for other in range(number % publishers, number, publishers)
            if not again[other] and traffic.intended_ns[other] <= due_ns
        ]
        said = before[-1] if again[number] and before else number
        assert traffic.carried[number] == said
        assert traffic.payload_index[number] == traffic.payload_index[said]

    assert int(again.sum()) == 60
    assert traffic.firsts.sum() >= 240
