import pytest

from bench.spec.jetstream import (
    ack_batch,
    ack_wait_ns,
    max_ack_pending,
    objections,
    workload_objections,
)
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings
from tests.spec.cases import ASKED_IN_VAIN, IGNORED, OF_CLUSTERS, REFUSED, TAKEN, Case, Tree


def settings(**parts: object) -> Settings:
    return Settings.model_validate(parts)


def workload(*, consumers: int = 1, workers: int = 1, sizes: str = "128B") -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": sizes},
            "publish": {"rate": "100/s"},
            "consume": {"consumers": consumers, "workers": workers},
        }
    )


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_the_server_refuses_is_refused_with_its_code(case: Case) -> None:
    """The code leads to the server's documentation and to its source."""
    (objection,) = objections(case.settings)

    assert f"({case.code})" in objection.what
    assert objection.allowed


@pytest.mark.parametrize("case", OF_CLUSTERS, ids=str)
def test_what_a_cluster_refuses_is_refused_with_its_code_and_no_more(case: Case) -> None:
    """`test_cluster.py` puts the same to one."""
    told = [f"({case.code})" in each.what for each in objections(case.settings)]

    assert told == ([True] if case.code else [])


@pytest.mark.parametrize("case", ASKED_IN_VAIN, ids=str)
def test_requests_that_the_server_refuses_are_refused_with_its_words(case: Case) -> None:
    """The consumer would be made, and nothing would ever come from it."""
    (objection,) = objections(case.settings)

    assert f"({case.answer})" in objection.what
    assert objection.allowed


@pytest.mark.parametrize("case", IGNORED, ids=str)
def test_what_the_server_ignores_is_refused_too(case: Case) -> None:
    """A setting without effect would be reported as one that makes no difference."""
    (objection,) = objections(case.settings)

    assert "(1" not in objection.what
    assert objection.allowed


@pytest.mark.parametrize("case", TAKEN, ids=str)
def test_what_is_valid_meets_no_objection(case: Case) -> None:
    """Limits are right on both sides: these lie next to the refused ones."""
    assert objections(case.settings) == ()


@pytest.mark.parametrize(
    ("timing", "policy", "agrees"),
    [
        ("after-handler", "explicit", True),
        ("after-validation", "explicit", True),
        ("per-batch", "explicit", True),
        ("cumulative", "all", True),
        ("none", "none", True),
        ("after-handler", "all", False),
        ("after-validation", "none", False),
        ("per-batch", "all", False),
        ("cumulative", "explicit", False),
        ("none", "explicit", False),
        ("cumulative", "none", False),
        ("none", "all", False),
    ],
)
def test_ack_timing_and_ack_policy_must_agree(timing: str, policy: str, agrees: bool) -> None:
    """`ack_policy: all` with an ack for each message would measure neither."""
    found = objections(settings(consumer={"ack_policy": policy}, ack={"timing": timing}))

    assert [objection.key for objection in found] == ([] if agrees else ["ack.timing"])


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ({"ack": {"timing": "per-batch", "batch": 1001}}, "ack.batch"),
        ({"consumer": {"max_ack_pending": 200}, "ack": {"timing": "per-batch", "batch": 201}},
         "ack.batch"),
        ({"consumer": {"mode": "push", "max_ack_pending": 50}, "ack": {"timing": "per-batch"}},
         "pull.batch"),
    ],
)  # fmt: skip
def test_an_ack_batch_fits_into_max_ack_pending(parts: Tree, key: str) -> None:
    """The server would stop delivering before the batch is whole."""
    assert [objection.key for objection in objections(settings(**parts))] == [key]


def test_a_push_consumer_makes_no_requests_to_size() -> None:
    """A base shared with pull variants keeps its pull.batch; push does not use it."""
    push = settings(consumer={"mode": "push", "max_ack_pending": 50}, pull={"batch": 100})

    assert objections(push) == ()


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ({"consumer": {"ack_policy": "all"}, "ack": {"timing": "cumulative"}},
         "consumer.ack_policy"),
        ({"consumer": {"mode": "push", "idle_heartbeat": "1s"}}, "consumer.idle_heartbeat"),
        ({"consumer": {"max_waiting": 1}}, "consumer.max_waiting"),
    ],
)  # fmt: skip
def test_several_consumers_rule_out_what_one_may_use(parts: Tree, key: str) -> None:
    """An ack of one consumer would cover messages that another still handles."""
    resolved = settings(**parts)

    assert workload_objections(resolved, workload(consumers=1)) == ()
    assert [o.key for o in workload_objections(resolved, workload(consumers=2))] == [key]


def test_several_workers_of_one_process_may_ack_cumulatively() -> None:
    """The engine acks only as far as all messages are handled, whoever handled them."""
    cumulative = settings(consumer={"ack_policy": "all"}, ack={"timing": "cumulative"})

    assert workload_objections(cumulative, workload(workers=8)) == ()


def test_a_payload_must_fit_the_servers_limit() -> None:
    """The server would drop the connection at the first of them."""
    two_mib = workload(sizes="2MiB")

    assert [o.key for o in workload_objections(settings(), two_mib)] == ["server.max_payload"]
    assert workload_objections(settings(server={"max_payload": "2MiB"}), two_mib) == ()


def test_defaults_are_the_servers() -> None:
    """What a file leaves out is not unlimited."""
    assert max_ack_pending(settings()) == 1000
    assert max_ack_pending(settings(consumer={"ack_policy": "none"})) is None
    limited = {"consumer_limits": {"max_ack_pending": 70}}
    assert max_ack_pending(settings(stream=limited)) == 70
    assert max_ack_pending(settings(stream=limited, consumer={"max_ack_pending": 60})) == 60
    assert ack_wait_ns(settings()) == 30_000_000_000
    assert ack_wait_ns(settings(consumer={"ack_wait": "9s", "backoff": ["2s"]})) == 2_000_000_000
    assert ack_batch(settings(pull={"batch": 7})) == 1
    assert ack_batch(settings(pull={"batch": 7}, ack={"timing": "per-batch"})) == 7
    assert ack_batch(settings(pull={"batch": 7}, ack={"timing": "per-batch", "batch": 3})) == 3


def test_no_server_is_told_to_take_more_than_it_can() -> None:
    """It would not start: "max_payload cannot be higher than max_pending"."""
    too_much = settings(server={"max_payload": "65MiB"})

    assert [objection.key for objection in objections(too_much)] == ["server.max_payload"]
    assert objections(settings(server={"max_payload": "64MiB"})) == ()
