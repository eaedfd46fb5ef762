"""What counts against a variant whether or not a rule asks for it."""

from dataclasses import replace

import pytest

from bench.analysis.figures import CellFigures, RunFigures
from bench.gate.criteria import answer
from bench.gate.unasked import falls_short, may_fall_short
from bench.gate.verdict import Sides, judge
from bench.spec.cast import Weight
from bench.spec.criteria import parse_criterion
from bench.stats.compare import Verdict
from tests.analysis import runs
from tests.gate.figures import BASELINE, counting, figures_of, gates, trial_of, with_trials

SHORT = ("lost", "refused", "unconfirmed")


def cell(name: str, time_ms: float = 10.0, **counts: int) -> CellFigures:
    """A cell of five trials that hardly scatter, the last of which counts so."""
    place = runs.cell(name)
    trials = [trial_of(place, block, time_ms + block / 100) for block in range(1, 6)]
    return with_trials(place, [*trials[:4], counting(trials[4], **counts)])


def run(*cells: CellFigures, success: tuple[str, ...] = ()) -> RunFigures:
    plan = runs.plan([each.cell for each in cells], blocks=5)
    return figures_of(replace(plan, success=success, quick=False), {"small-events": cells})


@pytest.mark.parametrize("word", SHORT)
def test_a_variant_that_falls_short_is_not_recommended(word: str) -> None:
    """The fast one lost, or refused, a message; no criterion asks, and it is not to be taken."""
    figures = run(cell("fast", **{word: 1}), cell("slow", 15.0), success=("p99 < 20ms",))

    found = answer(figures)

    assert found is not None
    assert found.recommended == "pull-batch/slow"
    assert found.rules == ("end_to_end_p99 < 20ms", f"{word} == 0")
    assert [str(standing.verdict) for standing in found.standings] == ["fail", "pass"]


def test_where_all_falls_short_the_goal_is_missed() -> None:
    """49 % of the publishes refused is no "meets all criteria"."""
    found = answer(run(cell("only", refused=6_860), success=("p99 < 20ms",)))

    assert found is not None
    assert (found.recommended, found.verdict) == ("", Verdict.FAIL)


def test_a_criterion_may_allow_some() -> None:
    """Who writes that a tenth of a percent may be refused gets a recommendation."""
    success = ("p99 < 20ms", "refused <= 0.1%")

    found = answer(run(cell("only", refused=14), success=success))

    assert found is not None
    assert (found.recommended, found.rules[1:]) == ("pull-batch/only", ("refused <= 0.1%",))


@pytest.mark.parametrize("word", SHORT)
def test_a_gate_is_red_for_what_it_was_not_asked(word: str) -> None:
    """A gate on p99 alone must not pass a server that became fast by refusing."""
    figures = run(cell("old"), cell("new", **{word: 1}))

    found = judge(figures, gates("p99 vs baseline <= +10%"), Sides(baseline=BASELINE))

    assert found.verdict is Verdict.FAIL
    assert [(o.workload, o.rule, str(o.verdict)) for o in found.outcomes] == [
        ("small-events", f"{word} == 0", "fail"),
        ("small-events", "end_to_end_p99 vs baseline <= +10%", "pass"),
    ]


def test_a_workloads_own_rule_may_allow_some() -> None:
    """It stands in the place of the unwritten one, as a general rule does."""
    own = gates("p99 vs baseline <= +10%", own={"small-events": ["refused <= 0.1%"]})

    found = judge(run(cell("old"), cell("new", refused=14)), own, Sides(baseline=BASELINE))

    assert [str(outcome.verdict) for outcome in found.outcomes] == ["pass", "pass"]


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"small-events": ["p99 < 1s"], "bursts": []}, ["fail", "pass"]),
        ({"small-events": ["p99 < 1s"]}, ["pass"]),
    ],
)
def test_a_workload_that_a_gate_measures_needs_no_rule_to_fail_by_its_losses(
    own: dict[str, list[str]], said: list[str]
) -> None:
    """`bursts: []` is measured by the gate; a workload that its file never names is not its own."""
    losing = with_trials(
        runs.cell("burst", workload="bursts"),
        [
            counting(trial_of(runs.cell("burst", workload="bursts"), block, 10.0), lost=1)
            for block in range(1, 6)
        ],
    )
    sound = cell("new")
    figures = figures_of(
        replace(runs.plan([sound.cell, losing.cell], blocks=5), quick=False),
        {"small-events": [sound], "bursts": [losing]},
    )

    found = judge(figures, gates(own=own), Sides(baseline=None))

    assert [str(outcome.verdict) for outcome in found.outcomes] == said


def test_a_gate_that_all_messages_pass_shows_only_its_own_rules() -> None:
    """Rules that nobody wrote and nobody broke would only make the table longer."""
    found = judge(
        run(cell("old"), cell("new")), gates("p99 vs baseline <= +10%"), Sides(baseline=BASELINE)
    )

    assert [str(outcome.verdict) for outcome in found.outcomes] == ["pass"]
    assert found.warnings == ()


def test_a_candidate_does_not_fail_for_its_baseline_but_the_gate_says_so() -> None:
    """Old refused, new does not: that is the change somebody wanted."""
    found = judge(
        run(cell("old", refused=20, unconfirmed=1), cell("new")),
        gates("p99 vs baseline <= +10%"),
        Sides(baseline=BASELINE),
    )

    assert found.verdict is Verdict.PASS
    assert found.warnings == (
        "small-events: the baseline pull-batch/old itself had 20 messages refused, 1 unconfirmed; "
        "no rule fails for that.",
    )


@pytest.mark.parametrize(
    ("rules", "counts", "short"),
    [
        ((), {}, False),
        ((), {"refused": 1}, True),
        ((), {"published": 13_999}, True),
        ((), {"lost": -1}, False),  # nobody can tell
        ((), {"duplicates": 5}, False),
        (("refused <= 1%",), {"refused": 140}, False),
        (("refused <= 1%",), {"refused": 141}, True),
        (("refused <= 1%",), {"lost": 1}, True),
        (("refused >= 1",), {}, False),  # too few of them is a missed goal, not a shortfall
        (("lost == 0",), {"lost": 1}, True),
    ],
)
def test_a_run_falls_short_by_what_no_rule_allows(
    rules: tuple[str, ...], counts: dict[str, int], short: bool
) -> None:
    """It decides whether `jetbench run` ends with 1."""
    (workload,) = run(cell("sound"), cell("other", **counts)).workloads

    assert falls_short(tuple(map(parse_criterion, rules)), workload) is short


def test_a_loss_that_nobody_can_tell_is_not_recommended() -> None:
    """Perhaps it lost some: the slower one, which surely lost none, is to be taken."""
    figures = run(cell("fast", lost=-1), cell("slow", 15.0), success=("p99 < 20ms",))

    found = answer(figures)

    assert found is not None
    assert found.recommended == "pull-batch/slow"
    assert [str(standing.verdict) for standing in found.standings] == ["inconclusive", "pass"]


def test_a_gate_does_not_pass_what_perhaps_lost_messages() -> None:
    """Nobody asked, and nobody can tell: no green, and no red."""
    figures = run(cell("old"), cell("new", lost=-1))

    found = judge(figures, gates("p99 vs baseline <= +10%"), Sides(baseline=BASELINE))

    assert found.verdict is Verdict.INCONCLUSIVE
    assert [(o.rule, str(o.verdict)) for o in found.outcomes] == [
        ("lost == 0", "inconclusive"),
        ("end_to_end_p99 vs baseline <= +10%", "pass"),
    ]


@pytest.mark.parametrize(
    ("rules", "lost", "unsure"),
    [((), 0, False), ((), -1, True), ((), 1, False), (("lost <= 1%",), -1, True)],
)
def test_a_run_may_have_fallen_short_where_nobody_can_tell(
    rules: tuple[str, ...], lost: int, unsure: bool
) -> None:
    """Then `jetbench run` ends with 3: 0 says that every message went all the way."""
    (workload,) = run(cell("sound"), cell("other", lost=lost)).workloads

    assert may_fall_short(tuple(map(parse_criterion, rules)), workload) is unsure


@pytest.mark.parametrize(("trials", "doubtful"), [(0, False), (1, True)])
def test_a_single_trial_whose_loss_nobody_can_tell_is_a_doubt(trials: int, doubtful: bool) -> None:
    """A cell without trials is none: nothing was measured, and nothing lost."""
    cell = runs.cell("one")
    of_cell = [counting(trial_of(cell, 1, 10.0), lost=-1)][:trials]
    run = figures_of(runs.plan([cell], blocks=1), {"small-events": [with_trials(cell, of_cell)]})

    assert may_fall_short((), run.workloads[0]) is doubtful


def test_what_is_no_fault_of_one_variant_is_not_held_against_it_beside_another() -> None:
    """Reads through a cache may be stale; the server itself may not answer so."""
    strict, lax = cell("strict"), cell("lax", 15.0, refused=500)
    parts = tuple(
        replace(
            part,
            entries=tuple(
                replace(each, weight=Weight.NOTED, check="") if each.name == "refused" else each
                for each in part.entries
            ),
        )
        for part in lax.cell.cast.parts
    )
    lax.cell.__dict__["cast"] = replace(lax.cell.cast, parts=parts)
    figures = run(strict, lax, success=("p99 < 20ms",))

    found = answer(figures)

    assert found is not None
    assert found.rules == ("end_to_end_p99 < 20ms",)
    assert [str(standing.verdict) for standing in found.standings] == ["pass", "pass"]
    assert not any(falls_short((), each) for each in figures.workloads)
    broken = run(cell("strict", refused=1), lax, success=("p99 < 20ms",))
    told = answer(broken)
    assert told is not None
    assert [str(standing.verdict) for standing in told.standings] == ["fail", "pass"]
    assert any(falls_short((), each) for each in broken.workloads)
