"""Gate files and the success criteria of a matrix: what is read, and the words of what is wrong."""

from pathlib import Path

import pytest

from bench.core.errors import SpecError
from bench.spec.choose import choose_variant, load_workloads
from bench.spec.gates import load_gates
from bench.spec.load import load_matrix
from tests.spec.files import CONFIG, MATRIX, WORKLOAD, problems_of, write, write_all

GATES = """\
description: No worse.
gates:
  - p99 vs baseline <= +5%
  - lost == 0
workloads:
  load: [lag.verdict == stable]
phases: {warmup: 1s, measure: 2s, drain: 1s}
"""


@pytest.fixture(autouse=True)
def in_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Problems show paths relative to the working directory."""
    monkeypatch.chdir(tmp_path)


def test_a_workload_has_the_general_rules_and_its_own(tmp_path: Path) -> None:
    """What holds everywhere is written once."""
    write(tmp_path, "configs/gates/ship.yaml", GATES)
    gates = load_gates("ship", search=[tmp_path])

    assert [str(rule) for rule in gates.rules_for("load")] == [
        "end_to_end_p99 vs baseline <= +5%",
        "lost == 0",
        "lag.verdict == stable",
    ]
    assert len(gates.rules_for("another")) == 2
    assert gates.phases is not None
    assert gates.compares


def test_some_workloads_can_be_left_out(tmp_path: Path) -> None:
    """`--workload` measures one of several; the rules of the others are then about nothing."""
    gates = load_gates(write(tmp_path, "g.yaml", GATES.replace("load:", "other: []\n  load:")))

    assert list(gates.only(["other"]).own) == ["other"]
    assert gates.only(["other"]).general == gates.general


def test_every_wrong_rule_is_told_at_once_and_where_it_stands(tmp_path: Path) -> None:
    """Someone mends the whole file before trying again."""
    text = GATES.replace("p99 vs baseline <= +5%", "p98 < 1ms").replace("lost == 0", "lost < 1.5")

    problems = problems_of(write(tmp_path, "g.yaml", text))

    assert [problem.split(": ")[0] for problem in problems] == ["g.yaml:3", "g.yaml:4"]
    assert problems[0].startswith("g.yaml:3: gates[0] = 'p98 < 1ms': no figure is called 'p98'")
    assert problems[0].endswith("did you mean 'p99'?")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "[lag.verdict == stable]",
            "[p50 < 1s, server_cpu < 1s, acked_rate > 1/s]",
            "g.yaml:6: workloads.load = […]: gates 4 metrics under one workload (end_to_end_p99, "
            "end_to_end_p50, server_cpu, acked_rate); allowed: up to 3; counts and the lag verdict "
            "come on top",
        ),
        (
            "lag.verdict == stable",
            "lost == 0",
            "g.yaml:6: workloads.load = […]: 'lost == 0' stands twice; allowed: each rule once",
        ),
        (
            "  - lost == 0",
            "  - 7",
            "g.yaml:4: gates[1] = 7: not a rule; allowed: text, such as p99 < 20ms, "
            "p99 vs baseline <= +5%, lag.verdict == stable, lost == 0",
        ),
    ],
)
def test_a_gate_file_is_refused_with_these_words(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    """They are what a user has to go by."""
    assert problems_of(write(tmp_path, "g.yaml", GATES.replace(old, new))) == [problem]


def test_a_gate_file_without_a_rule_guards_nothing(tmp_path: Path) -> None:
    """It would pass whatever happens."""
    (problem,) = problems_of(write(tmp_path, "g.yaml", "gates: []\n"))

    assert problem == "g.yaml:1: gates = []: holds no rule; allowed: at least one"


def test_an_unknown_gate_file_is_answered_with_the_nearest(tmp_path: Path) -> None:
    """As every other name is."""
    write(tmp_path, "configs/gates/ship.yaml", GATES)

    with pytest.raises(SpecError, match="did you mean 'ship'"):
        load_gates("shop", search=[tmp_path])


def test_the_criteria_of_a_matrix_are_read(tmp_path: Path) -> None:
    """One primary figure, up to two more, and rules that a variant has to hold."""
    extra = "baseline: sizes/base\nprimary: p95\nsecondary: [server_cpu]\nsuccess: [p99 < 20ms]\n"
    matrix = load_matrix(write_all(tmp_path, matrix=MATRIX + extra), search=[tmp_path]).matrix

    assert (matrix.primary, matrix.secondary) == ("end_to_end_p95", ("server_cpu",))
    assert [str(rule) for rule in matrix.success] == ["end_to_end_p99 < 20ms"]


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        (
            "success: [p99 vs baseline <= +5%]\n",
            "baseline: missing, but a rule of `success` compares with it; "
            "allowed: config/variant of this matrix",
        ),
        (
            "baseline: sizes/bse\n",
            "baseline = 'sizes/bse': no such variant in this matrix; "
            "allowed: sizes/small, sizes/base; did you mean 'sizes/base'?",
        ),
        (
            "primary: p99\nsecondary: [p99]\n",
            "secondary = […]: a figure stands twice; allowed: each once",
        ),
        ("secondary: [p50, p95, server_cpu]\n", "secondary = […]: too many; allowed: up to 2"),
    ],
)
def test_criteria_that_cannot_be_answered_are_refused(
    tmp_path: Path, extra: str, problem: str
) -> None:
    """Found after an hour of measuring it would be too late."""
    (found,) = problems_of(write_all(tmp_path, matrix=MATRIX + extra))

    assert found.removeprefix("configs/matrices/test.yaml:").partition(" ")[2] == problem


def test_a_primary_must_have_a_better_way(tmp_path: Path) -> None:
    """The lowest lag slope is no honour: it is the backlog of before."""
    (problem,) = problems_of(write_all(tmp_path, matrix=MATRIX + "primary: lag_slope\n"))

    assert "neither way of lag_slope is better" in problem


@pytest.mark.parametrize("text", ["sizes/small", "configs/sizes.yaml/small"])
def test_a_variant_is_chosen_by_name_or_path(tmp_path: Path, text: str) -> None:
    """CI jobs compare two checkouts of one config file, by their paths."""
    write(tmp_path, "configs/sizes.yaml", CONFIG)
    config = choose_variant(text, search=[tmp_path])

    assert list(config.variants) == ["small"]
    assert config.variants["small"].pull.batch == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sizes", "sizes: has several variants; allowed: sizes/small, sizes/base"),
        ("sizes/smal", "no variant 'smal'; allowed: small, base; did you mean 'small'?"),
        ("size/small", "size: no such config; allowed: sizes; did you mean 'sizes'?"),
        ("nowhere.yaml", "nowhere.yaml: no such file"),
    ],
)
def test_a_variant_that_is_not_there_is_told(tmp_path: Path, text: str, problem: str) -> None:
    """With the nearest right word, as elsewhere."""
    write(tmp_path, "configs/sizes.yaml", CONFIG)

    with pytest.raises(SpecError) as caught:
        choose_variant(text, search=[tmp_path])

    assert problem in str(caught.value)


def test_workloads_are_found_by_name_and_all_missing_ones_told(tmp_path: Path) -> None:
    """Two typing errors, one answer."""
    write(tmp_path, "workloads/load.yaml", WORKLOAD)

    with pytest.raises(SpecError) as caught:
        load_workloads(["load", "laod", "other"], search=[tmp_path])

    assert len(caught.value.problems) == 2
    assert "did you mean 'load'?" in str(caught.value)


def test_a_gate_file_without_general_rules_hears_what_is_missing(tmp_path: Path) -> None:
    """It was checked as a matrix, and all its keys were unknown."""
    text = "workloads:\n  load: [lost == 0]\nphases: {warmup: 1s, measure: 9s, drain: 1s}\n"

    (problem,) = problems_of(write(tmp_path, "g.yaml", text))

    assert problem == "g.yaml: gates: missing"
