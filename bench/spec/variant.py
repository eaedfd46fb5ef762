"""A config file: the settings under test, and the variants that differ from its base.

JetStream's own words are spelt as on the wire (docs.nats.io, "Streams", "Consumers").
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from bench.core.units import NS_PER_S
from bench.spec.base import Count, Duration, DurationOrAlways, Loose, Size, Spec

AckTiming = Literal["after-handler", "after-validation", "per-batch", "cumulative", "none"]


class StreamSettings(Spec):
    """Stream configuration; what is left out is the server's default."""

    storage: Literal["file", "memory"] = "file"
    num_replicas: int = Field(default=1, ge=1, le=5)
    retention: Literal["limits", "interest", "workqueue"] = "limits"
    discard: Literal["old", "new"] = "old"
    max_msgs: Count | None = None
    max_bytes: Size | None = None
    max_age_ns: Duration | None = Field(default=None, alias="max_age")
    max_msgs_per_subject: Count | None = None
    duplicate_window_ns: Duration | None = Field(default=None, alias="duplicate_window")
    compression: Literal["none", "s2"] = "none"
    persist_mode: Literal["default", "async"] = "default"
    allow_direct: bool = False


class ConsumerSettings(Spec):
    """Consumer configuration; `mode` says whether the server pushes or the client pulls."""

    mode: Literal["pull", "push"] = "pull"
    ack_policy: Literal["explicit", "all", "none"] = "explicit"
    ack_wait_ns: Duration | None = Field(default=None, alias="ack_wait")
    max_ack_pending: Count | None = None
    max_deliver: Count | None = None
    backoff_ns: Annotated[tuple[Duration, ...], Loose] | None = Field(default=None, alias="backoff")
    max_waiting: Count | None = None
    flow_control: bool = False
    idle_heartbeat_ns: Duration | None = Field(default=None, alias="idle_heartbeat")
    rate_limit_bps: Count | None = None
    num_replicas: int | None = Field(default=None, ge=1, le=5)
    mem_storage: bool = False


class PullSettings(Spec):
    """How a pull consumer asks.

    Attributes:
        batch: most messages one request brings.
        expires_ns: how long a request waits on the server.
    """

    batch: int = Field(default=100, ge=1, le=10_000)
    expires_ns: Duration = Field(default=5 * NS_PER_S, alias="expires")


class AckSettings(Spec):
    """When a message is acknowledged.

    Attributes:
        timing: `after-handler` each when its handler ends; `after-validation` each once its id is
            read, before the handler; `per-batch` each, when its whole batch is handled;
            `cumulative` one ack for all up to it, when the batch is handled (`ack_policy: all`);
            `none` never (`ack_policy: none`).
        batch: messages in an ack batch for `per-batch` and `cumulative`; `pull.batch` when left
            out. A consumer with nothing left in hand acks an unfinished batch.
    """

    timing: AckTiming = "after-handler"
    batch: Count | None = None


class ServerSettings(Spec):
    """Settings of the embedded server's configuration file.

    Attributes:
        sync_interval: how often the store is fsynced; `always` for every write.
        max_payload: largest message the server takes.
    """

    sync_interval: DurationOrAlways | None = None
    max_payload: Size | None = None


class Settings(Spec):
    """Everything a variant may set, resolved."""

    stream: StreamSettings = StreamSettings()
    consumer: ConsumerSettings = ConsumerSettings()
    pull: PullSettings = PullSettings()
    ack: AckSettings = AckSettings()
    server: ServerSettings = ServerSettings()
    client: Literal["nats-py"] = "nats-py"


class ConfigFile(Spec):
    """The content of `configs/<name>.yaml`, before its variants are resolved.

    Attributes:
        question: what comparing the variants answers.
        base: settings that all variants share.
        variants: name -> differences, as dotted keys (`pull.batch: 1`) or nested.
        axes: dotted key -> values; every combination is a variant. Either this or `variants`.
    """

    question: str = ""
    base: dict[str, Any] = Field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = Field(default_factory=dict)
    axes: dict[str, list[Any]] = Field(default_factory=dict)
