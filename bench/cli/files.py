"""`jetbench validate`: files of a user, checked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.console import output
from bench.cli.gate_options import DEFAULT_BLOCKS
from bench.cli.plan import cautions_in, print_cautions
from bench.plan.build import make_plan
from bench.plan.tuned import planned
from bench.spec.capacity import LoadedCapacity
from bench.spec.choose import load_workloads
from bench.spec.decidable import undecidable
from bench.spec.gates import Gates, phased
from bench.spec.kinds.registry import KINDS
from bench.spec.load import LoadedMatrix
from bench.spec.lookup import find, search_roots
from bench.spec.recognised import Content, check_files
from bench.spec.tuning import LoadedTuning
from bench.spec.tuning_cautions import cautions_of
from bench.spec.workload import Workload


def validate(
    paths: Annotated[list[Path], typer.Argument(metavar="FILES…", help="Files to check.")],
) -> None:
    """Check workloads, configs, matrices, gate, capacity and tuning files, and capacity plans.

    Every problem is named at once. What stops nothing and may still surprise is named as a caution.
    """
    console = output()
    for found in check_files(paths):
        line = f"{found.file}: {found.kind}, no problem found"
        console.print(line, markup=False, soft_wrap=True)
        if isinstance(found.content, LoadedMatrix):
            print_cautions(found.content, make_plan(found.content), console)
        for line in _beforehand(found.file, found.content):
            console.print(line, markup=False, soft_wrap=True)


def _beforehand(file: str, content: Content) -> Iterator[str]:
    """Yield what stops nothing, but may not be what the author wants."""
    if isinstance(content, Workload):
        notes = KINDS[content.kind].notes(Path(file).stem, content)
        yield from (f"note: {note}" for note in notes)
    elif isinstance(content, LoadedCapacity):
        yield from (f"caution: {caution}" for caution in cautions_in(content.matrix))
    elif isinstance(content, LoadedTuning):
        begins = planned(content)
        yield begins.outlook
        yield from (f"caution: {each}" for each in (*cautions_of(content), *begins.cautions()))
    elif isinstance(content, Gates):
        roots = search_roots()
        there = [name for name in content.own if find("workload", name, beside=None, roots=roots)]
        for name, workload in phased(load_workloads(there), content).items():
            rules = content.rules_for(name)
            for why in undecidable(rules, {name: workload}, blocks=DEFAULT_BLOCKS):
                yield f"caution: {why}"
