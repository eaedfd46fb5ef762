"""Subjects that answers come to."""

import secrets


def new_inbox(prefix: str) -> bytes:
    """Return a subject below the prefix, without a last dot, that nobody else listens to."""
    return f"{prefix}.{secrets.token_hex(8)}".encode()
