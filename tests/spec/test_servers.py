import pytest

from bench.spec.servers import features_needed, replicated_store, server_objections
from bench.spec.variant import Settings

NEW = Settings.model_validate({"stream": {"persist_mode": "async", "compression": "s2"}})
TUNED = Settings.model_validate({"server": {"sync_interval": "always"}})
R3 = Settings.model_validate({"stream": {"num_replicas": 3}, "consumer": {"num_replicas": 3}})


def keys(
    settings: Settings, version: str = "2.15.1", servers: int = 1, *, ours: bool = True
) -> list[str]:
    found = server_objections(settings, version=version, servers=servers, embedded=ours)
    return [objection.key for objection in found]


def test_plain_settings_need_no_new_server() -> None:
    """Debian still ships 2.9."""
    assert features_needed(Settings()) == ()
    assert keys(Settings(), "2.2.0") == []


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2.9.25", ["stream.compression", "stream.persist_mode"]),
        ("2.10.0", ["stream.persist_mode"]),
        ("2.11.9-RC.2", ["stream.persist_mode"]),
        ("2.12.0", []),
        ("v2.100.0", []),
    ],
)
def test_an_old_server_is_told_from_a_new_one(version: str, expected: list[str]) -> None:
    """2.9 is older than 2.10, and a release candidate counts as its release."""
    assert keys(NEW, version) == expected


@pytest.mark.parametrize(
    ("tree", "before", "first", "key"),
    [
        ({"consumer": {"ack_policy": "flow_control"}}, "2.12.9", "2.14.0", "consumer.ack_policy"),
        ({"consumer": {"max_batch": 9}}, "2.6.6", "2.7.0", "consumer.max_batch"),
        ({"consumer": {"max_expires": "1s"}}, "2.6.6", "2.7.0", "consumer.max_expires"),
        ({"consumer": {"inactive_threshold": "1h"}}, "2.6.6", "2.7.0",
         "consumer.inactive_threshold"),
        ({"consumer": {"max_bytes": "1KiB"}}, "2.8.2", "2.8.3", "consumer.max_bytes"),
        ({"consumer": {"priority_policy": "overflow"}}, "2.10.29", "2.11.0",
         "consumer.priority_policy"),
        ({"consumer": {"priority_policy": "prioritized"}}, "2.11.9", "2.12.0",
         "consumer.priority_policy"),
        ({"stream": {"discard_new_per_subject": True}}, "2.9.0", "2.9.1",
         "stream.discard_new_per_subject"),
        ({"stream": {"consumer_limits": {"max_ack_pending": 9}}}, "2.9.25", "2.10.0",
         "stream.consumer_limits.max_ack_pending"),
        ({"stream": {"consumer_limits": {"inactive_threshold": "1h"}}}, "2.9.25", "2.10.0",
         "stream.consumer_limits.inactive_threshold"),
        ({"server": {"max_buffered_msgs": 9}}, "2.10.29", "2.11.0", "server.max_buffered_msgs"),
        ({"server": {"max_buffered_size": "9B"}}, "2.10.29", "2.11.0", "server.max_buffered_size"),
        ({"server": {"max_concurrent_io": 9}}, "2.12.13", "2.12.14", "server.max_concurrent_io"),
    ],
)  # fmt: skip
def test_a_setting_needs_the_first_version_that_has_it(
    tree: dict[str, object], before: str, first: str, key: str
) -> None:
    """An older one refuses the field, or takes no notice of it."""
    assert keys(Settings.model_validate(tree), before) == [key]
    assert keys(Settings.model_validate(tree), first) == []


def test_batches_need_a_server_that_ends_them_as_we_do() -> None:
    """2.12.0 stores the message that ends a batch, 2.12.1 refuses it; tried on each of them."""
    atomic = Settings.model_validate(
        {"stream": {"allow_atomic": True}, "publish": {"mode": "atomic"}}
    )
    fast = Settings.model_validate({"stream": {"allow_batched": True}, "publish": {"mode": "fast"}})

    assert keys(atomic, "2.11.9") == ["stream.allow_atomic", "publish.mode"]
    assert keys(atomic, "2.12.8") == ["publish.mode"]
    assert keys(fast, "2.12.8") == ["stream.allow_batched"]
    assert keys(atomic, "2.14.0") == keys(fast, "2.14.0") == []


def test_a_bucket_and_a_group_need_what_they_are_read_by() -> None:
    """Where a workload has them: whatever reads no bucket runs on older servers."""
    by_leader = Settings.model_validate({"bucket": {"allow_direct": False}})

    def needed(settings: Settings, version: str, *asked: str) -> list[str]:
        found = server_objections(
            settings, version=version, servers=1, embedded=True, asked=frozenset(asked)
        )
        return [objection.key for objection in found]

    assert needed(Settings(), "2.8.4", "stream") == []
    assert needed(Settings(), "2.8.4", "bucket", "get") == ["bucket.allow_direct"]
    assert needed(by_leader, "2.8.4", "bucket", "get") == []
    assert needed(Settings(), "2.9.0", "bucket", "get") == []
    assert needed(Settings(), "2.10.29", "bucket", "group_get") == ["read.group"]
    assert needed(Settings(), "2.11.0", "bucket", "group_get") == []


def test_a_feature_is_named_with_the_first_version_that_has_it() -> None:
    """The reader needs to know which server to install."""
    (objection,) = server_objections(TUNED, version="2.9.1", servers=1, embedded=True)

    assert objection.what == "nats-server 2.9.1 does not know sync_interval"
    assert objection.allowed == "nats-server 2.10.0 or later"


def test_replicas_need_as_many_servers() -> None:
    """Checked before the run, as the server says so only when the stream is made (10074)."""
    assert keys(R3) == ["stream.num_replicas", "consumer.num_replicas"]
    assert keys(R3, servers=3) == []


def test_the_users_own_server_keeps_its_configuration() -> None:
    """We cannot set what stands in its file, so the figures would be those of another setting."""
    every = {
        "sync_interval": "1s",
        "max_payload": "2MiB",
        "max_file": "1GiB",
        "max_mem": "1GiB",
        "max_buffered_msgs": 10,
        "max_buffered_size": "1MiB",
        "max_concurrent_io": 8,
        "write_deadline": "5s",
        "gomaxprocs": 1,
        "gomemlimit": "1GiB",
        "encryption": "aes",
    }
    batch = {
        "max_msgs": 5,
        "max_inflight_per_stream": 1,
        "max_inflight_total": 2,
        "timeout": "1s",
    }
    assert keys(TUNED, ours=False) == ["server.sync_interval"]
    tuned = Settings.model_validate({"server": every | {"limits": {"batch": batch}}})
    said = {*every, *(f"limits.batch.{key}" for key in batch)}
    assert {*keys(tuned, ours=False)} == {f"server.{key}" for key in said}
    assert every.keys() | {"limits"} == tuned.server.model_dump(by_alias=True).keys()
    limits = tuned.server.limits.model_dump(by_alias=True)
    assert limits == {"batch": batch}, "every limit is tried above"
    assert keys(TUNED) == []


def test_a_version_that_is_none_is_our_mistake() -> None:
    """The broker has read it from the server, so it is no fault of the user's."""
    with pytest.raises(ValueError, match="not a server version"):
        keys(NEW, "latest")


@pytest.mark.parametrize(
    ("version", "flush", "sync"),
    [
        ("2.11.9", "before each answer", "message of the stream"),
        ("2.12.0", "asynchronously", "message of the stream"),
        ("2.14.3", "asynchronously", "message of the stream"),
        ("2.15.1", "asynchronously", "append to the Raft log"),
    ],
)
def test_a_replicated_store_is_said_to_be_as_its_version_keeps_it(
    version: str, flush: str, sync: str
) -> None:
    """The version stands beside such figures, for it decides what they paid for."""
    assert replicated_store(R3, version) == (
        f"nats-server {version} flushes a file stream of 3 replicas {flush}, and where its "
        f"sync_interval is always, it syncs once per {sync}; other versions differ"
    )


def test_the_store_of_a_bucket_is_one_as_well() -> None:
    """It is the stream's that keeps it."""
    bucket = {"num_replicas": 3, "compression": "s2"}
    kept = Settings.model_validate({"bucket": bucket})

    assert "a file stream of 3 replicas" in replicated_store(kept, "2.15.1")
    assert keys(kept, "2.9.25") == ["bucket.compression", "bucket.num_replicas"]
    memory = Settings.model_validate({"bucket": {"num_replicas": 3, "storage": "memory"}})
    assert replicated_store(memory, "2.15.1") == ""


def test_nothing_is_said_of_stores_that_all_versions_keep_alike() -> None:
    """A single replica, or memory."""
    memory = Settings.model_validate({"stream": {"num_replicas": 3, "storage": "memory"}})

    assert replicated_store(Settings(), "2.15.1") == ""
    assert replicated_store(memory, "2.15.1") == ""
