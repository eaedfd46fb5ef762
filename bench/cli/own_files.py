"""Files that we write for a user, in his directories and never over what is there."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from bench.core.errors import StorageError, UsageError
from bench.core.ids import is_name
from bench.spec.lookup import FOLDERS, Kind, shipped_root
from bench.spec.variants import NAME_WORDS

MAX_NAME_CHARS = 80


def check_name(verb: str, kind: str, name: str) -> None:
    """Raise UsageError, with the nearest right one, where a name cannot be that of a file."""
    if is_name(name) and re.sub(r"\.ya?ml$", "", name) == name:
        return
    near = name_from(name)
    advice = f"; did you mean '{near}'?" if near else ""
    raise UsageError(f"{verb}: '{name}' cannot name a {kind}; allowed: {NAME_WORDS}{advice}")


def name_from(text: str) -> str:
    """Return the nearest right name to a text; empty where there is none."""
    stem = re.sub(r"\.ya?ml$", "", text)
    near = re.sub(r"[^a-z0-9._=+-]+", "-", Path(stem).name.lower()).strip("-._=+")
    near = near[:MAX_NAME_CHARS]
    return near if is_name(near) else ""


def free_path(kind: Kind, name: str) -> Path:
    """Return where a file of this name goes; UsageError where one is."""
    folder = Path(FOLDERS[kind])
    for path in (folder / f"{name}.yaml", folder / f"{name}.yml"):
        if os.path.lexists(path):  # where we may not look, writing says why
            raise UsageError(f"{path}: is there already and stays as it is; give another name")
    return folder / f"{name}.yaml"


def hides(path: Path) -> bool:
    """Say whether a file of a user stands before one that is shipped."""
    shipped = shipped_root() / path
    return shipped.is_file() and not shipped.samefile(path)


def write_new(path: Path, text: str) -> None:
    """Write a file that must not be there yet.

    Raises:
        UsageError: it is there.
        StorageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{error.filename}: is there already and stays as it is") from error
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error


def write_all_new(files: Iterable[tuple[Path, str]]) -> None:
    """Write several that belong together; where one cannot be, those before it are taken back."""
    written: list[Path] = []
    try:
        for path, text in files:
            write_new(path, text)
            written.append(path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
