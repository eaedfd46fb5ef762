"""What is said of a consumer that was watched: its figures, and what nobody could see of it."""

import math

from bench.analysis.company import dropped
from bench.analysis.held import long
from bench.analysis.living import LATE_S, in_progress, overdue
from bench.analysis.seen import Seen, needs_stored_time
from bench.core.text import number, plural
from bench.core.units import human_duration

_COMPANY = (
    "what its stream keeps for others, and what for nobody: CONSUMER.LIST was not answered, or "
    "there are too many of them"
)


def told(seen: Seen) -> str:
    """Return the figures of the looks in one line."""
    last = seen.last
    cap = f" of {last.max_ack_pending}" if last.max_ack_pending else ""
    waiting = "" if last.push else f", {plural(last.waiting, 'pull request')} waiting"
    unacked = f", {last.unacked_msgs}{cap} not acknowledged" if last.acks else ""
    return (
        f"watched for {long(seen.span_s)}: {seen.per_s(seen.stored_msgs)} "
        f"stored in the stream, {seen.per_s(seen.deliveries)} delivered, "
        f"{seen.per_s(seen.done_msgs)} done; {last.pending_msgs} pending{unacked}{waiting}"
        f"{_drained(seen)}"
    )


def _drained(seen: Seen) -> str:
    drain_s = seen.drain_s
    if not drain_s:
        never = drain_s is None and (seen.rises or seen.waits)
        return "; at this rate what waits is never through" if never else ""
    return f"; at this rate what waits is through in {long(drain_s)}"


def notes(seen: Seen) -> tuple[str, ...]:
    """Return what is to be known besides, and holds up nothing now."""
    last = seen.last
    before = last.given_up_msgs
    given_up = (
        f"{plural(before, 'message')} at least had all {last.max_deliver} attempts in vain since "
        "it was made, and nobody will handle them"
    )
    return (*dropped(seen), *([given_up] if before else []))


def unseen(seen: Seen) -> tuple[str, ...]:
    """Return what the server does not tell of such a consumer; empty where it tells all."""
    return (*_of_removal(seen), *_of_acks(seen), *_of_company(seen))


def _of_removal(seen: Seen) -> tuple[str, ...]:
    last = seen.last
    if last.thinned:
        return ("what else than a newer message of its subject took one away before its turn",)
    if last.filtered:
        before = "what its stream removed before it was watched, or before the ack"
        return (before, "what came again and was acknowledged since")
    return ()


def _of_acks(seen: Seen) -> tuple[str, ...]:
    if not seen.last.acks:
        return ("what was delivered and never handled",)
    return ("what was given up after its only attempt",) if seen.last.max_deliver == 1 else ()


def _of_company(seen: Seen) -> tuple[str, ...]:
    hidden = seen.shares and seen.stock is None
    return (_COMPANY,) if hidden and not seen.leaves_undone else ()


def doubts(seen: Seen) -> tuple[str, ...]:
    """Return what could not be seen and may hold it up: with it nobody can call it free."""
    hidden = (_COMPANY,) if seen.leaves_undone and seen.stock is None else ()
    return (*_of_progress(seen), *_of_age(seen), *_of_again(seen), *_of_lag(seen), *hidden)


def _of_progress(seen: Seen) -> tuple[str, ...]:
    if not (overdue(seen) and in_progress(seen)):
        return ()
    return (
        f"whether the oldest of {plural(seen.last.unacked_msgs, 'message')} not acknowledged is "
        f"worked on, after {long(seen.held_s[0])} at least: the server gave it to nobody else, so "
        "its handler says that it is in progress, or asked for a delay",
    )


def _of_age(seen: Seen) -> tuple[str, ...]:
    if not needs_stored_time(seen):
        return ()
    least_s, most_s = seen.held_s
    most = "" if math.isinf(most_s) else f", {long(most_s)} at most"
    return (
        f"whether the oldest of {plural(seen.last.unacked_msgs, 'message')} not acknowledged is so "
        f"for longer than {human_duration(seen.last.patience_ns)}: {long(least_s)} at least{most}; "
        "watch it for longer than that",
    )


def _of_again(seen: Seen) -> tuple[str, ...]:
    if not seen.may_be_again:
        return ()
    return (
        f"whether anything is done but {plural(seen.last.redelivered_msgs, 'message')} delivered "
        "again and again: its ack floor stands still, and nobody tells how many were new",
    )


def _of_lag(seen: Seen) -> tuple[str, ...]:
    """Return that a lag may rise, where it is more than what is on its way."""
    in_a_while_msgs = LATE_S * seen.came_msgs / seen.span_s
    if not seen.may_rise or max(look.lag_msgs for look in seen.looks) <= in_a_while_msgs:
        return ()
    rise = f"by {number(seen.rise_per_s)} msg/s, or swings by so much"
    return (f"whether its lag rises {rise}; watch it for longer",)


def moved(seen: Seen) -> bool:
    """Say whether messages were done with: where none was nobody knows what would hold it up."""
    return seen.done_msgs > 0


def idle(seen: Seen) -> bool:
    """Say whether there was nothing to do with: nothing came, and nothing waits."""
    return not seen.came_msgs and not seen.last.lag_msgs
