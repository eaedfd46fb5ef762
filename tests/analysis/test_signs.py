"""The signs of a limit, from made-up records and samples: each on both sides of its threshold."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from bench.analysis.signs import NEAR_CAP, Signs, signs_of
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.record import samples
from bench.record.schema import Handling, TrialRecord
from bench.spec.cast import entries
from bench.spec.failed_parts import with_failures
from bench.spec.variant import Settings
from tests.analysis.runs import TOTAL_S, WARMUP_S, WINDOW_S, cell, plan, record
from tests.parts import cast, ledger

CAP = 1000
SETTINGS = Settings.model_validate({"consumer": {"max_ack_pending": CAP}})
CELL = cell("a", settings=SETTINGS)
HANDS = Handling(workers=4, busy_share=0.2, handler_ns_mean=NS_PER_MS, held_ns_mean=NS_PER_MS)
CALM = {"num_pending": 0, "num_ack_pending": 10, "num_waiting": 1}
RATES = {"stored": 1000.0, "acked": 900.0}


def made(**changed: object) -> TrialRecord:
    """A trial of 1000 msg/s, with what is changed of it."""
    whole = record(plan([CELL], blocks=1).trials[0])
    return replace(whole, handling={"consume": HANDS}, **changed)  # type: ignore[arg-type]


def signs(told: TrialRecord, by_second: Mapping[int, Mapping[str, int | None]]) -> Signs:
    """Return the signs of two samples a second, calm but for what is said of some seconds."""
    rows = [
        {"t_ns": half * NS_PER_S // 2, **CALM, **by_second.get(half // 2, {})}
        for half in range(2 * TOTAL_S)
    ]
    (found,) = signs_of(told, samples.table(rows), CELL, RATES, {})
    return found


def seconds(count: int) -> Sequence[int]:
    """Return the first seconds of the window."""
    return range(WARMUP_S, WARMUP_S + count)


def test_what_comes_in_ten_milliseconds_is_on_its_way_and_more_of_it_waits() -> None:
    """1000/s are 10."""
    waits = {second: {"num_pending": 11} for second in seconds(3)}
    comes = {second: {"num_pending": 10} for second in seconds(3)}

    assert signs(made(), waits).waiting_share == 3 / WINDOW_S
    assert signs(made(), comes).waiting_share == 0


def test_a_budget_is_full_from_its_share_on() -> None:
    full = {second: {"num_ack_pending": round(NEAR_CAP * CAP)} for second in seconds(6)}
    less = {second: {"num_ack_pending": round(NEAR_CAP * CAP) - 1} for second in seconds(6)}

    assert signs(made(), full).full_share == 6 / WINDOW_S
    assert signs(made(), less).full_share == 0
    assert signs(made(), {}).cap == CAP


def test_a_request_that_waits_is_one_and_a_server_that_was_not_asked_tells_of_none() -> None:
    none = {second: {"num_waiting": 0} for second in seconds(9)}
    unasked: dict[int, dict[str, int | None]] = {
        second: {"num_waiting": None} for second in range(TOTAL_S)
    }

    assert signs(made(), none).idle_share == 3 / WINDOW_S
    assert signs(made(), unasked).idle_share is None


@pytest.mark.parametrize(
    ("came", "pending", "silence_s"),
    [
        ((0, 0, 1000), (5, 5, 5), 2),
        ((0, 1000, 0), (5, 5, 5), 1),
        ((0, 0, 0), (5, 0, 5), 1),
        ((1, 1, 1), (5, 5, 5), 0),
        ((0, 0, 0), (0, 0, 0), 0),
        ((0, 0, 0), (None, None, None), 0),
    ],
    ids=["two in a row", "two apart", "nothing waited", "one each", "idle", "not told"],
)
def test_silence_is_whole_seconds_in_which_nothing_came_and_messages_waited(
    came: Sequence[int], pending: Sequence[int | None], silence_s: int
) -> None:
    received = [1000] * TOTAL_S
    received[WARMUP_S : WARMUP_S + 3] = came
    told = made()
    assert told.slices is not None
    told = replace(told, slices={**told.slices, "received": tuple(received)})
    waits = {
        second: {"num_pending": each} for second, each in zip(seconds(3), pending, strict=True)
    }

    assert signs(told, waits).silence_s == silence_s


def test_what_is_outside_the_window_is_no_sign_of_it() -> None:
    outside = {0: {"num_pending": 99, "num_ack_pending": CAP}, TOTAL_S - 1: {"num_pending": 99}}

    found = signs(made(), outside)

    assert (found.waiting_share, found.full_share, found.silence_s) == (0, 0, 0)


def test_what_came_again_and_what_failed_are_of_the_whole_trial() -> None:
    counted = ledger(redelivered=30, deliveries=600, refused=4, lost=5)

    found = signs(made(ledger=counted), {})

    assert found.redelivered_share == 0.05
    assert found.failed_msgs == 9


@pytest.mark.parametrize(
    ("naked", "share"), [(0, 0.0), (12, 0.4), (31, 1.0)], ids=["silence", "both", "one still due"]
)
def test_what_came_again_was_asked_back_or_not_answered(naked: int, share: float) -> None:
    failing = with_failures(cast())
    none = dict.fromkeys(entries(failing), 0)
    counted = {**none, "redelivered": 30, "deliveries": 600, "failures": naked, "naked": naked}

    assert signs(made(cast=failing, ledger=counted), {}).asked_back_share == share
    assert signs(made(ledger=ledger(redelivered=30)), {}).asked_back_share == 0


def test_a_part_whose_handlers_nobody_timed_has_signs_and_no_figures_of_them() -> None:
    """Nothing was said of what limits it, beside others that were called free."""
    assert signs(made(), {}).handling == HANDS

    (found,) = signs_of(
        replace(made(), handling={}),
        samples.table([{"t_ns": second * NS_PER_S, **CALM} for second in range(TOTAL_S)]),
        CELL,
        RATES,
        {},
    )

    assert found.handling is None
    assert found.offered_per_s == RATES["stored"]


def test_a_part_of_which_the_server_told_nothing_has_no_signs() -> None:
    rows = [{"t_ns": second * NS_PER_S, **CALM} for second in range(TOTAL_S)]
    table = samples.table(rows)

    assert list(signs_of(replace(made(), window=None), table, CELL, RATES, {})) == []
    untold = samples.table([{"t_ns": row["t_ns"]} for row in rows])
    assert list(signs_of(made(), untold, CELL, RATES, {})) == []
