"""Capacity plans: what they ask for, and all that is wrong with them at once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.core.errors import SpecError
from bench.spec.capacity_plan import CapacityPlan, load_capacity_plan
from bench.spec.spans import (
    Growth,
    format_months,
    format_span,
    parse_growth,
    parse_months,
    parse_span_ns,
)
from tests.spec.files import problems_of, write

PLAN = """\
today: 400/s
growth: 5%/month
over: 2 years
peak_factor: 3
retention: {max_age: 7d, max_bytes: 500GiB}
replicas: 3
headroom: 30%
backlog: 8h
"""


def written(root: Path, **changes: str) -> Path:
    """Write a plan; `changes` replaces lines by their key, and leaves those out that are empty."""
    lines = dict(line.split(": ", 1) for line in PLAN.splitlines())
    text = "".join(f"{key}: {value}\n" for key, value in (lines | changes).items() if value)
    return write(root, "configs/capacity/plans/orders.yaml", text)


def test_a_plan_says_what_is_assumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path)
    monkeypatch.chdir(tmp_path)

    plan = load_capacity_plan("orders").plan

    assert (plan.today_per_s, plan.over_months, plan.peak_factor) == (400, 24, 3)
    assert plan.growth == Growth(0.05, "month")
    assert plan.retention.max_age_ns == 7 * 86_400 * 10**9
    assert plan.retention.max_bytes == 500 * 2**30
    assert (plan.replicas, plan.headroom, plan.backlog_ns) == (3, 0.3, 8 * 3600 * 10**9)


def test_growth_goes_on_top_of_what_a_load_has_grown_to() -> None:
    """By hand: 400 · 1.05² = 441, and 21 % a year are as much as that in two years: 1.21² ."""
    monthly = CapacityPlan.model_validate(
        {"today": "400/s", "growth": "5%/month", "retention": {"max_age": "1d"}}
    )
    yearly = monthly.model_copy(update={"growth": Growth(0.21, "year")})

    assert monthly.rate_per_s(2) == pytest.approx(441.0)
    assert yearly.rate_per_s(12) == pytest.approx(484.0)
    assert yearly.rate_per_s(6) == pytest.approx(440.0)
    assert yearly.rate_per_s(24) == pytest.approx(400 * 1.4641)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"today": "400"}, "today = 400: needs a unit"),
        ({"today": "0/s"}, "today = '0/s': must be above 0"),
        ({"today": ""}, "today: missing"),
        ({"growth": "-100%/month"}, "growth = '-100%/month': out of range; allowed: a percentage"),
        ({"growth": "-150%/year"}, "growth = '-150%/year': out of range"),
        ({"growth": "5%"}, "growth = '5%': not readable"),
        ({"growth": "5%/week"}, "growth = '5%/week': unknown period '/week'"),
        ({"growth": "1.05"}, "growth = 1.05: needs a unit"),
        ({"growth": "900%/month"}, "growth = '900%/month': comes to more than 1e+09"),
        ({"growth": "-99.9%/month"}, "growth = '-99.9%/month': comes to less than a message in"),
        ({"over": "18 moths"}, "over = '18 moths': unknown unit 'moths' (did you mean months?)"),
        ({"over": "0 months"}, "over = '0 months': out of range"),
        ({"over": "20 years"}, "over = '20 years': out of range"),
        ({"over": "12"}, "over = 12: needs a unit"),
        ({"peak_factor": "0.5"}, "peak_factor = 0.5: too small; allowed: 1"),
        ({"peak_factor": ".nan"}, "peak_factor = .nan:"),
        ({"peak_factor": ".inf"}, "peak_factor = .inf: too large"),
        ({"retention": "{max_age: 0d}"}, "retention.max_age = '0d': out of range"),
        ({"retention": "{max_age: 7}"}, "retention.max_age = 7: needs a unit"),
        ({"retention": "{max_age: 7y}"}, "retention.max_age = '7y': unknown unit 'y'"),
        ({"retention": "{max_bytes: 0B}"}, "retention.max_bytes = '0B': keeps nothing"),
        ({"retention": "{}"}, "keeps everything forever; allowed: max_age, max_bytes or both"),
        ({"retention": ""}, "retention: missing"),
        ({"replicas": "2"}, "replicas = 2: unknown; allowed: 1, 3, 5"),
        ({"replicas": "7"}, "replicas = 7: unknown; allowed: 1, 3, 5"),
        ({"headroom": "100%"}, "headroom = '100%': leaves no room"),
        ({"headroom": "-5%"}, "headroom = '-5%': out of range"),
        ({"headroom": "0.3"}, "headroom = 0.3: needs a unit"),
        ({"backlog": "0h"}, "backlog = '0h': out of range"),
        ({"as_of": "2026-13-01"}, "as_of = '2026-13-01': no date; allowed: a date"),
        ({"variants": "[]"}, "variants = []: is empty"),
        ({"peek_factor": "3"}, "peek_factor = 3: unknown key"),
    ],
)
def test_what_is_wrong_is_told_by_file_line_key_and_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], wrong: str
) -> None:
    path = written(tmp_path, **changes)
    monkeypatch.chdir(tmp_path)

    (problem,) = problems_of(path)

    assert wrong.replace("'", "") in problem.replace("'", "")
    assert problem.startswith("configs/capacity/plans/orders.yaml")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, growth="-100%/year", replicas="4", retention="{}", headroom="all")
    monkeypatch.chdir(tmp_path)

    keys = [problem.split(": ")[1].split(" = ")[0] for problem in problems_of(path)]

    assert sorted(keys) == ["growth", "headroom", "replicas", "retention"]


def test_variants_that_the_run_has_not_are_told_with_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path, variants="[in-flight/ten, in-flight/fifth]")
    loaded = load_capacity_plan(path)

    with pytest.raises(SpecError) as caught:
        loaded.require_variants(["in-flight/ten", "in-flight/fifty"])

    (problem,) = caught.value.problems
    assert "variants[1] = in-flight/fifth" in str(problem).replace("'", "")
    assert problem.nearest == "in-flight/fifty"
    assert problem.line > 0


def test_a_name_that_is_none_is_told_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean 'next-year'"):
        load_capacity_plan("next-yaer")


@given(minutes=st.integers(1, 3650 * 24 * 60))
def test_a_span_is_read_back_as_it_is_written(minutes: int) -> None:
    assert parse_span_ns(format_span(minutes * 60 * 10**9)) == minutes * 60 * 10**9


@given(months=st.integers(1, 120))
def test_months_are_read_back_as_they_are_written(months: int) -> None:
    assert parse_months(format_months(months)) == months


@given(tenths=st.integers(-999, 10_000), every=st.sampled_from(["month", "year"]))
def test_a_growth_is_read_back_as_it_is_written(tenths: int, every: str) -> None:
    growth = parse_growth(f"{tenths / 10}%/{every}")

    assert parse_growth(str(growth)) == growth


def test_a_plan_is_read_back_from_what_a_record_keeps_of_it(tmp_path: Path) -> None:
    plan = load_capacity_plan(written(tmp_path, as_of="2026-11-30")).plan

    assert CapacityPlan.model_validate_json(plan.model_dump_json()) == plan
