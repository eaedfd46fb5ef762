"""The story of a message has every delivery, in order, and says what did not happen."""

from bench.analysis.story import Letter, most_ids, stories_of
from tests.record.stored_messages import EVICTED, ILL, PLANNED, WELL, two, with_one_evicted


def test_one_that_went_well_has_every_instant() -> None:
    """And no word of trouble."""
    (story,) = stories_of(two(), WELL)

    (came,) = story.deliveries
    assert (story.flow, story.sender, story.outcome) == ("publish", "publisher-0", "")
    assert (story.intended_ns, story.sent_ns, story.stored_ns) == (30, 31, 32)
    assert (came.received_ns, came.handled_ns, came.acked_ns, came.ending) == (33, 34, 35, "")
    assert not story.letters


def test_one_that_was_given_up_has_each_delivery_in_its_order() -> None:
    """And who had it, how it ended, and the letter about it."""
    (story,) = stories_of(two(), ILL)

    assert [each.generation for each in story.deliveries] == [1, 2]
    assert [each.ending for each in story.deliveries] == ["", "terminated"]
    assert [each.handled_ns for each in story.deliveries] == [None, None]
    assert story.letters == (Letter(stream_seq=8, attempts=2, reason="attempts"),)


def test_an_id_that_is_not_kept_has_no_story() -> None:
    """Of ten messages two are kept."""
    assert not stories_of(two(), WELL + 1)
    assert most_ids(two()) == PLANNED


def test_one_that_a_limit_took_says_from_whom() -> None:
    """The others were taken from nobody, nor are messages of an older record."""
    (gone,) = stories_of(with_one_evicted(), EVICTED)
    (well,) = stories_of(with_one_evicted(), WELL)

    assert (gone.evicted, gone.deliveries) == (("consume",), ())
    assert well.evicted == ()
    assert stories_of(two(), WELL)[0].evicted == ()
