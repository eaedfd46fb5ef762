"""Operations that ask and wait for their answer so long."""

from typing import Self

from pydantic import Field, model_validator

from bench.core.units import NS_PER_S, format_duration
from bench.spec.base import Duration, MisfitError
from bench.spec.cast import NOT_SENT, Entry, Weight
from bench.spec.workload import Publish

MAX_TIMEOUT_NS = 60 * NS_PER_S

UNANSWERED = (
    Entry(
        name="no_responders",
        means="sent while nobody listened who would answer",
        weight=Weight.SHORTFALL,
        ruled=True,
    ),
    Entry(
        name="timeouts",
        means="sent, and not answered in time",
        weight=Weight.SHORTFALL,
        ruled=True,
        counts="silent",
    ),
    Entry(
        name="refused",
        means="answered by an error",
        weight=Weight.SHORTFALL,
        ruled=True,
    ),
    NOT_SENT,
)
"""Of a part whose operations are asked, and are to be answered within a time."""


class Asking(Publish):
    """How questions are offered.

    Attributes:
        timeout_ns: how long each waits for its answer; a later one comes to nobody.
    """

    timeout_ns: Duration = Field(default=NS_PER_S, alias="timeout")

    @property
    def answer_within_ns(self) -> int | None:
        """How long an answer may take to be one."""
        return self.timeout_ns

    @model_validator(mode="after")
    def _waits(self) -> Self:
        if not 0 < self.timeout_ns <= MAX_TIMEOUT_NS:
            raise MisfitError(
                "timeout",
                what=f"{format_duration(self.timeout_ns)} is no time to wait for an answer",
                allowed=f"above 0, up to {format_duration(MAX_TIMEOUT_NS)}",
            )
        return self
