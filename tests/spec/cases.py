"""Settings that a server refuses, takes, or takes and ignores: told by nats-server 2.15.1.

`test_jetstream.py` holds our rules to this table, `test_jetstream_server.py` the table to a server.
"""

from dataclasses import dataclass, field
from typing import Any

from bench.spec.variant import Settings

Tree = dict[str, Any]

_TIMINGS = {"none": "none", "all": "cumulative", "flow_control": "cumulative"}


@dataclass(frozen=True, kw_only=True)
class Case:
    """Settings and what the server says to them; code 0 means that it takes them.

    `answer` is what it says to a pull request of a process that is not the first.
    """

    name: str
    code: int = 0
    answer: str = ""
    stream: Tree = field(default_factory=dict)
    consumer: Tree = field(default_factory=dict)
    ack: str = ""
    pull: Tree = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    @property
    def settings(self) -> Settings:
        """The case as resolved settings, with the ack timing that goes with its policy."""
        policy = self.consumer.get("ack_policy", "explicit")
        timing = _TIMINGS.get(policy, "after-handler")
        return Settings.model_validate(
            {
                "stream": self.stream,
                "consumer": self.consumer,
                "pull": self.pull,
                "ack": {"timing": self.ack or timing},
            }
        )


PUSH = {"mode": "push"}
FLOWING = PUSH | {"ack_policy": "flow_control", "flow_control": True, "idle_heartbeat": "1s"}
OVERFLOW = {"priority_policy": "overflow", "priority_groups": ["jobs"]}
JOBS = {"group": "jobs"}
SPILL = {"group": "jobs", "min_pending": 10}
PINNED = {"priority_policy": "pinned_client", "priority_groups": ["jobs"]}
PER_SUBJECT = {"discard": "new", "discard_new_per_subject": True}
PENDING_10 = {"consumer_limits": {"max_ack_pending": 10}}
INACTIVE_20S = {"consumer_limits": {"inactive_threshold": "20s"}}
WORKQUEUE = {"retention": "workqueue"}

REFUSED = [
    Case(name="max_age below 100ms", code=10052, stream={"max_age": "50ms"}),
    Case(name="duplicate_window below 100ms", code=10052, stream={"duplicate_window": "50ms"}),
    Case(
        name="duplicate_window above max_age",
        code=10052,
        stream={"max_age": "1s", "duplicate_window": "2s"},
    ),
    Case(
        name="markers for less than a second",
        code=10052,
        stream={"max_age": "1s", "duplicate_window": "1s", "subject_delete_marker_ttl": "500ms"},
    ),
    Case(
        name="async on memory",
        code=10052,
        stream={"storage": "memory", "persist_mode": "async"},
    ),
    Case(
        name="atomic batches with async persistence",
        code=10052,
        stream={"allow_atomic": True, "persist_mode": "async"},
    ),
    Case(
        name="async on replicas",
        code=10052,
        stream={"num_replicas": 3, "persist_mode": "async"},
    ),
    Case(name="push with max_waiting", code=10080, consumer=PUSH | {"max_waiting": 5}),
    Case(
        name="push without acks with max_ack_pending",
        code=10082,
        consumer=PUSH | {"ack_policy": "none", "max_ack_pending": 10},
    ),
    Case(name="heartbeat below 100ms", code=10083, consumer=PUSH | {"idle_heartbeat": "50ms"}),
    Case(name="pull with rate_limit", code=10086, consumer={"rate_limit_bps": 8000}),
    Case(name="pull with heartbeat", code=10088, consumer={"idle_heartbeat": "1s"}),
    Case(name="pull with flow control", code=10089, consumer={"flow_control": True}),
    Case(name="flow control without heartbeat", code=10108, consumer=PUSH | {"flow_control": True}),
    Case(name="pulled, acks by flow control", code=10218, consumer={"ack_policy": "flow_control"}),
    Case(name="ack_wait, acks by flow control", code=10221, consumer=FLOWING | {"ack_wait": "5s"}),
    Case(name="flow acks with backoff", code=10221, consumer=FLOWING | {"backoff": ["1s"]}),
    Case(name="flow acks with max_deliver", code=10222, consumer=FLOWING | {"max_deliver": 3}),
    Case(
        name="more backoff steps than deliveries",
        code=10116,
        consumer={"backoff": ["1s", "2s", "3s"], "max_deliver": 2},
    ),
    Case(
        name="workqueue pulled without acks",
        code=10084,
        stream={"retention": "workqueue"},
        consumer={"ack_policy": "none"},
    ),
    Case(
        name="workqueue with cumulative acks",
        code=10098,
        stream={"retention": "workqueue"},
        consumer={"ack_policy": "all"},
    ),
    Case(
        name="workqueue pushed without acks",
        code=10098,
        stream={"retention": "workqueue"},
        consumer=PUSH | {"ack_policy": "none"},
    ),
    Case(
        name="workqueue, new alone",
        code=10101,
        stream=WORKQUEUE,
        consumer={"deliver_policy": "new"},
    ),
    Case(
        name="workqueue, last per subject",
        code=10101,
        stream=WORKQUEUE,
        consumer={"deliver_policy": "last_per_subject"},
    ),
    Case(
        name="start without a sequence",
        code=10094,
        consumer={"deliver_policy": "by_start_sequence"},
    ),
    Case(name="sequence without a start", code=10094, consumer={"opt_start_seq": 1}),
    Case(name="start without an instant", code=10094, consumer={"deliver_policy": "by_start_time"}),
    Case(name="instant without a start", code=10094, consumer={"opt_start_ago": "1s"}),
    Case(
        name="workqueue, from an instant",
        code=10101,
        stream=WORKQUEUE,
        consumer={"deliver_policy": "by_start_time", "opt_start_ago": "1s"},
    ),
    Case(
        name="a pinned client's time without one",
        code=10197,
        consumer={"priority_timeout": "1s"},
    ),
    Case(
        name="push with a pinned client",
        code=10178,
        consumer=PUSH | PINNED,
    ),
    Case(
        name="a destination with more behind",
        code=10156,
        stream={"subject_transform": {"source": "a.*", "destination": "b.>"}},
    ),
    Case(
        name="a source with more behind",
        code=10156,
        stream={"subject_transform": {"source": "a.>", "destination": "b.c"}},
    ),
    Case(
        name="a wildcard that the source has not",
        code=10156,
        stream={"subject_transform": {"source": "a.*", "destination": "b.{{wildcard(2)}}"}},
    ),
    Case(
        name="a wildcard of the old spelling that the source has not",
        code=10156,
        stream={"subject_transform": {"source": "a.*", "destination": "b.$2"}},
    ),
    Case(
        name="a partition by a token that the source has not",
        code=10156,
        stream={"subject_transform": {"source": "*", "destination": "{{partition(4,2)}}"}},
    ),
    Case(name="half a percent sampled", code=10095, consumer={"sample_freq": "0.5%"}),
    Case(name="max_expires below 1ms", code=10115, consumer={"max_expires": "999us"}),
    Case(
        name="overflow without a group",
        code=10159,
        consumer={"priority_policy": "overflow"},
        pull=SPILL,
    ),
    Case(name="groups without a policy", code=10196, consumer={"priority_groups": ["jobs"]}),
    Case(
        name="a group of 17 letters",
        code=10162,
        consumer=OVERFLOW | {"priority_groups": ["a" * 17]},
        pull=SPILL | {"group": "a" * 17},
    ),
    Case(
        name="a group with a blank",
        code=10162,
        consumer=OVERFLOW | {"priority_groups": ["a b"]},
        pull=SPILL | {"group": "a b"},
    ),
    Case(
        name="push with priorities", code=10178, consumer=PUSH | OVERFLOW, pull={"min_pending": 9}
    ),
    Case(
        name="new per subject where old is discarded",
        code=10052,
        stream={"discard_new_per_subject": True, "max_msgs_per_subject": 5},
    ),
    Case(name="new per subject without a limit", code=10052, stream=PER_SUBJECT),
    Case(
        name="more pending than the stream allows",
        code=10121,
        stream=PENDING_10,
        consumer={"max_ack_pending": 11},
        pull={"batch": 10},
    ),
    Case(
        name="longer inactive than the stream allows",
        code=10153,
        stream=INACTIVE_20S,
        consumer={"inactive_threshold": "21s"},
    ),
    Case(
        name="push without acks where pending is limited",
        code=10082,
        stream=PENDING_10,
        consumer=PUSH | {"ack_policy": "none"},
    ),
]
"""Refused by the server with this code, and by our rules with the same code in the text."""

OF_CLUSTERS = [
    Case(name="more replicas than its stream", code=10126, consumer={"num_replicas": 3}),
    Case(name="as many", stream={"num_replicas": 3}, consumer={"num_replicas": 3}),
    Case(name="fewer", stream={"num_replicas": 3}, consumer={"num_replicas": 1}),
]
"""Told by a cluster; a server for itself takes no replicas whatever."""

ASKED_IN_VAIN = [
    Case(
        name="batch above max_batch",
        answer="409 Exceeded MaxRequestBatch of 10",
        consumer={"max_batch": 10},
        pull={"batch": 11},
    ),
    Case(
        name="expires above max_expires",
        answer="409 Exceeded MaxRequestExpires of 1s",
        consumer={"max_expires": "1s"},
        pull={"expires": "1001ms"},
    ),
    Case(
        name="bytes above max_bytes",
        answer="409 Exceeded MaxRequestMaxBytes of 2000",
        consumer={"max_bytes": "2000B"},
        pull={"max_bytes": "2001B"},
    ),
    Case(
        name="no group",
        answer="400 Bad Request - Priority Group missing",
        consumer=OVERFLOW,
        pull={"min_pending": 10},
    ),
    Case(
        name="another group",
        answer="400 Bad Request - Invalid Priority Group",
        consumer=OVERFLOW,
        pull=SPILL | {"group": "work"},
    ),
]
"""Taken by the server, which refuses every pull request; so do we, with its words in the text."""

IGNORED = [
    Case(
        name="markers for parts of a second",
        stream={"max_age": "9s", "duplicate_window": "1s", "subject_delete_marker_ttl": "1500ms"},
    ),
    Case(name="s2 on memory", stream={"storage": "memory", "compression": "s2"}),
    Case(name="discard new without a limit", stream={"discard": "new"}),
    Case(name="backoff of 0", consumer={"backoff": ["0s"]}),
    Case(name="backoff without a step", consumer={"backoff": []}),
    Case(name="max_age of 0", stream={"max_age": "0s"}),
    Case(name="duplicate_window of 0", stream={"duplicate_window": "0s"}),
    Case(name="ack_wait of 0", consumer={"ack_wait": "0s"}),
    Case(
        name="pull without acks with max_ack_pending",
        consumer={"ack_policy": "none", "max_ack_pending": 10},
    ),
    Case(name="pull without acks with ack_wait", consumer={"ack_policy": "none", "ack_wait": "5s"}),
    Case(name="pull without acks with backoff", consumer={"ack_policy": "none", "backoff": ["1s"]}),
    Case(
        name="pull without acks with max_deliver",
        consumer={"ack_policy": "none", "max_deliver": 3},
    ),
    Case(name="batch above max_ack_pending", consumer={"max_ack_pending": 10}, pull={"batch": 11}),
    Case(name="batch above what the stream allows", stream=PENDING_10, pull={"batch": 11}),
    Case(
        name="pull without acks where pending is limited",
        stream=PENDING_10,
        consumer={"ack_policy": "none"},
    ),
    Case(name="push with max_batch", consumer=PUSH | {"max_batch": 5}),
    Case(name="push with max_expires", consumer=PUSH | {"max_expires": "1s"}),
    Case(name="push with max_bytes", consumer=PUSH | {"max_bytes": "1KiB"}),
    Case(name="max_bytes that no request asks for", consumer={"max_bytes": "1KiB"}),
    Case(name="max_expires of 0", consumer={"max_expires": "0s"}),
    Case(name="max_msg_size of 0", stream={"max_msg_size": "0B"}),
    Case(
        name="two groups",
        consumer=OVERFLOW | {"priority_groups": ["jobs", "rest"]},
        pull=SPILL,
    ),
    Case(
        name="overflow with cumulative acks", consumer=OVERFLOW | {"ack_policy": "all"}, pull=SPILL
    ),
    Case(name="overflow without acks", consumer=OVERFLOW | {"ack_policy": "none"}, pull=SPILL),
    Case(name="overflow that nobody waits for", consumer=OVERFLOW, pull={"group": "jobs"}),
    Case(name="min_pending without overflow", pull={"min_pending": 10}),
    Case(name="a group without a policy", pull={"group": "jobs"}),
    Case(
        name="start beyond the beginning",
        consumer={"deliver_policy": "by_start_sequence", "opt_start_seq": 2},
    ),
    Case(name="gone before it is used", consumer={"inactive_threshold": "9s"}),
    Case(name="priority_timeout of 0", consumer=PINNED | {"priority_timeout": "0s"}, pull=JOBS),
    Case(
        name="priority_timeout of overflow",
        consumer=OVERFLOW | {"priority_timeout": "1s"},
        pull=SPILL,
    ),
    Case(name="min_pending of a pinned client", consumer=PINNED, pull=SPILL),
    Case(name="ordered, and pulled", consumer={"ordered": True, "ack_policy": "none"}),
    Case(name="ordered, with acks", consumer=PUSH | {"ordered": True}),
    Case(name="acks by flow control without it", consumer=FLOWING | {"flow_control": False}),
    Case(name="flow acks, half a second", consumer=FLOWING | {"idle_heartbeat": "500ms"}),
    Case(name="sampled without acks", consumer={"ack_policy": "none", "sample_freq": "50%"}),
    Case(name="sampled cumulative acks", consumer={"ack_policy": "all", "sample_freq": "50%"}),
]
"""Taken by the server and still refused by us: they mean nothing, or measure the wrong thing."""

TAKEN = [
    Case(name="pull, explicit"),
    Case(name="pull, cumulative", consumer={"ack_policy": "all"}),
    Case(name="pull, no acks", consumer={"ack_policy": "none"}),
    Case(name="push, explicit", consumer=PUSH),
    Case(name="push, cumulative", consumer=PUSH | {"ack_policy": "all"}),
    Case(name="push, no acks", consumer=PUSH | {"ack_policy": "none"}),
    Case(
        name="push with flow control and heartbeat",
        consumer=PUSH | {"flow_control": True, "idle_heartbeat": "1s"},
    ),
    Case(name="acks by flow control", consumer=FLOWING),
    Case(name="acks by flow control on a workqueue", stream=WORKQUEUE, consumer=FLOWING),
    Case(name="heartbeat of 100ms", consumer=PUSH | {"idle_heartbeat": "100ms"}),
    Case(
        name="as many backoff steps as deliveries",
        consumer={"backoff": ["1s", "2s", "3s"], "max_deliver": 3},
    ),
    Case(name="max_age of 100ms", stream={"max_age": "100ms"}),
    Case(name="duplicate_window of max_age", stream={"max_age": "1s", "duplicate_window": "1s"}),
    Case(name="async on file", stream={"persist_mode": "async"}),
    Case(name="atomic and fast batches", stream={"allow_atomic": True, "allow_batched": True}),
    Case(
        name="fast batches with async persistence",
        stream={"allow_batched": True, "persist_mode": "async"},
    ),
    Case(name="s2 on file", stream={"compression": "s2"}),
    Case(name="workqueue, explicit", stream={"retention": "workqueue"}),
    Case(
        name="interest, cumulative",
        stream={"retention": "interest"},
        consumer={"ack_policy": "all"},
    ),
    Case(name="consumer in memory", consumer={"mem_storage": True}),
    Case(name="discard new at a limit", stream={"discard": "new", "max_msgs": 1000}),
    Case(name="batch of max_ack_pending", consumer={"max_ack_pending": 10}, pull={"batch": 10}),
    Case(name="batch of what the stream allows", stream=PENDING_10, pull={"batch": 10}),
    Case(
        name="as much pending as the stream allows",
        stream=PENDING_10,
        consumer={"max_ack_pending": 10},
        pull={"batch": 10},
    ),
    Case(
        name="as long inactive as the stream allows",
        stream=INACTIVE_20S,
        consumer={"inactive_threshold": "20s"},
    ),
    Case(name="inactive for 10s", consumer={"inactive_threshold": "10s"}),
    Case(
        name="requests at their caps",
        consumer={"max_batch": 10, "max_expires": "1s", "max_bytes": "2000B"},
        pull={"batch": 10, "expires": "1s", "max_bytes": "2000B"},
    ),
    Case(name="max_expires of 1ms", consumer={"max_expires": "1ms"}, pull={"expires": "1ms"}),
    Case(name="overflow", consumer=OVERFLOW, pull=SPILL),
    Case(
        name="overflow by what is pending",
        consumer=OVERFLOW,
        pull={"group": "jobs", "min_ack_pending": 5},
    ),
    Case(
        name="prioritized, a group of 16",
        consumer={"priority_policy": "prioritized", "priority_groups": ["A0-_/=" + "b" * 10]},
        pull={"group": "A0-_/=" + "b" * 10, "priority": 9},
    ),
    Case(name="new alone", consumer={"deliver_policy": "new"}),
    Case(name="last", consumer={"deliver_policy": "last"}),
    Case(name="last per subject", consumer={"deliver_policy": "last_per_subject"}),
    Case(name="push, last per subject", consumer=PUSH | {"deliver_policy": "last_per_subject"}),
    Case(
        name="start with the first",
        consumer={"deliver_policy": "by_start_sequence", "opt_start_seq": 1},
    ),
    Case(
        name="from an instant",
        consumer={"deliver_policy": "by_start_time", "opt_start_ago": "1h"},
    ),
    Case(name="headers alone", consumer={"headers_only": True}),
    Case(name="push, headers alone", consumer=PUSH | {"headers_only": True}),
    Case(name="ordered", consumer=PUSH | {"ordered": True, "ack_policy": "none"}),
    Case(name="half of the acks sampled", consumer={"sample_freq": "50%"}),
    Case(name="a pinned client", consumer=PINNED, pull=JOBS),
    Case(
        name="a pinned client with a time",
        consumer=PINNED | {"priority_timeout": "1s"},
        pull=JOBS,
    ),
    Case(name="published again", stream={"republish": {}}),
    Case(
        name="some published again, headers alone",
        stream={"republish": {"source": "*.*.>", "headers_only": True}},
    ),
    Case(name="moved", stream={"subject_transform": {"source": ">", "destination": "new.>"}}),
    Case(
        name="moved by tokens",
        stream={"subject_transform": {"source": "*.*", "destination": "$2.{{wildcard(1)}}"}},
    ),
    Case(
        name="moved into partitions",
        stream={"subject_transform": {"source": "*", "destination": "{{partition(4,1)}}.$1"}},
    ),
    Case(name="new per subject", stream=PER_SUBJECT | {"max_msgs_per_subject": 5}),
    Case(name="messages up to 1KiB", stream={"max_msg_size": "1KiB"}),
]
"""Taken by the server and by us."""
