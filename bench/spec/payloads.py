"""How large messages of a workload are, and what is in them."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from bench.core import text
from bench.core.units import format_share, format_size
from bench.spec.base import MisfitError, Share, Size, Spec

MIN_PAYLOAD_BYTES = 16
"""The message id alone."""

NONCE_BYTES, TAG_BYTES, SIGNATURE_BYTES = 12, 16, 64
"""Of AES-GCM and of Ed25519."""

MIN_BYTES = {
    "random-bytes": MIN_PAYLOAD_BYTES,
    "json-envelope": 151,
    "event-envelope": 202,
    "sealed": MIN_PAYLOAD_BYTES + NONCE_BYTES + TAG_BYTES + SIGNATURE_BYTES,
}
"""Smallest payload of each format: what stands in it before any filler."""

MAX_PAYLOAD_BYTES = 64 * 1024**2
"""The most that a nats-server takes: its max_payload may not exceed its max_pending."""

MAX_TOLD_SIZES = 8
"""More of them are told by their range."""


def _one_size(value: object) -> object:
    return {value: "100%"} if isinstance(value, str | int | float) else value


def _close_sizes(schema: dict[str, Any]) -> None:
    del schema["minLength"]  # meant for the mapping, put on both forms
    schema["anyOf"][1] |= {"additionalProperties": False, "minProperties": 1}


class Payload(Spec):
    """How large messages are and what is in them.

    Attributes:
        sizes: payload bytes -> share of the messages; shares add up to 100%. One size alone may
            stand as `sizes: 128B`.
        format: `random-bytes` (an id, then noise) or `json-envelope` (type, id, correlation id,
            time and a data field, as services send it), or `event-envelope` (event type, schema
            version, producer, correlation id, time, id and payload, which a handler can check), or
            `sealed` (an id, then noise that is encrypted by AES-256-GCM and signed by Ed25519,
            which a handler can open; with the extra `crypto` alone).
            Messages of one size differ in their id alone, unless some are bad.
    """

    sizes: Annotated[
        dict[Size, Share],
        BeforeValidator(_one_size, json_schema_input_type=Size | dict[Size, Share]),
        Field(min_length=1, json_schema_extra=_close_sizes),
    ]
    format: Literal["random-bytes", "json-envelope", "event-envelope", "sealed"] = "random-bytes"

    @property
    def mean_bytes(self) -> float:
        """Mean payload over the messages."""
        return sum(size * share for size, share in self.sizes.items())

    def told(self) -> str:
        """Return the sizes with their shares, `95% 1KiB and 5% 32KiB`; one alone without."""
        if len(self.sizes) > MAX_TOLD_SIZES:
            least, most = format_size(min(self.sizes)), format_size(max(self.sizes))
            return f"of {len(self.sizes)} sizes from {least} to {most}"
        sizes = [
            (format_size(s), format_share(round(share, 4) or share))
            for s, share in self.sizes.items()
        ]
        alone = len(sizes) == 1
        return text.listed([size if alone else f"{share} {size}" for size, share in sizes])

    @model_validator(mode="after")
    def _fits(self) -> Self:
        least = MIN_BYTES[self.format]
        for size in self.sizes:
            if not least <= size <= MAX_PAYLOAD_BYTES:
                raise MisfitError(
                    "sizes",
                    what=f"{format_size(size)} does not suit the format {self.format}",
                    allowed=f"{least}B to {format_size(MAX_PAYLOAD_BYTES)}",
                )
        total = math.fsum(self.sizes.values())
        if not math.isclose(total, 1, abs_tol=1e-6):
            raise MisfitError(
                "sizes",
                what=f"the shares add up to {format_share(round(total, 6))}",
                allowed="shares that add up to 100%",
            )
        return self
