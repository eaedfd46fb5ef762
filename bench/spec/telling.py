"""Settings under which workloads tell what they tell under no others."""

from collections.abc import Callable, Mapping
from typing import Any

from bench.spec.expiring import evicts
from bench.spec.variant import Settings

_LIMITED: Mapping[str, Any] = {
    "stream": {"max_msgs": 1},
    "publish": {"ttl": "1s", "rollup": "subject"},
    "failure": {"dead_letters": True},
    "handler": {"per_key": "latest", "check": ["envelope"]},
    "bucket": {"ttl": "1s"},
    "read": {"group": "boundary"},
}
"""Limits, dead letters, ways to run handlers, and keys of a group as they were at one instant."""

_WRITTEN: Mapping[str, Any] = {"effect": {"written": True}}
"""Effects are counted in a bucket, in place of by what handlers noted."""

MOST_TOLD = (
    Settings(),
    Settings.model_validate(_LIMITED),
    Settings.model_validate(_WRITTEN),
)
"""Between them all that a rule may ask for; no variant has to be so, and none could have all."""

_DONE_BY: Mapping[str, Callable[[Settings], bool]] = {
    "evicted": lambda settings: evicts(settings.stream),
    "aged_out": lambda settings: settings.publish.ttl_ns is not None,
    "rolled_up": lambda settings: settings.publish.rollup != "none",
    "exhausted": lambda settings: settings.consumer.max_deliver is not None,
    "false_alarms": lambda settings: bool(settings.handler.check),
}
"""Counts of what a setting does, and whether it is set."""


def is_left_undone(word: str, settings: Settings) -> bool:
    """Say whether a count is 0 for sure though nobody counts: a setting alone does it, and is not.

    Where it is set and nobody counts all the same nobody knows: some kinds of workload do not tell
    what a limit took, nor do records of versions that counted it as lost.
    """
    does = _DONE_BY.get(word)
    return does is not None and not does(settings)
