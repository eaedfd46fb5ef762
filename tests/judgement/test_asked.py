"""What a gate or criteria ask goes before all else, and never hides what nobody asked."""

import json

import pytest

from bench.core.marks import State
from bench.judgement.serial import as_json
from tests.judgement.factory import BASE, Made, judged

CHANGE = "p99 vs baseline <= +10%"
SLOWER = Made(ms=15.0)


def test_a_missed_gate_says_what_by_how_much() -> None:
    """Who opens the report of a red build looks for one sentence."""
    found = judged({"base": BASE, "it": SLOWER}, rules=[CHANGE])

    assert found.state is State.FAILS
    assert found.headline.startswith("Failed: end-to-end p99 of pull-batch/it is ")
    assert found.headline.endswith(" % slower than the baseline, under w1")
    assert "p, no worse: " in found.goals[0].chances
    assert "p, margin: " in found.goals[0].chances
    assert found.boxes.choose.word == "Keep the baseline"


def test_a_kept_gate_counts_its_goals() -> None:
    """The candidate may be taken."""
    found = judged({"base": BASE, "it": Made()}, rules=[CHANGE, "lost == 0"])

    assert (found.state, found.headline) == (State.HOLDS, "Passed: 2 of 2 goals")
    assert found.boxes.choose.word == "Take pull-batch/it"


def test_a_goal_of_the_lag_names_the_verdict_that_was_found() -> None:
    """Kept and `n/a` beside each other cannot both be so."""
    (goal,) = judged({"base": BASE, "it": Made()}, rules=["lag.verdict != growing"]).goals

    assert (goal.reading, goal.found) == ("kept", "stable")


def test_a_candidate_that_falls_behind_is_not_taken_though_it_passes() -> None:
    """No rule asked for its lag; the truth does."""
    found = judged({"base": BASE, "it": Made(slope_share=0.2)}, rules=[CHANGE])

    assert found.state is not State.HOLDS
    assert "falls behind" in found.headline
    assert not found.boxes.choose.word.startswith("Take")


def test_what_fell_short_elsewhere_stands_beside_a_pass() -> None:
    """The baseline lost some: no rule fails for that, and no headline hides it."""
    base = Made(counts={"lost": 2})
    found = judged({"base": base, "it": Made()}, rules=[CHANGE])

    assert (found.state, found.headline) == (State.HOLDS, "Passed: 1 of 1 goal; base had 2 lost")


def test_a_faster_candidate_that_breaks_a_rule_is_not_taken() -> None:
    """A fixed limit broken is a gate broken, however much faster than the baseline."""
    found = judged({"base": Made(ms=20.0), "it": Made(ms=15.0)}, rules=["p99 < 10ms"])

    assert found.headline.startswith("Failed: ")
    assert not found.boxes.choose.word.startswith("Take")


def test_a_baseline_that_loses_is_not_kept_silently_after_a_failure() -> None:
    """Both are poor."""
    base = Made(counts={"lost": 2})
    found = judged({"base": base, "it": SLOWER}, rules=[CHANGE])

    assert found.boxes.choose.word == "Nothing to choose"
    assert "2 messages lost" in found.boxes.choose.text


def test_an_undecided_gate_is_neither() -> None:
    """Two blocks fail nothing."""
    cells = {"base": Made(blocks=2), "it": Made(ms=15.0, blocks=2)}
    found = judged(cells, rules=[CHANGE])

    assert (found.state, found.headline) == (State.DOUBTFUL, "Undecided: 1 of 1 goal")
    assert found.boxes.choose.word == "Nothing to choose"
    assert found.boxes.sure.state is State.DOUBTFUL


def test_what_could_not_be_measured_is_said_to_be_so() -> None:
    """It did not hold."""
    found = judged({"base": BASE, "it": Made(invalid=4)}, rules=[CHANGE])

    assert found.state is State.FAILS
    assert found.headline.startswith("Not measured: ")
    assert found.goals[0].reading == "not measured"


def test_goals_stand_missed_first() -> None:
    """What holds can wait."""
    found = judged({"base": BASE, "it": SLOWER}, rules=["lost == 0", CHANGE])

    assert [goal.reading for goal in found.goals] == ["missed", "kept"]
    assert found.goals[0].margin == pytest.approx(0.1)
    assert found.goals[0].found.startswith("+")
    assert found.boxes.failed.word == "1 goal missed"


@pytest.mark.parametrize(
    ("rule", "words", "choice", "state"),
    [
        ("p99 < 12ms", "meets what was asked", "Keep the baseline", State.HOLDS),
        ("p99 < 1ms", "No variant meets the", "Nothing to choose", State.FAILS),
        ("p99 < 10ms", "Undecided: ", "Nothing to choose", State.DOUBTFUL),
    ],
)
def test_criteria_are_answered(rule: str, words: str, choice: str, state: State) -> None:
    """By the answer's own recommendation."""
    found = judged({"base": BASE, "it": SLOWER}, changes={"success": (rule,)})

    assert words in found.headline
    assert (found.boxes.choose.word, found.state) == (choice, state)
    assert found.goals


def test_a_criterion_that_nobody_wrote_is_not_counted_among_those_written() -> None:
    """The file has one, and the second that the headline spoke of stood nowhere in it."""
    refusing = Made(counts={"refused": 70})
    found = judged({"base": refusing, "it": refusing}, changes={"success": ("p99 < 1ms",)})

    assert found.headline == (
        "No variant meets the 1 criterion and what nobody need write: refused == 0"
    )


def test_what_fell_short_goes_before_what_cannot_be_told() -> None:
    """A run that ends with 1 does not begin with a doubt."""
    refusing = Made(counts={"refused": 70})
    found = judged({"base": BASE, "it": refusing}, changes={"success": ("p99 < 10ms",)})

    assert found.headline.startswith("it had 0.1")
    assert "undecided: no variant surely meets" in found.headline
    assert found.state is State.FAILS


def test_what_is_recommended_and_falls_behind_is_not_taken() -> None:
    """No criterion asked for the lag."""
    behind = Made(ms=5.0, slope_share=0.2)
    found = judged({"base": SLOWER, "it": behind}, changes={"success": ("p99 < 8ms",)})

    assert found.state is not State.HOLDS
    assert not found.boxes.choose.word.startswith("Take")


def test_a_judgement_of_a_gate_is_plain_json() -> None:
    """Stable words, numbers and texts alone."""
    found = judged({"base": BASE, "it": SLOWER}, rules=[CHANGE])
    read = json.loads(json.dumps(as_json(found)))

    assert read["boxes"]["choose"]["word"] == "Keep the baseline"
    assert read["workloads"][0]["cells"][1]["changes"]["end_to_end_ns_p99"]["side"] == "worse"
    assert read["goals"][0]["margin"] == pytest.approx(0.1)


def test_only_who_missed_a_goal_is_named_as_missing_it() -> None:
    cells = {"base": BASE, "it": SLOWER, "ok": Made()}
    text = judged(cells, rules=[CHANGE, "lost == 0"]).boxes.choose.text

    assert text == "pull-batch/it missed 1 of 2 goals."


def test_a_fixed_limit_says_nothing_for_the_baseline() -> None:
    """It was not judged by it, and may break it by more."""
    found = judged({"base": Made(ms=20.0), "it": SLOWER}, rules=["p99 < 10ms"])

    assert found.state is State.FAILS
    assert found.boxes.choose.word == "Nothing to choose"


def test_a_goal_that_is_undecided_is_none_that_was_kept() -> None:
    it = Made(ms=15.0, counts={"lost": -1})

    text = judged({"base": BASE, "it": it}, rules=[CHANGE, "lost == 0"]).boxes.choose.text

    assert text == "pull-batch/it missed 1 of 2 goals (1 undecided)."
