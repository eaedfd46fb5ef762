"""The system under test: an embedded nats-server or the user's own, and what we make on it."""
