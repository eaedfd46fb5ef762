"""How busy workers were, by records of known truth."""


import numpy as np

from bench.engine.busy import _handling
from bench.engine.recorder import NEVER, ConsumerRecord
from bench.record.schema import Window

START = 1_000
WINDOW = Window(window_start_ns=100, window_end_ns=300, drained_ns=400)


def record(handled_ns: list[int], acked_ns: list[int], ids: list[int]) -> ConsumerRecord:
    columns = {
        "ids": ids,
        "stream_seqs": ids,
        "deliveries": [1] * len(ids),
        "received_ns": [START + 90] * len(ids),
        "handled_ns": handled_ns,
        "acked_ns": acked_ns,
        "ending": [0] * len(ids),
    }
    return ConsumerRecord(**{name: np.array(value) for name, value in columns.items()})


def test_what_ended_in_the_window_is_counted_against_all_workers() -> None:
    """Two workers, 200 ns: 400 to give, of which messages 1 and 2 took 40 and 60."""
    seen = record(
        handled_ns=[START + 99, START + 100, START + 299, START + 300, NEVER],
        acked_ns=[START + 99, START + 110, NEVER, START + 301, NEVER],
        ids=[0, 1, 2, 3, 4],
    )

    found = _handling([seen], np.array([1000, 40, 60, 1000, 1000]), 2, (WINDOW, START))

    assert (found.workers, found.busy_share) == (2, 0.25)
    assert (found.handler_ns_mean, found.held_ns_mean) == (50, 20)


def test_deliveries_of_others_take_no_worker() -> None:
    foreign = record([START + 150], [START + 151], [-1])

    found = _handling([foreign], np.array([5]), 1, (WINDOW, START))

    assert (found.busy_share, found.handler_ns_mean, found.held_ns_mean) == (0.0, 0, 0)
