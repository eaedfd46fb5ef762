"""A finished run in the OpenMetrics text format, for whoever keeps figures in a metrics store.

Where messages that never came hide a figure, the trial has no sample of it, but one of another
metric with the ending `_at_least`: nobody takes a bound for the figure.

Source: OpenMetrics 1.0, https://github.com/OpenObservability/OpenMetrics.
"""

import math
from collections.abc import Iterator

import pandas as pd

from bench.spec.metrics import find_metric

PREFIX = "jetbench_"
AT_LEAST = "_at_least"
_LABELS = ("run", "workload", "variants", "trial", "block", "valid")


def render(table: pd.DataFrame) -> str:
    """Return the rows of a tidy table as gauges, with a sample for each figure there is."""
    lines = [
        line
        for metric, rows in table.groupby("metric", sort=False)
        for line in _gauges(str(metric), rows)
    ]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _gauges(metric: str, rows: pd.DataFrame) -> Iterator[str]:
    known = find_metric(metric)
    title = known.title if known is not None else f"{metric} messages of the whole trial"
    words = f"{title}, {rows['unit'].iloc[0]}"
    yield from _gauge(metric, words, rows, "value")
    if rows["at_least"].notna().any():
        words += ", which it exceeds: too many messages never came so far"
        yield from _gauge(metric + AT_LEAST, words, rows, "at_least")


def _gauge(name: str, words: str, rows: pd.DataFrame, column: str) -> Iterator[str]:
    yield f"# TYPE {PREFIX}{name} gauge"
    yield f"# HELP {PREFIX}{name} {_escaped(words)}"
    for row in rows.to_dict("records"):
        if not math.isnan(row[column]):
            labels = ",".join(f'{label}="{_escaped(_word(row[label]))}"' for label in _LABELS)
            yield f"{PREFIX}{name}{{{labels}}} {row[column]!r}"


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
