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
from bench.gate.calibration import Calibration
from bench.gate.verdict import GateResult
from bench.report.build import build
from bench.report.model import Page


def render(
    figures: RunFigures, gate: GateResult | None = None, calibration: Calibration | None = None
) -> str:
    """Return the report of a run as one HTML document; the arguments are those of `build`."""
    library = _library()
    page = build(figures, gate, calibration)
    return _rendered("report.html.jinja", [library], page=page, library=library)


def render_page(page: Page) -> str:
    """Return a page beside the reports as one HTML document; it holds no plotly figure."""
    return _rendered("page.html.jinja", [], page=page)


def _rendered(template: str, libraries: list[str], **content: object) -> str:
    environment = _environment()
    script = environment.get_template("report.js").render()
    return environment.get_template(template).render(
        style=environment.get_template("report.css").render(),
        script=script,
        script_hashes=[_csp_hash(each) for each in (*libraries, script)],
        **content,
    )


def write(
    figures: RunFigures,
    reports_dir: Path,
    gate: GateResult | None = None,
    calibration: Calibration | None = None,
) -> Path:
    """Write `reports_dir`/<run>/index.html whole and return its path.

    Raises:
        StorageError: the disk refuses; an older report is left as it was.
    """
    path = reports_dir / figures.run_id / "index.html"
    write_whole(path, render(figures, gate, calibration))
    return path


def write_whole(path: Path, page: str) -> None:
    """Write a page whole: to a temporary file, fsync, rename.

    Raises:
        StorageError: the disk refuses; an older page is left as it was.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            # What cannot be encoded (a command line that was not UTF-8) must not cost the report.
            file.write(page.encode(errors="replace"))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error


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
