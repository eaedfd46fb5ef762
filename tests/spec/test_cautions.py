import pytest

from bench.spec.cautions import cautions, in_flight
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.spec.cases import Tree


def workload(
    *, time: object = "0s", rate: str = "10/s", consumers: int = 1, workers: int = 1
) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "1000B"},
            "publish": {"rate": rate},
            "consume": {"consumers": consumers, "workers": workers, "handler": {"time": time}},
        }
    )


def found(parts: Tree, load: Stream) -> list[str]:
    return [caution.key for caution in cautions(Settings.model_validate(parts), load)]


def test_plain_settings_need_no_caution() -> None:
    """A caution that always shows is never read."""
    assert found({}, workload(time="20ms")) == []


@pytest.mark.parametrize(("rate", "expected"), [("50/s", []), ("51/s", ["consumer"])])
def test_a_load_beyond_the_workers_is_announced(rate: str, expected: list[str]) -> None:
    """One worker at 20 ms handles 50 messages a second and not one more."""
    assert found({}, workload(time="20ms", rate=rate)) == expected


@pytest.mark.parametrize(("workers", "expected"), [(2, []), (1, ["consumer"])])
def test_workers_of_a_variant_count_in_place_of_the_workload_s(
    workers: int, expected: list[str]
) -> None:
    """Fewer or more than it says; per process in both places."""
    load = workload(time="20ms", rate="150/s", consumers=2, workers=9 - 8 * (workers - 1))

    assert found({"handler": {"workers": workers}}, load) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"client": "nats-py"}, ["handler.run"]),
        ({"client": "nats-py", "handler": {"run": "task"}}, []),
        ({"client": "wire"}, []),
    ],
)
def test_virtual_workers_near_their_limit_are_no_service(parts: Tree, expected: list[str]) -> None:
    """A callback of 1 ms did 646/s; at 950/s virtual workers called nats-py stable."""
    assert found(parts, workload(time="1ms", rate="950/s")) == expected
    assert found(parts, workload(time="1ms", rate="450/s")) == []


@pytest.mark.parametrize(("wait", "expected"), [("2s", []), ("1990ms", ["consumer.ack_wait"])])
def test_a_batch_that_outlasts_ack_wait_is_announced(wait: str, expected: list[str]) -> None:
    """100 messages at 20 ms take one worker 2 s: the last would be delivered again meanwhile."""
    parts: Tree = {"consumer": {"ack_wait": wait}, "pull": {"batch": 100}}

    assert found(parts, workload(time="20ms")) == expected


TRUTH: Tree = {"consumer": {"ack_wait": "10s", "max_ack_pending": 50}, "pull": {"batch": 50}}


@pytest.mark.parametrize("mode", ["pull", "push"])
@pytest.mark.parametrize(("workers", "expected"), [(4, ["consumer.ack_wait"]), (6, [])])
def test_what_is_in_flight_must_be_handled_within_ack_wait(
    mode: str, workers: int, expected: list[str]
) -> None:
    """50 of 1 s take 4 workers 12.5 s and 6 workers 8.3 s; ack_wait is 10 s."""
    parts = TRUTH | {"consumer": TRUTH["consumer"] | {"mode": mode}}

    assert found(parts, workload(time="1s", rate="1/s", workers=workers)) == expected


def test_the_formula_is_told_with_its_figures() -> None:
    """Who knows what it comes to sees which of them to change."""
    slow = workload(time="1s", rate="1/s", workers=4)

    (caution,) = cautions(Settings.model_validate(TRUTH), slow)

    assert caution.what == (
        "4 workers take 12.5 s for the 50 messages that may be in flight, longer than ack_wait, "
        "10s: expect redeliveries"
    )


@pytest.mark.parametrize(
    ("pull", "consumers", "flying"),
    [
        ({"batch": 10}, 1, 10),
        ({"batch": 10, "requests": 3}, 1, 30),
        ({"batch": 10, "requests": 3}, 2, 60),
        ({"batch": 10, "requests": 3}, 4, 100),
    ],
)
def test_so_many_may_be_in_flight(pull: Tree, consumers: int, flying: int) -> None:
    """What all requests of all processes ask for, up to max_ack_pending."""
    settings = Settings.model_validate({"consumer": {"max_ack_pending": 100}, "pull": pull})

    assert in_flight(settings, workload(consumers=consumers)) == flying


@pytest.mark.parametrize(
    ("timing", "workers", "expected"),
    [
        ("after-handler", 10, []),
        ("after-handler", 11, ["consumer.max_ack_pending"]),
        ("after-validation", 11, []),
    ],
)
def test_workers_that_can_have_nothing_to_do_are_announced(
    timing: str, workers: int, expected: list[str]
) -> None:
    """The server delivers no more than may be unacknowledged; an early ack lets it go on."""
    parts: Tree = {
        "consumer": {"max_ack_pending": 10},
        "pull": {"batch": 10},
        "ack": {"timing": timing},
    }

    assert found(parts, workload(workers=workers)) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"server": {"max_buffered_msgs": 256}}, []),
        ({"server": {"max_buffered_msgs": 255}}, ["server.max_buffered_msgs"]),
        ({"server": {"max_buffered_msgs": 1}, "publish": {"mode": "one-by-one"}}, []),
        ({"server": {"max_buffered_size": "256kB"}}, []),
        ({"server": {"max_buffered_size": "255kB"}}, ["server.max_buffered_size"]),
    ],
)
def test_a_window_beyond_what_is_buffered_is_announced(parts: Tree, expected: list[str]) -> None:
    """256 messages of 1000 bytes may wait for their PubAck."""
    assert found(parts, workload()) == expected


def test_an_ack_before_the_handler_outlasts_nothing() -> None:
    """after-validation acks before the waiting begins."""
    parts: Tree = {"consumer": {"ack_wait": "1s"}, "ack": {"timing": "after-validation"}}

    assert found(parts, workload(time="20ms")) == []


def test_an_ack_wait_below_the_slowest_handlers_is_announced() -> None:
    """One message in a hundred would be delivered again while it is handled."""
    slow = workload(time={"p50": "1ms", "p99": "300ms"})

    assert found({"consumer": {"ack_wait": "200ms"}}, slow) == ["consumer.ack_wait"]


def test_backoff_that_overrides_ack_wait_is_announced() -> None:
    """The server takes both and keeps the first step of backoff."""
    consumer = {"ack_wait": "30s", "backoff": ["1s", "5s"]}

    assert found({"consumer": consumer}, workload()) == ["consumer.ack_wait"]
    assert found({"consumer": consumer | {"ack_wait": "1s"}}, workload()) == []


@pytest.mark.parametrize(
    ("bits", "expected"), [(80_000, []), (79_999, ["consumer.rate_limit_bps"])]
)
def test_a_rate_limit_below_the_load_is_announced(bits: int, expected: list[str]) -> None:
    """10 messages of 1000 bytes a second are 80 000 bits."""
    assert found({"consumer": {"mode": "push", "rate_limit_bps": bits}}, workload()) == expected


def test_consumers_that_ask_for_more_than_may_be_pending_are_announced() -> None:
    """Each request alone fits; together some wait until they expire."""
    parts: Tree = {"consumer": {"max_ack_pending": 150}, "pull": {"batch": 100}}

    assert found(parts, workload(consumers=1)) == []
    assert found(parts, workload(consumers=2)) == ["pull.batch"]


def test_compression_of_equal_payloads_is_announced() -> None:
    """Repeated noise compresses; real data would not as well."""
    assert found({"stream": {"compression": "s2"}}, workload()) == ["stream.compression"]


NEW_PER_SUBJECT: Tree = {"discard": "new", "discard_new_per_subject": True}


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ({"max_msgs": 1500}, []),
        ({"max_msgs": 1499}, ["stream.max_msgs"]),
        ({"max_bytes": "1.5MB"}, []),
        ({"max_bytes": "1499kB", "discard": "new"}, ["stream.max_bytes"]),
        ({"max_msgs": 1, "retention": "interest"}, []),
        (NEW_PER_SUBJECT | {"max_msgs_per_subject": 1500}, []),
        (NEW_PER_SUBJECT | {"max_msgs_per_subject": 1499}, ["stream.max_msgs_per_subject"]),
        (
            NEW_PER_SUBJECT | {"max_msgs_per_subject": 1499, "retention": "interest"},
            [],
        ),
    ],
)
def test_a_stream_too_small_for_a_trial_is_announced(stream: Tree, expected: list[str]) -> None:
    """10/s for 150 s are 1500 messages of 1000 bytes; what is dropped would read as lost."""
    assert found({"stream": stream}, workload()) == expected


ALWAYS: Tree = {"server": {"sync_interval": "always"}}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"stream": {"num_replicas": 3}}, ["stream.num_replicas"]),
        (
            {"stream": {"num_replicas": 3}} | ALWAYS,
            ["stream.num_replicas", "server.sync_interval"],
        ),
        ({"stream": {"num_replicas": 3, "storage": "memory"}}, []),
        (ALWAYS, []),
    ],
)
def test_a_replicated_file_stream_is_announced_as_a_versions_own(
    parts: Tree, expected: list[str]
) -> None:
    """nats-server 2.12 and 2.15 changed what such a stream's answer waits for."""
    assert found(parts, workload()) == expected


def test_what_always_means_with_replicas_is_said() -> None:
    """It reads like an fsync per message, and is one per append from 2.15 on."""
    settings = Settings.model_validate({"stream": {"num_replicas": 3}} | ALWAYS)

    flush, sync = (caution.what for caution in cautions(settings, workload()))

    assert "flushed asynchronously from nats-server 2.12 on" in flush
    assert "one fsync per append to the Raft log from nats-server 2.15 on" in sync
