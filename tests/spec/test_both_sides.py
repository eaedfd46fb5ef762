"""Every rule of the validity table and of the diagnosis is come to by tests on both sides."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.analysis.figures import Limit
from tests.spec.cases import ASKED_IN_VAIN, IGNORED, OF_CLUSTERS, REFUSED, TAKEN, Case
from tests.spec.messages_said import SAID, Said
from tests.spec.sides import LEFT, OF_CONSUMERS, ROOT, Step, rules, rules_of

NONE_OF_RULES = (
    "any_content",
    "asked",
    "both_sides",
    "load",
    "problems",
    "schema",
    "shipped",
    "traces",
    "variants",
    "yaml_tree",
)
"""They read whatever there is or may be, and choose none of it to show a rule; or take long."""

RAN = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
"""One that fails is told by itself, where it stands."""


def followed(directory: Path) -> set[Step]:
    """Return the steps of rules in a run of the tests that show them."""
    steps = directory / "steps.json"
    tests = [f"tests/analysis/test_{name}.py" for name in OF_CONSUMERS]
    ignored = [f"--ignore=tests/spec/test_{name}.py" for name in NONE_OF_RULES]
    plugins = ["-p", "tests.spec.sides", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/spec", *tests, *ignored, *plugins,
         "--steps", str(steps), "-m", "not nats"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in RAN, done.stdout + done.stderr
    return {(file, before, after) for file, before, after in json.loads(steps.read_text("utf-8"))}


def test_every_rule_is_tested_on_both_sides(tmp_path: Path) -> None:
    """A rule that nobody saw speak may never speak; one never silent may refuse what is right."""
    steps = followed(tmp_path)

    assert [words for rule in rules() for words in rule.unseen(steps)] == []


LIMITS = [each for each in Limit if each not in (Limit.NONE, Limit.UNTOLD)]


@pytest.mark.parametrize("limit", LIMITS)
def test_every_limit_is_provoked_on_a_real_server(limit: Limit) -> None:
    """Signs that are made up say what a rule makes of them, and not that they ever come."""
    told = f"Limit.{limit.name}"
    provoking = [path.read_text("utf-8") for path in sorted(ROOT.glob("tests/server/test_*.py"))]

    assert any(told in text for text in provoking)


@pytest.mark.parametrize("table", [REFUSED, IGNORED, TAKEN, OF_CLUSTERS, ASKED_IN_VAIN, SAID])
def test_no_two_cases_of_a_table_have_one_name(table: list[Case] | list[Said]) -> None:
    """What the server says to the first would stand for both."""
    often = Counter(case.name for case in table)

    assert [name for name, times in often.items() if times > 1] == []


RULE = """
def _rule(settings):
    if (
        settings.a
    ):
        yield Objection(key="a")
    if settings.b:
        return
    yield Objection(key="b")

def _none(settings):
    return ()
"""


def test_a_side_that_is_not_seen_is_told() -> None:
    """What says something is a rule, and each of its questions has two answers."""
    (rule,) = rules_of("f.py", RULE)
    yes_no = {("f.py", 4, 6), ("f.py", 6, LEFT), ("f.py", 4, 7), ("f.py", 7, 8), ("f.py", 7, 9)}

    assert list(rule.unseen(yes_no)) == []
    assert list(rule.unseen(yes_no - {("f.py", 4, 7)})) == ["f.py:4: _rule is never answered no"]
    assert list(rule.unseen(yes_no - {("f.py", 7, 8)})) == ["f.py:7: _rule is never answered yes"]
    assert list(rule.unseen(yes_no - {("f.py", 7, 9)})) == [
        "f.py:9: _rule never says this",
        "f.py:7: _rule is never answered no",
    ]
    assert list(rule.unseen({("g.py", *step[1:]) for step in yes_no})) != []
