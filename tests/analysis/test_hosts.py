"""Whether two runs come from one place."""

from dataclasses import replace

import pytest

from bench.analysis.hosts import differences, fingerprint
from tests.analysis.runs import environment


def test_the_same_environment_differs_in_nothing() -> None:
    """What differs from run to run anyway must not count: load, time, command."""
    later = replace(environment(), started_utc="2027-01-01", load_average_1m=9.9, command="x")

    assert differences(environment(), later) == ()
    assert fingerprint(environment()) == fingerprint(later)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kernel": "6.8"}, "kernel: 6.1, then 6.8"),
        ({"cpus": 8}, "CPUs: 2, then 8"),
        ({"memory_bytes": 2}, "memory: 1, then 2"),
        ({"store_filesystem": ""}, "file system: ext4, then unknown"),
        ({"server_version": "2.14.0"}, "server version: 2.15.1, then 2.14.0"),
        ({"packages": {"nats-py": "2.16.0"}}, "nats-py: unknown, then 2.16.0"),
    ],
)
def test_what_makes_figures_incomparable_is_named(change: dict[str, object], told: str) -> None:
    """Host, server or client: each of them moves figures by more than a release does."""
    assert differences(environment(), replace(environment(), **change)) == (told,)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"host": "other"}, {"memory_bytes": 2}, {"cpu_model": "new"}])
def test_another_host_is_another_word(change: dict[str, object]) -> None:
    """What was calibrated on one says nothing of the other."""
    assert fingerprint(replace(environment(), **change)) != fingerprint(environment())  # type: ignore[arg-type]


def test_the_word_for_a_host_stays_the_same() -> None:
    """Calibrations that were kept hold it: another way to write it would disown them all."""
    assert fingerprint(environment()) == "4cd229e794505200"


def test_another_server_is_the_same_host() -> None:
    """A calibration outlives an update of what is measured."""
    assert fingerprint(environment()) == fingerprint(
        replace(environment(), server_version="2.14.0")
    )
