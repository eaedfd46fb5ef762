"""When a breaker opens, and when it closes again, on a made-up clock."""

import pytest

from bench.engine.breaker import NO_PROBE, Breaker
from bench.spec.trying import BreakerSettings

OPEN_NS = 100


def breaker(failures: int = 3, probes: int = 1, **more: object) -> Breaker:
    tree = {"failures": failures, "probes": probes, "open_for": f"{OPEN_NS}ns", **more}
    return Breaker(BreakerSettings.model_validate(tree))


def ends(of: Breaker, at_ns: int, *failed: bool) -> None:
    for each in failed:
        of.ended(at_ns, NO_PROBE, failed=each)


def opened(at_ns: int = 10, probes: int = 1) -> Breaker:
    found = breaker(probes=probes)
    ends(found, at_ns, True, True, True)
    return found


def test_so_many_failures_in_a_row_open_it() -> None:
    """One that went well between them begins the row anew."""
    found = breaker()
    ends(found, 5, True, True, False, True, True)
    assert (found.closed, found.begins_ns(6)) == (True, 6)

    ends(found, 10, True)

    assert (found.closed, found.openings) == (False, 1)
    assert (found.begins_ns(11), found.begins_ns(109)) == (110, 110)


def test_a_share_of_those_that_ended_lately_opens_it() -> None:
    """Half of the last 50 ns, and three at least: two of two are too few, and three of seven."""
    found = breaker(share="50%", within="50ns")
    ends(found, 10, True, True)
    assert found.closed
    ends(found, 20, False, False, False, False, True)
    assert found.closed

    ends(found, 61, True, True)  # those of 10 are over; 4 well and 1 failed of 20

    assert found.closed
    ends(found, 70, True, True)  # and now those of 20 as well
    assert not found.closed


def test_while_it_is_open_the_end_of_what_began_before_says_nothing() -> None:
    """It met what was, and not what is."""
    found = opened()
    ends(found, 50, True, False)

    assert found.begins_ns(50) == 110
    assert found.begins_ns(110) == 110
    ends(found, 120, False)
    assert not found.closed


def test_a_probe_that_goes_well_closes_it() -> None:
    """Until it ends nobody else begins."""
    found = opened()
    probe = found.begun()
    assert found.begins_ns(115) is None

    found.ended(130, probe, failed=False)

    assert (found.closed, found.begins_ns(130), found.begun()) == (True, 130, NO_PROBE)
    assert (found.openings, found.probes, found.open_ns(500)) == (1, 1, 120)


def test_a_probe_that_fails_opens_it_again() -> None:
    """It was never closed: the time goes on."""
    found = opened()

    found.ended(130, found.begun(), failed=True)

    assert (found.begins_ns(131), found.openings) == (130 + OPEN_NS, 2)
    assert found.open_ns(150) == 140
    assert found.open_ns(160) == 150


def test_all_probes_have_to_go_well() -> None:
    """Two at a time; the second fails, and the late end of the first is of another round."""
    found = opened(probes=2)
    first, second = found.begun(), found.begun()
    assert found.begins_ns(112) is None

    found.ended(120, second, failed=True)
    found.ended(125, first, failed=False)

    assert found.begins_ns(126) == 220
    third = found.begun()
    found.ended(230, third, failed=False)
    assert (found.closed, found.begins_ns(231)) == (False, 231)
    found.ended(240, found.begun(), failed=False)
    assert (found.closed, found.openings, found.probes) == (True, 2, 4)


@pytest.mark.parametrize(("at_ns", "away_ns"), [(20, 90), (109, 1), (110, OPEN_NS)])
def test_what_is_turned_away_comes_when_it_may_be_tried(at_ns: int, away_ns: int) -> None:
    """While a probe is out nobody knows when, so it is as long as if that failed."""
    assert opened().again_ns(at_ns) == away_ns


def test_it_begins_anew_when_it_has_closed() -> None:
    """What failed before counts no more."""
    found = opened()
    found.ended(120, found.begun(), failed=False)

    ends(found, 130, True, True)
    assert found.closed
    ends(found, 140, True)
    assert not found.closed
    assert found.open_ns(150) == 110 + 10
