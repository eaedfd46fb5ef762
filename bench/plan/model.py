"""The plan of a run: every trial in order with its whole resolved configuration.

It is what `plan.json` holds; a run is resumed and a report rebuilt from it alone.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from bench.spec.cast import Cast
from bench.spec.disturbances import Disturbance
from bench.spec.kinds.registry import AnyWorkload, cast_of
from bench.spec.space import Knob, Point
from bench.spec.variant import Settings
from bench.spec.workload import Phases

PLAN_SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantName:
    """A variant of a config file; written `config/variant`."""

    config: str
    variant: str

    def __str__(self) -> str:
        return f"{self.config}/{self.variant}"


@dataclass(frozen=True, kw_only=True)  # without slots, so that the cast is made once
class Cell:
    """One workload under one setting.

    Attributes:
        id: `small-events--pull-batch.batch-10`; unique in the plan, safe as a file name.
        workload_name: file stem of the workload.
        workload: the profile, with the phases this run uses.
        variants: every variant that resolves to these settings; measured once, shown under each.
        settings: resolved.
    """

    id: str
    workload_name: str
    workload: AnyWorkload
    variants: tuple[VariantName, ...]
    settings: Settings

    @cached_property
    def cast(self) -> Cast:
        """What takes part in its trials; kept: whoever reads figures of many parts asks often."""
        return cast_of(self.workload, self.settings)

    @property
    def disturbances(self) -> tuple[Disturbance, ...]:
        """What is done to the system in its trials, in the order of its instants."""
        return self.workload.disturbed_by(self.settings)

    @property
    def fills_beside(self) -> bool:
        """Whether a store with a limit holds streams that no consumer takes from as well."""
        server = self.settings.server
        limited = server.max_mem is not None or server.max_file is not None
        return limited and self.workload.keeps_beside(self.settings)

    @property
    def usual_cast(self) -> Cast:
        """What takes part under a variant that changes nothing."""
        return cast_of(self.workload, Settings())


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One cell in one block.

    Attributes:
        id: `007-small-events--pull-batch.batch-10-b2`: the directory of its record.
        index: 1-based place in the order of the run.
        cell_id: the cell.
        block: 1-based.
        seed: seeds this trial's arrivals, sizes, subjects and handler times. The same for all
            trials of a workload in a block, so that paired trials see the same load.
    """

    id: str
    index: int
    cell_id: str
    block: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A config's question, kept for the report."""

    config: str
    question: str


class Purpose(StrEnum):
    """What a trial of a search is for."""

    SHORT = "short probe"
    LONG = "long probe"
    SOAK = "soak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A rate that was tried, and what for.

    Attributes:
        cell_id: the cell that its trials are of.
        base_id: the cell whose capacity is sought.
        rate_per_s: offered by all parts together.
        publishers: processes that offer it, at least.
        purpose: of its trials.
    """

    cell_id: str
    base_id: str
    rate_per_s: float
    publishers: int
    purpose: Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a run seeks that grows as it goes: the highest rate that meets the goals.

    Attributes:
        low_per_s, high_per_s: between these.
        goals: rules, as written.
        most_publishers: that the host has cores for.
        probe, soak: phases of short probes and of soaks; windows are longer where a percentile
            needs more messages.
        bases: whose capacity is sought, as written, one for each distinct setting.
        steps: tried so far, in the order they began.
    """

    low_per_s: float
    high_per_s: float
    goals: tuple[str, ...]
    most_publishers: int
    probe: Phases
    soak: Phases
    bases: tuple[Cell, ...]
    steps: tuple[Step, ...] = ()

    @property
    def variants(self) -> tuple[str, ...]:
        """Every variant whose capacity is sought: several may come to one base."""
        return tuple(str(each) for base in self.bases for each in base.variants)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedPoint:
    """A point of a space that has a cell of its own.

    Attributes:
        point: what is set.
        cell_id: of the plan.
    """

    point: Point
    cell_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What a run seeks that grows as it goes: the settings that are best for a workload.

    Attributes:
        base: workload and settings that every point is laid over; what gains are held against.
        knobs: that are turned.
        points: valid points of the space, `base` not counted among them; of a space too large to
            be counted reckoned from a sample.
        objectives: one or two, as written: `minimise end_to_end_p99`, `maximise acked_rate`.
        constraints: rules that the best has to hold, as written.
        budget_ns: within which all is to be done, the confirmation included.
        raced: every valid point is tried, and what is clearly worse leaves; else an optimiser
            chooses which are tried.
        tried: `base` first, then in the order they were first tried.
        confirms_from: the first block of the confirmation; None while it has not begun. From there
            on only finalists have trials, and what is printed of a gain is from those alone.
    """

    base: Cell
    knobs: tuple[Knob, ...]
    points: int
    objectives: tuple[str, ...]
    constraints: tuple[str, ...]
    budget_ns: int
    raced: bool
    tried: tuple[TriedPoint, ...] = ()
    confirms_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a run will do.

    Attributes:
        schema_version: of plan.json.
        label: the matrix's label.
        question: the matrix's question; may be empty.
        config_questions: one for each config that asks one.
        seed: of the order and of all trials.
        blocks: how often every cell runs at least; blocks numbered above it came on top, to
            repeat an invalid one or to confirm what looked red.
        quick: the phases were shortened for a look.
        cells: in the order of the files.
        trials: in the order they run.
        baseline: the variant that others are compared with, `config/variant`; empty without one.
        primary, secondary: short names of the metrics that a recommendation goes by.
        success: rules that a variant must hold to be recommended, as written.
        search: a capacity that is sought by trials that follow from those before; None without.
        tuning: the best settings, sought likewise; None without.
    """

    schema_version: int
    label: str
    question: str
    config_questions: tuple[Question, ...]
    seed: int
    blocks: int
    quick: bool
    cells: tuple[Cell, ...]
    trials: tuple[Trial, ...]
    baseline: str = ""
    primary: str = ""
    secondary: tuple[str, ...] = ()
    success: tuple[str, ...] = ()
    search: Search | None = None
    tuning: Tuning | None = None

    def cell(self, cell_id: str) -> Cell:
        """Return the cell of this id; KeyError when the plan has none."""
        for cell in self.cells:
            if cell.id == cell_id:
                return cell
        raise KeyError(cell_id)
