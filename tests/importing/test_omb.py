"""OpenMessaging Benchmark files: what they mean in our words, and what is told to be lost.

The files have the form, the keys and the ranges of those that it ships (workloads/*.yaml,
driver-nats/nats.yaml, as of January 2026); their values are ours.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.core.errors import SpecError
from bench.importing.from_omb import from_omb
from bench.importing.model import Imported
from bench.importing.omb import OmbDriver, OmbWorkload
from bench.spec.kinds.fanout import Fanout
from bench.spec.kinds.stream import Stream
from bench.spec.workload import MAX_MESSAGES
from tests.importing.valid import lost, read_back

USUAL: dict[str, Any] = {
    "name": "1 topic / 1 partition / 1Kb",
    "topics": 1,
    "partitionsPerTopic": 1,
    "keyDistributor": "NO_KEY",
    "messageSize": 1024,
    "payloadFile": "payload/payload-1Kb.data",
    "subscriptionsPerTopic": 1,
    "consumerPerSubscription": 2,
    "producersPerTopic": 3,
    "producerRate": 20000,
    "consumerBacklogSizeGB": 0,
    "testDurationMinutes": 15,
}
MAX_RATE: dict[str, Any] = {
    "name": "max-rate-10-topics-1-partition-1kb",
    "topics": 10,
    "partitionsPerTopic": 4,
    "messageSize": 1024,
    "useRandomizedPayloads": True,
    "randomBytesRatio": 0.5,
    "randomizedPayloadPoolSize": 1000,
    "subscriptionsPerTopic": 2,
    "consumerPerSubscription": 4,
    "producersPerTopic": 4,
    "producerRate": 10000000,
    "consumerBacklogSizeGB": 64,
    "testDurationMinutes": 5,
}
DRIVER: dict[str, Any] = {
    "name": "NATS",
    "driverClass": "io.openmessaging.benchmark.driver.nats.NatsBenchmarkDriver",
    "natsHostUrl": "localhost:4222",
    "replicationFactor": 3,
    "storageType": "Memory",
    "maxBytes": 1000000,
}


def imported(
    directory: Path, workload: dict[str, Any], driver: dict[str, Any] | None = None
) -> Imported:
    """The import of files with this content."""
    paths = directory / "theirs.yaml", directory / "driver.yaml"
    paths[0].write_text(yaml.safe_dump(workload, sort_keys=False), encoding="utf-8")
    if driver is not None:
        paths[1].write_text(yaml.safe_dump(driver, sort_keys=False), encoding="utf-8")
    return from_omb(paths[0], paths[1] if driver is not None else None, 1000.0)


def refused(directory: Path, text: str, driver: str | None = None) -> list[str]:
    """What is said of files that are no such files."""
    paths = directory / "theirs.yaml", directory / "driver.yaml"
    paths[0].write_text(text, encoding="utf-8")
    if driver is not None:
        paths[1].write_text(driver, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        from_omb(paths[0], paths[1] if driver is not None else None, 1000.0)
    return [str(problem) for problem in caught.value.problems]


def test_a_usual_workload_is_a_stream(tmp_path: Path) -> None:
    """As many publishers, bytes, messages and minutes, by its driver's push consumer."""
    found = read_back(imported(tmp_path, USUAL), tmp_path)

    load = found.workload
    assert isinstance(load, Stream)
    assert load.description == USUAL["name"]
    assert (load.publish.rate_msgs_per_s, load.publish.publishers) == (20000, 3)
    assert list(load.payload.sizes) == [1024]
    assert load.consume.consumers == 2
    assert (load.phases.warmup_ns, load.phases.measure_ns) == (60 * 10**9, 900 * 10**9)
    assert found.settings.consumer.mode == "push"
    assert found.settings.stream.storage == "file"


def test_what_is_lost_is_told_with_line_and_reason(tmp_path: Path) -> None:
    """A payload file alone of the usual one."""
    (only,) = imported(tmp_path, USUAL).lost

    assert (only.key, only.line) == ("payloadFile", 6)
    assert str(only).startswith(f"{tmp_path}/theirs.yaml:6: payloadFile = ")
    assert "noise" in only.why


def test_several_subscriptions_are_independent_consumers(tmp_path: Path) -> None:
    """Each topic a subject; what a trial cannot hold is cut, and said."""
    made = imported(tmp_path, MAX_RATE)
    load = read_back(made, tmp_path).workload

    assert isinstance(load, Fanout)
    assert len(load.subjects.names) == 10
    assert {member.processes for member in load.consumers.values()} == {16}
    assert len(load.consumers) == 2
    assert load.publish.publishers == 16
    assert load.messages <= MAX_MESSAGES
    assert set(lost(made)) == {
        "topics",
        "partitionsPerTopic",
        "randomBytesRatio",
        "randomizedPayloadPoolSize",
        "consumerPerSubscription",
        "producersPerTopic",
        "consumerBacklogSizeGB",
        "testDurationMinutes",
    }


def test_a_driver_says_how_it_is_kept(tmp_path: Path) -> None:
    """Where its server is belongs to the run."""
    made = imported(tmp_path, USUAL, DRIVER)
    stream = read_back(made, tmp_path).settings.stream

    assert (stream.storage, stream.num_replicas, stream.max_bytes) == ("memory", 3, 1000000)
    assert "--server" in lost(made)["natsHostUrl"]


@pytest.mark.parametrize(
    "java", ["io.driver.kafka.KafkaBenchmarkDriver", "x.NatsStreamingBenchmarkDriver"]
)
def test_a_driver_of_another_system_is_lost_whole(tmp_path: Path, java: str) -> None:
    """Each of its keys is named; none is refused for being unknown to us."""
    driver = {"name": "Other", "driverClass": java, "replicationFactor": 3, "topicConfig": "a=1"}

    made = imported(tmp_path, USUAL, driver)

    assert {"name", "driverClass", "replicationFactor", "topicConfig"} <= set(lost(made))
    assert read_back(made, tmp_path).settings.stream.num_replicas == 1


def test_more_topics_than_a_workload_has_subjects_are_cut(tmp_path: Path) -> None:
    """Its largest files have a million, which are kept."""
    most = imported(tmp_path, USUAL | {"topics": 1_000_000})
    more = imported(tmp_path, USUAL | {"topics": 2_000_000})

    assert len(read_back(most, tmp_path).workload.addressed) == 1_000_000
    assert len(read_back(more, tmp_path).workload.addressed) == 1_000_000
    assert "up to 1000000 subjects" in lost(more)["topics"]


def test_a_search_for_the_highest_rate_offers_one(tmp_path: Path) -> None:
    """Which one is said, and how to give another."""
    made = imported(tmp_path, USUAL | {"producerRate": 0})

    assert read_back(made, tmp_path).workload.rate_msgs_per_s == 1000
    assert "1000/s" in lost(made)["producerRate"]
    assert "--rate" in lost(made)["producerRate"]


def test_a_backlog_and_keys_are_told_to_be_lost(tmp_path: Path) -> None:
    """They would change what is measured."""
    changed = {
        "consumerBacklogSizeGB": 2,
        "backlogDrainRatio": 0.9,
        "keyDistributor": "RANDOM_NANO",
    }

    made = imported(tmp_path, USUAL | changed)

    assert set(changed) <= set(lost(made))


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """With file, line, key, what is allowed and the nearest right word."""
    said = refused(
        tmp_path,
        "name: x\ntopics: none\nmessagesize: 3\nmessageSize: -1\nproducerRate: 1.5\n"
        "keyDistributor: NOKEY\nrandomBytesRatio: 3\nproducersPerTopic: 1\n"
        "testDurationMinutes: 0\n",
        "driverClass: a.NatsBenchmarkDriver\nstorageType: file\nreplicationFactor: 9\n",
    )

    begun = [text.partition(f"{tmp_path}/")[2].split(" ")[0] for text in said]
    assert begun == [
        "theirs.yaml:",
        "theirs.yaml:",
        "theirs.yaml:2:",
        "theirs.yaml:3:",
        "theirs.yaml:4:",
        "theirs.yaml:5:",
        "theirs.yaml:6:",
        "theirs.yaml:7:",
        "theirs.yaml:9:",
        "driver.yaml:2:",
        "driver.yaml:3:",
    ]
    assert any("did you mean 'messageSize'?" in text for text in said)
    assert any("did you mean 'NO_KEY'?" in text for text in said)
    assert any("did you mean 'File'?" in text for text in said)


@pytest.mark.parametrize("text", ["", "[1]", "a: &x 1", "\x00", "a: !!python/object:os.system 1"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str) -> None:
    """It is read as untrusted files are."""
    assert all("theirs.yaml" in problem for problem in refused(tmp_path, text))


def test_text_of_a_file_stays_text(tmp_path: Path) -> None:
    """A name or a value never becomes a key of what is written, nor a second line of a comment."""
    evil = "x\nkind: kv\n# \x1b[31m"
    made = imported(tmp_path, USUAL | {"name": evil, "payloadFile": evil})

    load = read_back(made, tmp_path).workload

    assert load.description == evil
    assert all(str(each).isprintable() for each in made.lost)


WHOLE = st.integers(0, 2**31 - 1)
SOME = st.one_of(st.integers(1, 40), st.integers(1, 2**31 - 1))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    workload=st.fixed_dictionaries(
        {
            "topics": st.integers(1, 30),
            "messageSize": st.integers(1, 64 * 1024**2),
            "subscriptionsPerTopic": st.one_of(st.integers(0, 3), WHOLE),
            "consumerPerSubscription": st.one_of(st.integers(0, 3), WHOLE),
            "producersPerTopic": SOME,
            "producerRate": st.one_of(st.integers(0, 30), WHOLE),
            "testDurationMinutes": SOME,
        },
        optional={"warmupDurationMinutes": WHOLE, "partitionsPerTopic": WHOLE},
    ),
    driver=st.fixed_dictionaries(
        {},
        optional={
            "replicationFactor": st.integers(0, 5),
            "storageType": st.sampled_from(["File", "Memory"]),
            "maxBytes": st.integers(-1, 2**31 - 1),
        },
    ),
)
def test_whatever_they_hold_comes_out_valid(
    tmp_path: Path, workload: dict[str, Any], driver: dict[str, Any]
) -> None:
    """No range of theirs leads beyond one of ours."""
    read_back(imported(tmp_path, workload, driver), tmp_path)


def test_every_key_of_theirs_is_known() -> None:
    """Those of `Workload.java` and `NatsConfig.java`, and the two that every driver has."""
    aliases = [
        {field.alias or name for name, field in model.model_fields.items()}
        for model in (OmbWorkload, OmbDriver)
    ]

    assert set(USUAL) | set(MAX_RATE) | {"backlogDrainRatio", "warmupDurationMinutes"} == aliases[0]
    assert set(DRIVER) | {"workers"} == aliases[1]
