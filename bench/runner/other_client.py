"""Another nats-py for the workers of some trials: the old one against the new.

It stands in a directory of its own, as `pip install --target DIR nats-py==2.11.0` makes it. Only
the workers load it; what provisions and asks the server stays the installed one.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path

from bench.core.errors import UsageError

DISTRIBUTION = "nats-py"


def version_in(directory: Path) -> str:
    """Return the version of nats-py that stands in a directory.

    Raises:
        UsageError: none does.
    """
    for found in distributions(name=DISTRIBUTION, path=[str(directory)]):
        return found.version
    raise UsageError(
        f"{directory}: holds no {DISTRIBUTION}; make it so by "
        f"`pip install --target {directory} {DISTRIBUTION}==VERSION`"
    )


@contextmanager
def loaded_from(directory: Path | None) -> Iterator[None]:
    """Let processes that are started meanwhile load what they can from there; None changes nothing.

    It goes by this process's environment, so no two trials may run at once, and none ever do.
    """
    if directory is None:
        yield
        return
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(directory.resolve()), before]))
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
