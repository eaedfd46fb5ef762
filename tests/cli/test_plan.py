"""`jetbench plan`: a screen that is read, however large the matrix is."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.cli.verbs import app

MATRIX = "label: many\nworkloads: [small-events, mixed-payload]\nconfigs: [many]\n"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of a user with a matrix that crosses two workloads with a config of his own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs/matrices").mkdir(parents=True)
    (tmp_path / "configs/matrices/many.yaml").write_text(MATRIX)
    return tmp_path


def planned(directory: Path, variants: int, *more: str) -> str:
    """What the verb prints of a matrix with so many variants."""
    lines = [f"  v{number}: {{pull.batch: {number + 1}}}" for number in range(variants)]
    config = "\n".join(["base: {consumer: {max_ack_pending: 1000}}", "variants:", *lines, ""])
    (directory / "configs/many.yaml").write_text(config)
    return CliRunner().invoke(app, ["plan", "many", *more], env={"COLUMNS": "100"}).output


def test_a_small_matrix_is_shown_whole(directory: Path) -> None:
    """15 variants under two workloads are 30 cells, in 5 blocks 150 trials."""
    text = planned(directory, 15)

    assert "Order of the trials" in text
    assert "mixed-payload--many.v14" in text


def test_a_large_matrix_is_summed_up(directory: Path) -> None:
    """200 variants under two workloads are 400 cells, and 2000 lines that nobody reads."""
    text = planned(directory, 200)

    assert len(text.splitlines()) < 12
    rows = [line.split()[:3] for line in text.splitlines() if " many " in line]
    assert rows == [["small-events", "many", "200"], ["mixed-payload", "many", "200"]]
    assert "400 cells x 5 blocks = 2\u202f000 trials" in text
    assert "--all" in text


def test_a_caution_of_many_variants_is_said_once(directory: Path) -> None:
    """ack_wait below the handler's p99 in each of 40 variants: one line, not forty."""
    lines = [f"  v{n}: {{consumer.ack_wait: 2ms, pull.batch: {n + 1}}}" for n in range(40)]
    (directory / "configs/many.yaml").write_text("\n".join(["variants:", *lines, ""]))

    text = CliRunner().invoke(app, ["plan", "many"]).output

    said = [line for line in text.splitlines() if "below the handler's p99, 4.00 ms" in line]
    assert len(said) == 1
    assert said[0].endswith("likewise 39 more")


def test_what_laying_histories_takes_is_told_as_reckoned(directory: Path) -> None:
    """200 000 messages before 10 trials; a fresh stream has none to lay."""
    text = CliRunner().invoke(app, ["plan", "aged"]).output

    assert "(of which laying histories takes some 32s, reckoned)" in " ".join(text.split())
    assert "reckoned" not in planned(directory, 2)


def test_all_shows_a_large_matrix_whole(directory: Path) -> None:
    """The order of the trials is part of the design and may be asked for."""
    text = planned(directory, 16, "--all")

    assert "Order of the trials" in text
    assert "mixed-payload--many.v15" in text
