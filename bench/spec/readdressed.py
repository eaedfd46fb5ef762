"""What rules out that a stream keeps messages under other subjects, or publishes them once more.

Rules as in `jetstream`: pure functions, the server's error code in the text.
"""

from collections.abc import Callable, Iterator

from bench.spec.dealt import Dealt
from bench.spec.filters import taken_from, wildcards
from bench.spec.objection import Objection
from bench.spec.variant import Settings
from bench.spec.workload import Workload

_TRANSFORM = "stream.subject_transform"


def _destination(settings: Settings) -> Iterator[Objection]:
    moved = settings.stream.subject_transform
    if moved is None:
        return
    key, against = f"{_TRANSFORM}.destination", (f"{_TRANSFORM}.source",)
    if moved.source.endswith(">") != moved.destination.endswith(">"):
        what = "`>` stands at the end of both, or of none (10156)"
        yield Objection(key=key, against=against, what=what, allowed="both with `>`, or none")
    count = wildcards(moved.source)
    beyond = sorted(number for number in taken_from(moved.destination) if not 0 < number <= count)
    if beyond:
        what = f"the source has no `*` number {beyond[0]} (10156)"
        allowed = f"numbers from 1 to {count}" if count else "no numbers, or a source with `*`"
        yield Objection(key=key, against=against, what=what, allowed=allowed)


def _of_a_past(settings: Settings) -> Iterator[Objection]:
    if settings.stream.subject_transform is not None and settings.stream.history is not None:
        yield Objection(
            key=_TRANSFORM,
            against=("stream.history",),
            what="a past is laid under subjects of its own, and would be looked for there",
            allowed="no subject_transform, or no history",
        )


def unmatched(settings: Settings, workload: Workload) -> Iterator[Objection]:
    """Yield what is said of subjects that a workload has none of; nothing where nobody can tell."""
    moved, again = settings.stream.subject_transform, settings.stream.republish
    # What is published again is looked for under the subject that it is kept under.
    sources = {_TRANSFORM: moved, "stream.republish": again if moved is None else None}
    for key, each in sources.items():
        if each is not None and isinstance(workload, Dealt) and not workload.matching(each.source):
            yield Objection(
                key=f"{key}.source",
                what=f"'{each.source}' matches none of the workload's subjects",
                allowed="a filter that does, such as >",
            )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_destination, _of_a_past)
