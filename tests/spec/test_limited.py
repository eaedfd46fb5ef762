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


def stream(publish: Tree | None = None, pattern: str = "orders.eu") -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "subjects": {"pattern": pattern},
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s", **(publish or {})},
        }
    )


@pytest.mark.parametrize(
    ("tree", "load", "found"),
    [
        ({"consumer": {"headers_only": True}}, stream(), ["consumer.headers_only"]),
        ({"consumer": {"headers_only": True}}, stream({"headers": ["trace"]}), []),
        ({"consumer": {"headers_only": True}},
         workflow(publish={"rate": "10/s", "headers": ["trace"]}), ["consumer.headers_only"]),
        ({"consumer": {"sample_freq": "0.5%"}}, stream(), ["consumer.sample_freq"]),
        ({"stream": {"republish": {"source": "bills.>"}}}, stream(), ["stream.republish.source"]),
        ({"stream": {"republish": {"source": "*.eu"}}}, stream(), []),
        ({"stream": {"subject_transform": {"source": "bills", "destination": "x"}}}, stream(),
         ["stream.subject_transform.source"]),
        ({"stream": {"subject_transform": {"source": ">", "destination": "x.>"}}}, fanout(TWO),
         ["stream.subject_transform"]),
        ({"stream": {"allow_msg_ttl": True}, "publish": {"ttl": "2s"}}, stream(), []),
        ({"stream": {"allow_msg_ttl": True}, "publish": {"ttl": "2s"}}, fanout(TWO),
         ["publish.ttl"]),
        ({"server": {"limits": {"batch": {"max_inflight_total": 1}}},
          "stream": {"allow_batched": True}, "publish": {"mode": "fast"}},
         stream({"publishers": 2}), ["server.limits.batch.max_inflight_total"]),
        ({"server": {"limits": {"batch": {"max_inflight_total": 1,
                                          "max_inflight_per_stream": 2}}}},
         stream(), ["server.limits.batch.max_inflight_per_stream"]),
        ({"server": {"limits": {"batch": {"timeout": "199ms"}}}, "publish": {"mode": "fast"},
          "stream": {"allow_batched": True}}, stream(), ["publish.linger"]),
        ({"server": {"limits": {"batch": {"timeout": "200ms"}}}, "publish": {"mode": "fast"},
          "stream": {"allow_batched": True}}, stream(), []),
        ({"server": {"encryption": "aes"}, "stream": {"storage": "memory"}}, stream(),
         ["server.encryption"]),
        ({"server": {"encryption": "aes"},
          "stream": {"history": {"messages": "10k", "subjects": 10}}}, stream(),
         ["server.encryption"]),
    ],
    ids=str,
)  # fmt: skip
def test_knobs_of_delivery_subjects_and_stores_on_both_sides(
    tree: Tree, load: Workload, found: list[str]
) -> None:
    """What would have no effect, or take away what is measured by, is told beforehand."""
    said = [each.key for each in objections(settings(tree))]

    assert said + keys(tree, load) == found


def test_an_atomic_batch_may_be_as_large_as_the_server_is_told() -> None:
    """1000 is what it allows when nothing is said."""
    tree: Tree = {
        "stream": {"allow_atomic": True},
        "publish": {"mode": "atomic", "batch": 1500},
    }
    roomy = tree | {"server": {"limits": {"batch": {"max_msgs": 1500}}}}

    assert [each.key for each in objections(settings(tree))] == ["publish.batch"]
    assert objections(settings(roomy)) == ()
