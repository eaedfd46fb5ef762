"""Settings as a reader compares them: dotted keys as in the YAML, values as a user writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.core import text
from bench.plan.model import Cell, Plan
from bench.report.model import Fold
from bench.report.tables import Column, Entry, Row, Table, Tone, pairs
from bench.spec.flat import DEFAULT, differing, flat


def fold(plan: Plan) -> Fold:
    """Return what differs between a run's cells, then what they all set alike."""
    differences = differences_table(plan)
    shown = tuple(t for t in (differences, common_table(plan)) if t.rows and t.columns)
    every = len(flat(plan.cells[0].settings)) if plan.cells else 0
    note = f"{len(differences.columns)} of {every}"
    return Fold("settings", "Settings that differ", shown, note=note)


def differences_table(plan: Plan) -> Table:
    """Return what differs between the settings of a run's cells, one row for each setting."""
    cells = {cell.settings.model_dump_json(): cell for cell in plan.cells}.values()
    return Table(
        id="settings-differences",
        caption="Only what is not the same for every variant",
        head="Variant",
    ).of(
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
    flats = [flat(cell.settings) for cell in plan.cells]
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


def workload_words(plan: Plan, workload_name: str) -> str:
    """Describe a workload's load and phases in a sentence."""
    workload = next(c.workload for c in plan.cells if c.workload_name == workload_name)
    published = workload.model_dump(mode="json")
    publish, phases = published["publish"], published["phases"]
    shares = published["payload"]["sizes"]
    alone = len(shares) == 1
    sizes = text.listed([size if alone else f"{share} {size}" for size, share in shares.items()])
    consume = workload.consume
    return (
        f"{publish['rate']} offered by {text.plural(publish['publishers'], 'publisher')} "
        f"({publish['arrivals']} arrivals), payload {sizes}; "
        f"{text.plural(consume.consumers, 'consumer')} with "
        f"{text.plural(consume.workers, 'worker')}, {_handler_words(published)}. "
        f"Warm-up {phases['warmup']}, window {phases['measure']}, drain up to {phases['drain']}."
    )


def _handler_words(workload: Mapping[str, Any]) -> str:
    time = workload["consume"]["handler"]["time"]
    if "constant" in time:
        return "no handler time" if time["constant"] == "0s" else f"handler {time['constant']}"
    return f"handler p50 {time['p50']}, p99 {time['p99']}"
