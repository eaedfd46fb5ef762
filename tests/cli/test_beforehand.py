"""What a run cannot decide is said by validate, plan and run, before it is measured."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.cli.verbs import app

WORKLOAD = """\
kind: stream
payload: {sizes: 128B}
publish: {rate: 40/s}
consume: {consumers: 2, workers: 4}
phases: {warmup: 1s, measure: 120s, drain: 5s}
"""
CONFIG = """\
variants:
  small: {pull.batch: 1}
  large: {pull.batch: 50}
"""
MATRIX = """\
label: slow
workloads: [orders]
configs: [batch]
success: ["p99 < 20ms", "lost == 0"]
"""
GATES = """\
gates: []
workloads: {orders: [p99 < 20ms]}
"""
SAID = (
    "cannot be decided under orders: 4\u202f800 messages in 120s leave 48 beyond end-to-end p99, "
    "and 100 are needed; a window of 250s or a rate of 84/s would do"
)
NOBODY = "nats://127.0.0.1:1"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of a user whose p99 cannot be decided in the window."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workloads").mkdir()
    (tmp_path / "configs/matrices").mkdir(parents=True)
    (tmp_path / "configs/gates").mkdir()
    (tmp_path / "workloads/orders.yaml").write_text(WORKLOAD)
    (tmp_path / "configs/batch.yaml").write_text(CONFIG)
    (tmp_path / "configs/matrices/slow.yaml").write_text(MATRIX)
    (tmp_path / "configs/gates/slow.yaml").write_text(GATES)
    return tmp_path


def said(*words: str) -> str:
    """What the command line prints to either side."""
    return CliRunner().invoke(app, list(words)).output


@pytest.mark.parametrize(
    "words",
    [
        ("validate", "configs/matrices/slow.yaml"),
        ("validate", "configs/gates/slow.yaml"),
        ("plan", "slow"),
        ("run", "slow", "--server", NOBODY),
    ],
    ids=" ".join,
)
def test_a_criterion_that_the_window_cannot_decide_is_named_once(words: tuple[str, ...]) -> None:
    """Two minutes and 39 seconds later the same was said of ten variants, one by one."""
    text = said(*words)

    assert text.count(SAID) == 1
    assert "'end_to_end_p99 < 20ms'" in text
    assert "lost == 0" not in text


@pytest.mark.parametrize(
    "words",
    [
        ("validate", "workloads/orders.yaml"),
        ("validate", "configs/matrices/slow.yaml"),
        ("plan", "slow"),
        ("run", "slow", "--server", NOBODY),
    ],
    ids=" ".join,
)
def test_what_several_consumers_share_is_said_at_once(words: tuple[str, ...]) -> None:
    """Two consumers are easily taken for two JetStream consumers, each with all messages."""
    note = (
        "note: workload orders: 2 processes share one JetStream consumer, so each message goes to "
        "one of them; workers count per process, 2 x 4 = 8 messages at a time"
    )

    assert said(*words).count(note) == 1


def test_a_longer_window_is_taken_at_its_word(directory: Path) -> None:
    """Who does what was advised must not be told again."""
    (directory / "workloads/orders.yaml").write_text(WORKLOAD.replace("120s", "250s"))

    assert "cannot be decided" not in said("plan", "slow")


def test_a_quick_look_says_what_it_cannot_decide() -> None:
    """--quick shortens the window; --blocks 2 leaves no interval."""
    text = said("plan", "slow", "--quick", "--blocks", "2")

    assert "200 messages in 5s leave 2 beyond end-to-end p99" in text
    assert "2 blocks can decide no figure" in text


def test_the_quickstart_promises_nothing_that_it_cannot_decide() -> None:
    """Who begins should not meet a doubt that we could have known of."""
    assert "decide" not in said("plan", "quickstart")


@pytest.mark.parametrize(("more", "counted"), [("", False), (", handler.per_key: counted", True)])
def test_a_rule_about_what_no_variant_counts_is_told(
    directory: Path, more: str, counted: bool
) -> None:
    """It came out undecided when hours were measured; what a limit takes is 0 where none is set."""
    matrix = MATRIX.replace('"lost == 0"', '"overtaken == 0", "evicted == 0"')
    (directory / "configs/matrices/slow.yaml").write_text(matrix, "utf-8")
    config = CONFIG.replace("pull.batch: 50", f"pull.batch: 50{more}")
    (directory / "configs/batch.yaml").write_text(config, "utf-8")

    result = CliRunner().invoke(app, ["validate", "configs/matrices/slow.yaml"])

    said = "'overtaken == 0' cannot be decided: no variant of this matrix counts it"
    assert (said not in result.output) is counted
    assert "'evicted == 0' cannot" not in result.output
