"""Where a verdict is told: on the terminal, with the run, and in the files that were asked for."""

import os
from dataclasses import dataclass
from pathlib import Path

from bench.cli.console import output
from bench.cli.gate_run import Judged
from bench.cli.reporting import write_text
from bench.gate import junit
from bench.gate.files import result_json, write_result
from bench.judgement.model import Judgement
from bench.report import markdown, terminal
from bench.runner.preflight import check_replaceable


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where the verdict is written besides the terminal; None where not asked for."""

    junit: Path | None
    markdown: Path | None
    json: Path | None

    def check(self) -> None:
        """Check that each can be written; StorageError before anything is measured."""
        for path in filter(None, (self.junit, self.markdown, self.json)):
            if not path.is_file() and not path.is_char_device():  # those are written in place
                check_replaceable(path)


def tell(judged: Judged, judgement: Judgement, files: Files, *, inconclusive_fails: bool) -> None:
    """Print the verdict, keep it with the run, and write the files; and a CI job's summary.

    Raises:
        StorageError: a file cannot be written.
    """
    result, console = judged.result, output()
    terminal.print_judgement(judgement, console)
    console.print(f"results:  {judged.store.path}", markup=False, soft_wrap=True)
    write_result(judged.store, result)
    summary = markdown.render(judgement)
    if files.junit is not None:
        write_text(files.junit, junit.render(result, inconclusive_fails=inconclusive_fails))
    if files.markdown is not None:
        write_text(files.markdown, summary)
    if files.json is not None:
        write_text(files.json, result_json(result))
    if step_summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        write_text(Path(step_summary), summary, append=True)
