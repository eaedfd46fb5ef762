"""A process in which the catalogue has one figure more, and what the verbs then print, as JSON.

The entry is added before anything else of the package is imported, as if it stood in the file.
"""

import json
import sys
from pathlib import Path

from bench.spec import metrics
from bench.spec.metrics import View, time_metric

ADDED = time_metric("delivery", "p90", View.CELLS, View.TERMINAL, View.COMPARE, View.TREND)
RULE = "delivery_p90 vs baseline <= +10%"


def main(top: Path) -> None:
    """Judge, compare, show, export and report a made-up run; `slow` takes twice as long."""
    metrics.METRICS = (*metrics.METRICS, ADDED)
    # What knows the catalogue reads it as it is imported: only now.
    from typer.testing import CliRunner  # noqa: PLC0415

    from bench.cli.verbs import app  # noqa: PLC0415
    from tests.cli.made_up import make_run  # noqa: PLC0415

    make_run(top / "results" / "one", {"old": 1.0, "slow": 2.0})
    (top / "gates.yaml").write_text(f"gates: ['{RULE}']\n", encoding="utf-8")
    out, reports = ["--out", str(top / "results")], ["--reports", str(top / "reports")]
    old = ["--baseline", "old"]
    runner = CliRunner(env={"COLUMNS": "300"})
    verbs = {
        "rule": ["gate", "one", "--rules", str(top / "gates.yaml"), *old, *out, *reports],
        "compare": ["compare", "one", *old, *out],
        "show": ["show", "one", *out],
        "export": ["export", "one", *out],
    }
    told = {name: runner.invoke(app, verb).output for name, verb in verbs.items()}
    told["table"] = (top / "reports" / "one" / "index.html").read_text(encoding="utf-8")
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
