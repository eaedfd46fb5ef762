from bench.plan.estimate import (
    RESULT_BYTES_PER_S,
    RESULT_BYTES_PER_TRIAL,
    STORED_OVERHEAD_BYTES,
    TRIAL_OVERHEAD_S,
    Estimate,
    estimate,
)
from bench.plan.model import PLAN_SCHEMA_VERSION, Cell, Plan
from bench.plan.order import order
from tests.plan.examples import cell, workload

MESSAGE_BYTES = 128 + len("events") + STORED_OVERHEAD_BYTES


def estimate_of(*cells: Cell, blocks: int = 1) -> Estimate:
    return estimate(
        Plan(
            schema_version=PLAN_SCHEMA_VERSION,
            label="x",
            question="",
            config_questions=(),
            seed=1,
            blocks=blocks,
            quick=False,
            cells=cells,
            trials=order(cells, blocks=blocks, seed=1),
        )
    )


def test_a_run_is_the_sum_of_its_trials() -> None:
    """Two cells in three blocks; 1 s + 2 s at 1000 msg/s, then up to 1 s of drain."""
    found = estimate_of(cell(1), cell(2), blocks=3)

    assert found.messages == 6 * 3000
    assert found.duration_s == 6 * (TRIAL_OVERHEAD_S + 3)
    assert found.longest_s == 6 * (TRIAL_OVERHEAD_S + 4)
    assert found.stored_bytes == 6 * 3000 * MESSAGE_BYTES
    assert found.results_bytes == 6 * (RESULT_BYTES_PER_TRIAL + 5 * RESULT_BYTES_PER_S)


def test_the_largest_store_is_that_of_one_trial() -> None:
    """Each trial removes its store before the next begins."""
    large = workload(payload={"sizes": {"128B": "50%", "1128B": "50%"}})

    found = estimate_of(cell(1), cell(2, load=large), blocks=5)
    assert found.peak_store_bytes == 3000 * (MESSAGE_BYTES + 500)


def test_limits_and_replicas_of_the_stream_count() -> None:
    """A stream keeps no more than it may, and as often as it is told to."""
    limited = cell(1, stream={"max_msgs": 10, "num_replicas": 3})
    bounded = cell(1, stream={"max_bytes": "1KiB"})

    assert estimate_of(limited).peak_store_bytes == 10 * MESSAGE_BYTES * 3
    assert estimate_of(bounded).peak_store_bytes == 1024
