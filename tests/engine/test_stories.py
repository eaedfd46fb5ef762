"""What is kept of single messages: all of a few, of many those first that went odd."""

from dataclasses import replace

import numpy as np

from bench.broker.letters import Letter
from bench.clients.port import Ending, IntArray
from bench.engine.recorder import NEVER, ConsumerRecord, PublisherRecord
from bench.engine.stories import Came, Lived, Sent, chosen, observed, stories
from bench.record import messages
from bench.record.messages import Place

START_NS = 10**12
PUBLISHER = Place(part="publish", role="publisher-0", flow="publish")
CONSUMER = Place(part="consume", role="consumer-0", flow="publish")
SIZE = 100
TWICE, SILENT, UNSENT = 40, 41, 42


def sent(size: int) -> Sent:
    """All but one are sent and stored."""
    at = START_NS + np.arange(size, dtype=np.int64) * 10
    came = np.arange(size) != UNSENT
    zeros = np.zeros(size, dtype=np.int64)
    record = PublisherRecord(
        ids=np.arange(size, dtype=np.int64),
        sent_ns=np.where(came, at + 1, NEVER),
        stored_ns=np.where(came, at + 2, NEVER),
        outcome=zeros,
        said=zeros,
    )
    return Sent(place=PUBLISHER, record=record)


def came(ids: IntArray, generation: int, ending: IntArray) -> Came:
    """Each is handled and acknowledged, but where its ending says otherwise."""
    at = START_NS + ids * 10
    well = ending == 0
    record = ConsumerRecord(
        ids=ids,
        stream_seqs=ids + 1,
        deliveries=np.full(ids.size, generation),
        received_ns=at + 3,
        handled_ns=np.where(well, at + 4, NEVER),
        acked_ns=np.where(well, at + 5, NEVER),
        ending=ending,
    )
    return Came(place=CONSUMER, generation=generation, record=record)


def lived(size: int = SIZE) -> Lived:
    """One message comes twice, one fails in silence and one is never sent."""
    ids = np.delete(np.arange(size, dtype=np.int64), UNSENT)
    ending = np.where(ids == SILENT, int(Ending.SILENT), 0)
    first = came(ids, 1, ending)
    second = came(np.array([TWICE, -1]), 2, np.zeros(2, dtype=np.int64))
    return Lived(
        intended_ns={"publish": np.arange(size, dtype=np.int64) * 10},
        sent=(sent(size),),
        came=(first, second),
        letters=(Letter(seq=SILENT + 1, attempts=1, reason="terminated"),),
        start_ns=START_NS,
    )


def test_a_small_trial_is_kept_whole() -> None:
    """Every message and each time that one came, from the trial's start."""
    told = stories(lived(), SIZE)

    assert told.sends.shape == (7, SIZE)
    assert told.sends[:, TWICE].tolist() == [0, 0, TWICE, 400, 401, 402, 0]
    assert told.sends[4:6, UNSENT].tolist() == [messages.NEVER] * 2
    twice = told.deliveries[:, told.deliveries[2] == TWICE]
    assert twice[1].tolist() == [1, 2]
    assert twice[5:8, 0].tolist() == [403, 404, 405]
    silent = told.deliveries[:, told.deliveries[2] == SILENT].T.tolist()
    assert silent == [[1, 1, SILENT, 42, 1, 413, messages.NEVER, messages.NEVER, Ending.SILENT]]
    assert told.letters.T.tolist() == [[SILENT + 1, 1, 0]]


def test_deliveries_without_an_id_of_ours_are_nobodys() -> None:
    """They stand in the ledger as foreign."""
    assert (stories(lived(), SIZE).deliveries[2] >= 0).all()


def test_of_a_large_trial_what_went_odd_is_kept_first() -> None:
    """The rest is thinned evenly, to the count that was allowed."""
    kept = np.flatnonzero(chosen(lived(), "publish", 20))

    assert kept.size == 20
    assert {TWICE, SILENT, UNSENT} <= set(kept.tolist())
    assert (kept < SIZE // 2).sum() in range(8, 14)


def test_odd_ones_alone_never_fill_it() -> None:
    """Where all went odd, they are thinned as well."""
    nothing_came = Lived(
        intended_ns=lived().intended_ns, sent=(), came=(), letters=(), start_ns=START_NS
    )

    kept = np.flatnonzero(chosen(nothing_came, "publish", 20))

    assert kept.size == 20
    assert kept.max() > SIZE // 2


def test_all_generations_of_a_process_are_one_account() -> None:
    """The audit looks at what its place saw."""
    (account,) = observed(lived().came)["consume"]

    assert account.ids.size == SIZE - 1 + 2


def test_what_limits_took_is_kept_by_whom_it_never_came_to() -> None:
    """Of a part that it is due to; in a thinned record those that are kept."""
    one, other = (Place(part=name, role="", flow="publish") for name in ("audit", "billing"))
    taken = {one: np.array([UNSENT, TWICE]), other: np.array([TWICE])}
    whole = stories(replace(lived(), taken=taken), SIZE)
    thin = stories(replace(lived(), taken={one: np.arange(SIZE)}), 20)

    assert whole.names.lacking == (one, other)
    assert sorted(whole.evicted.T.tolist()) == sorted([[0, UNSENT], [0, TWICE], [1, TWICE]])
    assert thin.evicted.shape == (2, 20)
    assert stories(lived(), SIZE).evicted.shape == (2, 0)
