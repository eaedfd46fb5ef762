"""One change reads the same wherever it stands: terminal, report, Markdown, JUnit."""

import html
import re

import pytest
from typer.testing import CliRunner

from bench.cli.verbs import app
from tests.cli.made_up import make_run

SCALES = {"old": 1.0, "more": 1.129, "much": 10.5}
CHANGE = re.compile(r"[+\u2212]\d[\d.,\s\u202f]*%|×\d[\d.,\u202f]*\d")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each view says of a run in which `more` is 12.9 % slower, `much` 10.5 times as slow."""
    top = tmp_path_factory.mktemp("form")
    make_run(top / "results" / "one", SCALES)
    (top / "gates.yaml").write_text("gates: [p99 vs baseline <= +10%]\n")
    common = ["--out", str(top / "results"), "--reports", str(top / "reports")]
    runner = CliRunner(env={"COLUMNS": "300"})
    files = [f"--{kind}={top / kind}" for kind in ("junit", "markdown", "json")]
    gate = runner.invoke(
        app,
        ["gate", "one", "--rules", str(top / "gates.yaml"), "--baseline", "old", *files, *common],
    )
    compared = runner.invoke(
        app, ["compare", "one", "--baseline", "old", "--metric", "p99", *common[:2]]
    )
    shown = runner.invoke(app, ["show", "one", *common[:2]])
    page = (top / "reports" / "one" / "index.html").read_text()
    words = html.unescape(re.sub(r"<(script|style).*?</\1>", "", page, flags=re.S))
    return {
        "gate": gate.output,
        "compare": compared.output,
        "show": shown.output,
        "report": words.replace("\N{NO-BREAK SPACE}", " "),
        "junit": html.unescape((top / "junit").read_text()),
        "markdown": (top / "markdown").read_text(),
    }


@pytest.mark.parametrize("place", ["gate", "compare", "show", "report", "junit", "markdown"])
def test_a_change_has_one_form_everywhere(places: dict[str, str], place: str) -> None:
    """`+12.9 %` here and `+13 %` there are two changes to whoever compares them."""
    found = set(CHANGE.findall(places[place].replace("<= +10%", "")))  # less the rule as written

    assert {"+13 %", "×10.5"} <= found
    assert found <= {"+13 %", "×10.5", "+10 %"}
