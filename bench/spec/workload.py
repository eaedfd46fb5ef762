"""A workload profile: what is sent, and what is done with it."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from bench.core import text
from bench.core.units import NS_PER_S, format_duration, format_rate
from bench.spec import filters
from bench.spec.bad import BadMessage
from bench.spec.base import Duration, Loose, MisfitError, Rate, Spec
from bench.spec.combined import PLACE, Combined, Words
from bench.spec.crashes import Crash
from bench.spec.disturbances import Disturbance, check_within, in_proportion
from bench.spec.faults import Fault
from bench.spec.handler import ConsumeHandler, Handler
from bench.spec.keys import Act, Choice
from bench.spec.named import Named
from bench.spec.outages import Outage
from bench.spec.payloads import MAX_PAYLOAD_BYTES, MIN_BYTES, MIN_PAYLOAD_BYTES, Payload
from bench.spec.shapes import Burst, Ramp
from bench.spec.variant import PublishSettings, Settings, StreamSettings

if TYPE_CHECKING:
    from bench.spec.traced import Traced

__all__ = [
    "FEW_SUBJECTS",
    "MAX_MESSAGES",
    "MAX_PAYLOAD_BYTES",
    "MAX_PHASE_NS",
    "MAX_SOAK_MESSAGES",
    "MAX_SUBJECTS",
    "MIN_BYTES",
    "MIN_PAYLOAD_BYTES",
    "Consume",
    "Header",
    "Load",
    "Payload",
    "Phases",
    "Publish",
    "Subjects",
    "Workload",
]

MAX_SUBJECTS = 1_000_000
FEW_SUBJECTS = 10_000
"""So many are spelled out; more are told by their words."""

MAX_MESSAGES = 50_000_000
"""Of one trial: a message takes about 100 bytes of memory in each process that times it."""

MAX_SOAK_MESSAGES = 5_000_000_000
"""Of one trial that is counted as it goes: a day at 57 000 a second."""

MAX_PHASE_NS = 24 * 3600 * NS_PER_S

Header = Literal["message-id", "trace", "correlation-id", "signature"]

_WORD_ALLOWED = "up to 64 letters, digits, _ and -"
_WORD = r"[A-Za-z0-9_-]{1,64}"


class Subjects(Spec):
    """Which subjects messages go to.

    Attributes:
        pattern: subject with `{name}` places; jetbench puts its own prefix before it.
        values: for each place, the words that take turns there, evenly.
        numbers: for a place without words, how many numbers take turns there, from 0 on.
    """

    pattern: str = Field(default="events", min_length=1, max_length=256)
    values: dict[str, Annotated[tuple[str, ...], Loose, Field(min_length=1)]] = Field(
        default_factory=dict
    )
    numbers: dict[str, Annotated[int, Field(ge=1, le=MAX_SUBJECTS)]] = Field(default_factory=dict)

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the places, in the order of the pattern."""
        return tuple(re.findall(PLACE, self.pattern))

    @property
    def combined(self) -> Combined:
        """Every subject of the pattern, one for each combination of its places' words."""
        words: dict[str, Words] = {
            place: range(self.numbers[place]) if place in self.numbers else self.values[place]
            for place in dict.fromkeys(self.places)
        }
        return Combined(self.pattern, words)

    @property
    def names(self) -> Sequence[str]:
        """The same, spelled out where they are few."""
        combined = self.combined
        return tuple(combined) if len(combined) <= FEW_SUBJECTS else combined

    def matching(self, pattern: str) -> int:
        """Return how many of them a filter matches."""
        if self.is_plain:
            return self.combined.matched(pattern).count
        return len(filters.matching(pattern, self.names))

    @property
    def is_plain(self) -> bool:
        """Whether no subject token has two places: then what a filter matches is told by words."""
        return all(len(re.findall(PLACE, token)) < 2 for token in self.pattern.split("."))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        tokens = re.sub(PLACE, "x", self.pattern).split(".")
        if not all(re.fullmatch(_WORD, token) for token in tokens):
            raise MisfitError(
                "pattern",
                what="not a subject to publish to",
                allowed=f"words of {_WORD_ALLOWED}, joined by dots, with {{name}} places",
            )
        for place in self.places:
            if place not in (*self.values, *self.numbers):
                raise MisfitError(
                    "pattern",
                    what=f"no values for the place {{{place}}}",
                    allowed=f"values: {{{place}: [...]}}, or numbers: {{{place}: 100}}",
                )
        for place, words in self.values.items():
            self._check_place("values", place)
            self._check_words(place, words)
        for place in self.numbers:
            self._check_place("numbers", place)
        self._check_count()
        return self

    def _check_count(self) -> None:
        key = "numbers" if self.numbers else "values"
        if len(self.combined) > MAX_SUBJECTS:
            most = f"up to {MAX_SUBJECTS} combinations"
            raise MisfitError(key, what="too many subjects", allowed=most)
        if len(self.combined) > FEW_SUBJECTS and not self.is_plain:
            raise MisfitError(
                "pattern",
                what=f"{len(self.combined)} subjects, and a token with two places",
                allowed=f"a place for each token, or up to {FEW_SUBJECTS} combinations",
            )

    def _check_place(self, key: str, place: str) -> None:
        if place not in self.places:
            raise MisfitError(
                key,
                place,
                what="no such place in the pattern",
                allowed=", ".join(self.places) or "none",
            )
        if place in self.values and place in self.numbers:
            what = "has values, too"
            raise MisfitError("numbers", place, what=what, allowed="one of the two for each place")

    def _check_words(self, place: str, words: tuple[str, ...]) -> None:
        wrong = [word for word in words if not re.fullmatch(_WORD, word)]
        if wrong:
            raise MisfitError(
                "values", place, what=f"'{wrong[0]}' is not a subject token", allowed=_WORD_ALLOWED
            )
        if len(set(words)) < len(words):
            raise MisfitError("values", place, what="a word stands twice", allowed="each once")


class Phases(Spec):
    """How long a trial's phases last.

    Attributes:
        warmup_ns: load runs, figures do not count.
        measure_ns: the window that figures come from.
        drain_ns: longest wait for what is still under way after the window.
    """

    warmup_ns: Duration = Field(default=30 * NS_PER_S, alias="warmup")
    measure_ns: Duration = Field(default=120 * NS_PER_S, alias="measure")
    drain_ns: Duration = Field(default=30 * NS_PER_S, alias="drain")

    def window_ns(self, start_ns: int) -> tuple[int, int]:
        """Return when the window begins and ends in a trial that begins at this instant, ns."""
        begin_ns = start_ns + self.warmup_ns
        return begin_ns, begin_ns + self.measure_ns

    @model_validator(mode="after")
    def _measures_something(self) -> Self:
        if self.measure_ns < NS_PER_S:
            raise MisfitError("measure", what="too short for a figure", allowed="1s or more")
        longest = format_duration(MAX_PHASE_NS)
        for key in ("warmup", "measure", "drain"):
            if getattr(self, f"{key}_ns") > MAX_PHASE_NS:
                raise MisfitError(key, what="too long", allowed=f"up to {longest}")
        return self


class Publish(Spec):
    """How messages are offered.

    Attributes:
        publishers: publisher processes; they share the rate.
        rate_msgs_per_s: offered rate of all publishers together; of bursts, the mean over a period.
        arrivals: `constant` spacing, a `poisson` process, in a `burst` each period, or a `ramp`.
        burst: goes with arrivals `burst`.
        ramp: goes with arrivals `ramp`.
        pacing: `precise` wakes for every due message, at most every 0.25 ms; `frugal` at most
            every 1 ms, for a quarter of the CPU and up to 1 ms more slip.
        window_msgs: most messages without a PubAck per publisher; what is due beyond that waits,
            and its waiting counts as slip. In the mode `one-by-one` of a variant it is 1.
        headers: what each message carries beside its payload: `message-id` (`Nats-Msg-Id`, which
            the stream remembers for its duplicate_window), `trace` (a W3C `traceparent`) and
            `correlation-id`, all of fixed width.
    """

    publishers: int = Field(default=1, ge=1, le=16)
    rate_msgs_per_s: Rate = Field(alias="rate")
    arrivals: Literal["constant", "poisson", "burst", "ramp"] = "constant"
    burst: Burst | None = None
    ramp: Ramp | None = None
    pacing: Literal["precise", "frugal"] = "precise"
    window_msgs: int = Field(default=256, ge=1, le=65536, alias="window")
    headers: Annotated[tuple[Header, ...], Loose] = ()

    signs: ClassVar[bool] = False
    """Whether it can sign what it publishes."""

    @property
    def answer_within_ns(self) -> int | None:
        """How long an answer may take to be one; None where any is waited for."""
        return None

    @property
    def window_rate_msgs_per_s(self) -> float:
        """Mean rate offered within the window; of a ramp, halfway between its ends."""
        return (self._start_rate_msgs_per_s + self.rate_msgs_per_s) / 2

    @property
    def _start_rate_msgs_per_s(self) -> float:
        return self.ramp.from_msgs_per_s if self.ramp else self.rate_msgs_per_s

    def messages_in(self, phases: Phases) -> float:
        """Return how many messages warm-up and window offer, before rounding."""
        warmup = self._start_rate_msgs_per_s * phases.warmup_ns
        return (warmup + self.window_rate_msgs_per_s * phases.measure_ns) / NS_PER_S

    @model_validator(mode="after")
    def _headers_once(self) -> Self:
        if len(set(self.headers)) < len(self.headers):
            raise MisfitError("headers", what="a header stands twice", allowed="each once")
        if "signature" in self.headers and not self.signs:
            raise MisfitError(
                "headers",
                what="nobody here checks a signature",
                allowed="message-id, trace, correlation-id; or a workload of the kind stream",
            )
        return self

    @model_validator(mode="after")
    def _shaped_as_named(self) -> Self:
        for shape in ("burst", "ramp"):
            given = getattr(self, shape) is not None
            if given and self.arrivals != shape:
                raise MisfitError(
                    shape,
                    what=f"means nothing with arrivals {self.arrivals}",
                    allowed=f"no {shape}, or arrivals {shape}",
                )
            if not given and self.arrivals == shape:
                example = "{every: 1s, during: 100ms}" if shape == "burst" else "{from: 100/s}"
                raise MisfitError(
                    "arrivals",
                    what=f"{shape} needs to be described",
                    allowed=f"another word, or with it {shape}: {example}",
                )
        return self


class Consume(Spec):
    """Who takes messages.

    Attributes:
        consumers: consumer processes sharing one JetStream consumer.
        workers: messages one process handles at a time.
        handler: what is done with each.
    """

    consumers: int = Field(default=1, ge=1, le=16)
    workers: int = Field(default=1, ge=1, le=10_000)
    handler: Handler = Handler()


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the operations of one class are made from.

    Attributes:
        publish: how they are offered.
        subjects: where they go.
        payload: what is in them.
        handler: what is done with each.
        phases: of the trial.
        choice: how each comes by its subject; None where they take turns, evenly.
        acts: what some of them do otherwise; the rest publish their payload.
        usual: what those that do not do otherwise say besides; nothing when None.
        bare: they have no payload; a header holds their id.
        delay_ns: so long after it is due each asks to be delivered; None where at once.
        laid: so many are there before the trial begins, and all are due when its warm-up ends;
            None where they are offered over time.
        trace: what they are dealt from; None where they are made up.
        faults: what is wrong with some of them for whoever handles them.
        outages: when whoever handles them cannot.
        crashes: at which of them the process that handles them ends itself.
    """

    publish: Publish
    subjects: Named
    payload: Payload
    handler: ConsumeHandler | Handler
    phases: Phases
    choice: Choice | None = None
    acts: tuple[Act, ...] = ()
    usual: Act | None = None
    bare: bool = False
    delay_ns: int | None = None
    laid: int | None = None
    trace: "Traced | None" = None
    faults: tuple[Fault | BadMessage, ...] = ()
    outages: tuple[Outage, ...] = ()
    crashes: tuple[Crash, ...] = ()


class Workload(Spec, ABC):
    """One workload profile, the content of `workloads/<name>.yaml`: what every kind has.

    Attributes:
        kind: which parts take part.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        phases: how long a trial lasts; a matrix may set its own.
    """

    kind: str
    description: str = ""
    disturbances: Annotated[tuple[Disturbance, ...], Loose] = ()

    if TYPE_CHECKING:  # a field of each kind, so that it stands behind its own in a file
        phases: Phases

    @property
    @abstractmethod
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""

    @property
    def laid(self) -> Mapping[str, int]:
        """Messages that are there before a trial begins, by the part that lays them; else none."""
        return {}

    @property
    @abstractmethod
    def loads(self) -> Mapping[str, Load]:
        """What operations are made from, by the part that drives them."""

    @property
    @abstractmethod
    def busy(self) -> Handler:
        """What is done with each message."""

    @abstractmethod
    def with_handler(self, handler: Handler) -> Self:
        """Return the same load with another handler."""

    @abstractmethod
    def told(self) -> str:
        """Return who offers what to whom, as a clause for the report."""

    @property
    @abstractmethod
    def addressed(self) -> Sequence[str]:
        """Every subject that is published to, without jetbench's prefix."""

    @abstractmethod
    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included."""

    @abstractmethod
    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what a message takes in a store on the mean; 0 where none is stored."""

    def kept_in(self, settings: Settings) -> StreamSettings:
        """Return the settings of the stream that keeps what is stored."""
        return settings.stream

    def kept_by(self, part: str, settings: Settings) -> StreamSettings:
        """Return the settings of the stream that a part's consumer takes from."""
        del part
        return self.kept_in(settings)

    @property
    def keeps_as_published(self) -> bool:
        """Whether its streams keep just the messages that are published, each as it is."""
        return False

    def keeps_beside(self, settings: Settings) -> bool:
        """Say whether its trials keep more than the streams that a consumer takes from."""
        return settings.failure.dead_letters

    def disturbed_by(self, settings: Settings) -> tuple[Disturbance, ...]:
        """Return what is done to the system under these settings, in the order of its instants."""
        own = settings.disturbances
        found = self.disturbances if own is None else own
        return tuple(sorted(found, key=lambda each: each.at_ns))

    def share_of(self, part: str) -> float:
        """Return what share of its flow's operations a part is due: all, where nothing filters."""
        del part
        return 1.0

    @property
    def unsaid(self) -> dict[str, Any]:
        """What came later and means at its default what was meant without it, by key."""
        subjects = getattr(self, "subjects", None)
        later = isinstance(subjects, Subjects) and not subjects.numbers
        calm = {} if self.disturbances else {"disturbances": True}
        return calm | ({"subjects": {"numbers"}} if later else {})

    @property
    def messages(self) -> int:
        """How many messages a trial lays before it, and offers in warm-up and window."""
        offered = (round(offer.messages_in(self.phases)) for offer in self.offers.values())
        return sum(offered) + sum(self.laid.values())

    @property
    def rate_msgs_per_s(self) -> float:
        """Offered rate of all parts together."""
        return sum(offer.rate_msgs_per_s for offer in self.offers.values())

    @property
    def amount(self) -> str:
        """How much is asked of the server, in words: `1000/s`, `300 000 laid`, or both."""
        rate = [format_rate(self.rate_msgs_per_s)] if self.offers else []
        laid = [f"{text.count(messages)} laid" for messages in self.laid.values()]
        return ", ".join([*laid, *rate])

    def in_short(self, phases: Phases) -> Self:
        """Return the load for a look, over shorter phases; raises as `with_phases` does."""
        lengths = self.phases.measure_ns, phases.measure_ns
        short = {"disturbances": in_proportion(self.disturbances, *lengths)}
        return self.model_copy(update=short).with_phases(phases)

    @property
    def window_rate_msgs_per_s(self) -> float:
        """Mean rate offered within the window, likewise."""
        return sum(offer.window_rate_msgs_per_s for offer in self.offers.values())

    def with_phases(self, phases: Phases) -> Self:
        """Return the same load over other phases; MisfitError when they hold none or too much."""
        self._check_load(phases)
        check_within(self.disturbances, phases.measure_ns)
        return self.model_copy(update={"phases": phases})

    @model_validator(mode="after")
    def _offers_a_load(self) -> Self:
        self._check_load(self.phases)
        return self

    @property
    def most_messages(self) -> int:
        """How many messages a part may offer in a trial."""
        return MAX_MESSAGES

    def _check_load(self, phases: Phases) -> None:
        for part, offer in self.offers.items():
            _check_offer(part, offer, phases, self.most_messages)


def _check_offer(part: str, publish: Publish, phases: Phases, most: int) -> None:
    if publish.rate_msgs_per_s * phases.measure_ns < NS_PER_S:
        raise MisfitError(
            part, "rate", what="no message falls into the window", allowed="a higher rate"
        )
    offered_ns = phases.warmup_ns + phases.measure_ns
    messages = publish.messages_in(phases)
    if messages > most:
        raise MisfitError(
            part,
            "rate",
            what=f"offers {messages:.3g} messages in {format_duration(offered_ns)}",
            allowed=f"up to {most} messages a trial",
        )
