"""Which layer keeps a part from taking more, and which knob to turn: rules over its signs.

Rules stand in the order in which they explain each other: what the generator did not offer says
nothing of the server, what was refused says nothing of handlers, and so on. The first that holds is
told. Source: Little's law for the ceilings, N messages under way of T each come to N / T.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from bench.analysis.figures import CellFigures, Diagnosis, Limit
from bench.analysis.signs import MOSTLY, Signs
from bench.analysis.suggesting import hands_key
from bench.core.text import number, percent, plural
from bench.core.units import NS_PER_S, human_duration
from bench.record.schema import Handling

BUSY_SHARE = 0.9
"""Of their time in handlers, workers are the limit: the rest is what the way to them takes."""

STORM_SHARE = 0.05
"""So many deliveries that come again are work that is done for nothing."""

_GENERATOR = ("offered-rate-missed", "generator-saturated", "cpu-steal", "cpu-throttled")


def diagnosed(signs: Signs) -> Diagnosis:
    """Return what limits a part, by the first rule that holds."""
    found = (rule(signs) for rule in RULES)
    return next(each for each in found if each is not None)


def of_cell(cell: CellFigures) -> Iterator[Diagnosis]:
    """Yield what limits each part of a cell, over its valid trials; over all where none is."""
    valid = [trial for trial in cell.trials if trial.record.valid]
    each = [trial.diagnoses for trial in valid or cell.trials]
    for part in dict.fromkeys(found.part for trial in each for found in trial):
        yield over_trials([found for trial in each for found in trial if found.part == part])


def over_trials(each: Sequence[Diagnosis]) -> Diagnosis:
    """Return what most trials say of a part, the first of those that say so; at least one.

    Of two that are told as often the one that limits more.
    """
    order = list(Limit)
    often = Counter(found.limit for found in each)
    limit = min(often, key=lambda known: (-often[known], order.index(known)))
    return next(found for found in each if found.limit is limit)


def _generator(signs: Signs) -> Diagnosis | None:
    codes = sorted(signs.findings & {*_GENERATOR})
    if not codes:
        return None
    words = f"the load was not offered as planned ({', '.join(codes)})"
    return _told(signs, Limit.GENERATOR, words, "a host with more cores, or a lower rate")


def _window(signs: Signs) -> Diagnosis | None:
    if "window-too-small" not in signs.findings:
        return None
    words = "the publishers waited for PubAcks with their window full"
    return _told(signs, Limit.WINDOW, words, "publish.window")


def _producer(signs: Signs) -> Diagnosis | None:
    if "one-by-one-limit" in signs.findings:
        words = "each message waits for the PubAck of the one before it"
        return _told(signs, Limit.PRODUCER, words, "publish.mode async, or more publishers")
    if "batches-waited" in signs.findings:
        words = "batches wait for answers while they are open"
        knob = "publish.ack_first and ack_every, or more publishers"
        return _told(signs, Limit.PRODUCER, words, knob)
    return None


def _storage(signs: Signs) -> Diagnosis | None:
    if "server-saturated" not in signs.findings:
        return None
    used = signs.cpu_share.get("server", -1.0)
    cpu = f", at {percent(used)} of a core" if used >= 0 else ""
    words = f"the server or its disk could not store what was offered{cpu}"
    return _told(signs, Limit.STORAGE, words, "stream.storage, server.sync_interval or replicas")


def _refusal(signs: Signs) -> Diagnosis | None:
    if not signs.failed_msgs:
        return None
    words = f"{plural(signs.failed_msgs, 'message')} refused, or gone before they were handled"
    return _told(signs, Limit.REFUSAL, words, "stream.max_msgs, max_bytes, max_age or discard")


def _storm(signs: Signs) -> Diagnosis | None:
    if signs.redelivered_share < STORM_SHARE:
        return None
    again, asked = percent(signs.redelivered_share), signs.asked_back_share
    if asked > MOSTLY:
        words = f"{again} of the deliveries came again, {percent(asked)} of them by nak"
        return _told(signs, Limit.STORM, words, "failure.delay, or what makes handlers fail")
    words = (
        f"{again} of the deliveries came again, {percent(1 - asked)} of them as nothing was "
        "answered within ack_wait"
    )
    knob = "consumer.ack_wait above what a message takes, or backoff between attempts"
    return _told(signs, Limit.STORM, words, knob)


def _gap(signs: Signs) -> Diagnosis | None:
    if not signs.silence_s:
        return None
    words = f"for {plural(signs.silence_s, 'second')} nothing came while messages waited"
    return _told(signs, Limit.GAP, words, "the consumer's requests, its connection, and its leader")


def _unseen(signs: Signs) -> Diagnosis | None:
    """Blame nobody and call nothing free where handlers were not timed: they may be what is full.

    Workers that are all busy ask for nothing more, and hold all that they were given.
    """
    if signs.handling is not None:
        return None
    if signs.limited:
        words = (
            f"messages waited for {percent(signs.waiting_share)} of the window, and how long "
            "handlers took was not seen: they, the ack budget or requests may be the limit"
        )
        return _told(signs, Limit.UNTOLD, words)
    if signs.doubtful:
        return None
    words = "what came was taken as it came, and how busy workers were was not seen"
    return _told(signs, Limit.UNTOLD, words)


def _handler(signs: Signs) -> Diagnosis | None:
    hands = signs.handling
    if hands is None or not signs.limited or hands.busy_share < BUSY_SHARE:
        return None
    ceiling = hands.workers * NS_PER_S / max(1, hands.handler_ns_mean)
    who = plural(hands.workers, "event loop" if hands.in_loop else "worker")
    words = (
        f"{who} {'was' if hands.workers == 1 else 'were'} in handlers for "
        f"{percent(hands.busy_share)} of the window; at "
        f"{_took(hands)} they come to "
        f"{number(ceiling)} msg/s, {number(signs.done_per_s)} were measured"
    )
    if hands.written_ns_mean > MOSTLY * hands.handler_ns_mean:
        knob = f"workers of {signs.part}, or what the server takes to answer their handlers"
        return _told(signs, Limit.HANDLER, words, knob)
    return _told(signs, Limit.HANDLER, words, f"{hands_key(hands)}, or a shorter handler")


def _turns(signs: Signs) -> Diagnosis | None:
    """Blame neither budget nor requests for what waits for its key."""
    hands = signs.handling
    if hands is None or not hands.in_turn or not signs.limited:
        return None
    words = (
        f"messages waited for {percent(signs.waiting_share)} of the window, workers were busy for "
        f"{percent(hands.busy_share)}, and how long messages waited for those of their key before "
        "them was not seen"
    )
    return _told(signs, Limit.UNTOLD, words)


def _took(hands: Handling) -> str:
    """Return how long a message had a worker, and how much of that was its handler's own."""
    took = f"{human_duration(hands.handler_ns_mean)} a message"
    if not hands.written_ns_mean:
        return took
    return f"{took}, {human_duration(hands.written_ns_mean)} of it in reads and writes,"


def _acks(signs: Signs) -> Diagnosis | None:
    hands = signs.handling
    if hands is None or not signs.limited or signs.cap is None or signs.full_share < MOSTLY:
        return None
    held_ns = max(hands.handler_ns_mean, 1)
    ceiling = signs.cap * NS_PER_S / held_ns
    words = (
        f"at max_ack_pending, {signs.cap}, for {percent(signs.full_share)} of the window; at "
        f"{human_duration(held_ns)} a message they come to {number(ceiling)} msg/s, "
        f"{number(signs.done_per_s)} were measured"
    )
    return _told(signs, Limit.ACKS, words, "consumer.max_ack_pending")


def _rate(signs: Signs) -> Diagnosis | None:
    share = signs.sent_share
    if not signs.limited or share is None or share < BUSY_SHARE:
        return None
    words = (
        f"messages waited for {percent(signs.waiting_share)} of the window while "
        f"{number(signs.done_per_s)} msg/s were sent, {percent(min(1.0, share))} of what "
        "rate_limit_bps allows, subjects and headers included"
    )
    return _told(signs, Limit.RATE, words, "consumer.rate_limit_bps")


def _fetch(signs: Signs) -> Diagnosis | None:
    hands = signs.handling
    if hands is None or not signs.limited:
        return None
    if signs.idle_share is None or signs.idle_share >= MOSTLY:
        return None
    words = (
        f"messages waited for {percent(signs.waiting_share)} of the window, a request for them for "
        f"{percent(signs.idle_share)}, and workers were busy for {percent(hands.busy_share)}"
    )
    return _told(signs, Limit.FETCH, words, "pull.batch or pull.requests")


def _none(signs: Signs) -> Diagnosis | None:
    hands = signs.handling
    if hands is None or signs.limited or signs.doubtful:
        return None
    words = (
        f"{number(signs.done_per_s)} of {number(signs.offered_per_s)} msg/s were taken as they "
        f"came, with workers busy for {percent(hands.busy_share)}"
    )
    return _told(signs, Limit.NONE, words)


def _untold(signs: Signs) -> Diagnosis:
    hands = signs.handling
    if hands is None or not signs.limited:
        words = "the window is too short to say whether it falls behind"
        return _told(signs, Limit.UNTOLD, words, "phases.measure")
    words = (
        f"messages waited for {percent(signs.waiting_share)} of the window, and neither workers "
        f"({percent(hands.busy_share)} busy), ack budget "
        f"({percent(signs.full_share)} full) nor requests explain it"
    )
    return _told(signs, Limit.UNTOLD, words)


def _told(signs: Signs, limit: Limit, words: str, knob: str = "") -> Diagnosis:
    return Diagnosis(part=signs.part, limit=limit, words=words, knob=knob)


RULES: tuple[Callable[[Signs], Diagnosis | None], ...] = (
    _generator,
    _refusal,
    _window,
    _producer,
    _storage,
    _storm,
    _gap,
    _unseen,
    _handler,
    _turns,
    _acks,
    _rate,
    _fetch,
    _none,
    _untold,
)
