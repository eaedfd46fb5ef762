"""The Markdown summary of a verdict."""

from dataclasses import replace

from bench.gate import markdown
from tests.gate.outcomes import HOSTILE, OUTCOMES, result_of

GOLDEN = """\
## ✕ jetbench gate: fail

1 of 4 gates broken.

4 gates: 1 pass, 1 fail, 1 inconclusive, 1 invalid. Rules: `gates.yaml`; run: `gate-1`.

| Verdict | Workload | Candidate | Rule | Baseline | Candidate's figure | Change (90 % interval) \
| p, no worse | p, margin | Blocks |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| ✕ fail | `small-events` | `candidate/new` | `end_to_end_p99 vs baseline <= +10%` | 10.0 ms \
| 12.1 ms | +21 % (+18 % to +24 %) | 0.0004 | 0.97 | 5 |
| ✕ invalid | `small-events` | `candidate/new` | `server_cpu vs baseline <= +10%` |  |  |  | \
 |  | 5 |
| ▲ inconclusive | `small-events` | `candidate/new` | `end_to_end_p50 < 10ms` |  | 9.996 ms |  \
| 1.00 | 0.60 | 5 |
| ✓ pass | `small-events` | `candidate/new` | `lost == 0` |  |  |  |  |  | 5 |

p, no worse: of "no worse than the baseline" or "the limit holds", one-sided, after Holm; \
a fail needs it below 0.05. \
p, margin: of "worse by the margin or more" or "the limit is broken", one-sided; \
a pass has it below 0.05.

- ✕ **fail** `end_to_end_p99 vs baseline <= +10%`, `small-events`, `candidate/new`: +21 %: worse
- ✕ **invalid** `server_cpu vs baseline <= +10%`, `small-events`, `candidate/new`: 2 of 5 blocks \
invalid
- ▲ **inconclusive** `end_to_end_p50 < 10ms`, `small-events`, `candidate/new`: could be on either \
side

**Before relying on it**

- 3 blocks fail nothing.
"""


def test_a_verdict_is_a_page_for_people() -> None:
    """The document as it is written today; verdicts are words beside their marks."""
    result = result_of(*OUTCOMES, warnings=("3 blocks fail nothing.",))

    assert markdown.render(result) == GOLDEN


def test_hostile_names_stay_text() -> None:
    """A name must not become a link, a heading, a mention or a column of its own."""
    outcome = replace(OUTCOMES[0], candidate=HOSTILE, reason=f"{HOSTILE}\n# head @someone")

    written = markdown.render(result_of(outcome))

    row = next(line for line in written.splitlines() if line.startswith("| ✕ fail"))
    assert row.replace("\\|", "").count("|") == 11
    assert "`code`" not in row
    reason = next(line for line in written.splitlines() if line.startswith("- ✕ **fail"))
    prose = reason.rpartition("`: ")[2]
    assert "\\<script\\>" in prose
    assert "\\[link\\]" in prose
    assert "\\# head \\@someone" in prose
