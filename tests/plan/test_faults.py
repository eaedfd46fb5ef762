"""Faults are dealt by seed and id, and met at the deliveries that they are about."""

import numpy as np

from bench.plan.faults import NONE, Faults, deal_faults
from bench.spec.faults import Fault

TRANSIENT = Fault.model_validate({"kind": "transient", "share": "10%", "times": 2, "time": "1ms"})
PERMANENT = Fault.model_validate({"kind": "permanent", "share": "5%"})
SILENT = Fault.model_validate({"kind": "silent", "share": "1%"})
SLOW = Fault.model_validate({"kind": "slow", "share": "20%", "time": "2s"})
ALL = [TRANSIENT, PERMANENT, SILENT, SLOW]
ONE_OF_EACH = Faults(kinds=tuple(ALL), index=np.arange(5))
IDS = np.arange(5)


def at(delivery: int) -> np.ndarray:
    return np.full(5, delivery)


def test_each_phase_has_its_exact_share_of_each_fault() -> None:
    """100 messages of the warm-up, 1000 of the window."""
    index = deal_faults(ALL, [100, 1000], np.random.default_rng(1)).index

    assert np.bincount(index[:100]).tolist() == [64, 10, 5, 1, 20]
    assert np.bincount(index[100:]).tolist() == [640, 100, 50, 10, 200]


def test_two_deals_of_one_seed_are_alike() -> None:
    """Two runs of one seed fail alike."""
    one, other = (deal_faults(ALL, [500], np.random.default_rng(7)).index for _ in range(2))

    assert np.array_equal(one, other)


def test_a_transient_fault_fails_as_often_as_it_says_and_a_permanent_one_always() -> None:
    """With a budget of k, delivery k + 1 succeeds (the book, 6.5)."""
    assert ONE_OF_EACH.fails(IDS, at(1)).tolist() == [False, True, True, False, False]
    assert ONE_OF_EACH.fails(IDS, at(2)).tolist() == [False, True, True, False, False]
    assert ONE_OF_EACH.fails(IDS, at(3)).tolist() == [False, False, True, False, False]
    assert ONE_OF_EACH.hopeless(IDS).tolist() == [False, False, True, False, False]


def test_a_silent_fault_keeps_the_first_ack_back() -> None:
    assert ONE_OF_EACH.silent(IDS, at(1)).tolist() == [False, False, False, True, False]
    assert not ONE_OF_EACH.silent(IDS, at(2)).any()


def test_a_handler_takes_the_time_of_its_fault_while_that_is_met() -> None:
    usual = np.full(5, 7)

    assert ONE_OF_EACH.handler_ns(IDS, at(2), usual).tolist() == [7, 10**6, 7, 7, 2 * 10**9]
    assert ONE_OF_EACH.handler_ns(IDS, at(3), usual).tolist() == [7, 7, 7, 7, 2 * 10**9]
    assert ONE_OF_EACH.one_handler_ns(4, 1, 7) == 2 * 10**9


def test_messages_of_others_have_no_fault() -> None:
    """Foreign ids, and any id where nothing is wrong."""
    foreign = np.array([-1, 5, 99])

    assert not ONE_OF_EACH.fails(foreign, np.ones(3, dtype=np.int64)).any()
    assert not NONE.fails(foreign, np.ones(3, dtype=np.int64)).any()
    assert not NONE
