"""A workload with sealed payloads says where what makes them is missing."""

from pathlib import Path

from bench.spec.load import load_workload
from bench.spec.sealed import unsealable
from bench.spec.yaml_tree import read_document

TEXT = """kind: stream
payload: {sizes: 1KiB}
publish: {rate: 100/s}
"""


def written(directory: Path, form: str) -> Path:
    path = directory / "orders.yaml"
    path.write_text(TEXT.replace("1KiB", f"1KiB, format: {form}"))
    return path


def test_a_missing_library_is_named_with_the_extra_that_brings_it(tmp_path: Path) -> None:
    document = read_document(written(tmp_path, "sealed"), "orders.yaml")

    (problem,) = unsealable(document, library="no_such_library")

    assert (problem.line, problem.key, problem.value) == (2, "payload.format", "'sealed'")
    assert "needs no_such_library" in problem.what
    assert "jetbench[crypto]" in problem.what


def test_others_need_none(tmp_path: Path) -> None:
    document = read_document(written(tmp_path, "random-bytes"), "orders.yaml")

    assert unsealable(document, library="no_such_library") == []


def test_where_it_is_installed_the_workload_is_read(tmp_path: Path) -> None:
    assert load_workload(written(tmp_path, "sealed")).loads["publish"].payload.format == "sealed"
