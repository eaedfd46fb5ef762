"""The answer to a matrix's question."""

from dataclasses import replace

from bench.gate.criteria import Answer, answer
from bench.plan.model import VariantName
from bench.spec.variant import Settings
from bench.stats.compare import Verdict
from tests.gate.figures import Blocks, run_of, with_trials

FAST = (10.0, 10.1, 9.9, 10.05, 9.95)
ALIKE = (10.1, 10.0, 10.0, 9.95, 10.05)
SLOWER = (12.0, 12.1, 11.9, 12.05, 11.95)
SLOW = (30.0, 30.1, 29.9, 30.05, 29.95)
UNSURE = (10.0, 30.0, 12.0, 28.0, 18.0)


def answered(
    success: tuple[str, ...] = ("p99 < 20ms",), *, baseline: str = "", **cells: Blocks
) -> Answer:
    """What a run of these cells says to these criteria."""
    changes = {"success": success, "baseline": baseline, "question": "Which?"}
    found = answer(run_of(cells, changes=changes))
    assert found is not None
    return found


def test_a_run_without_criteria_has_no_answer() -> None:
    """The figures stand for themselves; no goal was named."""
    assert answer(run_of({"a": FAST})) is None


def test_the_best_of_those_that_meet_the_criteria_is_recommended() -> None:
    """And who breaks them is named, however the sentence is read."""
    found = answered(slow=SLOW, fast=FAST, slower=SLOWER)

    assert found.question == "Which?"
    assert found.recommended == "pull-batch/fast"
    assert found.alike == ()
    assert found.verdict is Verdict.PASS
    assert found.sentence == (
        "Recommended: pull-batch/fast. It meets the criterion and is best by end-to-end p99 "
        "(10.0 ms under small-events). At least one criterion is broken by pull-batch/slow."
    )


def test_what_cannot_be_told_from_the_best_is_named_beside_it() -> None:
    """A recommendation must not pretend that the others are worse."""
    found = answered(one=FAST, other=ALIKE)

    assert {found.recommended, *found.alike} == {"pull-batch/one", "pull-batch/other"}
    assert "Not to be told from it:" in found.sentence


def test_a_secondary_figure_decides_where_the_primary_cannot() -> None:
    """Both have the same p99 by the blocks; the made-up acked rate falls with the time."""
    changes = {"success": ("p99 < 20ms",), "primary": "lag_peak", "secondary": ("acked_rate",)}
    found = answer(run_of({"slower": SLOWER, "fast": FAST}, changes=changes))

    assert found is not None
    assert (found.recommended, found.alike) == ("pull-batch/fast", ())
    assert "best by acked rate" in found.sentence


def test_no_variant_meets_them() -> None:
    """The answer to a question can be no, and the command then ends with 1."""
    found = answered(slow=SLOW)

    assert (found.recommended, found.verdict) == ("", Verdict.FAIL)
    assert found.sentence == "No variant meets the criteria: each breaks at least one."


def test_what_is_undecided_is_not_recommended_and_told_why() -> None:
    """An interval on both sides of the limit asks for more blocks, not for courage."""
    found = answered(unsure=UNSURE, slow=SLOW)

    assert (found.recommended, found.undecided) == ("", ("pull-batch/unsure",))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.sentence.startswith(
        "No variant surely meets the criteria. Undecided: pull-batch/unsure (end_to_end_p99 < "
        "20ms under small-events: "
    )
    assert found.sentence.endswith(
        "could be on either side of the limit). "
        "At least one criterion is broken by pull-batch/slow."
    )


def test_a_reason_that_all_variants_share_is_said_once() -> None:
    """Of 20 000 messages 20 lie beyond p99.9: ten sentences for ten variants said no more."""
    cells = {f"v{number}": FAST for number in range(10)}

    found = answer(run_of(cells, changes={"success": ("p99.9 < 20ms",)}))

    assert found is not None
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.sentence.startswith(
        "No variant surely meets the criteria. Undecided for every variant that it is asked of: "
        "end_to_end_p99_9 < 20ms under small-events: "
    )
    assert found.sentence.count("20 messages of a trial lie beyond it") == 1
    assert "v0" not in found.sentence
    assert [mark.rule for mark in found.shared] == ["end_to_end_p99_9 < 20ms"]


def test_a_reason_of_all_but_the_baseline_is_said_once_too() -> None:
    """The baseline holds every rule against itself, which makes the others no less alike."""
    found = answered(
        ("p99.9 vs baseline <= +10%",), baseline="pull-batch/a", a=FAST, b=FAST, c=FAST
    )

    assert found.sentence.count("20 messages of a trial lie beyond it") == 1
    assert [mark.rule for mark in found.shared] == ["end_to_end_p99_9 vs baseline <= +10%"]


def test_what_all_variants_break_alike_is_said_once() -> None:
    """30 ms in the same five blocks: each breaks the rule by the same figure."""
    found = answered(one=SLOW, other=SLOW)

    assert found.verdict is Verdict.FAIL
    assert found.sentence.startswith(
        "No variant meets the criteria: each breaks at least one. Broken for every variant that "
        "it is asked of: end_to_end_p99 < 20ms under small-events: 30.0 ms"
    )


def test_a_reason_of_some_variants_names_them_together() -> None:
    """The third is told from them by its own reason."""
    found = answered(("p99 < 20ms",), a=UNSURE, b=UNSURE, c=FAST)

    assert "Undecided: pull-batch/a, pull-batch/b (" in found.sentence
    assert found.shared == ()


def test_one_broken_criterion_is_enough() -> None:
    """All must hold, under every workload."""
    found = answered(("p99 < 20ms", "lag.verdict == growing"), fast=FAST)

    (standing,) = found.standings
    assert [str(mark.verdict) for mark in standing.marks] == ["pass", "fail"]
    assert standing.verdict is Verdict.FAIL


def test_criteria_hold_against_the_baseline_of_the_matrix() -> None:
    """The baseline itself is no worse than itself."""
    found = answered(
        ("p99 vs baseline <= +10%",), baseline="pull-batch/fast", fast=FAST, slower=SLOWER
    )

    assert [str(s.verdict) for s in found.standings] == ["pass", "fail"]
    assert found.standings[0].marks[0].reason == "it is the baseline"


def test_a_baseline_is_held_to_fixed_limits_like_any_other() -> None:
    """Only what is compared with it says nothing about itself."""
    found = answered(("p99 < 20ms",), baseline="pull-batch/old", old=SLOW, new=FAST)

    assert [str(s.verdict) for s in found.standings] == ["fail", "pass"]


def test_a_baseline_without_a_figure_meets_no_rule_about_it() -> None:
    """One of its trials tells no rate, so nobody knows what the others would be held to."""
    run = run_of(
        {"old": FAST, "new": FAST},
        changes={"success": ("acked_rate vs baseline >= -10%",), "baseline": "pull-batch/old"},
    )
    (workload,) = run.workloads
    old, new = workload.cells
    silent = with_trials(old.cell, [replace(old.trials[0], rates={}), *old.trials[1:]])

    found = answer(replace(run, workloads=(replace(workload, cells=(silent, new)),)))

    assert found is not None
    (mark,) = found.standings[0].marks
    assert mark.verdict is Verdict.INCONCLUSIVE
    assert mark.reason == "it is the baseline and has 1 valid trial without acked rate"


def test_variants_of_the_same_settings_share_a_standing() -> None:
    """It bears all their names, and goes by the first."""
    run = run_of({"one": FAST}, changes={"success": ("p99 < 20ms",)})
    (workload,) = run.workloads
    (cell,) = workload.cells
    names = (*cell.cell.variants, VariantName(config="acks", variant="usual"))
    shared = replace(cell, cell=replace(cell.cell, variants=names))

    found = answer(replace(run, workloads=(replace(workload, cells=(shared,)),)))

    assert found is not None
    (standing,) = found.standings
    assert standing.variant == "pull-batch/one"
    assert standing.names == ("pull-batch/one", "acks/usual")


def test_with_many_criteria_all_are_counted() -> None:
    """The sentence says what was asked."""
    found = answered(("p99 < 20ms", "lost == 0"), fast=FAST)

    assert found.sentence.startswith("Recommended: pull-batch/fast. It meets all 2 criteria and is")


def test_a_cell_that_is_invalid_by_itself_is_not_recommended_for_its_few_good_trials() -> None:
    """The fastest has two of five trials invalid: the next best is taken, and the run stands."""
    found = answered(
        slower=SLOWER,
        fast=(None, None, 5.0, 5.0, 5.0),
        b=SLOWER,
        c=SLOWER,
        d=SLOWER,
        e=SLOWER,
    )

    assert found.recommended != "pull-batch/fast"
    assert "pull-batch/fast" in found.undecided
    assert found.verdict is Verdict.PASS


def test_an_invalid_baseline_does_not_pass_for_being_the_baseline() -> None:
    """It is compared with itself, but two of its five trials could not be measured."""
    found = answered(
        ("p99 vs baseline <= +10%",),
        baseline="pull-batch/old",
        old=(None, None, 10.0, 10.0, 10.0),
        new=FAST,
    )

    assert {standing.verdict for standing in found.standings} == {Verdict.INVALID}
    assert found.verdict is Verdict.INVALID


def test_an_invalid_baseline_leaves_nothing_of_its_workload() -> None:
    """Five sound cells and a limit that asks for no baseline: its trials failed on their host."""
    found = answered(
        ("p99 < 20ms",),
        baseline="pull-batch/old",
        **dict.fromkeys("abcde", FAST),
        old=(None, None, 10.0, 10.0, 10.0),
    )

    assert {standing.verdict for standing in found.standings} == {Verdict.INVALID}


def test_where_acks_differ_a_recommendation_goes_by_completion() -> None:
    """By end-to-end it would recommend whoever acks before the work."""
    early = Settings.model_validate({"ack": {"timing": "after-validation"}})
    run = run_of({"early": FAST, "late": SLOW}, changes={"success": ("lost == 0",)})
    first, *others = run.plan.cells
    plan = replace(run.plan, cells=(replace(first, settings=early), *others))

    found, usual = answer(replace(run, plan=plan)), answer(run)

    assert found is not None
    assert usual is not None
    assert (found.primary, usual.primary) == ("completion p99", "end-to-end p99")


def test_where_every_other_variant_fails_an_invalid_one_leaves_the_answer_invalid() -> None:
    """Inconclusive asks for more blocks; what could not be measured asks for another host."""
    spoilt = (None, None, 10.0, 10.0, 10.0)

    found = answered(a=SLOW, b=SLOW, c=SLOW, d=SLOW, spoilt=spoilt)

    assert {str(s.verdict) for s in found.standings} == {"fail", "invalid"}
    assert found.verdict is Verdict.INVALID
    assert found.undecided == ("pull-batch/spoilt",)


def test_of_an_invalid_and_an_undecided_variant_more_blocks_may_still_find_one() -> None:
    """So the answer is the kinder of the two to work on: inconclusive."""
    spoilt = (None, None, 10.0, 10.0, 10.0)

    found = answered(a=SLOW, b=SLOW, c=SLOW, spoilt=spoilt, unsure=UNSURE)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.undecided == ("pull-batch/spoilt", "pull-batch/unsure")


def test_invalid_under_one_workload_outranks_undecided_under_another() -> None:
    """A variant stands by its worst mark, and one that cannot be relied on is worse than unsure."""
    first = run_of({"a": (None, None, 10.0, 10.0, 10.0)}, workloads=("w", "x"))
    other = run_of(
        {"a": UNSURE}, workloads=("w", "x"), changes={"success": ("p99 < 20ms",), "baseline": ""}
    )
    mixed = replace(other, workloads=(other.workloads[0], first.workloads[1]))

    found = answer(mixed)

    assert found is not None
    (standing,) = found.standings
    assert [str(mark.verdict) for mark in standing.marks] == ["inconclusive", "invalid"]
    assert standing.verdict is Verdict.INVALID
