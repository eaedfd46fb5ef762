"""Kinds of workload stand beside each other: each is known by its two registries alone."""

import ast
from pathlib import Path

import pytest

from bench.scenario import registry as played
from bench.spec.kinds import registry as written

ROOT = Path(__file__).parents[2]
OF_KINDS = [
    ROOT / "bench" / folder / f"{kind.replace('-', '_')}.py"
    for folder in ("spec/kinds", "scenario")
    for kind in written.KINDS
]


def test_every_kind_that_can_be_written_can_be_played() -> None:
    """A workload that validates and cannot run would be found out in the middle of a matrix."""
    assert set(played.KINDS) == set(written.KINDS)


@pytest.mark.parametrize("kind", written.KINDS)
def test_a_kind_is_called_as_its_file_says(kind: str) -> None:
    """`kind:` picks the model, and the model takes no other word."""
    assert written.KINDS[kind].model.model_json_schema()["properties"]["kind"]["const"] == kind


@pytest.mark.parametrize("path", OF_KINDS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_kind_imports_another(path: Path) -> None:
    """What two of them need belongs to the layers below."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    others = {kind.replace("-", "_") for kind in written.KINDS} - {path.stem}

    assert not imported & {
        f"bench.{folder}.{other}" for folder in ("spec.kinds", "scenario") for other in others
    }
