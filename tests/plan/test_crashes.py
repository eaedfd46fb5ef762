"""At which messages processes end themselves: in the window, at sound ones, far from each other."""

import numpy as np

from bench.plan.crashes import deal_crashes
from bench.plan.traffic import Traffic, make_traffic
from bench.spec.crashes import Crash
from bench.spec.kinds.stream import Stream

THREE = Crash.model_validate({"kind": "crash", "times": 3, "at": "after-effect"})
SHARE = Crash.model_validate({"kind": "crash", "share": "0.2%", "at": "before-ack", "for": "1s"})


def test_crashes_are_spread_over_the_messages_that_nothing_else_befalls() -> None:
    """Three, and two of a thousand; each in the middle half of a fifth of the able ones."""
    able = np.arange(0, 2000, 2)

    for seed in range(20):
        dealt = deal_crashes([THREE, SHARE], 1000, able, np.random.default_rng(seed))
        assert (
            sorted(each.at for each in dealt.values()) == ["after-effect"] * 3 + ["before-ack"] * 2
        )
        assert min(np.diff(sorted(dealt))) >= 200
        assert all(message % 2 == 0 for message in dealt)


def test_there_are_no_more_crashes_than_messages_and_two_deals_are_alike() -> None:
    assert len(deal_crashes([THREE], 2, np.array([5, 9]), np.random.default_rng(1))) == 2
    assert deal_crashes([THREE], 0, np.array([], dtype=np.int64), np.random.default_rng(1)) == {}
    one, other = (
        deal_crashes([THREE], 99, np.arange(99), np.random.default_rng(7)) for _ in range(2)
    )
    assert one == other


def traffic(*faults: dict[str, object], **publish: object) -> Traffic:
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s", **publish},
            "consume": {"faults": list(faults)},
            "phases": {"warmup": "2s", "measure": "10s", "drain": "1s"},
        }
    )
    return make_traffic(load.loads["publish"], 3)


TREE: dict[str, object] = {"kind": "crash", "times": 8, "at": "after-effect"}


def test_a_trial_crashes_in_its_window_at_messages_without_a_fault_that_say_something_new() -> None:
    fault: dict[str, object] = {"kind": "permanent", "share": "50%"}
    again = {"headers": ["message-id"], "duplicates": {"share": "30%"}}

    found = traffic(fault, TREE, **again)

    ids = np.array(sorted(found.crashes))
    assert ids.size == 8 and ids.min() >= 200
    assert found.firsts[ids].all()
    assert not found.faults.befallen(found.firsts.size)[ids].any()


def test_crashes_change_nothing_else_of_a_trial() -> None:
    fault: dict[str, object] = {"kind": "transient", "share": "5%"}
    with_them, without = traffic(fault, TREE), traffic(fault)

    assert np.array_equal(with_them.faults.index, without.faults.index)
    assert np.array_equal(with_them.handler_ns, without.handler_ns)
    assert (len(with_them.crashes), without.crashes) == (8, {})
