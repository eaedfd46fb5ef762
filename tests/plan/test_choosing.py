"""Which key an operation takes: as often as its distribution says, and each key with one writer."""

import numpy as np
import pytest

from bench.plan.arrays import IntArray
from bench.plan.choosing import choose
from bench.plan.traffic import make_traffic, make_traffics
from bench.spec.keys import Choice, Distribution
from bench.spec.kinds.kv import Kv

COUNT = 100_000
DUE_NS = np.arange(COUNT, dtype=np.int64) * 1_000_000
"""1000 a second."""


def drawn(
    distribution: Distribution, keys: int, seed: int = 1, skew: float = 0.99, **more: float
) -> IntArray:
    choice = Choice(distribution=distribution, skew=skew, **more)  # type: ignore[arg-type]
    return choose((0, COUNT), keys, choice, DUE_NS, np.random.default_rng(seed))


def test_without_a_choice_names_take_turns_evenly() -> None:
    """As subjects of a stream do."""
    index = choose((10, 90), 10, None, DUE_NS[:100], np.random.default_rng(1))

    assert np.bincount(index).tolist() == [10] * 10


def test_uniform_takes_each_alike() -> None:
    """Within what chance does to 1000 draws of each."""
    counts = np.bincount(drawn("uniform", 100), minlength=100)

    assert counts.min() > 1000 - 5 * 32
    assert counts.max() < 1000 + 5 * 32


@pytest.mark.parametrize("skew", [0.5, 0.99, 1.5])
def test_zipfian_takes_the_kth_by_its_power(skew: float) -> None:
    """The hottest is 2 to the skew times as hot as the second."""
    counts = np.sort(np.bincount(drawn("zipfian", 1000, skew=skew), minlength=1000))[::-1]
    weights = np.arange(1, 1001) ** -skew
    expected = COUNT * weights / weights.sum()

    assert counts[:5] == pytest.approx(expected[:5], rel=0.1)


def test_hotspot_gives_four_operations_of_five_to_a_fifth_of_the_keys() -> None:
    """And the rest of the keys the rest."""
    counts = np.sort(np.bincount(drawn("hotspot", 100), minlength=100))[::-1]

    assert counts[:20].sum() / COUNT == pytest.approx(0.8, abs=0.01)
    assert counts[20:].min() > 0


@pytest.mark.parametrize("distribution", ["zipfian", "hotspot"])
def test_what_is_hot_is_hot_for_all(distribution: Distribution) -> None:
    """Readers and writers, and every trial, have the same hot keys; they are no neighbours."""
    first, second = (np.bincount(drawn(distribution, 50, seed), minlength=50) for seed in (1, 2))
    hottest = np.argsort(first)[::-1][:3]

    assert first[hottest] == pytest.approx(second[hottest], rel=0.1)
    assert sorted(hottest.tolist()) != [0, 1, 2]


def test_sequential_goes_round() -> None:
    """One after the other."""
    assert drawn("sequential", 3)[:7].tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_latest_reads_most_what_was_written_last() -> None:
    """At the instant t, rate × t keys were written, one after the other."""
    index = drawn("latest", 1000, written_per_s=100.0)
    written = (DUE_NS * 100 // 10**9 - 1) % 1000
    age = (written - index) % 1000

    assert np.median(age) < 100
    assert np.mean(age == 0) == pytest.approx(1 / np.sum(np.arange(1, 1001) ** -0.99), rel=0.1)


@pytest.mark.parametrize("keys", [4, 7, 100])
@pytest.mark.parametrize("writers", [2, 3, 4])
@pytest.mark.parametrize("distribution", ["uniform", "zipfian", "hotspot", "sequential"])
def test_a_key_belongs_to_one_writer(distribution: Distribution, keys: int, writers: int) -> None:
    """The operation of an id goes to the process of its remainder; so must its key."""
    index = drawn(distribution, keys, writers=writers)
    owners = {(key, place % writers) for place, key in enumerate(index.tolist())}

    assert len(owners) == len({key for key, _ in owners})
    assert set(index.tolist()) <= set(range(keys))


@pytest.mark.parametrize("distribution", ["uniform", "zipfian", "hotspot", "sequential"])
def test_one_key_is_enough(distribution: Distribution) -> None:
    """A counter that all contend for."""
    assert set(drawn(distribution, 1).tolist()) == {0}


def workload(**parts: object) -> Kv:
    return Kv.model_validate(
        {
            "kind": "kv",
            "value": {"sizes": "64B"},
            "phases": {"warmup": "1s", "measure": "9s"},
            **parts,
        }
    )


def test_what_takes_a_value_away_is_dealt_exactly_and_holds_its_id_alone() -> None:
    """A tenth of the writes of each phase."""
    load = workload(put={"rate": "100/s", "deletes": "10%", "purges": "20%"}).loads["put"]

    traffic = make_traffic(load, 1)

    names = [traffic.acts[index].name for index in traffic.act_index]
    assert (names[:100].count("delete"), names[100:].count("delete")) == (10, 90)
    assert (names.count("purge"), names.count("publish")) == (200, 700)
    sizes = {
        name: {
            len(traffic.payloads[traffic.payload_index[place]].content)
            for place, each in enumerate(names)
            if each == name
        }
        for name in set(names)
    }
    assert sizes == {"publish": {64}, "delete": {16}, "purge": {16}}


def test_a_marker_has_its_id_where_values_have_it() -> None:
    """Whoever reads looks at one place."""
    parts = {"value": {"sizes": "200B", "format": "json-envelope"}}
    load = workload(put={"rate": "100/s", "deletes": "10%"}, **parts).loads["put"]

    value, marker = make_traffic(load, 1).payloads

    assert value.id_offset == marker.id_offset
    assert marker.filled(7)[marker.id_offset :] == b"%016d" % 7


def test_what_is_read_does_not_depend_on_what_is_written() -> None:
    """Parts have seeds of their own; the first part's traffic is the trial's seed alone."""
    both = workload(put={"rate": "100/s"}, get={"rate": "100/s"})
    alone = workload(put={"rate": "100/s"})

    found, other = make_traffics(both.loads, 5), make_traffics(alone.loads, 5)

    assert np.array_equal(found["put"].subject_index, other["put"].subject_index)
    assert not np.array_equal(found["put"].subject_index, found["get"].subject_index)


def test_of_more_names_than_messages_some_are_taken_once_each() -> None:
    """Not the first ones: a filter would match all of them, or none."""
    found = choose([50, 50], 100_000, None, np.arange(100), np.random.default_rng(7))

    assert len({*found[:50].tolist()}) == len({*found[50:].tolist()}) == 50
    assert found.max() > 50_000
    assert 20 < np.count_nonzero(found < 50_000) < 80
