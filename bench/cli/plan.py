"""`jetbench plan`: what a run would do, how long it takes and what it costs, without running it."""

from rich.console import Console
from rich.table import Table

from bench.cli.console import errors, output
from bench.cli.options import (
    DEFAULT_MATRIX,
    BlocksOption,
    MatrixArgument,
    QuickOption,
    SeedOption,
)
from bench.core import text
from bench.core.units import NS_PER_S, format_rate, human_clock, human_size
from bench.plan.build import make_plan
from bench.plan.estimate import estimate
from bench.plan.model import Cell, Plan
from bench.spec.cautions import sharing
from bench.spec.criteria import parse_criterion
from bench.spec.decidable import undecidable
from bench.spec.load import LoadedMatrix, cautions_of, load_matrix


def plan(
    matrix: MatrixArgument = DEFAULT_MATRIX,
    quick: QuickOption = False,
    blocks: BlocksOption = None,
    seed: SeedOption = None,
) -> None:
    """Print the cells, the order of the trials and an estimate of time, messages and disk."""
    loaded = load_matrix(matrix)
    made = make_plan(loaded, quick=quick, blocks=blocks, seed=seed)
    console = output()
    print_cautions(loaded, made, errors())
    console.print(_cells(made))
    console.print(_trials(made))
    print_estimate(made, console)


def print_estimate(made: Plan, console: Console) -> None:
    """Print in one line what the plan takes."""
    expected = estimate(made)
    cells, trials = len(made.cells), len(made.trials)
    console.print(
        f"{made.label}: {text.plural(cells, 'cell')} x {text.plural(made.blocks, 'block')} = "
        f"{text.plural(trials, 'trial')}, "
        f"about {human_clock(expected.duration_s)}, {text.plural(expected.messages, 'message')}, "
        f"{human_size(expected.stored_bytes)} stored "
        f"(at most {human_size(expected.peak_store_bytes)} at once), "
        f"{human_size(expected.results_bytes)} of results; seed {made.seed}",
        markup=False,
        soft_wrap=True,
    )


def print_cautions(loaded: LoadedMatrix, made: Plan, console: Console) -> None:
    """Print what does not stop a run, but may not be what its author wants."""
    for name, workload in loaded.workloads.items():
        for note in sharing(name, workload):
            console.print(f"note: {note}", markup=False, soft_wrap=True)
    for caution in (*cautions_of(loaded), *undecided(made)):
        console.print(f"caution: {caution}", markup=False, soft_wrap=True)


def undecided(made: Plan) -> tuple[str, ...]:
    """Return why criteria of a plan cannot be decided, before anybody waits for them."""
    rules = tuple(map(parse_criterion, made.success))
    workloads = {cell.workload_name: cell.workload for cell in made.cells}
    return undecidable(rules, workloads, made.blocks)


def _cells(made: Plan) -> Table:
    table = Table("cell", "variants", "rate", "phases (s)", title="Cells", box=None)
    for cell in made.cells:
        variants = ", ".join(str(name) for name in cell.variants)
        rate = format_rate(cell.workload.publish.rate_msgs_per_s)
        table.add_row(cell.id, variants, rate, _phases(cell))
    return table


def _phases(cell: Cell) -> str:
    phases = cell.workload.phases
    spans_ns = (phases.warmup_ns, phases.measure_ns, phases.drain_ns)
    return " + ".join(f"{ns / NS_PER_S:g}" for ns in spans_ns)


def _trials(made: Plan) -> Table:
    table = Table("#", "block", "cell", title="Order of the trials", box=None)
    for trial in made.trials:
        table.add_row(str(trial.index), str(trial.block), trial.cell_id)
    return table
