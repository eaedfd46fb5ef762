"""Where a verdict is told: on the terminal, with the run, and in the files that were asked for."""

import os
from dataclasses import dataclass
from pathlib import Path

from bench.cli.console import output
from bench.cli.gate_run import Judged
from bench.cli.judged import print_result
from bench.core.errors import StorageError
from bench.gate import junit, markdown
from bench.gate.files import result_json, write_result
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


def tell(judged: Judged, files: Files, *, inconclusive_fails: bool) -> None:
    """Print the verdict, keep it with the run, and write the files; and a CI job's summary.

    Raises:
        StorageError: a file cannot be written.
    """
    result, console = judged.result, output()
    print_result(result, console)
    console.print(f"results:  {judged.store.path}", markup=False, soft_wrap=True)
    write_result(judged.store, result)
    summary = markdown.render(result)
    if files.junit is not None:
        _write(files.junit, junit.render(result, inconclusive_fails=inconclusive_fails))
    if files.markdown is not None:
        _write(files.markdown, summary)
    if files.json is not None:
        _write(files.json, result_json(result))
    if step_summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        _write(Path(step_summary), summary, append=True)


def _write(path: Path, text: str, *, append: bool = False) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = "a" if append else "w"
        with path.open(mode, encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error
