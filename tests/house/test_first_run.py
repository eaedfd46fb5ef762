"""How long the first run takes is said in four places; they say what the plan says."""

import re

from bench.cli.verbs import EPILOG
from bench.plan.build import make_plan
from bench.plan.estimate import estimate
from bench.spec.load import load_matrix
from tests.house.files import ROOT

IN_WORDS = {2: "two", 3: "three", 4: "four", 5: "five"}
PLACES = {
    "README.md": (ROOT / "README.md").read_text("utf-8").partition("## Reading")[0],
    "docs/guides/first-run.md": (ROOT / "docs/guides/first-run.md").read_text("utf-8"),
    "configs/matrices/quickstart.yaml": (ROOT / "configs/matrices/quickstart.yaml").read_text(),
    "jetbench --help": EPILOG,
}


def test_the_time_of_the_quickstart_is_the_same_everywhere() -> None:
    """Three, four and five minutes for one run: whoever reads two of them trusts none."""
    planned = estimate(make_plan(load_matrix("quickstart", search=[ROOT])))
    minutes = IN_WORDS[round(planned.duration_s / 60)]

    for place, text in PLACES.items():
        said = re.findall(r"about\s+(\w+)\s+(?:quiet\s+)?minutes", text)
        assert said == [minutes], place
