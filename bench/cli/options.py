"""Options and arguments that several verbs share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from bench.core.errors import UsageError
from bench.core.words import nearest

E = TypeVar("E", bound=StrEnum)

DEFAULT_MATRIX = "quickstart"

SERVER_PANEL, MEASURING_PANEL, FILES_PANEL = "The server", "How it is measured", "What is written"
"""Headings that options of many verbs stand under: a long list is read by parts."""

MatrixArgument = Annotated[
    str,
    typer.Argument(
        metavar="MATRIX", help="Name of a matrix in configs/matrices, or a path to one."
    ),
]
QuickOption = Annotated[
    bool,
    typer.Option(
        "--quick",
        help="Shorten the phases for a look; the report says so.",
        rich_help_panel=MEASURING_PANEL,
    ),
]
BlocksOption = Annotated[
    int | None,
    typer.Option(
        "--blocks",
        min=1,
        max=100,
        help="How often every cell runs; else the matrix's.",
        rich_help_panel=MEASURING_PANEL,
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed",
        min=0,
        help="Seed of order and load; else the matrix's.",
        rich_help_panel=MEASURING_PANEL,
    ),
]
ResultsOption = Annotated[
    Path,
    typer.Option(
        "--out", metavar="DIR", help="Directory that holds the runs.", rich_help_panel=FILES_PANEL
    ),
]
ReportsOption = Annotated[
    Path,
    typer.Option(
        "--reports",
        metavar="DIR",
        help="Directory that holds the reports.",
        rich_help_panel=FILES_PANEL,
    ),
]
RunArgument = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run's name, label (the newest) or path, or `latest`."),
]

DEFAULT_RESULTS = Path("results")
DEFAULT_REPORTS = Path("reports")


def kind_of(text: str, kinds: type[E], verb: str) -> E:
    """Return the kind of file of this name; UsageError with the nearest when there is none."""
    try:
        return kinds(text)
    except ValueError:
        near = nearest(text, kinds)
        advice = f"; did you mean '{near}'?" if near else ""
        allowed = ", ".join(kinds)
        raise UsageError(f"{verb}: no kind '{text}'; allowed: {allowed}{advice}") from None
