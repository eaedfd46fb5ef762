"""Names that tell one run's things from another's."""

from datetime import UTC, datetime

from bench.broker.admin import trial_names
from bench.core.ids import is_name, run_id


def test_two_runs_of_one_second_have_two_names() -> None:
    """By label and second alone they took each other's streams for their own."""
    now = datetime(2026, 11, 23, 17, 5, 12, tzinfo=UTC)
    names = {run_id("quickstart", now) for _ in range(100)}

    assert len(names) == 100
    assert len({trial_names(name, 1).stream for name in names}) == 100
    assert all(name.startswith("quickstart-20261123-170512-") and is_name(name) for name in names)


def test_a_run_knows_its_own_again() -> None:
    """What a killed run left behind is found by its name when it is resumed."""
    assert trial_names("quickstart-20261123-170512-7f3ac9", 7) == trial_names(
        "quickstart-20261123-170512-7f3ac9", 7
    )
