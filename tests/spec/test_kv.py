"""A bucket as it is written: what is refused, what is told, what is counted."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.spec.cast import Weight, entries
from bench.spec.kinds.kv import Kv, cast_of
from bench.spec.kinds.registry import KINDS, objections
from bench.spec.variant import Settings

PUT, GET = {"rate": "100/s"}, {"rate": "400/s"}


def kv(**parts: Any) -> Kv:
    return Kv.model_validate({"kind": "kv", "value": {"sizes": "128B"}, **parts})


def settings(**parts: object) -> Settings:
    return Settings.model_validate(parts)


def test_its_parts_are_what_is_done_and_who_watches() -> None:
    """Cells are ranked by reads, where there are any, else by what else is done."""
    whole = kv(put=PUT, get=GET, update=PUT, watch={"cache": {}, "few": {"filter": "1"}})

    cast = cast_of(Settings(), whole)

    assert [part.name for part in cast.parts] == ["put", "get", "update", "cache", "few"]
    assert cast.ranked == ("get.response", "update.response", "put.response")
    assert cast.part("few").instants[0].due
    assert not cast.part("cache").instants[0].due
    assert cast_of(Settings(), kv(put=PUT)).ranked == ("response",)
    assert cast_of(Settings(), kv(update=PUT)).done == "updated"


def test_each_check_says_what_must_hold() -> None:
    """Of reads, of counters and of each watcher."""
    whole = kv(put=PUT, get=GET, update=PUT, watch={"cache": {}})

    held = entries(cast_of(Settings(), whole))

    checks = {name: entry for name, (_, entry) in held.items() if entry.check}
    assert set(checks) == {"stale", "wrong", "lost_updates", "lost", "unlike", "reordered"}
    assert {entry.weight for entry in checks.values()} == {Weight.SHORTFALL}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({}, "nothing is done to the bucket"),
        ({"watch": {"cache": {}}, "get": GET}, "nothing is put"),
        ({"put": {**PUT, "deletes": "60%", "purges": "40%"}}, "hardly a write brings a value"),
        ({"put": {**PUT, "writers": 3}, "keys": {"count": 2}}, "fewer than writers"),
        ({"put": PUT, "keys": {"count": 0}}, "greater than or equal to 1"),
        ({"put": PUT, "keys": {"count": 100_001}}, "less than or equal to 100000"),
        ({"put": PUT, "keys": {"distribution": "zipf"}}, "zipfian"),
        ({"put": PUT, "keys": {"distribution": "latest"}}, "needs both"),
        ({"get": {**GET, "timeout": "0s"}}, "no time to wait"),
        ({"get": {**GET, "headers": ["trace"]}}, "a read carries nothing"),
        ({"update": {**PUT, "headers": ["trace"]}}, "carries what it expects"),
        ({"update": PUT, "value": {"sizes": "16B"}}, "too small for a counter"),
        ({"put": PUT, "watch": {"put": {}}}, "cannot stand before the names"),
        ({"put": PUT, "watch": {"response": {}}}, "cannot stand before the names"),
        ({"put": PUT, "watch": {"a b": {}}}, "cannot stand before the names"),
        ({"put": PUT, "watch": {"w": {"filter": "x.y"}}}, "matches no key"),
        ({"put": PUT, "watch": {"w": {"filter": "a b"}}}, "is no filter"),
        ({"put": PUT, "watch": {f"w{n}": {} for n in range(17)}}, "too many"),
    ],
)
def test_what_cannot_be_is_refused(parts: dict[str, Any], said: str) -> None:
    """Before anything runs, with the key it is about."""
    with pytest.raises(ValidationError, match=said):
        kv(**parts)


@pytest.mark.parametrize("bucket", [{"history": 0}, {"history": 65}, {"num_replicas": 6}])
def test_what_no_bucket_can_have_is_refused(bucket: dict[str, int]) -> None:
    """A history of 64 is the most that NATS keeps."""
    with pytest.raises(ValidationError):
        settings(bucket=bucket)


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ({"ttl": "50ms"}, "bucket.ttl"),
        ({"ttl": "0s"}, "bucket.ttl"),
        ({"max_bytes": "0B"}, "bucket.max_bytes"),
        ({"storage": "memory", "compression": "s2"}, "bucket.compression"),
    ],
)
def test_what_the_server_would_refuse_or_ignore_is_told_by_its_own_word(
    bucket: dict[str, str], key: str
) -> None:
    """A bucket is a stream, and its rules are those of one."""
    found = objections(settings(bucket=bucket), kv(put=PUT))

    assert key in [each.key for each in found]
    assert not any(each.key.startswith("stream.") for each in found)


def test_settings_of_other_kinds_mean_nothing_here() -> None:
    """And a bucket's nothing to them."""
    found = objections(settings(pull={"batch": 1}, bucket={"history": 5}), kv(put=PUT))

    assert [each.key for each in found] == ["pull.batch"]


def test_a_value_beyond_the_servers_limit_is_refused() -> None:
    """With what stands around it."""
    (found,) = objections(settings(server={"max_payload": "128B"}), kv(put=PUT))

    assert found.key == "server.max_payload"


@pytest.mark.parametrize(("limit", "warns"), [("100KiB", True), ("1MiB", False)])
def test_a_bucket_too_small_for_its_keys_is_told_of(limit: str, warns: bool) -> None:
    """A thousand keys of 128 B and some overhead."""
    found = KINDS["kv"].cautions(settings(bucket={"max_bytes": limit}), kv(put=PUT))

    assert bool(found) is warns


def test_a_bucket_is_the_stream_that_nats_makes_of_it() -> None:
    """ADR-8: what is full refuses, history is what is kept of a subject."""
    stream = settings(bucket={"history": 5, "ttl": "1h", "max_bytes": "1GiB"}).bucket.as_stream()

    assert (stream.max_msgs_per_subject, stream.discard) == (5, "new")
    assert (stream.max_age_ns, stream.max_bytes) == (3_600_000_000_000, 2**30)
    assert (stream.allow_direct, stream.retention) == (True, "limits")


def test_keys_belong_to_tenants_in_turn() -> None:
    """A watcher of one tenant is due what is its own."""
    load = kv(put=PUT, keys={"count": 10, "tenants": 5}, watch={"one": {"filter": "tenant-3.>"}})

    assert load.names.names[:2] == ("key.tenant-0.0", "key.tenant-1.1")
    assert load.share_of("one") == 0.2
    assert load.share_of("put") == 1.0


def test_reads_take_no_room() -> None:
    """A fifth of the operations are writes."""
    writes, both = kv(put=PUT), kv(put=PUT, get=GET)

    assert both.stored_bytes(Settings().publish) == pytest.approx(
        writes.stored_bytes(Settings().publish) / 5
    )


def test_it_is_told_in_a_sentence() -> None:
    """Who does what to which keys."""
    told = kv(put=PUT, get=GET, watch={"cache": {}}).told()

    assert told == (
        "Writes at 100/s by 1 writer (constant); reads at 400/s by 1 reader (constant); "
        "1\u202f000 keys (uniform), values 128B; watched by cache"
    )


CREATE = {"rate": "10/s", "ttl": "2s"}


def test_keys_that_are_created_are_a_part_of_their_own() -> None:
    """With watchers of theirs, and no values before."""
    load = kv(
        create=CREATE, watch={"leases": {"of": "create"}, "few": {"of": "create", "filter": "1"}}
    )

    cast = cast_of(settings(bucket={"limit_markers": "1s"}), load)

    assert [part.name for part in cast.parts] == ["create", "leases", "few"]
    assert {"leases.unmarked", "few.unmarked", "taken", "doubled", "outlived"} <= set(entries(cast))
    assert "unmarked" not in {
        name.rpartition(".")[2] for name in entries(cast_of(settings(), load))
    }
    assert load.preloaded == 0
    assert load.share_of("few") == 0.001
    assert "creates at 10/s by 1 creator" in load.told().lower()


@pytest.mark.parametrize("part", ["put", "get"])
def test_a_bucket_with_an_age_limit_checks_that_it_holds(part: str) -> None:
    """Of what is read, and of what is left at the end."""
    load = kv(put=PUT, get=GET)

    assert f"{part}.outlived" in entries(cast_of(settings(bucket={"ttl": "1s"}), load))
    assert f"{part}.outlived" not in entries(cast_of(settings(), load))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"create": {**CREATE, "ttl": "500ms"}}, "no key lives for 500ms"),
        ({"create": {**CREATE, "ttl": "1500ms"}}, "whole seconds from 1s on"),
        ({"create": {**CREATE, "headers": ["trace"]}}, "a creation carries what it expects"),
        ({"create": {**CREATE, "keys": 0}}, "greater than or equal to 1"),
        ({"put": PUT, "watch": {"w": {"of": "create"}}}, "nothing is created that it would see"),
        ({"put": PUT, "watch": {"create": {}}}, "cannot stand before the names"),
        ({"create": CREATE, "watch": {"w": {"of": "create", "filter": "x"}}}, "matches no key"),
    ],
)
def test_what_cannot_be_created_is_refused(parts: dict[str, Any], said: str) -> None:
    """Before anything runs, with the key it is about."""
    with pytest.raises(ValidationError, match=said):
        kv(**parts)


@pytest.mark.parametrize(
    ("bucket", "said"),
    [
        ({}, "lets no key have a time to live of its own (10166)"),
        ({"limit_markers": "500ms"}, "a marker cannot stand for 500ms (10052)"),
        ({"limit_markers": "3s"}, "keeps a key at least as long as its marker"),
        ({"limit_markers": "2s"}, ""),
    ],
)
def test_a_bucket_must_allow_what_lives_for_a_time(bucket: dict[str, str], said: str) -> None:
    """Else the server refuses each creation, or lengthens its time."""
    found = objections(settings(bucket=bucket), kv(create=CREATE))

    assert [each.key for each in found] == (["bucket.limit_markers"] if said else [])
    assert all(said in each.what for each in found)


GROUPS: dict[str, Any] = {"group_put": {"rate": "10/s"}, "group_get": {"rate": "20/s"}}


def test_groups_are_parts_of_their_own() -> None:
    """Of their writes each key is stored, and a read is what cells are ranked by."""
    load = kv(**GROUPS, groups={"count": 5, "members": 3})

    cast = cast_of(settings(), load)

    assert [part.name for part in cast.parts] == ["group_put", "group_get"]
    assert cast.ranked == ("group_get.response", "group_put.response")
    assert load.stored_bytes(Settings().publish) == pytest.approx(
        kv(put=PUT).stored_bytes(Settings().publish), rel=0.1
    )
    assert "5 groups of 3 keys" in load.told()


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({**GROUPS, "groups": {"members": 1}}, "greater than or equal to 2"),
        ({**GROUPS, "groups": {"members": 65}}, "less than or equal to 64"),
        (
            {"group_put": {"rate": "9/s", "writers": 3}, "groups": {"count": 2}},
            "fewer than writers",
        ),
        ({"group_put": {"rate": "9/s", "headers": ["trace"]}}, "a group carries none"),
        ({"group_get": {"rate": "9/s", "headers": ["trace"]}}, "a group carries none"),
        ({"group_get": {"rate": "9/s", "timeout": "0s"}}, "no time to wait"),
    ],
)
def test_what_no_group_can_be_is_refused(parts: dict[str, Any], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said):
        kv(**parts)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"client": "nats-py"}, ""),
        ({"bucket": {"allow_direct": False}}, "bucket.allow_direct"),
        ({"read": {"group": "boundary"}}, "bucket.history"),
        ({"read": {"group": "boundary"}, "bucket": {"history": 2}}, ""),
        ({}, ""),
    ],
)
def test_where_several_keys_cannot_be_read_at_once_is_refused(
    wrong: dict[str, Any], key: str
) -> None:
    """By the key that would have to change."""
    found = objections(settings(**wrong), kv(**GROUPS))

    assert [each.key for each in found] == ([key] if key else [])


def test_a_scan_is_a_part_of_its_own() -> None:
    """Of keys that are there before, though nobody writes or reads them."""
    load = kv(scan={"rate": "2/s"})

    assert [part.name for part in cast_of(settings(), load).parts] == ["scan"]
    assert load.preloaded == 1000
    assert load.stored_bytes(Settings().publish) == 0
    assert load.told().startswith("Lists keys at 2/s by 1 scanner (constant); 1\u202f000 keys")


@pytest.mark.parametrize(
    ("scan", "said"),
    [
        ({"filter": "tenant-3.>"}, "matches no key"),
        ({"filter": "a b"}, "is no filter"),
        ({"headers": ["trace"]}, "a scan carries nothing"),
        ({"timeout": "2h"}, "no time to wait"),
        ({"scanners": 0}, "greater than or equal to 1"),
    ],
)
def test_what_no_scan_can_be_is_refused(scan: dict[str, Any], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said):
        kv(scan={"rate": "2/s", **scan})


@pytest.mark.parametrize(
    ("read", "parts", "key"),
    [
        ({"strategy": "cache-by-watch"}, {"get": GET}, ""),
        ({"strategy": "cache-by-watch"}, {"put": PUT}, "read.strategy"),
        ({"restart": "1s"}, {"get": GET}, "read.restart"),
        ({"strategy": "watch-resumed", "restart": "1ms"}, {"get": GET}, "read.restart"),
        ({"strategy": "cache-with-ttl", "max_age": "1ms"}, {"get": GET}, "read.max_age"),
        ({"strategy": "cache-with-ttl", "max_age": "2s"}, {"get": GET}, ""),
        ({"max_age": "2s"}, {"get": GET}, "read.max_age"),
    ],
)
def test_a_strategy_that_means_nothing_is_refused(
    read: dict[str, str], parts: dict[str, Any], key: str
) -> None:
    """By the key that would have to change."""
    found = objections(settings(read=read), kv(**parts))

    assert [each.key for each in found] == ([key] if key else [])


def test_each_client_has_caches() -> None:
    """A service of either kind fills one by watching."""
    by_library = settings(read={"strategy": "cache-by-watch"}, client="nats-py")

    assert objections(by_library, kv(get=GET)) == ()


def test_a_watcher_may_begin_again_and_again() -> None:
    """Each as a part of its own, by its filter; its times are told before those of writes."""
    load = kv(
        put=PUT,
        keys={"count": 10, "tenants": 5},
        watch={
            "cache": {"snapshot": True, "again": "2/s"},
            "one": {"filter": "tenant-3.>", "snapshot": True, "again": "1/s"},
            "late": {},
        },
    )

    cast = cast_of(settings(), load)

    assert [part.name for part in cast.driving] == ["put", "cache_start", "one_start"]
    assert cast.part("one_start").role == "one_start.scanner"
    assert cast.ranked == ("cache_start.response", "one_start.response", "put.response")
    assert load.scans["one_start"].subjects == "key.tenant-3.>"
    assert load.scans["cache_start"].snapshot
    assert load.offers["cache_start"].rate_msgs_per_s == 2
    assert "begins cache again at 2/s" in load.told()


@pytest.mark.parametrize(
    ("watch", "said"),
    [
        ({"w": {"again": "1/s"}}, "told no first values"),
        ({"w": {"again": "0/s", "snapshot": True}}, "above 0"),
        ({"w": {"again": "1/s", "snapshot": True}, "w_start": {}}, "cannot stand before the names"),
        ({"w" * 35: {"again": "1/s", "snapshot": True}}, "too long to stand before"),
    ],
)
def test_a_watcher_that_cannot_begin_again_is_refused(watch: dict[str, Any], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said):
        kv(put=PUT, watch=watch)


@pytest.mark.parametrize(
    ("watch", "keys", "said"),
    [
        ({"history": True, "snapshot": True}, {}, "told within its history"),
        ({"history": True, "again": "1/s"}, {}, "told no first values"),
        ({"history": True}, {"preload": False}, "no key has a value before"),
    ],
)
def test_a_history_that_nobody_can_be_told_is_refused(
    watch: dict[str, Any], keys: dict[str, Any], said: str
) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said):
        kv(put=PUT, keys=keys, watch={"w": watch})


def test_keys_that_are_created_have_no_history() -> None:
    """There is nothing before the trial."""
    with pytest.raises(ValidationError, match="have no value before"):
        kv(create=CREATE, watch={"w": {"of": "create", "history": True}})


def test_a_history_that_is_watched_is_there_before() -> None:
    """As many values of each key as the bucket keeps; of one alone the author is told."""
    load = kv(put=PUT, keys={"count": 10}, watch={"old": {"history": True}, "cache": {}})
    kept = settings(bucket={"history": 5})

    assert load.preloaded_in(kept.bucket) == 50
    assert kv(put=PUT, keys={"count": 10}).preloaded_in(kept.bucket) == 10
    assert KINDS["kv"].cautions(kept, load) == ()
    assert [each.key for each in KINDS["kv"].cautions(settings(), load)] == ["bucket.history"]
    held = entries(cast_of(kept, load))
    assert [name for name in held if name.endswith("first_values")] == ["first_values"]


def test_what_watchers_were_before_there_was_a_history_is_said_as_then() -> None:
    """So that runs of then are compared with runs of now."""
    load = kv(put=PUT, watch={"old": {"history": True}, "cache": {}})

    assert load.unsaid["watch"] == {"cache": {"history"}}
