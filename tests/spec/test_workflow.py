"""A workflow as it is written: what is refused, what is told, what is counted."""

from typing import Any

import pytest
from pydantic import ValidationError

from bench.judgement.summary import _workload_said
from bench.spec.cast import Weight, entries
from bench.spec.kinds.registry import KINDS, objections
from bench.spec.kinds.workflow import MOST_STEPS, Workflow, cast_of
from bench.spec.variant import Settings

STEPS: dict[str, Any] = {"reserve": {}, "charge": {}}


def workflow(publish: dict[str, Any] | None = None, **parts: Any) -> Workflow:
    return Workflow.model_validate(
        {
            "kind": "workflow",
            "payload": {"sizes": "128B"},
            "publish": {"rate": "100/s", **(publish or {})},
            "steps": STEPS,
            **parts,
        }
    )


def settings(**parts: object) -> Settings:
    return Settings.model_validate(parts)


def test_its_parts_are_publishers_each_step_and_the_whole() -> None:
    """Ranked by how long a whole workflow takes."""
    cast = cast_of(Settings(), workflow())

    assert [part.name for part in cast.parts] == ["publish", "reserve", "charge", "workflow"]
    roles = [part.role for part in cast.observing]
    assert roles == ["reserve.worker", "charge.worker", "charge.worker"]
    assert (cast.ranked, cast.done) == (("whole",), "completed")
    alone = cast_of(Settings(), workflow(steps={"one": {}}))
    assert {part.role for part in alone.observing} == {"worker"}


def test_each_check_counts_against_a_cell() -> None:
    """Completed once, in order, none regressed, retries harmless."""
    held = entries(cast_of(Settings(), workflow()))

    checks = {name: entry for name, (_, entry) in held.items() if entry.check}
    assert set(checks) == {
        "reserve.lost", "charge.lost",
        "uncompleted", "completed_again", "skipped", "regressed", "reapplied",
    }  # fmt: skip
    assert {entry.weight for entry in checks.values()} == {Weight.SHORTFALL}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"steps": {}}, "at least 1"),
        ({"steps": {f"s{n}": {} for n in range(MOST_STEPS + 1)}}, "too many"),
        ({"steps": {"publish": {}}}, "cannot stand before the names"),
        ({"steps": {"workflow": {}}}, "cannot stand before the names"),
        ({"steps": {"work": {}}}, "cannot stand before the names"),
        ({"steps": {"a-b": {}}}, "cannot stand before the names"),
        ({"steps": {"a": {"workers": 0}}}, "greater than or equal to 1"),
        ({"steps": {"a": {"processes": 17}}}, "less than or equal to 16"),
        ({"steps": {"a": {"handler": {"time": "fast"}}}}, "time"),
        ({"tries": 0}, "greater than or equal to 1"),
        ({"publish": {"repeats": "95%"}}, "hardly a workflow"),
        ({"publish": {"repeats": "5%", "headers": ["message-id"]}}, "refuse what is repeated"),
        ({"payload": {"sizes": "8B"}}, "does not suit"),
        ({"steps": {"reset": {}}}, "cannot stand before the names"),
        ({"reset": {"step": "charg"}}, "no such step"),
        ({"reset": {"step": "charge", "at": "95%"}}, "too late to see"),
        ({"reset": {"step": "charge", "back": "0%"}}, "back"),
        ({"reset": {}}, "Field required"),
    ],
)
def test_what_cannot_be_is_refused(parts: dict[str, Any], said: str) -> None:
    """Before anything runs."""
    with pytest.raises(ValidationError, match=said):
        workflow(**parts)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"ack": {"timing": "none"}, "consumer": {"ack_policy": "none"}}, "ack.timing"),
        ({"ack": {"timing": "after-validation"}}, "ack.timing"),
        ({"bucket": {"ttl": "10s"}}, "bucket.ttl"),
        ({"stream": {"max_msgs": 100}}, "stream.max_msgs"),
        ({"stream": {"max_age": "5s"}}, "stream.max_age"),
        ({"stream": {"retention": "interest"}}, "stream.retention"),
        ({"respond": {"workers": 2}}, "respond.workers"),
    ],
)
def test_settings_that_cannot_carry_a_workflow_are_refused(given: dict[str, Any], key: str) -> None:
    """Each with its key."""
    assert key in [each.key for each in objections(settings(**given), workflow())]


def test_usual_settings_are_taken() -> None:
    """With acks one by one, in batches or cumulative; a message-id where nothing is repeated."""
    assert objections(settings(), workflow()) == ()
    batches = settings(ack={"timing": "per-batch"}, bucket={"history": 5})
    assert objections(batches, workflow({"headers": ["message-id"]})) == ()


def test_a_step_that_has_too_few_workers_is_told_by_its_name() -> None:
    """Before an hour is spent on a lag that grows."""
    slow = {"reserve": {}, "charge": {"workers": 1, "handler": {"time": "20ms"}}}

    said = KINDS["workflow"].cautions(Settings(), workflow(steps=slow))

    assert ["(step charge)" in each.what for each in said] == [True] * len(said)
    assert any("the lag will grow" in each.what for each in said)


@pytest.mark.parametrize(
    ("given", "warns"),
    [
        ({}, False),
        ({"stream": {"duplicate_window": "10s"}}, True),
        ({"stream": {"duplicate_window": "31s"}}, False),
        ({"stream": {"duplicate_window": "10s"}, "consumer": {"ack_wait": "5s"}}, False),
        ({"consumer": {"ack_wait": "3m"}}, True),
    ],
)
def test_ids_that_are_forgotten_too_soon_are_told(given: dict[str, Any], warns: bool) -> None:
    """A step that comes again would tell of an end once more."""
    said = KINDS["workflow"].cautions(settings(**given), workflow())

    assert ("stream.duplicate_window" in [each.key for each in said]) is warns


@pytest.mark.parametrize(("repeats", "warns"), [(None, True), ("5%", False)])
def test_an_author_is_told_what_no_repeats_mean(repeats: str | None, warns: bool) -> None:
    """Gates are hardly tried."""
    notes = [*KINDS["workflow"].notes("orders", workflow({"repeats": repeats}))]

    assert bool(notes) is warns


def test_it_is_told_in_a_sentence() -> None:
    """Who begins what, and what becomes of it."""
    steps = {
        "reserve": {"handler": {"time": "2ms"}, "workers": 1},
        "charge": {"processes": 2, "workers": 4},
    }

    assert workflow({"repeats": "5%"}, steps=steps).told() == (
        "100/s begun by 1 publisher (constant arrivals), 5% of them repeats, payload 128B; each "
        "passes 2 steps: reserve, 1 worker, handler 2ms; charge, 2 processes of 4 workers, no "
        "handler time"
    )


def test_repeats_begin_no_workflow_of_their_own() -> None:
    """So each step is due fewer messages than are published."""
    load = workflow({"repeats": "20%"})

    assert [load.share_of(part) for part in ("publish", "charge", "workflow")] == [1.0, 0.8, 0.8]


def test_another_handler_is_that_of_the_first_step() -> None:
    """As `slower` asks for it in a self-check."""
    load = workflow(steps={"a": {"handler": {"time": "2ms"}}, "b": {}})
    slower = load.with_handler(load.busy.slower(0.5))

    assert slower.busy.time.mean_ns == 3_000_000
    assert slower.steps["b"] == load.steps["b"]


def test_what_a_workflow_keeps_grows_with_its_steps() -> None:
    """An event and a state for each."""
    how = Settings().publish
    one, two, three = (
        workflow(steps={f"s{n}": {} for n in range(count)}).stored_bytes(how) for count in (1, 2, 3)
    )

    assert three - two == two - one > 128
    assert workflow().addressed == ("step.reserve", "step.charge", "over.workflow")


def test_a_step_that_is_reset_has_a_part_of_its_own() -> None:
    """How long until it was through again, what changed nothing, and what did."""
    load = workflow(reset={"step": "charge", "at": "25%", "back": "40%"})
    cast = cast_of(Settings(), load)
    checks = {name for name, (_, entry) in entries(cast).items() if entry.check}

    assert cast.parts[-1].name == "reset"
    assert cast.parts[-1].role == "charge.worker"
    assert {"left_behind", "redone"} <= checks
    assert entries(cast)["no_ops"][1].weight is Weight.NOTED
    assert "charge is reset by 40% of the stream after 25% of the window" in load.told()
    assert "reset" not in [part.name for part in cast_of(Settings(), workflow()).parts]


def test_the_share_that_comes_again_is_that_of_what_was_there() -> None:
    """Half of a window of 60 s and 30 s of warm-up, a half of it back: 30 s of 60 s."""
    phases = {"warmup": "30s", "measure": "60s"}
    load = workflow(reset={"step": "charge", "back": "50%"}, phases=phases)

    assert load.share_of("reset") == 0.5
    assert workflow(reset={"step": "charge"}, phases={"measure": "2s"}).share_of("reset") == 1.0


@pytest.mark.parametrize(("back", "warns"), [("100%", True), ("50%", False)])
def test_a_reset_beyond_what_ids_are_remembered_for_is_told(back: str, warns: bool) -> None:
    """90 s back, and ids are forgotten after a minute: ends would be told twice."""
    phases = {"warmup": "30s", "measure": "120s"}
    load = workflow(reset={"step": "charge", "back": back}, phases=phases)

    said = KINDS["workflow"].cautions(settings(stream={"duplicate_window": "60s"}), load)

    assert any("charge is reset by up to 90s" in each.what for each in said) is warns


def test_one_that_resets_nothing_is_what_it_was() -> None:
    """Reports that were written before stay comparable."""
    assert "reset" not in _workload_said(workflow())
