"""Settings that suit the handlers of a workload's parts, a line each."""

from collections.abc import Iterator, Sequence

from bench.analysis.figures import TrialFigures
from bench.analysis.suggesting import suggested
from bench.core import text
from bench.core.units import human_duration
from bench.judgement.model import CellJudgement
from bench.record.schema import Handling
from bench.spec.jetstream import max_ack_pending


def suggestions(cells: Sequence[CellJudgement]) -> tuple[str, ...]:
    """Return a line for each part of a workload whose handlers take time.

    By the valid trial whose handlers took the longest: what suits it suits the others.
    """
    parts = dict.fromkeys(part for each in cells for part in _parts(each))
    return tuple(filter(None, (_line(part, cells) for part in parts)))


def _parts(judged: CellJudgement) -> Iterator[str]:
    for trial in judged.cell.trials:
        yield from trial.record.handling


def _line(part: str, cells: Sequence[CellJudgement]) -> str:
    having = [each for each in cells if part in set(_parts(each))]
    told = [each for cell in having for each in _told(part, cell)]
    if not told:
        return ""
    rate_per_s, hands = max(told, key=lambda each: (each[1].handler_ns_mean, each[0]))
    settings = [each.cell.cell.settings for each in having]
    acks = any(max_ack_pending(each) is not None for each in settings)
    pulls = any(each.consumer.mode == "pull" for each in settings)
    waits = not any(each.consumer.flow_acks for each in settings)
    found = suggested(rate_per_s, hands, acks=acks, pulls=pulls, waits=waits)
    if not found:
        return ""
    of = (
        f"{text.number(rate_per_s)} msg/s and handlers of T = "
        f"{human_duration(hands.handler_ns_mean)}, p99 {human_duration(hands.handler_ns_p99)}"
    )
    return f"settings suggested for {part}, by {of}: {'; '.join(map(str, found))}"


def _told(part: str, judged: CellJudgement) -> Iterator[tuple[float, Handling]]:
    """Yield what came a second, and how workers were used, of each valid trial that tells."""
    for trial in judged.cell.trials:
        hands = trial.record.handling.get(part)
        if trial.record.valid and hands is not None and _suits(hands):
            yield _came_per_s(part, trial), hands


def _suits(hands: Handling) -> bool:
    """Say whether their time is the handlers' own, and not what a server takes to answer."""
    return bool(hands.handler_ns_p99) and not hands.written_ns_mean


def _came_per_s(part: str, trial: TrialFigures) -> float:
    cast = trial.record.cast
    of = cast.part(part)
    return trial.rates.get(cast.instant(of, cast.part(of.flow).worth), 0.0)
