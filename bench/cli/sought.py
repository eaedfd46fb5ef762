"""What the verbs that seek share: options in the place of what a file says, and going on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli.kept import find_run
from bench.cli.options import MEASURING_PANEL
from bench.core.errors import UsageError
from bench.record.store import RunStore

SOUGHT_PANEL = "What is sought, in place of what FILE says"

ResumeSearchOption = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Go on with this search from what it measured.",
        rich_help_panel=MEASURING_PANEL,
    ),
]


def given_of(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the options say, by the keys that a file has for it; an empty text is said."""
    return {key: value for key, value in keys.items() if value not in (None, [], {})}


def file_of(file: str | None, default: str, *, whole: bool) -> str | None:
    """Return the file that is read: what is named, else the default, or none where all is given."""
    return file if file is not None or whole else default


def begun_search(
    resume: str, file: str | None, given: Mapping[str, Any], results: Path
) -> RunStore:
    """Return the search that is gone on with.

    Raises:
        UsageError: there is none, or something else is sought than when it began.
        StorageError: we may not look.
    """
    if file is not None or given:
        raise UsageError(
            "--resume goes on with a search as it began; leave out FILE and what is sought"
        )
    return find_run(resume, results)
