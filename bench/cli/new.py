"""`jetbench new`: a commented file to start from; it asks nothing and overwrites nothing."""

import re
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Annotated

import typer

from bench.cli.console import output
from bench.cli.options import kind_of
from bench.cli.own_files import check_name, free_path, hides, write_new
from bench.core.errors import UsageError
from bench.core.words import nearest
from bench.spec.kinds.registry import KINDS
from bench.spec.lookup import Kind, find, search_roots

MAX_LABEL_CHARS = 64
_USUAL = next(iter(KINDS))


class NewKind(StrEnum):
    """The files that a user writes."""

    WORKLOAD = "workload"
    CONFIG = "config"
    MATRIX = "matrix"
    GATE = "gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What a kind of file is to the rest of jetbench, and what to type when it is there."""

    kind: Kind
    next: tuple[str, ...]


_KINDS: dict[NewKind, _Made] = {
    NewKind.WORKLOAD: _Made(kind="workload", next=("jetbench new matrix @name@",)),
    NewKind.CONFIG: _Made(kind="config", next=("jetbench new matrix @name@",)),
    NewKind.MATRIX: _Made(kind="matrix", next=("jetbench plan @name@", "jetbench run @name@")),
    NewKind.GATE: _Made(
        kind="gates",
        next=(
            "jetbench gate --rules @name@ --baseline-config pull-batch/batch-50 "
            "--candidate-config pull-batch/batch-100",
        ),
    ),
}


def new(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=", ".join(NewKind))],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the file, without .yaml.")],
    of: Annotated[
        str,
        typer.Option(
            "--kind", metavar="KIND", help=f"Of the workload that it is for: {', '.join(KINDS)}."
        ),
    ] = _USUAL,
) -> None:
    """Write a commented, valid workload, config, matrix or gate file to start from.

    It is written below the working directory, never over a file that is there. A matrix and a gate
    take the workload and config of their own name where there are any.
    """
    wanted = kind_of(kind, NewKind, "new")
    made = _KINDS[wanted]
    check_name("new", wanted, name)
    _check_kind(wanted, of)
    path = free_path(made.kind, name)
    write_new(path, _filled(_template(wanted, of), name, KINDS[of].shipped))
    console = output()
    console.print(f"wrote {path}", soft_wrap=True)
    if hides(path):
        console.print(f"note: from here it stands before jetbench's own {name}", soft_wrap=True)
    for step in (f"jetbench validate {path}", *made.next):
        console.print(f"next: {step.replace('@name@', name)}", soft_wrap=True)


def _check_kind(wanted: NewKind, of: str) -> None:
    if of not in KINDS:
        near = nearest(of, KINDS)
        advice = f"; did you mean '{near}'?" if near else ""
        raise UsageError(f"--kind: no such kind '{of}'; allowed: {', '.join(KINDS)}{advice}")
    if wanted is NewKind.GATE and of != _USUAL:
        raise UsageError(
            "--kind: a gate has none, leave it out; allowed: with workload, config and matrix"
        )


def _template(wanted: NewKind, of: str) -> str:
    """Return the template of a file; most are the same for several kinds of workload."""
    folder = files("bench.cli") / "templates"
    own = folder / f"{wanted}.{of}.yaml"
    return (own if own.is_file() else folder / f"{wanted}.yaml").read_text(encoding="utf-8")


def _filled(text: str, name: str, shipped: tuple[str, str]) -> str:
    """Return a template for this name; what it refers to is the user's where he has it."""
    label = re.sub(r"[^A-Za-z0-9._-]", "-", name)[:MAX_LABEL_CHARS]
    workload = _own_or("workload", name, shipped[0])
    config = _own_or("config", name, shipped[1])
    words = {"@label@": label, "@workload@": workload, "@config@": config}
    for place, word in words.items():
        text = text.replace(place, word)
    return text


def _own_or(kind: Kind, name: str, shipped: str) -> str:
    return name if find(kind, name, beside=None, roots=search_roots()) else shipped
