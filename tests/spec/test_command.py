"""A command as it is written: what is refused, what is told, what is counted."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.spec.cast import Weight, entries
from bench.spec.kinds.command import Commands, cast_of
from bench.spec.kinds.registry import KINDS, objections
from bench.spec.variant import Settings


def command(ask: dict[str, Any] | None = None, **parts: Any) -> Commands:
    return Commands.model_validate(
        {
            "kind": "command",
            "payload": {"sizes": "128B"},
            "command": {"rate": "100/s", **(ask or {})},
            **parts,
        }
    )


def settings(**parts: object) -> Settings:
    return Settings.model_validate(parts)


def test_its_parts_are_callers_and_handlers() -> None:
    """Ranked by how long a caller waits."""
    cast = cast_of(Settings(), command())

    assert [(part.name, part.role) for part in cast.parts] == [
        ("command", "caller"),
        ("handle", "handler"),
    ]
    assert (cast.ranked, cast.done) == (("response",), "answered")


def test_each_check_counts_against_a_cell() -> None:
    """Done once, told by an event, answered so."""
    held = entries(cast_of(Settings(), command()))

    checks = {name: entry for name, (_, entry) in held.items() if entry.check}
    assert set(checks) == {
        "answered_again", "done_twice", "lost_updates", "unannounced", "misjudged",
    }  # fmt: skip
    assert {entry.weight for entry in checks.values()} == {Weight.SHORTFALL}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"ask": {"repeats": "50%", "stale": "41%"}}, "hardly a command"),
        ({"ask": {"headers": ["message-id"]}}, "no stream reads"),
        ({"ask": {"timeout": "0s"}}, "no time to wait"),
        ({"ask": {"callers": 0}}, "greater than or equal to 1"),
        ({"payload": {"sizes": "31B"}}, "too small for what an event says"),
        ({"payload": {"sizes": "200B", "format": "json-envelope"}}, "its own words"),
        ({"entities": {"distribution": "latest"}}, "nothing is read"),
        ({"handle": {"remember": 0}}, "greater than or equal to 1"),
        ({"handle": {"tries": 0}}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused(parts: dict[str, Any], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said):
        command(**parts)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"bucket": {"ttl": "10s"}}, "bucket.ttl"),
        ({"stream": {"max_msgs": 100}}, "stream.max_msgs"),
        ({"stream": {"retention": "workqueue"}}, "stream.retention"),
        ({"server": {"max_payload": "100B"}}, "server.max_payload"),
        ({"ack": {"timing": "per-batch"}}, "ack.timing"),
        ({"pull": {"batch": 5}}, "pull.batch"),
    ],
)
def test_settings_that_mean_nothing_or_lose_something_are_refused(
    given: dict[str, Any], key: str
) -> None:
    """Each with its key."""
    assert key in [each.key for each in objections(settings(**given), command())]


def test_usual_settings_are_taken() -> None:
    """With several handlers of several workers."""
    several = settings(respond={"responders": 2, "workers": 4}, bucket={"history": 5})

    assert objections(settings(), command()) == ()
    assert objections(several, command()) == ()


@pytest.mark.parametrize(("workers", "warns"), [(1, True), (4, False)])
def test_handlers_that_cannot_keep_up_are_told(workers: int, warns: bool) -> None:
    """Of twenty milliseconds each, a hundred a second."""
    slow = command(handle={"handler": {"time": "20ms"}})
    said = KINDS["command"].cautions(settings(respond={"workers": workers}), slow)

    assert [each.key for each in said] == ["respond.workers"] * warns


@pytest.mark.parametrize(("repeats", "warns"), [(None, True), ("5%", False)])
def test_an_author_is_told_what_no_repeats_mean(repeats: str | None, warns: bool) -> None:
    """Nothing is ever sent again."""
    notes = [*KINDS["command"].notes("orders", command({"repeats": repeats}))]

    assert bool(notes) is warns


def test_it_is_told_in_a_sentence() -> None:
    """Who offers what, and what becomes of it."""
    handle = {"handler": {"time": "2ms"}}
    ask = {"repeats": "5%", "stale": "2%"}
    load = command(ask, handle=handle, entities={"count": 200})

    assert load.told() == (
        "100/s commands by 1 caller (constant arrivals), 5% repeats and 2% stale among them, about "
        "200 entities (uniform), payload 128B; each answered within 1s, handler 2ms; a state "
        "remembers 8 commands"
    )
    assert "among them" not in command().told()


def test_repeats_are_no_commands_of_their_own() -> None:
    """So handlers are due fewer than are sent."""
    load = command({"repeats": "20%"})

    assert [load.share_of(part) for part in ("command", "handle")] == [1.0, 0.8]


def test_a_longer_memory_makes_larger_states() -> None:
    """Two numbers a command."""
    how = Settings().publish
    short, long = (command(handle={"remember": count}) for count in (1, 101))

    assert long.stored_bytes(how) - short.stored_bytes(how) == 3200
    assert long.largest_bytes(how) > short.largest_bytes(how)
    assert short.addressed == ("key.0",)


def test_another_handler_changes_nothing_else() -> None:
    """As a self-check asks for it."""
    load = command(handle={"handler": {"time": "2ms"}, "remember": 3})
    slower = load.with_handler(load.busy.slower(0.5))

    assert (slower.busy.time.mean_ns, slower.handle.remember) == (3_000_000, 3)
