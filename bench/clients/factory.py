"""From a variant's `client` to the links behind the port."""

from importlib.metadata import version

from bench.clients.natspy import NatsPyConsumer, NatsPyPublisher
from bench.clients.natspy_tasks import NatsPyTasks
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
from bench.clients.wire.consume import WireConsumer
from bench.clients.wire.publish import WirePublisher
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
            return WirePublisher(endpoint, messages, sink, how)
        case "nats-py" if how.mode in ("async", "one-by-one"):
            return NatsPyPublisher(endpoint, messages, sink)
    raise ValueError(f"no client {client} that publishes in the mode {how.mode}")


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
