from pathlib import Path

import pytest

from bench.plan.expand import MAX_ID_CHARS, cell_id, expand, in_effect
from bench.plan.model import Cell, VariantName
from bench.spec.load import load_matrix
from bench.spec.variant import Settings
from tests.spec.cases import Tree
from tests.spec.files import CONFIG, MATRIX, WORKLOAD, write, write_all


def cells(tmp_path: Path, config: str, other: str = "") -> tuple[Cell, ...]:
    if other:
        write(tmp_path, "configs/other.yaml", other)
    matrix = MATRIX.replace("[sizes]", "[sizes, other]" if other else "[sizes]")
    return expand(load_matrix(write_all(tmp_path, config=config, matrix=matrix), [tmp_path]))


def names(cell: Cell) -> list[str]:
    return [str(name) for name in cell.variants]


def test_variants_that_come_to_the_same_are_one_cell(tmp_path: Path) -> None:
    """Measured once and shown under each name: time saved, and no difference by chance."""
    other = "variants:\n  ten: {pull.batch: 10}\n  push: {consumer.mode: push}\n"

    assert [names(cell) for cell in cells(tmp_path, CONFIG, other)] == [
        ["sizes/small"],
        ["sizes/base", "other/ten"],
        ["other/push"],
    ]


def test_a_cell_is_named_after_its_first_variant(tmp_path: Path) -> None:
    """The name leads back to a line of a file."""
    assert [cell.id for cell in cells(tmp_path, CONFIG)] == [
        "load--sizes.small",
        "load--sizes.base",
    ]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (
            {"consumer": {"mode": "push"}, "pull": {"batch": 5}},
            {"consumer": {"mode": "push"}},
            True,
        ),
        ({"pull": {"batch": 5}}, {}, False),
        ({"publish": {"batch": 5, "linger": "1s"}}, {}, True),
        ({"publish": {"mode": "one-by-one"}}, {}, False),
        ({"publish": {"mode": "fast", "batch": 5}}, {"publish": {"mode": "fast"}}, False),
        ({"ack": {"batch": 5}}, {}, True),
        ({"ack": {"timing": "per-batch", "batch": 100}}, {"ack": {"timing": "per-batch"}}, True),
        ({"ack": {"timing": "per-batch", "batch": 5}}, {"ack": {"timing": "per-batch"}}, False),
        (
            {"consumer": {"mode": "push"}, "pull": {"batch": 5}, "ack": {"timing": "per-batch"}},
            {"consumer": {"mode": "push"}, "ack": {"timing": "per-batch"}},
            False,
        ),
    ],
)
def test_settings_without_effect_make_no_cell(one: Tree, other: Tree, alike: bool) -> None:
    """A push consumer makes no pull requests; yet an ack batch is sized by pull.batch."""
    effects = [in_effect(Settings.model_validate(parts)) for parts in (one, other)]

    assert (effects[0] == effects[1]) is alike


def test_ids_are_unique_whatever_the_names(tmp_path: Path) -> None:
    """Workload `a--b` with config `c` reads like workload `a` with config `b--c`."""
    for name in ("a", "a--b"):
        write(tmp_path, f"workloads/{name}.yaml", WORKLOAD)
    write(tmp_path, "configs/c.yaml", "variants: {d: {}}\n")
    write(tmp_path, "configs/b--c.yaml", "variants: {d: {pull.batch: 1}}\n")
    matrix = "label: x\nworkloads: [a, a--b]\nconfigs: [c, b--c]\n"
    loaded = load_matrix(write(tmp_path, "m.yaml", matrix), [tmp_path])

    assert [cell.id for cell in expand(loaded)] == [
        "a--c.d",
        "a--b--c.d",
        "a--b--c.d-2",
        "a--b--b--c.d",
    ]


def test_a_long_id_still_fits_a_file_name() -> None:
    """Three names of 80 characters would not, and two of them must not be cut to the same."""
    first, second = (
        cell_id("w" * 80, VariantName(config="c" * 80, variant=f"{'v' * 79}{last}"))
        for last in "ab"
    )

    assert len(first) == len(second) == MAX_ID_CHARS
    assert first != second
