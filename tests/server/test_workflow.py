"""Workflows on a real server: each completed once, step by step, or that is said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.engine.jobs import Effect
from bench.record.schema import TrialRecord
from bench.scenario import workflow as scenario
from bench.spec.kinds.workflow import Workflow
from tests.server.running import assert_fetched, complaints, run_trial, sound
from tests.server.test_faults import codes, kill, once_in_the_window

pytestmark = pytest.mark.nats

CHECKS = ("uncompleted", "completed_again", "skipped", "regressed", "reapplied")


def workflow(**parts: Any) -> Workflow:
    return Workflow.model_validate(
        {
            "kind": "workflow",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s", "repeats": "20%", "arrivals": "poisson"},
            "steps": {
                "reserve": {"handler": {"time": "1ms"}},
                "charge": {"processes": 2, "workers": 4},
            },
            "phases": {"warmup": "200ms", "measure": "1s", "drain": "10s"},
            **parts,
        }
    )


def ledger(record: TrialRecord) -> dict[str, int]:
    assert record.ledger is not None
    return dict(record.ledger)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"bucket": {"allow_direct": False}, "consumer": {"mode": "push"}},
        {"client": "nats-py"},
    ],
    ids=["pull", "push", "nats-py"],
)
def test_each_workflow_is_completed_once(tmp_path: Path, settings: dict[str, Any]) -> None:
    """A fifth of the messages come twice at each step, to two processes at the second."""
    record = run_trial(tmp_path, workflow(), settings).record

    found = ledger(record)
    assert sound(record), complaints(record)
    begun = found["workflow.expected"]
    assert found["planned"] - begun == pytest.approx(found["planned"] / 5, abs=2)
    assert found["completed"] == found["charge.acked"] == found["reserve.acked"] == begun > 50
    assert found["reserve.repeats"] == found["planned"] - begun
    assert found["charge.repeats"] > 0
    assert {name: found[name] for name in CHECKS} == dict.fromkeys(CHECKS, 0)
    assert record.peaks["in_flight"] > 0
    if settings.get("consumer") != {"mode": "push"}:
        assert_fetched(record)


def test_what_is_delivered_again_changes_nothing(tmp_path: Path) -> None:
    """A burst that one worker cannot finish within ack_wait: retries of the server's own."""
    burst = {"every": "1s", "during": "5ms"}
    load = workflow(
        publish={"rate": "200/s", "arrivals": "burst", "burst": burst, "window": 1000},
        steps={"one": {"workers": 1, "handler": {"time": "1ms"}}, "two": {}},
    )
    settings = {"consumer": {"ack_wait": "100ms"}, "pull": {"batch": 1000}}

    found = ledger(run_trial(tmp_path, load, settings).record)

    assert found["one.duplicates"] > 0
    assert found["one.repeats"] > 0
    assert {name: found[name] for name in CHECKS} == dict.fromkeys(CHECKS, 0)


def test_a_step_that_is_lost_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: the first step's event goes where nobody waits for it."""
    plain = scenario._effect

    def astray(*given: Any) -> Effect:
        effect = plain(*given)
        assert effect.step is not None
        if effect.step.number > 1:
            return effect
        return replace(effect, step=replace(effect.step, follows=f"{effect.step.follows}.astray"))

    monkeypatch.setattr(scenario, "_effect", astray)

    record = run_trial(tmp_path, workflow(), {}).record

    found = ledger(record)
    assert found["uncompleted"] == found["workflow.expected"] > 50
    assert "check-broken" in codes(record)


def test_a_full_bucket_is_told(tmp_path: Path) -> None:
    """A step whose state cannot be written is not done, and its workflow not completed."""
    load = workflow(phases={"warmup": "200ms", "measure": "1s", "drain": "500ms"})
    record = run_trial(tmp_path, load, {"bucket": {"max_bytes": "1KiB"}}).record

    found = ledger(record)
    assert found["reserve.unchanged"] > 0
    assert found["uncompleted"] > 0


def test_a_worker_that_is_killed_is_told(tmp_path: Path) -> None:
    """Nobody did the rest."""
    record = run_trial(
        tmp_path,
        workflow(),
        {},
        on_moment=once_in_the_window(lambda: kill("bench.engine.worker", 1)),
    ).record

    assert not record.valid
    assert "worker-died" in codes(record)


@pytest.mark.parametrize(("step", "mode"), [("reserve", "pull"), ("charge", "push")])
def test_a_step_that_is_reset_goes_through_all_again_and_changes_nothing(
    tmp_path: Path, step: str, mode: str
) -> None:
    """In the middle of the window, to the beginning, while workflows go on."""
    load = workflow(reset={"step": step, "at": "50%"})

    record = run_trial(tmp_path, load, {"consumer": {"mode": mode}}).record

    found = ledger(record)
    assert sound(record), complaints(record)
    assert found["replayed"] == found["came_again"] == found["caught_up"] > 20
    assert found["no_ops"] == found["caught_up"]
    assert (found["left_behind"], found["redone"]) == (0, 0)
    assert found[f"{step}.repeats"] >= found["replayed"]
    assert {name: found[name] for name in CHECKS} == dict.fromkeys(CHECKS, 0)
    assert found["completed"] == found["workflow.expected"]
    assert record.peaks["catching_up"] > 0


NO_GATE = """
import sys
if "bench.engine.worker" in sys.orig_argv:
    from dataclasses import replace
    from bench.engine import stepping
    plain = stepping.Stepping.change
    def ungated(self, position, value):
        state = stepping.read_state(value)
        number = self._step.number
        if number > 1 and state is not None and state.version >= number:
            before = replace(state, version=number - 1).written()
            value = replace(value, data=before)
        return plain(self, position, value)
    stepping.Stepping.change = ungated
"""


def test_a_step_without_a_gate_that_is_reset_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: whatever the state says, the step is done."""
    (tmp_path / "sitecustomize.py").write_text(NO_GATE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    load = workflow(publish={"rate": "100/s"}, reset={"step": "charge", "at": "50%"})

    record = run_trial(tmp_path / "run", load, {}).record

    found = ledger(record)
    assert found["replayed"] > 20
    assert found["redone"] >= found["reapplied"] > 20
    assert "check-broken" in codes(record)
