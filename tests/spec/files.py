"""Small valid files, and a way to write them where a matrix finds them."""

from pathlib import Path

import pytest

from bench.core.errors import SpecError
from bench.spec.recognised import check_files

WORKLOAD = """\
kind: stream
payload: {sizes: 128B}
publish: {rate: 100/s}
"""

CONFIG = """\
question: How large?
base:
  pull: {batch: 10}
variants:
  small: {pull.batch: 1}
  base: {}
"""

MATRIX = """\
label: test
workloads: [load]
configs: [sizes]
phases: {warmup: 1s, measure: 2s, drain: 1s}
"""


def write(root: Path, name: str, text: str) -> Path:
    """Write one file below `root` and return its path."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_all(
    root: Path, *, workload: str = WORKLOAD, config: str = CONFIG, matrix: str = MATRIX
) -> Path:
    """Write a matrix with its workload `load` and config `sizes`; return the matrix."""
    write(root, "workloads/load.yaml", workload)
    write(root, "configs/sizes.yaml", config)
    return write(root, "configs/matrices/test.yaml", matrix)


def problems_of(*paths: Path) -> list[str]:
    """Return the problems of these files as a user reads them, one line each."""
    with pytest.raises(SpecError) as caught:
        check_files(paths)
    return [str(problem) for problem in caught.value.problems]
