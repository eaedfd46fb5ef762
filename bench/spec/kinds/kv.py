"""A bucket of keys: writers, readers and updaters on one side, watchers on the other."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from bench.core import text
from bench.core.units import NS_PER_MS, format_duration, format_rate
from bench.spec import buckets
from bench.spec.base import MisfitError
from bench.spec.cast import (
    FIGURES_BEGIN,
    PART_NAME,
    Cast,
    Part,
)
from bench.spec.filters import matching
from bench.spec.grouped import GroupGet, GroupPut, Groups
from bench.spec.grouped_parts import (
    GROUP_GET,
    GROUP_PUT,
    GROUP_WRITING,
    INCOHERENT,
    TORN,
    group_reading,
)
from bench.spec.handler import Handler
from bench.spec.headers import header_bytes
from bench.spec.keyed import Create, Get, KvWatch, Put, Update, check_watchers
from bench.spec.keyed_parts import (
    CREATE,
    CREATING,
    FIRST_VALUES,
    GET,
    MARKED,
    MISSED,
    OVERLOOKED,
    PUT,
    READING,
    START,
    UPDATE,
    UPDATING,
    WRITING,
    asking_the_one,
    cast,
    limited,
    remembering,
    watching,
)
from bench.spec.keys import LEASE, Choice, Keys, Names
from bench.spec.objection import Objection
from bench.spec.scanned import SCAN, Scan, scanning
from bench.spec.stored import stored_bytes
from bench.spec.variant import (
    BucketSettings,
    PublishSettings,
    ReadSettings,
    Settings,
    StreamSettings,
)
from bench.spec.workload import Load, Payload, Phases, Publish, Workload

USES = frozenset({"bucket", "read", "server", "client"})

COUNTER = "counter"
"""What keys that are counted up begin with."""

MIN_COUNTER_BYTES = 32
"""The id of an update and the count that it made."""

PARTS = (PUT, GET, UPDATE, CREATE, GROUP_PUT, GROUP_GET, SCAN)

MIN_CACHED_NS = 10 * NS_PER_MS
"""A cache that lives shorter is none."""

KV_HEADER_BYTES = 128
"""`KV-Operation` and `Nats-Rollup`, or `Nats-Expected-Last-Subject-Sequence` and `Nats-TTL`."""


class Kv(Workload):
    """A bucket of keys that are written, read, counted up, created and watched.

    Attributes:
        kind: which parts take part; `kv` is a key-value bucket.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        keys: of the bucket, and which of them operations touch.
        value: how large values are and what is in them.
        put: how keys are written; not at all when left out.
        get: how they are read; not at all when left out.
        update: how counters are counted up; not at all when left out.
        create: how keys are created that may live for a time; not at all when left out.
        groups: keys that belong together.
        group_put: how they are written as one; not at all when left out.
        group_get: how they are read as one; not at all when left out.
        scan: how keys are listed; not at all when left out.
        watch: name -> a watcher of its own.
        handler: what watchers do with each update.
        phases: how long a trial lasts; a matrix may set its own.
    """

    kind: Literal["kv"]
    keys: Keys = Keys()
    value: Payload
    put: Put | None = None
    get: Get | None = None
    update: Update | None = None
    create: Create | None = None
    groups: Groups = Groups()
    group_put: GroupPut | None = None
    group_get: GroupGet | None = None
    scan: Scan | None = None
    watch: dict[str, KvWatch] = Field(default_factory=dict)
    handler: Handler = Handler()
    phases: Phases = Phases()

    @property
    def unsaid(self) -> dict[str, Any]:
        """What came later, and is not said."""
        without = {name: {"history"} for name, watch in self.watch.items() if not watch.history}
        return {**super().unsaid, **({"watch": without} if without else {})}

    @property
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""
        offers = {
            PUT: self.put,
            GET: self.get,
            UPDATE: self.update,
            CREATE: self.create,
            GROUP_PUT: self.group_put,
            GROUP_GET: self.group_get,
        }
        wanted = {name: offer for name, offer in offers.items() if offer is not None}
        return {**wanted, **self.scans}

    @property
    def scans(self) -> Mapping[str, Scan]:
        """What lists keys, by its part: scans, and watchers that begin again."""
        starts = {
            f"{name}{START}": Scan.model_validate(
                {"rate": "1/s", "filter": watch.filter, "snapshot": True}
            ).model_copy(update={"rate_msgs_per_s": watch.again_per_s})
            for name, watch in self.watch.items()
            if watch.again_per_s is not None
        }
        return {**({SCAN: self.scan} if self.scan else {}), **starts}

    @property
    def loads(self) -> Mapping[str, Load]:
        """What operations are made from, by the part that drives them."""
        return {name: self._load(name, offer) for name, offer in self.offers.items()}

    def _load(self, part: str, offer: Publish) -> Load:
        return Load(
            publish=offer,
            subjects=self._names_of(part),
            payload=self.value,
            handler=self.handler,
            phases=self.phases,
            choice=self._choice(part, offer),
            acts=self.put.acts if self.put and part == PUT else (),
        )

    def _names_of(self, part: str) -> Names:
        if part == UPDATE and self.update:
            return Names(prefix=COUNTER, count=self.update.counters)
        if part in (GROUP_PUT, GROUP_GET):
            return self.groups.names
        if part in self.scans:
            return Names(prefix=self.scans[part].subjects, count=1, whole=True)
        return self.leases if part == CREATE else self.names

    def _choice(self, part: str, offer: Publish) -> Choice:
        keys, written = self.keys, self.put.rate_msgs_per_s if self.put else 0.0
        usual = Choice(distribution=keys.distribution, skew=keys.skew, written_per_s=written)
        if part in (UPDATE, CREATE, *self.scans):
            return replace(usual, distribution="uniform" if part == UPDATE else "sequential")
        if part in (GROUP_PUT, GROUP_GET):
            writers = offer.publishers if part == GROUP_PUT else 1
            return replace(usual, distribution="uniform", writers=writers)
        if part == PUT:
            in_turn = keys.distribution == "latest"
            writes = replace(usual, distribution="sequential") if in_turn else usual
            return replace(writes, writers=offer.publishers)
        return usual

    @property
    def names(self) -> Names:
        """The keys that are written, read and watched."""
        return self.keys.names

    @property
    def preloaded(self) -> int:
        """How many keys have a value before a trial begins."""
        used = self.put or self.get or self.scan
        return self.keys.count if self.keys.preload and used else 0

    def preloaded_in(self, bucket: BucketSettings) -> int:
        """Return how many values there are before: of each key one, or a watched history."""
        told = any(watch.history for watch in self.watch.values())
        return self.preloaded * (bucket.history if told else 1)

    @property
    def leases(self) -> Names:
        """The keys that are created."""
        return Names(prefix=LEASE, count=self.create.keys if self.create else 0)

    @property
    def busy(self) -> Handler:
        """What watchers do with each update."""
        return self.handler

    def with_handler(self, handler: Handler) -> Self:
        """Return the same load with another handler."""
        return self.model_copy(update={"handler": handler})

    @property
    def addressed(self) -> tuple[str, ...]:
        """Every subject that is written to, without the bucket's prefix: one of each kind."""
        counters = (f"{COUNTER}.0",) if self.update else ()
        groups = self.groups.keys(self.groups.names.names[0]) if self.group_put else ()
        return (*self.names.names[:1], *counters, *self.leases.names[:1], *groups[:1])

    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included."""
        headers = self.put.headers if self.put else ()
        return max(self.value.sizes) + header_bytes(headers, how) + KV_HEADER_BYTES

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what a write takes in a store on the mean; a read takes nothing."""
        writes = sum(
            offer.rate_msgs_per_s * (self.groups.members if name == GROUP_PUT else 1)
            for name, offer in self.offers.items()
            if name not in (GET, GROUP_GET, *self.scans)
        )
        headers = self.put.headers if self.put else ()
        each = stored_bytes(self.names, self.value, headers, how)
        return each * writes / self.rate_msgs_per_s

    def kept_in(self, settings: Settings) -> StreamSettings:
        """Return the settings of the stream that the bucket is."""
        return settings.bucket.as_stream()

    def share_of(self, part: str) -> float:
        """Return what share of the writes a watcher's filter matches; keys counted alike."""
        watch = self.watch.get(part)
        if watch is None:
            return 1.0
        names = self._names_of(watch.of).names
        return len(matching(watch.subjects, names)) / len(names)

    def sees_all(self, watch: KvWatch) -> bool:
        """Say whether a watcher's filter matches every key that it is about."""
        names = self._names_of(watch.of).names
        return watch.filter == ">" or len(matching(watch.subjects, names)) == len(names)

    def life_ns(self, part: str, bucket: BucketSettings) -> int | None:
        """Return how long what a part writes lives in a bucket; None for ever."""
        own_ns = self.create.ttl_ns if self.create and part == CREATE else None
        return min(filter(None, (own_ns, bucket.ttl_ns)), default=None)

    def told(self) -> str:
        """Return who does what to which keys, as a clause for the report."""
        words = "; ".join(filter(None, (*self._doings(), self._keys_told(), self._watched())))
        return words[0].upper() + words[1:]

    def _doings(self) -> Iterator[str]:
        words = {
            PUT: ("writes", "writer"),
            GET: ("reads", "reader"),
            UPDATE: ("updates", "updater"),
            CREATE: ("creates", "creator"),
            GROUP_PUT: ("writes groups", "writer"),
            GROUP_GET: ("reads groups", "reader"),
            SCAN: ("lists keys", "scanner"),
        }
        for name, offer in self.offers.items():
            again = f"begins {name.removesuffix(START)} again", "scanner"
            what, who = words.get(name, again)
            rate = format_rate(offer.rate_msgs_per_s)
            yield f"{what} at {rate} by {text.plural(offer.publishers, who)} ({offer.arrivals})"

    def _keys_told(self) -> str:
        counters = text.plural(self.update.counters, "counter") if self.update else ""
        keys = f"{text.plural(self.keys.count, 'key')} ({self.keys.distribution})"
        several = keys if self.put or self.get or self.scan else ""
        leases = text.plural(self.create.keys, "created key") if self.create else ""
        grouped = self.group_put or self.group_get
        groups = f"{self.groups.count} groups of {self.groups.members} keys" if grouped else ""
        those = text.listed(list(filter(None, (several, counters, leases, groups))))
        return f"{those}, values {self.value.told()}"

    def _watched(self) -> str:
        names = [
            name if self.sees_all(each) else f"{name} ({each.filter})"
            for name, each in self.watch.items()
        ]
        return f"watched by {text.listed(names)}" if names else ""

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if not self.offers:
            raise MisfitError(
                "kind",
                what="nothing is done to the bucket",
                allowed="put, get, update, create, group_put, group_get or scan",
            )
        if self.update and min(self.value.sizes) < MIN_COUNTER_BYTES:
            raise MisfitError(
                "value",
                what="too small for a counter",
                allowed=f"{MIN_COUNTER_BYTES}B or more",
            )
        if self.keys.distribution == "latest" and not (self.put and self.get):
            raise MisfitError(
                "keys",
                "distribution",
                what="latest reads what was written last, and needs both",
                allowed="put and get, or another distribution",
            )
        if self.group_put and self.groups.count < self.group_put.publishers:
            raise MisfitError(
                "groups",
                "count",
                what="fewer than writers",
                allowed=f"{self.group_put.publishers} or more",
            )
        if self.put and self.keys.count < self.put.publishers:
            raise MisfitError(
                "keys", "count", what="fewer than writers", allowed=f"{self.put.publishers} or more"
            )
        return self

    @model_validator(mode="after")
    def _watchers_fit(self) -> Self:
        for name, watch in self.watch.items():
            if watch.of not in self.offers:
                done = "put" if watch.of == PUT else "created"
                what = f"nothing is {done} that it would see"
                raise MisfitError("watch", name, "of", what=what, allowed=f"{watch.of}, or another")
        if self.scan and not matching(self.scan.subjects, self.names.names):
            what = f"'{self.scan.filter}' matches no key"
            raise MisfitError("scan", "filter", what=what, allowed="`>`, or a filter for keys")
        for name in self.watch:
            if self.watch[name].history and not self.keys.preload:
                what = "no key has a value before"
                raise MisfitError("watch", name, "history", what=what, allowed="keys.preload: true")
            if f"{name}{START}" in self.scans and not PART_NAME.fullmatch(f"{name}{START}"):
                what = "too long to stand before the figures of those that begin again"
                raise MisfitError("watch", name, what=what, allowed="up to 34 characters")
        names = (*self.names.names, *self.leases.names)
        check_watchers(self.watch, names, (*PARTS, *self.scans, *FIGURES_BEGIN))
        return self


def cast_of(settings: Settings, workload: Kv | None) -> Cast:
    """Return its parts; usually all of them, with one watcher."""
    if workload is None:
        watcher = watching("watch", WRITING, several=False, some=False, more=MARKED)
        groups = GROUP_WRITING, group_reading(TORN, INCOHERENT)
        plain = asking_the_one(READING)
        reading = replace(plain, entries=(*plain.entries, OVERLOOKED, MISSED))
        return cast((WRITING, reading, UPDATING, CREATING, *groups, scanning(SCAN), watcher))
    parts = {
        PUT: WRITING,
        GET: _reading(settings),
        UPDATE: UPDATING,
        CREATE: CREATING,
        GROUP_PUT: GROUP_WRITING,
        GROUP_GET: group_reading(INCOHERENT if settings.read.group == "boundary" else TORN),
        **{name: scanning(name) for name in workload.scans},
    }
    if settings.bucket.ttl_ns is not None:
        parts |= {PUT: limited(WRITING), GET: limited(parts[GET])}
    several = len(workload.watch) > 1
    watchers = (
        watching(
            name,
            parts[watch.of],
            several=several,
            some=not workload.sees_all(watch),
            more=(
                *(MARKED if settings.bucket.limit_markers_ns is not None else ()),
                *((FIRST_VALUES,) if watch.history else ()),
            ),
        )
        for name, watch in workload.watch.items()
    )
    return cast((*(parts[name] for name in workload.offers), *watchers))


def _reading(settings: Settings) -> Part:
    """Return who reads single keys: of one server, without a cache, nothing is ever old."""
    if settings.read.strategy == "get" and settings.bucket.num_replicas == 1:
        return asking_the_one(READING)
    return remembering(READING, settings.read.strategy)


def objections(settings: Settings, workload: Kv) -> tuple[Objection, ...]:
    """Return what is wrong with settings under it."""
    return (
        *buckets.objections(settings),
        *_too_large(settings, workload),
        *_too_long(settings, workload),
        *_apart(settings, workload),
        *_strategy(settings, workload),
    )


def _strategy(settings: Settings, workload: Kv) -> Iterator[Objection]:
    """Yield what means nothing of how keys are read."""
    read = settings.read
    if read.strategy != "cache-with-ttl" and read.max_age_ns != ReadSettings().max_age_ns:
        what = f"read.strategy {read.strategy} believes nothing for a time"
        yield Objection(key="read.max_age", what=what, allowed="leave it out, or cache-with-ttl")
    if read.strategy == "get":
        if read.restart_ns is not None:
            what = "read.strategy get has nothing to begin anew"
            yield Objection(key="read.restart", what=what, allowed="leave it out")
        return
    if workload.get is None:
        what = "no key is read by this workload"
        yield Objection(key="read.strategy", what=what, allowed="get, or a workload with get")
    for key, limit_ns in (("max_age", read.max_age_ns), ("restart", read.restart_ns)):
        if limit_ns is not None and limit_ns < MIN_CACHED_NS:
            what = f"{format_duration(limit_ns)} is too short for a cache"
            allowed = f"{format_duration(MIN_CACHED_NS)} or more"
            yield Objection(key=f"read.{key}", what=what, allowed=allowed)


def _apart(settings: Settings, workload: Kv) -> Iterator[Objection]:
    """Yield why groups cannot be read as one."""
    if not (workload.group_put or workload.group_get):
        return
    if workload.group_get and not settings.bucket.allow_direct:
        what = "several keys at once are read by a direct get alone"
        yield Objection(key="bucket.allow_direct", what=what, allowed="true, or no group_get")
    if workload.group_get and settings.read.group == "boundary" and settings.bucket.history == 1:
        what = "read.group boundary: a history of 1 keeps no value as it was"
        yield Objection(key="bucket.history", what=what, allowed="2 to 64, or read.group latest")


def _too_long(settings: Settings, workload: Kv) -> Iterator[Objection]:
    """Yield that keys have no time of their own in the bucket, or one that it lengthens."""
    ttl_ns = workload.create.ttl_ns if workload.create else None
    stand_ns = settings.bucket.limit_markers_ns
    if ttl_ns is None:
        return
    if stand_ns is None:
        yield Objection(
            key="bucket.limit_markers",
            what="create.ttl: the bucket lets no key have a time to live of its own (10166)",
            allowed=f"1s to {format_duration(ttl_ns)}, or no create.ttl",
        )
    elif stand_ns > ttl_ns:
        yield Objection(
            key="bucket.limit_markers",
            what=f"create.ttl {format_duration(ttl_ns)}: the server keeps a key at least as long "
            "as its marker",
            allowed=f"up to {format_duration(ttl_ns)}, or a longer create.ttl",
        )


def _too_large(settings: Settings, workload: Kv) -> Iterator[Objection]:
    limit, largest = settings.server.max_payload, workload.largest_bytes(settings.publish)
    if limit is not None and largest > limit:
        what = f"the largest value has {largest} bytes with its headers"
        yield Objection(key="server.max_payload", what=what, allowed=f"{largest}B or more")


def cautions(settings: Settings, workload: Kv) -> tuple[Objection, ...]:
    """Return what may surprise: a bucket too small for its keys, a history that is none."""
    return (*_too_small(settings.bucket, workload), *_of_history(settings.bucket, workload))


def _too_small(bucket: BucketSettings, workload: Kv) -> Iterator[Objection]:
    limit, count = bucket.max_bytes, workload.keys.count
    values = max(count, workload.preloaded_in(bucket))
    need = round(values * (workload.value.mean_bytes + 60))
    if limit is not None and limit < need:
        what = f"{text.plural(count, 'key')} take some {need} bytes: writes will be refused"
        yield Objection(key="bucket.max_bytes", what=what)


def _of_history(bucket: BucketSettings, workload: Kv) -> Iterator[Objection]:
    told = [name for name, watch in workload.watch.items() if watch.history]
    if told and bucket.history == 1:
        what = f"a history of 1: {text.listed(told)} is told what a snapshot holds, and no more"
        yield Objection(key="bucket.history", what=what)


def notes(name: str, workload: Kv) -> Iterator[str]:
    """Yield nothing: its words mean what they say."""
    del name, workload
    yield from ()
