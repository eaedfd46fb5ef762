"""Limits of a stream and of its server, on both sides of each."""

import pytest

from bench.spec.jetstream import objections, workload_objections
from bench.spec.kinds.registry import objections as objections_under
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from bench.spec.workload import Workload
from tests.spec.cases import Tree
from tests.spec.test_fanout import TWO, fanout
from tests.spec.test_projection import projection
from tests.spec.test_workflow import workflow


def settings(tree: Tree) -> Settings:
    return Settings.model_validate(tree)


def keys(tree: Tree, load: Workload) -> list[str]:
    return [each.key for each in objections_under(settings(tree), load)]


@pytest.mark.parametrize(
    ("storage", "store", "code"), [("file", "max_file", 10047), ("memory", "max_mem", 10028)]
)
def test_a_stream_must_fit_its_store(storage: str, store: str, code: int) -> None:
    """The server reserves max_bytes when the stream is made."""
    kept = {"storage": storage, "max_bytes": "1MiB"}

    (objection,) = objections(settings({"stream": kept, "server": {store: "1048575B"}}))

    assert objection.key == f"server.{store}"
    assert f"({code})" in objection.what
    assert objections(settings({"stream": kept, "server": {store: "1MiB"}})) == ()


def test_a_store_for_files_says_nothing_of_memory() -> None:
    """And the other way round."""
    kept = {"storage": "memory", "max_bytes": "1MiB"}

    assert objections(settings({"stream": kept, "server": {"max_file": "1B"}})) == ()


def test_streams_beside_each_other_must_fit_together() -> None:
    """Each fits alone; the second would be refused when it is made."""
    beside = {
        "clicks": {
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s"},
            "consumers": {"counts": {}},
        }
    }
    tree = {"stream": {"max_bytes": "1GiB"}, "server": {"max_file": "1.5GiB"}}

    assert keys(tree, fanout(TWO)) == []
    assert keys(tree, fanout(TWO, streams=beside)) == ["server.max_file"]
    roomy = tree | {"server": {"max_file": "2GiB"}}
    assert keys(roomy, fanout(TWO, streams=beside)) == []


def test_a_bucket_is_kept_beside_the_stream() -> None:
    """Both are reserved of one store, unless one is in memory."""
    bucket = {"max_bytes": "1GiB"}
    tree = {
        "stream": {"max_bytes": "1GiB"},
        "bucket": bucket,
        "server": {"max_file": "1.5GiB"},
    }

    assert keys(tree, projection()) == ["server.max_file"]
    assert keys(tree | {"bucket": bucket | {"storage": "memory"}}, projection()) == []
    too_large = tree | {"bucket": {"max_bytes": "2GiB"}}
    assert keys(too_large, projection()) == ["server.max_file"]  # told once, and by itself


def test_limits_of_consumers_would_hold_for_ours_too() -> None:
    """At the end of some kinds the stream is read by a consumer without acks (10082)."""
    tree = {"stream": {"consumer_limits": {"max_ack_pending": 1000, "inactive_threshold": "1h"}}}

    assert keys(tree, workflow()) == [
        "stream.consumer_limits.max_ack_pending",
        "stream.consumer_limits.inactive_threshold",
    ]
    assert keys(tree, fanout(TWO)) == []


@pytest.mark.parametrize(
    ("headers", "limit", "fits"),
    [([], "128B", True), ([], "127B", False), (["message-id"], "128B", False)],
)
def test_a_message_must_fit_its_stream(headers: list[str], limit: str, fits: bool) -> None:
    """Each would be refused (10054); headers count."""
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "10/s", "headers": headers},
        }
    )

    found = workload_objections(settings({"stream": {"max_msg_size": limit}}), load)

    assert [each.key for each in found] == ([] if fits else ["stream.max_msg_size"])
