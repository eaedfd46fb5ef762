"""Settings that a server refuses, takes, or takes and ignores: told by nats-server 2.15.1.

`test_jetstream.py` holds our rules to this table, `test_jetstream_server.py` the table to a server.
"""

from dataclasses import dataclass, field
from typing import Any

from bench.spec.variant import Settings

Tree = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """Settings and what the server says to them; code 0 means that it takes them."""

    name: str
    code: int = 0
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
        timing = {"none": "none", "all": "cumulative"}.get(policy, "after-handler")
        return Settings.model_validate(
            {
                "stream": self.stream,
                "consumer": self.consumer,
                "pull": self.pull,
                "ack": {"timing": self.ack or timing},
            }
        )


PUSH = {"mode": "push"}

REFUSED = [
    Case(name="max_age below 100ms", code=10052, stream={"max_age": "50ms"}),
    Case(name="duplicate_window below 100ms", code=10052, stream={"duplicate_window": "50ms"}),
    Case(
        name="duplicate_window above max_age",
        code=10052,
        stream={"max_age": "1s", "duplicate_window": "2s"},
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
]
"""Refused by the server with this code, and by our rules with the same code in the text."""

IGNORED = [
    Case(name="s2 on memory", stream={"storage": "memory", "compression": "s2"}),
    Case(name="discard new without a limit", stream={"discard": "new"}),
    Case(name="backoff of 0", consumer={"backoff": ["0s"]}),
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
]
"""Taken by the server and by us."""
