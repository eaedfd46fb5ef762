"""Where a matrix and its files are found: as a path, in the working directory, or shipped."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import bench
from bench.core.errors import Problem, SpecError
from bench.core.paths import there
from bench.core.words import nearest

Kind = Literal["workload", "config", "matrix", "gates", "capacity", "capacity-plan", "tuning"]

FOLDERS: dict[Kind, str] = {
    "workload": "workloads",
    "config": "configs",
    "matrix": "configs/matrices",
    "gates": "configs/gates",
    "capacity": "configs/capacity",
    "capacity-plan": "configs/capacity/plans",
    "tuning": "configs/tuning",
}
_SUFFIXES = (".yaml", ".yml")


def search_roots() -> tuple[Path, ...]:
    """Return the directories that hold `workloads/` and `configs/`: the user's, then ours."""
    return (Path.cwd(), shipped_root())


def shipped_root() -> Path:
    """Return the directory of the shipped files: in the wheel, or beside `bench/` in a checkout."""
    package = Path(bench.__file__).parent
    in_wheel = package / "_shipped"
    return in_wheel if in_wheel.is_dir() else package.parent


def find(kind: Kind, text: str, *, beside: Path | None, roots: Sequence[Path]) -> Path | None:
    """Return the file that `text` names, or None when a bare name is nowhere to be found.

    Args:
        kind: decides in which folder of a root a bare name is looked for.
        text: a bare name (`small-events`) or a path.
        beside: the directory that a path is relative to; the working directory when None.
        roots: searched in order for a bare name.
    """
    if is_path(text):
        return (beside or Path()) / text
    for folder in [root / FOLDERS[kind] for root in roots]:
        for suffix in _SUFFIXES:
            candidate = folder / f"{text}{suffix}"
            if there(candidate):
                return candidate
    plain = (beside or Path()) / text
    return plain if there(plain) else None


def find_named(kind: Kind, text: str, roots: Sequence[Path], *, called: str = "") -> Path:
    """Return the file that a user names on the command line; a path that leads nowhere, too.

    Args:
        kind: of the file.
        text: a bare name or a path.
        roots: as of `find`.
        called: what the kind is to a user; its own word when empty.

    Raises:
        SpecError: a bare name is nowhere to be found; with the nearest that is.
    """
    path = find(kind, text, beside=None, roots=roots)
    if path is not None:
        return path
    names = known(kind, roots)
    what, near = f"no such {called or kind}", nearest(text, names)
    raise SpecError([Problem(file=text, what=what, allowed=", ".join(names), nearest=near)])


def is_path(text: str) -> bool:
    """Say whether `text` is a path rather than a bare name."""
    return text.endswith(_SUFFIXES) or "/" in text or os.sep in text


def known(kind: Kind, roots: Iterable[Path]) -> tuple[str, ...]:
    """Return the bare names that `find` would find."""
    names = {
        path.stem
        for root in roots
        for suffix in _SUFFIXES
        for path in (root / FOLDERS[kind]).glob(f"*{suffix}")
    }
    return tuple(sorted(names))


def shown(path: Path) -> str:
    """Write a path as a message should: relative to the working directory where it lies below."""
    absolute = Path(os.path.normpath(Path.cwd() / path))
    if absolute.is_relative_to(Path.cwd()):
        return str(absolute.relative_to(Path.cwd()))
    return str(absolute)
