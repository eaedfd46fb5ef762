"""Which configs of a workload span a map: two axes, and a cell for each pair of their values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.judgement.model import CellJudgement, WorkloadJudgement


@dataclass(frozen=True, slots=True)
class Plane:
    """The variants of a config by their two axes.

    Attributes:
        config: its name.
        down, across: names of the axes.
        cells: (value of the axis down, of the one across) -> cell, in the file's order.
    """

    config: str
    down: str
    across: str
    cells: Mapping[tuple[str, str], CellJudgement]

    @property
    def rows(self) -> tuple[str, ...]:
        """Values of the axis down."""
        return tuple(dict.fromkeys(row for row, _ in self.cells))

    @property
    def columns(self) -> tuple[str, ...]:
        """Values of the axis across."""
        return tuple(dict.fromkeys(column for _, column in self.cells))


def planes(judged: WorkloadJudgement) -> Iterator[Plane]:
    """Yield the configs whose variants are named like `batch=1+max_ack_pending=50`.

    bench/spec/variants.py gives such names to a config's axes.
    """
    configs: dict[str, dict[str, CellJudgement]] = {}
    for cell in judged.cells:
        for name in cell.cell.cell.variants:
            configs.setdefault(name.config, {})[name.variant] = cell
    for config, cells in configs.items():
        found = [(_settings(variant), cell) for variant, cell in cells.items()]
        if {len(settings) for settings, _ in found} == {2}:
            (down, across), *others = {tuple(key for key, _ in each) for each, _ in found}
            placed = {(row, column): cell for ((_, row), (_, column)), cell in found}
            plane = Plane(config, down, across, placed)
            if not others and min(len(plane.rows), len(plane.columns)) > 1:
                yield plane


def _settings(variant: str) -> tuple[tuple[str, str], ...]:
    """Return the settings that a variant's name spells out; a part without `=` has an empty key."""
    parts = [part.rpartition("=") for part in variant.split("+")]
    return tuple((key, value) for key, _, value in parts)
