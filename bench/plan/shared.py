"""Which cells begin with the same: what is laid before a trial, in a stream with the same settings.

What else a cell varies, its consumer, how it pulls and acknowledges, touches none of it. Streams
with a past (`stream.history`) have none of the trial's messages in it: nothing but their settings
counts, whatever the workload, the block and the server.
"""

from collections.abc import Sequence

from bench.plan.model import Cell
from bench.spec.workload import Workload


def begins_alike(cell: Cell) -> str:
    """Return what a cell begins with, in words that are the same where it is the same."""
    settings, workload = cell.settings, cell.workload
    if settings.stream.history is not None:
        return repr(settings.stream)
    laid = [(name, workload.loads[name]) for name in workload.laid]
    return repr((cell.workload_name, settings.server, settings.stream, laid))


def kept_bytes(cells: Sequence[Cell]) -> int:
    """Return what all that the trials of a block begin with takes at most, laid once and kept."""
    apart = {begins_alike(cell): cell for cell in cells if may_be_kept(cell)}
    return sum(map(_laid_bytes, apart.values()))


def aged_msgs(cells: Sequence[Cell]) -> int:
    """Return how many messages are laid to give streams their pasts, each once in a run."""
    pasts = {begins_alike(cell): cell.settings.stream.history for cell in cells}
    return sum(past.messages for past in pasts.values() if past is not None)


def may_be_kept(cell: Cell) -> bool:
    """Say whether what a cell begins with outlives the server that it was laid on."""
    laid = bool(cell.workload.laid) or cell.settings.stream.history is not None
    return laid and cell.settings.stream.storage == "file"


def _laid_bytes(cell: Cell) -> int:
    workload: Workload = cell.workload
    if cell.settings.stream.history is not None:
        return cell.settings.stream.history.laid_bytes
    each = workload.stored_bytes(cell.settings.publish)
    return round(sum(workload.laid.values()) * each)
