"""What publishers of a soak send, made ahead of them in pieces and given back behind them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np

from bench.clients.port import IntArray
from bench.core.units import NS_PER_MS
from bench.engine.clock import now_ns
from bench.engine.sliding import Sliding
from bench.plan.choosing import choose
from bench.plan.dealing import deal
from bench.plan.pieces import PIECE_MSGS, Piece, pieces
from bench.spec.workload import Load

COLUMNS = ("ids", "intended_ns", "subject_index", "payload_index")
AHEAD_MSGS = 3 * PIECE_MSGS
_DEALT = 2
"""Stands in the seeds of what is dealt to a piece, apart from its arrivals'."""

_LOOKS_AGAIN_NS = NS_PER_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """Where the messages of a soak stand.

    Attributes:
        path: of their columns.
        made_path: of how many were made by now.
        planned: messages.
    """

    path: Path
    made_path: Path
    planned: int


class Feed:
    """Makes messages ahead."""

    def __init__(self, fed: Fed, load: Load, seed: int, ahead_msgs: int = AHEAD_MSGS) -> None:
        """Make the first ones.

        Args:
            fed: where they are to stand.
            load: what they are made from.
            seed: of the trial.
            ahead_msgs: how many are made before they are sent.

        Raises:
            MeasurementError: the disk is full, or cannot hold files with holes.
        """
        self._sliding = Sliding(fed.path, (len(COLUMNS), fed.planned), "w+")
        self._made = np.lib.format.open_memmap(fed.made_path, mode="w+", dtype=np.int64, shape=(1,))
        self._load, self._seed = load, seed
        self._pieces = pieces(load.publish, load.phases, seed)
        self._released, self._ahead_msgs = 0, ahead_msgs
        self.ahead(0)

    def ahead(self, sent: int) -> None:
        """Make what is due next, and give back what was sent.

        Args:
            sent: all messages below this id were sent.

        Raises:
            MeasurementError: the disk is full.
        """
        while (made := int(self._made[0])) < min(sent + self._ahead_msgs, self._sliding.rows):
            self._make(next(self._pieces), made)
        if sent - self._released > PIECE_MSGS:
            self._sliding.release(self._released, sent)
            self._released = sent

    def _make(self, piece: Piece, made: int) -> None:
        size = piece.intended_ns.size
        rows = slice(made, made + size)
        self._sliding.claim(rows.start, rows.stop)
        load, names = self._load, self._load.subjects.names
        subjects, sizes = (np.random.default_rng([self._seed, _DEALT + n, made]) for n in (0, 1))
        shares = [*load.payload.sizes.values()]
        chosen = choose((size,), len(names), load.choice, piece.intended_ns, subjects)
        told = (
            np.arange(made, made + size),
            piece.intended_ns,
            chosen,
            deal((size,), shares, sizes),
        )
        for column, values in zip(self._sliding.columns, told, strict=True):
            column[rows] = values
        self._made[0] = made + size  # last: what is told is there


class Due:
    """When one publisher's messages are due, as far as that is known by now.

    It reads as an array of absolute instants does; what is not made yet is due in a moment.
    """

    def __init__(self, fed: Fed, share: int, shares: int, start_ns: int = 0) -> None:
        self._own = _column(fed, "intended_ns")[share::shares]
        self._made: IntArray = np.asarray(np.load(fed.made_path, mmap_mode="r"))
        self._share, self._shares = share, shares
        self._start_ns = start_ns
        self._first = 0
        self._near: list[int] = []

    def __len__(self) -> int:
        """Return how many there are."""
        return int(self._own.size)

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> IntArray: ...
    def __getitem__(self, place: int | slice) -> int | IntArray:
        """Return when a message is due, or several are."""
        if isinstance(place, slice):
            return self._start_ns + self._own[place]
        near = place - self._first
        if not 0 <= near < len(self._near):
            self._look(place)
            near = 0
        # What is not made yet is looked at anew each time.
        return self._near[near] if self._near else now_ns() + _LOOKS_AGAIN_NS

    def _look(self, place: int) -> None:
        """Look at the next ones together: one by one they would cost ten times as much."""
        made = (int(self._made[0]) - self._share + self._shares - 1) // self._shares
        stop = min(place + _NEAR_MSGS, made)
        self._first = place
        self._near = (self._start_ns + self._own[place:stop]).tolist()


_NEAR_MSGS = 1024


def columns_of(fed: Fed, share: int, shares: int) -> Sequence[IntArray]:
    """Return ids, subjects and payloads of what a publisher sends, each of shape (n,)."""
    names: Iterator[str] = (name for name in COLUMNS if name != "intended_ns")
    return [_column(fed, name)[share::shares] for name in names]


def _column(fed: Fed, name: str) -> IntArray:
    column: IntArray = Sliding(fed.path, (0, 0), "r").columns[COLUMNS.index(name)]
    return column
