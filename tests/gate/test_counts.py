"""Rules about counts of the ledger, and the trials that count; 14 000 messages are planned."""

import pytest

from bench.analysis.figures import TrialFigures
from bench.gate.rules import Case, Look, look
from bench.spec.criteria import parse_criterion
from bench.stats.compare import Verdict
from tests.analysis import runs
from tests.gate.figures import counting, spoilt, trial_of, with_trials

CELL = runs.cell("new")
NINE = {
    "lost": {"lost": 9},
    "refused": {"refused": 9},
    "unconfirmed": {"unconfirmed": 9},
    "not_sent": {"published": 13_991},
}
"""A ledger in which nine messages fell short so."""

SOUND = tuple(trial_of(CELL, block, 10.0) for block in range(1, 6))


def judged(rule: str, *trials: TrialFigures) -> Look:
    """What a rule says about one cell with these trials."""
    candidate = with_trials(CELL, trials)
    return look(Case(workload="w", rule=parse_criterion(rule), candidate=candidate, baseline=None))


@pytest.mark.parametrize(
    ("word", "counts"),
    [
        ("lost", {"lost": 1}),
        ("refused", {"refused": 1}),
        ("unconfirmed", {"unconfirmed": 1}),
        ("not_sent", {"published": 13_999}),  # of 14 000 planned
    ],
)
def test_one_message_that_fell_short_breaks_its_rule(word: str, counts: dict[str, int]) -> None:
    """A work queue that refuses half of what it is offered must not be recommended for its p99."""
    found = judged(f"{word} == 0", *SOUND[1:], counting(SOUND[0], **counts))

    assert found.verdict is Verdict.FAIL
    assert "broken in 1 of 5 trials" in found.reason


@pytest.mark.parametrize(("refused", "said"), [(14, Verdict.PASS), (15, Verdict.FAIL)])
def test_a_rule_may_allow_a_share_of_the_planned_messages(refused: int, said: Verdict) -> None:
    """14 of 14 000 are 0.1 %: who allows that much shall have it, and no message more."""
    assert (
        judged("refused <= 0.1%", *SOUND[1:], counting(SOUND[0], refused=refused)).verdict is said
    )


@pytest.mark.parametrize("code", ["cpu-steal", "not-steady", "counts-disagree"])
@pytest.mark.parametrize("word", ["lost", "refused"])
def test_losses_and_refusals_of_an_invalid_trial_count(word: str, code: str) -> None:
    """Neither a stolen core nor an unsteady window makes a server lose what it had confirmed."""
    found = judged(
        f"{word} == 0", *SOUND, spoilt(counting(trial_of(CELL, 6, 10.0), **{word: 3}), code)
    )

    assert found.verdict is Verdict.FAIL
    assert found.reason == f"broken in 1 of 6 trials; {word} 3 (0.0214 %) in 006-new"


@pytest.mark.parametrize(
    ("word", "code", "role"),
    [
        ("not_sent", "broken-off", ""),
        ("not_sent", "broken-off", "consumer-0"),  # whoever breaks off, nobody goes on
        ("not_sent", "worker-died", "sampler"),
        ("not_sent", "generator-saturated", "publisher-1"),
        ("not_sent", "window-too-small", "publisher-0"),
        ("not_sent", "connection-fault", "publisher-0"),
        ("unconfirmed", "connection-fault", "publisher-0"),
        ("unconfirmed", "worker-silent", "publisher-0"),
        ("unconfirmed", "worker-died", "consumer-0"),
        ("refused", "server-ended", "server"),
        ("lost", "worker-died", "consumer-1"),  # whose account of what it received is gone
        ("lost", "worker-silent", "consumer-0"),
    ],
)
def test_what_made_a_trial_invalid_excuses_what_it_explains(
    word: str, code: str, role: str
) -> None:
    """A trial that broke off sent less because it broke off: it says nothing of the variant."""
    broken_off = spoilt(counting(trial_of(CELL, 6, 10.0), **NINE[word]), code, role)

    assert judged(f"{word} == 0", *SOUND, broken_off).verdict is Verdict.PASS


@pytest.mark.parametrize("role", ["consumer-0", "sampler", "conductor", "server", ""])
@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("not_sent", "connection-fault"),
        ("not_sent", "worker-silent"),
        ("not_sent", "generator-saturated"),
        ("unconfirmed", "connection-fault"),
        ("unconfirmed", "worker-silent"),
    ],
)
def test_what_befell_somebody_else_excuses_no_publisher(word: str, code: str, role: str) -> None:
    """A consumer that loses its link keeps no PubAck from a publisher: that was the server.

    Without a role, as in records of older versions, nobody can tell whom it befell.
    """
    other = spoilt(counting(trial_of(CELL, 6, 10.0), **NINE[word]), code, role)

    assert judged(f"{word} == 0", *SOUND, other).verdict is Verdict.FAIL


@pytest.mark.parametrize("word", ["unconfirmed", "not_sent"])
def test_what_the_server_does_not_allow_excuses_nothing(word: str) -> None:
    """It refuses as surely as with an error PubAck, only that no answer says which message."""
    refused = spoilt(counting(trial_of(CELL, 6, 10.0), **NINE[word]), "forbidden", "publisher-0")

    assert judged(f"{word} == 0", *SOUND, refused).verdict is Verdict.FAIL


@pytest.mark.parametrize("role", ["publisher-0", "sampler", ""])
@pytest.mark.parametrize("code", ["worker-died", "worker-silent"])
def test_only_a_consumers_end_excuses_a_loss(code: str, role: str) -> None:
    """What was received is known where every consumer lived; the sampler's end hides nothing."""
    other = spoilt(counting(trial_of(CELL, 6, 10.0), lost=9), code, role)

    assert judged("lost == 0", *SOUND, other).verdict is Verdict.FAIL


def test_a_stall_that_makes_a_trial_unsteady_does_not_excuse_itself() -> None:
    """The server stopped answering, so the rate fell: the finding is the symptom, not the cause."""
    stalled = spoilt(counting(trial_of(CELL, 6, 10.0), published=9_000), "not-steady")

    assert judged("not_sent == 0", *SOUND, stalled).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("word", "counts"),
    [
        ("unconfirmed", {"unconfirmed": 64}),
        ("not_sent", {"published": 9_000}),
    ],
)
def test_a_server_that_hung_to_the_end_does_not_excuse_itself(
    word: str, counts: dict[str, int]
) -> None:
    """It answered neither the publishes nor the goodbye; the goodbye came last, and broke nothing.

    Measured again, a server that hangs in one of five trials would come out green.
    """
    hung = spoilt(counting(trial_of(CELL, 6, 10.0), **counts), "server-silent")

    assert judged(f"{word} == 0", *SOUND, hung).verdict is Verdict.FAIL


def test_repeats_of_an_invalid_trial_do_not_count() -> None:
    """A consumer that lost its core for a second is sent messages again; that is the host."""
    stolen = spoilt(counting(trial_of(CELL, 6, 10.0), redelivered=50, duplicates=50), "cpu-steal")

    assert judged("redelivered == 0", *SOUND, stolen).verdict is Verdict.PASS
    assert judged("duplicates == 0", *SOUND, stolen).verdict is Verdict.PASS


def test_a_count_that_nobody_can_tell_is_no_zero() -> None:
    """A ledger says -1 where the server could not be asked; four others do not vouch for it."""
    found = judged("lost == 0", *SOUND[1:], counting(SOUND[0], lost=-1))

    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == "nobody can tell in 1 of 5 valid trials"


def test_an_unknown_count_hides_no_known_one() -> None:
    """What one trial lost is a fact, whatever another does not know."""
    found = judged("lost == 0", counting(SOUND[0], lost=-1), counting(SOUND[1], lost=2), *SOUND[2:])

    assert found.verdict is Verdict.FAIL


def test_what_an_invalid_trial_cannot_tell_is_asked_of_the_one_that_replaces_it() -> None:
    """A trial that broke off knows no backlog; it is measured again and casts no doubt."""
    broken_off = spoilt(counting(trial_of(CELL, 6, 10.0), lost=-1), "broken-off")

    assert judged("lost == 0", *SOUND, broken_off).verdict is Verdict.PASS
