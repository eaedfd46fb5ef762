"""What a gate or a matrix's criteria say, on top of the report."""

import json
from dataclasses import replace

import pytest

from bench.analysis.figures import RunFigures
from bench.gate.verdict import GateResult, Sides, judge
from bench.plan.model import VariantName
from bench.report import build, html, judgement
from bench.report.model import Gallery, Notice, Section, Table, Tone, plain
from tests.gate.figures import gates
from tests.report.factory import run_figures
from tests.report.trial_factory import Variant

BASE = Variant(names=("c/base",), settings={"pull": {"batch": 1}}, p50_ms=1.0)
SLOW = Variant(names=("c/slow",), settings={"pull": {"batch": 2}}, p50_ms=1.5)
RULES = ("p99 vs baseline <= +10%", "lost == 0")


@pytest.fixture(scope="module")
def figures() -> RunFigures:
    return run_figures(variants=(BASE, SLOW), workloads=("w",), with_fault=False)


@pytest.fixture(scope="module")
def red(figures: RunFigures) -> GateResult:
    sides = Sides(baseline=VariantName(config="c", variant="base"))
    return judge(figures, gates(*RULES), sides)


def gate_section(figures: RunFigures, result: GateResult) -> Section:
    (section,) = judgement.sections(figures, result)
    return section


def test_the_verdict_is_the_first_thing_on_the_page(figures: RunFigures, red: GateResult) -> None:
    """Who opens the report of a red build looks for one sentence."""
    page = html.render(figures, red)

    assert page.index('id="gate"') < page.index('id="answers"') < page.index('id="trust"')


def test_a_red_gate_is_red_in_words_and_its_rule_comes_first(
    figures: RunFigures, red: GateResult
) -> None:
    """A colour alone is nothing on paper; the rule that failed must not be searched for."""
    section = gate_section(figures, red)
    verdict, table = section.blocks[0], next(b for b in section.blocks if isinstance(b, Table))

    assert isinstance(verdict, Notice)
    assert (verdict.tone, verdict.word) == (Tone.BAD, "✕ Fail")
    assert "worse, and by +10 % or more" in plain(verdict.sentence)
    assert [row.entries[0].text for row in table.rows] == ["✕ fail", "✓ pass"]
    assert table.rows[0].names == ("end_to_end_p99 vs baseline <= +10%",)


def test_the_margin_stands_beside_the_change(figures: RunFigures, red: GateResult) -> None:
    """Whether +50 % is much depends on what the rule allows: up to a ratio of 1.1."""
    section = gate_section(figures, red)
    gallery = next(b for b in section.blocks if isinstance(b, Gallery))
    document = json.loads(gallery.plots[0].document)
    band = next(shape for shape in document["layout"]["shapes"] if shape["type"] == "rect")
    fail = next(trace for trace in document["data"] if trace["name"] == "fail")

    assert (band["x0"], band["x1"]) == pytest.approx((1.0, 1.1))
    assert fail["x"][0] > band["x1"]


def test_without_gate_and_criteria_nothing_is_judged(figures: RunFigures) -> None:
    """A heading over no verdict would read as one."""
    assert build.build(figures).judgements == ()
    assert judgement.sentence(figures, None) == ""


def test_a_matrix_with_criteria_is_answered(figures: RunFigures) -> None:
    """The question of the matrix deserves a sentence, and each variant its reason."""
    plan = replace(figures.plan, success=("p99 < 5ms",), primary="end_to_end_p99")
    asked = replace(figures, plan=plan)
    (section,) = judgement.sections(asked, None)
    verdict, table = section.blocks
    assert isinstance(verdict, Notice)
    assert isinstance(table, Table)

    assert verdict.word == "✓ Met"
    assert plain(verdict.sentence).startswith("Recommended: c/base.")
    assert [row.entries[0].text for row in table.rows] == ["✓ pass", "✕ fail"]
    assert "the rule is broken" in table.rows[1].entries[-1].text
    assert judgement.sentence(asked, None).startswith("✓ Recommended: c/base.")


def test_what_is_said_of_all_variants_is_not_said_in_each_row(figures: RunFigures) -> None:
    """Made-up p99.9 of two blocks decides nothing for anybody: once above, never in the rows."""
    plan = replace(figures.plan, success=("p99.9 < 1h",))
    few = [
        replace(w, cells=tuple(replace(c, trials=c.trials[:2]) for c in w.cells))
        for w in figures.workloads
    ]
    (section,) = judgement.sections(replace(figures, plan=plan, workloads=tuple(few)), None)
    verdict, table = section.blocks
    assert isinstance(verdict, Notice)
    assert isinstance(table, Table)

    assert plain(verdict.sentence).count("2 valid blocks") == 1
    assert [row.entries[-1].text for row in table.rows] == ["as for all, see above"] * 2


def test_a_command_in_a_warning_is_set_as_one_and_escaped(
    figures: RunFigures, red: GateResult
) -> None:
    """Backticks are for terminals; what stands between them may hold a file's name."""
    warned = replace(red, warnings=("`jetbench calibrate --rules <b>.yaml` is due",))

    page = html.render(figures, warned)

    assert "<code>jetbench calibrate --rules &lt;b&gt;.yaml</code> is due" in page
