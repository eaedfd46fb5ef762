"""Plans over searches of known truth: never kinder than what is confirmed, and why."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analysis.figures import RunFigures
from bench.core.marks import State
from bench.judgement import serial
from bench.judgement.judge import judge
from bench.judgement.outlook import Known, VariantOutlook
from bench.plan.model import VariantName
from bench.record.storage import Storage
from bench.spec.capacity_plan import CapacityPlan
from bench.spec.variant import Settings
from tests.judgement.planning import (
    judged_plan,
    outlook,
    outlook_of,
    plan_of,
    planned_run,
    stored_of,
    unstored_of,
)
from tests.judgement.searching import Truth, run_of

TRUTH = Truth(capacity_per_s=1300)
"""1 288 are confirmed and 1 316 missed; 400 that double need 1 000 with a fifth free."""

AT_LEAST = Truth(capacity_per_s=1e9, offered_per_s=1500)
BELOW = Truth(capacity_per_s=50)
UNCONFIRMED = Truth(capacity_per_s=1300, soaked_per_s=1)
UNFINISHED = Truth(capacity_per_s=1300, most=6)


def figure(found: VariantOutlook, what: str) -> tuple[str, str]:
    """What a result comes to, today and at the end."""
    (result,) = (each for each in found.results if each.what.startswith(what))
    return result.today.replace("\N{NARROW NO-BREAK SPACE}", ""), result.planned.replace(
        "\N{NARROW NO-BREAK SPACE}", ""
    )


def given_as(found: VariantOutlook, what: str) -> tuple[str, Known]:
    (one,) = (each for each in found.given if each.what == what)
    return one.figure.replace("\N{NARROW NO-BREAK SPACE}", ""), one.known


@pytest.mark.parametrize(
    ("truth", "today", "state"),
    [
        (TRUTH, "400/s", State.HOLDS),  # 800 at the end need 1000
        (TRUTH, "515/s", State.HOLDS),  # 1030 are 80 % of 1288
        (TRUTH, "516/s", State.DOUBTFUL),  # 1032 are more, and not more than 80 % of 1316
        (TRUTH, "527/s", State.FAILS),  # 1054 are more than that, too
        (AT_LEAST, "400/s", State.HOLDS),
        (AT_LEAST, "900/s", State.DOUBTFUL),  # nobody knows what it carries beyond 1500
        (BELOW, "1/s", State.DOUBTFUL),  # it misses 100, and nobody looked below
        (BELOW, "400/s", State.FAILS),
        (UNCONFIRMED, "20/s", State.DOUBTFUL),
        (UNFINISHED, "20/s", State.DOUBTFUL),
        (UNFINISHED, "5000/s", State.DOUBTFUL),
    ],
    ids=str,
)
def test_a_plan_holds_by_what_is_confirmed_and_fails_by_what_is_missed(
    truth: Truth, today: str, state: State
) -> None:
    found = outlook_of(truth, plan_of(today=today))

    assert found.state is state, found.sentence
    said = {State.HOLDS: "the plan holds", State.FAILS: "the plan does not hold"}
    assert found.sentence.startswith(said.get(state, "whether the plan holds cannot be told"))


def test_the_load_that_counts_is_the_highest_and_at_peak() -> None:
    """400 that shrink fit today or never; 400 with a peak of 3 are 1 200 already."""
    assert outlook_of(TRUTH, plan_of(growth="-50%/year")).state is State.HOLDS
    assert outlook_of(TRUTH, plan_of(growth="-50%/year", today="1200/s")).state is State.FAILS
    assert outlook_of(TRUTH, plan_of(growth="0%/year", peak_factor=3)).state is State.FAILS


def test_without_a_headroom_the_capacity_is_the_limit() -> None:
    plan = plan_of(headroom=None, today="640/s")

    found = outlook_of(TRUTH, plan)

    assert found.state is State.HOLDS
    assert "free" not in found.sentence
    assert found.loads.limit_per_s is None


def with_replicas(replicas: int, plan_replicas: int | None, today: str) -> VariantOutlook:
    """A stream of so many replicas that was measured, and one that is planned."""
    return with_stream(plan_of(replicas=plan_replicas, today=today), num_replicas=replicas)


def with_stream(plan: CapacityPlan, **keys: object) -> VariantOutlook:
    """A plan over a stream that was measured so."""
    stream = Settings().stream.model_copy(update=keys)
    return with_settings(plan, Settings().model_copy(update={"stream": stream}))


def with_settings(plan: CapacityPlan, own: Settings, **options: Any) -> VariantOutlook:
    """A plan over a variant of such settings."""

    def changed(figures: RunFigures) -> RunFigures:
        search = figures.plan.search
        assert search is not None
        bases = tuple(replace(base, settings=own) for base in search.bases)
        return replace(figures, plan=replace(figures.plan, search=replace(search, bases=bases)))

    (found,) = outlook({"one": TRUTH}, plan, changed=changed, **options).each
    return found


def test_a_queue_that_empties_keeps_less_and_that_is_said() -> None:
    said = [with_stream(plan_of(), retention=each).notes for each in ("limits", "workqueue")]

    assert [any("when they are acknowledged" in note for note in notes) for notes in said] == [
        False,
        True,
    ]


def test_the_compression_of_the_variant_is_what_is_reckoned_with() -> None:
    """A quarter of 1 000 bytes on the disk, and all of them by the server's count."""
    plain, s2 = (with_stream(plan_of(), compression=each) for each in ("none", "s2"))

    assert figure(plain, "Stored a day")[0] == "32.2 GiB"
    assert figure(s2, "Stored a day")[0] == "8.05 GiB"
    assert figure(plain, "100GiB are full") == figure(s2, "100GiB are full")


@pytest.mark.parametrize(
    ("measured", "planned", "today", "state"),
    [
        (1, 1, "400/s", State.HOLDS),
        (1, None, "400/s", State.HOLDS),
        (1, 3, "400/s", State.DOUBTFUL),
        (1, 3, "900/s", State.FAILS),
        (3, 1, "400/s", State.HOLDS),
        (3, 1, "900/s", State.DOUBTFUL),
    ],
)
def test_more_replicas_than_were_measured_are_not_taken_for_free(
    measured: int, planned: int | None, today: str, state: State
) -> None:
    found = with_replicas(measured, planned, today)

    assert found.state is state
    assert ("replicas are planned" in found.sentence) is (state is State.DOUBTFUL)


@pytest.mark.parametrize("growth", ["0%/year", "50%/year"])
def test_when_headroom_is_used_up_is_no_surer_than_what_was_measured(growth: str) -> None:
    """One replica says nothing of how soon three are too slow."""
    each = (with_stream(plan_of(growth=growth, replicas=n), num_replicas=1) for n in (1, 3))

    sure, unsure = (" ".join(found.notes) for found in each)

    assert "used up" in sure
    assert "if what was measured carries over" not in sure
    assert "if what was measured carries over." in unsure


def test_replicas_multiply_what_is_on_disk_and_not_what_max_bytes_counts() -> None:
    """A thousand bytes, 400 a second, a day: 34.56 GB are 32.2 GiB, 3 times that 96.6."""
    one, three = with_replicas(1, 1, "400/s"), with_replicas(3, None, "400/s")

    assert figure(one, "Stored a day")[0] == "32.2 GiB"
    assert figure(three, "Stored a day")[0] == "96.6 GiB"
    assert figure(one, "100GiB are full")[0] == figure(three, "100GiB are full")[0] == "3.11 days"
    assert given_as(three, "On disk, 3 replicas") == ("3000 B", Known.COMPUTED)


def test_every_figure_says_how_it_is_known() -> None:
    found = outlook_of(TRUTH, plan_of())

    assert given_as(found, "Capacity") == ("1288 msg/s", Known.MEASURED)
    assert given_as(found, "Missed at") == ("1316 msg/s", Known.MEASURED)
    assert given_as(found, "Bytes of a message in the stream") == ("1000 B", Known.MEASURED)
    assert given_as(found, "On disk, one replica, s2") == ("250 B", Known.MEASURED)
    assert given_as(found, "Growth") == ("100%/year", Known.ASSUMED)
    assert given_as(found, "To stay free at peak") == ("20 %", Known.ASSUMED)
    assert all(each.how for each in found.results)
    assert all(each.source for each in found.given)


def test_a_compression_that_nobody_saw_is_assumed_to_make_nothing_smaller() -> None:
    def all_open(figures: RunFigures) -> Storage:
        found = stored_of(figures)
        opened = [
            replace(each, open_bytes=each.stream_bytes, disk_bytes=0) for each in found.stored
        ]
        return replace(found, stored=tuple(opened))

    found = outlook_of(TRUTH, plan_of(), storage=all_open)

    assert given_as(found, "On disk, one replica, s2") == ("1000 B", Known.ASSUMED)


def test_what_is_kept_beside_the_stream_is_said_not_to_be_in_it() -> None:
    """Letters take room that nobody laid; without a figure of storage there is nothing to say."""
    letters = Settings.model_validate({"failure": {"dead_letters": True}})
    plain = with_settings(plan_of(), Settings())
    found = with_settings(plan_of(), letters)
    nothing = with_settings(plan_of(), letters, storage=lambda _: None)

    said = [any("beside it" in note for note in each.notes) for each in (plain, found, nothing)]
    assert said == [False, True, False]


def test_servers_of_several_replicas_are_counted_by_what_all_of_them_carry() -> None:
    """1 300 at the end are above 1 030: two streams, of three servers each."""
    one, three = with_replicas(1, 1, "650/s"), with_replicas(3, None, "650/s")

    assert figure(one, "Servers") == ("1", "2")
    assert figure(three, "Servers") == ("3", "6")


def test_headroom_crossing_and_backlog_are_what_they_are_by_hand() -> None:
    """1 − 400 ÷ 1 288 = 68.9 %; 1 030 are reached after 12 · log2(2.576) = 16.4 months.

    An hour of 400 a second is 1 440 000, beside them 888 are left: 27.0 minutes; at 800 a second
    2 880 000 ÷ 488 = 98.4 minutes.
    """
    found = outlook_of(TRUTH, plan_of())

    assert figure(found, "Headroom at peak") == ("68.9 %", "37.9 %")
    assert figure(found, "Headroom is used up")[1] == "May 2027"
    assert figure(found, "Backlog of 1h is drained beside the load on") == ("27.0 min", "98.4 min")
    assert found.loads.crossing is None
    assert "beyond the plan" in " ".join(found.notes)


def test_a_crossing_within_the_plan_is_drawn_where_it_is() -> None:
    """1 030 from 600: 12 · log2(1.717) = 9.36 months after January 2026."""
    crossing = outlook_of(TRUTH, plan_of(today="600/s")).loads.crossing

    assert crossing is not None
    assert crossing.month == pytest.approx(9.36, abs=0.02)
    assert crossing.when == "Oct 2026"


def test_what_is_at_least_is_said_so() -> None:
    found = outlook_of(AT_LEAST, plan_of())

    assert figure(found, "Headroom at peak")[0].startswith("at least ")
    assert figure(found, "Headroom is used up")[1].startswith("not before ")
    assert figure(found, "Backlog of 1h is drained beside the load on")[0].startswith("at most ")


def test_a_backlog_that_leaves_nothing_is_never_drained() -> None:
    """1 400 a second surely miss; 1 300 lie between what is confirmed and what misses."""
    for today, said in (("1400/s", "never"), ("1300/s", "not surely ever")):
        found = outlook_of(TRUTH, plan_of(growth="0%/year", today=today))
        assert figure(found, "Backlog of 1h is drained beside the load on")[0] == said


def test_max_bytes_before_max_age_is_a_doubt_and_no_broken_goal() -> None:
    found = outlook_of(TRUTH, plan_of(retention={"max_age": "7d", "max_bytes": "100GiB"}))

    (full,) = (each for each in found.results if "full after" in each.what)
    assert (full.today_state, full.planned_state) == (State.DOUBTFUL, State.DOUBTFUL)
    assert found.state is State.HOLDS
    assert any("max_bytes is full before max_age" in note for note in found.notes)


def test_what_was_not_laid_has_no_figure_and_a_reason() -> None:
    found = outlook_of(TRUTH, plan_of(), storage=unstored_of)
    nothing = outlook_of(TRUTH, plan_of(), storage=lambda _: None)

    for each, why in ((found, "several streams"), (nothing, "--resume")):
        assert given_as(each, "Bytes of a message") == ("n/a", Known.UNTOLD)
        assert any(why in one.source for one in each.given)
        assert not any("disk" in result.what for result in each.results)
        assert each.kept is None
        assert each.state is State.HOLDS


def test_one_variant_that_holds_is_enough_and_none_fails_all() -> None:
    truths = {"small": Truth(capacity_per_s=300), "large": TRUTH}

    assert outlook(truths, plan_of()).state is State.HOLDS
    assert "large" in outlook(truths, plan_of()).headline
    assert outlook(truths, plan_of(today="900/s")).state is State.FAILS
    assert outlook(truths, plan_of(today="516/s")).state is State.DOUBTFUL
    for today in ("516/s", "900/s"):
        said = outlook(truths, plan_of(today=today)).headline
        assert ": with large its peak of" in said


def test_a_plan_for_one_variant_says_nothing_of_the_others() -> None:
    truths = {"small": Truth(capacity_per_s=300), "large": TRUTH}

    found = outlook(truths, plan_of(variants=["pull-batch/small"]))

    assert [each.variant for each in found.each] == ["pull-batch/small"]
    assert found.state is State.FAILS


def test_a_plan_may_name_any_of_the_variants_that_come_to_the_same_settings() -> None:
    def shared(figures: RunFigures) -> RunFigures:
        search = figures.plan.search
        assert search is not None
        bases = tuple(
            replace(base, variants=(*base.variants, VariantName(config="other", variant="alias")))
            for base in search.bases
        )
        return replace(figures, plan=replace(figures.plan, search=replace(search, bases=bases)))

    found = outlook_of(TRUTH, plan_of(variants=["other/alias"]), changed=shared)

    assert found.state is State.HOLDS


def test_the_plan_stands_above_all_else_and_the_capacity_below_it() -> None:
    found = judged_plan({"one": TRUTH}, plan_of())

    assert found.state is State.HOLDS
    assert found.headline.startswith("The plan holds: its peak of 800 msg/s in Jan 2027 needs")
    assert "Holds end_to_end_p99 < 20ms to" in found.subline
    assert serial.as_json(found)["plan"]["state"] is State.HOLDS
    assert "plan" not in serial.as_json(judge(run_of({"one": TRUTH})))


def test_trials_that_may_not_be_relied_on_bear_out_no_plan() -> None:
    def missing(figures: RunFigures) -> RunFigures:
        return replace(figures, missing=(figures.plan.trials[-1].id,))

    (found,) = outlook({"one": TRUTH}, plan_of(), changed=missing).each

    assert found.state is State.DOUBTFUL
    assert "not over" in found.sentence


def test_a_plan_over_a_run_without_a_search_is_passed_over() -> None:
    run = planned_run({"one": TRUTH}, plan_of())
    plain = replace(run, plan=replace(run.plan, search=None))

    assert judge(plain).outlook is None


@settings(max_examples=40, deadline=None)
@given(
    capacity=st.integers(60, 9000),
    offered=st.integers(60, 12_000),
    today=st.integers(1, 12_000),
    headroom=st.sampled_from([None, "1%", "20%", "90%"]),
)
def test_a_plan_that_holds_or_fails_does_so_in_truth(
    capacity: int, offered: int, today: int, headroom: str | None
) -> None:
    """Whatever is so, and whatever this host can offer: only what is unsure may be wrong."""
    truth = Truth(capacity_per_s=capacity, offered_per_s=offered)
    plan = plan_of(today=f"{today}/s", growth="0%/year", headroom=headroom)

    state = outlook_of(truth, plan).state

    left = today <= capacity * (1 - (plan.headroom or 0.0)) * (1 + 1e-6)
    assert state is not State.HOLDS or left
    assert state is not State.FAILS or not left


def test_of_a_server_elsewhere_nobody_is_told_to_lay_messages() -> None:
    def elsewhere(figures: RunFigures) -> RunFigures:
        there = replace(figures.environment, server="nats://there:4222")
        return replace(figures, environment=there)

    found = outlook_of(TRUTH, plan_of(), storage=lambda _: None, changed=elsewhere)

    said = [one.source for one in found.given if one.what == "Bytes of a message"]
    assert "cannot be seen" in said[0]
