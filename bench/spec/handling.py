"""What our clients refuse about the way handlers are run.

Rules as in `jetstream`: pure functions, the reason in the text.
"""

from collections.abc import Callable, Iterator

from bench.spec.calling import unasked
from bench.spec.kinds.stream import Stream
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


def _paced(settings: Settings, workload: Stream) -> Iterator[Objection]:
    handler = workload.consume.handler
    if settings.handler.run == "task" and (handler.cycle_ns or handler.starts):
        yield Objection(
            key="handler.run",
            what="coroutines begin as the library has it: a cost for each request, or a bucket of "
            "starts, is kept by virtual workers",
            allowed="handler.run virtual, or neither cycle nor starts in the workload",
        )
    if workload.writes(settings) and (handler.cycle_ns or handler.starts):
        yield Objection(
            key="effect",
            what="a cost for each request, or a bucket of starts, is kept where no effect is "
            "written",
            allowed="effects that are not written, or neither cycle nor starts in the workload",
        )
    if settings.consumer.mode == "push" and handler.cycle_ns:
        yield Objection(
            key="consumer.mode",
            what="a push consumer asks for nothing: there is no request that a cycle would cost",
            allowed="mode pull, or no cycle in the workload",
        )


def _calls(settings: Settings, workload: Stream) -> Iterator[Objection]:
    called = workload.consume.handler.call is not None
    yield from unasked(settings, called=called)
    if not called:
        return
    if settings.handler.run != "task":
        yield Objection(
            key="handler.run",
            what="a function of yours is called by coroutines, and virtual workers call nothing",
            allowed="handler.run task with client nats-py, or no call",
        )
    if settings.ack.timing in ("none", "after-validation"):
        yield Objection(
            key="ack.timing",
            what="a function of yours is called before its message is acknowledged, so that it "
            "comes again when it raises",
            allowed="another ack.timing, or no call",
        )
    if workload.writes(settings):
        yield Objection(
            key="effect",
            what="a function of yours has effects of its own",
            allowed="effects that are not written, or no call",
        )


WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (_paced, _calls)
RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_tasks,)
