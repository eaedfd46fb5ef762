"""Outages and messages that are published twice, on a real server: every one is accounted for."""

from pathlib import Path
from typing import Any

import pytest

from bench.core.units import NS_PER_MS
from bench.plan.traffic import make_traffic
from bench.spec.kinds.stream import Stream
from tests.server.running import complaints, run_trial, sound
from tests.server.test_failures import faulty

pytestmark = pytest.mark.nats

OUTAGE = {"kind": "outage", "at": "300ms", "lasts": "400ms"}


@pytest.mark.parametrize(
    "settings", [{}, {"client": "nats-py"}, {"client": "nats-py", "handler": {"run": "task"}}]
)
def test_all_that_fail_in_an_outage_are_handled_after_it(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    """20 of 75 messages begin in it, and come again every 100 ms until it is over.

    Naks with a delay that come less than 10 ms apart would hold each other back (the guide).
    """
    delayed, load = {"failure": {"delay": "100ms", "attempts": 9}}, faulty(OUTAGE, rate="50/s")

    record = run_trial(tmp_path, load, {**settings, **delayed}).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["handled"], ledger["acked"], ledger["undone"]) == (75, 75, 0)
    assert 17 <= ledger["outage_msgs"] <= 23
    assert ledger["outage_failures"] == ledger["failures"] == ledger["naked"]
    assert ledger["deliveries"] == 75 + ledger["failures"]
    assert 3 <= ledger["outage_attempts"] <= 5


def test_a_held_message_is_tried_again_for_as_long_as_the_outage_lasts(tmp_path: Path) -> None:
    """The book, 11.4: 120 s with 2 s between attempts, each a fortieth, are 60.

    The server looks up to 10 ms late for what is due: a fifth of the delay here, nothing of 2 s.
    """
    away = {"kind": "outage", "at": "200ms", "lasts": "3s"}
    delayed = {"failure": {"delay": "50ms"}}

    record = run_trial(tmp_path, faulty(away, rate="5/s", measure="4s"), delayed).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert 45 <= ledger["outage_attempts"] <= 60
    assert (ledger["handled"], ledger["undone"]) == (ledger["planned"], 0)


def test_what_is_given_up_in_an_outage_counts_and_ends_as_dead_letters(tmp_path: Path) -> None:
    """Three attempts without a pause are over before it is: all that began in it is given up."""
    impatient = {"failure": {"attempts": 3, "dead_letters": True}}

    ledger = run_trial(tmp_path, faulty(OUTAGE), impatient).record.ledger

    assert ledger is not None
    given_up = ledger["terminated"]
    assert 70 <= given_up <= 90
    assert ledger["undone"] == ledger["dead_lettered"] == given_up
    assert given_up <= ledger["outage_msgs"] <= given_up + 2  # begun just before its end
    assert (ledger["outage_attempts"], ledger["letters_missing"]) == (3, 0)


def doubled(after: str) -> Stream:
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {
                "rate": "200/s",
                "headers": ["message-id"],
                "duplicates": {"share": "20%", "after": after},
            },
            "consume": {"workers": 50},
            "phases": {"warmup": "500ms", "measure": "2s", "drain": "10s"},
        }
    )


WINDOW = {"stream": {"duplicate_window": "300ms"}}
WINDOW_NS = 300 * NS_PER_MS
SEED = 5
"""Of all trials of `running`."""


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_what_comes_again_within_the_window_is_refused_and_comes_once(
    tmp_path: Path, client: str
) -> None:
    """100 of 500 messages, each after the one that it says again."""
    kept = {"stream": {"duplicate_window": "1m"}, "client": client}

    record = run_trial(tmp_path, doubled("0s"), kept).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    again = ledger["published_again"]
    assert 98 <= again <= 100, "nothing may stand before the first one"
    assert (ledger["deduplicated"], ledger["stored_again"], ledger["refused"]) == (again, 0, 0)
    assert ledger["stored"] == ledger["expected"] == ledger["deliveries"] == 500 - again
    assert (ledger["let_in"], ledger["shut_out"], ledger["handled_twice"]) == (0, 0, 0)
    assert not [each for each in record.findings if each.code == "publish-refused"]


@pytest.mark.parametrize(("idempotency", "twice"), [("none", True), ("memory", False)])
def test_what_comes_again_after_the_window_has_a_second_effect_unless_it_is_remembered(
    tmp_path: Path, idempotency: str, twice: bool
) -> None:
    """Each at least a second later, three times the window; some are two of one message."""
    settings, load = {**WINDOW, "effect": {"idempotency": idempotency}}, doubled("1s")
    stored_again, again = by_the_window(load)

    record = run_trial(tmp_path, load, settings).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert 50 <= again <= 70, "those of the first second have nothing old enough before them"
    assert (ledger["published_again"], ledger["stored_again"]) == (again, stored_again)
    assert ledger["deduplicated"] == again - stored_again
    assert (ledger["let_in"], ledger["shut_out"], ledger["refused"]) == (0, 0, 0)
    assert ledger["duplicates"] == ledger["stored"] - ledger["expected"] == stored_again
    assert (ledger["handled"], ledger["lost"], ledger["backlog"]) == (500 - again, 0, 0)
    assert ledger["handled_twice"] == (stored_again if twice else 0)
    assert ledger["repeats"] == stored_again - ledger["handled_twice"]


def by_the_window(load: Stream) -> tuple[int, int]:
    """Return how many are stored twice by when they are due, and how many are sent twice."""
    traffic = make_traffic(load.loads["publish"], SEED)
    stored_ns: dict[int, int] = {}
    again = stored_again = 0
    rows = zip(traffic.carried.tolist(), traffic.intended_ns.tolist(), strict=True)
    for number, (carried, due_ns) in enumerate(rows):
        again += carried != number
        if due_ns - stored_ns.get(carried, -WINDOW_NS) >= WINDOW_NS:
            stored_again += carried != number
            stored_ns[carried] = due_ns
    return stored_again, again
