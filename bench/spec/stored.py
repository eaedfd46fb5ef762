"""What a message takes in a server's store."""

from collections.abc import Iterable

from bench.spec.headers import header_bytes
from bench.spec.named import Named
from bench.spec.variant import PublishSettings
from bench.spec.workload import Header, Payload, Subjects

SUBJECT_PREFIX_BYTES = 24
"""What jetbench puts before every subject: `jetbench.0123abcd-001.s.`."""

STORED_OVERHEAD_BYTES = 30
"""Of a message in a file store: 22 bytes of head, 8 of checksum (nats-server, filestore.go)."""

STORED_HEADERS_OVERHEAD_BYTES = 4
"""Of a message with headers: their size."""


def stored_bytes(
    subjects: Named, payload: Payload, headers: Iterable[Header], how: PublishSettings
) -> float:
    """Return what a message takes on the mean, bytes, before compression."""
    subject_bytes = (
        subjects.combined.mean_chars
        if isinstance(subjects, Subjects)
        else sum(map(len, subjects.names)) / len(subjects.names)
    )
    headers_bytes = header_bytes(headers, how)
    if headers_bytes:
        headers_bytes += STORED_HEADERS_OVERHEAD_BYTES
    overhead_bytes = SUBJECT_PREFIX_BYTES + subject_bytes + headers_bytes + STORED_OVERHEAD_BYTES
    return payload.mean_bytes + overhead_bytes
