"""From a variant's `client` to the links behind the port."""

from bench.clients.natspy import NatsPyConsumer, NatsPyPublisher
from bench.clients.port import (
    AckSink,
    Binding,
    ConsumerLink,
    Endpoint,
    Messages,
    PublisherLink,
)


def make_publisher(
    client: str, endpoint: Endpoint, messages: Messages, sink: AckSink
) -> PublisherLink:
    """Return an unopened publisher link of this client; ValueError when there is no such client."""
    if client == "nats-py":
        return NatsPyPublisher(endpoint, messages, sink)
    raise ValueError(f"no client named {client}")


def make_consumer(client: str, endpoint: Endpoint, binding: Binding) -> ConsumerLink:
    """Return an unopened consumer link of this client; ValueError when there is no such client."""
    if client == "nats-py":
        return NatsPyConsumer(endpoint, binding)
    raise ValueError(f"no client named {client}")
