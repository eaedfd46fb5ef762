"""What a cell is called in tables, its question above and its difference beside; and a time."""

from collections.abc import Iterable, Mapping, Sequence

from bench.core import text
from bench.core.direction import isolated
from bench.judgement.model import CellJudgement, Difference
from bench.report.tables import Column, Row, Table
from bench.spec.metrics import NETWORK_FIGURES

OF_PROCESS: Mapping[str, str] = {
    "cpu_share": "CPU",
    "cpu_share_peak": "peak second",
    "rss_bytes_mean": "mean memory",
    "rss_bytes_peak": "peak memory",
    **{figure: words for figure, (_, words, _) in NETWORK_FIGURES.items()},
}
"""Headings of the tables of processes, by the record's word (`ProcessUsage`)."""

MOST_SETTINGS = 3
"""Of more that differ only the count stands in a row; the fold of settings names each."""


def of_time(time: str) -> str:
    """Return a time as people write it: `end-to-end`, `billing end-to-end`."""
    return time.replace("_", "-").replace(".", " ")


def short_names(cell: CellJudgement) -> tuple[str, ...]:
    """Return a cell's short name, and those of the same settings without their configs."""
    return tuple(dict.fromkeys([cell.short, *(name.split("/", 1)[-1] for name in cell.others)]))


def heading(cell: CellJudgement) -> Row:
    """Return the heading of a cell's row in a fold: its names, tinted of the baseline."""
    return Row(short_names(cell), tinted=cell.is_baseline)


def by_variant(
    id_: str,
    caption: str,
    cells: Iterable[CellJudgement],
    columns: Sequence[Column[CellJudgement]],
) -> Table:
    """Return a table of a fold, with a row for each of these cells."""
    return Table(id_, caption, "Variant").of(cells, heading, columns)


def above(cell: CellJudgement) -> str:
    """Return what stands over a name: the question that it answers, else its config."""
    return cell.question or cell.name.partition("/")[0]


def beside(cell: CellJudgement) -> str:
    """Return what a cell sets otherwise than the baseline: `batch 1 not 50`."""
    if cell.is_baseline:
        return "baseline"
    if len(cell.differs) > MOST_SETTINGS:
        return f"{len(cell.differs)} settings differ"
    return ", ".join(map(_written, cell.differs))


def _written(found: Difference) -> str:
    setting = found.setting.rpartition(".")[2]
    return f"{setting} {found.value} not {found.baseline_value}"


def baseline_words(cell: CellJudgement) -> str:
    """Return the baseline's name with the question it belongs to, as a sentence may say it."""
    return text.listed([isolated(name) for name in (cell.name, *cell.others)])
