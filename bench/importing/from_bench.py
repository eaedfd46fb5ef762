"""What a line of `nats bench` is in our words, and what of it is not."""

from collections.abc import Callable, Mapping
from typing import Any

from bench.core.errors import Problem, SpecError
from bench.core.words import nearest
from bench.importing import bench_older
from bench.importing.bench_buckets import get, put
from bench.importing.bench_line import SOURCE, Line, taken_apart, wrong
from bench.importing.bench_pieces import ONE, Side
from bench.importing.bench_requests import asking, serving
from bench.importing.bench_streams import (
    BATCH,
    Content,
    Readers,
    Writers,
    acknowledged,
    confirmed,
    streamed,
    unacknowledged,
)
from bench.importing.model import Imported

Made = Callable[[Line, str, float], Content]

HOWS = {
    "sync": "one-by-one",
    "async": "async",
    "atomic": "atomic",
    "batch": "atomic",
    "fast": "fast",
}
"""Words after `js pub`, and what we call them."""

_SETUP = {
    "progress": "how it is shown",
    "csv": "`jetbench export` writes figures",
    "stream": "jetbench makes a stream of its own, and removes it",
    "bucket": "jetbench makes a bucket of its own, and removes it",
    "create": "jetbench makes a stream of its own, and removes it",
    "purge": "each trial begins with an empty store",
    "consumer": "jetbench names its consumer itself",
    "js-timeout": "jetbench has its own",
    "jstimeout": "jetbench has its own",
    "retries": "nothing is sent twice",
    "filter": "the consumer of a stream sees all; a workload of the kind fanout has filters",
    "dedupwindow": "goes with --dedup",
    "newjsapi": "jetbench has a client of its own",
    "multisubjectmax": "goes with --multisubject",
    "multisubjectrandomize": "goes with --multisubject",
}


def from_bench(text: str, fast_msgs_per_s: float) -> Imported:
    """Return what a line is in our words; none of it is run.

    Args:
        text: with or without `nats bench` before it; of any form since 2021.
        fast_msgs_per_s: offered where it says nothing, which means as fast as it goes.

    Raises:
        SpecError: with all that is wrong with it.
    """
    line = taken_apart(text)
    made, subject = _form(line)
    workload, settings = made(line, subject, fast_msgs_per_s)
    for name in line.login:
        line.losses.note(f"--{name}", "", "where the server is, `jetbench run --server URL` says")
    for name in list(line.left()):
        why = _SETUP.get(name, f"means nothing to `{SOURCE} {line.said}`")
        line.lose(name, why)
    return Imported(
        source=f"`{SOURCE} {line.said}`",
        workload=workload,
        settings=settings,
        lost=tuple(line.losses.found),
    )


def _form(line: Line) -> tuple[Made, str]:
    """Return what reads this line, and its subject; SpecError where nothing does."""
    for path, (made, has_subject) in _FORMS.items():
        if tuple(line.words[: len(path)]) == path:
            return made, _subject(line, len(path), wanted=has_subject)
    if bench_older.is_older(line):
        return bench_older.made, _subject(line, 0, wanted=True)
    raise SpecError([_unknown(line)])


def _subject(line: Line, at: int, *, wanted: bool) -> str:
    rest = list(line.words[at:])
    problems = [wrong("one word too many", key="SUBJECT", value=word) for word in rest[wanted:]]
    if wanted and not rest:
        problems.append(wrong("missing", key="SUBJECT", allowed="the subject to publish to"))
    if problems:
        raise SpecError(problems)
    return rest[0] if wanted else ""


def _unknown(line: Line) -> Problem:
    said = " ".join(line.words)
    known = [" ".join(path) for path in _FORMS]
    if line.words[:2] in (["js", "get"], ["js", "purge"]):
        return wrong("no workload reads messages of a stream by their sequence", key=said)
    return wrong(
        "is no benchmark that is known",
        key=said or "the line",
        allowed=", ".join(known),
        near=nearest(said, known),
    )


def _clients(line: Line) -> int:
    found: int = line.take("clients", 1)
    return found


def _side(line: Line) -> Side:
    return Side(clients=_clients(line), clients_flag="clients", sleep_flag="sleep")


def _publishing(mode: str) -> Made:
    def made(line: Line, subject: str, fast: float) -> Content:
        by = "one-by-one" if mode == "async" and line.flags.get("batch") == 1 else mode
        how, window_msgs = confirmed(line, by, "batch", BATCH)
        line.take("batch")
        why = "nothing is consumed there; here a consumer takes what is stored"
        line.losses.note("consumer", "", why)
        return streamed(
            line,
            subject,
            writers=Writers(side=_side(line), settings=how, window_msgs=window_msgs),
            readers=Readers(side=ONE),
            fast=fast,
        )

    return made


def _unstored(line: Line, subject: str, fast: float) -> Content:
    why = "core messages are kept by nobody; here a stream stores them, in memory"
    line.losses.note("storage", "", why)
    line.flags.setdefault("storage", "memory")
    return _publishing("async")(line, subject, fast)


def _heard(line: Line, subject: str, fast: float) -> Content:
    why = "core messages are kept by nobody; here each subscriber reads a stream, in memory"
    line.losses.note("storage", "", why)
    line.flags.setdefault("storage", "memory")
    settings = {"consumer": {"mode": "push", "ack_policy": "none"}, "ack": {"timing": "none"}}
    return _reading(line, subject, fast, settings, shared=False)


def _consuming(mode: str, batch_flag: str = "batch") -> Made:
    def made(line: Line, subject: str, fast: float) -> Content:
        acks = line.take("acks", "explicit" if line.take("ack", True) else "none")
        settings = acknowledged(
            line, mode=mode, acks=acks, batch_flag=batch_flag, clients=_clients(line)
        )
        return _reading(line, subject, fast, settings, shared=True)

    return made


def _ordered(line: Line, subject: str, fast: float) -> Content:
    return _reading(
        line, subject, fast, unacknowledged(line, "batch", _clients(line)), shared=False
    )


def _reading(
    line: Line, subject: str, fast: float, settings: dict[str, Any], *, shared: bool
) -> Content:
    why = "what is stored already is read there; here a publisher offers it meanwhile"
    line.losses.note("publisher", "", why)
    return streamed(
        line,
        subject or "bench",
        writers=Writers(side=ONE),
        readers=Readers(side=_side(line), settings=settings, shared=shared),
        fast=fast,
    )


_FORMS: Mapping[tuple[str, ...], tuple[Made, bool]] = {
    **{("js", "pub", word): (_publishing(mode), True) for word, mode in HOWS.items()},
    ("js", "pub"): (_publishing("async"), True),
    ("js", "consume"): (_consuming("pull"), False),
    ("js", "fetch"): (_consuming("pull"), False),
    ("js", "ordered"): (_ordered, False),
    ("oldjs", "pull"): (_consuming("pull"), True),
    ("oldjs", "push"): (_consuming("push", "maxacks"), True),
    ("oldjs", "ordered"): (_ordered, True),
    ("kv", "put"): (put, False),
    ("kv", "get"): (get, False),
    ("service", "request"): (asking, True),
    ("service", "serve"): (serving, True),
    ("pub",): (_unstored, True),
    ("sub",): (_heard, True),
}
"""What a line may begin with, and whether a subject follows."""
