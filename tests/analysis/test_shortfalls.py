"""Which counts of the ledger count, and how they are written."""

from dataclasses import replace

import pytest

from bench.analysis import shortfalls
from bench.plan.model import Cell
from bench.record.schema import Finding, Level
from bench.spec.cast import Weight, entries
from bench.spec.kinds.command import Commands
from bench.spec.kinds.dual_write import DualWrite
from bench.spec.kinds.kv import Kv
from bench.spec.kinds.projection import Projected
from bench.spec.kinds.workflow import Workflow
from bench.spec.variant import Settings
from bench.spec.workload import Workload
from tests.analysis import runs
from tests.gate.figures import counting, spoilt, trial_of, with_trials

CELL = runs.cell("one")
BUCKET = Kv.model_validate(
    {
        "kind": "kv",
        "value": {"sizes": "64B"},
        "put": {"rate": "100/s"},
        "watch": {"cache": {}, "few": {"filter": "1"}},
    }
)


@pytest.mark.parametrize(("lost", "trials"), [(0, 1), (1, 2)])
def test_an_invalid_trial_counts_for_a_single_message_and_not_for_none(
    lost: int, trials: int
) -> None:
    """What it did not lose, the trial that replaces it is asked; what it lost is a fact."""
    sound = trial_of(CELL, 1, 10.0)
    invalid = spoilt(counting(trial_of(CELL, 2, 10.0), lost=lost), "not-steady")

    found = shortfalls.counts(with_trials(CELL, [sound, invalid]), "lost")

    assert [each.msgs for each in found] == [0, lost][:trials]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"lost": 1}, "1 message lost"),
        ({"lost": 2}, "2 messages lost"),
        ({"lost": 3, "not_sent": 20}, "3 messages lost, 20 not sent"),
    ],
)
def test_shortfalls_are_written_as_people_say_them(counts: dict[str, int], words: str) -> None:
    """The line stands at the head of a report."""
    assert shortfalls.written(counts) == words


@pytest.mark.parametrize(
    ("refused", "share", "written"),
    [
        (0, 0.0, ""),
        (27, 27 / 28_000, ""),  # of so few their number says more
        (28, 0.001, "0.100 %"),
        (2800, 0.1, "10.0 %"),
    ],
)
def test_a_share_is_of_all_planned_messages_of_the_trials_that_count(
    refused: int, share: float, written: str
) -> None:
    """Of two trials with 14 000 messages each, one of which refused some."""
    first, second = (trial_of(CELL, block, 10.0) for block in (1, 2))
    cell = with_trials(CELL, [counting(first, refused=refused), second])

    assert shortfalls.share(cell, "refused") == pytest.approx(share)
    assert shortfalls.written_share(cell, "refused") == written


def test_what_nobody_can_tell_is_no_share() -> None:
    """It is a doubt of its own, and stands elsewhere."""
    untold = counting(trial_of(CELL, 1, 10.0), lost=-1)
    known = counting(trial_of(CELL, 2, 10.0), lost=140)

    assert shortfalls.share(with_trials(CELL, [untold, known]), "lost") == pytest.approx(0.005)
    assert shortfalls.share(with_trials(CELL, []), "lost") == 0.0


def test_the_words_of_some_cells_are_those_that_their_casts_count() -> None:
    """What was observed goes first: a loss is worse than a refusal that was answered."""
    assert shortfalls.words_of([with_trials(CELL, [])]) == (
        "lost",
        "refused",
        "unconfirmed",
        "not_sent",
    )


def test_what_a_ledger_does_not_count_is_unknown_and_no_zero() -> None:
    """A sum over no count is 0, and would pass for a count."""
    trial = trial_of(CELL, 1, 10.0)
    assert trial.record.ledger is not None
    fewer = {word: count for word, count in trial.record.ledger.items() if word != "refused"}
    cell = with_trials(CELL, [replace(trial, record=replace(trial.record, ledger=fewer))])

    (found,) = shortfalls.counts(cell, "refused")

    assert not found.known


@pytest.mark.parametrize("word", ["unlike", "lost", "unmarked"])
@pytest.mark.parametrize(
    ("role", "code", "counts"),
    [
        ("cache.watcher-0", "worker-died", False),
        ("cache.watcher-0", "worker-silent", False),
        ("few.watcher-0", "worker-died", True),
        ("writer-0", "worker-died", True),
        ("cache.watcher-0", "offered-rate-missed", True),
    ],
)
def test_what_a_dead_watcher_did_not_see_is_excused_of_it_alone(
    role: str, code: str, counts: bool, word: str
) -> None:
    """Its trial is measured again; what another one missed is a fact."""
    settings = Settings.model_validate({"bucket": {"limit_markers": "1s"}})
    made = replace(CELL, workload=BUCKET, settings=settings)
    sound = trial_of(CELL, 1, 10.0)
    ledger = dict.fromkeys(entries(made.cast), 0) | {f"cache.{word}": 3}
    finding = Finding(level=Level.INVALID, code=code, text="so", role=role)
    record = replace(sound.record, cast=made.cast, ledger=ledger, findings=(finding,))
    cell = with_trials(made, [replace(sound, record=record)])

    assert bool(shortfalls.total([cell], f"cache.{word}")) is counts


@pytest.mark.parametrize(
    ("code", "role", "counts"),
    [
        ("worker-died", "writer-0", False),  # it breaks the trial off
        ("worker-silent", "reconciler-0", False),
        ("worker-silent", "writer-0", True),
        ("not-steady", "", True),
    ],
)
def test_halves_that_nobody_was_left_to_complete_are_excused(
    code: str, role: str, counts: bool
) -> None:
    """A reconciler that was there should have."""
    load = {"kind": "dual-write", "payload": {"sizes": "64B"}, "write": {"rate": "100/s"}}
    made = replace(CELL, workload=DualWrite.model_validate(load))
    sound = trial_of(CELL, 1, 10.0)
    ledger = dict.fromkeys(entries(made.cast), 0) | {"diverged": 3}
    finding = Finding(level=Level.INVALID, code=code, text="so", role=role)
    record = replace(sound.record, cast=made.cast, ledger=ledger, findings=(finding,))
    cell = with_trials(made, [replace(sound, record=record)])

    assert bool(shortfalls.total([cell], "diverged")) is counts


@pytest.mark.parametrize(
    ("code", "role", "counts"),
    [
        ("worker-died", "publisher-0", False),  # it breaks the trial off
        ("worker-silent", "projector-0", False),
        ("offered-rate-missed", "publisher-0", True),
    ],
)
def test_what_nobody_was_left_to_project_is_excused(code: str, role: str, counts: bool) -> None:
    """A projector that was there should have, at whatever rate."""
    load = {"kind": "projection", "payload": {"sizes": "64B"}, "publish": {"rate": "100/s"}}
    made = replace(CELL, workload=Projected.model_validate(load))
    sound = trial_of(CELL, 1, 10.0)
    ledger = dict.fromkeys(entries(made.cast), 0) | {"misprojected": 3}
    finding = Finding(level=Level.INVALID, code=code, text="so", role=role)
    record = replace(sound.record, cast=made.cast, ledger=ledger, findings=(finding,))
    cell = with_trials(made, [replace(sound, record=record)])

    assert bool(shortfalls.total([cell], "misprojected")) is counts


STEPS = {
    "kind": "workflow",
    "payload": {"sizes": "64B"},
    "publish": {"rate": "100/s"},
    "steps": {"one": {}, "two": {}},
}
COMMANDS = {"kind": "command", "payload": {"sizes": "64B"}, "command": {"rate": "100/s"}}


@pytest.mark.parametrize(
    ("load", "word", "role"),
    [
        (Workflow.model_validate(STEPS), "uncompleted", "two.worker-0"),
        (Commands.model_validate(COMMANDS), "unannounced", "handler-0"),
    ],
)
@pytest.mark.parametrize(
    ("code", "counts"), [("worker-died", False), ("worker-silent", False), ("not-steady", True)]
)
def test_what_nobody_was_left_to_carry_on_is_excused(
    load: Workload, word: str, role: str, code: str, counts: bool
) -> None:
    """The worker between a state and its event was lost; it would have come again."""
    made = replace(CELL, workload=load)
    sound = trial_of(CELL, 1, 10.0)
    ledger = dict.fromkeys(entries(made.cast), 0) | {word: 3}
    finding = Finding(level=Level.INVALID, code=code, text="so", role=role)
    record = replace(sound.record, cast=made.cast, ledger=ledger, findings=(finding,))
    cell = with_trials(made, [replace(sound, record=record)])

    assert bool(shortfalls.total([cell], word)) is counts


def noting(word: str) -> Cell:
    """The cell, where a count is told and no fault."""
    cell = runs.cell("two")
    parts = tuple(
        replace(
            part,
            entries=tuple(
                replace(each, weight=Weight.NOTED, check="") if each.name == word else each
                for each in part.entries
            ),
        )
        for part in cell.cast.parts
    )
    cell.__dict__["cast"] = replace(cell.cast, parts=parts)  # kept with the cell when it is asked
    return cell


def test_what_is_no_fault_of_one_cell_is_not_counted_beside_another_of_which_it_is() -> None:
    """Of a cache that reads may be stale, of who asks the server itself they may not."""
    strict, lax = CELL, noting("refused")
    cells = [
        with_trials(strict, [counting(trial_of(strict, 1, 10.0), refused=2)]),
        with_trials(lax, [counting(trial_of(lax, 1, 10.0), refused=500)]),
    ]

    assert shortfalls.of_cells(cells) == {"refused": 2}
    assert shortfalls.of_cells(cells[1:]) == {}
