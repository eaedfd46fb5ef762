"""A verdict as JUnit XML: what CI systems show as a list of tests."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from bench.core import text
from bench.gate.verdict import P_MARGIN_MEANING, P_MEANING, GateOutcome, GateResult
from bench.stats.compare import Verdict

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, escaped or not."""


def render(result: GateResult, *, inconclusive_fails: bool) -> str:
    """Return a verdict as a JUnit document: a suite for each workload, a case for each gate.

    A broken rule is a failure, an invalid measurement an error. What is inconclusive is a failure
    too, or skipped where it is to warn only.
    """
    root = ET.Element("testsuites", name=_clean(f"jetbench gate {result.gates_file}"))
    _counted(root, result.outcomes, inconclusive_fails=inconclusive_fails)
    for workload in dict.fromkeys(outcome.workload for outcome in result.outcomes):
        outcomes = [each for each in result.outcomes if each.workload == workload]
        suite = ET.SubElement(root, "testsuite", name=_clean(workload))
        _counted(suite, outcomes, inconclusive_fails=inconclusive_fails)
        for outcome in outcomes:
            _case(suite, outcome, inconclusive_fails=inconclusive_fails)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, outcome: GateOutcome, *, inconclusive_fails: bool) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=_clean(f"{outcome.workload}.{outcome.candidate}"),
        name=_clean(outcome.rule),
    )
    tag = _TAGS[outcome.verdict]
    if outcome.verdict is Verdict.INCONCLUSIVE and not inconclusive_fails:
        tag = "skipped"
    if not tag:
        return
    message = _clean(outcome.reason)
    detail = ET.SubElement(case, tag, message=message)
    if tag != "skipped":
        detail.set("type", str(outcome.verdict))
        detail.text = _clean(f"{outcome.rule}: {outcome.reason}{_chances(outcome)}")


def _chances(outcome: GateOutcome) -> str:
    """Write the two p of an outcome, each under its name; empty where chance has no part in it."""
    pairs = ((outcome.p_adjusted, P_MEANING), (outcome.p_margin, P_MARGIN_MEANING))
    said = [f"p {text.p_value(p)} {meaning}" for p, meaning in pairs if p is not None]
    return f" ({'; '.join(said)})" if said else ""


_TAGS = {
    Verdict.PASS: "",
    Verdict.FAIL: "failure",
    Verdict.INCONCLUSIVE: "failure",
    Verdict.INVALID: "error",
}


def _counted(
    element: ET.Element, outcomes: Sequence[GateOutcome], *, inconclusive_fails: bool
) -> None:
    counts = {verdict: sum(o.verdict is verdict for o in outcomes) for verdict in Verdict}
    unsure = counts[Verdict.INCONCLUSIVE]
    element.set("tests", str(len(outcomes)))
    element.set("failures", str(counts[Verdict.FAIL] + (unsure if inconclusive_fails else 0)))
    element.set("errors", str(counts[Verdict.INVALID]))
    element.set("skipped", str(0 if inconclusive_fails else unsure))


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
