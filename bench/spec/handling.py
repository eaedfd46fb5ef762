"""What our clients refuse about the way handlers are run.

Rules as in `jetstream`: pure functions, the reason in the text.
"""

from collections.abc import Callable, Iterator

from bench.spec.objection import Objection
from bench.spec.variant import Settings


def _tasks(settings: Settings) -> Iterator[Objection]:
    if settings.handler.run != "task":
        return
    if settings.client != "nats-py":
        yield Objection(
            key="handler.run",
            against=("client",),
            what=f"client {settings.client} has no callback that a service would write its handler "
            "in",
            allowed="handler.run virtual, or client nats-py",
        )
    if settings.consumer.mode == "push" and settings.ack.timing in ("per-batch", "cumulative"):
        yield Objection(
            key="ack.timing",
            against=("handler.run", "consumer.mode"),
            what=f"a callback is given one message at a time: ack.timing {settings.ack.timing} has "
            "no batch to wait for",
            allowed="another ack.timing, mode pull, or handler.run virtual",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_tasks,)
