"""Settings that measured handler times suggest, by figures that are easily reckoned."""

from dataclasses import replace

from bench.analysis.suggesting import suggested
from bench.core.units import NS_PER_MS
from bench.record.schema import Handling


def hands(mean_ms: int, p99_ms: int) -> Handling:
    return Handling(
        workers=1,
        busy_share=1.0,
        handler_ns_mean=mean_ms * NS_PER_MS,
        held_ns_mean=0,
        handler_ns_p99=p99_ms * NS_PER_MS,
    )


def test_each_setting_comes_of_rate_and_handler_time() -> None:
    """1000/s of 20 ms are 20 under way: 25 workers, a budget of 40, and 2 x (100 + 32) ms."""
    found = {
        each.key: each.value for each in suggested(1000.0, hands(20, 100), acks=True, pulls=True)
    }

    assert found == {
        "consume.workers": "25",
        "consumer.max_ack_pending": "40",
        "pull.batch": "20",
        "consumer.ack_wait": "264 ms",
    }


def test_ack_wait_lies_above_the_slowest_of_a_hundred() -> None:
    """However little comes; and there is a worker at least."""
    workers, *_, wait = suggested(0.1, hands(1, 5000), acks=True, pulls=False)

    assert workers.value == "1"
    assert wait.value == "10.0 s"


def test_what_is_not_used_is_not_suggested() -> None:
    found = [each.key for each in suggested(1000.0, hands(20, 100), acks=False, pulls=False)]

    assert found == ["consume.workers"]
    asked = suggested(1000.0, hands(20, 100), acks=True, pulls=False, waits=False)
    assert [each.key for each in asked] == ["consume.workers", "consumer.max_ack_pending"]
    assert suggested(1000.0, hands(0, 0), acks=True, pulls=True) == ()
    assert suggested(0.0, hands(20, 100), acks=True, pulls=True) == ()


def test_the_formula_stands_beside_each() -> None:
    first, budget, *_ = suggested(1000.0, hands(20, 100), acks=True, pulls=True)

    assert str(first) == "consume.workers 25 = rate × T ÷ 0.8"
    assert budget.formula == "2 × rate × T"


def test_time_of_the_event_loop_suggests_processes_alone() -> None:
    """Messages are under way for longer than they have the loop: no ack_wait comes of that."""
    in_loop = replace(hands(20, 40), in_loop=True)

    (found,) = suggested(100.0, in_loop, acks=True, pulls=True)

    assert str(found) == "consume.consumers 3 = rate × T ÷ 0.8"
