"""Files that are written whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from bench.core.errors import StorageError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole: to a temporary one, fsync, rename.

    Raises:
        StorageError: the disk refuses; an older file is left as it was.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error
