"""The plan of a tuning: refused where nothing can come of it, and grown block by block."""

from pathlib import Path

import pytest

from bench.core.errors import SpecError
from bench.plan.model import Plan
from bench.plan.tuned import BASE, planned, tuning_of, tuning_plan, with_round
from bench.spec.base import MisfitError
from bench.spec.space import Point
from tests.spec.test_tuning import loaded

A, B = (Point(values=(("pull.batch", n), ("pull.requests", 2))) for n in (10, 100))


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    return tuning_plan(loaded(tmp_path, monkeypatch))


def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changes: str) -> list[str]:
    """What is wrong with the plan of such a file."""
    found = loaded(tmp_path, monkeypatch, **changes)
    with pytest.raises(SpecError) as error:
        planned(found)
    return list(map(str, error.value.problems))


def test_a_tuning_begins_without_trials(plan: Plan) -> None:
    tuning = tuning_of(plan)

    assert (plan.cells, plan.trials, tuning.tried) == ((), (), ())
    assert (tuning.points, tuning.raced) == (5, True)  # 3 x 2, less the base
    assert (plan.primary, plan.secondary, plan.success) == ("end_to_end_p50", (), ("lost == 0",))
    assert tuning.base.id == "load--sizes.small"
    assert tuning.base.settings.pull.batch == 1


def test_a_round_is_a_block_of_one_trial_each(plan: Plan) -> None:
    grown = with_round(plan, [A, BASE, B], confirms=False)

    tuning = tuning_of(grown)
    assert [each.point for each in tuning.tried] == [BASE, A, B]
    assert [cell.id for cell in grown.cells] == [
        "load--sizes.small",
        "load--orders.t001",
        "load--orders.t002",
    ]
    assert sorted(trial.cell_id for trial in grown.trials) == sorted(c.id for c in grown.cells)
    assert {trial.block for trial in grown.trials} == {1}
    assert len({trial.seed for trial in grown.trials}) == 1, "all see the same load"
    assert [cell.settings.pull.batch for cell in grown.cells] == [1, 10, 100]
    assert tuning.confirms_from is None


def test_blocks_of_the_confirmation_stand_apart(plan: Plan) -> None:
    grown = with_round(plan, [BASE, A], confirms=False)
    grown = with_round(grown, [BASE, B], confirms=False)
    grown = with_round(grown, [BASE, A], confirms=True)
    grown = with_round(grown, [BASE, A], confirms=True)

    assert tuning_of(grown).confirms_from == 3
    assert [trial.block for trial in grown.trials] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert len(grown.cells) == 3
    with pytest.raises(ValueError, match="over when its confirmation begins"):
        with_round(grown, [BASE, B], confirms=False)


def test_a_point_that_comes_to_the_same_is_a_trial_of_the_first(plan: Plan) -> None:
    """`pull.requests: 1` is what the base has anyway."""
    same = Point(values=(("pull.batch", 1), ("pull.requests", 1)))

    grown = with_round(plan, [BASE, A, same], confirms=False)

    assert [each.point for each in tuning_of(grown).tried] == [BASE, A]
    assert len(grown.trials) == 2


def test_the_first_round_has_the_base(plan: Plan) -> None:
    with pytest.raises(ValueError, match="the first one the base"):
        with_round(plan, [A], confirms=False)


def test_a_point_that_is_not_valid_has_no_trial(plan: Plan) -> None:
    with pytest.raises(MisfitError, match="max_ack_pending"):
        with_round(plan, [BASE, Point(values=(("pull.batch", 2000),))], confirms=False)


def test_a_base_that_is_called_like_a_point_stays_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = "variants: {t001: {pull.batch: 1}}\n"
    found = loaded(tmp_path, monkeypatch, config=config, base="sizes/t001", label="sizes")

    grown = with_round(tuning_plan(found), [BASE, A], confirms=False)

    assert len({cell.id for cell in grown.cells}) == 2
    assert len({cell.variants for cell in grown.cells}) == 2


def test_a_label_in_capitals_names_cells_in_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of trials are those of directories, and have no capitals."""
    found = loaded(tmp_path, monkeypatch, base="", label="Orders_2")

    grown = with_round(tuning_plan(found), [BASE, A], confirms=False)

    assert [cell.id for cell in grown.cells] == ["load--orders_2.defaults", "load--orders_2.t001"]


def test_a_budget_too_small_for_one_confirmation_says_what_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve trials of 1 + 2 s and what starting takes: less than a minute."""
    (problem,) = refused(tmp_path, monkeypatch, budget="30s")

    assert "budget = '30s': too small for one confirmation" in problem
    assert "12 trials" in problem
    assert "allowed: 1m or more" in problem
    assert tuning_plan(loaded(tmp_path, monkeypatch, budget="1m"))


def test_a_space_without_a_valid_point_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (problem,) = refused(
        tmp_path, monkeypatch, space="{pull.batch: [2000, 3000], publish.mode: [async, atomic]}"
    )

    assert (
        "space = {…}: has no valid point beside the base, in all of 4 points: 4 because" in problem
    )
    assert "more than max_ack_pending, 1000" in problem


def test_a_space_of_one_point_has_nothing_to_seek(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (problem,) = refused(tmp_path, monkeypatch, space="{pull.batch: [1, 10]}")

    assert "has one valid point beside the base" in problem
    assert "1 comes to the same as the base" in problem


def test_both_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problems = refused(tmp_path, monkeypatch, space="{pull.batch: [1]}", budget="1s")

    assert len(problems) == 2


def test_more_points_than_are_raced_are_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raced = loaded(tmp_path, monkeypatch, space="{pull.batch: {from: 1, to: 61, steps: 61}}")
    searched = loaded(tmp_path, monkeypatch, space="{pull.batch: {from: 1, to: 62, steps: 62}}")

    assert tuning_of(tuning_plan(raced)).raced
    assert not tuning_of(tuning_plan(searched)).raced


def test_what_is_ahead_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = planned(loaded(tmp_path, monkeypatch))

    assert found.outlook.startswith("orders: 5 valid points of 6, raced; a trial takes about 4.5s")
    assert "10m00s have room for 133 trials" in found.outlook
    assert list(found.cautions()) == []


@pytest.mark.parametrize(("steps", "told"), [(61, False), (62, True)])
def test_how_many_trials_a_search_makes_at_most_is_said_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int, told: bool
) -> None:
    space = f"{{pull.batch: {{from: 1, to: {steps}, steps: {steps}}}}}"

    found = planned(loaded(tmp_path, monkeypatch, space=space, budget="2h"))

    assert ("to seek, of which 250 are made at most, and" in found.outlook) is told


def test_a_budget_that_leaves_points_unseen_is_cautioned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = planned(loaded(tmp_path, monkeypatch, budget="1m"))

    (caution,) = found.cautions()

    assert "budget = '1m': has room for" in str(caution)
    assert "5 points and the base take 18" in str(caution)
