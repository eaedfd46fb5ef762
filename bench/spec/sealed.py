"""Sealed payloads need a library that is not installed with jetbench itself."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec

from bench.core.errors import Problem
from bench.spec.yaml_tree import Document, Loc

LIBRARY = "cryptography"


def unsealable(document: Document, library: str = LIBRARY) -> list[Problem]:
    """Return that sealed payloads of a workload cannot be made here, where that is so.

    Args:
        document: as written.
        library: that makes them.
    """
    if find_spec(library) is not None:
        return []
    what = f"needs {library}, which is not installed: install jetbench[crypto]"
    return [document.problem(loc, what) for loc in _sealed(document.data, ())]


def _sealed(value: object, loc: Loc) -> Iterator[Loc]:
    if isinstance(value, list):
        for place, each in enumerate(value):
            yield from _sealed(each, (*loc, place))
    elif isinstance(value, Mapping):
        if value.get("format") == "sealed":
            yield (*loc, "format")
        for key, each in value.items():
            yield from _sealed(each, (*loc, key))
