"""The exact words of every kind of problem: they are what a user has to go by."""

from pathlib import Path

import pytest

from bench.core.errors import SpecError
from bench.spec.kinds.registry import KINDS
from bench.spec.load import check_server, load_matrix
from bench.spec.lookup import shipped_root
from bench.spec.recognised import check_files
from tests.spec.files import CONFIG, MATRIX, WORKLOAD, problems_of, write, write_all

SIZE_WORDS = "a number and a unit (B, kB, KiB, MB, MiB, GB, GiB), such as 128B or 32KiB"
DURATION_WORDS = "a number and a unit (ns, us, ms, s, m, h), such as 30s or 250ms"


@pytest.fixture(autouse=True)
def in_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Problems show paths relative to the working directory."""
    monkeypatch.chdir(tmp_path)


def test_an_unknown_key_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    """A misspelt key must never be a silently ignored setting."""
    path = write(tmp_path, "w.yaml", WORKLOAD.replace("publish: {", "publish: {widnow: 8, "))

    assert problems_of(path) == [
        "w.yaml:3: publish.widnow = 8: unknown key; allowed: publishers, rate, arrivals, burst, "
        "ramp, pacing, window, headers, duplicates; did you mean 'window'?"
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "100/s",
            "5000",
            "w.yaml:3: publish.rate = 5000: needs a unit; "
            "allowed: messages per s, min or h, such as 5000/s",
        ),
        (
            "100/s",
            "5000/sec",
            "w.yaml:3: publish.rate = '5000/sec': unknown unit '/sec'; "
            "allowed: messages per s, min or h, such as 5000/s",
        ),
        (
            "100/s",
            "0/s",
            "w.yaml:3: publish.rate = '0/s': must be above 0; "
            "allowed: messages per s, min or h, such as 5000/s",
        ),
        (
            "100/s",
            "-5/s",
            "w.yaml:3: publish.rate = '-5/s': must be above 0; "
            "allowed: messages per s, min or h, such as 5000/s",
        ),
        (
            "sizes: 128B",
            "sizes: 128",
            f"w.yaml:2: payload.sizes = 128: needs a unit; allowed: {SIZE_WORDS}",
        ),
        (
            "sizes: 128B",
            "sizes: {1KB: 100%}",
            f"w.yaml:2: payload.sizes.1KB: unknown unit 'KB'; allowed: {SIZE_WORDS}",
        ),
        (
            "sizes: 128B",
            "sizes: {1KiB: 90%, 2KiB: 5%}",
            "w.yaml:2: payload.sizes = {…}: the shares add up to 95%; "
            "allowed: shares that add up to 100%",
        ),
        (
            "{sizes: 128B}",
            "{sizes: 128B, format: json-envelope}",
            "w.yaml:2: payload.sizes = '128B': 128B does not suit the format json-envelope; "
            "allowed: 151B to 64MiB",
        ),
        (
            "kind: stream",
            "kind: streem",
            f"w.yaml:1: kind = 'streem': unknown; allowed: {', '.join(KINDS)}; "
            "did you mean 'stream'?",
        ),
        (
            "kind: stream",
            "kind: stream\nphases: {warmup: -5s}",
            "w.yaml:2: phases.warmup = '-5s': must not be negative; allowed: 0s or more",
        ),
        (
            "kind: stream",
            "kind: stream\nconsume: {handler: {time: 5}}",
            f"w.yaml:2: consume.handler.time = 5: needs a unit; allowed: {DURATION_WORDS}",
        ),
        (
            "kind: stream",
            "kind: stream\nconsume: {handler: {time: {p50: 5ms}}}",
            "w.yaml:2: consume.handler.time.p99: missing",
        ),
        (
            "kind: stream",
            "kind: stream\nconsume: {handler: {time: {p50: 5ms, p99: 1ms}}}",
            "w.yaml:2: consume.handler.time = {…}: p50 must be above 0 and not above p99; "
            "allowed: 0 < p50 <= p99",
        ),
        (
            "kind: stream",
            "kind: stream\nconsume: {workers: 0, consumers: 1.5}",
            "w.yaml:2: consume.consumers = 1.5: must be a whole number\n"
            "w.yaml:2: consume.workers = 0: too small; allowed: 1 or more",
        ),
        (
            "kind: stream",
            "kind: stream\nsubjects: {pattern: 'a.{x}', values: {x: [no]}}",
            "w.yaml:2: subjects.values.x[0] = no: must be text; "
            "allowed: a word, in quotes where YAML reads another type",
        ),
        (
            "kind: stream",
            "kind: stream\nsubjects: {pattern: 'a.{x}'}",
            "w.yaml:2: subjects.pattern = 'a.{x}': no values for the place {x}; "
            "allowed: values: {x: [...]}, or numbers: {x: 100}",
        ),
        (
            "kind: stream",
            "kind: stream\nsubjects: {pattern: 'a.*'}",
            "w.yaml:2: subjects.pattern = 'a.*': not a subject to publish to; allowed: words of "
            "up to 64 letters, digits, _ and -, joined by dots, with {name} places",
        ),
        (
            "kind: stream",
            f"kind: stream\nsubjects: {{pattern: {'a' * 257}}}",
            f"w.yaml:2: subjects.pattern = '{'a' * 58}…: too long; allowed: up to 256 characters",
        ),
        (
            "100/s",
            "1/h",
            "w.yaml:3: publish.rate = '1/h': no message falls into the window; "
            "allowed: a higher rate",
        ),
        (
            "100/s",
            "90000000/s",
            "w.yaml:3: publish.rate = '90000000/s': offers 1.35e+10 messages in 150s; "
            "allowed: up to 5000000000 messages a trial",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    """Line, key, value, fault and remedy: enough to mend the file without the documentation."""
    path = write(tmp_path, "w.yaml", WORKLOAD.replace(old, new))

    assert problems_of(path) == problem.split("\n")


def test_an_empty_matrix_is_refused(tmp_path: Path) -> None:
    """A run of nothing would look like a run without findings."""
    path = write_all(tmp_path, matrix=MATRIX.replace("[load]", "[]").replace("[sizes]", "[]"))

    assert problems_of(path) == [
        "configs/matrices/test.yaml:2: workloads = []: is empty; allowed: at least one",
        "configs/matrices/test.yaml:3: configs = []: is empty; allowed: at least one",
    ]


def test_a_variant_name_given_twice_is_refused(tmp_path: Path) -> None:
    """YAML itself would keep the second and drop the first without a word."""
    path = write(tmp_path, "c.yaml", CONFIG + "  small: {pull.batch: 2}\n")

    assert problems_of(path) == ["c.yaml:7: variants.small = {…}: given twice, first in line 5"]


def test_a_directory_is_not_a_file(tmp_path: Path) -> None:
    """`jetbench validate configs` is an easy slip."""
    (tmp_path / "configs").mkdir()

    assert problems_of(Path("configs")) == ["configs: is a directory; allowed: a YAML file"]


def test_binary_junk_is_not_a_file_of_ours(tmp_path: Path) -> None:
    """A histogram log or a picture given by mistake must not end in a traceback."""
    (tmp_path / "junk.yaml").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")

    assert problems_of(Path("junk.yaml")) == ["junk.yaml: is not UTF-8 text; allowed: a YAML file"]


def test_a_batch_above_max_ack_pending_is_refused_at_the_override(tmp_path: Path) -> None:
    """The server takes it, and then every pull request waits until it expires."""
    config = CONFIG.replace("small: {pull.batch: 1}", "small: {consumer.max_ack_pending: 5}")
    path = write(tmp_path, "c.yaml", config)

    assert problems_of(path) == [
        "c.yaml:5: variants.small.consumer.max_ack_pending = 5: pull.batch 10 is more than "
        "max_ack_pending, 5: every request would wait until it expires; "
        "allowed: pull.batch up to 5, or a larger max_ack_pending"
    ]


def test_a_batch_above_the_servers_default_names_the_default(tmp_path: Path) -> None:
    """The limit stands in no file, so the text has to state it."""
    path = write(tmp_path, "c.yaml", CONFIG.replace("pull.batch: 1}", "pull.batch: 2000}"))

    assert problems_of(path) == [
        "c.yaml:5: variants.small.pull.batch = 2000: pull.batch 2000 is more than "
        "max_ack_pending, 1000, the server's default: every request would wait until it expires; "
        "allowed: pull.batch up to 1000, or a larger max_ack_pending"
    ]


def test_replicas_do_not_fit_on_one_server(tmp_path: Path) -> None:
    """The embedded server is no cluster; the server itself would say so only after the start."""
    config = CONFIG.replace("  pull:", "  stream: {num_replicas: 3}\n  pull:")
    loaded = load_matrix(write_all(tmp_path, config=config))

    with pytest.raises(SpecError) as caught:
        check_server(loaded, version="2.15.1", servers=1, embedded=True)
    assert str(caught.value) == (
        "configs/sizes.yaml:3: base.stream.num_replicas = 3: 3 replicas do not fit on one server "
        "(10074); allowed: up to 1, or a larger cluster given by --server\n"
        "error: 1 problem in 1 file; nothing was run"
    )


def test_an_override_that_is_wrong_is_shown_where_it_stands(tmp_path: Path) -> None:
    """The base and the other variants are not to blame."""
    path = write(tmp_path, "c.yaml", CONFIG.replace("pull.batch: 1", "pull.bach: 1"))

    assert problems_of(path) == [
        "c.yaml:5: variants.small.pull.bach = 1: unknown key; allowed: batch, requests, expires, "
        "max_bytes, idle_heartbeat, no_wait, group, min_pending, min_ack_pending, priority, "
        "ask_ahead, ask_idle, ask_every; did you mean 'batch'?"
    ]


def test_a_wrong_base_is_shown_once_for_all_its_variants(tmp_path: Path) -> None:
    """Ten variants must not say the same thing ten times."""
    path = write(tmp_path, "c.yaml", CONFIG.replace("{batch: 10}", "{expires: 5}"))

    assert problems_of(path) == [
        f"c.yaml:3: base.pull.expires = 5: needs a unit; allowed: {DURATION_WORDS}"
    ]


def shipped(folder: str) -> list[str]:
    """Names of the files that stand in a folder of ours."""
    return sorted(path.stem for path in (shipped_root() / folder).glob("*.yaml"))


def test_a_matrix_shows_the_problems_of_all_its_files(tmp_path: Path) -> None:
    """One look at everything, sorted by file and line; then one count."""
    path = write_all(
        tmp_path,
        workload=WORKLOAD.replace("100/s", "100"),
        config=CONFIG.replace("pull.batch: 1", "pull.batch: 0"),
        matrix=MATRIX.replace("[load]", "[lod, load]").replace(
            "[sizes]", "[{config: sizes, variants: [big]}]"
        ),
    )

    with pytest.raises(SpecError) as caught:
        check_files([path])
    assert str(caught.value).splitlines() == [
        "configs/matrices/test.yaml:2: workloads[0] = 'lod': no such workload; "
        f"allowed: {', '.join(sorted(['load', *shipped('workloads')]))}; did you mean 'load'?",
        "configs/matrices/test.yaml:3: configs[0].variants[0] = 'big': no such variant; "
        "allowed: small, base",
        "workloads/load.yaml:3: publish.rate = 100: needs a unit; "
        "allowed: messages per s, min or h, such as 5000/s",
        "configs/sizes.yaml:5: variants.small.pull.batch = 0: too small; allowed: 1 or more",
        "error: 4 problems in 3 files; nothing was run",
    ]


def test_a_matrix_that_picks_an_unknown_variant_hears_of_the_known_ones(tmp_path: Path) -> None:
    """A variant renamed in its config would otherwise drop out of the comparison."""
    matrix = MATRIX.replace("[sizes]", "[{config: sizes, variants: [smal, base, base]}]")

    assert problems_of(write_all(tmp_path, matrix=matrix)) == [
        "configs/matrices/test.yaml:3: configs[0].variants[0] = 'smal': no such variant; "
        "allowed: small, base; did you mean 'small'?",
        "configs/matrices/test.yaml:3: configs[0].variants[2] = 'base': given twice; "
        "allowed: each variant once",
    ]


def test_an_unknown_matrix_is_answered_with_the_nearest(tmp_path: Path) -> None:
    """The first command a newcomer types may have a slip in it."""
    with pytest.raises(SpecError) as caught:
        load_matrix("quikstart")

    assert str(caught.value.problems[0]) == (
        f"quikstart: no such matrix; allowed: {', '.join(shipped('configs/matrices'))}; "
        "did you mean 'quickstart'?"
    )
