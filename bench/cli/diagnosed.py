"""What `jetbench diagnose` says: in lines for people, as JSON for programs, and by how it ends."""

import json
import math
from dataclasses import dataclass
from typing import Any

from bench.analysis import living, watched
from bench.analysis.held import Held
from bench.analysis.seen import Seen
from bench.core.errors import ExitCode

SCHEMA_VERSION = 1

_STATES = {
    ExitCode.FAILED: "held-up",
    ExitCode.INCONCLUSIVE: "not-known",
    ExitCode.OK: "not-limited",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said of a consumer.

    Attributes:
        stream, consumer: their names.
        seen: what was seen of it.
        whole: it was watched for as long as was asked for.
    """

    stream: str
    consumer: str
    seen: Seen
    whole: bool = True

    @property
    def held_up(self) -> tuple[Held, ...]:
        """What holds it up."""
        return living.held_up(self.seen)

    @property
    def ends(self) -> ExitCode:
        """How the command ends."""
        if self.held_up:
            return ExitCode.FAILED
        sure = self.whole and watched.moved(self.seen) and not watched.doubts(self.seen)
        return ExitCode.OK if sure else ExitCode.INCONCLUSIVE

    def lines(self) -> list[str]:
        """Return it for people."""
        seen = self.seen
        found = [f"{each.name}: {each.words}; turn: {each.turn}" for each in self.held_up]
        unseen = [f"not told of such a consumer: {each}" for each in watched.unseen(seen)]
        doubts = [f"not seen: {each}" for each in watched.doubts(seen)]
        notes = [f"besides: {each}" for each in watched.notes(seen)]
        return [watched.told(seen), *notes, *unseen, *doubts, *(found or [self._otherwise()])]

    def _otherwise(self) -> str:
        if self.ends is ExitCode.OK:
            return "not limited: it takes what comes"
        if watched.moved(self.seen) and not self.whole:
            return "not known: it was not watched for as long as was asked for"
        if watched.moved(self.seen):
            return "not known: nothing was seen to hold it up, and not all was seen"
        if watched.idle(self.seen):
            return "not known: nothing came and nothing waits, so that nothing can hold it up"
        return "not known: nothing was done meanwhile that would show what holds it up"

    def as_json(self) -> bytes:
        """Return it for programs; what is not known is null."""
        return f"{json.dumps(self._content(), indent=1)}\n".encode()

    def _content(self) -> dict[str, Any]:
        seen = self.seen
        return {
            "schema_version": SCHEMA_VERSION,
            "stream": self.stream,
            "consumer": self.consumer,
            "state": _STATES[self.ends],
            "whole": self.whole,
            "figures": _figures(seen),
            "held_up": [
                {"name": each.name, "words": each.words, "turn": each.turn} for each in self.held_up
            ],
            "doubts": watched.doubts(seen),
            "notes": watched.notes(seen),
            "unseen": watched.unseen(seen),
        }


def _figures(seen: Seen) -> dict[str, float | None]:
    last = seen.last
    return {
        "watched_s": seen.span_s,
        "stored_per_s": seen.stored_msgs / seen.span_s,
        "came_per_s": seen.came_msgs / seen.span_s,
        "delivered_per_s": seen.deliveries / seen.span_s,
        "done_per_s": seen.done_msgs / seen.span_s,
        "pending_msgs": last.pending_msgs,
        "drain_s": seen.drain_s,
        "waiting": None if last.push else last.waiting,
        **_of_acks(seen),
    }


def _of_acks(seen: Seen) -> dict[str, float | None]:
    """Return what is known where messages are acknowledged, and null where they are not."""
    last, (least_s, most_s) = seen.last, seen.held_s
    some = last.acks and last.unacked_msgs > 0
    return {
        "unacked_msgs": last.unacked_msgs if last.acks else None,
        "max_ack_pending": last.max_ack_pending,
        "oldest_unacked_s_least": least_s if some else None,
        "oldest_unacked_s_most": most_s if some and math.isfinite(most_s) else None,
    }
