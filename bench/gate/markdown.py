"""A verdict as Markdown: the summary of a CI job, or a comment below a change."""

import re

from bench.analysis.paired import bound_sign
from bench.core import text
from bench.gate.states import mark_of, marked
from bench.gate.verdict import (
    P_MARGIN_MEANING,
    P_MARGIN_WORDS,
    P_MEANING,
    P_WORDS,
    GateOutcome,
    GateResult,
)
from bench.spec.metrics import metric_of
from bench.stats.compare import Verdict

_HEAD = (
    "Verdict",
    "Workload",
    "Candidate",
    "Rule",
    "Baseline",
    "Candidate's figure",
    "Change (90 % interval)",
    P_WORDS,
    P_MARGIN_WORDS,
    "Blocks",
)


def render(result: GateResult) -> str:
    """Return a verdict as Markdown, worst gate first."""
    counts = ", ".join(
        f"{count} {verdict}" for verdict in Verdict if (count := result.count(verdict))
    )
    lines = [
        f"## {mark_of(result.verdict)} jetbench gate: {result.verdict}",
        "",
        _text(result.sentence),
        "",
        *([_text(result.description), ""] if result.description else []),
        f"{text.plural(len(result.outcomes), 'gate')}: {counts}. Rules: "
        f"{_code(result.gates_file)}; run: {_code(result.run_id)}.",
        "",
        _row(_HEAD),
        _row(["---"] * len(_HEAD)),
        *(_row(_cells(outcome)) for outcome in result.outcomes),
        "",
        f"{P_WORDS}: {P_MEANING}; a fail needs it below 0.05. "
        f"{P_MARGIN_WORDS}: {P_MARGIN_MEANING}; a pass has it below 0.05.",
        "",
        *_reasons(result),
    ]
    if result.warnings:
        lines += ["", "**Before relying on it**", ""]
        lines += [f"- {_text(warning)}" for warning in result.warnings]
    return "\n".join(lines).rstrip("\n") + "\n"


def _reasons(result: GateResult) -> list[str]:
    unpassed = [each for each in result.outcomes if each.verdict is not Verdict.PASS]
    return [
        f"- {mark_of(each.verdict)} **{each.verdict}** {_code(each.rule)}, "
        f"{_code(each.workload)}, {_code(each.candidate)}: {_text(each.reason)}"
        for each in unpassed
    ]


def _cells(outcome: GateOutcome) -> list[str]:
    return [
        marked(outcome.verdict),
        _code(outcome.workload),
        _code(outcome.candidate),
        _code(outcome.rule),
        baseline_figure(outcome),
        candidate_figure(outcome),
        change(outcome),
        *("" if p is None else text.p_value(p) for p in (outcome.p_adjusted, outcome.p_margin)),
        str(outcome.blocks),
    ]


def baseline_figure(outcome: GateOutcome) -> str:
    """Write the baseline's figure, with `≥` where it is more; empty where there is none."""
    return _figure(outcome.baseline_value, outcome, at_least=outcome.baseline_at_least)


def candidate_figure(outcome: GateOutcome) -> str:
    """Write the candidate's figure, with `≥` where it is more; empty where there is none."""
    return _figure(outcome.candidate_value, outcome, at_least=outcome.candidate_at_least)


def _figure(amount: float | None, outcome: GateOutcome, *, at_least: bool) -> str:
    if amount is None:
        return ""
    if not outcome.unit:
        return text.count(round(amount))
    written = metric_of(outcome.metric).written(amount, limit=outcome.limit)
    return f"{'≥ ' if at_least else ''}{written}"


def change(outcome: GateOutcome) -> str:
    """Write an outcome's change with its interval; empty where nothing was compared."""
    if outcome.change is None or outcome.low is None or outcome.high is None:
        return ""
    metric, relative, margin = metric_of(outcome.metric), outcome.relative, outcome.margin
    middle = metric.written_change(outcome.change, relative=relative, limit=margin)
    ends = metric.written_interval(outcome.low, outcome.high, relative=relative, limit=margin)
    sign = bound_sign(outcome.baseline_at_least, outcome.candidate_at_least)
    return f"{sign}{middle} ({ends})"


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Return text that Markdown shows as it stands, on one line and within a table's cell."""
    line = " ".join(text.split())
    return re.sub(r"[\\`*\[\]<>|~&@#]|(?<!\w)_|_(?!\w)", r"\\\g<0>", line)


def _code(text: str) -> str:
    """Return a name or rule as code; a backtick in it would end the code and gives way."""
    line = " ".join(text.split()).replace("`", "'").replace("|", "\\|")
    return f"`{line}`"
