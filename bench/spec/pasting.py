"""Settings as a config file to paste, which reads back as what it was written from."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from bench.spec.variant import Settings

BEFORE, AFTER = "before", "after"
"""Names of the variants."""


def config_file(question: str, base: Settings, tuned: Settings) -> str:
    """Return a config of two variants, `before` and `after`, as YAML.

    Args:
        question: that it answers.
        base: settings of `before`.
        tuned: of `after`.
    """
    document = {
        "question": question,
        "base": differences(Settings(), base),
        "variants": {BEFORE: {}, AFTER: differences(base, tuned)},
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def differences(these: Settings, those: Settings) -> dict[str, Any]:
    """Return what `those` set otherwise, by dotted key, each value as a user writes it."""
    return dict(_differing(these.model_dump(mode="json"), those.model_dump(mode="json")))


def _differing(
    old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    for key, value in new.items():
        before, name = old.get(key), f"{prefix}{key}"
        if isinstance(value, dict) and isinstance(before, dict):
            yield from _differing(before, value, f"{name}.")
        elif value != before:
            yield name, value
