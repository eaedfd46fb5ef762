"""JUnit XML as CI systems read it."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from bench.gate import junit
from bench.stats.compare import Verdict
from tests.gate.outcomes import HOSTILE, OUTCOMES, result_of

GOLDEN = """\
<?xml version='1.0' encoding='utf-8'?>
<testsuites name="jetbench gate gates.yaml" tests="4" failures="2" errors="1" skipped="0">
  <testsuite name="small-events" tests="4" failures="2" errors="1" skipped="0">
    <testcase classname="small-events.candidate/new" name="end_to_end_p99 vs baseline &lt;= +10%">
      <failure message="+21 %: worse" type="fail">end_to_end_p99 vs baseline &lt;= +10%: +21 %: \
worse (p 0.0004 of "no worse than the baseline" or "the limit holds", one-sided, after Holm; \
p 0.97 of "worse by the margin or more" or "the limit is broken", one-sided)</failure>
    </testcase>
    <testcase classname="small-events.candidate/new" name="server_cpu vs baseline &lt;= +10%">
      <error message="2 of 5 blocks invalid" type="invalid">server_cpu vs baseline &lt;= +10%: \
2 of 5 blocks invalid</error>
    </testcase>
    <testcase classname="small-events.candidate/new" name="end_to_end_p50 &lt; 10ms">
      <failure message="could be on either side" type="inconclusive">end_to_end_p50 &lt; 10ms: \
could be on either side (p 1.00 of "no worse than the baseline" or "the limit holds", one-sided, \
after Holm; p 0.60 of "worse by the margin or more" or "the limit is broken", one-sided)</failure>
    </testcase>
    <testcase classname="small-events.candidate/new" name="lost == 0" />
  </testsuite>
</testsuites>
"""


def test_a_verdict_is_a_test_for_each_gate() -> None:
    """The document as it is written today; a reader of JUnit must find every gate and its why."""
    assert junit.render(result_of(*OUTCOMES), inconclusive_fails=True) == GOLDEN


def test_what_only_warns_is_skipped() -> None:
    """A failure in the list of tests, beside an exit code of 0, would confuse everybody."""
    root = ET.fromstring(  # noqa: S314 - our own text
        junit.render(result_of(*OUTCOMES), inconclusive_fails=False)
    )

    assert (root.get("failures"), root.get("skipped")) == ("1", "1")
    assert root.find(".//skipped[@message='could be on either side']") is not None


@pytest.mark.parametrize("text", [HOSTILE, "]]>", "\x00\x1b[31m\ud800", "x" * 500, "مرحبا 🚀"])
def test_any_text_comes_out_as_text(text: str) -> None:
    """Names come from files and messages from servers: none may break the document."""
    outcome = replace(OUTCOMES[0], candidate=text, reason=text, workload=text)

    written = junit.render(result_of(outcome), inconclusive_fails=True)

    root = ET.fromstring(written)  # noqa: S314 - our own text
    failure = root.find(".//failure")
    assert failure is not None
    shown = failure.get("message") or ""
    assert len(shown) == len(text)
    assert all(b in (a, "\N{REPLACEMENT CHARACTER}") for a, b in zip(text, shown, strict=True))


def test_workloads_are_suites() -> None:
    """What fails under one workload alone should be seen at a glance."""
    outcomes = [replace(OUTCOMES[3], workload=name) for name in ("a", "b", "a")]
    root = ET.fromstring(  # noqa: S314 - our own text
        junit.render(result_of(*outcomes), inconclusive_fails=True)
    )

    suites = [(suite.get("name"), suite.get("tests")) for suite in root]
    assert suites == [("a", "2"), ("b", "1")]
    assert OUTCOMES[3].verdict is Verdict.PASS
