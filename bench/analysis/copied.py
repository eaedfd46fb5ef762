"""Whether a live consumer's stream is behind the streams that it copies: rules as in `living`.

What an origin has and the copy has not waits for the consumer too, though its stream does not know
of it yet: such a consumer may take all that comes and be far behind.
"""

from collections.abc import Iterator

from bench.analysis.held import Held, long
from bench.analysis.seen import Seen
from bench.core.text import plural
from bench.record.looks import Origin

SILENT_S = 10.0
"""An origin says each second that it lives, and after so long the server asks it anew."""

LATE_S = 1.0
"""A copy that is behind by more than what it stores in so long a time waits for its origin."""


def behind(seen: Seen) -> Held | None:
    """What its stream copies does not come, or not as fast as it is stored there."""
    silent = [words for each in seen.last.origins if (words := _silent(each))]
    found = [*silent, *_lagging(seen)]
    if not found:
        return None
    turn = "the origin and the way to it: its name, account, permissions, leader and connection"
    return Held(name="origin behind", words="; ".join(found), turn=turn)


def _silent(origin: Origin) -> str:
    copied = f"the stream copies {origin.name}"
    if origin.fault:
        return f"{copied}, and cannot: {origin.fault}"
    if origin.silent_s is None:
        return f"{copied}, and never heard of it"
    if origin.silent_s > SILENT_S:
        return f"{copied}, and has not heard of it for {long(origin.silent_s)}"
    return ""


def _lagging(seen: Seen) -> Iterator[str]:
    least = min(sum(each.lag_msgs for each in look.origins) for look in seen.looks)
    if least > LATE_S * seen.stored_msgs / seen.span_s:
        yield f"{plural(least, 'message')} of its origins at least are not in the stream yet"
