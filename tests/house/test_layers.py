"""Data flows one way; the contracts stand in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

from tests.house.files import ROOT


def test_every_import_points_down_the_layers() -> None:
    """A judging half that imports the measuring half could not work from records alone."""
    linter = Path(sys.executable).with_name("lint-imports")

    result = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout + result.stderr
