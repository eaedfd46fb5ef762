"""Waiting for a host that is kept from us: bounded, told, and by nothing but the host's state."""

import asyncio
from dataclasses import replace

import pytest

from bench.record.schema import HostLoad
from bench.runner.quiet import CALM_LOOKS, LOOK_S, Patience, stolen_share, was_robbed
from tests.report.factory import run_figures


def waited(
    shares: list[float], patience_s: float = 60.0, calm_looks: int = CALM_LOOKS
) -> tuple[Patience, list[str], int]:
    """Wait with these looks, the last of which repeats; return what was told and how many looks."""
    looks = 0
    told: list[str] = []

    def look() -> float:
        nonlocal looks
        looks += 1
        return shares[min(looks, len(shares)) - 1]

    patience = Patience(patience_s, look=look, pause_s=0.01)
    asyncio.run(patience.until_quiet(told.append, calm_looks=calm_looks))
    return patience, told, looks


def test_a_quiet_host_is_not_waited_for() -> None:
    """Before a run one look, and not a word."""
    _, told, looks = waited([0.01], calm_looks=1)

    assert (told, looks) == ([], 1)


def test_a_wave_is_waited_out_and_told_once() -> None:
    """Who watches must know why nothing happens."""
    patience, told, looks = waited([0.4, 0.3, 0.06, 0.01], calm_looks=1)

    assert looks == 6
    assert told == [
        "waiting for the host: the hypervisor takes 40.0 % of a core; for 1m00s at most"
    ]
    assert 59 < patience.left_s < 60


def test_a_lull_is_not_the_end_of_a_wave() -> None:
    """One quiet second between two robbed trials would send the next one into the wave."""
    assert waited([0.4, 0.01, 0.01, 0.4, 0.01])[2] == 7


def test_patience_ends_and_the_run_goes_on() -> None:
    """A host that is never quiet must not hold a build for ever; the trials are invalid then."""
    patience, told, _ = waited([0.5], patience_s=0.05)

    assert patience.left_s <= 0
    assert told[-1] == "the host did not become quiet; going on"


def test_without_patience_nobody_looks() -> None:
    """A look costs a second of a core."""
    assert waited([0.5], patience_s=0.0)[1:] == ([], 0)


def test_a_look_is_busy_for_as_long_as_it_takes() -> None:
    """Who wants no core loses none: an idle look would find every host quiet."""
    share = stolen_share()

    assert 0 <= share <= 1
    assert LOOK_S >= 0.5


@pytest.mark.parametrize(("steal_share", "robbed"), [(0.05, False), (0.051, True), (-1.0, False)])
def test_a_trial_was_robbed_where_it_is_invalid_for_it(steal_share: float, robbed: bool) -> None:
    """The limit is the finding's: what is waited for and what is refused must be the same."""
    trial = run_figures(workloads=("w",), blocks=1).workloads[0].cells[0].trials[0]
    host = HostLoad(steal_share=steal_share, throttled_share=0.0)

    assert was_robbed(replace(trial.record, host=host)) is robbed
    assert not was_robbed(replace(trial.record, host=None))
