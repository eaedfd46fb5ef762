"""Ways of publishing that a server, a client or sense refuses."""

from pathlib import Path

import pytest

from bench.spec.headers import header_bytes, header_lines
from bench.spec.jetstream import objections, workload_objections
from bench.spec.kinds.stream import Stream
from bench.spec.variant import PublishSettings, Settings
from tests.spec.cases import Tree
from tests.spec.files import WORKLOAD, problems_of, write

ATOMIC: Tree = {"stream": {"allow_atomic": True}, "publish": {"mode": "atomic"}}
FAST: Tree = {"stream": {"allow_batched": True}, "publish": {"mode": "fast"}}


def settings(tree: Tree, **publish: object) -> Settings:
    return Settings.model_validate(tree | {"publish": tree.get("publish", {}) | publish})


def workload(sizes: str = "128B", **publish: object) -> Stream:
    return Stream.model_validate(
        {"kind": "stream", "payload": {"sizes": sizes}, "publish": {"rate": "100/s"} | publish}
    )


@pytest.mark.parametrize("tree", [ATOMIC, FAST, {"publish": {"mode": "one-by-one"}}, {}])
def test_every_mode_can_be_had(tree: Tree) -> None:
    """A rule that is too strict would close a door that the server leaves open."""
    assert objections(settings(tree)) == ()
    assert workload_objections(settings(tree), workload()) == ()


@pytest.mark.parametrize(
    ("tree", "key", "words"),
    [
        ({"publish": {"mode": "atomic"}}, "publish.mode", "takes no atomic batches (10174)"),
        ({"publish": {"mode": "fast"}}, "publish.mode", "takes no fast batches (10205)"),
        (ATOMIC | {"client": "nats-py"}, "publish.mode", "nats-py cannot publish atomic batches"),
        (FAST | {"client": "nats-py"}, "publish.mode", "nats-py cannot publish fast batches"),
        (
            ATOMIC | {"publish": {"mode": "atomic", "batch": 1001}},
            "publish.batch",
            "an atomic batch of 1001 is too large for the server (10199)",
        ),
        (FAST | {"publish": {"mode": "fast", "linger": "6s"}}, "publish.linger", "after 10s"),
        (FAST | {"publish": {"mode": "fast", "linger": "0s"}}, "publish.linger", "after 10s"),
        ({"publish": {"expect": "last-sequence"}}, "publish.expect", "waits for the one before"),
        (
            ATOMIC | {"publish": {"mode": "atomic", "expect": "last-sequence"}},
            "publish.expect",
            "waits for the one before",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(tree: Tree, key: str, words: str) -> None:
    """Found out by the server, or by every message of a trial refused, it would cost a run."""
    (objection,) = objections(Settings.model_validate(tree))

    assert objection.key == key
    assert words in objection.what
    assert objection.allowed


def test_limits_are_right_on_both_sides() -> None:
    """The largest batch and the longest wait are fine."""
    assert objections(settings(ATOMIC, batch=1000, linger="5s")) == ()
    assert objections(settings(FAST, batch=65_535)) == ()


@pytest.mark.parametrize("tree", [ATOMIC, FAST])
def test_a_batch_fits_into_the_window(tree: Tree) -> None:
    """With a smaller window no batch fills up, and every one waits until it is ended."""
    wide, narrow = workload(window=100), workload(window=99)

    assert workload_objections(settings(tree, batch=100), wide) == ()
    (objection,) = workload_objections(settings(tree, batch=100), narrow)
    assert objection.key == "publish.batch"


def test_an_expected_sequence_needs_a_single_writer() -> None:
    """Two of them would make each other wrong at every message."""
    expecting = settings({}, mode="one-by-one", expect="last-sequence")

    assert workload_objections(expecting, workload()) == ()
    (objection,) = workload_objections(expecting, workload(publishers=2))
    assert (objection.key, "(10071)" in objection.what) == ("publish.expect", True)


def test_headers_count_towards_max_payload() -> None:
    """The server measures header and payload together."""
    just_fits = workload("1MiB")
    too_large = workload("1MiB", headers=["trace"])

    assert workload_objections(settings({}), just_fits) == ()
    assert [o.key for o in workload_objections(settings({}), too_large)] == ["server.max_payload"]
    assert [o.key for o in workload_objections(settings(ATOMIC), just_fits)] == [
        "server.max_payload"
    ]


def test_headers_are_those_of_their_standards() -> None:
    """A tracing backend must be able to read them: W3C Trace Context, version 00."""
    how = PublishSettings.model_validate({"mode": "one-by-one", "expect": "last-sequence"})
    lines = dict(header_lines(("message-id", "trace", "correlation-id"), how, "run-1"))
    first = {name: text.format(id="0" * 16, last="7") for name, text in lines.items()}

    assert list(lines) == [
        "Nats-Msg-Id", "traceparent", "Correlation-Id", "Nats-Expected-Last-Sequence",
    ]  # fmt: skip
    version, trace, span, flags = first["traceparent"].split("-")
    assert (version, len(trace), len(span), flags) == ("00", 32, 16, "01")
    assert int(span, 16) > 0 < int(trace, 16)
    assert first["Nats-Expected-Last-Sequence"] == "7"


def test_no_two_trials_share_a_message_id() -> None:
    """A stream that outlived its trial must not take the next one's messages for duplicates."""
    ids = {
        dict(header_lines(("message-id",), PublishSettings(), trial))["Nats-Msg-Id"]
        for trial in ("run-1.", "run-2.")
    }

    assert len(ids) == 2
    assert all(text.endswith("-{id}") for text in ids)


def test_without_headers_a_message_has_none() -> None:
    """An empty header would still be one, and cost the server its parsing."""
    assert header_lines((), PublishSettings(), "run-1.") == ()
    assert header_bytes((), PublishSettings()) == 0


@pytest.mark.parametrize(
    ("publish", "problem"),
    [
        (
            "headers: [trace, trace]",
            "publish.headers = […]: a header stands twice; allowed: each once",
        ),
        (
            "headers: [tracing]",
            "publish.headers[0] = 'tracing': unknown; allowed: message-id, trace, correlation-id, "
            "signature; did you mean 'trace'?",
        ),
    ],
)
def test_wrong_headers_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, publish: str, problem: str
) -> None:
    """As with every other key: what is wrong, and what is allowed."""
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, "w.yaml", WORKLOAD.replace("{rate:", f"{{{publish}, rate:"))

    assert problems_of(path) == [f"w.yaml:3: {problem}"]


@pytest.mark.parametrize(
    ("ttl", "allowed", "code"),
    [("1s", True, ""), ("999ms", True, "(10165)"), ("1s", False, "(10166)")],
)
def test_a_time_to_live_is_allowed_and_long_enough(ttl: str, allowed: bool, code: str) -> None:
    """The server refuses each message else."""
    tree = {"publish": {"ttl": ttl}, "stream": {"allow_msg_ttl": allowed}}

    found = objections(Settings.model_validate(tree))

    assert [each.key for each in found] == (["publish.ttl"] if code else [])
    assert all(code in each.what for each in found)


@pytest.mark.parametrize(
    ("stream", "mode", "found"),
    [
        ({"allow_rollup_hdrs": True}, "async", []),
        ({}, "async", ["publish.rollup"]),
        ({"allow_rollup_hdrs": True, "allow_batched": True}, "fast", ["publish.rollup"]),
    ],
)
def test_a_rollup_is_allowed_and_none_of_a_batch(stream: Tree, mode: str, found: list[str]) -> None:
    """Each message replaces others; of a batch nobody could tell which were there."""
    tree = {"publish": {"rollup": "subject", "mode": mode}, "stream": stream}

    assert [each.key for each in objections(Settings.model_validate(tree))] == found


@pytest.mark.parametrize(
    ("share", "found"), [(None, []), ("20%", ["publish.rollup"])], ids=["once", "twice"]
)
def test_what_is_published_twice_replaces_nothing(share: str | None, found: list[str]) -> None:
    """Of the two nobody could tell which one was there."""
    twice: Tree = {"headers": ["message-id"], "duplicates": {"share": share, "after": "0s"}}
    load = workload(**(twice if share else {}))
    tree = {"publish": {"rollup": "subject"}, "stream": {"allow_rollup_hdrs": True}}

    assert [each.key for each in workload_objections(Settings.model_validate(tree), load)] == found


@pytest.mark.parametrize(
    ("publish", "found"),
    [({"mode": "atomic", "ack_first": True, "ack_every": 50}, []),
     ({"mode": "atomic", "batch": 1, "ack_first": True}, ["publish.ack_first"]),
     ({"mode": "atomic", "batch": 2, "ack_first": True, "ack_every": 1}, []),
     ({"mode": "atomic", "batch": 50, "ack_every": 50}, ["publish.ack_every"]),
     ({"mode": "fast", "ack_first": True}, []),
     ({"mode": "fast", "ack_every": 10}, ["publish.ack_every"]),
     ({"mode": "async", "ack_first": True}, ["publish.ack_first"]),
     ({"mode": "one-by-one", "ack_every": 10}, ["publish.ack_every"])],
)  # fmt: skip
def test_batches_alone_have_answers_that_could_be_waited_for(
    publish: Tree, found: list[str]
) -> None:
    """And a fast one says by its batch how often it is answered."""
    stream = {"allow_batched": True, "allow_atomic": True}
    tree = {"publish": publish, "stream": stream}

    assert [each.key for each in objections(Settings.model_validate(tree))] == found


@pytest.mark.parametrize(
    ("mode", "gap", "found"),
    [("fast", "ok", []), ("fast", "fail", []), ("async", "fail", []),
     ("async", "ok", ["publish.gap"]), ("atomic", "ok", ["publish.gap"])],
)  # fmt: skip
def test_fast_batches_alone_go_on_over_a_gap(mode: str, gap: str, found: list[str]) -> None:
    """An atomic one is stored whole or not at all."""
    stream = {"allow_batched": True, "allow_atomic": True}
    tree = {"publish": {"mode": mode, "gap": gap}, "stream": stream}

    assert [each.key for each in objections(Settings.model_validate(tree))] == found
