"""What made-up probes and soaks say: never better than they were."""

from dataclasses import replace

import pytest

from bench.analysis.figures import LagVerdict, TrialFigures
from bench.seek.bracket import Said
from bench.seek.said import Told, of_probe, of_soaks
from bench.spec.criteria import parse_criterion
from tests.analysis import runs
from tests.gate.figures import counting, spoilt, trial_of, with_trials

CELL = runs.cell("new")
GOALS = (parse_criterion("p99 < 20ms"), parse_criterion("lag.verdict == stable"))
FALLEN = [{"lost": 1}, {"refused": 1}, {"unconfirmed": 1}, {"published": 13_000}]


def trial(value_ms: float | None = 10.0, block: int = 1) -> TrialFigures:
    return trial_of(CELL, block, value_ms)


def with_lag(of: TrialFigures, verdict: LagVerdict) -> TrialFigures:
    assert of.lag is not None
    return replace(of, lag=replace(of.lag, verdict=verdict))


def probed(one: TrialFigures, goals: tuple[str, ...] | None = None) -> Told:
    rules = GOALS if goals is None else tuple(map(parse_criterion, goals))
    return of_probe(rules, with_trials(CELL, [one]))


def soaked(*trials: TrialFigures, goals: tuple[str, ...] | None = None) -> Told:
    rules = GOALS if goals is None else tuple(map(parse_criterion, goals))
    return of_soaks(rules, with_trials(CELL, trials))


def alike(value_ms: float, count: int) -> list[TrialFigures]:
    """So many soaks, which hardly differ."""
    return [trial(value_ms * (1 + 0.01 * (b % 3)), b) for b in range(1, count + 1)]


@pytest.mark.parametrize(
    ("value_ms", "said"), [(10.0, Said.MET), (19.9, Said.MET), (20.1, Said.MISSED)]
)
def test_a_probe_is_held_against_the_limit_as_it_is(value_ms: float, said: Said) -> None:
    assert probed(trial(value_ms)).said is said


def test_a_probe_tells_which_goal_it_misses_and_by_what() -> None:
    told = probed(trial(500.0))

    assert told.rule == "end_to_end_p99 < 20ms"
    assert "500 ms" in told.why


@pytest.mark.parametrize("counts", FALLEN)
def test_what_fell_short_misses_though_nobody_asked(counts: dict[str, int]) -> None:
    assert probed(counting(trial(), **counts)).said is Said.MISSED
    assert soaked(*alike(10.0, 4), counting(trial(block=5), **counts)).said is Said.MISSED


def test_goals_that_allow_some_allow_some() -> None:
    assert probed(counting(trial(), refused=1), ("p99 < 20ms", "refused <= 1%")).said is Said.MET


@pytest.mark.parametrize("goals", [None, ("p99 < 20ms",), ()])
def test_what_falls_behind_misses_asked_or_not(goals: tuple[str, ...] | None) -> None:
    behind = with_lag(trial(), LagVerdict.GROWING)

    assert probed(behind, goals).said is Said.MISSED


def test_a_short_look_may_leave_the_slope_open() -> None:
    """Soaks decide that; whatever they leave open confirms nothing."""
    slopes = (0.05, -0.05, 0.04, -0.04, 0.05, -0.05)
    trials = [trial_of(CELL, b, 10.0, slope_share=share) for b, share in enumerate(slopes, 1)]
    unsure = [with_lag(each, LagVerdict.INCONCLUSIVE) for each in trials]

    assert probed(unsure[0]).said is Said.MET
    assert soaked(*unsure).said is Said.OPEN


@pytest.mark.parametrize("code", ["offered-rate-missed", "window-too-small", "generator-saturated"])
def test_what_was_not_offered_says_nothing_of_the_server(code: str) -> None:
    assert probed(spoilt(trial(), code)).said is Said.NOT_OFFERED


@pytest.mark.parametrize("code", ["cpu-steal", "clock-step", "worker-died"])
def test_what_befell_the_host_is_no_evidence_either(code: str) -> None:
    assert probed(spoilt(trial(), code)).said is Said.SPOILT


@pytest.mark.parametrize("code", ["server-ended", "broken-off", "server-silent", "unanswered"])
def test_a_server_that_did_not_stand_it_missed_the_goal(code: str) -> None:
    told = probed(spoilt(trial(), code))

    assert (told.said, told.why) == (Said.MISSED, "It is.")


def test_losses_go_before_what_spoilt_a_probe() -> None:
    """A stolen core makes no server lose what it had confirmed."""
    assert probed(spoilt(counting(trial(), lost=3), "cpu-steal")).said is Said.MISSED


def test_a_probe_without_the_figure_is_no_met_goal() -> None:
    """Nothing came, or too little to tell."""
    assert probed(replace(trial(), times={})).said is not Said.MET


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_fewer_than_five_soaks_confirm_nothing(count: int) -> None:
    assert soaked(*alike(10.0, count)).said is Said.OPEN


def test_five_soaks_below_the_limit_confirm() -> None:
    assert soaked(*alike(10.0, 5)).said is Said.MET


def test_a_bound_beyond_the_limit_leaves_it_open_and_a_mean_beyond_it_misses() -> None:
    scattered = [trial(value, b) for b, value in enumerate((12.0, 26.0, 13.0, 25.0, 14.0), 1)]

    assert soaked(*scattered).said is Said.OPEN
    assert soaked(*alike(20.5, 5)).said is Said.MISSED


def test_three_soaks_that_each_miss_are_enough() -> None:
    assert soaked(*alike(30.0, 2)).said is Said.OPEN
    assert soaked(*alike(30.0, 3)).said is Said.MISSED
    assert soaked(*alike(30.0, 2), trial(10.0, 3)).said is not Said.MET


def test_invalid_soaks_do_not_count_as_soaks() -> None:
    assert soaked(*alike(10.0, 4), spoilt(trial(10.0, 5), "cpu-steal")).said is Said.OPEN


def test_a_server_that_dies_in_a_soak_is_not_confirmed_by_the_others() -> None:
    assert soaked(*alike(10.0, 8), spoilt(trial(10.0, 9), "server-ended")).said is Said.MISSED


def test_a_ledger_of_which_nobody_can_tell_confirms_nothing() -> None:
    unknown = [counting(each, lost=-1) for each in alike(10.0, 5)]

    assert soaked(*unknown).said is not Said.MET
    assert probed(unknown[0]).said is not Said.MET


@pytest.mark.parametrize("goals", [None, (), ("p99 < 20ms",), ("lost == 0",)])
def test_the_best_five_of_ten_soaks_confirm_nothing(goals: tuple[str, ...] | None) -> None:
    """What spoilt the others has touched these, whatever is asked and whatever is counted."""
    best = [trial(10.0, block) for block in range(1, 6)]
    spoilt_ = [spoilt(trial(10.0, block), "clock-step") for block in range(6, 11)]
    told = soaked(*best, *spoilt_, goals=goals)

    assert told.said is Said.OPEN
    assert "5 of 10 trials invalid" in told.why
    assert soaked(*best, goals=goals).said is Said.MET


def test_three_that_miss_of_many_invalid_ones_are_no_sure_miss() -> None:
    """Another variant would be said to carry more than it by them."""
    missing = [trial(30.0, block) for block in range(1, 4)]
    spoilt_ = [spoilt(trial(30.0, block), "clock-step") for block in range(4, 8)]

    assert soaked(*missing, *spoilt_).said is Said.OPEN


def test_a_probe_that_did_not_end_met_nothing() -> None:
    """Its record has no finding that says why."""
    cut = replace(trial(), record=replace(trial().record, completed=False))

    assert probed(cut, ()).said is Said.SPOILT


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("lag.verdict != draining", Said.MISSED),
        ("lag.verdict != inconclusive", Said.MISSED),
        ("lag.verdict == stable", Said.MISSED),
        ("lag.verdict == growing", Said.MISSED),
    ],
)
def test_a_lag_that_grows_misses_whatever_else_is_asked_of_it(rule: str, said: Said) -> None:
    """To rule out that it drains is not to ask for growth."""
    behind = [with_lag(each, LagVerdict.GROWING) for each in alike(10.0, 5)]

    assert probed(behind[0], (rule,)).said is said
    growing = replace(with_trials(CELL, behind), lag_verdict=LagVerdict.GROWING)
    assert of_soaks((parse_criterion(rule),), growing).said is said
