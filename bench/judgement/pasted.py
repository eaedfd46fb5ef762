"""What is to be taken, as it is pasted: a config of jetbench, commands, and what a client does."""

from bench.core.ids import is_name
from bench.judgement.tried import Pasted
from bench.plan.model import Cell
from bench.spec.flat import flat
from bench.spec.kinds.registry import KINDS
from bench.spec.nats_lines import Line, consumer_line, stream_line
from bench.spec.pasting import config_file, differences

BY_SERVER = ("stream.", "consumer.", "server.")
"""Settings that no client has."""


def pasted(name: str, label: str, base: Cell, best: Cell) -> Pasted:
    """Return how settings are pasted.

    Args:
        name: of them.
        label: of the run.
        base: what they are held against.
        best: the cell that was measured.
    """
    lines = tuple(_lines(best))
    changed = differences(base.settings, best.settings)
    written = flat(best.settings)
    return Pasted(
        name=name,
        file=f"configs/{label if is_name(label) else 'found'}-tuned.yaml",
        config=config_file(f"Better by jetbench tune: {name}?", base.settings, best.settings),
        commands=tuple(line.command for line in lines),
        by_client=tuple((key, written[key]) for key in changed if not key.startswith(BY_SERVER)),
        unsaid=tuple(key for line in lines for key in line.unsaid),
    )


def _lines(best: Cell) -> list[Line]:
    uses, settings = KINDS[best.workload.kind].uses, best.settings
    found = [stream_line(settings.stream)] if "stream" in uses else []
    if "consumer" in uses and not settings.consumer.ordered:
        consume = getattr(best.workload, "consume", None)
        shared = getattr(consume, "consumers", 1) > 1
        found.append(consumer_line(settings.consumer, shared=shared))
    return found
