"""`jetbench import`: files that are ours afterwards, and what is told of the rest."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.cli.verbs import app
from bench.core.errors import BenchError, ExitCode

THEIRS = """\
name: 1 topic
topics: 1
partitionsPerTopic: 8
messageSize: 1024
subscriptionsPerTopic: 1
producersPerTopic: 1
consumerPerSubscription: 1
producerRate: 500
testDurationMinutes: 1
"""
WRITTEN = ("workloads", "configs", "configs/matrices")


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory of a user, with a file of another benchmark."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "1-Topic 8 partitions.yaml").write_text(THEIRS)
    return tmp_path


def jetbench(*words: str) -> str:
    """What the command line prints; it must end well, and have asked nothing."""
    result = CliRunner().invoke(app, list(words), input="", env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.output


def refused(*words: str) -> str:
    """Why the command line refuses these words."""
    result = CliRunner().invoke(app, list(words))
    assert isinstance(result.exception, BenchError), result.output
    assert result.exception.exit_code is ExitCode.USAGE
    return str(result.exception)


def test_three_files_are_written_and_right() -> None:
    """With a name made from theirs; the loss stands in the workload as well."""
    said = jetbench("import", "omb", "1-Topic 8 partitions.yaml")

    paths = [f"{folder}/1-topic-8-partitions.yaml" for folder in WRITTEN]
    assert said.splitlines()[:3] == [f"wrote {path}" for path in paths]
    assert "1-Topic 8 partitions.yaml:3: partitionsPerTopic = 8" in said
    assert "partitionsPerTopic = 8" in Path(paths[0]).read_text("utf-8")
    assert jetbench("validate", *paths).count("no problem found") == 3
    assert "1 cell x 5 blocks" in jetbench("plan", "1-topic-8-partitions")


@pytest.mark.parametrize("folder", WRITTEN)
def test_nothing_is_written_over(folder: str, directory: Path) -> None:
    """Where one of the three is there, none is written."""
    kept = directory / folder / "mine.yml"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")

    said = refused("import", "nats-bench", "js pub async orders", "--name", "mine")

    assert f"{folder}/mine.yml" in said
    assert kept.read_text() == "mine"
    assert list(directory.rglob("mine.*")) == [kept]


def test_a_file_that_is_wrong_writes_nothing(directory: Path) -> None:
    """All that is wrong with it is said."""
    (directory / "bad.yaml").write_text("topics: x\ntopicz: 1\n")

    said = refused("import", "omb", "bad.yaml")

    assert "bad.yaml:1: topics" in said
    assert "bad.yaml:2: topicz" in said
    assert not (directory / "workloads").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ombb", "x.yaml"), "did you mean 'omb'?"),
        (("omb", "x.yaml"), "no such file"),
        (("nats-bench", "kv put", "--driver", "x.yaml"), "--driver: belongs to omb"),
        (("nats-bench", "kv put", "--rate", "5"), "--rate = 5"),
        (("nats-bench", "kv put", "--name", "My Load"), "did you mean 'my-load'?"),
    ],
)
def test_wrong_words_are_told(words: tuple[str, ...], said: str) -> None:
    """Before anything is written."""
    assert said in refused("import", *words)


def test_another_rate_is_offered() -> None:
    """Where theirs says none."""
    jetbench("import", "nats-bench", "service request a", "--rate", "50/s")

    assert "rate: 50/s" in Path("workloads/nats-bench-request.yaml").read_text("utf-8")
