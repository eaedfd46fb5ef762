"""A figure is added by one entry of the catalogue, and every view knows it."""

import json
import subprocess
import sys
from collections.abc import Mapping

import pytest

from bench.spec.metrics import find_metric
from tests.house.files import ROOT


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What each verb prints where the catalogue has a `delivery p90`."""
    command = [sys.executable, "-m", "tests.cli.one_entry", str(tmp_path_factory.mktemp("entry"))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("rule", "delivery_p90 vs baseline <= +10%"),
        ("rule", "✕ missed  delivery_p90"),
        ("compare", "delivery p90"),
        ("show", "p90"),
        ("export", "delivery_ns_p90"),
        ("table", "p90</bdi>"),
    ],
)
def test_an_entry_alone_brings_a_figure_everywhere(
    told: Mapping[str, str], view: str, words: str
) -> None:
    """A list of keys in a view of its own would leave it out, and nobody would notice."""
    assert words in told[view]


def test_the_catalogue_does_not_have_that_figure_by_itself() -> None:
    """Else the test above would prove nothing."""
    assert find_metric("delivery_p90") is None
