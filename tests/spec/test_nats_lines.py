"""Lines of the `nats` CLI, read by what each flag of it does, against what is made for a trial."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from bench.broker.admin import Names, consumer_body, stream_body
from bench.core.units import parse_duration_ns, parse_size_bytes
from bench.spec.load import load_config
from bench.spec.lookup import shipped_root
from bench.spec.nats_lines import consumer_line, stream_line
from bench.spec.variant import ConsumerSettings, Settings, StreamSettings

Json = dict[str, Any]


@dataclass(frozen=True)
class Flag:
    """A flag of natscli: the field that it sets, and how its value is read; None for a switch."""

    field: str
    read: Callable[[str], object] | None = str


def duration(text: str) -> int:
    return parse_duration_ns(text)


def size(text: str) -> int:
    """As `ParseStringAsBytes` of natscli: 1024 based, at most 32 bits before the unit."""
    found = parse_size_bytes(text)
    assert int("".join(filter(str.isdigit, text))) < 2**31
    return found


STREAM_FLAGS: Mapping[str, Flag] = {
    "--storage": Flag("storage"),
    "--replicas": Flag("num_replicas", int),
    "--retention": Flag("retention", lambda word: {"work": "workqueue"}.get(word, word)),
    "--discard": Flag("discard"),
    "--max-msgs": Flag("max_msgs", int),
    "--max-bytes": Flag("max_bytes", size),
    "--max-age": Flag("max_age", duration),
    "--max-msgs-per-subject": Flag("max_msgs_per_subject", int),
    "--max-msg-size": Flag("max_msg_size", size),
    "--limit-consumer-max-pending": Flag("consumer_limits.max_ack_pending", int),
    "--limit-consumer-inactive": Flag("consumer_limits.inactive_threshold", duration),
    "--dupe-window": Flag("duplicate_window", duration),
    "--compression": Flag("compression"),
    "--persist-mode": Flag("persist_mode"),
    "--subject-del-markers-ttl": Flag("subject_delete_marker_ttl", duration),
    "--allow-direct": Flag("allow_direct", None),
    "--discard-per-subject": Flag("discard_new_per_subject", None),
    "--allow-batch": Flag("allow_atomic", None),
    "--allow-fast": Flag("allow_batched", None),
    "--allow-msg-ttl": Flag("allow_msg_ttl", None),
    "--allow-rollup": Flag("allow_rollup_hdrs", None),
}

CONSUMER_FLAGS: Mapping[str, Flag] = {
    "--target": Flag("deliver_subject"),
    "--deliver-group": Flag("deliver_group"),
    "--ack": Flag("ack_policy"),
    "--wait": Flag("ack_wait", duration),
    "--max-pending": Flag("max_ack_pending", int),
    "--max-deliver": Flag("max_deliver", int),
    "--max-waiting": Flag("max_waiting", int),
    "--max-pull-batch": Flag("max_batch", int),
    "--max-pull-expire": Flag("max_expires", duration),
    "--max-pull-bytes": Flag("max_bytes", int),
    "--inactive-threshold": Flag("inactive_threshold", duration),
    "--sample": Flag("sample_freq", lambda percent: f"{percent}%"),  # the server reads both
    "--replicas": Flag("num_replicas", int),
    "--heartbeat": Flag("idle_heartbeat", duration),
    "--bps": Flag("rate_limit_bps", int),
    "--pinned-ttl": Flag("priority_timeout", duration),
    "--headers-only": Flag("headers_only", None),
    "--memory": Flag("mem_storage", None),
    "--flow-control": Flag("flow_control", None),
}

OURS = frozenset({"name", "durable_name", "description", "metadata", "subjects", "replay_policy"})
"""Fields that say whose it is, and one that nobody sets here."""

GROUPS = {"--pinned-groups": "pinned_client", "--prioritized-groups": "prioritized"}


def read(words: list[str], flags: Mapping[str, Flag]) -> Json:
    """The fields that words of a command set."""
    found: Json = {}
    rest = iter(words)
    for word in rest:
        if word == "--pull":
            continue
        if word in GROUPS:
            found["priority_policy"] = GROUPS[word]
            found.setdefault("priority_groups", []).append(next(rest))
        elif word == "--deliver":
            found |= starting(next(rest))
        elif word.startswith("--no-"):
            found[flags[f"--{word.removeprefix('--no-')}"].field] = False
        else:
            flag = flags[word]
            found[flag.field] = True if flag.read is None else flag.read(next(rest))
    return found


def starting(word: str) -> Json:
    """As `setStartPolicy` of natscli."""
    if word.isdigit():
        return {"deliver_policy": "by_start_sequence", "opt_start_seq": int(word)}
    if word in {"all", "last", "new", "subject"}:
        return {"deliver_policy": {"subject": "last_per_subject"}.get(word, word)}
    return {"deliver_policy": "by_start_time", "opt_start_time": duration(word)}


def flat(body: Json) -> Json:
    """Fields of a configuration as flags set them."""
    limits = body.pop("consumer_limits", None) or {}
    found = {**body, **{f"consumer_limits.{key}": value for key, value in limits.items()}}
    return {key: value for key, value in found.items() if key not in OURS}


def names() -> Names:
    return Names(
        owner="r",
        stream="S",
        consumer="C",
        subject_prefix="s.",
        deliver_subject="your.target",
        deliver_group="your-group",
    )


def stream_said(settings: StreamSettings) -> Json:
    words = shlex.split(stream_line(settings).command)
    assert words[:4] == ["nats", "stream", "add", "YOUR_STREAM"]
    assert (words[4:6], words[-1]) == (["--subjects", "your.subjects.>"], "--defaults")
    return read(words[6:-1], STREAM_FLAGS)


def consumer_said(settings: ConsumerSettings, *, shared: bool = False) -> Json:
    words = shlex.split(consumer_line(settings, shared=shared).command)
    assert words[:5] == ["nats", "consumer", "add", "YOUR_STREAM", "YOUR_CONSUMER"]
    assert words[-1] == "--defaults"
    return read(words[5:-1], CONSUMER_FLAGS)


def consumer_made(settings: ConsumerSettings, *, shared: bool = False) -> Json:
    made = flat(consumer_body(settings, names(), shared=shared))
    made.pop("filter_subject", None)  # the CLI fills in the same one where the server wants one
    if settings.opt_start_ago_ns is not None:
        made["opt_start_time"] = settings.opt_start_ago_ns
    return made


SHIPPED = [
    pytest.param(settings, id=f"{path.stem}-{name}")
    for path in sorted((shipped_root() / "configs").glob("*.yaml"))
    for name, settings in load_config(path).variants.items()
]


@pytest.mark.parametrize("settings", SHIPPED)
def test_lines_say_what_trials_were_made_of(settings: Settings) -> None:
    """Every shipped variant: all fields that the server was sent, less those told as unsaid."""
    stream, consumer = settings.stream, settings.consumer
    unsaid = {key.partition(".")[2] for key in stream_line(stream).unsaid}
    made = {k: v for k, v in flat(stream_body(stream, names())).items() if k not in unsaid}
    assert stream_said(stream) == made

    unsaid = {key.partition(".")[2] for key in consumer_line(consumer).unsaid}
    if not consumer.ordered:
        made = {k: v for k, v in consumer_made(consumer).items() if k not in unsaid}
        assert consumer_said(consumer) == made


STREAM = StreamSettings.model_validate(
    {
        "storage": "memory",
        "num_replicas": 3,
        "retention": "workqueue",
        "discard": "new",
        "max_msgs": 5,
        "max_bytes": "10GiB",
        "max_age": "90m",
        "max_msgs_per_subject": 2,
        "max_msg_size": "1000B",
        "discard_new_per_subject": True,
        "consumer_limits": {"max_ack_pending": 7, "inactive_threshold": "1500ms"},
        "duplicate_window": "100ms",
        "compression": "s2",
        "persist_mode": "async",
        "allow_direct": True,
        "allow_atomic": True,
        "allow_batched": True,
        "allow_msg_ttl": True,
        "subject_delete_marker_ttl": "1h",
        "allow_rollup_hdrs": True,
    }
)

CONSUMERS: Mapping[str, Json] = {
    "pull": {
        "ack_policy": "all",
        "ack_wait": "250ms",
        "max_ack_pending": 10,
        "max_deliver": 3,
        "max_waiting": 4,
        "max_batch": 50,
        "max_expires": "2s",
        "max_bytes": "64KiB",
        "deliver_policy": "by_start_sequence",
        "opt_start_seq": 9,
        "headers_only": True,
        "sample_freq": "25%",
        "inactive_threshold": "1m",
        "num_replicas": 1,
        "mem_storage": True,
    },
    "push": {
        "mode": "push",
        "ack_policy": "none",
        "flow_control": True,
        "idle_heartbeat": "500ms",
        "rate_limit_bps": 8000,
        "deliver_policy": "by_start_time",
        "opt_start_ago": "10m",
    },
    "pinned": {
        "priority_policy": "pinned_client",
        "priority_groups": ["workers"],
        "priority_timeout": "2s",
    },
    "prioritized": {"priority_policy": "prioritized", "priority_groups": ["workers"]},
    "last": {"deliver_policy": "last_per_subject"},
}


def test_every_setting_of_a_stream_is_said_by_its_flag() -> None:
    assert stream_line(STREAM).unsaid == ()
    assert stream_said(STREAM) == flat(stream_body(STREAM, names()))


@pytest.mark.parametrize("name", CONSUMERS)
def test_every_setting_of_a_consumer_is_said_by_its_flag(name: str) -> None:
    settings = ConsumerSettings.model_validate(CONSUMERS[name])

    assert consumer_line(settings).unsaid == ()
    for shared in (False, True):
        said = consumer_said(settings, shared=shared)
        assert said == consumer_made(settings, shared=shared)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"backoff": ["1s", "5s"]}, "consumer.backoff"),
        ({"priority_policy": "overflow", "priority_groups": ["a"]}, "consumer.priority_policy"),
        ({"priority_policy": "overflow", "priority_groups": ["a"]}, "consumer.priority_groups"),
        ({"mode": "push", "ordered": True}, "consumer.ordered"),
        ({"sample_freq": "0.5%"}, "consumer.sample_freq"),
    ],
)
def test_what_no_flag_says_is_told(settings: Json, key: str) -> None:
    assert key in consumer_line(ConsumerSettings.model_validate(settings)).unsaid


def test_a_size_that_the_cli_cannot_read_is_told() -> None:
    settings = StreamSettings.model_validate({"max_bytes": "5000000001B"})

    assert stream_line(settings).unsaid == ("stream.max_bytes",)
    assert "--max-bytes" not in stream_line(settings).command


def test_every_field_of_a_stream_or_consumer_is_said_or_told() -> None:
    """A setting that is added later must not be left out of what people paste."""
    told = {"republish", "subject_transform", "history"}  # subjects, and what is filled in before
    flags = {flag.field.partition(".")[0] for flag in STREAM_FLAGS.values()}
    fields = {each.alias or name for name, each in StreamSettings.model_fields.items()}
    assert fields - told == flags

    special = {"mode", "ordered", "backoff", "priority_policy", "priority_groups", "opt_start_ago"}
    special |= {"deliver_policy", "opt_start_seq"}
    flags = {flag.field for flag in CONSUMER_FLAGS.values()} - {"deliver_subject", "deliver_group"}
    fields = {each.alias or name for name, each in ConsumerSettings.model_fields.items()}
    assert fields - special == flags
