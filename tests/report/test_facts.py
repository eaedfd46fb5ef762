"""The head of a report: what came out, and what could not have been seen."""

from dataclasses import replace

import pytest

from bench.analysis.figures import RunFigures
from bench.gate.verdict import GateOutcome, GateResult
from bench.report import facts
from bench.report.model import Fact, Tone
from bench.stats.compare import Verdict
from tests.gate.outcomes import OUTCOMES, result_of
from tests.report.factory import run_figures
from tests.report.test_forest import both_fallen_behind
from tests.report.trial_factory import Variant

ONE = Variant(names=("c/one",), settings={"pull": {"batch": 1}}, p50_ms=1.0)
TWO = Variant(names=("c/two",), settings={"pull": {"batch": 2}}, p50_ms=1.1)


def figures(blocks: int) -> RunFigures:
    return run_figures(variants=(ONE, TWO), workloads=("w",), blocks=blocks)


def fact(word: str, blocks: int = 5, gate: GateResult | None = None) -> Fact:
    return next(each for each in facts.facts(figures(blocks), gate) if each.word == word)


def test_a_gate_counts_its_verdicts_at_the_top() -> None:
    """How much failed, and how much could not be decided, before any table."""
    found = fact("Gates", gate=result_of(*OUTCOMES))

    counts = {verdict: sum(o.verdict is verdict for o in OUTCOMES) for verdict in Verdict}
    assert found.detail == ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n)
    assert found.tone is Tone.BAD
    assert not any(each.word == "Gates" for each in facts.facts(figures(5), None))


@pytest.mark.parametrize(("planned", "detail"), [(5, "seed 1"), (3, "2 on top; seed 1")])
def test_blocks_on_top_are_told(planned: int, detail: str) -> None:
    """A gate that confirmed on twice its blocks has measured more than it planned."""
    found = figures(5)
    plan = replace(found.plan, blocks=planned, seed=1)
    (blocks,) = (f for f in facts.facts(replace(found, plan=plan), None) if f.word == "Blocks")

    assert (blocks.text, blocks.detail) == (str(planned), detail)


def test_what_could_not_have_been_seen_stands_beside_what_was() -> None:
    """A comparison without it reads as if everything smaller were equal."""
    found = fact("Smallest visible change")

    assert found.text.removesuffix("%").strip()[0].isdigit()
    assert found.detail.startswith("of end-to-end p99: a true change must be that large to show")


@pytest.mark.parametrize(
    ("shares", "words"), [((0.031, 0.2), "3.1 % at best, 20 % at worst"), ((0.05,), "5.0 %")]
)
def test_a_gate_tells_the_range_of_its_figures(shares: tuple[float, ...], words: str) -> None:
    """The bluntest figure is the one that a regression would hide behind."""
    outcomes = [visible(OUTCOMES[0], share) for share in shares]

    found = fact("Smallest visible change", gate=result_of(*outcomes))

    assert found.text == words


def visible(outcome: GateOutcome, share: float) -> GateOutcome:
    return replace(outcome, relative=True, smallest_visible=share)


def test_what_fell_behind_does_not_tell_how_small_a_change_would_have_shown() -> None:
    """Bounds hardly scatter: "0.6 %" stood here of a run in which no p99 was ever measured."""
    run = replace(figures(5), workloads=(both_fallen_behind(50.0, 99.0),))

    (found,) = (each for each in facts.facts(run, None) if each.word == "Smallest visible change")

    assert (found.text, found.detail) == (
        "n/a",
        "too many messages never came to tell how large a change would have shown",
    )


def test_too_few_blocks_see_nothing_and_say_so() -> None:
    """n/a, not 0: with 0 every difference would seem visible."""
    found = fact("Smallest visible change", blocks=1)

    assert found.text == "n/a"
