"""From a variant's `client` to the links behind the port."""

from collections.abc import Callable, Mapping
from importlib.metadata import version

from bench.clients.buckets import Bucket, ChangeLink, Changes, Counters, SaidSink, reading
from bench.clients.deeds import Deeds, Doer
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
from bench.clients.natspy_deeds import NatsPyDoer
from bench.clients.natspy_groups import NatsPyGroupReader, NatsPyGroupWriter
from bench.clients.natspy_pairs import NatsPyPairs
from bench.clients.natspy_requests import NatsPyCommander, NatsPyRequester
from bench.clients.natspy_tasks import NatsPyTasks
from bench.clients.pairs import Steps
from bench.clients.port import (
    ASYNC,
    AckSink,
    Binding,
    Endpoint,
    Messages,
    PublisherLink,
)
from bench.clients.wire.caches import STRATEGIES
from bench.clients.wire.commands import Commands
from bench.clients.wire.consume import WireConsumer
from bench.clients.wire.contents import WireContents
from bench.clients.wire.creates import WireCreator
from bench.clients.wire.deeds import WireDoer
from bench.clients.wire.flow_acked import WireFlowAcked
from bench.clients.wire.follows import WireFollower
from bench.clients.wire.gets import Gets
from bench.clients.wire.groups import WireGroupReader, WireGroupWriter
from bench.clients.wire.ordered import WireOrdered
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


def _wire(client: str) -> bool:
    """Say whether this is our own client, not nats-py; ValueError when there is no such client."""
    if client not in DISTRIBUTIONS:
        raise ValueError(f"no client named {client}")
    return client == "wire"


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
    if _wire(client):
        return WirePublisher(endpoint, messages, sink, requesting(within_ns))
    return NatsPyRequester(endpoint, messages, sink, within_ns)


def make_commander(
    client: str, endpoint: Endpoint, messages: Messages, sink: SaidSink, within_ns: int
) -> PublisherLink:
    """Return an unopened link whose messages are commands; arguments as of `make_requester`."""
    if _wire(client):
        return WirePublisher(
            endpoint,
            messages,
            sink,
            lambda messages, inbox, _, faults: Commands(messages, inbox, sink, faults, within_ns),
        )
    return NatsPyCommander(endpoint, messages, sink, within_ns)


def make_answerer(
    client: str, endpoint: Endpoint, binding: Binding
) -> WireConsumer | NatsPyAnswerer:
    """Return an unopened link whose deliveries are answered one by one; ValueError as above."""
    if _wire(client):
        return WireConsumer(endpoint, binding)
    return NatsPyAnswerer(endpoint, binding)


def _wire_writer(
    endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
) -> PublisherLink:
    del bucket
    return WirePublisher(endpoint, messages, sink, publishing(ASYNC))


def _wire_reader(
    endpoint: Endpoint, messages: Messages, sink: SaidSink, bucket: Bucket
) -> PublisherLink:
    return WirePublisher(
        endpoint,
        reading(messages, bucket, endpoint.js_api),
        sink,
        lambda messages, inbox, _, faults: Gets(messages, inbox, sink, faults, bucket),
    )


MakeKeyed = Callable[[Endpoint, Messages, SaidSink, Bucket], PublisherLink]

_KEYED: Mapping[str, tuple[MakeKeyed, MakeKeyed]] = {
    "put": (_wire_writer, NatsPyWriter),
    "read": (_wire_reader, NatsPyReader),
    "recall": (
        lambda endpoint, messages, sink, bucket: STRATEGIES[bucket.strategy](
            endpoint, messages, sink, bucket
        ),
        lambda endpoint, messages, sink, bucket: NATSPY_STRATEGIES[bucket.strategy](
            endpoint, messages, sink, bucket
        ),
    ),
    "update": (
        lambda endpoint, messages, sink, bucket: WireUpdater(
            endpoint, Counters(messages), sink, bucket
        ),
        lambda endpoint, messages, sink, bucket: NatsPyChanger(
            endpoint, Counters(messages), sink, bucket
        ),
    ),
    "create": (WireCreator, NatsPyCreator),
    "save": (WireGroupWriter, NatsPyGroupWriter),
    "gather": (WireGroupReader, NatsPyGroupReader),
    "scan": (WireScanner, NatsPyScanner),
}
"""What is done to the keys of a bucket, by the word of a job: over the wire, and by nats-py."""


def keyed(does: str, client: str) -> MakeKeyed:
    """Return what makes an unopened link whose messages do this to keys; ValueError as above.

    Args:
        does: `put`, `read`, `recall` (by the bucket's strategy), `update` (adds one to a counter),
            `create`, `save` and `gather` (a group), or `scan`; KeyError for anything else.
        client: of the variant.
    """
    wire, nats_py = _KEYED[does]
    return wire if _wire(client) else nats_py


def make_changer(
    client: str, endpoint: Endpoint, changes: Changes, sink: SaidSink, bucket: Bucket
) -> ChangeLink:
    """Return an unopened link that changes values; ValueError as above."""
    if _wire(client):
        return WireUpdater(endpoint, changes, sink, bucket)
    return NatsPyEffects(endpoint, changes, sink, bucket)


def make_pairs(client: str, endpoint: Endpoint, steps: Steps, sink: SaidSink) -> PublisherLink:
    """Return an unopened link of several writes each; ValueError as above."""
    if _wire(client):
        return WirePairs(endpoint, steps, sink)
    return NatsPyPairs(endpoint, steps, sink)


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
    if _wire(client):
        return WireFollower(endpoint, changes, sink, *keeping)
    return NatsPyFollower(endpoint, changes, sink, *keeping)


def make_doer(
    client: str, endpoint: Endpoint, deeds: Deeds, sink: SaidSink, keeping: tuple[Bucket, After]
) -> Doer:
    """Return an unopened link that carries out what handlers do to keys.

    Args:
        client: of the variant; ValueError as above.
        endpoint: how to connect.
        deeds: what is to be done.
        sink: is told of each that was begun.
        keeping: the bucket, and who calls when a while is over.
    """
    if _wire(client):
        return WireDoer(endpoint, deeds, sink, keeping)
    return NatsPyDoer(endpoint, deeds, sink, keeping[0])


def make_consumer(
    client: str, endpoint: Endpoint, binding: Binding
) -> WireConsumer | NatsPyConsumer:
    """Return an unopened consumer link of this client; ValueError when there is no such client."""
    if _wire(client):
        if binding.anew:
            return WireOrdered(endpoint, binding)
        if binding.flow_acks:
            return WireFlowAcked(endpoint, binding)
        return (WireContents if binding.contents else WireConsumer)(endpoint, binding)
    return NatsPyConsumer(endpoint, binding)


def make_task_link(client: str, endpoint: Endpoint, binding: Binding, workers: int) -> NatsPyTasks:
    """Return an unopened link that runs handlers; ValueError when this client has no place."""
    if client == "nats-py":
        return NatsPyTasks(endpoint, binding, workers)
    raise ValueError(f"no client {client} that runs handlers")
