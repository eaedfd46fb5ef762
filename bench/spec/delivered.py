"""What rules out that a consumer delivers headers alone, or has its acks sampled.

Rules as in `jetstream`: pure functions, the server's error code in the text.
"""

import math
from collections.abc import Callable, Iterator

from bench.spec.headers import id_place
from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings


def _sampled(settings: Settings) -> Iterator[Objection]:
    consumer, key = settings.consumer, "consumer.sample_freq"
    if consumer.sample_freq is None:
        return
    percent = 100 * consumer.sample_freq
    if not math.isclose(percent, round(percent), abs_tol=1e-9):
        what = "the server samples whole percents (10095)"
        yield Objection(key=key, what=what, allowed="1%, 2%, ... 100%")
    if consumer.ack_policy != "explicit":
        yield Objection(
            key=key,
            against=("consumer.ack_policy",),
            what=f"the server takes it with ack_policy {consumer.ack_policy}, and samples nothing",
            allowed="no sample_freq, or ack_policy explicit",
        )


def _without_payload(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if settings.consumer.headers_only and id_place(workload.publish.headers) is None:
        yield Objection(
            key="consumer.headers_only",
            what="a message without its payload has no id, by which its times are kept: no header "
            "of the workload holds one",
            allowed="headers_only: false, or publish.headers: [message-id]",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (_sampled,)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (_without_payload,)
