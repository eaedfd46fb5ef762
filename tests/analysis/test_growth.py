"""How a stream grows, and how long its limits last, by hand."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.analysis.figures import Growth
from bench.analysis.growth import growth
from bench.analysis.throughput import payload_rates
from bench.core.units import NS_PER_S
from bench.plan.model import Cell
from bench.plan.traffic import ID_DIGITS
from bench.record import samples
from bench.record.schema import Window
from bench.spec.kinds.kv import Kv
from bench.spec.load import load_workload
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.parts import cast

WINDOW = Window(window_start_ns=2 * NS_PER_S, window_end_ns=12 * NS_PER_S, drained_ns=13 * NS_PER_S)


def cell(settings: Mapping[str, Any]) -> Cell:
    return replace(runs.cell("one"), settings=Settings.model_validate(settings))


def grown(
    told: Mapping[int, tuple[int, int]], settings: Mapping[str, Any], prefix: str = ""
) -> Growth | None:
    """Of a stream with so many messages and bytes at these seconds."""
    rows = [
        {"t_ns": s * NS_PER_S, f"{prefix}stream_msgs": msgs, f"{prefix}stream_bytes": size}
        for s, (msgs, size) in told.items()
    ]
    return growth(samples.table(rows), WINDOW, cell(settings))


STEADY = {1: (0, 0), 2: (100, 1000), 7: (300, 4000), 11: (1000, 10_000), 12: (9000, 90_000)}
"""Within the window 900 messages and 9000 bytes more in 9 s."""


def test_growth_is_that_between_the_first_and_the_last_sample_of_the_window() -> None:
    """What came before and after does not count."""
    for prefix in ("", "billing."):
        found = grown(STEADY, {}, prefix)

        assert found == Growth(msgs_per_s=100.0, bytes_per_s=1000.0, left_s={})
        assert found.first_left_s is None


def test_each_limit_that_is_set_has_the_time_left_to_it_and_the_first_counts() -> None:
    """4000 messages more at 100/s, 8000 bytes more at 1000/s, 18 of 30 s of age."""
    found = grown(
        STEADY,
        {
            "stream": {"max_msgs": 5000, "max_bytes": "18kB", "max_age": "30s"},
            "server": {"max_file": "28kB"},
        },
    )

    assert found is not None
    left = {"max_msgs": 40.0, "max_bytes": 8.0, "max_file": 18.0, "max_age": 18.0}
    assert found.left_s == left
    assert found.first_left_s == 8.0


def test_of_a_stream_that_does_not_grow_no_limit_comes_nearer_unless_it_is_full() -> None:
    still = {2: (500, 5000), 11: (500, 5000)}

    found = grown(still, {"stream": {"max_msgs": 500, "max_bytes": "6kB"}})

    assert found is not None
    assert found.left_s == {"max_msgs": 0.0, "max_bytes": None}
    assert found.first_left_s == 0.0


def test_a_stream_is_full_of_bytes_where_not_one_message_more_fits() -> None:
    """It stays below that limit whatever comes: told as room to spare it would never fill."""
    still = {2: (500, 5000), 11: (500, 5000)}

    left = [grown(still, {"stream": {"max_bytes": f"{most}B"}}) for most in (5009, 5010)]

    assert [each.left_s for each in left if each] == [{"max_bytes": 0.0}, {"max_bytes": None}]


@pytest.mark.parametrize("seconds", [(), (5,), (3, 7), (1, 13)])
def test_what_was_seen_of_less_than_half_of_the_window_tells_no_growth(
    seconds: tuple[int, ...],
) -> None:
    """None, and never 0."""
    assert grown({s: (s, s) for s in seconds}, {"stream": {"max_msgs": 5}}) is None


def several(told: Mapping[str, Mapping[int, tuple[int, int]]], made: Cell) -> Growth | None:
    """Of several streams, each asked about under the name of one who takes from it."""
    rows = [
        {"t_ns": s * NS_PER_S, f"{part}.stream_msgs": msgs, f"{part}.stream_bytes": size}
        for part, of_part in told.items()
        for s, (msgs, size) in of_part.items()
    ]
    return growth(samples.table(rows), WINDOW, made)


def test_of_several_streams_each_has_its_limits_and_the_soonest_decides() -> None:
    """Together they grow, and fill the store of the server; 300 msg/s reach 5000 in 10 s."""
    quick = {2: (100, 1000), 11: (2800, 10_000)}
    limits = {"stream": {"max_msgs": 5800}, "server": {"max_file": "41kB"}}
    alike = {"a": STEADY, "b": quick}

    found = several(alike, cell(limits))

    assert found is not None
    assert (found.msgs_per_s, found.bytes_per_s) == (400.0, 2000.0)
    assert found.left_s == {
        "max_msgs of the stream of a": 48.0,
        "max_msgs of the stream of b": 10.0,
        "max_file": 10.5,
    }
    assert found.first_left_s == 10.0


@pytest.mark.parametrize("told", [{}, {5: (5, 5)}, {1: (1, 1), 13: (9, 9)}])
def test_where_one_stream_was_hardly_seen_nobody_knows_which_is_the_soonest(
    told: Mapping[int, tuple[int, int]],
) -> None:
    """What was seen of the other one is no figure of both."""
    both = {"a": STEADY, "b": told} if told else {"a": {}, "b": {}}

    assert several(both, cell({"stream": {"max_msgs": 5000}})) is None


def test_a_bucket_has_limits_of_its_own() -> None:
    """Of a projection the events stand in one stream, and the model in another."""
    load = load_workload(Path("workloads/projection.yaml"))
    bucket = {"bucket": {"max_bytes": "12kB"}, "stream": {"max_bytes": "110kB"}}
    made = replace(cell(bucket), workload=load)

    found = several({"project": STEADY, "visible": STEADY}, made)

    assert found is not None
    assert found.left_s == {
        "max_bytes of the stream of project": 100.0,
        "max_bytes of the stream of visible": 2.0,
    }


def test_payload_of_a_bucket_is_what_values_come_to() -> None:
    """With what removes a key nothing but its id goes; what is read is of no known size."""
    kv = Kv.model_validate(
        {
            "kind": "kv",
            "keys": {"count": 20},
            "value": {"sizes": "1000B"},
            "put": {"rate": "10/s", "deletes": "20%", "purges": "5%"},
            "get": {"rate": "10/s"},
            "update": {"rate": "10/s"},
            "phases": {"warmup": "1s", "measure": "2s"},
        }
    )
    made = replace(cell({}), workload=kv)
    rates = {"put.offered": 10.0, "stored": 10.0, "get.offered": 10.0, "answered": 10.0}
    rates |= {"update.offered": 10.0, "updated": 4.0}

    found = payload_rates(rates, made.cast, kv)

    assert found == {"stored": pytest.approx(7500 + 2.5 * ID_DIGITS), "updated": 4000.0}


def test_payload_is_the_rate_at_most_the_offered_one_by_the_mean_size() -> None:
    """What drains a backlog of the warm-up is no merit; what is not told is not there."""
    workload = runs.cell("one").workload
    mean = workload.loads["publish"].payload.mean_bytes
    rates = {"offered": 100.0, "stored": 90.0, "handled": 120.0, "acked": 80.0}

    found = payload_rates(rates, cast(), workload)

    assert found == {"stored": 90 * mean, "handled": 100 * mean}
    assert payload_rates({"offered": 100.0}, cast(), workload) == {}


WRITTEN: Mapping[str, Any] = {"effect": {"written": True}, "server": {"max_file": "28kB"}}


def beside(told: Mapping[int, tuple[int, int]], settings: Mapping[str, Any]) -> Growth | None:
    """Of a steady stream, with a store in which others hold so many messages and bytes."""
    rows = [
        {"t_ns": s * NS_PER_S, f"{of}_msgs": msgs, f"{of}_bytes": size}
        for of, held in (("stream", STEADY), ("beside.file", told))
        for s, (msgs, size) in held.items()
    ]
    return growth(samples.table(rows), WINDOW, cell(settings))


def test_what_fills_the_store_beside_brings_its_limit_nearer() -> None:
    """10 and 9 of 28 kB are there, and 1000 and 500 bytes a second come: 6 s, and not 18."""
    found = beside({2: (10, 4500), 11: (20, 9000)}, WRITTEN)

    assert found is not None
    assert found.left_s == {"max_file": 6.0}
    assert found.bytes_per_s == 1000.0, "of what is taken from"


@pytest.mark.parametrize("told", [{5: (5, 5)}, {1: (1, 1), 13: (9, 9)}])
def test_what_was_hardly_seen_beside_leaves_the_store_untold(
    told: Mapping[int, tuple[int, int]],
) -> None:
    found = beside(told, WRITTEN)

    assert found is not None
    assert found.left_s == {}


def test_another_storage_beside_fills_another_store() -> None:
    """A memory store has room of its own."""
    both = {**WRITTEN, "server": {"max_file": "28kB", "max_mem": "9kB"}}
    rows = [
        {"t_ns": s * NS_PER_S, f"{of}_msgs": msgs, f"{of}_bytes": size}
        for of, held in (("stream", STEADY), ("beside.memory", {2: (0, 0), 11: (9, 4500)}))
        for s, (msgs, size) in held.items()
    ]

    found = growth(samples.table(rows), WINDOW, cell(both))

    assert found is not None
    assert found.left_s == {"max_file": 18.0, "max_mem": 9.0}


def test_a_limit_of_a_bucket_that_nobody_takes_from_leaves_all_untold() -> None:
    """It may be the first to be full, and what is in it alone was not seen."""
    load = load_workload(Path("workloads/workflow.yaml"))
    limits = {"stream": {"max_msgs": 5000}, "bucket": {"max_bytes": "12kB"}}

    found = several({"first": STEADY}, replace(cell(limits), workload=load))

    assert found is not None
    assert found.left_s == {}


BESIDE: Mapping[str, Mapping[str, Any]] = {
    "dead letters": {"failure": {"dead_letters": True}},
    "effects": {"effect": {"written": True}},
}


@pytest.mark.parametrize("settings", BESIDE.values(), ids=BESIDE)
def test_where_a_store_holds_what_nobody_asked_about_its_time_left_is_not_told(
    settings: Mapping[str, Any],
) -> None:
    """It is full sooner than the stream alone tells; without a limit of the store all is told."""
    of_stream = {"stream": {"max_msgs": 5000}, **settings}
    limited = {**of_stream, "server": {"max_file": "28kB"}}

    alone, beside = grown(STEADY, of_stream), grown(STEADY, limited)

    assert alone is not None
    assert beside is not None
    assert alone.left_s == {"max_msgs": 40.0}
    assert (beside.left_s, beside.first_left_s) == ({}, None)
    assert beside.bytes_per_s == alone.bytes_per_s
