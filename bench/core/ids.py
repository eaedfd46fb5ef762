"""Names that jetbench gives to what it makes, and how it knows its own again."""

import re
import secrets
from datetime import datetime

NAME_PATTERN = r"[a-z0-9][a-z0-9._=+-]*"
"""What workloads, configs and variants may be called: safe in file names and in HTML ids."""

STREAM_PREFIX = "JETBENCH_"
SUBJECT_PREFIX = "jetbench"
OWNER_KEY = "jetbench.run"
"""Metadata key that marks a stream as made by jetbench; its value is the run's id."""


def is_name(text: str) -> bool:
    """Say whether `text` may name a workload, config or variant."""
    return len(text) <= 80 and re.fullmatch(NAME_PATTERN, text) is not None


def run_id(label: str, started: datetime) -> str:
    """Return a directory name for a run, a new one each time: `quickstart-20261123-170512-7f3ac9`.

    It marks what the run makes on a server as its own. By label and second alone two runs took each
    other's streams for their own, and deleted them.
    """
    return f"{label}-{started:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def label_of(run: str) -> str:
    """Return what a run was called when it began: `quickstart`; the whole of any other name."""
    return re.sub(r"-\d{8}-\d{6}(-[0-9a-f]+)?(-\d+)?$", "", run)


def token(text: str) -> str:
    """Return `text` with everything a NATS name or subject token refuses turned into `-`."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text)
