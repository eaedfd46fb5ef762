"""What a past is made of: which messages go, on which subjects they are, and what is looked for."""

from dataclasses import replace
from typing import Any

import pytest

from bench.broker.aging import goes, messages, past_of, wrong_in
from bench.broker.observe import StreamState
from bench.spec.aged import Aged
from bench.spec.variant import StreamSettings

PAST = Aged.model_validate(
    {"messages": 1000, "subjects": 7, "deleted": "30%", "consumers": 2, "size": "32B"}
)
WHOLE = StreamState(
    msgs=700, first_seq=1, last_seq=1000, size_bytes=1, num_deleted=300, subjects=7, consumers=2
)


def test_what_goes_is_dealt_all_over_and_never_an_end() -> None:
    flags = goes(PAST)

    assert (len(flags), sum(flags)) == (1000, 300)
    assert flags[0] == flags[-1] == 0
    assert all(sum(flags[begin : begin + 100]) > 10 for begin in range(0, 1000, 100))
    assert flags == goes(PAST)
    assert sum(goes(PAST.model_copy(update={"deleted": None}))) == 0


def test_what_goes_has_subjects_of_its_own() -> None:
    laid = list(messages(PAST, "p."))
    flags = goes(PAST)
    gone = {subject for (subject, _), flag in zip(laid, flags, strict=True) if flag}
    kept = {subject for (subject, _), flag in zip(laid, flags, strict=True) if not flag}

    assert len(laid) == 1000
    assert len(kept) == 7
    assert all(subject.startswith("p._past.gone.") for subject in gone)
    assert not any(subject.startswith("p._past.gone.") for subject in kept)
    assert {len(payload) for _, payload in laid} == {32}
    assert len({payload for _, payload in laid}) > 500


@pytest.mark.parametrize(
    "other",
    [
        {"msgs": 699},
        {"first_seq": 2},
        {"last_seq": 1001},
        {"subjects": 6},
        {"consumers": 1},
    ],
    ids=str,
)
def test_a_copy_that_is_not_the_past_is_told(other: dict[str, Any]) -> None:
    assert not wrong_in(WHOLE, PAST)
    assert wrong_in(replace(WHOLE, **other), PAST)


def test_a_stream_without_a_past_is_not_aged() -> None:
    with pytest.raises(TypeError):
        past_of(StreamSettings())
