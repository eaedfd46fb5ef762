"""Workflows of several steps, each kept by a state in a bucket and carried on by an event."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from bench.core import text
from bench.core.units import format_duration, format_rate, format_share
from bench.spec import stepped_parts
from bench.spec.base import MisfitError, Share, Spec
from bench.spec.cast import FIGURES_BEGIN, PART_NAME, Cast
from bench.spec.filling import PUBLISH
from bench.spec.handler import Handler
from bench.spec.headers import header_bytes
from bench.spec.jetstream import ack_wait_ns
from bench.spec.kept import DEFAULT_DUPLICATE_WINDOW_NS, unkept
from bench.spec.keys import Act
from bench.spec.objection import Objection
from bench.spec.stepped_parts import RESET, WORKFLOW
from bench.spec.stored import STORED_OVERHEAD_BYTES, SUBJECT_PREFIX_BYTES, stored_bytes
from bench.spec.variant import PublishSettings, Settings
from bench.spec.workload import Load, Payload, Phases, Publish, Subjects, Workload

USES = frozenset({"stream", "publish", "consumer", "pull", "ack", "bucket", "server", "client"})

MOST_STEPS = 16
MOST_REPEATS = 0.9

_STATE_BYTES = 48 + 2 * MOST_STEPS + SUBJECT_PREFIX_BYTES + STORED_OVERHEAD_BYTES
_EVENT_HEADER_BYTES = 64
"""`Nats-Msg-Id` of what a worker publishes."""

ENDS = "over.workflow"
"""Where the end of each workflow is published."""


class Begin(Publish):
    """How workflows are begun.

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
        headers: what each message carries beside its payload.
        repeats: share of the messages that begin a workflow once more which the message before
            them began, as after a PubAck that was lost. What follows its steps comes twice, too.
    """

    repeats: Share | None = None

    @property
    def acts(self) -> tuple[Act, ...]:
        """What some messages do in place of beginning a workflow of their own."""
        return (Act(name="repeat", share=self.repeats, again=True),) if self.repeats else ()


class Step(Spec):
    """Who does one step of all workflows.

    Attributes:
        processes: that share its messages.
        workers: messages that one process works on at a time.
        handler: what is done with each, between reading the state and writing it.
    """

    processes: int = Field(default=1, ge=1, le=16)
    workers: int = Field(default=8, ge=1, le=10_000)
    handler: Handler = Handler()


LATEST_RESET = 0.9
"""Of the window: what comes again is to be seen."""


class Reset(Spec):
    """A step that goes through its messages again, in the middle of the trial.

    Attributes:
        step: whose consumer is set back to an earlier sequence.
        at: when, as a share of the window.
        back: how far, as a share of the stream up to what was delivered to the step last; 100% is
            to its beginning.
    """

    step: str
    at: Share = 0.5
    back: Share = 1.0

    def told(self) -> str:
        """Return what is done, as a clause for the report."""
        return (
            f"; {self.step} is reset by {format_share(self.back)} of the stream after "
            f"{format_share(self.at)} of the window"
        )


class Workflow(Workload):
    """Workflows that pass several steps, each done by workers of its own.

    Attributes:
        kind: which parts take part; `workflow` is steps that follow each other by events.
        description: what the load stands for, in a sentence for the report.
        disturbances: what is done to the system while it is measured, and when.
        payload: how large events are and what is in them.
        publish: how workflows are begun.
        steps: name -> who does it, in the order of the work.
        tries: how often a step reads and writes a state before it is given up.
        reset: a step that is replayed within the window; none when left out.
        phases: how long a trial lasts; a matrix may set its own.
    """

    kind: Literal["workflow"]
    payload: Payload
    publish: Begin
    steps: dict[str, Step] = Field(min_length=1)
    tries: int = Field(default=100, ge=1, le=10_000)
    reset: Reset | None = None
    phases: Phases = Phases()

    @property
    def unsaid(self) -> dict[str, Any]:
        """What came later, and is not said."""
        return {**super().unsaid, **({} if self.reset else {"reset": True})}

    @property
    def offers(self) -> Mapping[str, Publish]:
        """How operations are offered, by the part that drives them."""
        return {PUBLISH: self.publish}

    @property
    def subjects(self) -> tuple[str, ...]:
        """Where the messages of each step are published, and last where ends are."""
        return (*(f"step.{name}" for name in self.steps), ENDS)

    @property
    def loads(self) -> Mapping[str, Load]:
        """What the messages that begin workflows are made from."""
        load = Load(
            publish=self.publish,
            subjects=Subjects(pattern=self.subjects[0]),
            payload=self.payload,
            handler=self.busy,
            phases=self.phases,
            acts=self.publish.acts,
        )
        return {PUBLISH: load}

    @property
    def busy(self) -> Handler:
        """What the first step does with each message."""
        return next(iter(self.steps.values())).handler

    def keeps_beside(self, settings: Settings) -> bool:
        """Say whether its trials keep more than the stream: a bucket has states."""
        del settings
        return True

    def with_handler(self, handler: Handler) -> Self:
        """Return the same load with another handler of the first step."""
        first, *_ = self.steps
        changed = self.steps[first].model_copy(update={"handler": handler})
        return self.model_copy(update={"steps": {**self.steps, first: changed}})

    @property
    def addressed(self) -> tuple[str, ...]:
        """Every subject that is published to, without jetbench's prefix."""
        return self.subjects

    def largest_bytes(self, how: PublishSettings) -> int:
        """Return the largest message, headers included."""
        headers = max(header_bytes(self.publish.headers, how), _EVENT_HEADER_BYTES)
        return max(self.payload.sizes) + headers

    def stored_bytes(self, how: PublishSettings) -> float:
        """Return what a message takes in a store on the mean, with all that follows it."""
        subjects = Subjects(pattern=self.subjects[0])
        each = stored_bytes(subjects, self.payload, self.publish.headers, how)
        follows = each + _EVENT_HEADER_BYTES + _STATE_BYTES
        return each + len(self.steps) * follows

    def share_of(self, part: str) -> float:
        """Return what share of the messages begin a workflow of their own."""
        of_workflows = part == WORKFLOW or part in self.steps
        if part == RESET and self.reset is not None:
            return self._share_replayed(self.reset)
        return 1.0 - (self.publish.repeats or 0.0) if of_workflows else 1.0

    def _share_replayed(self, reset: Reset) -> float:
        """Return about what share of the window's messages come again."""
        phases = self.phases
        until_ns = phases.warmup_ns + reset.at * phases.measure_ns
        return min(1.0, reset.back * until_ns / phases.measure_ns)

    def told(self) -> str:
        """Return who offers what to whom, as a clause for the report."""
        publish = self.publish
        repeats = f", {format_share(publish.repeats)} of them repeats" if publish.repeats else ""
        return (
            f"{format_rate(publish.rate_msgs_per_s)} begun by "
            f"{text.plural(publish.publishers, 'publisher')} ({publish.arrivals} arrivals){repeats}"
            f", payload {self.payload.told()}; each passes "
            f"{text.plural(len(self.steps), 'step')}: "
            + "; ".join(_told(name, step) for name, step in self.steps.items())
            + (self.reset.told() if self.reset else "")
        )

    @model_validator(mode="after")
    def _steps_fit(self) -> Self:
        if len(self.steps) > MOST_STEPS:
            raise MisfitError("steps", what="too many", allowed=f"up to {MOST_STEPS} steps")
        taken = (PUBLISH, WORKFLOW, RESET, *FIGURES_BEGIN)
        for name in self.steps:
            if not PART_NAME.fullmatch(name) or name.removesuffix("_ns") in taken:
                raise MisfitError(
                    "steps",
                    name,
                    what="cannot stand before the names of figures",
                    allowed="up to 40 of a to z, 0 to 9 and _, a letter first; not "
                    f"{', '.join(taken)}",
                )
        return self

    @model_validator(mode="after")
    def _reset_fits(self) -> Self:
        if self.reset is None:
            return self
        if self.reset.step not in self.steps:
            raise MisfitError(
                "reset", "step", what="no such step", allowed=text.listed(list(self.steps))
            )
        if self.reset.at > LATEST_RESET:
            raise MisfitError(
                "reset",
                "at",
                what="too late to see what comes of it",
                allowed=f"up to {format_share(LATEST_RESET)} of the window",
            )
        return self

    @model_validator(mode="after")
    def _repeats_fit(self) -> Self:
        if (self.publish.repeats or 0.0) > MOST_REPEATS:
            raise MisfitError(
                "publish",
                "repeats",
                what="hardly a workflow is left to be begun",
                allowed=f"up to {format_share(MOST_REPEATS)}",
            )
        if self.publish.repeats and "message-id" in self.publish.headers:
            raise MisfitError(
                "publish",
                "headers",
                what="a stream stores no message-id twice: it would refuse what is repeated",
                allowed="no message-id, or no repeats",
            )
        return self


def _told(name: str, step: Step) -> str:
    workers = text.plural(step.workers, "worker")
    if step.processes > 1:
        workers = f"{step.processes} processes of {workers}"
    return f"{name}, {workers}, {step.handler.told()}"


def cast_of(settings: Settings, workload: Workflow | None) -> Cast:
    """Return its parts; usually one step."""
    pulls = settings.consumer.mode == "pull"
    if workload is None:
        return stepped_parts.cast(("step",), reset="step", pulls=pulls)
    reset = workload.reset.step if workload.reset else ""
    return stepped_parts.cast(tuple(workload.steps), reset=reset, pulls=pulls)


def objections(settings: Settings, workload: Workflow) -> tuple[Objection, ...]:
    """Return what is wrong with settings under it, besides what is of any stream or bucket."""
    del workload
    return (*_of_worker(settings), *unkept(settings, "a workflow may lose its state or its event"))


def _of_worker(settings: Settings) -> Iterator[Objection]:
    if settings.ack.timing in ("after-validation", "none"):
        what = "a step that is acknowledged before it is done is lost with its worker"
        allowed = "after-handler, per-batch, cumulative"
        yield Objection(key="ack.timing", what=what, allowed=allowed)


def cautions(settings: Settings, workload: Workflow) -> tuple[Objection, ...]:
    """Return what may surprise: ids that a stream forgets before a step is delivered again."""
    window_ns = settings.stream.duplicate_window_ns
    window_ns = DEFAULT_DUPLICATE_WINDOW_NS if window_ns is None else window_ns
    return tuple(
        Objection(
            key="stream.duplicate_window",
            what=f"the stream forgets a Nats-Msg-Id after {format_duration(window_ns)}, and "
            f"{words}: an end may be told twice",
        )
        for again_ns, words in _again(settings, workload)
        if again_ns >= window_ns
    )


def _again(settings: Settings, workload: Workflow) -> Iterator[tuple[int, str]]:
    """Yield after how long a message may come again at most, and why, in words."""
    waited_ns = ack_wait_ns(settings)
    yield waited_ns, f"a step is delivered again after {format_duration(waited_ns)}"
    if (reset := workload.reset) is not None:
        phases = workload.phases
        back_ns = round(reset.back * (phases.warmup_ns + reset.at * phases.measure_ns))
        yield back_ns, f"{reset.step} is reset by up to {format_duration(back_ns)}"


def notes(name: str, workload: Workflow) -> Iterator[str]:
    """Yield what an author may not mean: without repeats hardly a gate is ever tried."""
    if not workload.publish.repeats:
        yield f"{name}: publish.repeats is left out: no step comes again, but where one is late"
