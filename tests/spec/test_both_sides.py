"""Every rule of the validity table and of the diagnosis is come to by tests on both sides."""

import json
import subprocess
import sys
from collections import Counter
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.analysis.figures import Limit
from tests.spec.cases import ASKED_IN_VAIN, IGNORED, OF_CLUSTERS, REFUSED, TAKEN, Case
from tests.spec.messages_said import SAID, Said
from tests.spec.sides import OF_CONSUMERS, ROOT, Following, Side, noted, rules, rules_of

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


def followed(directory: Path) -> set[Side]:
    """Return the sides of rules that a run of the tests comes to that show them."""
    sides = directory / "sides.json"
    tests = [f"tests/analysis/test_{name}.py" for name in OF_CONSUMERS]
    ignored = [f"--ignore=tests/spec/test_{name}.py" for name in NONE_OF_RULES]
    plugins = ["-p", "tests.spec.sides", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/spec", *tests, *ignored, *plugins,
         "--sides", str(sides), "-m", "not nats"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in RAN, done.stdout + done.stderr
    return {(file, line, what) for file, line, what in json.loads(sides.read_text("utf-8"))}


def test_every_rule_is_tested_on_both_sides(tmp_path: Path) -> None:
    """A rule that nobody saw speak may never speak; one never silent may refuse what is right."""
    sides = followed(tmp_path)

    assert [words for rule in rules() for words in rule.unseen(sides)] == []


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


def sides_of(*asked: tuple[bool, bool]) -> set[Side]:
    """Return the sides of the rule that settings come to, each with its `a` and `b`."""
    following = Following(Path("nowhere"))
    names = {**following.names("f.py"), "Objection": SimpleNamespace}
    exec(compile(noted(RULE), "f.py", "exec"), names)  # noqa: S102 - our own text
    for a, b in asked:
        list(names["_rule"](SimpleNamespace(a=a, b=b)))  # type: ignore[operator]
    return following.sides


def test_a_side_that_is_not_seen_is_told() -> None:
    """What says something is a rule, and each of its questions has two answers."""
    (rule,) = rules_of("f.py", RULE)

    def unseen(*asked: tuple[bool, bool]) -> list[str]:
        return list(rule.unseen(sides_of(*asked)))

    never = "f.py:{}: _rule is never answered {}"
    assert unseen((True, True), (False, False)) == []
    assert unseen((True, True), (True, False)) == [never.format(4, "no")]
    assert unseen((True, False), (False, False)) == [never.format(7, "yes")]
    assert unseen((True, True), (False, True)) == [
        "f.py:9: _rule never says this",
        never.format(7, "no"),
    ]
    assert len(unseen()) == 6


def test_a_rule_that_notes_its_answers_says_the_same() -> None:
    """It is read another way, and is the same rule."""
    plain: dict[str, Any] = {"Objection": SimpleNamespace}
    exec(RULE, plain)  # noqa: S102 - our own text
    following = Following(Path("nowhere"))
    read: dict[str, Any] = {**plain, **following.names("f.py")}
    exec(compile(noted(RULE), "f.py", "exec"), read)  # noqa: S102 - our own text

    for a, b in product([False, True], repeat=2):
        settings = SimpleNamespace(a=a, b=b)
        assert list(read["_rule"](settings)) == list(plain["_rule"](settings))
