"""The settings of an embedded server under test.

Spelt as in its configuration file (docs.nats.io, "JetStream configuration").
"""

from typing import Literal

from pydantic import Field

from bench.spec.base import Count, Duration, DurationOrAlways, Size, Spec


class BatchLimits(Spec):
    """How many batches the server has open, and how large they are at most.

    Attributes:
        max_msgs: messages of an atomic batch; 1000 when left out.
        max_inflight_per_stream: batches that are open in a stream at a time.
        max_inflight_total: batches that are open in all streams.
        timeout_ns: how long an atomic batch may stand still before it is given up.
    """

    max_msgs: Count | None = None
    max_inflight_per_stream: Count | None = None
    max_inflight_total: Count | None = None
    timeout_ns: Duration | None = Field(default=None, alias="timeout")


class ServerLimits(Spec):
    """What the server allows its clients.

    Attributes:
        batch: of messages that are published together.
    """

    batch: BatchLimits = BatchLimits()


class ServerSettings(Spec):
    """Settings of the embedded server's configuration file.

    Attributes:
        sync_interval: how often the store is fsynced; `always` for every write.
        max_payload: largest message the server takes.
        max_file: most bytes that all streams on files keep together.
        max_mem: most bytes that all streams in memory keep together.
        max_buffered_msgs: most messages that wait to be stored, of each stream.
        max_buffered_size: most bytes of them.
        max_concurrent_io: how many file operations run at a time.
        limits: what its clients may do.
        encryption: with which cipher what it stores is encrypted, by a key that is made for a run
            and kept nowhere; not at all when left out.
        write_deadline_ns: how long a write to a client may take before it is cut off.
        gomaxprocs: processors that the server uses at a time (its environment's GOMAXPROCS).
        gomemlimit: memory above which it collects garbage sooner (its GOMEMLIMIT).
    """

    sync_interval: DurationOrAlways | None = None
    max_payload: Size | None = None
    max_file: Size | None = None
    max_mem: Size | None = None
    max_buffered_msgs: Count | None = None
    max_buffered_size: Size | None = None
    max_concurrent_io: int | None = Field(default=None, ge=4, le=8192)
    limits: ServerLimits = ServerLimits()
    encryption: Literal["aes", "chacha"] | None = None
    write_deadline_ns: Duration | None = Field(default=None, alias="write_deadline")
    gomaxprocs: int | None = Field(default=None, ge=1, le=1024)
    gomemlimit: Size | None = None
