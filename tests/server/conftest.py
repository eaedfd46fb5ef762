"""A test on a real server fails for what jetbench does, not for what the hypervisor takes."""

from collections.abc import Generator
from pathlib import Path

import pytest

ROBBED = '"cpu-steal"'
"""The finding of a trial that lost cores, as it stands in its JSON."""

HERE = Path(__file__).parent


ALONE = {
    "test_backoff",
    "test_behind",
    "test_diagnosis",
    "test_gate",
    "test_mishaps",
    "test_paths",
    "test_repeats",
    "test_truth",
}
"""Modules in which times, lags or the health of the host are looked at. The others, and tests in
these that are marked `counts`, look at what is counted: the same whatever runs beside them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder: beside some of its trials nothing may run, others share."""
    for item in items:
        if item.path.is_relative_to(HERE) and not item.get_closest_marker("counts"):
            alone = item.path.stem in ALONE
            item.add_marker(pytest.mark.measures if alone else pytest.mark.counts)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Name the hypervisor in the failure of a test whose trials lost cores, so that it runs again.

    Whatever such a test looked at may follow from it: an invalid gate, a block measured again.
    """
    try:
        return (yield)
    except (AssertionError, pytest.fail.Exception) as failure:
        directory = getattr(item, "funcargs", {}).get("tmp_path")
        if directory is None or ROBBED not in _findings(directory):
            raise
        raise AssertionError(f"{failure}\n(after a trial with {ROBBED})") from failure


def _findings(directory: Path) -> str:
    return "".join(path.read_text("utf-8") for path in directory.rglob("trial.json"))
