"""What is done to the keys of a bucket, and who watches."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bench.core.units import NS_PER_S, format_duration
from bench.spec.asking import Asking
from bench.spec.base import Duration, MisfitError, Rate, Share, Spec
from bench.spec.cast import PART_NAME
from bench.spec.filters import check_filter, matching
from bench.spec.keys import KEY, LEASE, MAX_KEYS, Act
from bench.spec.workload import Publish

MAX_WATCHERS = 16


class Put(Publish):
    """How keys are written.

    Attributes:
        publishers: writer processes; they share the rate, and each key belongs to one of them.
        rate_msgs_per_s: offered rate of all writers together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due write, at most every 0.25 ms; `frugal` at most every
            1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most writes without an answer per writer; what is due beyond that waits, and
            its waiting counts as slip.
        headers: what each write carries beside its value.
        deletes: share of the writes that delete their key, with a marker in its place.
        purges: share that purge it, its history too.
    """

    publishers: int = Field(default=1, ge=1, le=16, alias="writers")
    deletes: Share | None = None
    purges: Share | None = None

    @property
    def acts(self) -> tuple[Act, ...]:
        """What some writes do in place of bringing a value; none where all bring one."""
        found = (
            Act(
                name="delete",
                share=self.deletes or 0.0,
                headers=(("KV-Operation", "DEL"),),
                empty=True,
            ),
            Act(
                name="purge",
                share=self.purges or 0.0,
                headers=(("KV-Operation", "PURGE"), ("Nats-Rollup", "sub")),
                empty=True,
            ),
        )
        return tuple(act for act in found if act.share)

    @model_validator(mode="after")
    def _leaves_values(self) -> Self:
        if sum(act.share for act in self.acts) > 0.9:
            raise MisfitError(
                "deletes",
                what="with the purges, hardly a write brings a value",
                allowed="deletes and purges up to 90% together",
            )
        return self


class Get(Asking):
    """How keys are read.

    Attributes:
        publishers: reader processes; they share the rate.
        rate_msgs_per_s: offered rate of all readers together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due read, at most every 0.25 ms; `frugal` at most every
            1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most reads without an answer per reader; what is due beyond that waits, and
            its waiting counts as slip.
        headers: none: a read carries nothing.
        timeout_ns: how long a reader waits for each answer; a later one comes to nobody.
    """

    publishers: int = Field(default=1, ge=1, le=16, alias="readers")

    @model_validator(mode="after")
    def _bare(self) -> Self:
        if self.headers:
            raise MisfitError("headers", what="a read carries nothing", allowed="leave it out")
        return self


class Update(Publish):
    """How counters are counted up: read, add one, write if nobody wrote meanwhile, else again.

    Attributes:
        publishers: updater processes; they share the rate, and contend for the counters.
        rate_msgs_per_s: offered rate of all updaters together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due update, at most every 0.25 ms; `frugal` at most
            every 1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most updates under way per updater; what is due beyond that waits, and its
            waiting counts as slip.
        headers: none: an update carries what it expects.
        counters: how many there are, beside the bucket's other keys.
        tries: how often an update is tried before it is given up.
    """

    publishers: int = Field(default=1, ge=1, le=16, alias="updaters")
    counters: int = Field(default=10, ge=1, le=10_000)
    tries: int = Field(default=100, ge=1, le=10_000)

    @model_validator(mode="after")
    def _plain(self) -> Self:
        if self.headers:
            what = "an update carries what it expects, and nothing else"
            raise MisfitError("headers", what=what, allowed="leave it out")
        return self


class Create(Publish):
    """How keys are created: written where none is, and left alone where one is.

    Attributes:
        publishers: creator processes; they share the rate, and contend for the keys.
        rate_msgs_per_s: offered rate of all creators together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due creation, at most every 0.25 ms; `frugal` at most
            every 1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most creations under way per creator; what is due beyond that waits, and its
            waiting counts as slip.
        headers: none: a creation carries what it expects.
        keys: how many there are, beside the bucket's other keys; they take turns.
        ttl_ns: how long a created key lives; for ever when left out.
    """

    publishers: int = Field(default=1, ge=1, le=16, alias="creators")
    keys: int = Field(default=1000, ge=1, le=MAX_KEYS)
    ttl_ns: Duration | None = Field(default=None, alias="ttl")

    @model_validator(mode="after")
    def _plain(self) -> Self:
        if self.headers:
            what = "a creation carries what it expects, and nothing else"
            raise MisfitError("headers", what=what, allowed="leave it out")
        return self

    @model_validator(mode="after")
    def _lives(self) -> Self:
        """The server cuts a time to live down to whole seconds, and refuses one below 1 s."""
        if self.ttl_ns is not None and (self.ttl_ns < NS_PER_S or self.ttl_ns % NS_PER_S):
            what = f"no key lives for {format_duration(self.ttl_ns)}"
            raise MisfitError("ttl", what=what, allowed="whole seconds from 1s on")
        return self


class Watch(Spec):
    """One watcher of the bucket.

    Attributes:
        filter: keys that it sees, behind `key.`; all when left out.
        snapshot: it is first told the value of each key, then updates; else updates alone.
    """

    filter: Annotated[str, AfterValidator(check_filter)] = ">"
    snapshot: bool = False

    @property
    def begins(self) -> str:
        """Where it begins, as a consumer's `deliver_policy`; at `new` it has no first values."""
        return "last_per_subject" if self.snapshot else "new"

    @property
    def subjects(self) -> str:
        """What it filters for, below the bucket's own prefix."""
        return f"{KEY}.{self.filter}"


class KvWatch(Watch):
    """One watcher of a bucket whose keys are put or created.

    Attributes:
        filter: keys that it sees, behind `key.`, or behind `lease.` of those that are created; all
            when left out.
        snapshot: it is first told the value of each key, then updates; else updates alone.
        history: it is first told all that the bucket keeps of each key, which then has as many
            values as the bucket's history before a trial begins; in place of the snapshot.
        of: whose keys: those that are `put`, or those that are created.
        again_per_s: how often another watcher like it begins, and ends when it has its first
            values; none when left out.
    """

    history: bool = False
    of: Literal["put", "create"] = "put"
    again_per_s: Rate | None = Field(default=None, alias="again")

    @property
    def begins(self) -> str:
        """Where it begins, as a consumer's `deliver_policy`."""
        return "all" if self.history else super().begins

    @property
    def subjects(self) -> str:
        """What it filters for, below the bucket's own prefix."""
        return f"{LEASE if self.of == 'create' else KEY}.{self.filter}"

    @model_validator(mode="after")
    def _has_first_values(self) -> Self:
        if self.again_per_s is not None and not (self.snapshot and self.of == "put"):
            what = "it is told no first values, for which to begin again"
            raise MisfitError("again", what=what, allowed="snapshot: true, of keys that are put")
        return self

    @model_validator(mode="after")
    def _has_a_history(self) -> Self:
        if self.history and self.snapshot:
            what = "the last value of each key is told within its history"
            raise MisfitError("history", what=what, allowed="snapshot or history")
        if self.history and self.of != "put":
            what = "keys that are created have no value before"
            raise MisfitError("history", what=what, allowed="of keys that are put")
        return self


def check_watchers(
    watching: Mapping[str, Watch], keys: Sequence[str], taken: Sequence[str]
) -> None:
    """Raise MisfitError where a bucket cannot have these watchers.

    Args:
        watching: by their names.
        keys: of the bucket.
        taken: what other parts are called.
    """
    if len(watching) > MAX_WATCHERS:
        raise MisfitError("watch", what="too many", allowed=f"up to {MAX_WATCHERS} watchers")
    for name, watch in watching.items():
        if not PART_NAME.fullmatch(name) or name.removesuffix("_ns") in taken:
            raise MisfitError(
                "watch",
                name,
                what="cannot stand before the names of figures",
                allowed=f"up to 40 of a to z, 0 to 9 and _, a letter first; not {', '.join(taken)}",
            )
        if not matching(watch.subjects, keys):
            raise MisfitError(
                "watch",
                name,
                "filter",
                what=f"'{watch.filter}' matches no key",
                allowed=f"`>`, or a filter for {keys[0].partition('.')[2]}",
            )
