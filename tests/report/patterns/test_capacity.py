"""Capacities: each look is seen for what it is, and nothing lies beyond what was measured."""

from dataclasses import replace
from typing import Any

import pytest

from bench.core.marks import State
from bench.judgement.kinds import Capacity, Curve, HostCeiling
from bench.plan.model import Purpose
from bench.report.model import Drawing, Fold, plain
from bench.report.patterns import attempts, capacity
from bench.report.tables import Table
from bench.seek.bracket import Said
from bench.seek.state import Break
from bench.spec.metrics import metric_of
from tests.draw.reading import course, of_class, parsed
from tests.report.patterns.made_up import AT_LEAST, BELOW, CAPACITY, step


def curve(found: Capacity, size: str = "desk") -> Any:
    """The drawing for one size of screen."""
    drawn = capacity.drawing(found, "c")
    assert drawn is not None
    each = (parsed(f"<svg{part}") for part in str(drawn.svg).split("<svg")[1:])
    return next(svg for svg in each if size in str(svg.get("class")))


def caption(found: Capacity) -> str:
    drawn = capacity.drawing(found, "c")
    assert drawn is not None
    return drawn.caption


def titles(drawn: Any) -> list[str]:
    return [each.text for each in drawn.iter() if each.tag.endswith("title")]


def alone(*steps: Any, **changes: Any) -> Capacity:
    return replace(CAPACITY, steps=steps, **changes)


@pytest.mark.parametrize(
    ("said", "mark"),
    [
        (Said.MET, "disc"),
        (Said.MISSED, "cross"),
        (Said.OPEN, "triangle"),
        (Said.NOT_OFFERED, "square"),
        (Said.SPOILT, "diamond"),
    ],
)
def test_what_a_look_says_has_a_mark_of_its_own_and_a_word(said: Said, mark: str) -> None:
    """Colour alone tells a fifth of the readers nothing."""
    found = alone(step(400, 2.0), step(800, 5.0, said))

    marks = [each.get("class") for each in of_class(curve(found), "pt")]
    assert f"pt {mark}" in marks
    assert capacity.SHAPES[said].sign in caption(found)
    assert any("800 msg/s" in each for each in titles(curve(found)))


def test_probes_and_soaks_differ_in_size_and_soaks_have_a_ring_and_an_interval() -> None:
    short, long = alone(step(800, 2.0)), alone(step(800, 2.0, purpose=Purpose.LONG))
    soaked = alone(step(800, 2.0, purpose=Purpose.SOAK))
    radii = [float(str(of_class(curve(each), "disc")[0].get("r"))) for each in (short, long)]

    assert radii[0] < radii[1]
    assert not of_class(curve(short), "ring")
    assert of_class(curve(soaked), "ring")
    assert of_class(curve(soaked), "rng")
    assert not of_class(curve(long), "rng")


def test_a_look_without_a_figure_stands_at_the_upper_edge_and_in_no_curve() -> None:
    """At the lower one it would look as good as can be."""
    found = alone(step(400, 2.0), step(800, 3.0), step(1600, None, Said.NOT_OFFERED))
    drawn = curve(found)

    (square,) = of_class(drawn, "square")
    frame = min(float(course(each).split()[1].split("H")[0]) for each in of_class(drawn, "grid"))
    assert float(course(square).split()[1].split("h")[0]) < frame
    assert "at the upper edge: no figure" in caption(found)
    way = course(of_class(drawn, "ln2")[0])
    assert way.count("L") == 1


def test_a_time_that_is_longer_than_can_be_told_has_an_arrow() -> None:
    behind = alone(step(400, 2.0), step(800, 80.0, Said.MISSED, at_least=True))

    assert of_class(curve(behind), "more")
    assert "arrow" in caption(behind)
    assert any("at least 80.0 ms" in each for each in titles(curve(behind)))
    assert not of_class(curve(alone(step(400, 2.0))), "more")


def test_the_interval_is_shaded_and_the_goal_a_line_with_its_words() -> None:
    drawn = curve(CAPACITY)
    texts = [each.text for each in drawn.iter() if each.tag.endswith("text")]

    assert len(of_class(drawn, "lim")) == 1
    assert "p99 <= 10ms" in texts
    assert of_class(drawn, "fault")
    assert {"confirmed 1\N{NARROW NO-BREAK SPACE}340", "falls behind"} <= set(texts)


def test_nothing_is_shaded_where_nothing_was_confirmed() -> None:
    assert not of_class(curve(BELOW), "fault")
    assert not of_class(curve(BELOW), "cf")


def test_all_panels_stand_on_one_axis_of_rates() -> None:
    drawn = curve(CAPACITY)
    texts = [each.text for each in drawn.iter() if each.tag.endswith("text")]

    assert [each for each in texts if "CPU" in each] == [
        "server CPU, cores",
        "publisher CPU, cores",
        "consumer CPU, cores",
    ]
    assert "lag slope, msg/s" in texts
    ends = {course(each).split("V")[0].split()[0] for each in of_class(drawn, "cf")}
    assert len(ends) == 1
    assert len(of_class(drawn, "cf")) == 5


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_nothing_leaves_the_drawing(size: str) -> None:
    drawn = curve(CAPACITY, size)
    _, _, width, height = map(float, drawn.get("viewBox").split())

    dots = [(float(e.get("cx")), float(e.get("cy", 0))) for e in drawn.iter() if "cx" in e.attrib]
    assert dots
    assert all(0 <= x <= width and 0 <= y <= height for x, y in dots)


def test_what_was_not_tried_has_no_drawing_and_no_section() -> None:
    assert capacity.drawing(alone(), "c") is None
    assert capacity.sections(()) == ()


def test_nothing_but_marks_without_figures_is_a_table_alone() -> None:
    """A host that offers nothing has measured nothing."""
    (_, one) = capacity.sections([alone(step(400, None, Said.NOT_OFFERED))])

    assert [type(each) for each in one.blocks] == [Fold]


def test_variants_stand_side_by_side_with_bar_state_and_limit() -> None:
    rows = capacity.table((CAPACITY, AT_LEAST, BELOW), "c").rows

    assert [row.entries[1].text for row in rows] == [
        "✓ 1 340 msg/s",
        "▲ at least 1 600 msg/s",
        "✕ below 400 msg/s",
    ]
    assert [row.state for row in rows] == [State.HOLDS, State.DOUBTFUL, State.FAILS]
    assert of_class(parsed(rows[1].entries[0].drawing), "open")
    assert not of_class(parsed(rows[0].entries[0].drawing), "open")
    assert not rows[2].entries[0].drawing
    assert rows[0].entries[2].text == "Handler-limited"


def test_each_variant_has_a_section_with_curve_and_folded_looks() -> None:
    above, *each = capacity.sections((CAPACITY, AT_LEAST))

    assert above.id == "capacity"
    assert [one.id for one in each] == ["capacity-1", "capacity-2"]
    drawn, fold = each[0].blocks
    assert isinstance(drawn, Drawing)
    assert isinstance(fold, Fold)
    assert fold.note == "9 looks, 21 trials"
    assert plain(each[0].lead[0]).startswith("✓ Holds p99 <= 10ms")


def test_a_row_for_every_look_says_what_it_says() -> None:
    table = attempts.table(CAPACITY, "a")
    says = [column.title for column in table.columns].index("Says")

    assert [row.entries[says].text for row in table.rows] == [
        *["✓ met"] * 4,
        "✕ missed",
        "– spoilt",
        "▲ open",
        "✕ missed",
        "– not offered",
    ]
    p99 = [column.title for column in table.columns].index("end-to-end p99")
    assert [row.entries[p99].text for row in table.rows][-3:] == ["9.00", "≥ 80.0", "n/a"]


def test_a_goal_of_a_share_is_drawn_from_nothing_up() -> None:
    """Only times stand by their logarithm."""
    share = Curve(metric=metric_of("server_cpu_share"), rule="server_cpu < 80%", limit=0.8)
    drawn = curve(replace(CAPACITY, curves=(share,)))
    texts = [each.text for each in drawn.iter() if each.tag.endswith("text")]

    assert "server_cpu < 80%" in texts
    assert "0" in texts
    assert len(of_class(drawn, "lim")) == 1


def test_where_each_goal_breaks_is_drawn_and_listed() -> None:
    """A p50 that holds to twice the rate is worth as much as the p99 that breaks first."""
    breaks = (
        Break(rule="p99 <= 10ms", met_per_s=1340, missed_per_s=1390),
        Break(rule="lost == 0", met_per_s=3200, missed_per_s=None),
    )
    found = replace(CAPACITY, apart=breaks)

    assert "p99 <= 10ms missed from 1\u202f390 msg/s" in titles(curve(found))
    assert "p99 <= 10ms missed from" not in " ".join(titles(curve(CAPACITY)))
    assert "where that goal breaks by itself" in caption(found)
    (_, section) = capacity.sections([found])
    table = next(block for block in section.blocks if isinstance(block, Table))
    rows = [[entry.text for entry in row.entries] for row in table.rows]
    assert rows == [["1\u202f340", "1\u202f390"], ["3\u202f200", ""]]


def test_what_the_host_does_by_itself_is_read_whole_beside_the_rates() -> None:
    """The box of the limit has room for five lines."""
    host = "What vm does by itself: 100 000 msg/s, and a write is on the disk after 1 ms."
    one = replace(CAPACITY, host=host)

    above = capacity.sections((one, replace(AT_LEAST, host=host)))[0]

    assert [plain(each) for each in above.lead].count(host) == 1
    assert host not in [plain(each) for each in capacity.sections((CAPACITY,))[0].lead]


def test_ceilings_of_the_host_are_drawn_among_the_rates_that_were_tried() -> None:
    """Beyond them they would squeeze the curve into a corner."""
    each = (
        HostCeiling(what="publish to a file store", rate_msgs_per_s=2000.0),
        HostCeiling(what="publish to a memory store", rate_msgs_per_s=100_000.0),
    )
    found = replace(CAPACITY, ceilings=each)

    said = " ".join(titles(curve(found)))
    assert "publish to a file store: one client process comes to 2\u202f000 msg/s" in said
    assert "memory" not in said
    assert "what this host does by itself" in caption(found)
    assert "this host" not in caption(CAPACITY)
