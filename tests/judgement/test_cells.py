"""What a cell is by itself."""

from dataclasses import replace

import pytest

from bench.core.marks import State
from bench.judgement.judge import judge
from bench.judgement.model import Pace, Side
from tests.judgement.factory import BASE, Made, cell_of, judged, run_of, states


@pytest.mark.parametrize(
    ("made", "state", "reason"),
    [
        (Made(), State.HOLDS, ""),
        (Made(counts={"refused": 20}), State.FAILS, "20 messages refused"),
        (Made(slope_share=0.2), State.FAILS, "falls behind by 200 msg/s"),
        (Made(invalid=3), State.FAILS, "3 of 5 trials invalid"),
        (Made(counts={"lost": -1}), State.DOUBTFUL, "whether messages were lost nobody can tell"),
        (
            Made(counts={"refused": -1}),
            State.DOUBTFUL,
            "whether messages were refused nobody can tell",
        ),
        (Made(unsampled=True), State.DOUBTFUL, "whether it keeps up cannot be told"),
        (
            Made(undrained=True),
            State.DOUBTFUL,
            "not all was done when the drain ended, in 1 of 5 trials",
        ),
        (Made(undrained=True, slope_share=0.2), State.FAILS, "falls behind by 200 msg/s"),
        (Made(undrained=True, invalid=1), State.HOLDS, ""),
    ],
)
def test_the_worst_of_a_cell_is_its_state(made: Made, state: State, reason: str) -> None:
    """And its first reason says why."""
    found = cell_of(judged({"base": BASE, "it": made}), "it")

    assert found.state is state
    assert (found.reasons or ("",))[0].startswith(reason)


@pytest.mark.parametrize(
    ("made", "pace"),
    [
        (Made(), Pace.KEEPS_UP),
        (Made(counts={"refused": 20}), Pace.TAKES_LESS),
        (Made(counts={"refused": 20}, unsampled=True), Pace.TAKES_LESS),
        (Made(counts={"lost": 20}), Pace.KEEPS_UP),
        (Made(counts={"lost": -1}), Pace.KEEPS_UP),
        (Made(counts={"unconfirmed": -1}), Pace.UNTOLD),
        (Made(counts={"unconfirmed": -1, "refused": 3}), Pace.TAKES_LESS),
        (Made(slope_share=0.2, counts={"refused": 20}), Pace.FALLS_BEHIND),
        (Made(slope_share=0.2), Pace.FALLS_BEHIND),
        (Made(slope_share=0.2, invalid=2), Pace.FALLS_BEHIND),
        (Made(unsampled=True), Pace.UNTOLD),
        (Made(invalid=3), Pace.UNTOLD),
    ],
)
def test_only_what_every_valid_trial_tells_keeps_up(made: Made, pace: Pace) -> None:
    """One trial that nobody watched may be the one that fell behind."""
    assert cell_of(judged({"base": BASE, "it": made}), "it").pace is pace


def test_a_cell_without_an_account_may_have_lost_any() -> None:
    """No ledger is no zero."""
    found = judged({"base": BASE, "it": Made(counts={"lost": -1})})

    assert cell_of(found, "it").lost is None
    assert cell_of(found, "base").lost == 0


def test_the_settings_that_differ_stand_beside_the_baselines() -> None:
    """A name alone tells no setting."""
    (differs,) = cell_of(judged({"base": BASE, "it": Made()}), "it").differs

    assert (differs.setting, differs.value, differs.baseline_value) == ("pull.batch", "51", "50")


def test_a_workload_of_its_own_is_a_difference_too() -> None:
    """A gate may slow the candidate's handler on purpose: who reads its page must see that."""
    figures = run_of({"base": BASE, "it": BASE})
    (workload,) = figures.workloads
    base, it = workload.cells
    handler = {"time": {"constant": "12ms"}}
    slow = it.cell.workload.model_validate(
        {**it.cell.workload.model_dump(mode="json"), "consume": {"handler": handler}}
    )
    slowed = replace(it, cell=replace(it.cell, workload=slow, settings=base.cell.settings))
    found = judge(replace(figures, workloads=(replace(workload, cells=(base, slowed)),)))

    (difference,) = cell_of(found, "it").differs
    assert difference.setting == "consume.handler.time"
    assert (difference.value, difference.baseline_value) == ("12ms", "0s")


@pytest.mark.parametrize("rules", [(), ("p95 vs baseline <= +10%",)])
def test_a_trial_that_fell_behind_counts_beside_many_that_did_not(rules: tuple[str, ...]) -> None:
    """No figure of a time need show it, and the mean lag of five trials cannot tell."""
    found = judged({"base": BASE, "fast": Made(ms=5.0, stalls=True)}, rules=rules)

    fast = cell_of(found, "fast")
    assert fast.reasons[0] == "fell behind in 1 of 5 trials"
    assert not fast.contends
    assert all(change.side is not Side.BETTER for change in fast.changes.values())
    assert found.headline.endswith("fell behind in 1 of 5 trials")
    assert found.state is not State.HOLDS
    assert states(found)[1:] == (State.FAILS, State.DOUBTFUL)
    assert "Take" not in found.boxes.choose.word


def test_a_baseline_that_fell_behind_in_a_trial_is_not_simply_kept() -> None:
    found = judged({"base": Made(stalls=True), "slow": Made(ms=20.0)})

    assert found.boxes.choose.word == "Not the baseline"


def test_many_cells_that_fell_behind_in_a_trial_are_counted() -> None:
    cells = {"base": BASE, **{name: Made(stalls=True) for name in ("one", "two", "three")}}

    assert judged(cells).headline == "3 of 4 fell behind in a trial"


@pytest.mark.parametrize("word", ["lost", "refused", "unconfirmed"])
def test_a_count_that_nobody_can_tell_is_a_doubt_wherever_it_is_known(word: str) -> None:
    """The run ends with 3 for it; a page that says "decided, nothing failed" would be another."""
    found = judged({"base": BASE, "it": Made(ms=5.0, counts={word: -1})})

    assert found.boxes.failed.state is State.DOUBTFUL
    assert found.boxes.failed.word == f"Perhaps messages {word}"
    assert found.boxes.sure.state is State.DOUBTFUL
    assert f"whether messages were {word} nobody can tell" in found.boxes.sure.text
