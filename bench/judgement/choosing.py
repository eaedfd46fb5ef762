"""What to choose: by the changes of every variant over the workloads, or by the criteria."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.core import text
from bench.gate.criteria import Answer
from bench.judgement.changes import direction
from bench.judgement.model import MARGIN, Box, CellJudgement, Change, Side, WorkloadJudgement

ASKS = "What to choose"
KEEP = "Keep the baseline"
NOTHING = "Nothing to choose"
DEPENDS_ON_WORKLOAD = "Depends on the workload"
DEPENDS_ON_COUNTS = "Depends on what counts"
NOT_THE_BASELINE = "Not the baseline"

Judged = Sequence[WorkloadJudgement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A variant beside the baseline under one workload."""

    workload: WorkloadJudgement
    cell: CellJudgement

    @property
    def time(self) -> Change | None:
        """By the figure that cells are ranked by."""
        return self.cell.changes.get(self.workload.primary.key)

    @property
    def price(self) -> Change | None:
        """By what it costs."""
        return self.cell.changes.get(self.workload.price.key)

    def leads(self, side: Side) -> list[Change]:
        """Return the changes, of time and price, that lead to a side."""
        return [each for each in (self.time, self.price) if each is not None and each.side is side]

    @property
    def faster(self) -> bool:
        """Whether its time is shorter by more than the margin, in every block or surely."""
        return self.time is not None and self.time.side is Side.BETTER

    @property
    def worse(self) -> bool:
        """Whether anything speaks against it."""
        return not self.cell.contends or bool(self.leads(Side.WORSE))


def choose(workloads: Judged, answer: Answer | None) -> Box:
    """Return what to choose; what the criteria say goes before what the changes do."""
    if answer is not None:
        return _by_criteria(answer, workloads)
    told = [each for each in workloads if not each.reproach]
    if not told:
        why = next((each.reproach for each in workloads), "nothing was measured")
        return _box(NOTHING, f"{_capital(why)}.")
    variants = list(besides(told).values())
    takers = [each for each in variants if _may_be_taken(each, len(told))]
    if not all(each.baseline.contends for each in told):
        return _instead_of_baseline(told, variants)
    if not variants:
        return _box(NOTHING, "Only one variant was measured.")
    if takers:
        return _taken(min(takers, key=_mean_time), takers)
    return _kept(told, variants)


def besides(workloads: Judged) -> dict[tuple[str, ...], list[Beside]]:
    """Return every variant but the baseline, by its names, under each workload that has it."""
    found: dict[tuple[str, ...], list[Beside]] = {}
    for workload in workloads:
        for cell in workload.cells:
            if not cell.is_baseline:
                key = (cell.name, *cell.others)
                found.setdefault(key, []).append(Beside(workload=workload, cell=cell))
    return found


def chosen_rests_on(workloads: Judged) -> list[Change]:
    """Return the changes that the choice rests on: those of the variant to take, else all times."""
    told = [each for each in workloads if not each.reproach]
    variants = list(besides(told).values())
    takers = [each for each in variants if _may_be_taken(each, len(told))]
    if takers:
        taken = min(takers, key=_mean_time)
        return [each.time for each in taken if each.faster and each.time is not None]
    return [each.time for of in variants for each in of if each.time is not None]


def _may_be_taken(of: Sequence[Beside], workloads: int) -> bool:
    whole = len(of) == workloads
    return whole and any(each.faster for each in of) and not any(each.worse for each in of)


def _mean_time(of: Sequence[Beside]) -> float:
    changes = [each.time.change for each in of if each.time and each.time.change is not None]
    return sum(changes) / len(changes)


def _taken(taken: Sequence[Beside], takers: Sequence[Sequence[Beside]]) -> Box:
    faster = [each for each in taken if each.faster]
    words = text.listed(
        [f"{_size(each.time)} under {each.workload.figures.name}" for each in faster]
    )
    parts = [f"{_settings(taken[0].cell)}: {words}."]
    others = [each[0].cell.short for each in takers if each is not taken]
    if others:
        parts.append(f"Faster too: {text.listed(others)}.")
    parts += _price_words(taken)
    return _box(f"Take {taken[0].cell.short}", " ".join(parts))


def _price_words(of: Sequence[Beside]) -> Iterator[str]:
    known = [each.price for each in of if each.price is not None and each.price.change is not None]
    if known:
        dearest = max(known, key=lambda change: change.change or 0.0)
        yield f"Server CPU per message {dearest.written}{' at most' if len(known) > 1 else ''}."


def _instead_of_baseline(workloads: Judged, variants: Sequence[Sequence[Beside]]) -> Box:
    poor = next(each for each in workloads if not each.baseline.contends)
    why = f"{poor.baseline.short} under {poor.figures.name}: {poor.baseline.reasons[0]}."
    sound = [
        of[0].cell.short
        for of in variants
        if len(of) == len(workloads) and all(each.cell.contends for each in of)
    ]
    if not sound:
        return _box(NOTHING, f"{why} No other does better in every workload.")
    return _box(NOT_THE_BASELINE, f"{why} Not so: {text.listed(sound)}.")


def _kept(workloads: Judged, variants: Sequence[Sequence[Beside]]) -> Box:
    flat = [each for of in variants for each in of]
    mixed = [of for of in variants if any(each.faster for each in of)]
    if mixed:
        return _mixed(mixed[0])
    times = [each.time for each in flat if each.time is not None]
    size = text.size_of(MARGIN)
    settings = _own_settings(workloads)
    if times and len(times) == len(flat) and all(each.side is Side.SAME for each in times):
        return _box(KEEP, f"{settings}No change is larger than {size}.")
    return _box(KEEP, f"{settings}Nothing was shown to be faster by more than {size}.")


def _mixed(of: Sequence[Beside]) -> Box:
    faster = [each for each in of if each.faster]
    against = [each for each in of if each.worse]
    good = text.listed(
        [f"{_size(each.time)} under {each.workload.figures.name}" for each in faster]
    )
    bad = text.listed([f"{_against(each)} under {each.workload.figures.name}" for each in against])
    missing = "" if against else "not measured under every workload"
    both = any(each.faster for each in against)
    word = DEPENDS_ON_COUNTS if both or not against else DEPENDS_ON_WORKLOAD
    return _box(word, f"{of[0].cell.short} is {good}, but {bad or missing}.")


def _against(each: Beside) -> str:
    if not each.cell.contends:
        return each.cell.reasons[0]
    return text.listed([_size(change) for change in each.leads(Side.WORSE)])


def _size(change: Change | None) -> str:
    """Write how much a change is, with its direction: `31 % faster`."""
    if change is None or change.change is None:
        return text.NA
    word = direction(change.metric, more=change.change > 0)
    return f"{change.written.lstrip('+' + text.MINUS)} {word}"


def _settings(cell: CellJudgement) -> str:
    if not cell.differs:
        return cell.name
    return text.listed([f"{d.setting} {d.value}, not {d.baseline_value}" for d in cell.differs])


def _own_settings(workloads: Judged) -> str:
    return f"It is {workloads[0].baseline.name}. "


def _by_criteria(answer: Answer, workloads: Judged) -> Box:
    if not answer.recommended:
        return _box(NOTHING, answer.sentence)
    names = {cell.name: cell for each in workloads for cell in each.cells}
    found = names.get(answer.recommended)
    if found is not None and found.is_baseline:
        return _box(KEEP, answer.sentence)
    return _box(f"Take {found.short if found else answer.recommended}", answer.sentence)


def _box(word: str, words: str) -> Box:
    return Box(asks=ASKS, state=None, word=word, text=words)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
