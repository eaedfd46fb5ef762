"""One self-contained HTML file for a run: no network, readable without JavaScript."""

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from bench.core.files import write_whole
from bench.core.shared_out import shared_out, workers_for
from bench.judgement.model import Judgement
from bench.report import build, run_summary
from bench.report.markup import filled
from bench.report.model import Page, Section

_LEVEL = 5
"""Of packing the plot library: the most saves 1 % of it and takes twice the time."""


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
        sections=_drawn(judged, library=not light),
        summary=run_summary.document(judged),
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A section of a page as markup, with what the contents say of it."""

    id: str
    title: str
    markup: Markup


def _drawn(judged: Judgement, *, library: bool) -> tuple[_Drawn, ...]:
    """Return the sections of a run; where it has many trials all cores make them."""
    trials = sum(len(cell.trials) for each in judged.figures.workloads for cell in each.cells)

    def made(maker: build.Maker) -> list[_Drawn]:
        return [_of(each, library=library) for each in maker()]

    by_maker = shared_out(made, build.makers(judged), workers_for(trials))
    return tuple(section for sections in by_maker for section in sections)


def _of(section: Section, *, library: bool) -> _Drawn:
    markup = filled("section.html.jinja", section=section, library=library)
    return _Drawn(section.id, section.title, markup)


def render_page(page: Page) -> str:
    """Return a page beside the reports as one HTML document; it holds no plot."""
    return _rendered(
        "page.html.jinja",
        script=filled("report.js"),
        library="",
        page=page,
        sections=[_of(each, library=False) for each in page.sections],
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
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), _LEVEL, mtime=0)).decode()


def _csp_hash(script: str) -> str:
    """Return what the page's policy knows our script by; beside it only what it makes can run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
