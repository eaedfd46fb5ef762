"""Whether one cell differs from another, said once for all who show it."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bench.analysis.deciding import contends, decisions, leader
from bench.analysis.decision import Decision, Told
from bench.analysis.figures import CellFigures, LagVerdict
from bench.analysis.summary import workload_figures
from bench.spec.metrics import metric_of
from bench.spec.variant import Settings
from tests.gate.figures import Blocks, counting, run_of, with_peaks, with_trials
from tests.parts import Time

P99 = "end_to_end_ns_p99"


def decided(**cells: Blocks) -> Decision:
    """What the blocks tell of cells' end-to-end p99, ms by block; ids are `small-events--…`."""
    return run_of(cells).workloads[0].decisions[P99]


def told(decision: Decision, one: str, other: str) -> Told:
    ids = {each.rpartition(".")[2]: each for each in decision.ids}
    return decision.between(ids[one], ids[other]).told


def fallen_behind(cell: CellFigures, blocks: set[int], longest_ms: float) -> CellFigures:
    """The cell with most messages of these blocks never acknowledged, and the rest this long.

    No drain waited for them: a drain's length is a longest time as well.
    """
    trials = []
    for trial in cell.trials:
        times = trial.times[Time.END_TO_END]
        if trial.record.block in blocks:
            percentiles = dict.fromkeys(times.percentiles_ns)
            times = replace(
                times, count=100, percentiles_ns=percentiles, max_ns=round(longest_ms * 1e6)
            )
        window = trial.record.window
        assert window is not None
        window = replace(window, drained_ns=window.window_end_ns)
        record = replace(trial.record, window=window)
        trials.append(replace(trial, record=record, times={Time.END_TO_END: times}))
    return with_trials(cell.cell, trials)


def test_a_small_difference_within_every_block_is_told() -> None:
    """The host drifts by a factor of two, the cells differ by 5 % in each block: pairs see it."""
    found = decided(a=(100.0, 150.0, 200.0), b=(105.0, 157.6, 210.5))

    assert told(found, "b", "a") is Told.MORE
    assert told(found, "a", "b") is Told.LESS


def test_a_large_difference_that_comes_and_goes_is_not() -> None:
    """30 % better on the mean, but worse in one block of three: chance does as much."""
    found = decided(a=(100.0, 100.0, 100.0), b=(150.0, 95.0, 145.0))

    assert told(found, "b", "a") is Told.ALIKE


def test_two_blocks_tell_nothing() -> None:
    """The quickstart has two blocks: neither yes nor no would be honest."""
    assert told(decided(a=(100.0, 100.0), b=(200.0, 200.0)), "a", "b") is Told.NOTHING


def test_blocks_that_are_not_shared_do_not_count() -> None:
    """A missing trial takes its pair out; unpaired blocks carry the host's drift."""
    one, other = run_of({"a": (1.0,) * 6, "b": (2.0,) * 6}).workloads[0].cells
    cells = (with_trials(one.cell, one.trials[:4]), with_trials(other.cell, other.trials[2:]))

    assert told(decisions(cells)[P99], "a", "b") is Told.NOTHING


def test_of_a_cell_with_too_many_invalid_trials_nothing_is_told() -> None:
    """What spoilt two of its five trials has probably touched the other three."""
    good = dict.fromkeys("acdef", (1.0, 1.1, 1.0, 1.1, 1.0))
    decisions_of = run_of({**good, "b": (None, None, 2.0, 2.0, 2.0)}).workloads[0]

    assert len(decisions_of.decisions[P99].ids) == 5


def test_of_an_invalid_workload_nothing_is_told() -> None:
    """Half of its cells are invalid by themselves: a third one is no faster for that."""
    bad = (None, None, 2.0, 2.0, 2.0)
    cells = {"a": (1.0,) * 5, "b": (2.0,) * 5, "c": bad, "d": bad}

    assert run_of(cells).workloads[0].decisions == {}


@pytest.mark.parametrize(("baseline", "told"), [("a", True), ("b", False)])
def test_without_the_baseline_that_the_plan_names_nothing_is_told(
    baseline: str, *, told: bool
) -> None:
    """One of six cells is invalid by itself: the others stand, unless all are compared with it."""
    cells = dict.fromkeys("acdef", (1.0,) * 5) | {"b": (None, None, 2.0, 2.0, 2.0)}
    changes = {"baseline": f"pull-batch/{baseline}"}

    assert bool(run_of(cells, changes=changes).workloads[0].decisions) is told


def test_equal_values_are_not_told_apart() -> None:
    """No scatter and no difference is no difference."""
    assert told(decided(a=(5.0,) * 3, b=(5.0,) * 3), "a", "b") is Told.ALIKE


def test_what_a_histogram_cannot_resolve_is_not_told_apart() -> None:
    """Three digits know nothing finer than 0.1 %, however often it comes back."""
    found = decided(a=(10.0,) * 5, b=(10.005,) * 5)

    assert told(found, "a", "b") is Told.ALIKE


def test_the_interval_of_two_cells_is_that_of_t() -> None:
    """By hand: p99 alone takes half of 10 %. Logs of 2.0, 2.2 and 2.0 have the mean ln 2.0646 and
    the standard error 0.03177; the t quantile of 97.5 % for 2 degrees of freedom is 4.303."""
    found = decided(a=(1.0, 10.0, 100.0), b=(2.0, 22.0, 200.0))

    difference = found.between(found.ids[1], found.ids[0])

    assert difference.change == pytest.approx(1.0646, abs=1e-4)
    assert difference.low == pytest.approx(2.0646 * 2.71828**-0.13670 - 1, rel=1e-3)
    assert difference.high == pytest.approx(2.0646 * 2.71828**0.13670 - 1, rel=1e-3)


def test_choosing_among_many_is_allowed_for() -> None:
    """The same two rows that are told apart alone are not when they are two of eight."""
    low, high = (10.0, 10.2, 9.9, 10.1, 10.0), (10.3, 10.25, 10.35, 10.5, 10.2)
    between = {
        f"c{n}": tuple(10.15 + (0.12 if (n * 7 + b * 5) % 3 else -0.2) for b in range(5))
        for n in range(6)
    }

    assert told(decided(low=low, high=high), "high", "low") is Told.MORE
    assert told(decided(low=low, high=high, **between), "high", "low") is Told.ALIKE


def test_more_workloads_make_each_harder_to_tell() -> None:
    """One chance in ten is that of the whole run, however much stands in it."""
    cells = {"a": (10.0, 10.1, 9.9), "b": (10.9, 10.8, 10.7)}
    (alone,) = run_of(cells).workloads
    first, _ = run_of(cells, workloads=("x", "y")).workloads

    def width(decision: Decision) -> float:
        found = decision.between(*decision.ids)
        assert found.high is not None
        assert found.low is not None
        return found.high - found.low

    assert width(first.decisions[P99]) > width(alone.decisions[P99])


P50, ACKED = "end_to_end_ns_p50", "acked_msgs_per_s"


def chance(decision: Decision) -> float:
    """Of telling two equal cells apart, from the width of the interval.

    Of 2 degrees of freedom t is s · sqrt(2 / (1 - s²)) for a chance of 1 - s; the logs of 2.0, 2.2
    and 2.0 have the standard error ln 1.1 / 3.
    """
    found = decision.between("b", "a")
    assert found.low is not None
    assert found.high is not None
    t = math.log((1 + found.high) / (1 + found.low)) / 2 / (math.log(1.1) / 3)
    return 1 - t / math.sqrt(2 + t**2)


def allowed(
    *asked: str, peaks: tuple[float, float] = (10.0, 10.0), **given: int
) -> Mapping[str, Decision]:
    """Two cells that differ by five figures: p50, p95, p99, p99.9 and the acked rate."""
    cells = run_of({"a": (1.0, 10.0, 100.0), "b": (2.0, 22.0, 200.0)}).workloads[0].cells
    made = [with_peaks(cell, [peak] * 3) for cell, peak in zip(cells, peaks, strict=True)]
    return decisions(made, asked=asked, **given)


def test_what_is_asked_for_takes_half_of_what_may_err_and_all_others_the_rest() -> None:
    """10 % of runs: 5 % are p99's alone, and the other four figures have 1.25 % each."""
    found = allowed(P99)

    assert chance(found[P99]) == pytest.approx(0.05)
    assert chance(found[P50]) == pytest.approx(0.0125)
    assert chance(found[ACKED]) == pytest.approx(0.0125)


def test_two_figures_that_are_asked_for_share_their_half() -> None:
    """2.5 % each, and three others share 5 %."""
    found = allowed(P99, ACKED)

    assert chance(found[P99]) == pytest.approx(0.025)
    assert chance(found[ACKED]) == pytest.approx(0.025)
    assert chance(found[P50]) == pytest.approx(0.05 / 3)


def test_workloads_share_what_may_err_and_one_has_it_all() -> None:
    """Of two each has 5 %, half of it for p99; of one, said or not, p99 has 5 %."""
    assert chance(allowed(P99, workloads=2)[P99]) == pytest.approx(0.025)
    assert chance(allowed(P99, workloads=2)[P50]) == pytest.approx(0.00625)
    assert chance(allowed(P99, workloads=1)[P99]) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("timing", "asked"), [("after-handler", True), ("after-validation", False)]
)
def test_a_workload_gives_its_half_to_the_time_that_it_is_ranked_by(
    timing: str, *, asked: bool
) -> None:
    """That is completion where acks come early, so all five figures that vary share a half."""
    made = run_of({"a": (1.0, 10.0, 100.0), "b": (2.0, 22.0, 200.0)})
    settings = Settings.model_validate({"ack": {"timing": timing}})
    cells = [
        with_trials(replace(cell.cell, settings=settings), cell.trials)
        for cell in made.workloads[0].cells
    ]
    plan = replace(made.plan, cells=tuple(cell.cell for cell in cells))

    found = workload_figures("small-events", cells, plan).decisions[P99]

    assert chance(found) == pytest.approx(0.05 if asked else 0.01)


@pytest.mark.parametrize(("peak", "varying"), [(10.0, 4), (9.9, 4), (9.8, 5)])
def test_a_figure_that_never_differs_by_what_it_resolves_needs_no_allowance(
    peak: float, varying: int
) -> None:
    """A peak lag is known to 1 %: beside 10 messages 9.9 are the same, and 9.8 are not."""
    found = allowed(P99, peaks=(10.0, peak))

    assert chance(found[P50]) == pytest.approx(0.05 / varying)


def test_a_difference_as_large_as_what_is_resolved_is_none() -> None:
    """It comes back in every block, so without the resolution it would be told."""
    alike, more = (allowed(P99, peaks=(10.0, peak))["lag_msgs_peak"] for peak in (9.9, 9.8))

    assert told(alike, "a", "b") is Told.ALIKE
    assert told(more, "a", "b") is Told.MORE


def test_a_cell_that_fell_behind_is_told_to_be_longer_and_never_shorter() -> None:
    """Its messages never came: a short longest time of the few that did is no merit."""
    steady, behind = run_of({"steady": (10.0,) * 5, "behind": (1.0,) * 5}).workloads[0].cells
    cells = (steady, fallen_behind(behind, {1, 2, 3, 4, 5}, longest_ms=30.0))

    found = decisions(cells)[P99]

    assert told(found, "behind", "steady") is Told.MORE
    difference = found.between(found.ids[1], found.ids[0])
    assert (difference.at_least, difference.high) == ((True, False), None)


def test_what_never_came_is_no_shorter_than_what_others_measured() -> None:
    """It fell behind after 1 ms, the other took 10 ms: it must not be called ten times as fast."""
    steady, behind = run_of({"steady": (10.0,) * 5, "behind": (1.0,) * 5}).workloads[0].cells
    cells = (steady, fallen_behind(behind, {1, 2, 3, 4, 5}, longest_ms=1.0))

    found = decisions(cells)[P99].between("behind", "steady")

    assert (found.told, found.change) == (Told.ALIKE, 0.0)


def test_what_never_came_is_as_long_as_what_others_measured_in_its_own_block() -> None:
    """Twice as long as the other in the first block; that the second took 100 ms is the host's."""
    blocks = (10.0, 100.0, 10.0, 10.0, 10.0)
    steady, behind = run_of({"steady": blocks, "behind": blocks}).workloads[0].cells
    cells = (steady, fallen_behind(behind, {1}, longest_ms=20.0))

    found = decisions(cells)[P99].between("behind", "steady")

    assert found.change == pytest.approx(2 ** (1 / 5) - 1)


def test_a_block_that_fell_behind_counts_though_a_third_cell_lacks_it() -> None:
    """One trial is missing there: that is no reason to forget the worst block of another cell."""
    each = dict.fromkeys(("steady", "behind", "third"), (10.0,) * 5)
    steady, behind, third = run_of(each).workloads[0].cells
    third = with_trials(third.cell, third.trials[1:])
    cells = (steady, fallen_behind(behind, {1}, longest_ms=20.0), third)

    found = decisions(cells)[P99].between("behind", "steady")

    assert (found.blocks, found.at_least) == (5, (True, False))
    assert found.change == pytest.approx(2 ** (1 / 5) - 1)


def test_how_long_messages_never_came_says_nothing_of_how_much_times_scatter() -> None:
    """Bounds hardly scatter, or wildly: what is told of two that kept up is the same."""
    values = {"one": (10.0, 10.2, 9.9, 10.1, 10.0), "two": (10.3, 10.2, 10.4, 10.5, 10.2)}
    one, two, behind = run_of({**values, "behind": (1.0,) * 5}).workloads[0].cells
    even = fallen_behind(behind, {1, 2, 3, 4, 5}, longest_ms=50.0)
    wild = fallen_behind(even, {2, 4}, longest_ms=5000.0)

    found, other = (decisions((one, two, each))[P99].between("two", "one") for each in (even, wild))

    assert found.high is not None
    assert found == other


def test_a_single_block_that_fell_behind_leaves_a_cells_scatter_out() -> None:
    """Its bound of 5 s beside four blocks of 10 ms would make all look as if they scattered."""
    values = {"one": (10.0, 10.2, 9.9, 10.1, 10.0), "two": (10.3, 10.2, 10.4, 10.5, 10.2)}
    one, two, third = run_of({**values, "third": (10.0, 10.1, 10.0, 9.9, 10.0)}).workloads[0].cells
    near, far = (fallen_behind(third, {2}, longest_ms=ms) for ms in (11.0, 5000.0))

    found, other = (decisions((one, two, each))[P99].between("two", "one") for each in (near, far))

    assert found.high is not None
    assert found == other


def test_two_that_fell_behind_cannot_be_told_apart() -> None:
    """Of neither is known how long its messages would have taken."""
    one, other = run_of({"one": (1.0,) * 5, "other": (1.0,) * 5}).workloads[0].cells
    every = {1, 2, 3, 4, 5}
    cells = (
        fallen_behind(one, every, longest_ms=10.0),
        fallen_behind(other, every, longest_ms=90.0),
    )

    assert told(decisions(cells)[P99], "one", "other") is Told.ALIKE


@pytest.mark.parametrize("also_the_other", [True, False])
def test_bounds_do_not_say_how_small_a_change_would_have_shown(also_the_other: bool) -> None:
    """They hardly scatter, for the drain ends them all alike: that is no sharp sight."""
    one, other = run_of({"one": (1.0,) * 5, "other": (1.0,) * 5}).workloads[0].cells
    every = {1, 2, 3, 4, 5}
    second = fallen_behind(other, every, longest_ms=90.0) if also_the_other else other
    found = decisions((fallen_behind(one, every, longest_ms=80.0), second))[P99]

    difference = found.between(found.ids[0], found.ids[1])

    assert difference.smallest_visible is None
    assert (difference.change is None) is also_the_other


def test_the_first_is_a_rank_that_needs_two() -> None:
    """A cell alone has beaten nobody, and of slip neither way is better."""
    one, two = run_of({"one": (2.0,) * 3, "two": (1.0,) * 3}).workloads[0].cells

    assert leader(metric_of(P99), (one, two)) is two
    assert leader(metric_of(P99), (one,)) is None
    assert leader(metric_of("slip_ns_p99"), (one, two)) is None


def test_what_falls_behind_is_not_first_beside_what_keeps_up() -> None:
    """An early ack makes its times short however late its work is; where all do, none is first."""
    one, two, three = (
        run_of({"one": (2.0,) * 3, "two": (1.0,) * 3, "three": (3.0,) * 3}).workloads[0].cells
    )
    behind = [replace(cell, lag_verdict=LagVerdict.GROWING) for cell in (one, two, three)]

    assert leader(metric_of(P99), (one, behind[1], three)) is one
    assert leader(metric_of(P99), behind) is None


def test_a_rank_is_by_the_way_that_is_better() -> None:
    """The made-up acked rate falls with the time: the fast cell has more of it."""
    fast, slow = run_of({"fast": (10.0,) * 3, "slow": (20.0,) * 3}).workloads[0].cells

    assert leader(metric_of(P99), [slow, fast]) is fast
    assert leader(metric_of("acked_msgs_per_s"), [slow, fast]) is fast
    assert leader(metric_of(P99), [fast]) is None


def test_only_a_cell_that_is_sound_contends() -> None:
    """Not one that falls behind, lost a message, or has too many invalid trials."""
    cells = run_of({"a": (10.0,) * 5, "b": (None, None, 10.0, 10.0, 10.0)}).workloads[0].cells
    sound, invalid = cells
    behind = replace(sound, lag_verdict=LagVerdict.GROWING)
    losing = with_trials(sound.cell, [counting(sound.trials[0], lost=1), *sound.trials[1:]])

    assert contends(sound)
    assert [contends(each) for each in (behind, losing, invalid)] == [False] * 3


def test_a_cell_that_lacks_the_figure_does_not_lead() -> None:
    """Two contend and one has an estimate: there is nothing to rank."""
    one, other = run_of({"one": (10.0,) * 3, "other": (20.0,) * 3}).workloads[0].cells

    assert leader(metric_of(P99), [one, replace(other, estimates={})]) is None
