"""The story of one message, for the terminal: what became of it, in the order of its instants."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from bench.analysis.story import Delivery, Story
from bench.core.units import NS_PER_S, human_duration
from bench.plan.model import Trial
from bench.spec.criteria import count_word


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The stories of one id in one trial; its flows have one each."""

    trial: Trial
    stories: Sequence[Story]


def print_told(told: Told, console: Console) -> None:
    """Print the stories of an id in a trial."""
    trial = told.trial
    console.print(f"{trial.id}: {trial.cell_id}, block {trial.block}", markup=False)
    for story in told.stories:
        console.print(f"  message {story.message_id} of {story.flow}", markup=False)
        console.print(_table(story))
        for line in _ends(story):
            console.print(f"    {line}", markup=False)


def as_json(told: Sequence[Told]) -> list[dict[str, object]]:
    """Return stories for programs: one entry a trial; instants in ns from the trial's start."""
    return [
        {
            "trial": each.trial.id,
            "cell": each.trial.cell_id,
            "block": each.trial.block,
            "stories": [asdict(story) for story in each.stories],
        }
        for each in told
    ]


def _table(story: Story) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_column()
    for at_ns, what in sorted(_happened(story), key=lambda each: each[0]):
        since_ns = at_ns - story.intended_ns
        table.add_row(f"{at_ns / NS_PER_S:.6f} s", f"{_signed(since_ns)}", what)
    return table


def _signed(since_ns: int) -> str:
    return f"{'−' if since_ns < 0 else '+'}{human_duration(abs(since_ns))}"


def _happened(story: Story) -> Iterator[tuple[int, str]]:
    """Yield every instant of a message with what happened then."""
    yield story.intended_ns, "intended"
    if story.sent_ns is not None:
        yield story.sent_ns, f"sent by {story.sender}"
    if story.stored_ns is not None:
        yield story.stored_ns, _answered(story)
    for each in story.deliveries:
        yield from _of_delivery(each)


def _answered(story: Story) -> str:
    if story.outcome:
        return f"answered: {story.outcome}"
    seqs = sorted({each.stream_seq for each in story.deliveries})
    return f"stored, as sequence {', '.join(map(str, seqs))}" if seqs else "stored"


def _of_delivery(each: Delivery) -> Iterator[tuple[int, str]]:
    who = each.role if each.generation == 1 else f"{each.role} (process {each.generation} of it)"
    where = f"delivery {each.delivery} of sequence {each.stream_seq}"
    if each.received_ns is not None:
        yield each.received_ns, f"received by {who}, {where}"
    if each.handled_ns is not None:
        yield each.handled_ns, f"handled by {who}{f', {_how(each)}' if each.ending else ''}"
    if each.acked_ns is not None:
        yield each.acked_ns, f"acked by {who}"


def _how(each: Delivery) -> str:
    """Return how a delivery ended, as people write it: `turned away`."""
    return count_word(each.ending)


def _ends(story: Story) -> Iterator[str]:
    """Yield what has no instant: what did not happen, endings and letters."""
    if story.sent_ns is None:
        yield "never sent"
    elif story.stored_ns is None:
        yield f"answered: {story.outcome}" if story.outcome else "never answered"
    if not story.deliveries:
        yield "never delivered"
    for part in story.evicted:
        yield f"evicted: a limit of the stream took it before it came to {part}"
    for each in story.deliveries:
        if each.handled_ns is None:
            yield f"delivery {each.delivery} to {each.role}: {_how(each) or 'never handled'}"
    for letter in story.letters:
        yield f"dead letter: {letter.reason}, after {letter.attempts} deliveries"
