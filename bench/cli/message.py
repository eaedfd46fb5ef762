"""`jetbench show RUN --message ID`: what became of one message, from the records alone."""

import json
from collections.abc import Iterator, Sequence

from bench.analysis.story import most_ids, stories_of
from bench.cli.console import output, write
from bench.core.errors import UsageError
from bench.plan.model import Trial
from bench.record.messages import Messages
from bench.record.store import RunStore
from bench.report.story_text import Told, as_json, print_told


def show_message(store: RunStore, message_id: int, chosen: Sequence[Trial], *, plain: bool) -> None:
    """Tell the story of an id in each of the chosen trials that has one.

    Args:
        store: of the run.
        message_id: as in its payload; ids begin at 0 in every trial and flow.
        chosen: trials that are on disk.
        plain: as JSON.

    Raises:
        UsageError: no chosen trial keeps such a message.
        RecordError: a record is broken.
    """
    kept = {trial.id: (trial, known) for trial, known in _kept(store, chosen)}
    told = [
        Told(trial=trial, stories=found)
        for trial, known in kept.values()
        if (found := stories_of(known, message_id))
    ]
    if not told:
        raise UsageError(_missing(store, message_id, [known for _, known in kept.values()]))
    if plain:
        write(f"{json.dumps(as_json(told), indent=1)}\n".encode())
        return
    for each in told:
        print_told(each, output())


def _kept(store: RunStore, chosen: Sequence[Trial]) -> Iterator[tuple[Trial, Messages]]:
    for trial in chosen:
        if (known := store.read_messages(trial, store.read_trial(trial))) is not None:
            yield trial, known


def _missing(store: RunStore, message_id: int, known: Sequence[Messages]) -> str:
    """Say why there is no story to tell."""
    if not known:
        return (
            f"run {store.run_id} keeps no messages: its trials never began, or a jetbench measured "
            "it that kept none"
        )
    most = max(map(most_ids, known))
    if message_id >= most:
        return f"--message {message_id}: no such message; allowed: 0 to {most - 1}"
    return (
        f"--message {message_id}: is none of those that are kept; of a large trial jetbench keeps "
        "those that went odd and an even share of the others"
    )
