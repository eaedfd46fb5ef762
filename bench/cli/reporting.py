"""Judging a run, writing what came of it, and saying where that is."""

import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.analysis.figures import RunFigures
from bench.cli.console import errors, output
from bench.core.errors import RecordError, StorageError
from bench.gate.files import read_calibration
from bench.gate.verdict import GateResult
from bench.judgement.judge import judge
from bench.judgement.model import Judgement
from bench.record.health import read_health
from bench.report import html, markdown
from bench.report.overview import write_overview

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is written of a run besides its page.

    Attributes:
        light: the page leaves out what draws the plots of its folds.
        markdown: a file for the summary in Markdown; None for none.
        opened: the page is opened in a browser.
    """

    light: bool = False
    markdown: Path | None = None
    opened: bool = False


def judged(figures: RunFigures, results: Path, gate: GateResult | None = None) -> Judgement:
    """Return what a run says, with what `results` know of this host."""
    return judge(figures, gate, _kept(read_calibration, results), _kept(read_health, results))


def write_report(
    judgement: Judgement, results: Path, reports: Path, wanted: Wanted | None = None
) -> None:
    """Write the report of a run and bring the page over all runs up to date; print the paths.

    Raises:
        StorageError: the disk refuses.
    """
    wanted = wanted or Wanted()
    path = html.write(judgement, reports, light=wanted.light)
    _say("report:  ", path)
    if wanted.markdown is not None:
        write_text(wanted.markdown, markdown.render(judgement))
        _say("markdown:", wanted.markdown)
    _say("all runs:", write_overview(results, reports))
    if wanted.opened:
        _open(path)


def write_text(path: Path, text: str, *, append: bool = False) -> None:
    """Write a file that a user named, and the folders above it.

    Raises:
        StorageError: the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = "a" if append else "w"
        with path.open(mode, encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error


def _open(path: Path) -> None:
    """Open a page in the user's browser; where there is none, say so: the page is written."""
    if not webbrowser.open(path.absolute().as_uri()):
        errors().print(f"warning: no browser could be started; open {path}", soft_wrap=True)


def _say(what: str, path: Path) -> None:
    output().print(f"{what} {path}", markup=False, soft_wrap=True)


def _kept(read: Callable[[Path], T | None], results: Path) -> T | None:
    """Return what is kept with the results; a broken file must not cost the report."""
    try:
        return read(results)
    except RecordError as error:
        errors().print(f"warning: {error}", markup=False, soft_wrap=True)
        return None
