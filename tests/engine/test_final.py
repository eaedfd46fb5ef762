"""The state that a user's handlers came to: alike where it is, and else said to be unknown."""

import asyncio
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest

from bench.engine import final
from bench.engine.final import asked, digested, together, untold
from bench.record.finals import MOST_KEYS, MOST_UNTOLD_CHARS, Final, final_faults
from bench.spec.calls import Call, resolved

MODULE = """
import asyncio
from threading import Event

over = Event()

def handle(message): ...
def state(): return {"a": 1}
async def waits(): return {"a": 1}
def promises(): return waits()
def raises(): raise KeyError("gone")
def odd(): return {"a": object()}
async def sleeps(): await asyncio.sleep(60)
def hangs(): over.wait()
def cancels(): raise asyncio.CancelledError
async def cancels_too(): raise asyncio.CancelledError
def exits(): raise SystemExit(3)
async def exits_too(): raise SystemExit(3)
def halves(): return {"\\ud800": 1}
constant = {"a": 1}
"""


@pytest.fixture
def call(tmp_path: Path) -> Call:
    (tmp_path / "module_of_states.py").write_text(MODULE)
    found, wrong = resolved("module_of_states:handle", tmp_path)
    assert wrong is None
    return Call.model_validate(found)


def told(call: Call, state: str) -> Final:
    return asyncio.run(asked(call, state))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": {"x": 1, "y": 2}}, OrderedDict(b={"y": 2, "x": 1}, a=1)),
        ([1, 2], (1, 2)),
        ({}, {}),
    ],
)
def test_states_that_json_says_alike_have_one_digest(one: Any, other: Any) -> None:
    """The order of keys says nothing."""
    assert digested(one) == digested(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1, "b": 1}, {"a": 1}),
        ([1, 2], [2, 1]),
        ({}, []),
    ],
)
def test_states_that_differ_have_two(one: Any, other: Any) -> None:
    assert digested(one).digest != digested(other).digest


def test_each_key_has_its_own_digest() -> None:
    one, other = digested({"a": 1, "b": 2}), digested({"a": 1, "b": 3})

    assert (one.size, set(one.keys)) == (2, {"a", "b"})
    assert one.keys["a"] == other.keys["a"]
    assert one.keys["b"] != other.keys["b"]


def test_of_more_keys_the_whole_alone_is_kept() -> None:
    """And it differs all the same, wherever it does."""
    many = {str(key): key for key in range(MOST_KEYS + 1)}
    one, other = digested(many), digested({**many, "7": 0})

    assert (one.size, one.keys) == (MOST_KEYS + 1, {})
    assert one.digest != other.digest
    assert len(digested({str(key): 0 for key in range(MOST_KEYS)}).keys) == MOST_KEYS


def test_keys_that_no_line_could_name_go_by_a_digest() -> None:
    state = digested({"x" * 500: 1, "two\nlines": 2, "": 3, 7: 4, (1, "a"): 5})

    assert {"7", '[1,"a"]'} < set(state.keys)
    assert sum(key.startswith("sha256:") for key in state.keys) == 3
    assert not list(final_faults((), state))


def test_two_keys_that_are_written_alike_are_no_state() -> None:
    with pytest.raises(ValueError, match="written alike"):
        digested({1: "a", "1": "b"})


@pytest.mark.parametrize("name", ["state", "waits", "promises"])
def test_a_module_is_asked_as_its_handler_is_called(call: Call, name: str) -> None:
    """A coroutine in the loop, any other function in a thread, and what it promises is awaited."""
    assert told(call, name) == digested({"a": 1})


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("absent", "module_of_states has no function absent"),
        ("constant", "module_of_states has no function constant"),
        ("raises", "raises of module_of_states raised KeyError: 'gone'"),
        ("cancels", "cancels of module_of_states raised RuntimeError: CancelledError"),
        ("cancels_too", "cancels_too of module_of_states raised RuntimeError: CancelledError"),
        ("exits", "exits of module_of_states raised RuntimeError: SystemExit: 3"),
        ("exits_too", "exits_too of module_of_states raised RuntimeError: SystemExit: 3"),
        ("odd", "odd of module_of_states raised TypeError: Object of type object is not"),
    ],
)
def test_what_tells_no_state_is_said(call: Call, name: str, why: str) -> None:
    found = told(call, name)

    assert found.untold.startswith(why)
    assert found.digest == ""


@pytest.mark.parametrize("name", ["sleeps", "hangs"])
def test_nobody_waits_for_a_state_for_long(
    call: Call, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Nor does a process wait, when it ends, for the thread that was asked."""
    monkeypatch.setattr(final, "WITHIN_S", 0.01)

    assert "took longer than" in told(call, name).untold


def test_half_a_character_is_a_key_like_another(call: Call) -> None:
    assert told(call, "halves").size == 1


def test_the_state_of_a_part_is_what_all_its_processes_say() -> None:
    """As those do that keep it in one database."""
    one = digested({"a": 1})

    assert together({"c-0": one, "c-1": one}, killed=False, unhandled=0) == one


@pytest.mark.parametrize(
    ("finals", "more", "why"),
    [
        ({"c-0": digested(1), "c-1": digested(2)}, {}, "2 processes came to states of their own"),
        ({"c-0": digested(1), "c-1": None}, {}, "c-1 had no last word"),
        ({"c-0": digested(1), "c-1": untold("no state")}, {}, "no state"),
        ({"c-0": digested(1)}, {"killed": True}, "a process was killed, and its state with it"),
        ({"c-0": digested(1)}, {"unhandled": 3}, "3 messages not handled"),
    ],
)
def test_a_state_that_is_not_the_part_s_is_never_told(
    finals: dict[str, Final | None], more: dict[str, Any], why: str
) -> None:
    found = together(finals, **{"killed": False, "unhandled": 0, **more})

    assert (found.untold, found.digest) == (why, "")


def test_why_it_is_not_known_is_a_line() -> None:
    found = untold("a\nb\x1b[2J" + "c" * 1000)

    assert found.untold.startswith("a b [2J")
    assert len(found.untold) == MOST_UNTOLD_CHARS
    assert not list(final_faults((), found))
