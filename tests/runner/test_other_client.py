"""Another nats-py for the workers alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.runner.other_client import loaded_from, version_in


def installed(directory: Path, version: str) -> Path:
    """A directory as `pip install --target` leaves it, with as little of nats-py as is needed."""
    (directory / "nats").mkdir(parents=True)
    (directory / "nats/__init__.py").write_text(f"which = {version!r}\n")
    about = directory / f"nats_py-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: nats-py\nVersion: {version}\n")
    return directory


def test_its_version_is_read_where_it_stands(tmp_path: Path) -> None:
    """The record of a trial names what carried its load, not what happens to be installed."""
    assert version_in(installed(tmp_path, "0.0.7")) == "0.0.7"


def test_a_directory_without_it_is_told_with_what_to_do(tmp_path: Path) -> None:
    """Measured with the installed one on both sides the gate would pass and mean nothing."""
    with pytest.raises(UsageError, match="pip install --target"):
        version_in(tmp_path)


def test_a_process_that_is_started_meanwhile_loads_it(tmp_path: Path) -> None:
    """And one that is started afterwards the installed one."""
    ask = [sys.executable, "-c", "import nats; print(getattr(nats, 'which', 'installed'))"]
    before = os.environ.get("PYTHONPATH")

    with loaded_from(installed(tmp_path, "0.0.7")):
        during = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
    after = subprocess.run(ask, capture_output=True, text=True, check=True).stdout

    assert (during.strip(), after.strip()) == ("0.0.7", "installed")
    assert os.environ.get("PYTHONPATH") == before
