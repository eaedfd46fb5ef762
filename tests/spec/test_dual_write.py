"""A dual write as it is written: what is refused, what is told, what is counted."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.plan.traffic import make_traffics
from bench.record.casts import cast_faults
from bench.spec.cast import Weight, entries
from bench.spec.kinds.dual_write import STATUS_BYTES, DualWrite, cast_of
from bench.spec.kinds.registry import KINDS, objections
from bench.spec.paired_parts import event_headers
from bench.spec.variant import PublishSettings, Settings


def dual(write: dict[str, Any] | None = None, **parts: Any) -> DualWrite:
    return DualWrite.model_validate(
        {
            "kind": "dual-write",
            "payload": {"sizes": "128B"},
            "write": {"rate": "100/s", **(write or {})},
            **parts,
        }
    )


def settings(**parts: object) -> Settings:
    return Settings.model_validate(parts)


def test_its_parts_are_first_writes_pairs_and_what_is_put_right() -> None:
    """Ranked by when both halves are there; without crashes nothing is put right."""
    cast = cast_of(Settings(), dual({"crashes": "5%"}))

    assert [part.name for part in cast.parts] == ["write", "pair", "repair"]
    assert (cast.ranked, cast.done) == (("both", "response"), "paired")
    assert cast.whole == ("slip", "response", "both", "convergence")
    assert [part.name for part in cast_of(Settings(), dual()).parts] == ["write", "pair"]
    for made in (cast, cast_of(Settings(), dual())):
        assert [*cast_faults(made)] == []


def test_its_check_counts_against_a_cell_and_doubles_do_not() -> None:
    """What a reconciler doubles is told, and may be ruled."""
    held = {name: entry for name, (_, entry) in entries(cast_of(Settings(), None)).items()}

    assert [name for name, entry in held.items() if entry.check] == ["diverged"]
    assert held["diverged"].weight is Weight.SHORTFALL
    for name in ("crashed", "events_twice", "unneeded"):
        assert (held[name].weight, held[name].ruled) == (Weight.NOTED, True)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"write": {"crashes": "95%"}}, "hardly an operation is done whole"),
        ({"write": {"writers": 17}}, "less than or equal to 16"),
        ({"entities": {"distribution": "latest"}}, "nothing is read"),
        ({"entities": {"count": 2}, "write": {"writers": 3}}, "fewer than writers"),
        ({"write": {"headers": ["message-id", "message-id"]}}, "twice"),
    ],
)
def test_what_cannot_be_is_refused(parts: dict[str, Any], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said):
        dual(**parts)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"stream": {"max_msgs": 10}}, "stream.max_msgs"),
        ({"stream": {"max_bytes": "1MiB"}}, "stream.max_bytes"),
        ({"stream": {"max_age": "1h"}}, "stream.max_age"),
        ({"stream": {"max_msgs_per_subject": 1}}, "stream.max_msgs_per_subject"),
        ({"stream": {"retention": "workqueue"}}, "stream.retention"),
        ({"bucket": {"ttl": "1h"}}, "bucket.ttl"),
        ({"writes": {"reconcile": "none", "every": "2s"}}, "writes.every"),
        ({"writes": {"reconcile": "after-window", "every": "2s"}}, "writes.every"),
        ({"writes": {"every": "1ms"}}, "writes.every"),
        ({"writes": {"every": "2h"}}, "writes.every"),
        ({"pull": {"batch": 7}}, "pull.batch"),
        ({"publish": {"mode": "one-by-one"}}, "publish.mode"),
    ],
)
def test_settings_that_it_cannot_have_are_refused(given: dict[str, Any], key: str) -> None:
    """Each with its key."""
    assert [each.key for each in objections(settings(**given), dual())] == [key]


@pytest.mark.parametrize("strategy", ["kv-then-event", "event-then-kv", "outbox"])
@pytest.mark.parametrize("reconcile", ["none", "after-window", "interval"])
def test_usual_settings_are_taken(strategy: str, reconcile: str) -> None:
    """A full bucket is refused by the server, and tried so."""
    writes = {"strategy": strategy, "reconcile": reconcile}
    given = settings(writes=writes, bucket={"history": 5, "max_bytes": "1MiB"})

    assert objections(given, dual()) == ()


def test_settings_of_dual_writes_mean_nothing_elsewhere() -> None:
    """They would be ignored without a word."""
    stream = KINDS["stream"].model.model_validate(
        {"kind": "stream", "payload": {"sizes": "128B"}, "publish": {"rate": "100/s"}}
    )

    found = objections(settings(writes={"strategy": "outbox"}), stream)

    assert [each.key for each in found] == ["writes.strategy"]


@pytest.mark.parametrize(
    ("writes", "window", "warns"),
    [
        ({"strategy": "outbox", "every": "1s"}, "1s", True),
        ({"strategy": "outbox", "every": "1s"}, None, False),
        ({"strategy": "outbox", "reconcile": "after-window"}, None, True),
        ({"strategy": "outbox", "reconcile": "none"}, "1s", False),
        ({"strategy": "kv-then-event"}, "1s", False),
    ],
)
def test_ids_that_are_forgotten_too_soon_are_told(
    writes: dict[str, Any], window: str | None, warns: bool
) -> None:
    """Then a crash after the event has it twice."""
    given = settings(writes=writes, stream={"duplicate_window": window} if window else {})

    found = KINDS["dual-write"].cautions(given, dual({"crashes": "5%"}))

    assert [each.key for each in found] == (["stream.duplicate_window"] if warns else [])
    assert KINDS["dual-write"].cautions(given, dual()) == ()


def test_an_author_is_told_that_without_crashes_nothing_is_missing() -> None:
    """The check holds whatever is set then."""
    notes = KINDS["dual-write"].notes

    assert "write.crashes is left out" in next(iter(notes("orders", dual())))
    assert [*notes("orders", dual({"crashes": "5%"}))] == []


def test_crashes_are_dealt_by_the_plan() -> None:
    """The same share in warm-up and window, half of it at each place, alike for one seed."""
    load = dual({"crashes": "10%"}, phases={"warmup": "2s", "measure": "4s"})
    first, again, other = (make_traffics(load.loads, seed)["write"] for seed in (1, 1, 2))

    for phase in (slice(0, 200), slice(200, 600)):
        acts = first.act_index[phase]
        assert [int((acts == act).sum()) * 20 // acts.size for act in (1, 2)] == [1, 1]
    assert first.act_index.tolist() == again.act_index.tolist() != other.act_index.tolist()
    assert load.share_of("repair") == 0.1
    assert load.share_of("pair") == 1


def test_an_event_of_an_outbox_always_has_its_id() -> None:
    """Once, whatever else it carries."""
    assert event_headers(("trace",), "outbox") == ("trace", "message-id")
    assert event_headers(("message-id",), "outbox") == ("message-id",)
    assert event_headers((), "kv-then-event") == ()


def test_sizes_count_entry_and_headers() -> None:
    """The larger of event and entry; both are stored."""
    how = PublishSettings()

    assert dual().largest_bytes(how) > 128 + STATUS_BYTES
    assert dual().stored_bytes(how) > 2 * 128 + STATUS_BYTES


def test_it_is_told_in_a_sentence() -> None:
    """Who offers what, and what becomes of it."""
    load = dual({"crashes": "2%"}, entities={"count": 1})

    assert load.told() == (
        "100/s operations by 1 writer (constant), 2% left between two writes, each a value and an "
        "event about one of 1 entity (uniform), payload 128B"
    )
    assert load.with_handler(load.busy) == load
    assert load.addressed == ("key.0",)
