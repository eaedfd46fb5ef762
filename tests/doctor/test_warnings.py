"""Every rule on both sides of its limit."""

from dataclasses import replace

import pytest

from bench.core.units import NS_PER_MS
from bench.doctor.warnings import RULES, warnings_of
from bench.record.health import SCHEMA_VERSION, Ceiling, Health, Tail, tail_of
from tests.analysis import runs


def tail(p99_ms: float) -> Tail:
    p99_ns = round(p99_ms * NS_PER_MS)
    return Tail(count=200, p50_ns=p99_ns // 2, p99_ns=p99_ns, max_ns=2 * p99_ns)


SOUND = Health(
    schema_version=SCHEMA_VERSION,
    environment=replace(runs.environment(), cpus=8, load_average_1m=0.1),
    steal_share=0.0,
    timer_late=tail(0.1),
    disk=tail(2.0),
    loopback=tail(0.05),
    ceilings=(
        Ceiling(
            what="publish to a memory store",
            rate_msgs_per_s=100_000.0,
            client_core_share=0.25,
            server_core_share=None,
        ),
    ),
)


def on(cpus: int = 8, load: float = 0.1) -> Health:
    changed = replace(SOUND.environment, cpus=cpus, load_average_1m=load)
    return replace(SOUND, environment=changed)


BOTH_SIDES = {
    "stolen": (replace(SOUND, steal_share=0.02), replace(SOUND, steal_share=0.021)),
    "busy": (on(load=2.0), on(load=2.1)),
    "late": (replace(SOUND, timer_late=tail(1.0)), replace(SOUND, timer_late=tail(1.1))),
    "few-cpus": (on(cpus=4), on(cpus=3)),
    "slow-sync": (replace(SOUND, disk=tail(20.0)), replace(SOUND, disk=tail(20.1))),
    "slow-trip": (replace(SOUND, loopback=tail(0.5)), replace(SOUND, loopback=tail(0.51))),
}


def test_every_rule_is_tried() -> None:
    assert [rule.name for rule in RULES] == list(BOTH_SIDES)


def test_a_sound_host_is_warned_of_nothing() -> None:
    assert warnings_of(SOUND) == ()


@pytest.mark.parametrize("name", BOTH_SIDES)
def test_a_rule_speaks_beyond_its_limit_and_not_at_it(name: str) -> None:
    sound, poor = BOTH_SIDES[name]

    assert warnings_of(sound) == ()
    (warned,) = warnings_of(poor)
    assert warned.remedy.endswith(".")


def test_unknown_cpus_are_not_called_few() -> None:
    assert warnings_of(on(cpus=0)) == ()


def test_a_tail_is_read_from_what_was_seen() -> None:
    """Of 200 the 99th percentile is one of them, and never better than it."""
    assert tail_of(range(1, 201)) == Tail(count=200, p50_ns=101, p99_ns=199, max_ns=200)


def test_what_a_client_could_do_with_a_core_is_computed() -> None:
    assert SOUND.ceilings[0].client_alone_msgs_per_s == 400_000
    none = replace(SOUND.ceilings[0], client_core_share=0.0)
    assert none.client_alone_msgs_per_s is None
