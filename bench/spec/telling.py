"""Settings under which workloads tell what they tell under no others."""

from collections.abc import Mapping
from typing import Any

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

BY_SETTINGS_ALONE = frozenset({"evicted", "aged_out", "rolled_up", "exhausted", "false_alarms"})
"""Counts of what a setting does: under others it is not done, and they are 0."""
