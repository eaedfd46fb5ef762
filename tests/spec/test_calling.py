"""Handlers of users that variants name: found beside their file, and only where they are called."""

from pathlib import Path
from typing import Any

import pytest

from bench.core.errors import SpecError
from bench.spec.kinds.registry import cast_of, objections
from bench.spec.kinds.replay import Replay
from bench.spec.later import unsaid_keys
from bench.spec.load import load_config, load_workload
from bench.spec.variant import Settings
from tests.spec.test_laid import replay

CALL = {"function": "versions_of_mine:one", "directory": "/", "digest": ""}
TASKS: dict[str, Any] = {"client": "nats-py", "handler": {"run": "task", "call": CALL}}


def config(directory: Path, two: str = "{handler.call: 'versions_of_mine:two'}") -> Path:
    (directory / "versions_of_mine.py").write_text(
        "def one(message): ...\ndef two(message): ...\ndef counts(): return {}\n"
    )
    path = directory / "versions.yaml"
    path.write_text(
        "question: Do they come to one state?\n"
        "base: {client: nats-py, handler: {run: task}}\n"
        "variants:\n"
        "  one: {handler.call: 'versions_of_mine:one'}\n"
        f"  two: {two}\n"
    )
    return path


def test_versions_are_variants_and_known_by_content(tmp_path: Path) -> None:
    """A record needs neither the file nor its place."""
    found = load_config(config(tmp_path)).variants

    calls = [each.handler.call for each in found.values()]
    assert [call.function for call in calls if call] == [
        "versions_of_mine:one",
        "versions_of_mine:two",
    ]
    assert all(call and len(call.digest) == 64 for call in calls)
    for settings in found.values():
        assert Settings.model_validate_json(settings.model_dump_json()) == settings
        assert not objections(settings, replay())


def test_a_function_that_there_is_not_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as raised:
        load_config(config(tmp_path, "{handler: {call: 'versions_of_mine:tow'}}"))

    assert "versions.yaml:5: variants.two.handler.call = 'versions_of_mine:tow'" in str(
        raised.value
    )
    assert "versions_of_mine has no tow; allowed: one, two, counts" in str(raised.value)


def test_the_function_that_tells_the_state_is_looked_for_as_well(tmp_path: Path) -> None:
    sound = "{handler: {call: 'versions_of_mine:two', state: counts}}"
    wrong = "{handler: {call: 'versions_of_mine:two', state: count}}"

    assert load_config(config(tmp_path, sound)).variants["two"].handler.state == "counts"
    with pytest.raises(SpecError, match="versions_of_mine has no count; allowed: one, two, counts"):
        load_config(config(tmp_path, wrong))


@pytest.mark.parametrize(
    ("two", "key", "what", "allowed"),
    [
        (
            "{handler.call: 'odd:pair'}",
            "handler.call = 'odd:pair'",
            "pair cannot be called with one message: missing a required argument: 'context'",
            "one that takes a message, such as def pair(message)",
        ),
        (
            "{handler.call: 'odd:nothing'}",
            "handler.call = 'odd:nothing'",
            "nothing cannot be called with one message: too many positional arguments",
            "one that takes a message, such as def nothing(message)",
        ),
        (
            "{handler: {call: 'odd:sound', state: Totals}}",
            "handler.state = 'Totals'",
            "Totals cannot be called without an argument: missing a required argument: 'whose'",
            "one that takes nothing: def Totals()",
        ),
        (
            "{handler.call: 'odd_state:sound'}",
            "handler.call = 'odd_state:sound'",
            "state cannot be called without an argument: missing a required argument: 'of'",
            "one that takes nothing: def state()",
        ),
    ],
)
def test_what_cannot_be_called_as_it_will_be_is_refused_before_anything_runs(
    tmp_path: Path, two: str, key: str, what: str, allowed: str
) -> None:
    """Each of its messages failed, or its state was not known, when all had been measured."""
    path = config(tmp_path, two)
    (tmp_path / "odd.py").write_text(
        "async def pair(message, context): ...\ndef nothing(): ...\n"
        "def sound(message, *more): ...\n"
        "class Totals:\n    def __init__(self, whose): ...\n"
    )
    (tmp_path / "odd_state.py").write_text(
        "def sound(message): ...\nclass state:\n    def __init__(self, of): ...\n"
    )

    with pytest.raises(SpecError) as raised:
        load_config(path)

    assert str(raised.value).splitlines()[0] == (
        f"{path}:5: variants.two.{key}: {what}; allowed: {allowed}"
    )


def test_what_can_be_called_with_more_than_it_will_be_is_sound(tmp_path: Path) -> None:
    """And a state that is named in place of another one, which is not asked."""
    (tmp_path / "odd_state.py").write_text(
        "def sound(message, why=None): ...\ndef state(of): ...\n"
        "def counts(of=1): ...\nput = print\n"
    )

    for two in ("sound', state: counts", "put', state: counts"):
        found = load_config(config(tmp_path, "{handler: {call: 'odd_state:" + two + "}}"))
        assert found.variants["two"].handler.call


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"handler": {"call": CALL}}, "handler.run"),
        ({**TASKS, "ack": {"timing": "after-validation"}}, "ack.timing"),
        ({"handler": {"state": "counts"}}, "handler.state"),
        ({"handler": {"workers": 2}}, "handler.workers"),
        ({**TASKS, "handler": {**TASKS["handler"], "check": ["envelope"]}}, "handler.check"),
    ],
)
def test_it_is_called_where_a_service_would(settings: dict[str, Any], key: str) -> None:
    found = objections(Settings.model_validate(settings), replay())

    assert key in [each.key for each in found]
    assert objections(Settings.model_validate(TASKS), replay()) == ()


@pytest.mark.parametrize(
    ("settings", "key", "word"),
    [
        ({"failure": {"attempts": 5}}, "failure.attempts", "nothing fails"),
        ({"failure": {"delay": "1s"}}, "failure.delay", "nothing fails"),
        (
            {**TASKS, "failure": {"answer": "term", "dead_letters": True}},
            "failure.dead_letters",
            "no stream for what is given up",
        ),
        (
            {**TASKS, "handler": {**TASKS["handler"], "retry": {"attempts": 3}}},
            "handler.retry",
            "replay",
        ),
    ],
)
def test_what_a_replay_does_about_failures_is_refused_where_it_does_nothing(
    settings: dict[str, Any], key: str, word: str
) -> None:
    found = {
        each.key: each.what for each in objections(Settings.model_validate(settings), replay())
    }

    assert word in found[key]


def test_versions_that_raise_are_asked_for_again_as_failure_says() -> None:
    for failure in ({"attempts": 5, "delay": "1s"}, {"answer": "term"}, {"answer": "none"}):
        assert not objections(Settings.model_validate({**TASKS, "failure": failure}), replay())


def test_versions_of_another_kind_are_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("kind: stream\npayload: {sizes: 128B}\npublish: {rate: 10/s}\n")

    (found,) = objections(Settings.model_validate(TASKS), load_workload(path))

    assert found.key == "handler.call"
    assert found.allowed.endswith(
        "consume.handler.call in the workload, or a workload of the kind replay"
    )


def test_what_raises_is_counted_where_a_function_is_called() -> None:
    load = replay()
    assert isinstance(load, Replay)
    plain, called = (
        [each.name for each in cast_of(load, Settings.model_validate(tree)).observing[0].entries]
        for tree in ({}, TASKS)
    )

    assert {"failures", "undone"} & set(plain) == set()
    assert {"failures", "undone", "naked"} <= set(called)


def test_without_it_a_cell_is_known_as_before() -> None:
    assert {"call", "state"} <= unsaid_keys(Settings())["handler"]
    assert "call" not in unsaid_keys(Settings.model_validate(TASKS))["handler"]
