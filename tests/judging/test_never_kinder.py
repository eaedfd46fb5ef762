"""No verdict is better than the truth: the judging half on made-up runs (MEASUREMENT.md R17)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import pytest

from bench.analysis.figures import RunFigures
from bench.analysis.summary import summarise
from bench.core.errors import ExitCode
from bench.core.marks import State
from bench.gate.criteria import answer
from bench.gate.unasked import falls_short
from bench.gate.verdict import Sides, exit_code
from bench.gate.verdict import judge as judge_gate
from bench.judgement.boxes import DECIDED
from bench.judgement.choosing import KEEP
from bench.judgement.judge import judge
from bench.judgement.model import Judgement, Pace, Side
from bench.plan.model import VariantName
from bench.spec.criteria import parse_criterion
from bench.stats.compare import Verdict
from tests.gate.figures import gates
from tests.judging.worlds import Fate, Truth, World, world

WORLDS = 40
CELLS = ("base", "one", "two")
BASELINE = VariantName(config="pull-batch", variant="base")
LIMIT_NS, MARGIN = 8e6, 1.10
LIMIT, CHANGE, STABLE = "p95 < 8ms", "p95 vs baseline <= +10%", "lag.verdict == stable"
SHORTFALLS = ("lost", "refused", "unconfirmed", "not_sent")
RULES = (LIMIT, CHANGE, STABLE, *(f"{word} == 0" for word in SHORTFALLS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A run's figures beside what is so of it."""

    truths: dict[str, list[Truth]]
    figures: RunFigures


@pytest.fixture(scope="module", params=range(WORLDS))
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """One of many runs in which trials and cells fare differently; each number is another."""
    luck = Random(request.param)  # noqa: S311 - made-up trials, not secrets
    blocks = luck.choice((2, 5, 5, 6))
    fates = {name: _fates(luck, blocks) for name in CELLS}
    changes = {"success": RULES, "baseline": str(BASELINE), "primary": "end_to_end_p95"}
    made: World = world(tmp_path_factory.mktemp("world") / "run", fates, changes, request.param)
    return Seen(truths=made.truths, figures=summarise(made.store))


def _fates(luck: Random, blocks: int) -> list[Fate]:
    """A cell's trials: alike, but for what befalls one in seven."""
    nature = Fate(
        handler_ms=luck.choice((2.0, 2.0, 2.6, 20.0)),
        behind=luck.choice((0.0, 0.0, 0.0, 0.2)),
        stops=luck.choice((1.0,) * 7 + (0.85,)),
        early=luck.random() < 0.3,
    )
    return [_befallen(nature, luck) if luck.random() < 1 / 7 else nature for _ in range(blocks)]


def _befallen(nature: Fate, luck: Random) -> Fate:
    some = luck.choice((1, 20, 400))
    kinds: Sequence[dict[str, object]] = (
        {"refused": some},
        {"unsent": 20},  # of more, the generator is the cause, and the trial invalid
        {"unanswered": some},
        {"vanished": some},
        {"stalled": True},
        {"stops": 0.8},
        {"invalid": True},
        {"invalid": True, "vanished": some},
    )
    return replace(nature, **luck.choice(kinds))  # type: ignore[arg-type]


def test_no_criterion_is_met_better_than_the_truth(seen: Seen) -> None:
    """A pass is a promise: it never rests on a trial that hid what befell it."""
    found = answer(seen.figures)

    assert found is not None
    untrue = [
        (standing.variant, mark.rule)
        for standing in found.standings
        for mark in standing.marks
        if mark.verdict is Verdict.PASS and not _holds(mark.rule, standing.variant, seen)
    ]
    assert untrue == []


def test_what_is_recommended_meets_every_criterion(seen: Seen) -> None:
    """Somebody will run it in production."""
    found = answer(seen.figures)

    assert found is not None
    if found.recommended:
        assert [rule for rule in RULES if not _holds(rule, found.recommended, seen)] == []


def test_no_gate_passes_better_than_the_truth(seen: Seen) -> None:
    """What a build goes by; its exit code is 0 only where every rule holds."""
    result = judge_gate(seen.figures, gates(*RULES), Sides(baseline=BASELINE))

    untrue = [
        (outcome.candidate, outcome.rule)
        for outcome in result.outcomes
        if outcome.verdict is Verdict.PASS and not _holds(outcome.rule, outcome.candidate, seen)
    ]
    assert untrue == []
    sound = all(_holds(rule, f"x/{name}", seen) for rule in RULES for name in CELLS[1:])
    assert sound or exit_code(result, inconclusive_fails=True) is not ExitCode.OK


def test_a_message_that_fell_short_is_never_overlooked(seen: Seen) -> None:
    """`jetbench run` ends with 1 for one such message in any trial, though no rule asks for it."""
    whole = all(truth.whole for truths in seen.truths.values() for truth in truths)

    assert falls_short((), seen.figures.workloads[0]) is not whole


def test_no_figure_is_better_than_the_truth(seen: Seen) -> None:
    """What tables show: a percentile that never came is no number, and lag is not calm."""
    for cell in seen.figures.workloads[0].cells:
        known = zip(cell.trials, seen.truths[cell.cell.id], strict=True)
        truths = [truth for trial, truth in known if trial.record.valid]
        endless = any(math.isinf(truth.end_to_end_ns_p95) for truth in truths)
        assert not endless or "end_to_end_ns_p95" not in cell.estimates
        behind = any(truth.falls_behind for truth in truths)
        assert not behind or cell.lag_verdict not in ("stable", "draining")


@pytest.fixture(scope="module")
def judgements(seen: Seen) -> tuple[Judgement, ...]:
    """What the figures say by themselves, by the criteria, and by a gate."""
    unasked = replace(seen.figures, plan=replace(seen.figures.plan, success=()))
    gate = judge_gate(unasked, gates(LIMIT, CHANGE), Sides(baseline=BASELINE))
    return judge(unasked), judge(seen.figures), judge(unasked, gate)


def test_no_box_is_kinder_than_the_truth(seen: Seen, judgements: tuple[Judgement, ...]) -> None:
    """A green mark is a promise on all cells, whatever was asked."""
    truths = [truth for of in seen.truths.values() for truth in of]

    for found in judgements:
        boxes = found.boxes
        if boxes.failed.state is State.HOLDS:
            assert all(truth.whole and truth.valid for truth in truths)
            assert not any(truth.falls_behind for truth in truths)
        if boxes.keeps_up.state is State.HOLDS:
            assert not any(truth.falls_behind for truth in truths if truth.valid)
            assert not any(truth.counts["refused"] for truth in truths)


def test_nothing_is_chosen_that_falls_short(seen: Seen, judgements: tuple[Judgement, ...]) -> None:
    """Somebody will run it in production; that a baseline is to be kept is a choice too."""
    for found in judgements:
        word = found.boxes.choose.word
        name = "base" if word == KEEP else word.removeprefix("Take ").rpartition("/")[2]
        for each in name.replace(" and ", ", ").split(", ") if _chooses(word) else ():
            truths = seen.truths[each]
            assert all(truth.whole for truth in truths)
            assert not any(truth.falls_behind for truth in truths if truth.valid)


def test_a_fault_is_in_the_headline(seen: Seen, judgements: tuple[Judgement, ...]) -> None:
    """It is all that many read: no run in which anything fell short is praised without it."""
    first, *asked = judgements
    poor = [name for name in CELLS if not all(truth.whole for truth in seen.truths[name])]
    words = (*(word.replace("_", " ") for word in SHORTFALLS), "No valid trial")

    if poor:
        assert first.state is State.FAILS
        for found in (first, *(each for each in asked if each.state is State.HOLDS)):
            assert any(word in found.headline for word in words)


def test_no_pass_is_shown_for_what_falls_short(
    seen: Seen, judgements: tuple[Judgement, ...]
) -> None:
    """A gate that asks nothing of the kind passes; its headline must not stop there."""
    found = judgements[2]

    if found.state is State.HOLDS:
        truths = [truth for name in CELLS[1:] for truth in seen.truths[name]]
        assert all(truth.whole for truth in truths)
        assert not any(truth.falls_behind for truth in truths if truth.valid)


def test_no_side_is_better_than_the_truth(seen: Seen, judgements: tuple[Judgement, ...]) -> None:
    """Better is what carried every message, kept up, and took less in the blocks it shares."""
    for found in judgements:
        for cell in found.workloads[0].cells[1:]:
            truths = seen.truths[cell.short]
            better = [c.metric.key for c in cell.changes.values() if c.side is Side.BETTER]
            if better:
                assert all(truth.whole for truth in truths)
                assert not any(truth.falls_behind for truth in truths if truth.valid)
            if "end_to_end_ns_p95" in better:
                base = seen.truths["base"]
                pairs = zip(truths, base, strict=True)
                valid = [(a, b) for a, b in pairs if a.valid and b.valid]
                assert _typical([a for a, _ in valid]) < _typical([b for _, b in valid])


def test_what_keeps_up_does(seen: Seen, judgements: tuple[Judgement, ...]) -> None:
    """By cell, as by box."""
    for cell in judgements[0].workloads[0].cells:
        truths = seen.truths[cell.short]
        if cell.pace is Pace.KEEPS_UP:
            assert not any(truth.falls_behind for truth in truths if truth.valid)
        if cell.state is State.HOLDS:
            assert all(truth.whole for truth in truths)


def test_what_is_decided_has_blocks_to_decide_by(
    seen: Seen, judgements: tuple[Judgement, ...]
) -> None:
    """Of five whole pairs at least, counted from the truth."""
    for found in judgements:
        if found.boxes.sure.word == DECIDED:
            base = seen.truths["base"]
            for name in CELLS:
                both = zip(seen.truths[name], base, strict=True)
                assert sum(a.valid and b.valid for a, b in both) >= 5


def _chooses(word: str) -> bool:
    return word == KEEP or word.startswith("Take ")


def _holds(rule: str, variant: str, seen: Seen) -> bool:
    """Whether a rule holds in truth, by all trials that were measured properly."""
    truths = seen.truths[variant.partition("/")[2]]
    asked = parse_criterion(rule)
    if asked.subject in SHORTFALLS:
        return not any(truth.counts[asked.subject] for truth in truths)
    valid = [truth for truth in truths if truth.valid]
    if len(valid) < 0.8 * len(truths):
        return False
    if asked == parse_criterion(STABLE):
        return not any(truth.falls_behind for truth in valid)
    if asked == parse_criterion(LIMIT):
        return _typical(valid) < LIMIT_NS
    base = [truth for truth in seen.truths["base"] if truth.valid]
    return truths is seen.truths["base"] or _typical(valid) / _typical(base) < MARGIN


def _typical(truths: Sequence[Truth]) -> float:
    """The geometric mean over trials; endless when one of them is."""
    return math.exp(sum(math.log(truth.end_to_end_ns_p95) for truth in truths) / len(truths))
