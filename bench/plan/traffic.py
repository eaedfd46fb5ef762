"""What is sent when: every message of a trial, decided before the first one leaves.

Pure: the same workload and seed give the same traffic on every machine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.spec.workload import MIN_PAYLOAD_BYTES

ID_DIGITS = MIN_PAYLOAD_BYTES
"""A message carries its id as this many ASCII digits; the id is its index in the traffic."""

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadTemplate:
    """A payload of one size with a fixed place for the id.

    Attributes:
        content: whole payload; the ID_DIGITS bytes at `id_offset` are replaced by the id.
        id_offset: where the id stands, as ID_DIGITS ASCII digits.
    """

    content: bytes
    id_offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """All messages of a trial in the order they are due; message id = index.

    Attributes:
        intended_ns: when each is due, ns from the trial's start, never descending, shape (n,).
        subjects: every subject in use, without jetbench's prefix.
        subject_index: index into `subjects` of each, shape (n,).
        payloads: one template for each size in use.
        payload_index: index into `payloads` of each, shape (n,).
        handler_ns: how long its handler takes, shape (n,).
    """

    intended_ns: IntArray
    subjects: tuple[str, ...]
    subject_index: IntArray
    payloads: tuple[PayloadTemplate, ...]
    payload_index: IntArray
    handler_ns: IntArray
