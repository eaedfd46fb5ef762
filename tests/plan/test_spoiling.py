"""Payloads that are bad, and known by whoever measures all the same."""

import json

import numpy as np
import pytest

from bench.plan.payload import PayloadTemplate
from bench.plan.spoiling import WAYS, spoiled
from bench.plan.traffic import Traffic, make_traffic
from bench.spec.bad import BAD
from bench.spec.kinds.stream import Stream

SIZES = {"256B": "50%", "1KiB": "50%"}


def traffic(*faults: dict[str, str], **publish: object) -> Traffic:
    load = Stream.model_validate(
        {
            "kind": "stream",
            "payload": {"sizes": SIZES, "format": "event-envelope"},
            "publish": {"rate": "100/s", **publish},
            "consume": {"faults": list(faults)},
            "phases": {"warmup": "1s", "measure": "1s", "drain": "1s"},
        }
    )
    return make_traffic(load.loads["publish"], 7)


def payload(made: Traffic, message: int) -> bytes:
    return made.payloads[int(made.payload_index[message])].filled(message)


BOTH = {"kind": "malformed", "share": "6%"}, {"kind": "unknown-version", "share": "4%"}


def test_so_many_are_bad_as_are_dealt_in_each_phase_and_no_other() -> None:
    """The good ones are, byte for byte, those of the same seed without any bad one."""
    made, plain = traffic(*BOTH), traffic()
    bad = made.faults.bad(np.arange(200))

    assert [int(bad[:100].sum()), int(bad[100:].sum())] == [10, 10]
    for message in range(200):
        assert (payload(made, message) != payload(plain, message)) == bad[message]


def test_a_bad_message_is_as_large_and_has_its_id_where_others_have_it() -> None:
    """Else its size or its id would tell, or nobody would know which it is."""
    made, plain = traffic(*BOTH), traffic()

    for message in np.flatnonzero(made.faults.bad(np.arange(200))).tolist():
        of = made.payloads[made.payload_index[message]]
        assert len(payload(made, message)) == len(payload(plain, message))
        assert int(of.filled(message)[of.id_offset :][:16]) == message


def test_what_is_malformed_is_so_in_each_of_several_ways() -> None:
    """Cut off, without a field, of another type; each of them occurs."""
    made = traffic({"kind": "malformed", "share": "50%"})
    found = set()
    for message in np.flatnonzero(made.faults.bad(np.arange(200))).tolist():
        try:
            keys = json.loads(payload(made, message))
        except json.JSONDecodeError:
            found.add("cut off")
        else:
            found.add("no producer" if "producerId" not in keys else keys["eventTime"][:7])

    assert found == {"cut off", "no producer", "2026-13"}


def test_what_is_published_twice_is_as_bad_as_the_first_time() -> None:
    made = traffic(*BOTH, headers=["message-id"], duplicates={"share": "30%"})

    again = np.flatnonzero(~made.firsts)
    assert again.size
    assert (made.payload_index[again] == made.payload_index[made.carried[again]]).all()


def test_each_kind_has_a_way_to_be_bad_but_those_whose_content_is_good() -> None:
    assert {each for each in BAD if each not in ("stale", "replayed")} == set(WAYS)


def test_what_cannot_be_spoiled_is_a_mistake_of_ours() -> None:
    """A good message that is thought bad would be a false alarm of jetbench."""
    made = traffic({"kind": "unknown-version", "share": "5%"})
    noise = PayloadTemplate(content=bytes(64), id_offset=0)

    with pytest.raises(ValueError, match="cannot be spoiled"):
        spoiled([noise], np.zeros(200, dtype=np.int64), made.faults)


def test_what_is_tampered_with_is_still_an_envelope() -> None:
    """Whoever looks at the envelope alone does not notice."""
    made = traffic({"kind": "tampered", "share": "10%"}, headers=["signature"])
    plain = traffic(headers=["signature"])

    (bad,) = np.nonzero(made.faults.bad(np.arange(200)))
    assert bad.size == 20
    for message in bad.tolist():
        told, meant = json.loads(payload(made, message)), json.loads(payload(plain, message))
        assert told.pop("payload") != meant.pop("payload")
        assert told == meant
        index = int(made.payload_index[message])
        assert made.signed_as[index] == plain.payload_index[message]
