"""Paths that users write."""

import errno
from pathlib import Path


def there(path: Path) -> bool:
    """Say whether a path is there, or may be: why it cannot be read, its reader says best.

    Text of a user may be longer than any name, and may lead where we may not look.
    """
    try:
        return path.exists()
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG
