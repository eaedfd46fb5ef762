"""A circuit breaker: whether handlers may begin, by how the ones before them ended.

Pure: instants come from whoever asks, and never descend.
"""

from collections import deque
from dataclasses import dataclass

from bench.spec.trying import BreakerSettings

NO_PROBE = 0
"""Of a handler that began while the breaker was closed."""


@dataclass(slots=True)
class _Recent:
    """How handlers ended of late.

    Attributes:
        ends: instants and whether each failed, of the last `within`.
        failed: failures among them; without a share, in a row.
    """

    ends: deque[tuple[int, bool]]
    failed: int = 0


class Breaker:
    """Of one process: closed at first."""

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self._recent = _Recent(deque())
        self._until_ns: int | None = None
        self._opened_ns = 0
        self._round = 0
        self._out = self._good = 0
        self._open_ns = 0
        self.openings = 0
        self.probes = 0

    @property
    def pauses(self) -> bool:
        """Whether messages wait while it is open; else they are turned away."""
        return self._settings.while_open == "pause"

    @property
    def closed(self) -> bool:
        """Whether all may begin."""
        return self._until_ns is None

    @property
    def until_ns(self) -> int:
        """When what is turned away may be tried again, or the first probe begins; 0 if closed."""
        return self._until_ns or 0

    def again_ns(self, at_ns: int) -> int:
        """Return how long what is turned away at an instant is to stay away."""
        left_ns = self.until_ns - at_ns
        return left_ns if left_ns > 0 else self._settings.open_for_ns

    def open_ns(self, at_ns: int) -> int:
        """Return how long it has not been closed until an instant, over all openings."""
        return self._open_ns + (0 if self.closed else at_ns - self._opened_ns)

    def begins_ns(self, at_ns: int) -> int | None:
        """Return when a handler may begin that would at this instant; None until a probe ends."""
        if self._until_ns is None:
            return at_ns
        if at_ns < self._until_ns:
            return self._until_ns
        return at_ns if self._out + self._good < self._settings.probes else None

    def begun(self) -> int:
        """Return what a handler is that begins now: NO_PROBE, or of which round of probes."""
        if self.closed:
            return NO_PROBE
        self._out += 1
        self.probes += 1
        return self._round

    def ended(self, at_ns: int, probe: int, *, failed: bool) -> None:
        """Note how a handler ended; what began before it opened says nothing of how it is now."""
        if self.closed:
            self._note(at_ns, failed=failed)
        elif probe == self._round and probe != NO_PROBE:
            self._probed(at_ns, failed=failed)

    def _probed(self, at_ns: int, *, failed: bool) -> None:
        self._out -= 1
        self._good += not failed
        if failed:
            self._opens(at_ns)
        elif self._good >= self._settings.probes:
            self._closes(at_ns)

    def _note(self, at_ns: int, *, failed: bool) -> None:
        if self._settings.within_ns is None:
            self._recent.failed = self._recent.failed + 1 if failed else 0
        else:
            self._within(at_ns, self._settings.within_ns, failed=failed)
        if self._recent.failed >= self._settings.failures and self._is_share:
            self._opened_ns = at_ns
            self._opens(at_ns)

    @property
    def _is_share(self) -> bool:
        share = self._settings.share
        return share is None or self._recent.failed >= share * len(self._recent.ends)

    def _within(self, at_ns: int, within_ns: int, *, failed: bool) -> None:
        ends = self._recent.ends
        ends.append((at_ns, failed))
        self._recent.failed += failed
        while ends[0][0] <= at_ns - within_ns:
            self._recent.failed -= ends.popleft()[1]

    def _opens(self, at_ns: int) -> None:
        self._until_ns = at_ns + self._settings.open_for_ns
        self._round += 1
        self._out = self._good = 0
        self._recent = _Recent(deque())
        self.openings += 1

    def _closes(self, at_ns: int) -> None:
        self._open_ns += at_ns - self._opened_ns
        self._until_ns = None
