"""Keys of a variant's settings that came after the first reports.

At their defaults they mean what was meant without them, and are no part of what a cell is known by:
reports that were written before must not look as if their settings had been changed since.
"""

from collections.abc import Mapping

from bench.spec.variant import Settings

_LATER: Mapping[str, tuple[str, ...]] = {
    "stream": (
        "max_msg_size",
        "discard_new_per_subject",
        "consumer_limits",
        "allow_msg_ttl",
        "subject_delete_marker_ttl_ns",
        "allow_rollup_hdrs",
        "republish",
        "subject_transform",
        "history",
    ),
    "publish": ("ttl_ns", "rollup", "gap", "ack_first", "ack_every"),
    "consumer": (
        "max_batch",
        "max_expires_ns",
        "max_bytes",
        "priority_policy",
        "priority_groups",
        "deliver_policy",
        "opt_start_seq",
        "priority_timeout_ns",
        "opt_start_ago_ns",
        "headers_only",
        "sample_freq",
        "inactive_threshold_ns",
        "ordered",
    ),
    "ack": ("in_progress_ns", "whole_batches"),
    "handler": (
        "workers",
        "check",
        "max_age_ns",
        "per_key",
        "retry",
        "breaker",
        "call",
        "state",
    ),
    "effect": ("written", "marker_ttl_ns"),
    "pull": (
        "group",
        "min_pending",
        "min_ack_pending",
        "priority",
        "ask_ahead",
        "ask_idle",
        "ask_every_ns",
    ),
    "failure": ("dead_letters",),
    "server": (
        "max_file",
        "max_mem",
        "max_buffered_msgs",
        "max_buffered_size",
        "max_concurrent_io",
        "limits",
        "encryption",
        "write_deadline_ns",
        "gomaxprocs",
        "gomemlimit",
    ),
}
"""By section; one that came later itself is left out whole where all of it is at its default."""


def unsaid_keys(settings: Settings) -> dict[str, set[str]]:
    """Return those that are at their defaults, by section."""
    usual = Settings()
    return {
        section: {
            key
            for key in keys
            if getattr(getattr(settings, section), key) == getattr(getattr(usual, section), key)
        }
        for section, keys in _LATER.items()
    }
