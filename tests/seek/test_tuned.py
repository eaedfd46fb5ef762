"""What tunings of known truth find, from their records alone."""

import math
from dataclasses import replace

import pytest

from bench.analysis.figures import LagVerdict, TrialFigures
from bench.seek.tuned import Ending, Fate, Tuned, tuned
from bench.spec.space import Point
from tests.gate.figures import counting, spoilt
from tests.seek.tunings import BASE, BATCH, REQUESTS, Run, batch_of, run_of


def _best_at_10(point: Point) -> float:
    """10 ms where the batch is 10; twice that for the base, whose batch is 100."""
    return 10.0 * math.exp(0.3 * abs(math.log10(batch_of(point) / 10)) * 2.3)


def _alike(point: Point) -> float:
    del point
    return 10.0


def _fates(found: Tuned) -> dict[int, Fate]:
    return {batch_of(s.point): s.fate for s in found.standings if s.point != BASE}


def _batch(found: Tuned) -> int:
    assert found.incumbent is not None
    return batch_of(found.incumbent.point)


def test_a_race_finds_the_best_and_blocks_it_did_not_see_say_by_how_much() -> None:
    run = run_of(_best_at_10)
    found = run.whole()

    assert found.ending is Ending.BETTER
    assert found.over
    assert _batch(found) == 10
    assert found.gain is not None
    assert found.gain.change == pytest.approx(-0.5, abs=0.03)
    assert found.gain.found.pairs == found.blocks[0] == found.blocks[1] == 10
    assert run.tuning.confirms_from is not None
    assert found.incumbent is not None
    assert found.incumbent.confirmed is not None
    searched = {trial.record.block for trial in found.incumbent.cell.trials}
    confirmed = {trial.record.block for trial in found.incumbent.confirmed.trials}
    assert max(searched) < run.tuning.confirms_from <= min(confirmed)


def test_of_a_race_what_is_clearly_worse_has_left_and_is_not_confirmed() -> None:
    found = run_of(_best_at_10).whole()

    fates = _fates(found)
    assert fates[10] is Fate.INCUMBENT
    assert fates[500] is Fate.LEFT
    left = next(s for s in found.standings if batch_of(s.point) == 500)
    assert left.confirmed is None
    assert "clearly worse" in left.why
    assert found.standings[0].fate is Fate.BASE


def test_the_search_tells_how_each_point_differs_from_the_base() -> None:
    found = run_of(_best_at_10).whole()

    changes = {batch_of(s.point): s.changes[0] for s in found.standings[1:]}
    assert changes[10] == pytest.approx(-0.5, abs=0.05)
    assert changes[500] > 0.4
    assert found.base.changes == (0.0,)


def test_what_the_budget_leaves_is_kept_to() -> None:
    run = run_of(_best_at_10, trials=60)
    found = run.whole()

    # A trial of the made-up runs takes a second more than is reckoned: its drain.
    assert len(run.plan.trials) <= 60
    assert found.spent_ns <= run.tuning.budget_ns * 1.1


def test_a_space_of_equals_is_no_better() -> None:
    found = run_of(_alike).whole()

    assert found.ending is Ending.NO_BETTER
    assert found.incumbent is found.base
    assert found.gain is not None
    assert abs(found.gain.change) < 0.03


def test_a_base_that_is_best_stays() -> None:
    found = run_of(lambda point: 10.0 if point == BASE else _best_at_10(point) * 2).whole()

    assert found.ending is Ending.NO_BETTER
    assert found.incumbent is found.base
    assert found.finalists == ()


def test_a_search_finds_what_a_race_would() -> None:
    run = run_of(_best_at_10, knobs=(BATCH, REQUESTS), raced=False, trials=50)
    found = run.whole()

    assert found.ending is Ending.BETTER
    assert _batch(found) == 10
    assert len(run.plan.trials) <= 50


def _losing_at_10(trial: TrialFigures, point: Point) -> TrialFigures:
    return counting(trial, lost=3) if batch_of(point) == 10 else trial


@pytest.mark.parametrize("raced", [True, False])
def test_what_loses_messages_leaves_at_once_however_fast(raced: bool) -> None:
    found = run_of(_best_at_10, befalls=_losing_at_10, raced=raced, trials=50).whole()

    lossy = next(s for s in found.standings if batch_of(s.point) == 10 and s.point != BASE)
    assert lossy.fate is Fate.BREAKS
    assert "lost" in lossy.why
    assert lossy.trials == 1
    assert found.incumbent is not lossy


def _behind_at_10(trial: TrialFigures, point: Point) -> TrialFigures:
    if batch_of(point) != 10 or trial.lag is None:
        return trial
    return replace(trial, lag=replace(trial.lag, verdict=LagVerdict.GROWING))


def test_what_falls_behind_is_not_good_though_nobody_asked() -> None:
    found = run_of(_best_at_10, befalls=_behind_at_10).whole()

    assert _fates(found)[10] is Fate.BREAKS
    assert _batch(found) in {5, 50}


def _dead_at_10(trial: TrialFigures, point: Point) -> TrialFigures:
    return spoilt(trial, "server-ended") if batch_of(point) == 10 else trial


def test_settings_that_the_server_does_not_stand_break_every_rule() -> None:
    found = run_of(_best_at_10, befalls=_dead_at_10).whole()

    assert _fates(found)[10] is Fate.BREAKS
    assert found.ending is Ending.BETTER


def _unmeasured_at_10(trial: TrialFigures, point: Point) -> TrialFigures:
    return spoilt(trial, "generator-saturated") if batch_of(point) == 10 else trial


@pytest.mark.parametrize("raced", [True, False])
def test_what_cannot_be_measured_is_tried_again_and_then_left_as_invalid(raced: bool) -> None:
    found = run_of(_best_at_10, befalls=_unmeasured_at_10, raced=raced, trials=50).whole()

    spoiled = next(s for s in found.standings if batch_of(s.point) == 10 and s.point != BASE)
    assert spoiled.fate is Fate.INVALID
    assert (spoiled.trials, spoiled.valid) == (3, 0)


def test_constraints_bar_what_is_best_without_them() -> None:
    """The best by its p99 is the slowest by its rate, which the made-up trials have as 1/p99."""
    found = run_of(_best_at_10, constraints=("p99 >= 15ms",)).whole()

    assert _fates(found)[10] is Fate.BREAKS
    assert found.ending is Ending.BETTER
    assert _batch(found) in {1, 50, 100, 500}


def test_where_nothing_holds_nothing_is_named() -> None:
    found = run_of(_best_at_10, constraints=("p99 < 1ms",)).whole()

    assert found.ending is Ending.NOTHING_HOLDS
    assert found.incumbent is None
    assert {s.fate for s in found.standings[1:]} <= {Fate.BREAKS, Fate.LEFT, Fate.FINALIST}


def test_settings_that_hold_are_better_than_a_base_that_does_not() -> None:
    """Though they gain nothing: 19 ms each, but the base loses messages."""

    def losing_base(trial: TrialFigures, point: Point) -> TrialFigures:
        return counting(trial, lost=1) if point == BASE else trial

    found = run_of(_alike, befalls=losing_base).whole()

    assert found.ending is Ending.BETTER
    assert found.incumbent is not found.base


def test_a_constraint_on_its_edge_leaves_it_undecided() -> None:
    found = run_of(_best_at_10, constraints=("p99 < 10ms",)).whole()

    assert found.ending in {Ending.UNDECIDED, Ending.NOTHING_HOLDS}


class _Turning:
    """A truth that the confirmation finds changed."""

    def __init__(self) -> None:
        self.run: Run | None = None

    def __call__(self, point: Point) -> float:
        assert self.run is not None
        confirms = self.run.tuning.confirms_from is not None
        lucky = point != BASE and batch_of(point) == 10
        return 20.0 if confirms or not lucky else 10.0


def test_a_gain_of_the_search_that_blocks_of_its_own_do_not_bear_out_is_none() -> None:
    truth = _Turning()
    truth.run = run_of(truth)
    found = truth.run.whole()

    assert found.ending is not Ending.BETTER
    assert found.near >= 1
    assert found.fell_back >= 1


def test_the_first_finalist_that_holds_takes_the_place_of_one_that_does_not() -> None:
    run = run_of(_best_at_10)

    def losing_later(trial: TrialFigures, point: Point) -> TrialFigures:
        late = run.tuning.confirms_from is not None and batch_of(point) == 10
        return counting(trial, lost=1) if late else trial

    run.befalls = losing_later
    found = run.whole()

    assert batch_of(found.finalists[0].point) == 10
    assert "lost" in found.finalists[0].why
    assert _batch(found) in {5, 50}
    assert found.fell_back == 1


@pytest.mark.parametrize("blocks", [1, 5])
def test_what_is_wanted_follows_from_the_records_alone(blocks: int) -> None:
    run = run_of(_best_at_10, raced=False, knobs=(BATCH, REQUESTS), trials=100)
    found = run.blocks(blocks)

    assert found.ending is Ending.NOT_OVER
    assert found.wanted == tuned(run.figures).wanted


def test_a_run_that_broke_off_within_a_block_is_not_over_and_wants_nothing_new() -> None:
    run = run_of(_best_at_10)
    run.blocks(4)
    figures = replace(run.figures, missing=(run.plan.trials[-1].id,))

    found = tuned(figures)

    assert (found.ending, found.wanted, found.missing) == (Ending.NOT_OVER, None, 1)


def test_of_two_objectives_there_is_a_front() -> None:
    both = ("minimise end_to_end_p99", "maximise acked_rate")
    found = run_of(_best_at_10, objectives=both).whole()

    assert found.ending is Ending.BETTER
    assert len(found.gains) == 2
    assert found.incumbent in found.front
    assert found.base not in found.front


def test_gains_that_are_borne_out_did_not_fall_back() -> None:
    found = run_of(_best_at_10).whole()

    assert found.near >= 1
    assert found.fell_back == 0


def _late(run: Run) -> bool:
    return run.tuning.confirms_from is not None


def test_a_confirmation_of_which_too_many_trials_are_invalid_confirms_nothing() -> None:
    """Five blocks are whole in the end, and three of eight are not: what spoilt them is at hand."""
    run = run_of(_best_at_10, trials=60)

    def unlucky(trial: TrialFigures, point: Point) -> TrialFigures:
        spoils = _late(run) and point == BASE and trial.record.block % 3 == 0
        return spoilt(trial, "generator-saturated") if spoils else trial

    run.befalls = unlucky
    found = run.whole()

    assert found.over
    assert found.blocks[0] >= 5
    assert found.ending is Ending.UNDECIDED


def test_a_finalist_of_which_too_many_trials_are_invalid_is_not_the_one_to_take() -> None:
    run = run_of(_best_at_10, trials=60)

    def unlucky(trial: TrialFigures, point: Point) -> TrialFigures:
        spoils = _late(run) and batch_of(point) == 10 and trial.record.block % 3 == 0
        return spoilt(trial, "generator-saturated") if spoils else trial

    run.befalls = unlucky
    found = run.whole()

    assert batch_of(found.finalists[0].point) == 10
    assert "invalid" in found.finalists[0].why
    assert _batch(found) != 10


def test_a_base_that_lost_messages_in_the_search_is_not_kept() -> None:
    run = run_of(_alike)

    def losing_early(trial: TrialFigures, point: Point) -> TrialFigures:
        return counting(trial, lost=1) if point == BASE and trial.record.block == 1 else trial

    run.befalls = losing_early
    found = run.whole()

    assert found.ending is Ending.UNDECIDED


def test_a_base_beside_which_nothing_could_be_measured_is_not_kept_as_the_best() -> None:
    def unmeasured(trial: TrialFigures, point: Point) -> TrialFigures:
        return trial if point == BASE else spoilt(trial, "generator-saturated")

    found = run_of(_best_at_10, befalls=unmeasured).whole()

    assert {each.fate for each in found.standings[1:]} == {Fate.INVALID}
    assert found.ending is Ending.UNDECIDED


def test_what_broke_in_its_confirmation_does_not_lead() -> None:
    """Of the base too little is valid to say that it holds."""
    run = run_of(_best_at_10)

    def losing_later(trial: TrialFigures, point: Point) -> TrialFigures:
        if not _late(run):
            return trial
        if point == BASE:
            return spoilt(trial, "generator-saturated")
        return counting(trial, lost=1)

    run.befalls = losing_later
    found = run.whole()

    assert found.ending is Ending.UNDECIDED
    assert found.incumbent is found.base
    assert {each.fate for each in found.finalists} == {Fate.FINALIST}


def test_what_falls_behind_in_its_confirmation_is_no_better_than_a_base_that_breaks() -> None:
    """One valid trial has no p99: too little came."""
    run = run_of(_best_at_10)

    def silent_later(trial: TrialFigures, point: Point) -> TrialFigures:
        if point == BASE:
            return counting(trial, lost=1)
        late = _late(run) and trial.record.block == run.tuning.confirms_from
        return replace(trial, times={}) if late else trial

    run.befalls = silent_later
    found = run.whole()

    assert found.ending is not Ending.BETTER


def test_a_runner_up_that_is_surely_better_keeps_the_base_from_being_kept() -> None:
    run = run_of(_best_at_10)

    def truth(point: Point) -> float:
        return 20.0 if _late(run) and batch_of(point) == 10 else _best_at_10(point)

    run.truth = truth
    found = run.whole()

    assert batch_of(found.finalists[0].point) == 10
    assert found.ending is Ending.UNDECIDED
