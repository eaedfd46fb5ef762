"""Keys of a file that options stand in the place of."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bench.core.ids import is_name
from bench.spec.yaml_tree import Document, Loc

OPTIONS = "the options"
"""How problems name what no file says."""

UNWRITTEN = Document(file=OPTIONS, data={}, lines={}, written={}, problems=())
"""Of which all is given by options."""


def with_given(document: Document, given: Mapping[str, Any], verb: str) -> Document:
    """Return a document with other values of some keys, which stand nowhere in the file.

    Args:
        document: of the file.
        given: keys and values; of a mapping what it says besides is kept.
        verb: the label of what has none, and whose workload has no name.
    """
    if not given:
        return document
    data = {
        **document.data,
        **{key: _merged(document.data.get(key), v) for key, v in given.items()},
    }
    data.setdefault("label", data.get("workload") if is_name(str(data.get("workload"))) else verb)
    kept = {loc for loc in document.written if not loc or str(loc[0]) not in given}
    return replace(
        document,
        data=data,
        lines={loc: line for loc, line in document.lines.items() if loc in kept},
        written={
            **{loc: text for loc, text in document.written.items() if loc in kept},
            **_written_out(given),
        },
    )


def _merged(old: object, new: object) -> object:
    """Return what was given, with what a mapping of the file has besides."""
    both = isinstance(old, dict) and isinstance(new, dict)
    return {**old, **new} if both else new  # type: ignore[dict-item]


def _written_out(given: Mapping[str, Any]) -> dict[Loc, str]:
    """Return each value that was given, by its place."""
    found: dict[Loc, str] = {}
    for key, value in given.items():
        items = value.items() if isinstance(value, dict) else enumerate(_listed(value))
        found |= {(key, below): str(item) for below, item in items}
        if isinstance(value, str):
            found[key,] = value
    return found


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
