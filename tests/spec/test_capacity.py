"""Capacity files: what they ask for, and all that is wrong with them at once."""

from pathlib import Path

import pytest

from bench.core.errors import SpecError
from bench.spec.capacity import load_capacity
from tests.spec.files import problems_of, write, write_all

CAPACITY = """\
label: orders
question: How many?
workload: load
configs: [{config: sizes, variants: [small]}]
goals: [p99 < 20ms, lost == 0]
rate: {from: 100/s, to: 20000/s}
"""


def written(root: Path, **changes: str) -> Path:
    """Write a capacity file beside what it names; `changes` replaces lines by their key."""
    write_all(root)
    lines = dict(line.split(": ", 1) for line in CAPACITY.splitlines())
    text = "".join(f"{key}: {value}\n" for key, value in (lines | changes).items() if value)
    return write(root, "configs/capacity/orders.yaml", text)


def test_a_file_says_whose_capacity_is_sought_and_by_which_goals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path)
    monkeypatch.chdir(tmp_path)

    loaded = load_capacity("orders")

    assert (loaded.file.rate.from_per_s, loaded.file.rate.to_per_s) == (100, 20_000)
    assert list(map(str, loaded.file.goals)) == ["end_to_end_p99 < 20ms", "lost == 0"]
    assert [list(config.variants) for config in loaded.matrix.configs] == [["small"]]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"rate": "{from: 100/s, to: 100/s}"}, "rate.to = '100/s': the range is empty"),
        ({"rate": "{from: 100/s}"}, "rate.to: missing"),
        ({"workload": "laod"}, "workload = 'laod': no such workload"),
        ({"workload": ""}, "workload: missing"),
        ({"goals": "[p99 < 20]"}, "goals[0] = 'p99 < 20'"),
        ({"goals": "[lost == 0, p99 vs baseline <= +5%]"}, "goals[1] = 'p99 vs baseline"),
        ({"goals": "[put.response_p99 < 5ms]"}, "goals[0] = 'put.response_p99 < 5ms'"),
        ({"configs": "[{config: sizes, variants: [smal]}]"}, "configs[0].variants[0] = 'smal'"),
        ({"soaks": "4"}, "soaks = 4: unknown key"),
        (
            {"rate": "{from: 1/min, to: 20000/s}"},
            "rate.from = '1/min': as a short probe of 5s: no message",
        ),
    ],
)
def test_what_is_wrong_is_told_by_the_keys_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], wrong: str
) -> None:
    path = written(tmp_path, **changes)
    monkeypatch.chdir(tmp_path)

    (problem,) = problems_of(path)

    assert wrong in problem
    assert "orders.yaml:" in problem


def test_of_a_goal_that_is_none_nothing_is_told_that_nobody_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests have no `lost`, and none was asked about."""
    monkeypatch.chdir(tmp_path)
    asked = {
        "workload": "request-reply",
        "configs": ["request-workers"],
        "rate": {"from": "20/s", "to": "40/s"},
        "goals": ["response_p95 < 50ms"],
    }

    with pytest.raises(SpecError) as refused:
        load_capacity(None, asked)

    (problem,) = refused.value.problems
    assert "no figure is called 'response_p95'" in str(problem)


def test_all_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with a goal hides neither the range nor the variant."""
    path = written(
        tmp_path,
        goals="[p99 vs baseline <= +5%, foo < 3]",
        rate="{from: 100/s, to: 50/s}",
        configs="[{config: sizes, variants: [smal]}]",
    )
    monkeypatch.chdir(tmp_path)

    told = "\n".join(problems_of(path))

    for word in ("goals[0]", "goals[1]", "rate.to", "configs[0].variants[0]"):
        assert word in told


def test_work_that_is_laid_has_no_capacity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, workload="replay", configs="[pull-batch]", goals="[]")
    monkeypatch.chdir(tmp_path)

    told = problems_of(path)

    assert any("workload = 'replay': offers nothing at a rate of its own" in each for each in told)


def test_options_stand_in_the_place_of_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And keep what a mapping of the file has besides."""
    written(tmp_path)
    monkeypatch.chdir(tmp_path)

    loaded = load_capacity("orders", {"rate": {"to": "500/s"}, "goals": ["p50 < 1ms"]})

    assert (loaded.file.rate.from_per_s, loaded.file.rate.to_per_s) == (100, 500)
    assert list(map(str, loaded.file.goals)) == ["end_to_end_p50 < 1ms"]


def test_options_alone_are_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_all(tmp_path)
    monkeypatch.chdir(tmp_path)
    given = {"workload": "load", "configs": ["sizes"], "rate": {"from": "10/s", "to": "5/s"}}

    with pytest.raises(SpecError) as caught:
        load_capacity(None, given)

    (problem,) = caught.value.problems
    assert (problem.file, problem.key, problem.value) == ("the options", "rate.to", "5/s")
