"""Settings as a reader compares them: dotted keys as in the YAML, values as a user writes them."""

from collections.abc import Mapping, Sequence

from bench.core.units import format_duration
from bench.plan.model import Cell, Plan
from bench.report.model import Fold
from bench.report.tables import Column, Entry, Row, Table, Tone, pairs
from bench.spec.disturbances import told
from bench.spec.flat import DEFAULT, differing, flat
from bench.spec.kinds.registry import KINDS


def fold(plan: Plan) -> Fold:
    """Return what differs between a run's cells, then what they all set alike."""
    differences = differences_table(plan)
    shown = tuple(t for t in (differences, common_table(plan)) if t.rows and t.columns)
    every = len(_meant(plan)[0]) if plan.cells else 0
    handlers = {(cell.workload_name, cell.workload.busy) for cell in plan.cells}
    alike = len(handlers) == len({cell.workload_name for cell in plan.cells})
    besides = "" if alike else ", and the handler's time"
    note = f"{len(differences.columns)} of {every}{besides}"
    return Fold("settings", "Settings that differ", shown, note=note)


def differences_table(plan: Plan) -> Table:
    """Return what differs between the settings of a run's cells, one row for each setting."""
    cells = {cell.settings.model_dump_json(): cell for cell in plan.cells}.values()
    caption = "Only what is not the same for every variant"
    return Table("settings-differences", caption, "Variant").of(
        enumerate(cells),
        lambda each: Row(tuple(map(str, each[1].variants)) or (each[1].id,)),
        [_column(*each) for each in differing([cell.settings for cell in cells])],
    )


def _column(key: str, values: Sequence[str]) -> Column[tuple[int, Cell]]:
    def setting(each: tuple[int, Cell]) -> Entry:
        value = values[each[0]]
        return Entry(value, tone=Tone.MUTED if value == DEFAULT else Tone.PLAIN)

    return Column(key, setting, "words")


def common_table(plan: Plan) -> Table:
    """Return what every cell of a run sets alike, defaults left out."""
    flats = _meant(plan)
    return pairs(
        "settings-common",
        "The same for every variant (what is not listed is left at its default)",
        "Setting",
        (
            (key, value)
            for key, value in (flats[0] if flats else {}).items()
            if value != DEFAULT and all(one.get(key) == value for one in flats)
        ),
    )


def _meant(plan: Plan) -> Sequence[Mapping[str, str]]:
    """Return the settings of each cell; only sections that mean something under its workload."""
    return [
        {
            key: value
            for key, value in flat(cell.settings).items()
            if key.split(".")[0] in KINDS[cell.workload.kind].uses | {"disturbances"}
        }
        for cell in plan.cells
    ]


def workload_words(plan: Plan, workload_name: str) -> str:
    """Describe a workload's load and phases in a sentence."""
    workload = next(c.workload for c in plan.cells if c.workload_name == workload_name)
    phases = workload.phases
    lengths = (phases.warmup_ns, phases.measure_ns, phases.drain_ns)
    warmup, measure, drain = map(format_duration, lengths)
    disturbed = f" Disturbed by: {words}." if (words := told(workload.disturbances)) else ""
    return f"{workload.told()}. Warm-up {warmup}, window {measure}, drain up to {drain}.{disturbed}"
