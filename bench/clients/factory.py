"""From a variant's `client` to the links behind the port."""

from collections.abc import Callable, Mapping
from importlib.metadata import version

from bench.clients.buckets import Bucket, ChangeLink, Changes, Counters, SaidSink, reading
from bench.clients.following import After, Followed
from bench.clients.natspy import NatsPyConsumer, NatsPyPublisher
from bench.clients.natspy_answers import NatsPyAnswerer
from bench.clients.natspy_buckets import (
    NatsPyCreator,
    NatsPyReader,
    NatsPyScanner,
    NatsPyWriter,
)
from bench.clients.natspy_caches import STRATEGIES as NATSPY_STRATEGIES
from bench.clients.natspy_changes import NatsPyChanger, NatsPyEffects, NatsPyFollower
from bench.clients.natspy_groups import NatsPyGroupReader, NatsPyGroupWriter
from bench.clients.natspy_pairs import NatsPyPairs
from bench.clients.natspy_requests import NatsPyCommander, NatsPyRequester
from bench.clients.natspy_tasks import NatsPyTasks
from bench.clients.pairs import Steps
from bench.clients.port import (
    ASYNC,
    AckSink,
    Binding,
    ConsumerLink,
    Endpoint,
    Messages,
    PublisherLink,
    TaskLink,
)
from bench.clients.wire.caches import STRATEGIES
from bench.clients.wire.commands import Commands
from bench.clients.wire.consume import WireConsumer
from bench.clients.wire.creates import WireCreator
from bench.clients.wire.follows import WireFollower
from bench.clients.wire.gets import Gets
from bench.clients.wire.groups import WireGroupReader, WireGroupWriter
from bench.clients.wire.pairs import WirePairs
from bench.clients.wire.publish import WirePublisher, publishing, requesting
from bench.clients.wire.scans import WireScanner
from bench.clients.wire.updates import WireUpdater
from bench.spec.variant import PublishSettings

DISTRIBUTIONS = {"wire": "jetbench", "nats-py": "nats-py"}
"""What each client is installed with."""


def client_version(client: str) -> str:
    """Return the version of the distribution that holds this client."""
    return version(DISTRIBUTIONS[client])


def make_publisher(
    client: str,
    endpoint: Endpoint,
    messages: Messages,
    sink: AckSink,
    how: PublishSettings = ASYNC,
) -> PublisherLink:
    """Return an unopened publisher link; ValueError when this client cannot publish so."""
    match client:
        case "wire":
            return WirePublisher(endpoint, messages, sink, publishing(how))
        case "nats-py" if how.mode in ("async", "one-by-one"):
            return NatsPyPublisher(endpoint, messages, sink)
    raise ValueError(f"no client {client} that publishes in the mode {how.mode}")


def make_requester(
    client: str, endpoint: Endpoint, messages: Messages, sink: AckSink, within_ns: int
) -> PublisherLink:
    """Return an unopened link whose messages are requests; ValueError without such a client.

    Args:
        client: of the variant.
        endpoint: how to connect.
        messages: what is asked.
        sink: is told of answers.
        within_ns: how long the caller waits for each answer.
    """
    match client:
        case "wire":
            return WirePublisher(endpoint, messages, sink, requesting(within_ns))
        case "nats-py":
            return NatsPyRequester(endpoint, messages, sink, within_ns)
    raise ValueError(f"no client named {client}")


def make_commander(
    client: str, endpoint: Endpoint, messages: Messages, sink: SaidSink, within_ns: int
) -> PublisherLink:
    """Return an unopened link whose messages are commands; arguments as of `make_requester`."""
    match client:
        case "wire":
            return WirePublisher(
                endpoint,
                messages,
                sink,
                lambda messages, inbox, _, faults: Commands(
                    messages, inbox, sink, faults, within_ns
                ),
            )
        case "nats-py":
            return NatsPyCommander(endpoint, messages, sink, within_ns)
    raise ValueError(f"no client named {client}")


def make_answerer(
    client: str, endpoint: Endpoint, binding: Binding
) -> WireConsumer | NatsPyAnswerer:
    """Return an unopened link whose deliveries are answered one by one; ValueError as above."""
    match client:
        case "wire":
            return WireConsumer(endpoint, binding)
        case "nats-py":
            return NatsPyAnswerer(endpoint, binding)
    raise ValueError(f"no client named {client}")


def make_writer(
    client: str, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
) -> PublisherLink:
    """Return an unopened link whose messages are written to keys; ValueError as above."""
    match client:
        case "wire":
            return WirePublisher(endpoint, messages, sink, publishing(ASYNC))
        case "nats-py":
            return NatsPyWriter(endpoint, messages, sink, bucket)
    raise ValueError(f"no client named {client}")


def make_reader(
    client: str, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
) -> PublisherLink:
    """Return an unopened link whose messages ask for keys of a bucket; ValueError as above."""
    match client:
        case "wire":
            return WirePublisher(
                endpoint,
                reading(messages, bucket, endpoint.js_api),
                sink,
                lambda messages, inbox, _, faults: Gets(messages, inbox, sink, faults, bucket),
            )
        case "nats-py":
            return NatsPyReader(endpoint, messages, sink, bucket)
    raise ValueError(f"no client named {client}")


def make_updater(
    client: str, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
) -> PublisherLink:
    """Return an unopened link whose operations add one to counters; ValueError as above."""
    match client:
        case "wire":
            return WireUpdater(endpoint, Counters(messages), sink, bucket)
        case "nats-py":
            return NatsPyChanger(endpoint, Counters(messages), sink, bucket)
    raise ValueError(f"no client named {client}")


def make_creator(
    client: str, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
) -> PublisherLink:
    """Return an unopened link whose messages each create a key; ValueError as above."""
    match client:
        case "wire":
            return WireCreator(endpoint, messages, sink, bucket)
        case "nats-py":
            return NatsPyCreator(endpoint, messages, sink, bucket)
    raise ValueError(f"no client named {client}")


def make_saver(
    client: str, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
) -> PublisherLink:
    """Return an unopened link whose messages are each written to a group; ValueError as above."""
    match client:
        case "wire":
            return WireGroupWriter(endpoint, messages, sink, bucket)
        case "nats-py":
            return NatsPyGroupWriter(endpoint, messages, sink, bucket)
    raise ValueError(f"no client named {client}")


def make_gatherer(
    client: str, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
) -> PublisherLink:
    """Return an unopened link whose messages each ask for a group; ValueError as above."""
    match client:
        case "wire":
            return WireGroupReader(endpoint, messages, sink, bucket)
        case "nats-py":
            return NatsPyGroupReader(endpoint, messages, sink, bucket)
    raise ValueError(f"no client named {client}")


def make_scanner(
    client: str, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
) -> PublisherLink:
    """Return an unopened link whose messages each list keys; ValueError as above."""
    match client:
        case "wire":
            return WireScanner(endpoint, messages, sink, bucket)
        case "nats-py":
            return NatsPyScanner(endpoint, messages, sink, bucket)
    raise ValueError(f"no client named {client}")


def make_cached_reader(
    client: str, endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
) -> PublisherLink:
    """Return an unopened link whose messages read keys by the bucket's strategy; as above."""
    match client:
        case "wire":
            return STRATEGIES[bucket.strategy](endpoint, messages, sink, bucket)
        case "nats-py":
            return NATSPY_STRATEGIES[bucket.strategy](endpoint, messages, sink, bucket)
    raise ValueError(f"no client named {client}")


MakeKeyed = Callable[[str, Endpoint, Messages, SaidSink, Bucket], PublisherLink]

KEYED: Mapping[str, MakeKeyed] = {
    "put": make_writer,
    "read": make_reader,
    "recall": make_cached_reader,
    "update": make_updater,
    "create": make_creator,
    "save": make_saver,
    "gather": make_gatherer,
    "scan": make_scanner,
}
"""What is done to the keys of a bucket, by the word of a job."""


def make_changer(
    client: str, endpoint: Endpoint, changes: Changes, sink: SaidSink, bucket: Bucket
) -> ChangeLink:
    """Return an unopened link that changes values; ValueError as above."""
    match client:
        case "wire":
            return WireUpdater(endpoint, changes, sink, bucket)
        case "nats-py":
            return NatsPyEffects(endpoint, changes, sink, bucket)
    raise ValueError(f"no client named {client}")


def make_pairs(client: str, endpoint: Endpoint, steps: Steps, sink: SaidSink) -> PublisherLink:
    """Return an unopened link of several writes each; ValueError as above."""
    match client:
        case "wire":
            return WirePairs(endpoint, steps, sink)
        case "nats-py":
            return NatsPyPairs(endpoint, steps, sink)
    raise ValueError(f"no client named {client}")


def make_follower(
    client: str,
    endpoint: Endpoint,
    changes: Followed,
    sink: SaidSink,
    keeping: tuple[Bucket, After],
) -> ChangeLink:
    """Return an unopened link whose changes are worked for and followed by events.

    Args:
        client: of the variant; ValueError as above.
        endpoint: how to connect.
        changes: what is done to values.
        sink: is told of each.
        keeping: the bucket that keeps the values, and who calls when work is done.
    """
    match client:
        case "wire":
            return WireFollower(endpoint, changes, sink, *keeping)
        case "nats-py":
            return NatsPyFollower(endpoint, changes, sink, *keeping)
    raise ValueError(f"no client named {client}")


def make_consumer(client: str, endpoint: Endpoint, binding: Binding) -> ConsumerLink:
    """Return an unopened consumer link of this client; ValueError when there is no such client."""
    match client:
        case "wire":
            return WireConsumer(endpoint, binding)
        case "nats-py":
            return NatsPyConsumer(endpoint, binding)
    raise ValueError(f"no client named {client}")


def make_task_link(client: str, endpoint: Endpoint, binding: Binding, workers: int) -> TaskLink:
    """Return an unopened link that runs handlers; ValueError when this client has no place."""
    if client == "nats-py":
        return NatsPyTasks(endpoint, binding, workers)
    raise ValueError(f"no client {client} that runs handlers")
