"""A test on a real server fails for what jetbench does, not for what the hypervisor takes."""

from collections.abc import Generator
from pathlib import Path

import pytest

ROBBED = '"cpu-steal"'
"""The finding of a trial that lost cores, as it stands in its JSON."""

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder: trials are measured in it, and nothing may run beside them."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.measures)


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
