"""From a variant's `client` to the links behind the port."""

from importlib.metadata import version

from bench.clients.natspy import NatsPyConsumer, NatsPyPublisher
from bench.clients.port import (
    AckSink,
    Binding,
    ConsumerLink,
    Endpoint,
    Messages,
    PublisherLink,
)
from bench.clients.wire.consume import WireConsumer
from bench.clients.wire.publish import WirePublisher

DISTRIBUTIONS = {"wire": "jetbench", "nats-py": "nats-py"}
"""What each client is installed with."""


def client_version(client: str) -> str:
    """Return the version of the distribution that holds this client."""
    return version(DISTRIBUTIONS[client])


def make_publisher(
    client: str, endpoint: Endpoint, messages: Messages, sink: AckSink
) -> PublisherLink:
    """Return an unopened publisher link of this client; ValueError when there is no such client."""
    match client:
        case "wire":
            return WirePublisher(endpoint, messages, sink)
        case "nats-py":
            return NatsPyPublisher(endpoint, messages, sink)
    raise ValueError(f"no client named {client}")


def make_consumer(client: str, endpoint: Endpoint, binding: Binding) -> ConsumerLink:
    """Return an unopened consumer link of this client; ValueError when there is no such client."""
    match client:
        case "wire":
            return WireConsumer(endpoint, binding)
        case "nats-py":
            return NatsPyConsumer(endpoint, binding)
    raise ValueError(f"no client named {client}")
