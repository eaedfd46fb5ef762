"""The list of all runs, and figures from run to run."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.analysis.figures import RunFigures
from bench.core.errors import RecordError
from bench.judgement.cells import PERHAPS_LOST
from bench.judgement.judge import judge
from bench.judgement.model import Pace
from bench.judgement.summary import RunSummary
from bench.judgement.trends import Trend, trends_of
from bench.report import html, run_summary, trend
from bench.report.markup import embedded
from bench.report.overview import write_overview
from bench.spec.variant import Settings
from tests.gate.figures import counting, run_of
from tests.report.factory import run_figures, with_texts
from tests.report.trial_factory import Variant

ONE = Variant(names=("c/one", "d/base"), settings={"pull": {"batch": 1}}, p50_ms=1.0)
TWO = Variant(names=("c/two",), settings={"pull": {"batch": 2}}, p50_ms=2.0)


def run(day: int, *, variants: Sequence[Variant] = (ONE, TWO), **where: str) -> RunFigures:
    figures = run_figures(variants=variants, workloads=("w",), blocks=3, with_fault=False)
    started = f"2026-11-{day:02d}T10:00:00Z"
    environment = replace(figures.environment, started_utc=started, **where)  # type: ignore[arg-type]
    return replace(figures, run_id=f"run-{day:02d}", environment=environment)


def summary(figures: RunFigures, tmp_path: Path) -> RunSummary:
    return run_summary.read(html.write(judge(figures), tmp_path))


def text_of(page: Path) -> str:
    return re.sub(r"<[^>]*>", "", page.read_text(encoding="utf-8"))


def test_a_report_carries_its_own_summary(tmp_path: Path) -> None:
    """The list reads a hundred reports, and no histogram; the figures must be the report's."""
    figures = run(1)
    read = summary(figures, tmp_path)
    cell = figures.workloads[0].cells[1]

    assert (read.run_id, read.planned, read.valid, read.invalid) == ("run-01", 6, 6, 0)
    assert read.headline == judge(figures).headline
    assert read.sentences == (("w", judge(figures).workloads[0].sentence),)
    assert read.boxes == judge(figures).boxes
    assert read.cells[1].figures["end_to_end_ns_p99"] == (
        cell.estimates["end_to_end_ns_p99"].value,
        cell.estimates["end_to_end_ns_p99"].low,
        cell.estimates["end_to_end_ns_p99"].high,
    )


def test_a_cell_that_nothing_can_be_concluded_from_is_not_followed(tmp_path: Path) -> None:
    """A trend through its few good trials would show a jump that nobody measured."""
    good, bad = (1.0, 1.0, 1.0, 1.0, 1.0), (None, None, 1.0, 1.0, 1.0)
    figures = run_of({**dict.fromkeys("acdef", good), "b": bad})

    cells = summary(figures, tmp_path).cells

    assert [bool(cell.figures) for cell in cells] == [True] * 5 + [False]


def test_hostile_text_survives_the_way_through_a_page(tmp_path: Path) -> None:
    """What closes a script element in a summary would make the report unreadable for the list."""
    hostile = "</script><script>x</script> & \u05d0"

    assert summary(with_texts(run(1), hostile), tmp_path).question == hostile


def test_every_report_is_listed_newest_first(tmp_path: Path) -> None:
    """Who opens the list looks for the run that just ended."""
    for day in (2, 3, 1):
        html.write(judge(run(day)), tmp_path)
    page = write_overview(tmp_path / "results", tmp_path)
    links = re.findall(r'<a href="(run-\d+/index\.html)">', page.read_text(encoding="utf-8"))

    assert page == tmp_path / "index.html"
    assert links == ["run-03/index.html", "run-02/index.html", "run-01/index.html"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html>written by hand</html>", "carries no summary"),
        (
            b'<script type="application/json" id="run-summary">{}</script>',
            "summary:1: not a record",
        ),
        (b'<script type="application/json" id="run-summary">{oh</script>', "summary:1: not JSON"),
        (
            b'<script type="application/json" id="run-summary">{"a":1e400}</script>',
            "summary:1: not a record of this version: a: inf is no number",
        ),
        (b"\xff\xfe\x00", "carries no summary"),
        (b"", "carries no summary"),
    ],
)
def test_a_broken_report_is_named_and_keeps_no_other_out(
    content: bytes, why: str, tmp_path: Path
) -> None:
    """One bad file must not cost the list of all the good ones."""
    html.write(judge(run(1)), tmp_path)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "index.html").write_bytes(content)
    shown = text_of(write_overview(tmp_path / "results", tmp_path))

    assert "run-01" in shown
    assert f"not readable: {why}" in shown.replace("its ", "")


def test_a_summary_of_another_version_is_not_guessed_at(tmp_path: Path) -> None:
    """Figures that changed their meaning would be set side by side unnoticed."""
    page = html.write(judge(run(1)), tmp_path)
    page.write_text(page.read_text().replace('{"schema_version":2,', '{"schema_version":3,', 1))

    with pytest.raises(RecordError, match="schema version 3"):
        run_summary.read(page)


FIRST = {
    "schema_version": 1, "run_id": "old", "label": "l", "question": "q",
    "started_utc": "2026-10-01T10:00:00Z", "machine": "m", "server": "s", "client": "c",
    "planned": 6, "valid": 6, "invalid": 0, "missing": 0, "verdict": "",
    "answers": [["w", "Shortest end-to-end p99: c/one, 1.00 ms."]],
    "cells": [{"workload": "w", "variants": ["c/one"], "settings": "abc", "valid": 3,
               "lag_verdict": "growing", "figures": {"end_to_end_ns_p99": [1e6, None, None]},
               "short": ""}],
}  # fmt: skip


def test_a_report_of_the_first_version_is_still_listed(tmp_path: Path) -> None:
    """Its records may be gone, and with them the only way to rebuild it."""
    (tmp_path / "old").mkdir()
    element = f'<script type="application/json" id="run-summary">{embedded(FIRST)}</script>'
    (tmp_path / "old" / "index.html").write_text(element)
    html.write(judge(run(1)), tmp_path)

    read = run_summary.read(tmp_path / "old" / "index.html")
    shown = text_of(write_overview(tmp_path / "results", tmp_path))
    (followed,) = (t for t in trends_of([read]) if t.variant == "c/one")

    assert "Shortest end-to-end p99: c/one, 1.00 ms." in shown
    assert "not readable" not in shown
    assert followed.points[0].cell.pace is Pace.FALLS_BEHIND
    assert followed.points[0].cell.figures["end_to_end_ns_p99"][0] == 1e6


def test_a_run_without_a_report_is_named(tmp_path: Path) -> None:
    """A run that is missing from the list looks like a run that was never made."""
    kept = tmp_path / "results" / "crashed-20261101-100000"
    kept.mkdir(parents=True)
    (kept / "plan.json").write_text("not even JSON")
    shown = text_of(write_overview(tmp_path / "results", tmp_path / "reports"))

    assert "crashed-20261101-100000" in shown
    assert "no report yet" in shown


def by_variant(tmp_path: Path, *runs: RunFigures) -> dict[str, Trend]:
    found = trends_of([summary(each, tmp_path) for each in runs])
    return {each.variant: each for each in found}


def test_a_variant_is_followed_under_each_of_its_names(tmp_path: Path) -> None:
    """A cell that two configs share has a history under either."""
    found = by_variant(tmp_path, run(2), run(1))

    assert set(found) == {"c/one", "c/two", "d/base"}
    assert [point.run.run_id for point in found["d/base"].points] == ["run-01", "run-02"]


def test_what_else_changed_is_marked_where_it_did(tmp_path: Path) -> None:
    """A step at a new host is no regression of the server."""
    runs = (run(1), run(2, host="other"), run(3, host="other", server_version="9.9.9"))
    found = by_variant(tmp_path, *runs)["c/two"]

    assert [point.changed for point in found.points] == [(), ("host",), ("server",)]
    assert trend.sameness(found).text == "▲ host and server"


def test_other_settings_under_the_same_name_are_marked(tmp_path: Path) -> None:
    """`batch-10` of last month may have been another batch-10."""
    new = Settings.model_validate({"pull": {"batch": 3}})
    figures = run(2)
    cells = [
        replace(each, cell=replace(each.cell, settings=new)) for each in figures.workloads[0].cells
    ]
    later = replace(figures, workloads=(replace(figures.workloads[0], cells=tuple(cells)),))
    found = by_variant(tmp_path, run(1), later)

    assert found["c/two"].points[1].changed == ("settings",)


def test_a_trend_shows_what_fell_short_beside_the_times(tmp_path: Path) -> None:
    """A variant that begins to refuse gets faster: without a mark the step is an improvement."""
    before, now = run(1), run(2)
    (workload,) = now.workloads
    one, two = workload.cells
    refusing = tuple(counting(trial, refused=20) for trial in one.trials)
    cells = (replace(one, trials=refusing), two)
    now = replace(now, workloads=(replace(workload, cells=cells),))

    page = html.render_page(trend.page(by_variant(tmp_path, before, now)["c/one"]))

    assert page.count("✕ 60 messages refused") == 1
    assert page.count(">✕</text>") == 2  # in the drawing for a wide, and for a narrow screen
    assert (
        "✕"
        not in html.render_page(trend.page(by_variant(tmp_path, before)["c/one"]))
        .split("<svg")[1]
        .partition("</svg>")[0]
    )


@pytest.mark.parametrize("word", ["lost", "refused", "unconfirmed"])
def test_a_trend_says_of_a_count_that_nobody_can_tell_that_it_is_a_doubt(
    tmp_path: Path, word: str
) -> None:
    """A cross would say that messages were lost, and "nothing" that all went well."""
    perhaps = PERHAPS_LOST.replace("lost", word)
    before, now = run(1), run(2)
    (workload,) = now.workloads
    one, two = workload.cells
    untold = tuple(counting(trial, **{word: -1}) for trial in one.trials)
    now = replace(now, workloads=(replace(workload, cells=(replace(one, trials=untold), two)),))

    page = html.render_page(trend.page(by_variant(tmp_path, before, now)["c/one"]))
    table = page.rpartition("</svg>")[2]

    assert page.count(">▲</text>") == 2  # in the drawing for a wide screen and for a phone
    assert page.count(">✕</text>") == 0
    assert table.count(f"▲ {perhaps}") == 1
    assert f"✕ {perhaps}" not in page


def test_a_trend_page_leads_to_its_runs_and_back(tmp_path: Path) -> None:
    """From a step in the history one must get to the run that made it."""
    for day in (1, 2):
        html.write(judge(run(day)), tmp_path)
    write_overview(tmp_path / "results", tmp_path)
    page = (tmp_path / "trends" / "w--c.two.html").read_text(encoding="utf-8")
    links = re.findall(r'href="(\.\./[^"]+)"', page)

    assert set(links) == {"../index.html", "../run-01/index.html", "../run-02/index.html"}
    assert all((tmp_path / "trends" / link).resolve().exists() for link in links)


def test_one_run_makes_no_trend(tmp_path: Path) -> None:
    """A single dot has no direction."""
    html.write(judge(run(1)), tmp_path)
    write_overview(tmp_path / "results", tmp_path)

    assert not (tmp_path / "trends").exists()


def test_a_name_that_cannot_be_a_files_leaves_no_directory(tmp_path: Path) -> None:
    """The names come from files that somebody else may have written."""
    hostile = Trend(workload="../../etc", variant="a/b\0c", points=())

    assert re.fullmatch(r"[0-9a-f]{24}\.html", trend.file_name(hostile))


def test_a_trend_of_another_kind_goes_by_the_time_that_it_has(tmp_path: Path) -> None:
    """Requests have no end-to-end time; of several consumers the first one's is drawn."""
    made = [summary(run(day), tmp_path / str(day)) for day in (1, 2)]

    def of_keys(words: dict[str, str]) -> str:
        renamed = [
            replace(
                each,
                cells=tuple(
                    replace(cell, figures={words[k]: cell.figures[k] for k in words})
                    for cell in each.cells
                ),
            )
            for each in made
        ]
        found = html.render_page(trend.page(trends_of(renamed)[0]))
        return re.sub(r"<[^>]*>", "", found)

    times = ("end_to_end_ns_p50", "end_to_end_ns_p99")
    asked = of_keys({key: key.replace("end_to_end", "response") for key in times})
    fanned = of_keys({key: f"billing.{key}" for key in times})

    assert "Response time of each run, ms" in asked
    assert "response p99" in asked
    assert "acked rate" not in asked
    assert "Billing end-to-end time of each run, ms" in fanned
