"""The summary of a run within its report."""

import re
from pathlib import Path

from bench.core.errors import RecordError
from bench.judgement import summary
from bench.judgement.model import Judgement
from bench.judgement.summary import RunSummary
from bench.record.reading import bounded_bytes
from bench.report.markup import embedded

ELEMENT_ID = "run-summary"
_ELEMENT = re.compile(
    rf'<script type="application/json" id="{ELEMENT_ID}">(.*?)</script>'.encode(), re.S
)

MAX_PAGE_BYTES = 512 * 1024**2
"""Above a report of some thousand trials."""


def document(judged: Judgement) -> str:
    """Return the summary of a run as JSON, safe inside a script element."""
    return embedded(summary.as_json(summary.summarised(judged)))


def read(page: Path) -> RunSummary:
    """Return the summary that a report carries.

    Raises:
        RecordError: the file cannot be read, carries none, or one of an unknown version.
    """
    found = _ELEMENT.search(bounded_bytes(page, MAX_PAGE_BYTES))
    if found is None:
        raise RecordError(f"{page}: carries no summary: written by another jetbench")
    return summary.parsed(f"{page}: its summary", found[1])
