"""What keeps each cell from taking more, and which knob to turn."""

from collections.abc import Sequence

from bench.analysis.diagnosis import of_cell
from bench.analysis.figures import Diagnosis, Limit
from bench.core import text
from bench.judgement.model import CellJudgement
from bench.judgement.names import listed, spoken


def limits(cells: Sequence[CellJudgement]) -> tuple[str, ...]:
    """Return a line for what limits parts of cells, with all that it limits alike."""
    found = [(each, diagnosis) for each in cells for diagnosis in of_cell(each.cell)]
    limited = [each for each in found if each[1].limit is not Limit.NONE]
    free = [
        _whose(judged, diagnosis)
        for judged, diagnosis in found
        if (judged, diagnosis) not in limited
    ]
    alike: dict[tuple[str, str], list[str]] = {}
    for judged, diagnosis in limited:
        alike.setdefault(_said(judged, diagnosis), []).append(_whose(judged, diagnosis))
    lines = [f"{limit}: {text.listed(whose)}: {words}" for (limit, words), whose in alike.items()]
    return (*lines, *([f"{Limit.NONE}: {listed(free)}"] if free else []))


def _said(judged: CellJudgement, diagnosis: Diagnosis) -> tuple[str, str]:
    """Return what limits a part, and the figures and the knob."""
    told = [trial.diagnoses for trial in judged.cell.trials]
    alike = sum(
        found.part == diagnosis.part and found.limit is diagnosis.limit
        for trial in told
        for found in trial
    )
    of = f" in {alike} of {text.plural(len(told), 'trial')}" if alike < len(told) else ""
    turn = f"; turn {diagnosis.knob}" if diagnosis.knob else ""
    return f"{diagnosis.limit}{of}", f"{diagnosis.words}{turn}"


def _whose(judged: CellJudgement, diagnosis: Diagnosis) -> str:
    several = len(judged.cell.cell.cast.observing) > 1
    return f"{spoken(judged.short)}, {diagnosis.part}" if several else spoken(judged.short)
