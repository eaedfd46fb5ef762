"""`jetbench diagnose`: what holds up a live consumer of the user's, read and never written."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from bench.analysis.held import long
from bench.analysis.seen import Seen, needs_stored_time
from bench.broker import looking
from bench.broker.admin import connect
from bench.cli.console import errors, output, write
from bench.cli.diagnosed import Answer
from bench.cli.measuring import ContextOption, CredsOption, ServerOption, interruptible, target_of
from bench.core.errors import BenchError, UsageError
from bench.core.units import NS_PER_S, parse_duration_ns
from bench.record.looks import Look
from bench.runner.target import RemoteTarget

_NAME = re.compile(r"[^\s.*>/\\\x00-\x1f\x7f]+")
USUAL_SPAN = "5s"
LONGEST_S = 3600.0
TELL_S = 2.0


def diagnose(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    stream: Annotated[str, typer.Argument(metavar="STREAM", help="Its name on the server.")],
    consumer: Annotated[str, typer.Argument(metavar="CONSUMER", help="A consumer of it.")],
    server: ServerOption = None,
    creds: CredsOption = None,
    context: ContextOption = None,
    span: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="So long it is watched.")
    ] = USUAL_SPAN,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write what was seen as JSON instead.")
    ] = False,
) -> None:
    """Say what holds up a live consumer and what to turn; nothing is changed and no load made.

    STREAM.INFO and CONSUMER.INFO are asked for four times a second each; once, if that is allowed,
    CONSUMER.LIST of a stream that keeps messages for its consumers, and the oldest message that
    waits for its ack, where only that can tell for how long. Ends with 0 where nothing holds it
    up, 1 where something does, 3 where that was not all to be seen.
    """
    _check(stream, consumer)
    span_s = _span_s(span)
    if server is None and context is None:
        raise UsageError("diagnose: whose consumer? allowed: --server URL, or --context NAME")
    target = target_of(server, creds, None, None, context)
    if not isinstance(target, RemoteTarget):
        raise TypeError("a server that was named is a remote one")
    errors().print(f"watching {stream}, {consumer}; nothing of it is changed", markup=False)
    kept: list[Look] = []
    try:
        seen = interruptible(_watch(target, (stream, consumer), span_s, kept))
    except (KeyboardInterrupt, BenchError):
        if len(kept) > 1:
            seen = Seen(looks=kept)
            _say(Answer(stream=stream, consumer=consumer, seen=seen, whole=False), as_json=as_json)
        raise
    answer = Answer(stream=stream, consumer=consumer, seen=seen)
    _say(answer, as_json=as_json)
    raise typer.Exit(answer.ends)


async def _watch(
    target: RemoteTarget, names: tuple[str, str], span_s: float, kept: list[Look]
) -> Seen:
    """Look for so long; what was seen so far is kept wherever it ends."""
    link = await connect(target.endpoint)
    try:
        async for look in looking.looks(link, *names, span_s):
            kept.append(look)
            _tell(kept, span_s)
        seen = Seen(looks=kept)
        if seen.shares:
            seen = replace(seen, stock=await looking.stock_of(link, names[0]))
        if needs_stored_time(seen):
            ago_s = await looking.stored_ago_s(link, names[0], seen.last)
            seen = replace(seen, stored_ago_s=ago_s)
        return seen
    finally:
        await link.close()


def _tell(kept: Sequence[Look], span_s: float) -> None:
    """Say how it goes, each tenth of the time and every two seconds at most."""
    step_s = max(TELL_S, span_s / 10)
    first, last = kept[0], kept[-1]
    done_s, before_s = last.at_s - first.at_s, kept[max(0, len(kept) - 2)].at_s - first.at_s
    if done_s // step_s == before_s // step_s or done_s >= span_s:
        return
    waits = f"{last.pending_msgs} pending, {last.unacked_msgs} not acknowledged"
    errors().print(f"{long(step_s * (done_s // step_s))} of {long(span_s)}: {waits}", markup=False)


def _say(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        write(answer.as_json())
        return
    for line in answer.lines():
        output().print(line, markup=False, soft_wrap=True)


def _check(stream: str, consumer: str) -> None:
    wrong = [
        f"diagnose: '{word}' cannot name a {what}; allowed: no dots, no spaces"
        for what, word in (("stream", stream), ("consumer", consumer))
        if not _NAME.fullmatch(word)
    ]
    if wrong:
        raise UsageError("\n".join(wrong))


def _span_s(span: str) -> float:
    try:
        found = parse_duration_ns(span) / NS_PER_S
    except ValueError as error:
        raise UsageError(f"--for {span}: {error}") from None
    if not 1.0 <= found <= LONGEST_S:
        raise UsageError(f"--for {span}: allowed: 1s to 1h")
    return found
