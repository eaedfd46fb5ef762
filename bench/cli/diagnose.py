"""`jetbench diagnose`: what holds up a live consumer of the user's, read and never written."""

import re
from typing import Annotated

import typer

from bench.analysis import living
from bench.broker.admin import connect
from bench.broker.looking import looks
from bench.cli.console import errors, output
from bench.cli.measuring import ContextOption, CredsOption, ServerOption, interruptible, target_of
from bench.core.errors import ExitCode, UsageError
from bench.core.units import NS_PER_S, parse_duration_ns
from bench.record.looks import Look
from bench.runner.target import RemoteTarget

_NAME = re.compile(r"[^\s.*>/\\\x00-\x1f\x7f]+")
USUAL_SPAN = "5s"
LONGEST_S = 3600.0


def diagnose(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    stream: Annotated[str, typer.Argument(metavar="STREAM", help="Its name on the server.")],
    consumer: Annotated[str, typer.Argument(metavar="CONSUMER", help="A consumer of it.")],
    server: ServerOption = None,
    creds: CredsOption = None,
    context: ContextOption = None,
    span: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="So long it is watched.")
    ] = USUAL_SPAN,
) -> None:
    """Say what holds up a live consumer and what to turn; nothing is changed and no load made.

    Only STREAM.INFO and CONSUMER.INFO are asked for, four times a second each. Ends with 0 where
    nothing holds it up, 1 where something does, 3 where nothing was done that would show it.
    """
    _check(stream, consumer)
    span_s = _span_s(span)
    if server is None and context is None:
        raise UsageError("diagnose: whose consumer? allowed: --server URL, or --context NAME")
    target = target_of(server, creds, None, None, context)
    if not isinstance(target, RemoteTarget):
        raise TypeError("a server that was named is a remote one")
    errors().print(f"watching {stream}, {consumer}; nothing of it is changed", markup=False)
    seen = living.Seen(looks=interruptible(_watch(target, stream, consumer, span_s)))
    raise typer.Exit(_say(seen))


async def _watch(target: RemoteTarget, stream: str, consumer: str, span_s: float) -> list[Look]:
    link = await connect(target.endpoint)
    try:
        return [look async for look in looks(link, stream, consumer, span_s)]
    finally:
        await link.close()


def _say(seen: living.Seen) -> ExitCode:
    """Print what was seen and what holds it up; return how the command ends."""
    _print(living.told(seen))
    if unseen := living.unseen(seen):
        _print(f"not seen of such a consumer: {unseen}")
    found = living.held_up(seen)
    for each in found:
        _print(f"{each.name}: {each.words}; turn: {each.turn}")
    if found:
        return ExitCode.FAILED
    if not living.moved(seen):
        _print("not known: nothing was done meanwhile that would show what holds it up")
        return ExitCode.INCONCLUSIVE
    _print("not limited: it takes what comes")
    return ExitCode.OK


def _print(line: str) -> None:
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
