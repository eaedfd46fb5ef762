"""Records that older versions wrote still tell what they told."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.analysis.summary import summarise
from bench.analysis.tidy import COLUMNS, tidy
from bench.core.errors import RecordError
from bench.record.store import RunStore
from bench.spec.cast import Entry, entries, instants
from bench.spec.told_parts import ASKED, without_asked
from tests.cli import mutations
from tests.parts import cast

KEPT = Path(__file__).parent / "version1" / "kept"
"""A run of two cells, one of which never acknowledges, as the last jetbench of version 1 left it;
`kept.csv` beside it is what that jetbench exported of it."""

MUTATIONS = 400


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A copy of it, to change."""
    return Path(shutil.copytree(KEPT, tmp_path / "kept"))


def trial_of(run: Path, number: int) -> Path:
    return sorted(run.glob("trials/*/trial.json"))[number]


def edited(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content, indent=1))


def refused(run: Path) -> str:
    with pytest.raises(RecordError) as told:
        summarise(RunStore(run))
    return str(told.value)


WITHOUT_ASKED = tuple(without_asked(cast(acks=acks)) for acks in (True, False))
"""What the parts of both cells counted then."""

LATER = (
    *(
        "wait_ns_p50",
        "wait_ns_p99",
        "msgs_per_fetch",
        "empty_fetch_share",
        "lag_ns_peak",
        "stream_left_ns",
    ),
    *(
        f"{role}_{figure}"
        for role in ("server", "publisher", "consumer")
        for figure in ("cpu_share_peak", "rss_bytes_mean", "in_bytes_per_s", "out_bytes_per_s")
    ),
    *("retrying_ns_p50", "retrying_ns_p99"),
)
"""Figures that a run of then could not have."""

SINCE_COMPARED = (
    *("stored_bytes_per_s", "handled_bytes_per_s", "stream_bytes_per_s", "stream_msgs_per_s"),
    *(f"{role}_cpu_share" for role in ("server", "publisher", "consumer")),
    *(f"{role}_rss_bytes_peak" for role in ("publisher", "consumer")),
)
"""Figures that it kept of each process, and that none of then compared cells by."""


def test_a_kept_run_comes_out_with_the_same_figures() -> None:
    """Every figure of both trials, with what its own version made of it."""
    old = pd.read_csv(KEPT.with_suffix(".csv"))
    place = ["trial", "metric"]

    every = tidy(summarise(RunStore(KEPT)))[list(COLUMNS)]
    later = every["metric"].isin(LATER)
    assert every[later]["value"].isna().all()
    since = every["metric"].isin(SINCE_COMPARED)
    assert every[since]["value"].gt(0).all()
    new = every[~later & ~since]

    assert set(old["trial"]) == {path.parent.name for path in KEPT.glob("trials/*/trial.json")}
    pd.testing.assert_frame_equal(
        new.set_index(place).sort_index(),
        old.set_index(place).sort_index(),
        rtol=1e-12,
        check_dtype=False,
    )


def test_its_records_tell_of_the_parts_that_they_had() -> None:
    """Where nothing was acknowledged nothing is told of acks, and what was not sent is told."""
    store = RunStore(KEPT)
    acked, never = (store.read_trial(trial) for trial in store.read_plan().trials)

    assert (acked.schema_version, acked.cast, never.cast) == (2, *WITHOUT_ASKED)
    for record in (acked, never):
        assert record.window_counts is not None
        assert record.ledger is not None
        assert set(record.window_counts) == set(instants(record.cast))
        assert set(record.ledger) == set(entries(record.cast))
        assert record.ledger["not_sent"] == record.ledger["planned"] - record.ledger["published"]
    assert (set(acked.peaks), set(never.peaks)) == ({"unhandled", "unacked"}, {"unhandled"})


def test_what_stood_in_the_ledger_stands_beside_it(run: Path) -> None:
    """Times below zero are no messages."""
    edited(trial_of(run, 0), lambda one: one["ledger"].update(negative_times=3, overflows=2))
    store = RunStore(run)

    record = store.read_trial(store.read_plan().trials[0])

    assert (record.negative_times, record.overflows) == (3, 2)
    assert not {"negative_times", "overflows"} & set(record.ledger or ())


def test_a_record_of_before_the_exact_peaks_has_none(run: Path) -> None:
    """They came late in version 1."""
    edited(trial_of(run, 0), lambda one: one.update(own_lag=None))
    store = RunStore(run)

    assert store.read_trial(store.read_plan().trials[0]).peaks == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one: one.pop("acks"), "cast"),
        (lambda one: one.update(acks="no"), "cast"),
        (lambda one: one["ledger"].pop("lost"), "ledger: not what its cast has: lost"),
        (lambda one: one["ledger"].pop("overflows"), "overflows"),
        (lambda one: one["slices"].pop("acked"), "slices: not what its cast has: acked"),
        (lambda one: one["window_counts"].update(acked=10**6), "window_counts.acked"),
        (lambda one: one["ledger"].update(published=201), "ledger.published: more than planned"),
        (lambda one: one["own_lag"].pop("unacked_msgs_peak"), "peaks: not what its cast has"),
        (lambda one: one["own_lag"].update(unhandled_msgs_peak=-7), "peaks.unhandled: below"),
        (lambda one: one.update(schema_version=3), "schema version 3; this jetbench reads 2"),
        (lambda one: one.update(schema_version=0), "schema version 0; this jetbench reads 2"),
    ],
)
def test_a_broken_record_of_version_1_is_refused(
    run: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    """By what version 2 knows of it."""
    edited(trial_of(run, 0), change)

    text = refused(run)

    assert said in text
    assert f"{trial_of(run, 0)}:" in text


def test_no_broken_record_of_version_1_is_anything_but_refused(run: Path) -> None:
    """What upgrades them meets whatever JSON there is."""
    wrong = []
    path, whole = trial_of(run, 0), KEPT / trial_of(run, 0).relative_to(run)
    store = RunStore(run)
    trial = store.read_plan().trials[0]
    for seed in range(MUTATIONS):
        shutil.copyfile(whole, path)
        done = mutations.mutate(path.parent, random.Random(seed), only="trial.json")  # noqa: S311
        try:
            store.read_whole(trial)
        except RecordError:
            continue
        except Exception as error:  # noqa: BLE001 - any other is what is looked for
            wrong.append((seed, done, repr(error)))

    assert wrong == []


def test_every_entry_of_a_version_1_ledger_means_what_it_meant() -> None:
    """An entry that a later version renames would be read as another's."""
    meant = {name: entry for name, (_, entry) in entries(cast()).items()}
    content = json.loads(trial_of(KEPT, 0).read_text())

    assert all(isinstance(meant[name], Entry) for name in set(content["ledger"]) & set(meant))
    assert set(meant) - set(content["ledger"]) == {
        "not_sent",
        *(each.name for each in ASKED),
    }
    assert set(content["ledger"]) - set(meant) == {"negative_times", "overflows"}
