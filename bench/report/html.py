"""One self-contained HTML file for a run: no network, readable without JavaScript."""

import base64
import hashlib
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from bench.analysis.figures import RunFigures
from bench.core.errors import StorageError
from bench.report.build import build


def render(figures: RunFigures) -> str:
    """Return the report of a run as one HTML document."""
    environment = _environment()
    library, script = _library(), environment.get_template("report.js").render()
    return environment.get_template("report.html.jinja").render(
        report=build(figures),
        style=environment.get_template("report.css").render(),
        library=library,
        script=script,
        script_hashes=[_csp_hash(library), _csp_hash(script)],
    )


def write(figures: RunFigures, reports_dir: Path) -> Path:
    """Write `reports_dir`/<run>/index.html whole and return its path.

    Raises:
        StorageError: the disk refuses; an older report is left as it was.
    """
    # What cannot be encoded (a command line that was not UTF-8) must not cost the report.
    page = render(figures).encode(errors="replace")
    path = reports_dir / figures.run_id / "index.html"
    partial = path.with_name(".index.html.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bench.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _library() -> str:
    library: str = get_plotlyjs()
    if "</script" in library.lower():
        raise ValueError("this plotly.js cannot stand inside a script element")
    return library


def _csp_hash(script: str) -> str:
    """Return what the page's policy knows a script of ours by; no other script can run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
