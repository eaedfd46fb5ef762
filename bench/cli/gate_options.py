"""The options of `jetbench gate`, as the command line has them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import FILES_PANEL, MEASURING_PANEL

DEFAULT_BLOCKS = 5
RUN_PANEL = "Judging a RUN that exists"
SIDES_PANEL = "Measuring two sides"


class OnInconclusive(StrEnum):
    """What an inconclusive gate does to the exit code."""

    FAIL = "fail"
    WARN = "warn"


RulesOption = Annotated[
    str,
    typer.Option("--rules", metavar="FILE", help="A gate file, or its name in configs/gates."),
]
OptionalRun = Annotated[
    str | None,
    typer.Argument(metavar="[RUN]", help="Judge this run; leave out to measure two sides."),
]
BaselineOption = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="VARIANT",
        help="Of RUN: what others are held against.",
        rich_help_panel=RUN_PANEL,
    ),
]
CandidatesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--candidate",
        metavar="VARIANT",
        help="Of RUN: who is judged; else all.",
        rich_help_panel=RUN_PANEL,
    ),
]
BaselineConfigOption = Annotated[
    str | None,
    typer.Option(
        "--baseline-config",
        metavar="CONFIG/VARIANT",
        help="Settings of the baseline.",
        rich_help_panel=SIDES_PANEL,
    ),
]
CandidateConfigOption = Annotated[
    str | None,
    typer.Option(
        "--candidate-config",
        metavar="CONFIG/VARIANT",
        help="Settings of the candidate; else the baseline's.",
        rich_help_panel=SIDES_PANEL,
    ),
]
BaselineServerOption = Annotated[
    Path | None,
    typer.Option(
        "--baseline-server-bin",
        metavar="FILE",
        help="nats-server of the baseline.",
        rich_help_panel=SIDES_PANEL,
    ),
]
CandidateServerOption = Annotated[
    Path | None,
    typer.Option(
        "--candidate-server-bin",
        metavar="FILE",
        help="nats-server of the candidate.",
        rich_help_panel=SIDES_PANEL,
    ),
]
BaselineClientOption = Annotated[
    Path | None,
    typer.Option(
        "--baseline-client",
        metavar="DIR",
        help="Holds the nats-py of the baseline's workers.",
        rich_help_panel=SIDES_PANEL,
    ),
]
CandidateClientOption = Annotated[
    Path | None,
    typer.Option(
        "--candidate-client",
        metavar="DIR",
        help="Likewise, of the candidate's workers.",
        rich_help_panel=SIDES_PANEL,
    ),
]
WorkloadsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--workload",
        metavar="NAME",
        help="These alone; else all of the gate file.",
        rich_help_panel=MEASURING_PANEL,
    ),
]
BlocksOption = Annotated[
    int,
    typer.Option(
        "--blocks",
        min=1,
        max=50,
        help="Of the first look; red takes twice.",
        rich_help_panel=MEASURING_PANEL,
    ),
]
SeedOption = Annotated[
    int, typer.Option("--seed", min=0, help="Of order and load.", rich_help_panel=MEASURING_PANEL)
]
PlantOption = Annotated[
    str,
    typer.Option(
        "--plant-slow-handler",
        metavar="SHARE",
        help="Slow the candidate's handler, such as by 20%, to see the gate notice it.",
        rich_help_panel=SIDES_PANEL,
    ),
]
InconclusiveOption = Annotated[
    OnInconclusive,
    typer.Option("--inconclusive", help="Whether not knowing fails (exit 3) or only warns."),
]
JunitOption = Annotated[
    Path | None,
    typer.Option("--junit", metavar="FILE", help="Write JUnit XML.", rich_help_panel=FILES_PANEL),
]
MarkdownOption = Annotated[
    Path | None,
    typer.Option(
        "--markdown",
        metavar="FILE",
        help="Write a Markdown summary.",
        rich_help_panel=FILES_PANEL,
    ),
]
JsonOption = Annotated[
    Path | None,
    typer.Option(
        "--json", metavar="FILE", help="Write the verdict as JSON.", rich_help_panel=FILES_PANEL
    ),
]
