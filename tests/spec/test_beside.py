"""Which workloads keep more than the streams that somebody takes from, and so nobody asks about."""

from typing import Any

import pytest

from bench.spec.choose import load_workloads
from bench.spec.variant import Settings

LETTERS: dict[str, Any] = {"failure": {"dead_letters": True}}


@pytest.mark.parametrize(
    ("name", "settings", "beside"),
    [
        ("small-events", {}, False),
        ("small-events", LETTERS, True),
        ("small-events", {"effect": {"written": True}}, True),
        ("handler-kv", {}, True),
        ("handler-json", {}, False),
        ("kv-session", {}, False),
        ("fan-out", {}, False),
        ("replay", {}, False),
        ("command", {}, True),
        ("dual-write", {}, True),
        ("workflow", {}, True),
        ("projection", {}, False),
    ],
)
def test_each_kind_says_so_itself(name: str, settings: dict[str, Any], beside: bool) -> None:
    workload = load_workloads([name])[name]

    assert workload.keeps_beside(Settings.model_validate(settings)) is beside


def test_a_model_that_nobody_watches_is_not_asked_about() -> None:
    watched = load_workloads(["projection"])["projection"]

    assert watched.model_copy(update={"watch": {}}).keeps_beside(Settings())


def test_streams_and_fan_outs_alone_keep_what_is_published_as_it_is() -> None:
    """What a message takes on disk is seen by laying such messages, and by nothing else."""
    names = ("small-events", "fan-out", "kv-session", "replay", "command", "projection")
    found = load_workloads(names)

    assert [name for name in names if found[name].keeps_as_published] == ["small-events", "fan-out"]
