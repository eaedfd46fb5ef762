"""Disturbances on a real server: who is killed or stopped loses nothing, or it is counted."""

from pathlib import Path
from typing import Any

import pytest

from bench.core.units import NS_PER_MS
from bench.record.schema import Level, TrialRecord
from bench.spec.disturbances import Disturbance
from bench.spec.kinds.request import Request
from bench.spec.kinds.stream import Stream
from tests.server.running import complaints, run_trial, sound

pytestmark = [pytest.mark.nats, pytest.mark.counts]

Tree = dict[str, Any]
AWAY_NS = 300 * NS_PER_MS
WAITS_SHORT: Tree = {"consumer": {"ack_wait": "500ms"}}


def stream(do: str) -> Stream:
    """Handlers that take a while, so that something is in hand when it happens."""
    return Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "400/s"},
            "consume": {"workers": 20, "handler": {"time": "20ms"}},
            "phases": {"warmup": "500ms", "measure": "3s", "drain": "8s"},
            "disturbances": [{"at": "500ms", "do": do, "part": "consumer", "for": "300ms"}],
        }
    )


def ledger_of(record: TrialRecord) -> dict[str, int]:
    assert record.ledger is not None
    return dict(record.ledger)


def forgiven(record: TrialRecord) -> set[tuple[str, str]]:
    return {(f.code, f.role) for f in record.findings if not f.counts}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"consumer": {"mode": "push", "ack_wait": "500ms"}},
        {"client": "nats-py"},
        {"client": "nats-py", "handler": {"run": "task"}},
    ],
    ids=["wire", "pushed", "nats-py", "tasks"],
)
def test_a_consumer_that_is_killed_and_begun_anew_loses_nothing(
    tmp_path: Path, settings: Tree
) -> None:
    """What it had in hand comes again to its next generation; all it wrote until then is known."""
    record = run_trial(tmp_path, stream("crash"), {**WAITS_SHORT, **settings}).record

    ledger, (crash,) = ledger_of(record), record.disturbances
    assert sound(record), complaints(record)
    assert (ledger["stored"], ledger["received"], ledger["handled"]) == (1400, 1400, 1400)
    assert (ledger["lost"], ledger["dropped"], ledger["backlog"]) == (0, 0, 0)
    assert ledger["redelivered"] > 0
    assert ledger["deliveries"] == 1400 + ledger["duplicates"]
    assert (crash.generation, crash.planned_ns) == (2, 1000 * NS_PER_MS)
    assert crash.planned_ns <= crash.begun_ns <= crash.ended_ns - AWAY_NS
    assert crash.recovery_ns.keys() == {"consume"}
    assert ("worker-died", "consumer-0") in forgiven(record)


def test_who_acknowledges_early_loses_what_it_had_in_hand(tmp_path: Path) -> None:
    """Nobody delivers it again, though all of it was received: no system recovers that."""
    settings = {**WAITS_SHORT, "ack": {"timing": "after-validation"}}

    ledger = ledger_of(run_trial(tmp_path, stream("crash"), settings).record)

    assert ledger["dropped"] > 0
    assert ledger["handled"] == 1400 - ledger["dropped"]
    assert (ledger["received"], ledger["lost"]) == (1400, 0)


def test_who_is_stopped_goes_on_and_is_forgiven_that_it_stood_still(tmp_path: Path) -> None:
    """And nothing else; what it had in hand is handled when it goes on."""
    record = run_trial(tmp_path, stream("pause"), WAITS_SHORT).record

    ledger, (pause,) = ledger_of(record), record.disturbances
    stalls = [f for f in record.findings if f.code == "loop-stalled" and f.role == "consumer-0"]
    assert sound(record), complaints(record)
    assert (ledger["received"], ledger["handled"], ledger["lost"]) == (1400, 1400, 0)
    assert pause.ended_ns - pause.begun_ns >= AWAY_NS
    assert pause.begun_ns <= stalls[-1].at_ns + 50 * NS_PER_MS
    assert (stalls[-1].level, stalls[-1].counts) == (Level.NOTE, False)


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_a_responder_that_is_killed_answers_again(tmp_path: Path, client: str) -> None:
    """What was asked meanwhile is counted as what it is, and what was asked later is answered."""
    load = Request.model_validate(
        {
            "kind": "request",
            "payload": {"sizes": "128B"},
            "request": {"rate": "200/s", "timeout": "200ms"},
            "phases": {"warmup": "500ms", "measure": "3s", "drain": "5s"},
            "disturbances": [{"at": "500ms", "do": "crash", "part": "responder", "for": "300ms"}],
        }
    )

    record = run_trial(tmp_path, load, {"client": client}).record

    ledger = ledger_of(record)
    missing = ledger["no_responders"] + ledger["timeouts"]
    assert sound(record), complaints(record)
    assert 40 <= missing < 500
    assert ledger["answered"] == 700 - missing
    assert ledger["unrecovered"] == 0


def test_a_server_that_is_started_again_has_all_that_it_confirmed(tmp_path: Path) -> None:
    """What was on its way is unconfirmed, or refused by a server that is just leaving.

    That connections broke is forgiven.
    """
    load = stream("pause").model_copy(
        update={
            "disturbances": (
                Disturbance.model_validate({"at": "500ms", "do": "restart-server", "for": "300ms"}),
            )
        }
    )

    record = run_trial(tmp_path, load, WAITS_SHORT).record

    ledger, (restart,) = ledger_of(record), record.disturbances
    roles = {role for code, role in forgiven(record) if code == "connection-fault"}
    assert sound(record), complaints(record)
    assert ledger["stored"] + ledger["unconfirmed"] + ledger["refused"] == 1400
    assert (ledger["lost"], ledger["backlog"], ledger["not_sent"]) == (0, 0, 0)
    assert ledger["handled"] == ledger["received"] >= ledger["stored"]
    assert restart.ended_ns - restart.begun_ns >= AWAY_NS
    assert roles == {"publisher-0", "consumer-0"}
