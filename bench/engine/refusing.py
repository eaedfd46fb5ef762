"""A write that the bucket is to refuse: made as if its key were at a revision that it never has.

So it is the server that refuses, by its own rule (`wrong last sequence`), and a handler that fails.
"""

from collections.abc import Generator
from dataclasses import replace

from bench.clients.deeds import Answer, Put, Step
from bench.engine.strategies import Doing

NO_REVISION = 2**62
"""That no key comes to."""

REFUSED = None
"""What a deed returns that ended at the write that was refused."""


def until_refused(doing: Doing, subject: str) -> Generator[Step, Answer, bool | None]:
    """Carry out what a handler does until it writes its effect, which is refused.

    Args:
        doing: of a strategy.
        subject: of the effect.

    Returns:
        REFUSED; what the strategy returns where it did not come to that. False where the server
        took the write: it has had its effect then.
    """
    answer: Answer = None
    while True:
        try:
            step = doing.send(answer)
        except StopIteration as end:
            return bool(end.value)
        if isinstance(step, Put) and step.subject == subject:
            doing.close()
            taken = yield replace(step, expect=NO_REVISION)
            return False if taken else REFUSED
        answer = yield step
