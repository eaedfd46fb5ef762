"""The examination: one look after the other, so that none is in another's way."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.doctor.ceilings import cases, ceilings_of
from bench.doctor.disk import sync_tail
from bench.doctor.loopback import round_trips
from bench.doctor.warnings import warnings_of
from bench.record.health import SCHEMA_VERSION, Health, tail_of
from bench.record.schema import Environment
from bench.runner.quiet import stolen_share
from bench.runner.target import EmbeddedTarget
from bench.selfbench.suite import run_suite
from bench.selfbench.timer import wake_ups

WAKE_UPS = 4000
"""A second of them."""

Tell = Callable[[str], None]


async def examine(
    target: EmbeddedTarget, environment: Environment, tell: Tell, scale: float = 1.0
) -> Health:
    """Return what the host can do; it takes some ten seconds.

    Args:
        target: whose stores are looked at.
        environment: of the host.
        tell: is told what is looked at.
        scale: share of the loads that ceilings are read from.

    Raises:
        StorageError: where stores live nothing can be written.
        MeasurementError: a ceiling could not be measured.
    """
    tell("steal")
    steal = stolen_share()
    tell("timer")
    late = tail_of((await wake_ups(max(200, round(WAKE_UPS * scale)))).tolist())
    tell("disk")
    disk = sync_tail(Path(target.parent))
    tell("loopback")
    loopback = round_trips()
    runs = await run_suite(cases(scale), 1, target, lambda run: tell(run.case))
    health = Health(
        schema_version=SCHEMA_VERSION,
        environment=environment,
        steal_share=steal,
        timer_late=late,
        disk=disk,
        loopback=loopback,
        ceilings=ceilings_of(runs),
    )
    return replace(health, warnings=warnings_of(health))
