"""What is wrong where a consumer is to ask for more at another time than by itself.

Rules as in `jetstream`: pure functions, the reason in the text.
"""

from collections.abc import Callable, Iterator, Sequence

from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings
from bench.spec.working import workers


def _set(settings: Settings) -> list[str]:
    """Return which of the keys are written."""
    pull = settings.pull
    values = {
        "ask_ahead": pull.ask_ahead,
        "ask_idle": pull.ask_idle,
        "ask_every": pull.ask_every_ns,
    }
    return [key for key, value in values.items() if value is not None]


def _asks(settings: Settings) -> Iterator[Objection]:
    pull = settings.pull
    for key in _set(settings):
        if settings.consumer.mode == "push":
            yield Objection(
                key=f"pull.{key}",
                against=("consumer.mode",),
                what="a push consumer asks for nothing",
                allowed=f"no {key}, or mode pull",
            )
        if settings.handler.run == "task":
            yield Objection(
                key=f"pull.{key}",
                against=("handler.run",),
                what="the loop around the library's fetch asks when its last message has begun",
                allowed=f"no {key}, or handler.run virtual",
            )
    if pull.ask_ahead is not None and pull.ask_idle is not None:
        yield Objection(
            key="pull.ask_idle",
            against=("pull.ask_ahead",),
            what="while messages wait for a worker (ask_ahead) no worker is idle",
            allowed="one of the two",
        )
    if pull.ask_every_ns == 0:
        what = "ask_every 0 is as if it were left out"
        yield Objection(key="pull.ask_every", what=what, allowed="above 0, or leave it out")


def _by_workers(settings: Settings, workload: Stream) -> Iterator[Objection]:
    count, idle = workers(settings, workload.consume), settings.pull.ask_idle
    if idle is not None and idle > count:
        yield Objection(
            key="pull.ask_idle",
            what=f"{idle} of {count} workers are never idle: nothing would be asked for",
            allowed=f"up to {count}, or more workers",
        )
    for key in _set(settings) if workload.writes(settings) else ():
        yield Objection(
            key=f"pull.{key}",
            what="where effects are written, more is asked for when nothing waits for a worker",
            allowed=f"no {key}, or effects that are not written",
        )


def unfit(settings: Settings, kind: str, fit: Sequence[str]) -> Iterator[Objection]:
    """Yield that consumers of a kind of workload ask by themselves."""
    for key in _set(settings) if kind not in fit else ():
        yield Objection(
            key=f"pull.{key}",
            what=f"consumers of a workload of the kind {kind} ask by themselves",
            allowed=f"no {key}, or a workload of the kind {' or '.join(fit)}",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_asks,)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (_by_workers,)
