"""`jetbench capture`: subjects, sizes and gaps of a live stream, recorded without changing it."""

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from bench.broker.admin import connect
from bench.broker.capture import Heard, Wanted, capture
from bench.cli.console import errors, output
from bench.cli.measuring import ContextOption, CredsOption, ServerOption, interruptible, target_of
from bench.cli.options import FILES_PANEL
from bench.core import text
from bench.core.errors import MeasurementError, UsageError
from bench.core.units import NS_PER_S, human_duration, human_size, parse_duration_ns
from bench.runner.target import RemoteTarget
from bench.spec.traced import mean_rate_msgs_per_s
from bench.spec.traces import MAX_TRACE_MSGS, Trace, write_trace

_STREAM = re.compile(r"[^\s.*>/\\\x00-\x1f\x7f]+")
_FILTER = re.compile(r"[^\s\x00-\x1f\x7f]+")
USUAL_MSGS = 1_000_000
USUAL_SPAN = "60s"


def capture_stream(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    stream: Annotated[str, typer.Argument(metavar="STREAM", help="Its name on the server.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="FILE",
            help="The trace, such as workloads/orders.npz.",
            rich_help_panel=FILES_PANEL,
        ),
    ],
    server: ServerOption = None,
    creds: CredsOption = None,
    context: ContextOption = None,
    subjects: Annotated[
        str, typer.Option("--filter", metavar="SUBJECTS", help="Some of it, such as 'orders.*'.")
    ] = "",
    stored: Annotated[
        bool, typer.Option("--stored", help="What it holds already, in place of what comes.")
    ] = False,
    payloads: Annotated[
        bool,
        typer.Option(
            "--payloads",
            help="Keep a payload of each size, to be played in place of noise. They may be secret.",
        ),
    ] = False,
    messages: Annotated[
        int, typer.Option("--messages", min=2, max=MAX_TRACE_MSGS, help="So many at most.")
    ] = USUAL_MSGS,
    span: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="So long at most.")
    ] = USUAL_SPAN,
) -> None:
    """Record subjects, sizes and gaps of a live stream, for a workload that plays them.

    Nothing is changed: a consumer of its own hears headers, without payloads unless they are asked
    for, acknowledges nothing and is removed at the end. Ctrl-C ends it earlier; what was heard is
    kept.
    """
    wanted = Wanted(
        stream=_checked(stream, subjects),
        filter=subjects,
        stored=stored,
        payloads=payloads,
        messages=messages,
        span_s=_span_s(span),
    )
    if server is None and context is None:
        raise UsageError("capture: whose stream? allowed: --server URL, or --context NAME")
    if os.path.lexists(out):
        raise UsageError(f"{out}: is there already and stays as it is; give another name")
    target = target_of(server, creds, None, None, context)
    if not isinstance(target, RemoteTarget):
        raise TypeError("a server that was named is a remote one")
    heard = Heard(payloads=payloads, whole=not subjects)
    try:
        interruptible(_listen(target, wanted, heard))
    except KeyboardInterrupt:
        if len(heard.stored_ns) > 1:
            _keep(out, heard.trace(), heard.gone)
        raise
    _keep(out, _worth_keeping(heard, wanted), heard.gone)


async def _listen(target: RemoteTarget, wanted: Wanted, heard: Heard) -> None:
    link = await connect(target.endpoint)
    try:
        errors().print(f"listening to {wanted.stream}; nothing of it is changed", markup=False)
        await capture(link, wanted, heard)
    finally:
        await link.close()


def _worth_keeping(heard: Heard, wanted: Wanted) -> Trace:
    if (count := len(heard.stored_ns)) < 2:
        came = "no message" if not count else "one message"
        of = f" of {wanted.filter}" if wanted.filter else ""
        advice = "longer --for, or --stored for what it holds already"
        raise MeasurementError(
            f"{wanted.stream}: {came}{of} came, and a trace needs two; try {advice}"
        )
    return heard.trace()


def _keep(out: Path, trace: Trace, gone: int) -> None:
    write_trace(out, trace)
    if gone:
        errors().print(
            f"warning: {text.plural(gone, 'message')} more were stored between the first and the "
            "last of these, and gone before they could be read: by a limit of the stream, or "
            "removed. The load was higher than the trace says",
            markup=False,
            soft_wrap=True,
        )
    count = trace.gap_ns.size
    output().print(
        f"wrote {out}: {text.plural(count, 'message')} on "
        f"{text.plural(len(trace.subjects), 'subject')} in {human_duration(trace.span_ns)}, "
        f"{text.number(mean_rate_msgs_per_s(trace))}/s, mean payload "
        f"{human_size(float(trace.size_bytes.mean()))}",
        markup=False,
        soft_wrap=True,
    )
    line = f"next: `trace: {{file: {out.name}}}` in a workload (stream, fanout) beside it"
    output().print(line, markup=False, soft_wrap=True)


def _checked(stream: str, subjects: str) -> str:
    if not _STREAM.fullmatch(stream):
        raise UsageError(f"capture: '{stream}' cannot name a stream; allowed: no dots, no spaces")
    if subjects and not _FILTER.fullmatch(subjects):
        raise UsageError(f"--filter: '{subjects}' is no subject; allowed: words joined by dots")
    return stream


def _span_s(span: str) -> float:
    try:
        found = parse_duration_ns(span) / NS_PER_S
    except ValueError as error:
        raise UsageError(f"--for {span}: {error}") from None
    if found <= 0:
        raise UsageError(f"--for {span}: no time at all; allowed: above 0s")
    return found
