"""What a run that sought settings is judged to say: gains of confirming blocks, and doubts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.core.marks import State
from bench.judgement.summary import summarised
from bench.judgement.tried import Importance, Tuning
from bench.seek.tuned import Ending, Fate, Tuned
from bench.spec.load import load_config
from bench.spec.pasting import AFTER, BEFORE
from bench.spec.space import Point
from bench.spec.variant import Settings
from tests.judgement.tuning import (
    BETTER,
    BROKEN_OFF,
    CONFIRMED,
    EFFECTS,
    NOTHING,
    SAME,
    TWO,
    UNDECIDED,
    Truth,
    found_of,
    judged,
)
from tests.spec.files import write

STATES = {
    "better": (BETTER, State.HOLDS),
    "same": (SAME, State.HOLDS),
    "undecided": (UNDECIDED, State.DOUBTFUL),
    "nothing": (NOTHING, State.FAILS),
    "broken off": (BROKEN_OFF, State.DOUBTFUL),
    "two": (TWO, State.HOLDS),
}


def of(truth: Truth, changed: Callable[[Tuned], Tuned] = lambda found: found) -> Tuning:
    found = judged(truth, changed=changed).tuning
    assert found is not None
    return found


@pytest.mark.parametrize("name", STATES)
def test_a_search_is_judged_by_how_it_ended(name: str) -> None:
    truth, state = STATES[name]
    found = judged(truth)

    assert (found.state, found.tuning and found.tuning.state) == (state, state)
    assert found.sought


def test_the_headline_names_what_to_take_and_its_confirmed_gain() -> None:
    """Of a gain of 20 % less noise; the base has pull.batch 100 as well, so that is not named."""
    found = judged(BETTER)

    assert found.headline.startswith(
        "Take pull.requests 2, consumer.max_ack_pending 1000: end-to-end p99 "
    )
    assert found.headline.endswith(f" %), confirmed in {CONFIRMED} fresh blocks")
    assert "% faster (90 % interval −" in found.headline
    assert found.boxes.choose.word == "pull.requests 2, consumer.max_ack_pending 1000"
    assert "In place of pull.requests 1" in found.boxes.choose.text


def test_gains_are_of_the_confirming_blocks_alone() -> None:
    """What looked 20 % faster in the search, and is not, is not told by its search."""
    found = of(replace(BETTER, drift=0.25))
    assert found.chosen is not None

    change = found.chosen.changes["end_to_end_ns_p99"]
    assert change.blocks == CONFIRMED
    assert change.high > 0
    assert found.chosen.confirmed != found.chosen.figures


def test_the_base_is_kept_where_nothing_is_surely_better_and_what_may_be_is_told() -> None:
    found = judged(SAME)

    assert found.headline == "Keep the base: none of 16 other settings tried is surely better"
    assert found.boxes.choose.word == "Keep the base"
    assert "may be up to" in found.boxes.sure.text
    assert (found.boxes.sure.state, found.boxes.sure.word) == (State.HOLDS, "Nothing surely better")
    assert found.tuning is not None
    assert found.tuning.pasted is None


def test_where_something_may_still_be_much_better_the_base_is_kept_with_a_doubt() -> None:
    """Of a host that scatters by a third fresh blocks say little."""
    box = judged(replace(SAME, noise=0.35)).boxes.sure

    assert box.state is State.DOUBTFUL
    assert box.word == "Nothing surely better, something may be"


def test_where_nothing_holds_the_constraints_are_named_and_it_is_what_failed() -> None:
    found = judged(NOTHING)

    assert found.headline == "None of 17 settings tried holds the constraints"
    assert "server_cpu_mean < 80% (16 times)" in found.subline
    assert (found.boxes.failed.state, found.boxes.choose.word) == (State.FAILS, "Nothing")


def test_an_unfinished_search_says_how_to_go_on_and_promises_nothing() -> None:
    found = judged(BROKEN_OFF)

    assert found.headline.endswith("nothing of it is confirmed")
    assert found.boxes.sure.word == "Not sought to the end"
    assert any("jetbench tune --resume made-up-1" in each.text for each in found.notices)
    assert found.tuning is not None
    assert found.tuning.pasted is None
    assert "Nothing is said of 7 valid settings that were not tried." in found.tuning.open_points


@pytest.mark.parametrize("raced", [True, False])
def test_what_was_not_tried_is_told_of_a_race_as_well(raced: bool) -> None:
    """A budget may be too small for every point of a race."""
    found = of(BETTER, lambda f: replace(f, tuning=replace(f.tuning, raced=raced, points=40)))

    left = 40 - (len(found.tried) - 1)
    assert f"Nothing is said of {left} valid settings that were not tried." in found.open_points


@pytest.mark.parametrize(
    ("raced", "trials", "told"), [(False, 250, True), (False, 200, False), (True, 250, False)]
)
def test_a_search_that_made_all_trials_that_it_makes_says_so(
    raced: bool, trials: int, told: bool
) -> None:
    def long(found: Tuned) -> Tuned:
        first = replace(found.base, trials=trials - sum(s.trials for s in found.standings[1:]))
        standings = (first, *found.standings[1:])
        tuning = replace(found.tuning, raced=raced)
        return replace(found, tuning=tuning, base=first, standings=standings)

    found = of(BETTER, long)

    assert any("ended with 250 trials" in each for each in found.open_points) is told


def test_what_is_not_decided_is_an_open_point() -> None:
    found = of(UNDECIDED)

    assert found.open_points[0].startswith("Whether pull.requests 2")
    assert any("do not tell" in each for each in found.open_points)


def test_too_few_confirming_blocks_leave_a_doubt() -> None:
    def robbed(found: Tuned) -> Tuned:
        return replace(found, gains=(), ending=Ending.UNDECIDED, blocks=(1, CONFIRMED))

    found = judged(BETTER, changed=robbed)

    check = next(each for each in found.checks if each.name == "Confirming blocks")
    assert check.state is State.DOUBTFUL
    assert found.boxes.sure.word == "Not decided"


def test_settings_that_could_not_be_measured_are_no_bad_ones() -> None:
    found = judged(replace(BETTER, invalid=("pull.batch 10",)))

    assert found.tuning is not None
    assert len(found.tuning.having(Fate.INVALID)) == 2
    assert found.boxes.failed.state is State.DOUBTFUL
    assert "2 settings could not be measured" in found.boxes.failed.word
    assert any("Nothing is known of 2 settings" in each for each in found.tuning.open_points)


def test_a_base_that_breaks_a_constraint_is_told() -> None:
    def broken(found: Tuned) -> Tuned:
        base = replace(found.base, why="lost == 0: broken in 2 of 5 trials")
        return replace(found, base=base, standings=(base, *found.standings[1:]))

    found = judged(BETTER, changed=broken)

    assert any(each.word == "The base does not surely hold" for each in found.notices)
    assert found.boxes.failed.state is State.DOUBTFUL


def test_a_base_that_leads_is_nothing_to_take() -> None:
    found = of(BETTER, lambda f: replace(f, incumbent=f.base, gains=(), ending=Ending.NO_BETTER))

    assert found.chosen is None
    assert found.holds.startswith("keep the base")


def test_what_mattered_is_what_was_planted() -> None:
    (found,) = of(BETTER).importance

    assert [each.name for each in found.clear] == ["pull.batch", "pull.requests"]
    batch = dict(found.main[0].levels)
    assert batch["1"] == pytest.approx(EFFECTS["pull.batch 1"] - 1, rel=0.1)
    assert next(iter(batch)) == "100"
    assert found.main[-1].name == "consumer.max_ack_pending"
    assert not found.main[-1].clear


def test_of_equal_settings_hardly_any_knob_matters() -> None:
    """20 A/A searches of three knobs."""
    clear = [bool(i.clear or i.pairs) for seed in range(20) for i in _importances(SAME, seed)]

    assert len(clear) == 20
    assert sum(clear) <= 3


def _importances(truth: Truth, seed: int) -> tuple[Importance, ...]:
    found = judged(truth, seed=seed).tuning
    assert found is not None
    return found.importance


def test_two_objectives_have_both_gains_and_a_front() -> None:
    found = of(TWO)
    assert found.chosen is not None

    assert set(found.chosen.changes) == {"end_to_end_ns_p99", "acked_msgs_per_s"}
    assert "faster and" in found.holds
    assert sum(each.on_front for each in found.compared) == 3


def test_what_is_pasted_reads_back_as_what_was_measured(tmp_path: Path) -> None:
    _, sought = found_of(BETTER)
    pasted = of(BETTER).pasted
    assert pasted is not None
    assert sought.incumbent is not None

    loaded = load_config(write(tmp_path, pasted.file, pasted.config))

    assert loaded.variants[AFTER] == sought.incumbent.cell.cell.settings
    assert loaded.variants[BEFORE] == sought.base.cell.cell.settings == Settings()
    assert pasted.by_client == (("pull.requests", "2"),)


def test_a_summary_has_its_headline_and_no_cell_that_another_run_has() -> None:
    found = summarised(judged(BETTER))

    assert found.cells == ()
    assert found.sentences[0][1].startswith("Take pull.requests 2")


def test_a_knob_that_is_not_turned_everywhere_is_told_all_the_same() -> None:
    """Some points leave it out, as conditions say."""

    def conditional(found: Tuned) -> Tuned:
        def without(point: Point) -> Point:
            kept = dict(point.values)
            if kept.get("pull.requests") == 1:
                del kept["consumer.max_ack_pending"]
            return Point(values=tuple(kept.items()))

        standings = [replace(each, point=without(each.point)) for each in found.standings[1:]]
        once = {each.point: each for each in standings}
        lead = once[without(found.incumbent.point)] if found.incumbent else None
        return replace(
            found,
            standings=(found.base, *once.values()),
            incumbent=lead,
            finalists=tuple(e for e in once.values() if e.confirmed),
        )

    (found,) = of(BETTER, conditional).importance

    assert {each.name for each in found.clear} >= {"pull.batch"}


def test_what_looks_worse_when_it_is_confirmed_is_not_offered_to_be_pasted() -> None:
    assert of(UNDECIDED).pasted is not None

    assert of(replace(UNDECIDED, drift=0.3)).pasted is None
