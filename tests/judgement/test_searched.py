"""What a run that sought capacities is judged to say: never more than soaks bore out."""

import math
from dataclasses import replace

import pytest

from bench.analysis.figures import Limit, RunFigures
from bench.core.marks import State
from bench.core.text import THIN
from bench.judgement.capacities import LAG_SLOPE, most
from bench.judgement.judge import judge
from bench.judgement.summary import summarised
from bench.plan.model import Purpose, Step, VariantName
from bench.plan.order import further
from bench.plan.seeking import search_of
from bench.seek.bracket import Ending, Said
from bench.seek.words import rate
from tests.judgement.searching import HANDLERS, Truth, capacity_of, judged, run_of

CAPACITY = Truth(capacity_per_s=1300)
TWICE = Truth(capacity_per_s=2600)
ENDLESS = Truth(capacity_per_s=math.inf)
SMALL_HOST = Truth(capacity_per_s=math.inf, offered_per_s=3000)
NONE = Truth(capacity_per_s=10)
BLIND = Truth(capacity_per_s=10, offered_per_s=1)
UNSOAKED = Truth(capacity_per_s=1300, soaked_per_s=1)
BROKEN_OFF = Truth(capacity_per_s=1300, most=4)

STATES = {
    "capacity": (CAPACITY, State.HOLDS, Ending.CONFIRMED),
    "endless": (ENDLESS, State.DOUBTFUL, Ending.AT_LEAST),
    "small-host": (SMALL_HOST, State.DOUBTFUL, Ending.AT_LEAST),
    "none": (NONE, State.FAILS, Ending.BELOW),
    "blind": (BLIND, State.DOUBTFUL, Ending.NOT_TOLD),
    "unsoaked": (UNSOAKED, State.DOUBTFUL, Ending.UNCONFIRMED),
}


@pytest.mark.parametrize("name", STATES)
def test_a_search_is_judged_by_what_soaks_bore_out(name: str) -> None:
    truth, state, ending = STATES[name]
    found = judged({"one": truth})

    assert (found.state, found.capacities[0].state) == (state, state)
    assert found.capacities[0].ending is ending


@pytest.mark.parametrize("truth", [CAPACITY, TWICE, replace(CAPACITY, soaked_per_s=1250)])
def test_what_is_confirmed_lies_no_higher_than_the_truth(truth: Truth) -> None:
    found = capacity_of(truth)
    assert found.confirmed_per_s is not None
    assert found.above_per_s is not None

    limit = truth.soaked_per_s or truth.capacity_per_s
    assert 0.9 * limit < found.confirmed_per_s <= limit < found.above_per_s


def test_the_headline_names_goal_rate_and_the_first_that_is_not_sure() -> None:
    found = judged({"one": CAPACITY})

    assert found.headline == (
        f"Holds end_to_end_p99 < 20ms to 1{THIN}288 msg/s (not surely at 1{THIN}316)"
    )
    assert f"First to break: end_to_end_p99 < 20ms at 1{THIN}316 msg/s: 50.0 ms" in found.subline
    assert "Handler-limited." in found.subline


def test_what_limits_it_is_told_with_its_knob_in_place_of_whether_it_keeps_up() -> None:
    box = judged({"one": CAPACITY}).boxes.keeps_up

    assert (box.asks, box.word) == ("What limits it", "Handler-limited")
    assert "turn consume.workers" in box.text


def test_where_no_part_is_full_no_limit_is_told() -> None:
    def free(figures: RunFigures) -> RunFigures:
        return _each_trial(figures, diagnoses=())

    found = judged({"one": CAPACITY}, changed=free)

    assert found.boxes.keeps_up.state is State.UNKNOWN
    assert Limit.HANDLER not in found.subline.lower()


def test_the_same_without_the_soaks_confirms_nothing() -> None:
    """A run that was broken off says what probes met, and no capacity."""
    found = judged({"one": BROKEN_OFF})

    assert found.state is State.DOUBTFUL
    assert found.headline.startswith("Nothing is confirmed so far: a probe met")
    assert found.boxes.sure.word == "Not sought to the end"
    assert found.capacities[0].told == "nothing confirmed so far"
    assert found.boxes.failed.state is State.DOUBTFUL
    assert any("jetbench capacity --resume made-up-1" in each.text for each in found.notices)


def test_soaks_without_a_record_leave_a_choice_and_confirm_nothing_to_the_end() -> None:
    """Whoever takes away the five that missed would confirm by the other five."""

    def robbed(figures: RunFigures) -> RunFigures:
        soak = next(s for s in _steps(figures) if s.purpose is Purpose.SOAK)
        more = further(figures.plan, [figures.plan.cell(soak.cell_id)], blocks=5)
        return replace(figures, plan=more, missing=tuple(t.id for t in more.trials[-5:]))

    found = judged({"one": CAPACITY, "two": CAPACITY}, changed=robbed)

    one, two = found.capacities
    assert (one.over, one.state) == (False, State.DOUBTFUL)
    assert (two.over, two.state) == (True, State.HOLDS)
    assert "so far: not sought to the end" in one.holds
    assert one.told.endswith(" msg/s so far")
    assert found.state is State.DOUBTFUL
    assert most((one, replace(two, missed_per_s=1.0))) is None


def test_what_soaks_do_not_bear_out_is_no_more_told_by_a_probe_that_met_it() -> None:
    probes = len([s for s in capacity_of(UNSOAKED).steps if s.purpose is not Purpose.SOAK])
    found = judged({"one": replace(UNSOAKED, most=probes + 2)})

    assert found.headline.startswith("Nothing is confirmed so far: soaks at")
    assert found.state is State.DOUBTFUL


def test_a_search_before_its_first_trial_tells_nothing_and_has_a_page() -> None:
    found = judged({"one": Truth(capacity_per_s=1300, most=0)})

    assert found.headline == "Nothing can be told so far: not sought to the end"
    assert found.state is State.DOUBTFUL
    assert found.capacities[0].steps == ()


def test_what_the_host_could_not_offer_is_no_limit_of_the_server() -> None:
    found = judged({"one": SMALL_HOST})

    assert "could not be offered on this host" in found.headline
    assert found.boxes.sure.word == "A lower bound"
    assert (found.boxes.failed.state, found.boxes.failed.word) == (
        State.DOUBTFUL,
        "2 looks not offered",
    )
    assert any(each.word == "2 looks not offered" for each in found.notices)
    assert found.capacities[0].missed_per_s is None


def test_a_range_that_is_met_throughout_is_a_lower_bound() -> None:
    found = judged({"one": ENDLESS})

    assert f"10{THIN}000 msg/s at least, the highest rate that was sought" in found.headline


def test_a_lowest_rate_that_misses_fails_and_is_what_failed() -> None:
    found = judged({"one": NONE})

    assert found.headline.startswith("Misses end_to_end_p99 < 20ms at 100 msg/s, the lowest rate")
    assert found.boxes.failed.state is State.FAILS


def test_soaks_that_bear_out_nothing_are_what_failed() -> None:
    box = judged({"one": UNSOAKED}).boxes.failed

    assert (box.state, box.word) == (
        State.DOUBTFUL,
        "Soaks of one bore out nothing that probes met",
    )


def test_losses_beyond_the_capacity_are_told() -> None:
    found = judged({"one": replace(CAPACITY, lost=3)})

    (notice,) = (each for each in found.notices if each.word == "Messages fell short")
    assert "24 messages lost" in notice.text
    assert "lost" in found.boxes.failed.text


def test_a_probe_that_missed_below_what_is_confirmed_is_not_passed_over() -> None:
    found = judged({"one": replace(CAPACITY, hiccups=(100.0,))})

    assert found.state is State.HOLDS
    assert found.boxes.failed.state is State.DOUBTFUL
    assert "missed at 100 msg/s, within what is confirmed" in found.boxes.failed.word.lower()


def test_a_miss_below_what_met_the_goals_is_not_what_breaks_first() -> None:
    """Else the sentence blames a hiccup, and the goals' table beside it another rate."""
    (found,) = judged({"one": replace(CAPACITY, hiccups=(100.0,), most=6)}).capacities

    (missed,) = {each.missed_per_s for each in found.apart} - {None}
    assert missed is not None
    assert missed > 100
    assert f"at {rate(missed)}" in found.breaks


def test_the_one_whose_interval_lies_above_all_others_carries_most() -> None:
    found = judged({"one": CAPACITY, "two": TWICE, "none": NONE})

    assert found.headline.startswith("Most is carried by two: it holds")
    assert found.boxes.choose.word == "two"
    assert found.boxes.failed.word == "1 of 3 variants misses the goals at the lowest rate"


@pytest.mark.parametrize("other", [1300.0, 1310.0, 1320.0])
def test_of_intervals_that_touch_none_carries_most(other: float) -> None:
    found = judged({"one": CAPACITY, "two": Truth(capacity_per_s=other)})

    assert most(found.capacities) is None
    assert found.headline.startswith("Which carries more cannot be told: ")
    assert found.boxes.choose.word == "Cannot be told"


@pytest.mark.parametrize("other", [SMALL_HOST, BLIND, BROKEN_OFF])
def test_nothing_carries_more_than_what_was_not_seen_to_miss(other: Truth) -> None:
    larger = Truth(capacity_per_s=5000)

    assert most(judged({"one": larger, "two": other}).capacities) is None


def test_what_may_yet_be_met_is_no_miss() -> None:
    """Soaks that cannot tell bound what is confirmed, and not what the other one carries."""
    one, two = judged({"one": CAPACITY, "two": TWICE}).capacities

    assert most((one, two)) is two
    assert most((replace(one, missed_per_s=None), two)) is None
    assert most((replace(one, missed_per_s=two.confirmed_per_s), two)) is None
    assert most((one, replace(two, over=False))) is None


def test_one_that_is_not_told_makes_the_whole_doubtful() -> None:
    least = judged({"one": CAPACITY, "two": SMALL_HOST})

    assert least.state is State.DOUBTFUL
    assert least.boxes.sure.word == "A lower bound of 1 of 2 variants"
    assert judged({"one": CAPACITY, "two": NONE}).state is State.HOLDS
    assert judged({"one": NONE, "two": NONE}).state is State.FAILS


def test_steps_rise_and_carry_their_figures() -> None:
    found = capacity_of(CAPACITY)
    soak = next(step for step in found.steps if step.purpose is Purpose.SOAK)

    assert [s.rate_per_s for s in found.steps] == sorted(s.rate_per_s for s in found.steps)
    assert (soak.trials, soak.valid, soak.said) == (5, 5, Said.MET)
    figure = soak.figures["end_to_end_ns_p99"]
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < 10e6 < figure.high
    assert all(LAG_SLOPE in step.figures for step in found.steps)
    assert found.roles == ("server", "publisher", "consumer")


def test_what_is_no_evidence_has_no_figure() -> None:
    (step, *_) = capacity_of(BLIND).steps

    assert (step.said, step.valid, dict(step.figures)) == (Said.NOT_OFFERED, 0, {})


def test_the_goal_that_breaks_is_drawn_on_top_and_each_figure_once() -> None:
    goals = ("end_to_end_p50 < 1s", "end_to_end_p99 < 20ms", "lost == 0")
    found = capacity_of(CAPACITY, goals=goals)

    keys = [curve.metric.key for curve in found.curves]
    assert keys == ["end_to_end_ns_p99", "end_to_end_ns_p50"]
    assert found.curves[0].rule == "end_to_end_p99 < 20ms"


def test_without_a_goal_that_limits_a_figure_the_ranking_time_is_drawn() -> None:
    (curve,) = capacity_of(CAPACITY, goals=("lost == 0",)).curves

    assert (curve.metric.key, curve.limit) == ("end_to_end_ns_p99", None)


def test_the_list_of_runs_has_the_answer_and_no_trend_of_a_look() -> None:
    found = judged({"one": CAPACITY, "two": TWICE})
    short = summarised(found)

    assert short.outcome == f"✓ {found.headline}"
    assert (short.cells, short.doubts) == ((), ())
    assert [name for name, _ in short.sentences] == ["pull-batch/one", "pull-batch/two"]


def test_a_run_that_seeks_nothing_has_no_capacities() -> None:
    figures = run_of({"one": CAPACITY})

    assert judge(replace(figures, plan=replace(figures.plan, search=None))).capacities == ()


def test_checks_look_at_what_met_the_goals_alone() -> None:
    """What gets more than it takes is unsteady: that was sought."""
    found = judged({"one": CAPACITY})

    assert found.checks[0].name == "Soaks"
    assert found.checks[0].state is State.HOLDS
    assert judged({"one": UNSOAKED}).checks[0].state is State.DOUBTFUL


def _steps(figures: RunFigures) -> tuple[Step, ...]:
    assert figures.plan.search is not None
    return figures.plan.search.steps


def _each_trial(figures: RunFigures, **changes: object) -> RunFigures:
    return replace(
        figures,
        workloads=tuple(
            replace(
                work,
                cells=tuple(
                    replace(
                        cell,
                        trials=tuple(replace(t, **changes) for t in cell.trials),  # type: ignore[arg-type]
                    )
                    for cell in work.cells
                ),
            )
            for work in figures.workloads
        ),
    )


def test_variants_that_come_to_one_setting_are_all_named() -> None:
    """Who asked about the second finds it in the sentence, and not under another's name."""
    figures = run_of({"one": CAPACITY})
    search = search_of(figures.plan)
    (base,) = search.bases
    twins = (*base.variants, VariantName(config="other", variant="twin"))
    both = replace(search, bases=(replace(base, variants=twins),))

    (found,) = judge(replace(figures, plan=replace(figures.plan, search=both))).capacities

    assert found.variant == "pull-batch/one and other/twin"
    assert found.short == "one and twin"


BOTH = ("end_to_end_p99 < 20ms", "server_cpu_mean < 9%")


@pytest.mark.parametrize(
    ("p99_per_s", "cpu_per_s", "first"),
    [(1300.0, 900.0, "server_cpu_mean < 9%"), (700.0, 900.0, "end_to_end_p99 < 20ms")],
)
def test_of_several_goals_the_rate_is_that_at_which_all_are_met(
    p99_per_s: float, cpu_per_s: float, first: str
) -> None:
    """They are sought in one pass, and where each breaks is told as far as looks saw it."""
    truth = Truth(capacity_per_s=p99_per_s, cpu_per_s=cpu_per_s)

    found = capacity_of(truth, goals=BOTH)

    least = min(p99_per_s, cpu_per_s)
    assert (found.over, found.ending) == (True, Ending.CONFIRMED)
    assert found.confirmed_per_s is not None
    assert 0.95 * least <= found.confirmed_per_s <= least
    assert found.breaks.startswith(f"First to break: {first}")
    never = math.inf  # as far as was tried
    apart = {each.rule: (each.met_per_s or 0, each.missed_per_s or never) for each in found.apart}
    assert apart["end_to_end_p99 < 20ms"][0] <= p99_per_s < apart["end_to_end_p99 < 20ms"][1]
    assert apart["server_cpu_mean < 9%"][0] < cpu_per_s <= apart["server_cpu_mean < 9%"][1]
    assert found.apart[0].rule == first
    assert "missed from" in found.parted


def test_a_goal_alone_is_not_told_apart() -> None:
    """But a rule that nobody wrote and that breaks is one, too."""
    assert capacity_of(ENDLESS).parted == ""
    rules = {each.rule for each in capacity_of(CAPACITY).apart}
    assert rules == {"end_to_end_p99 < 20ms", "lag.verdict != growing"}


def test_parts_that_are_limited_alike_are_told_once() -> None:
    """Of four consumers three would say the same again, figures and knob."""

    def fourfold(figures: RunFigures) -> RunFigures:
        each = tuple(replace(HANDLERS, part=f"reader_{n}") for n in range(4))
        return _each_trial(figures, diagnoses=each)

    (found,) = judged({"one": CAPACITY}, changed=fourfold).capacities

    assert found.limits.count("all workers were busy") == 1
    assert "reader_0: handler-limited: " in found.limits
    assert found.limits.endswith("likewise reader_1, reader_2 and reader_3.")
