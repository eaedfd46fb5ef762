"""The keys of a bucket, and which of them operations touch."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from bench.spec.base import Share, Spec

Distribution = Literal["uniform", "zipfian", "hotspot", "latest", "sequential"]

MAX_KEYS = 100_000

KEY = "key"
"""What keys that are written, read and watched begin with."""

LEASE = "lease"
"""What keys that are created begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names of which each operation takes one.

    Attributes:
        prefix: stands before the number of each.
        count: how many there are.
        groups: tenants or partitions that they belong to in turn; 0 for none.
        whole: the prefix is all of the only one.
    """

    prefix: str
    count: int
    groups: int = 0
    whole: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, `key.17`; of a group `key.tenant-1.17`."""
        if self.whole:
            return (self.prefix,)
        if not self.groups:
            return tuple(f"{self.prefix}.{number}" for number in range(self.count))
        return tuple(
            f"{self.prefix}.tenant-{number % self.groups}.{number}" for number in range(self.count)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How an operation comes by its name.

    Attributes:
        distribution: as in `Keys`.
        skew: of `zipfian` and `latest`.
        written_per_s: of `latest`: how many names are written a second, one after the other.
        writers: a name belongs to one of so many processes, by its number; 1 where to all.
    """

    distribution: Distribution
    skew: float
    written_per_s: float = 0.0
    writers: int = 1


class Entities(Spec):
    """What operations are about, each by a key of its own.

    Attributes:
        count: how many.
        tenants: groups that they belong to in turn, `key.tenant-3.17`; none when left out.
        distribution: which one an operation is about: each alike (`uniform`), few far more often
            than many (`zipfian`), a fifth of them by four operations of five (`hotspot`), one
            after the other (`sequential`), or, of reads, those that were written last (`latest`;
            writes go on one after the other then).
        skew: exponent of `zipfian` and `latest`, 0.99 as in YCSB.
    """

    count: int = Field(default=1000, ge=1, le=MAX_KEYS)
    tenants: int = Field(default=0, ge=0, le=1000)
    distribution: Distribution = "uniform"
    skew: float = Field(default=0.99, gt=0, le=5)

    @property
    def names(self) -> Names:
        """Their keys."""
        return Names(prefix=KEY, count=self.count, groups=self.tenants)


class Keys(Entities):
    """The keys of a bucket.

    Attributes:
        count: how many.
        tenants: groups that they belong to in turn, `key.tenant-3.17`; none when left out.
        distribution: which key an operation touches: each alike (`uniform`), few far more often
            than many (`zipfian`), a fifth of them by four operations of five (`hotspot`), one
            after the other (`sequential`), or, of reads, those that were written last (`latest`;
            writes go on one after the other then).
        skew: exponent of `zipfian` and `latest`, 0.99 as in YCSB.
        preload: each key has a value before a trial begins.
    """

    preload: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What some operations of a class do otherwise than publish their payload.

    Attributes:
        name: `delete`.
        share: of the operations.
        headers: names and values that say so.
        empty: nothing but its id goes with it.
        again: it says again what the last one before it said that says none, under its id.
        turns: of processes that take turns, of which each says again what it said itself.
        after_ns: what it says again was due so long before at least.
    """

    name: str
    share: Share
    headers: tuple[tuple[str, str], ...] = ()
    empty: bool = False
    again: bool = False
    turns: int = 1
    after_ns: int = 0
