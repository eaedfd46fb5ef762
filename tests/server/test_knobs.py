"""Knobs of consumers, streams and servers in a trial: each takes effect, and nothing is lost."""

from pathlib import Path

import pytest

from bench.record.schema import TrialRecord
from bench.spec.workload import Subjects
from tests.server.running import Tree, complaints, run_trial, sound, workload

pytestmark = [pytest.mark.nats, pytest.mark.counts]


def stopped(length: str = "1s") -> Tree:
    """Return settings of a consumer that has little in hand, and is stopped for so long."""
    return {
        "consumer": {"max_ack_pending": 10, "ack_wait": "5s"},
        "pull": {"batch": 10},
        "disturbances": [{"at": "300ms", "do": "pause", "part": "consumer", "for": length}],
    }


def left_before_it_came(record: TrialRecord, stored: int, word: str) -> int:
    """Return how many left the stream so, in a trial that is sound and lost none of so many."""
    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert ledger["stored"] == stored
    assert ledger["received"] + ledger[word] == stored
    assert (ledger["lost"], ledger["backlog"], ledger["foreign"]) == (0, 0, 0)
    return ledger[word]


@pytest.mark.parametrize("client", ["wire", "nats-py"])
def test_what_has_no_payload_is_known_by_a_header(tmp_path: Path, client: str) -> None:
    """Its times are kept by the id, wherever that stands; without one it would be foreign."""
    settings: Tree = {
        "client": client,
        "stream": {
            "republish": {"source": ">"},
            "subject_transform": {"source": ">", "destination": "by.>"},
        },
        "consumer": {
            "headers_only": True,
            "sample_freq": "100%",
            "deliver_policy": "by_start_time",
            "opt_start_ago": "1m",
        },
        "server": {"encryption": "aes"},
    }
    load = workload(measure="1s", publish={"headers": ["trace"]})

    record = run_trial(tmp_path, load, settings).record

    ledger = record.ledger
    assert ledger is not None
    assert sound(record), complaints(record)
    assert (ledger["stored"], ledger["received"], ledger["acked"]) == (300, 300, 300)
    assert (ledger["lost"], ledger["duplicates"], ledger["foreign"]) == (0, 0, 0)
    assert record.ack_check is not None, "our own check goes by the share that is asked for"
    of = {usage.role: usage for usage in record.processes}
    assert 0 < of["publisher-0"].out_bytes_per_s < of["server"].in_bytes_per_s
    assert 0 < of["consumer-0"].in_bytes_per_s < of["server"].out_bytes_per_s


def test_whoever_is_pinned_nothing_is_left(tmp_path: Path) -> None:
    """Both are stopped for longer than a pinned one may be silent: one is pinned anew, and asks."""
    settings: Tree = {
        "consumer": {
            "priority_policy": "pinned_client",
            "priority_groups": ["jobs"],
            "priority_timeout": "300ms",
            "ack_wait": "1s",
        },
        "pull": {"group": "jobs", "batch": 10, "expires": "1s"},
        "disturbances": [{"at": "300ms", "do": "pause", "part": "consumer", "for": "1s"}],
    }
    load = workload(measure="2s", consume={"consumers": 2})

    kept = run_trial(tmp_path, load, settings)

    ledger = kept.record.ledger
    assert ledger is not None
    assert sound(kept.record), complaints(kept.record)
    assert (ledger["stored"], ledger["handled"], ledger["lost"]) == (500, 500, 0)
    assert ledger["backlog"] == 0


def test_what_grew_too_old_before_it_came_is_not_lost(tmp_path: Path) -> None:
    """A consumer that is stopped for longer than messages live misses those of that time."""
    settings: Tree = {
        "stream": {"allow_msg_ttl": True},
        "publish": {"ttl": "1s"},
        **stopped("2s"),
    }

    record = run_trial(tmp_path, workload(measure="3s"), settings).record

    aged_out = left_before_it_came(record, 700, "aged_out")
    assert aged_out > 50, "200 a second come in the second before the last that live"
    assert record.known("stream_msgs") == 700
    assert "not-drained" not in {finding.code for finding in record.findings}


def test_what_limits_took_before_it_came_is_not_lost(tmp_path: Path) -> None:
    """A consumer that is stopped finds what came in the last of the time, and 50 of those."""
    settings: Tree = {
        "stream": {"max_msgs": 50, "max_age": "400ms", "duplicate_window": "400ms"},
        **stopped(),
    }

    record = run_trial(tmp_path, workload(measure="1500ms"), settings).record

    evicted = left_before_it_came(record, 400, "evicted")
    assert evicted > 80, "200 a second come while it is stopped, and 50 may stay"
    codes = {finding.code for finding in record.findings}
    assert "evicted" in codes
    assert not codes & {"lost", "not-drained"}


def test_what_was_replaced_before_it_came_is_not_lost(tmp_path: Path) -> None:
    """Seven subjects: of what came while the consumer was stopped one each is left, and some in
    the client."""
    settings: Tree = {
        "stream": {"allow_rollup_hdrs": True},
        "publish": {"rollup": "subject"},
        **stopped(),
    }
    load = workload(measure="2s").model_copy(
        update={
            "subjects": Subjects.model_validate({"pattern": "a.{n}", "numbers": {"n": 7}}),
        }
    )

    record = run_trial(tmp_path, load, settings).record

    assert left_before_it_came(record, 500, "rolled_up") > 100
    assert "not-drained" not in {finding.code for finding in record.findings}


def test_markers_are_told_from_messages_and_hide_no_loss(tmp_path: Path) -> None:
    """Hundreds of subjects lose their only message by age while the consumer is stopped."""
    settings: Tree = {
        "stream": {
            "max_age": "300ms",
            "duplicate_window": "300ms",
            "subject_delete_marker_ttl": "2s",
        },
        **stopped(),
    }
    load = workload(measure="2s").model_copy(
        update={
            "subjects": Subjects.model_validate({"pattern": "a.{n}.x", "numbers": {"n": 1000}}),
        }
    )

    record = run_trial(tmp_path, load, settings).record

    some = 40  # how many more than that depends on when the host lets it stop and go on
    assert left_before_it_came(record, 500, "evicted") > some
    markers = record.known("markers")
    assert markers is not None
    assert markers > some, "as many subjects are empty"
    assert (record.known("duplicates"), record.known("stream_msgs")) == (0, 500)
