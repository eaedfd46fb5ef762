"""Workloads of other kinds as rules of streams see them: who reads what, and how much at a time."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bench.spec import jetstream
from bench.spec.doubled import Doubling
from bench.spec.kinds import (
    backlog,
    counter,
    fanout,
    projection,
    replay,
    schedule,
    stream,
    workflow,
)
from bench.spec.kinds.stream import FaultyConsume
from bench.spec.objection import Objection
from bench.spec.variant import Settings
from bench.spec.workload import MIN_PAYLOAD_BYTES, Payload, Publish

Rule = Callable[[Settings, Any], tuple[Objection, ...]]
"""What is said of settings under a workload of a kind."""

Streams = Mapping[str, tuple[Settings, stream.Stream]]
"""By who reads it: the settings as they are for him, and what he alone reads."""


def of_streams(rule: Rule, streams: Streams) -> tuple[Objection, ...]:
    """Return what is said of settings under each of several consumers, by who it is; each once."""
    said = (
        replace(each, what=f"{each.what} ({who})")
        for who, (own, load) in streams.items()
        for each in rule(own, load)
    )
    return tuple(dict.fromkeys(said))


def of_members(settings: Settings, workload: fanout.Fanout) -> Streams:
    """Return a stream for each of the consumers, that it alone reads."""
    return {
        f"consumer {name}": (
            fanout.for_member(settings, workload, member),
            stream.Stream(
                kind="stream",
                subjects=flow.subjects,
                payload=flow.payload,
                publish=Doubling.of(flow.publish),
                consume=FaultyConsume.of(member.processes, member.workers, member.handler),
                phases=workload.phases,
                trace=flow.trace,
            ),
        )
        for flow in workload.flows.values()
        for name, member in flow.consumers.items()
        if not member.is_core
    }


def of_modes(settings: Settings, workload: fanout.Fanout) -> tuple[Objection, ...]:
    """Return what is wrong with settings as they are for a consumer of a mode of its own."""
    known = jetstream.objections(settings)
    return of_streams(
        lambda own, _: tuple(each for each in jetstream.objections(own) if each not in known),
        of_members(settings, workload),
    )


def of_steps(settings: Settings, workload: workflow.Workflow) -> Streams:
    """Return a stream for each of the steps, that its workers alone read."""
    return {
        f"step {name}": (
            settings,
            stream.Stream(
                kind="stream",
                payload=workload.payload,
                publish=Doubling.of(workload.publish),
                consume=FaultyConsume.of(step.processes, step.workers, step.handler),
                phases=workload.phases,
            ),
        )
        for name, step in workload.steps.items()
    }


def stream_of_events(workload: projection.Projected) -> stream.Stream:
    """Return a stream whose consumer has as many workers as the projectors."""
    return stream.Stream(
        kind="stream",
        payload=workload.payload,
        publish=Doubling.model_validate({"rate": "1/s"}).model_copy(
            update={
                "rate_msgs_per_s": workload.publish.rate_msgs_per_s,
                "headers": workload.publish.headers,
            }
        ),
        consume=FaultyConsume(
            consumers=workload.project.processes, workers=workload.project.workers
        ),
        phases=workload.phases,
    )


def stream_of_additions(workload: counter.Counting) -> stream.Stream:
    """Return a stream whose consumers handle as much at a time, of messages as small as can be."""
    same = workload.consume
    return stream.Stream(
        kind="stream",
        subjects=workload.subjects,
        payload=Payload.model_validate({"sizes": f"{MIN_PAYLOAD_BYTES}B"}),
        publish=Doubling.of(workload.publish),
        consume=FaultyConsume.of(same.consumers, same.workers, same.handler),
        phases=workload.phases,
    )


def stream_of_schedules(workload: schedule.Scheduling) -> stream.Stream:
    """Return a stream of what comes when its time has come."""
    same = workload.consume
    return stream.Stream(
        kind="stream",
        payload=workload.payload,
        publish=Doubling.of(workload.publish),
        consume=FaultyConsume.of(same.consumers, same.workers, same.handler),
        phases=workload.phases,
    )


def stream_of_work(settings: Settings, workload: replay.Replay | backlog.Backlog) -> stream.Stream:
    """Return a stream whose consumers handle as much at a time, as these settings have it."""
    who = workload.replay if isinstance(workload, replay.Replay) else workload.consume
    consume = FaultyConsume.of(who.consumers, who.workers, who.handler)
    handler = consume.handler.model_copy(update={"call": settings.handler.call})
    return stream.Stream(
        kind="stream",
        subjects=workload.subjects,
        payload=workload.payload,
        publish=Doubling.of(
            workload.offers.get("publish", Publish.model_validate({"rate": "1/s"}))
        ),
        consume=consume.model_copy(update={"handler": handler}),
        phases=workload.phases,
    )
