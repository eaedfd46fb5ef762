"""What a handler of commands answers: the first byte tells what became of it; pure."""

DONE = b"+"
"""It was done, now or before; the version that it brought about follows."""

OUTDATED = b"-"
"""It expects another version than its entity has; nothing was done."""

FAILED = b"!"
"""Nobody knows: the server refused something of it."""

SAID_OUTDATED = -1
"""In place of a version: what a caller was told of a command that was not done."""


def said_of(payload: bytes) -> int:
    """Return the version that an answer tells of, or SAID_OUTDATED; 0 where it is none of these."""
    if payload == OUTDATED:
        return SAID_OUTDATED
    version = payload[len(DONE) :]
    return int(version) if payload.startswith(DONE) and version.isdigit() else 0
