"""What each part of a cell came to: none is held to be sound by what another one did."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bench.analysis.figures import LagFigures, LagVerdict, TrialFigures, WorkloadFigures
from bench.core.marks import State
from bench.judgement.cells import cells_of
from bench.judgement.parts import _last, parts_of
from bench.spec.kinds.kv import Kv
from bench.spec.kinds.registry import cast_of
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.gate import several
from tests.gate.figures import spoilt
from tests.gate.several import lag

STABLE, GROWS = lag(LagVerdict.STABLE), lag(LagVerdict.GROWING, 0.05)
UNSURE = lag(LagVerdict.INCONCLUSIVE)
BOTH = {"billing": STABLE, "audit": STABLE}


def states(*trials: TrialFigures) -> Mapping[str, State]:
    """The state of each part of a cell with these trials."""
    cell = several.with_trials(trials)
    plan = runs.plan([cell.cell], blocks=len(trials))
    workload = WorkloadFigures(name="w", cells=(cell,), decisions={})
    (judged,) = cells_of(workload, cell, plan)
    return {part.name: part.state for part in parts_of(judged).parts}


def five(lags: Mapping[str, LagFigures], last: Mapping[str, LagFigures]) -> list[TrialFigures]:
    """Five trials with these lags, the last one with others."""
    return [several.trial(block, lags if block < 5 else last) for block in range(1, 6)]


def test_what_came_twice_is_counted_for_each_part_as_its_ledger_does() -> None:
    """Two consumers with 7 and 5 repeats read 12, and not the larger of the two."""
    counts = {"billing__duplicates": 7, "billing__redelivered": 3, "audit__duplicates": 5}
    cell = several.with_trials([several.trial(1, BOTH, **counts)])
    workload = WorkloadFigures(name="w", cells=(cell,), decisions={})

    (judged,) = cells_of(workload, cell, runs.plan([cell.cell], blocks=1))

    assert judged.twice == 12


def test_what_went_well_holds() -> None:
    """Of publishers nothing waits: they have no lag to tell."""
    assert states(*five(BOTH, BOTH)) == dict.fromkeys(("publish", "billing", "audit"), State.HOLDS)


@pytest.mark.parametrize(
    ("lags", "last", "said"),
    [
        (BOTH, {"billing": STABLE, "audit": GROWS}, State.FAILS),  # in a trial of five
        (BOTH, {"billing": STABLE}, State.DOUBTFUL),
        ({"billing": STABLE}, {"billing": STABLE}, State.DOUBTFUL),
        ({"billing": STABLE, "audit": GROWS}, {"billing": STABLE, "audit": GROWS}, State.FAILS),
    ],
)
def test_who_falls_behind_or_does_not_tell_is_not_sound(
    lags: Mapping[str, LagFigures], last: Mapping[str, LagFigures], said: State
) -> None:
    """The other consumer stands as it did."""
    found = states(*five(lags, last))

    assert (found["billing"], found["audit"]) == (State.HOLDS, said)


def test_a_lag_on_either_side_of_the_margin_is_a_doubt() -> None:
    """Two trials that say so: nobody knows whether it keeps up."""
    trials = [several.trial(block, {"billing": STABLE, "audit": UNSURE}) for block in (1, 2)]

    assert states(*trials)["audit"] is State.DOUBTFUL


def test_a_loss_that_may_be_is_a_doubt_and_one_that_is_a_failure() -> None:
    """Each in its own part alone."""
    trials = [several.trial(b, BOTH, billing__lost=-1, audit__lost=5) for b in range(1, 6)]

    assert states(*trials) == {
        "publish": State.HOLDS, "billing": State.DOUBTFUL, "audit": State.FAILS,
    }  # fmt: skip


def test_no_part_of_a_cell_that_is_invalid_by_itself_is_sound() -> None:
    """Two of five trials are: the others cannot be trusted either."""
    trials = five(BOTH, BOTH)

    found = states(*trials[:3], *(spoilt(trial, "foreign-message") for trial in trials[3:]))

    assert {*found.values()} == {State.FAILS}


def test_who_falls_behind_is_named_with_a_slope_of_its_own() -> None:
    """Billing's is steeper in messages, and is none of it."""
    scatters = replace(UNSURE, slope_msgs_per_s=90.0)
    grows = replace(GROWS, slope_msgs_per_s=25.0)
    lags = {"billing": scatters, "audit": grows}
    trials = [replace(several.trial(b, lags), lag=grows) for b in range(1, 6)]
    cell = several.with_trials(trials)
    workload = WorkloadFigures(name="w", cells=(cell,), decisions={})

    (judged,) = cells_of(workload, cell, runs.plan([cell.cell], blocks=5))

    assert judged.pace_words == "falls behind by 25.0 msg/s (audit)"


def test_a_reader_is_through_with_an_answer_and_not_with_what_was_written_long_ago() -> None:
    """Reads of values that were there before the trial are reads all the same."""
    load = Kv.model_validate(
        {
            "kind": "kv",
            "value": {"sizes": "64B"},
            "put": {"rate": "100/s"},
            "get": {"rate": "800/s"},
        }
    )
    get = cast_of(load, Settings()).part("get")

    assert get.instants[-1].name == "written"
    assert _last(get) == "answered"
