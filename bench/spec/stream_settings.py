"""The settings of a stream under test.

Spelt as on the wire (docs.nats.io, "Streams").
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bench.spec.aged import Aged
from bench.spec.base import Count, Duration, Size, Spec
from bench.spec.filters import check_destination, check_filter


class ConsumerLimits(Spec):
    """What a stream allows its consumers; what a consumer leaves out, it gets from here.

    Attributes:
        max_ack_pending: most messages delivered and not yet acked.
        inactive_threshold_ns: longest time that a consumer may stay when nobody takes from it.
    """

    max_ack_pending: Count | None = None
    inactive_threshold_ns: Duration | None = Field(default=None, alias="inactive_threshold")


class Republish(Spec):
    """What a stream publishes once more when it has stored it, under subjects of their own.

    Attributes:
        source: which, below the trial's own subjects, as a filter; of what a transform moves, by
            the subject that it has then.
        headers_only: without the payload.
    """

    source: Annotated[str, AfterValidator(check_filter)] = ">"
    headers_only: bool = False


class SubjectTransform(Spec):
    """Under which subject a stream keeps what is published under another one.

    Attributes:
        source: what is moved, below the trial's own subjects, as a filter.
        destination: where to, below them as well: words, and what the server makes of the tokens
            that `*` stood for: `$1`, `{{wildcard(1)}}`, `{{partition(4,1)}}`, …
    """

    source: Annotated[str, AfterValidator(check_filter)]
    destination: Annotated[str, AfterValidator(check_destination)]


class StreamSettings(Spec):
    """Stream configuration; what is left out is the server's default.

    Attributes:
        storage: where messages are kept.
        num_replicas: servers that keep a copy; more than 1 needs a cluster.
        retention: until a limit is reached, until every consumer has acked, or until one has.
        discard: what gives way at a limit, the oldest message or the new one.
        max_msgs: most messages kept.
        max_bytes: most bytes kept.
        max_age_ns: how long a message is kept.
        max_msgs_per_subject: most messages kept of each subject.
        max_msg_size: largest message that it takes, headers included.
        discard_new_per_subject: `discard: new` holds for `max_msgs_per_subject` as well.
        consumer_limits: what its consumers may have.
        duplicate_window_ns: how long message ids are remembered.
        compression: of the file store.
        persist_mode: `async` confirms a message before it is written.
        allow_direct: any replica may answer a direct get.
        allow_atomic: the stream takes atomic batches (`publish.mode: atomic`).
        allow_batched: the stream takes fast batches (`publish.mode: fast`).
        allow_msg_ttl: messages may have a time to live of their own (`publish.ttl`).
        subject_delete_marker_ttl_ns: how long a marker stands in the place of the last message of a
            subject that left by its age or its time to live; none is set when left out.
        allow_rollup_hdrs: a message may take the place of all before it of its subject
            (`publish.rollup`).
        republish: what it publishes once more, for plain subscribers.
        subject_transform: what it keeps under other subjects.
        history: what the stream has seen before a trial begins; nothing when left out.
    """

    storage: Literal["file", "memory"] = "file"
    num_replicas: int = Field(default=1, ge=1, le=5)
    retention: Literal["limits", "interest", "workqueue"] = "limits"
    discard: Literal["old", "new"] = "old"
    max_msgs: Count | None = None
    max_bytes: Size | None = None
    max_age_ns: Duration | None = Field(default=None, alias="max_age")
    max_msgs_per_subject: Count | None = None
    max_msg_size: Size | None = None
    discard_new_per_subject: bool = False
    consumer_limits: ConsumerLimits = ConsumerLimits()
    duplicate_window_ns: Duration | None = Field(default=None, alias="duplicate_window")
    compression: Literal["none", "s2"] = "none"
    persist_mode: Literal["default", "async"] = "default"
    allow_direct: bool = False
    allow_atomic: bool = False
    allow_batched: bool = False
    allow_msg_ttl: bool = False
    subject_delete_marker_ttl_ns: Duration | None = Field(
        default=None, alias="subject_delete_marker_ttl"
    )
    allow_rollup_hdrs: bool = False
    republish: Republish | None = None
    subject_transform: SubjectTransform | None = None
    history: Aged | None = None
