"""Settings as a reader compares them: dotted keys as in the YAML, values as a user writes them."""

from collections.abc import Mapping
from typing import Any

from bench.core import text
from bench.plan.model import Plan
from bench.report.model import Fold
from bench.report.tables import Column, Entry, Row, Table, Tone
from bench.spec.flat import DEFAULT, differing, flat


def fold(plan: Plan) -> Fold:
    """Return what differs between a run's cells, then what they all set alike."""
    differences, common = differences_table(plan), common_table(plan)
    shown = tuple(table for table in (differences, common) if table.rows and table.columns)
    every = len(flat(plan.cells[0].settings)) if plan.cells else 0
    return Fold(
        id="settings",
        title="Settings that differ",
        note=f"{len(differences.columns)} of {every}",
        blocks=shown,
    )


def differences_table(plan: Plan) -> Table:
    """Return what differs between the settings of a run's cells, one row for each setting."""
    cells = list({cell.settings.model_dump_json(): cell for cell in plan.cells}.values())
    columns = differing([cell.settings for cell in cells])
    rows = tuple(
        Row(
            names=tuple(str(variant) for variant in cell.variants) or (cell.id,),
            entries=tuple(
                Entry(
                    text=values[index],
                    tone=Tone.MUTED if values[index] == DEFAULT else Tone.PLAIN,
                )
                for _, values in columns
            ),
        )
        for index, cell in enumerate(cells)
    )
    return Table(
        id="settings-differences",
        caption="Only what is not the same for every variant",
        head="Variant",
        columns=tuple(Column(title=key, numeric=False) for key, _ in columns),
        rows=rows,
    )


def common_table(plan: Plan) -> Table:
    """Return what every cell of a run sets alike, defaults left out."""
    flats = [flat(cell.settings) for cell in plan.cells]
    keys = flats[0] if flats else {}
    rows = tuple(
        Row(names=(key,), entries=(Entry(text=flats[0][key]),))
        for key in keys
        if len({one.get(key) for one in flats}) == 1 and flats[0][key] != DEFAULT
    )
    return Table(
        id="settings-common",
        caption="The same for every variant (what is not listed is left at its default)",
        head="Setting",
        columns=(Column(title="Value", numeric=False),),
        rows=rows,
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
