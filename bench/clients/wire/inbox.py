"""Subjects that answers come to."""

import secrets


def new_inbox() -> bytes:
    """Return a subject prefix, without a last dot, that nobody else listens to."""
    return b"_INBOX." + secrets.token_hex(8).encode()
