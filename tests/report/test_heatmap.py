"""Two axes as a map: only where there are two, and with its numbers in place."""

import json
from dataclasses import replace

import pytest

from bench.analysis.figures import CellFigures
from bench.report import heatmap
from tests.gate.figures import counting, spoilt
from tests.report.factory import AXES, run_figures


@pytest.fixture(scope="module")
def cells() -> dict[str, CellFigures]:
    workload = run_figures(variants=AXES, workloads=("w",), with_fault=False).workloads[0]
    return {cell.cell.variants[0].variant: cell for cell in workload.cells}


def test_axes_are_read_from_the_variants_names(cells: dict[str, CellFigures]) -> None:
    """The plan keeps names, not axes; values stay in the file's order, 5 before 20 before 50."""
    found = heatmap.grid(cells)
    assert found is not None

    assert (found.down, found.rows) == ("batch", ("5", "20", "50"))
    assert (found.across, found.columns) == ("max_ack_pending", ("50", "500"))
    assert found.cells["20", "500"] is cells["batch=20+max_ack_pending=500"]


@pytest.mark.parametrize(
    "names",
    [
        ("batch-1", "batch-10"),
        ("batch=1", "batch=10"),
        ("a=1+b=1", "a=1+b=2"),
        ("a=1+b=1+c=1", "a=2+b=2+c=2"),
        ("a=1+b=1", "a=2+c=1"),
        (),
    ],
)
def test_other_names_make_no_map(names: tuple[str, ...], cells: dict[str, CellFigures]) -> None:
    """One axis is a line, three are no plane, and a guess would place cells wrongly."""
    any_cell = next(iter(cells.values()))

    assert heatmap.grid(dict.fromkeys(names, any_cell)) is None


def test_numbers_stand_in_the_map_and_in_the_table(cells: dict[str, CellFigures]) -> None:
    """A shade alone tells an order and no figure; both must tell the same."""
    found = heatmap.grid(cells)
    assert found is not None
    p99, _ = heatmap.plots(found, "x", "end_to_end_ns_p99")
    layout = json.loads(p99.document)["layout"]
    in_map = {(note["y"], note["x"]): note["text"] for note in layout["annotations"]}
    in_table = {
        (y, x): entry.text
        for y, row in enumerate(p99.table.rows)
        for x, entry in enumerate(row.entries)
    }

    assert in_map == in_table
    value = cells["batch=50+max_ack_pending=500"].estimates["end_to_end_ns_p99"].value
    assert float(in_map[2, 1]) == pytest.approx(value / 1e6, rel=0.005)


def test_a_cell_that_falls_behind_is_marked(cells: dict[str, CellFigures]) -> None:
    """Its time grows with the window: the number must not stand among the others unmarked."""
    found = heatmap.grid(cells)
    assert found is not None
    p99, _ = heatmap.plots(found, "x", "end_to_end_ns_p99")

    assert p99.table.rows[0].entries[0].text.endswith("▲")


def test_a_combination_that_was_not_measured_stays_empty(cells: dict[str, CellFigures]) -> None:
    """A matrix may choose some variants of a config: a shade there would be invented."""
    some = {name: cell for name, cell in cells.items() if name != "batch=20+max_ack_pending=50"}
    found = heatmap.grid(some)
    assert found is not None
    p99, _ = heatmap.plots(found, "x", "end_to_end_ns_p99")
    heights = json.loads(p99.document)["data"][0]["z"]

    assert [row.count(None) for row in heights] == [0, 1, 0]
    assert {row.names[0]: row.entries[0].text for row in p99.table.rows}["20"] == "n/a"


def test_small_differences_look_small(cells: dict[str, CellFigures]) -> None:
    """Stretched from white to black, a scatter of 8 % would look like a result."""
    found = heatmap.grid(cells)
    assert found is not None
    for plot in heatmap.plots(found, "x", "end_to_end_ns_p99"):
        heat = json.loads(plot.document)["data"][0]
        heights = [height for row in heat["z"] for height in row]

        assert heat["zmin"] <= min(heights)
        assert heat["zmax"] >= max(heights)
        assert 10 ** (heat["zmax"] - heat["zmin"]) >= 1.999


def test_a_field_whose_messages_fell_short_is_marked(cells: dict[str, CellFigures]) -> None:
    """What refuses half is fast and cheap: the lightest shade of the map, and no merit."""
    name = "batch=50+max_ack_pending=500"
    refusing = tuple(counting(trial, refused=20) for trial in cells[name].trials)
    found = heatmap.grid(cells | {name: replace(cells[name], trials=refusing)})
    assert found is not None

    for plot in heatmap.plots(found, "x", "end_to_end_ns_p99"):
        assert plot.table.rows[2].entries[1].text.endswith("✕")
        assert not plot.table.rows[2].entries[0].text.endswith("✕")


def test_of_an_invalid_cell_the_map_tells_nothing(
    cells: dict[str, CellFigures],
) -> None:
    """Its figures cannot be trusted, and a shade would look as sound as its neighbours."""
    name = "batch=50+max_ack_pending=500"
    spoilt_ones = tuple(spoilt(trial, "made-up") for trial in cells[name].trials)
    invalid = replace(cells[name], trials=spoilt_ones)
    found = heatmap.grid(cells | {name: invalid})
    assert found is not None

    for plot in heatmap.plots(found, "x", "end_to_end_ns_p99"):
        entry = plot.table.rows[2].entries[1]
        assert entry.text == "n/a"
        assert "is valid" in entry.hint
