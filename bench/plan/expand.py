"""The cells of a matrix: every workload under every distinct setting, each only once."""

from collections.abc import Container
from hashlib import sha256
from itertools import chain, count, product

from bench.plan.model import Cell, VariantName
from bench.spec.jetstream import ack_batch, gathers_acks
from bench.spec.load import LoadedMatrix
from bench.spec.variant import PublishSettings, PullSettings, Settings

MAX_ID_CHARS = 160
"""Leaves room in a file name (255 bytes) for what a trial's directory puts around it."""


def expand(loaded: LoadedMatrix) -> tuple[Cell, ...]:
    """Return the cells in the order of the files.

    Variants that come to the same thing are one cell that bears all their names.
    """
    settings_of: dict[Settings, Settings] = {}
    names_of: dict[Settings, list[VariantName]] = {}
    for config in loaded.configs:
        for variant, settings in config.variants.items():
            effect = in_effect(settings)
            settings_of.setdefault(effect, settings)
            names = names_of.setdefault(effect, [])
            names.append(VariantName(config=config.name, variant=variant))
    ids: set[str] = set()
    cells = []
    for (workload_name, workload), effect in product(loaded.workloads.items(), settings_of):
        names = names_of[effect]
        cell = Cell(
            id=_unique(cell_id(workload_name, names[0]), ids),
            workload_name=workload_name,
            workload=workload,
            variants=tuple(names),
            settings=settings_of[effect],
        )
        ids.add(cell.id)
        cells.append(cell)
    return tuple(cells)


def in_effect(settings: Settings) -> Settings:
    """Return the settings without what their own mode and ack timing leave unused.

    Two variants with the same result differ in nothing that a trial could show.
    """
    changes: dict[str, object] = {}
    if settings.consumer.mode == "push":
        changes["pull"] = PullSettings()
    batch = ack_batch(settings) if gathers_acks(settings) else None
    changes["ack"] = settings.ack.model_copy(update={"batch": batch})
    if settings.publish.mode in ("async", "one-by-one"):
        unused = PublishSettings()
        update = {"batch": unused.batch, "linger_ns": unused.linger_ns}
        changes["publish"] = settings.publish.model_copy(update=update)
    return settings.model_copy(update=changes)


def cell_id(workload_name: str, variant: VariantName) -> str:
    """Return `small-events--pull-batch.batch-10`; a very long one ends in a digest instead."""
    text = f"{workload_name}--{variant.config}.{variant.variant}"
    if len(text) <= MAX_ID_CHARS:
        return text
    digest = sha256(text.encode()).hexdigest()[:12]
    return f"{text[: MAX_ID_CHARS - 13]}-{digest}"


def _unique(text: str, taken: Container[str]) -> str:
    # Names may hold the separators themselves, so two cells can come to one text.
    numbered = (f"{text}-{number}" for number in count(2))
    return next(candidate for candidate in chain([text], numbered) if candidate not in taken)
