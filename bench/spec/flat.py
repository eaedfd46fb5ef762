"""Settings as a reader compares them: dotted keys as in the YAML, values as a user writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.spec.base import Spec

DEFAULT = "default"


def flat(settings: Spec) -> dict[str, str]:
    """Return settings, or a workload, by dotted key, in the order of the YAML."""
    return dict(_leaves(settings.model_dump(mode="json")))


def _leaves(node: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    leaves: list[tuple[str, str]] = []
    for key, value in node.items():
        if isinstance(value, Mapping):
            leaves += _leaves(value, f"{prefix}{key}.")
        else:
            leaves.append((f"{prefix}{key}", _written(value)))
    return leaves


def _written(value: object) -> str:
    if value is None:
        return DEFAULT
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_item, value)) or "none"
    return str(value)


def _item(value: object) -> str:
    """Return an item of a list as a user writes it; of a mapping without what is empty."""
    if not isinstance(value, Mapping):
        return str(value)
    return "{" + ", ".join(f"{key}: {each}" for key, each in value.items() if each != "") + "}"


def differing(all_settings: Sequence[Spec]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the keys whose values are not the same everywhere, with each value."""
    flats = [flat(settings) for settings in all_settings]
    keys = flats[0] if flats else {}
    rows = [(key, tuple(one.get(key, "") for one in flats)) for key in keys]
    return [(key, values) for key, values in rows if len(set(values)) > 1]
