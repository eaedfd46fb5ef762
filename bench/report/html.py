"""One self-contained HTML file for a run: no network, readable without JavaScript."""

import base64
import gzip
import hashlib
from functools import cache
from pathlib import Path

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from bench.core.files import write_whole
from bench.judgement.model import Judgement
from bench.report import build, run_summary
from bench.report.markup import filled
from bench.report.model import Page


def render(judged: Judgement, *, light: bool = False) -> str:
    """Return the report of a run as one HTML document.

    Args:
        judged: the run.
        light: without the plot library, for an attachment: folds show their tables alone, and
            no script is left.
    """
    return _rendered(
        "report.html.jinja",
        script="" if light else filled("report.js"),
        library="" if light else _library(),
        judged=judged,
        masthead=build.masthead(judged.figures),
        boxes=build.boxes(judged),
        sections=build.sections(judged),
        summary=run_summary.document(judged),
    )


def render_page(page: Page) -> str:
    """Return a page beside the reports as one HTML document; it holds no plot."""
    return _rendered(
        "page.html.jinja",
        script=filled("report.js"),
        library="",
        page=page,
        sections=page.sections,
    )


def _rendered(template: str, *, script: str, **content: object) -> str:
    style, hash_ = _flush(filled("report.css")), _csp_hash(script)
    return str(filled(template, style=style, script=script, script_hash=hash_, **content))


def _flush(style: Markup) -> Markup:
    """Return rules without the spaces that they are indented by: nobody reads them in a page."""
    return Markup("\n").join(map(Markup.lstrip, style.splitlines()))


def write(judged: Judgement, reports_dir: Path, *, light: bool = False) -> Path:
    """Write `reports_dir`/<run>/index.html whole and return its path.

    Raises:
        StorageError: the disk refuses; an older report is left as it was.
    """
    path = reports_dir / judged.figures.run_id / "index.html"
    write_text(path, render(judged, light=light))
    return path


def write_text(path: Path, page: str) -> None:
    """Write a page whole; StorageError when the disk refuses."""
    # What cannot be encoded (a command line that was not UTF-8) must not cost the report.
    write_whole(path, page.encode(errors="replace"))


@cache
def _library() -> str:
    """Return plotly.js packed: letters that can stand inside a script element, and run nothing.

    The page's own script unpacks and runs it when the first plot is opened.
    """
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode()


def _csp_hash(script: str) -> str:
    """Return what the page's policy knows our script by; beside it only what it makes can run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
