"""What Optuna is told and what it proposes."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec

import pytest

from bench.core.errors import UsageError
from bench.seek import optimiser
from bench.seek.known import Known
from bench.seek.optimiser import proposed, require_optimiser
from bench.spec.space import Knob, Point

KNOBS = (
    Knob(key="mode", values=("pull", "push"), ordered=False),
    Knob(key="batch", values=tuple(range(1, 41)), ordered=True, when=(("mode", ("pull",)),)),
)
Told = list[tuple[Known, tuple[float, ...]]]


def _pull(batch: int) -> Point:
    return Point(values=(("mode", "pull"), ("batch", batch)))


def _any(point: Point) -> bool:
    del point
    return True


def _told(*, bad: int = 0) -> Told:
    """Points the better the nearer their batch is to 20; larger ones break a rule."""
    batches = range(1, 41, 2)
    return [
        (
            Known(
                point=_pull(batch),
                worse={1: (0.0,)},
                trials=1,
                beyond=(1.0,) if bad and batch > bad else (-1.0,),
            ),
            (abs(batch - 20) / 10,),
        )
        for batch in batches
    ]


def _batches(points: list[Point]) -> Iterator[int]:
    for point in points:
        batch = dict(point.values).get("batch")
        if isinstance(batch, int):
            yield batch


def test_it_proposes_what_lies_near_the_best_and_is_not_known() -> None:
    told = _told()

    found = proposed(KNOBS, told, _any, count=6, seed=1)

    assert len(set(found)) == 6
    assert not set(found) & {each.point for each, _ in told}
    assert sum(abs(batch - 20) <= 8 for batch in _batches(found)) >= 3


def test_the_same_seed_proposes_the_same() -> None:
    assert proposed(KNOBS, _told(), _any, count=3, seed=7) == proposed(
        KNOBS, _told(), _any, count=3, seed=7
    )


def test_knobs_whose_conditions_do_not_hold_are_left_out() -> None:
    told: Told = [(Known(point=_pull(1), worse={1: (0.0,)}, trials=1), (0.0,))]

    for point in proposed(KNOBS, told, _any, count=10, seed=1):
        values = dict(point.values)
        assert ("batch" in values) is (values["mode"] == "pull")


def test_what_is_not_valid_is_never_proposed() -> None:
    found = proposed(KNOBS, _told(), lambda p: dict(p.values)["mode"] == "push", count=5, seed=1)

    assert found == [Point(values=(("mode", "push"),))]


def test_what_breaks_a_rule_is_avoided_though_it_is_best() -> None:
    """The best by its figure is 20; all above 11 break a rule."""
    found = list(_batches(proposed(KNOBS, _told(bad=11), _any, count=8, seed=3)))

    assert sum(batch <= 16 for batch in found) > len(found) / 2


def test_an_invalid_point_is_told_as_failed_and_not_as_bad() -> None:
    """What could not be measured says nothing of what lies beside it."""
    invalid: Told = [(Known(point=_pull(20), trials=3, out=True), ())]

    def but_it(point: Point) -> bool:
        return point != _pull(20)

    with_it = proposed(KNOBS, [*_told(), *invalid], but_it, count=4, seed=1)

    assert with_it == proposed(KNOBS, _told(), but_it, count=4, seed=1)


def test_two_objectives_are_told_as_two() -> None:
    told = [(each, (value[0], 4 - value[0])) for each, value in _told()]

    assert len(proposed(KNOBS, told, _any, count=3, seed=1)) == 3


def test_a_base_that_lies_outside_the_space_is_passed_over() -> None:
    outside = (Known(point=_pull(512), worse={1: (0.0,)}, trials=1), (0.0,))

    assert proposed(KNOBS, [outside, *_told()], _any, count=1, seed=1)


def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> ModuleSpec | None:
        assert name == "optuna"
        return None

    monkeypatch.setattr(optimiser, "find_spec", nothing)

    with pytest.raises(UsageError, match=r"pip install 'jetbench\[tune\]'"):
        require_optimiser()


def test_nothing_else_loads_it() -> None:
    """It takes seconds, and whoever has not installed the extra goes without."""
    code = "import sys, bench.cli.main, bench.seek.tuned; sys.exit('optuna' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
