"""A finished run in the OpenMetrics text format, for whoever keeps figures in a metrics store.

Source: OpenMetrics 1.0, https://github.com/OpenObservability/OpenMetrics.
"""

import math
from collections.abc import Iterator

import pandas as pd

from bench.spec.metrics import find_metric

PREFIX = "jetbench_"
_LABELS = ("run", "workload", "variants", "trial", "block", "valid")


def render(table: pd.DataFrame) -> str:
    """Return the rows of a tidy table as gauges, with a sample for each figure there is."""
    lines = [
        line
        for metric, rows in table.groupby("metric", sort=False)
        for line in _gauge(str(metric), rows)
    ]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _gauge(metric: str, rows: pd.DataFrame) -> Iterator[str]:
    known = find_metric(metric)
    unit = rows["unit"].iloc[0]
    title = known.title if known is not None else f"{metric} messages of the whole trial"
    yield f"# TYPE {PREFIX}{metric} gauge"
    yield f"# HELP {PREFIX}{metric} {_escaped(f'{title}, {unit}')}"
    for row in rows.to_dict("records"):
        if not math.isnan(row["value"]):
            labels = ",".join(f'{label}="{_escaped(_word(row[label]))}"' for label in _LABELS)
            yield f"{PREFIX}{metric}{{{labels}}} {row['value']!r}"


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
