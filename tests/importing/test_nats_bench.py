"""Lines of `nats bench`, of all its forms: what they mean in our words, and what is lost."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.core.errors import SpecError
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.importing.bench_flags import ALL, LOGIN, VALUES, duration_ns, size_bytes
from bench.importing.from_bench import from_bench
from bench.spec.kinds.fanout import Fanout
from bench.spec.kinds.kv import Kv
from bench.spec.kinds.request import Request
from bench.spec.kinds.stream import Stream
from tests.importing.valid import Ours, lost, read_back

FAST = 1000.0


def ours(line: str, directory: Path) -> Ours:
    """What a line is, read back from the files."""
    return read_back(from_bench(line, FAST), directory)


def told(line: str) -> dict[str, str]:
    """What is lost of it, by its key."""
    return lost(from_bench(line, FAST))


def refused(line: str) -> list[str]:
    """What is said of a line that is none."""
    with pytest.raises(SpecError) as caught:
        from_bench(line, FAST)
    return [str(problem) for problem in caught.value.problems]


LINES = [
    # The newest form.
    "nats bench pub foo --size 1KB --msgs 100000",
    "nats bench sub foo --clients 3",
    "nats bench service request foo --clients=4 --msgs=10000",
    "nats bench service serve foo --clients 2 --sleep 5ms",
    "nats bench js pub sync foo --create --msgs 5000",
    "nats bench js pub async foo --batch 1000 --storage memory --replicas 3 --purge",
    "nats bench js pub atomic foo --batch 5000 --persistasync",
    "nats bench js pub batch foo --dedup --dedupwindow 10ms",
    "nats bench js pub fast foo --max-outstanding-acks 4 --throughput 5000 --duration 30s",
    "nats bench js pub async foo --multisubject --multisubjectmax 10 --multisubjectrandomize",
    "nats bench js pub async 'foo.*' --multisubject --msgs 20 --multisubjectmax 0 -H c:d",
    "nats bench js consume --acks none --doubleack",
    "nats bench js consume --acks all --clients 4 --filter a --filter b",
    "nats bench js fetch --batch 20000 --clients 20",
    "nats bench js ordered --clients 3",
    "nats bench sub foo --clients 3 --sleep 5ms",
    "nats bench kv put --size 1MiB --history 3 --randomize 1000",
    "nats bench kv get --clients 2 --msgs 500000",
    "nats bench oldjs push foo --maxacks 100 --no-ack",
    "nats bench oldjs pull foo --doubleack",
    "nats bench oldjs ordered foo --multisubject --multisubjectmax 5",
    # As it was until 2024, from its own examples.
    "nats bench testsubject --js --syncpub --pub 10  --msgs 10000 --purge",
    "nats bench testsubject --js --pub 4 --sub 4 --purge",
    "nats bench testsubject --js --sub 4 --pull --consumerbatch 50",
    "nats bench testsubject --js --sub 4 --push --no-progress",
    "nats bench testsubject --pub 4 --request --msgs 20000",
    "nats bench testsubject --reply --sub 1 --acksleep 50us",
    "nats bench testsubject --pub 1 --pubsleep 100ns",
    "nats bench testsubject --kv --pub 1 --sub 2 --history 5",
    "bar --js --pub 1 --size 16 --msgs 1000000 -s nats://a:4222 --nkey ./k",
]


@pytest.mark.parametrize("line", LINES)
def test_lines_of_every_form_come_out_valid(line: str, tmp_path: Path) -> None:
    """Every rule of ours is asked of what came out; and each flag is carried or named."""
    assert ours(line, tmp_path).workload.messages > 0


def test_what_is_published_is_offered(tmp_path: Path) -> None:
    """Clients, bytes, messages by the rate, and how they are confirmed."""
    found = ours(
        "js pub async orders.new --clients 4 --size 1KB --msgs 20000 --throughput 2000 --batch 64 "
        "--storage memory --maxbytes 2GB --dedup --dedupwindow 5s",
        tmp_path,
    )

    load, stream = found.workload, found.settings.stream
    assert isinstance(load, Stream)
    assert load.addressed == ("orders.new",)
    assert (load.publish.publishers, load.publish.rate_msgs_per_s) == (4, 2000)
    assert (load.publish.window_msgs, load.publish.headers) == (64, ("message-id",))
    assert list(load.payload.sizes) == [1024]
    assert load.phases.measure_ns == 10 * NS_PER_S
    assert (stream.storage, stream.max_bytes, stream.discard) == ("memory", 2 * 1024**3, "new")
    assert stream.duplicate_window_ns == 5 * NS_PER_S


@pytest.mark.parametrize(
    ("line", "mode", "window_msgs"),
    [
        ("js pub sync a", "one-by-one", 1),
        ("js pub a --batch 1", "one-by-one", 1),
        ("js pub a", "async", 500),
        ("js pub async a --batch 20", "async", 20),
        ("js pub atomic a --batch 100", "atomic", 256),
        ("js pub fast a", "fast", 500),
        ("a --js --pub 1 --syncpub", "one-by-one", 1),
        ("a --js --pub 1", "async", 100),
    ],
)
def test_how_messages_are_confirmed(line: str, mode: str, window_msgs: int, tmp_path: Path) -> None:
    """Each word of theirs has one of ours."""
    found = ours(line, tmp_path)

    assert isinstance(found.workload, Stream)
    assert found.settings.publish.mode == mode
    assert found.workload.publish.window_msgs == window_msgs


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("js consume --batch 50 --clients 2", ("pull", "explicit", 100, "after-handler", False)),
        ("js fetch --acks all", ("pull", "all", 500, "cumulative", False)),
        ("js fetch --acks none", ("pull", "none", None, "none", False)),
        ("js fetch --doubleack", ("pull", "explicit", 500, "after-handler", True)),
        ("js ordered", ("push", "none", None, "none", False)),
        ("oldjs ordered a --batch 9", ("push", "none", None, "none", False)),
        ("oldjs push a --maxacks 7", ("push", "explicit", 7, "after-handler", False)),
        ("a --js --sub 2 --push", ("push", "explicit", 200, "after-handler", False)),
        ("a --js --sub 2 --pull --no-ack", ("pull", "none", None, "none", False)),
        ("a --js --sub 1", ("push", "none", None, "none", False)),
        ("sub a", ("push", "none", None, "none", False)),
    ],
)
def test_how_messages_are_taken(line: str, expected: tuple[object, ...], tmp_path: Path) -> None:
    """max_ack_pending is batch times clients there, by its source."""
    found = ours(line, tmp_path).settings

    consumer, ack = found.consumer, found.ack
    assert expected == (
        consumer.mode,
        consumer.ack_policy,
        consumer.max_ack_pending,
        ack.timing,
        ack.double,
    )


@pytest.mark.parametrize(
    ("line", "ordered"),
    [
        ("js ordered", True),
        ("js ordered --batch 40", True),
        ("oldjs ordered a", True),
        ("a --js --sub 1", True),
        ("js ordered --clients 2", False),
        ("a --js --sub 2", False),
        ("js consume --acks none", False),
        ("sub a", False),
    ],
)
def test_an_ordered_consumer_of_one_client_is_one(line: str, ordered: bool, tmp_path: Path) -> None:
    """Of several each would have its own, and a workload has one of one process."""
    assert ours(line, tmp_path).settings.consumer.ordered is ordered


@pytest.mark.parametrize("line", ["js ordered --clients 3", "a --js --sub 3", "sub a --clients 3"])
def test_readers_that_share_nothing_each_see_all(line: str, tmp_path: Path) -> None:
    """Ordered consumers and core subscribers are independent of each other."""
    load = ours(line, tmp_path).workload

    assert isinstance(load, Fanout)
    assert len(load.consumers) == 3


def test_a_bucket_has_their_keys(tmp_path: Path) -> None:
    """Sequential without a word, drawn where it says so."""
    written = ours("kv put --randomize 50 --history 4 --maxbytes 1M --clients 2", tmp_path)
    read = ours("kv get --msgs 300 --throughput 100", tmp_path).workload

    load, bucket = written.workload, written.settings.bucket
    assert isinstance(load, Kv)
    assert isinstance(read, Kv)
    assert (load.keys.count, load.keys.distribution, load.keys.preload) == (50, "uniform", False)
    assert load.get is None
    assert load.put is not None
    assert load.put.publishers == 2
    assert (bucket.history, bucket.max_bytes) == (4, 1024**2)
    assert (read.keys.count, read.keys.distribution, read.keys.preload) == (300, "sequential", True)
    assert read.put is None
    assert read.phases.measure_ns == 3 * NS_PER_S


def test_a_service_has_their_sides(tmp_path: Path) -> None:
    """Requesters ask one at a time; the sleep of who serves is its handler."""
    asks = ours("service request a --clients 3 --sleep 10ms", tmp_path).workload
    serves = ours("service serve a --clients 2 --sleep 5ms", tmp_path)

    assert isinstance(asks, Request)
    assert isinstance(serves.workload, Request)
    assert (asks.request.publishers, asks.request.window_msgs) == (3, 1)
    assert asks.request.rate_msgs_per_s == 300
    assert serves.settings.respond.responders == 2
    assert serves.workload.busy.time.mean_ns == 5 * NS_PER_MS


def test_what_is_lost_is_named_with_its_reason() -> None:
    """Each flag that was given and says nothing here, once."""
    found = from_bench(
        "js pub async foo --csv out.csv --no-progress --payload p.bin --purge --clients 40 "
        "--history 3 --size 4 --header a:b --stream mine",
        FAST,
    )

    keys = [each.key for each in found.lost]
    names = (
        "csv",
        "progress",
        "payload",
        "purge",
        "clients",
        "history",
        "size",
        "header",
        "stream",
    )
    assert sorted(key for key in keys if key.startswith("--")) == sorted(
        f"--{name}" for name in names
    )
    assert len(set(keys)) == len(keys)
    assert all(each.why for each in found.lost)


def test_a_line_without_a_rate_says_which_is_offered() -> None:
    """Theirs goes as fast as it goes; one of ours is offered a rate."""
    assert "1000/s" in told("js pub async foo")["speed"]
    assert "speed" not in told("js pub async foo --throughput 10")


def test_each_message_may_have_a_subject_of_its_own(tmp_path: Path) -> None:
    """Theirs are up to 100 000 without a word; more than a workload has are cut."""
    usual = ours("js pub async foo --multisubject", tmp_path).workload
    line = "js pub async foo --multisubject --multisubjectmax 3000000"

    assert len(usual.addressed) == 100_000
    assert usual.addressed[99_999] == "foo.99999"
    assert len(ours(line, tmp_path).workload.addressed) == 1_000_000
    assert "1000000" in told(line)["--multisubjectmax"]


def test_a_login_is_never_repeated() -> None:
    """Neither with its value nor without."""
    line = "js pub async foo --user me --password hunter2 -s nats://me:hunter2@a:4222 --creds=c.txt"

    said = " ".join(map(str, from_bench(line, FAST).lost))

    assert "--password" in said
    assert "hunter2" not in said
    assert "c.txt" not in said


def test_every_problem_is_told_at_once() -> None:
    """With its flag, its value, what is allowed and the nearest right word."""
    said = refused(
        "js pub async foo --msgs 0 --size 1X --sleep fast --acks most --clientz 3 --history 65 "
        "--storage disk --replicas 9 --batch 1 --batch 2 --throughput -1 --msgs"
    )

    for key in ("msgs", "size", "sleep", "acks", "clientz", "history", "storage", "replicas"):
        assert any(f"--{key}" in text for text in said), key
    assert any("did you mean '--clients'?" in text for text in said)
    assert any("given twice" in text for text in said)
    assert any("needs a value" in text for text in said)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "no benchmark that is known"),
        ("js publish foo", "did you mean"),
        ("js get sync", "no workload reads messages of a stream by their sequence"),
        ("js pub async", "SUBJECT: missing"),
        ("js pub async a b", "one word too many"),
        ("kv put a", "one word too many"),
        ("foo --js", "nobody publishes"),
        ("js pub 'a", "not readable"),
        ("a" * 20_000, "too long"),
    ],
)
def test_what_is_no_line_is_refused(line: str, why: str) -> None:
    """In words that say what would be one."""
    assert any(why in text for text in refused(line))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("128", 128), ("1k", 1024), ("1KB", 1024), ("2KiB", 2048), ("1GB", 1024**3), ("5B", 5)],
)
def test_sizes_are_read_as_they_read_them(text: str, expected: int) -> None:
    """1KB is 1024 bytes there."""
    assert size_bytes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1m30s", 90 * 10**9), ("50us", 50_000), ("1.5h", 5400 * 10**9), ("0", 0)],
)
def test_durations_are_read_as_go_does(text: str, expected: int) -> None:
    """Several units in a row."""
    assert duration_ns(text) == expected


def test_text_of_a_line_stays_text(tmp_path: Path) -> None:
    """A subject never becomes a key of what is written, nor a second line of a comment."""
    found = from_bench("'js' pub async 'a\nkind: kv\n' --csv '\x1b[31m'", FAST)

    assert read_back(found, tmp_path).workload.addressed == ("bench",)
    assert all(str(each).isprintable() for each in found.lost)


WORDS = st.sampled_from(
    [
        "js",
        "pub",
        "sub",
        "async",
        "fast",
        "kv",
        "put",
        "get",
        "service",
        "request",
        "consume",
        "a.b",
    ]
)
SAMPLES = ("1", "3", "17", "70000", "500ms", "9h", "1KB", "2M", "none", "all", "file", "explicit")


def readable(name: str) -> list[str]:
    """The samples that a flag takes for its value."""
    return [text for text in SAMPLES if takes(name, text)]


def takes(name: str, text: str) -> bool:
    try:
        VALUES[name](text)
    except ValueError:
        return False
    return True


GIVEN = st.sampled_from(sorted(set(ALL) - LOGIN)).flatmap(
    lambda name: st.sampled_from(readable(name) if name in VALUES else ["true"]).map(
        lambda value: f"--{name}={value}"
    )
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(LINES), st.lists(GIVEN, max_size=6), st.lists(WORDS, max_size=1))
def test_a_line_is_refused_or_comes_out_valid(
    tmp_path: Path, line: str, flags: list[str], words: list[str]
) -> None:
    """Whatever flags meet: none leads beyond a rule of ours."""
    try:
        found = from_bench(" ".join([line, *words, *flags]), FAST)
    except SpecError:
        return
    read_back(found, tmp_path)
    assert all(each.why for each in found.lost)
