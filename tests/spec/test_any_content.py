"""Every file that we ship, with anything in the place of anything: problems in words, or none."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.core.errors import SpecError
from bench.spec.lookup import shipped_root
from bench.spec.recognised import check_files

ROOT = shipped_root()
FILES = sorted(path.relative_to(ROOT) for each in ("workloads", "configs") for path in
               (ROOT / each).rglob("*.yaml"))  # fmt: skip
PLACES_OF_EACH = 8

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1, 1.5, 2**63, 2**200, float("nan"), float("inf"), "", "x", "[/nope]",
    "\u202ex", "ключ", "a.{b}", ">", "*", "a..b", "$KV.x", "9" * 400, "-5s", "0s", "99999999h",
    "0/s", "1e300/s", "0B", "999999TiB", "-5%", "101%", [], {}, [[]], [{}], [None], {"x": 1},
    {"p50": "5ms", "p99": "1ms"}, {"1KiB": "50%"},
)  # fmt: skip


@pytest.mark.parametrize("name", FILES, ids=str)
def test_odd_content_is_answered_in_words(name: Path, tmp_path: Path) -> None:
    """`variants: [[]]` under a config of a matrix was a traceback."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    shutil.copytree(ROOT / "workloads", tmp_path / "workloads")
    path = tmp_path / name
    sound = path.read_text()
    for seed in range(PLACES_OF_EACH):
        path.write_text(_with_odd_content(sound, random.Random(f"{name} {seed}")))  # noqa: S311
        try:
            check_files([path])
        except SpecError as error:
            assert all(problem.file and problem.what for problem in error.problems)


def test_a_variant_that_is_no_word_is_a_problem_with_its_line(tmp_path: Path) -> None:
    """It is looked for among names; a list cannot be."""
    path = tmp_path / "m.yaml"
    path.write_text(
        "label: m\nquestion: Which?\nworkloads: [small-events]\n"
        "configs:\n  - config: pull-batch\n    variants:\n      - batch-1\n      - [batch-1]\n"
    )
    with pytest.raises(SpecError) as caught:
        check_files([path])

    (problem,) = caught.value.problems
    assert (problem.line, problem.key) == (8, "configs[0].variants[1]")
    assert problem.what == "must be text"


def _with_odd_content(text: str, dice: random.Random) -> str:
    tree = yaml.safe_load(text)
    container, key = dice.choice(list(_places(tree)))
    container[key] = dice.choice(ODD)
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield tree, key
        if isinstance(value, dict | list):
            yield from _places(value)
