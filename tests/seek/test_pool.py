"""The points that a search chooses from."""

from dataclasses import replace

from bench.seek.pool import space_of
from bench.spec.space import Point
from tests.seek.tunings import BATCH, run_of


def _point(batch: int) -> Point:
    return Point(values=((BATCH.key, batch),))


def test_a_base_of_the_same_id_and_other_settings_has_points_of_its_own() -> None:
    """Many runs are read in one process, and their bases may be called alike."""
    tuning = run_of(lambda _: 10.0).tuning
    settings = tuning.base.settings
    pull = settings.pull.model_copy(update={"batch": 10})
    other = replace(tuning.base, settings=settings.model_copy(update={"pull": pull}))

    of_100 = space_of(tuning).pool
    of_10 = space_of(replace(tuning, base=other)).pool

    assert _point(10) in of_100
    assert _point(100) not in of_100
    assert _point(100) in of_10
    assert _point(10) not in of_10
