"""What the sampler did not see, and what of that leaves a trial in doubt."""

from collections.abc import Iterable

import pytest

from bench.core.units import NS_PER_MS, NS_PER_S
from bench.engine.resources import usages
from bench.engine.unseen import unseen_findings
from bench.record import samples
from bench.record.schema import Finding, Level, Window

WINDOW = Window(window_start_ns=2 * NS_PER_S, window_end_ns=8 * NS_PER_S, drained_ns=9 * NS_PER_S)
ROLES = ("publisher-0", "consumer-0", "sampler")


def found(instants_ms: Iterable[int], roles: tuple[str, ...] = ROLES) -> list[Finding]:
    """The findings on a trial of 9 s that was sampled at these instants; each uses a fifth."""
    rows: list[dict[str, int | None]] = []
    for at_ms in instants_ms:
        used = {f"{role}_cpu_ns": at_ms * NS_PER_MS // 5 for role in roles}
        rows.append({"t_ns": at_ms * NS_PER_MS, "host_idle_ns": at_ms, **used})
    sampled = samples.table(rows)
    return list(unseen_findings(sampled, WINDOW, usages(sampled, WINDOW), ROLES))


def test_a_trial_that_was_sampled_throughout_has_no_finding() -> None:
    """Ten times a second, each at a random instant of its tenth: two may lie 200 ms apart."""
    assert found(range(0, 9_000, 200)) == []


def test_a_sampler_that_stopped_for_seconds_is_told_with_its_place() -> None:
    """From 4 s to 7 s nothing was seen; counters go on over it, so the trial stands."""
    (finding,) = found([*range(0, 4_001, 100), *range(7_000, 9_000, 100)])

    assert (finding.level, finding.code) == (Level.WARNING, "samples-missing")
    assert "not sampled for 3.00 s, from 4.0 s of the trial on" in finding.text


@pytest.mark.parametrize(
    ("carried", "looks"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 8, 9], 0),
        ([1, 2, 3, 4, None, 6, 7, 8, 9], 1),
        ([1, 2, 3, None, None, 6, None, 8, 9], 2),
        ([None, None, None, None, 5, 6, 7, 8, 9], 0),
        ([1, None, 3, 4, 5, 6, 7, 8, 9, None], 0),
        ([1, 2, 3, 4, 5, 6, 7, 8, None], 1),
    ],
    ids=["none ended", "one", "one and one", "late to come", "outside of the window", "at its end"],
)
def test_connections_that_ended_are_told_as_missing_in_part(
    carried: list[int | None], looks: int
) -> None:
    """A figure that lacks what they carried last would meet a limit that the server broke."""
    rows: list[dict[str, int | None]] = [
        {"t_ns": at * NS_PER_S, "server_in_bytes": each, "publisher-0_in_bytes": at}
        for at, each in enumerate(carried)
    ]

    told = unseen_findings(samples.table(rows), WINDOW, (), ())

    found = [(each.level, each.code, each.role) for each in told]
    assert found == [(Level.NOTE, "network-incomplete", "server")] * bool(looks)
    for each in unseen_findings(samples.table(rows), WINDOW, (), ()):
        assert f"as {looks} look" in each.text


@pytest.mark.parametrize(
    "instants_ms",
    [
        [*range(0, 500, 100), *range(3_500, 9_000, 100)],  # not around the window's begin
        range(0, 6_500, 100),  # not around its end
        [],
    ],
)
def test_a_load_whose_cpu_cannot_be_told_leaves_the_trial_in_doubt(
    instants_ms: Iterable[int],
) -> None:
    """A saturated client would pass as a fast one, or a slow server as a saturated client."""
    doubtful = [each for each in found(instants_ms) if each.level is Level.INVALID]

    assert [(each.code, each.role) for each in doubtful] == [
        ("load-unseen", "publisher-0"),
        ("load-unseen", "consumer-0"),
    ]


def test_a_worker_whose_cpu_alone_was_not_read_is_named() -> None:
    """Its process could not be found, say; the others say nothing of it."""
    (finding,) = found(range(0, 9_000, 100), roles=("publisher-0", "sampler"))

    assert (finding.code, finding.role) == ("load-unseen", "consumer-0")
