"""What the host does by itself, beside what limits a capacity on it: only where it is this host."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.cli.reporting import judged as judged_with
from bench.judgement import hosts
from bench.judgement.judge import judge
from bench.record.health import NAME, Health, read_health, write_health
from bench.record.schema import Environment
from tests.doctor.test_warnings import SOUND
from tests.judgement.searching import Truth, run_of

FIGURES = run_of({"one": Truth(capacity_per_s=1300)})
OURS = replace(SOUND, environment=FIGURES.environment)
BEFORE = "2026-11-20T17:00:00+00:00"


def found_on(environment: Environment) -> Health:
    return replace(OURS, environment=environment)


def beside(health: Health | None) -> str:
    return judge(FIGURES, None, None, health).boxes.keeps_up.text


def test_what_a_host_does_by_itself_stands_beside_the_limit() -> None:
    """With whose it is and how old: a disk fills, and a host gets neighbours."""
    aged = replace(FIGURES.environment, started_utc=BEFORE)

    told = beside(found_on(aged))

    assert "What nowhere does by itself" in told
    assert "publish to a memory store: 100\u202f000 msg/s" in told
    assert "one in 100 after 2.00 ms, at most 4.00 ms" in told
    assert "(`jetbench doctor`, 3 days before this run)" in told
    assert judge(FIGURES, None, None, OURS).capacities[0].ceilings == hosts.ceilings(OURS)


def test_a_host_whose_name_turns_what_follows_is_told_without_that() -> None:
    """Records are input too."""
    environment = replace(OURS.environment, host="\u202eevil")

    assert hosts.words(OURS, environment).startswith("What evil does by itself")


@pytest.mark.parametrize("changed", [{"host": "another"}, {"cpus": 64}, {"kernel": "6.2"}])
def test_figures_of_another_host_are_not_shown_as_ours(changed: dict[str, object]) -> None:
    """Nor are those of this one before it was changed."""
    other = replace(FIGURES.environment, **changed)  # type: ignore[arg-type]

    assert beside(found_on(other)) == beside(None)
    assert not judge(FIGURES, None, None, found_on(other)).capacities[0].ceilings


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("2026-11-23T16:59:30+00:00", "with this run"),
        ("2026-11-23T16:58:00+00:00", "2 minutes before this run"),
        ("2026-11-23T12:00:00+00:00", "5 hours before this run"),
        ("2026-11-25T18:00:00+00:00", "2 days after this run"),
    ],
)
def test_how_old_they_are_is_told_in_one_unit(found: str, told: str) -> None:
    assert hosts.age(found, "2026-11-23T17:00:00+00:00") == told


def test_a_broken_file_costs_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told, and the rest is shown."""
    write_health(tmp_path, OURS)
    assert "by itself" in judged_with(FIGURES, tmp_path).boxes.keeps_up.text
    text = (tmp_path / NAME).read_text("utf-8")
    (tmp_path / NAME).write_text(text.replace(OURS.environment.started_utc, "long ago"), "utf-8")

    assert "by itself" not in judged_with(FIGURES, tmp_path).boxes.keeps_up.text
    assert "environment.started_utc" in capsys.readouterr().err
    assert read_health(tmp_path / "nowhere") is None
