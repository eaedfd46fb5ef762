"""How a command ends: the one place where errors are printed and become exit codes.

1 is said by a verdict alone. Libraries below us end with 1 for much that is none: a traceback, a
reader of our output that has gone, an end of input. Here all of that gets a code of its own.
"""

import os
import re
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import typer
from typer.core import TyperGroup
from typer.rich_utils import rich_format_error

from bench.cli.console import errors, flush
from bench.cli.signals import interrupted_by_signals
from bench.cli.wording import plainly
from bench.core.errors import BenchError, ExitCode

_LOGIN = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://?)[^\s'\"]*@")  # pathlib makes one slash of two
_SEED = re.compile(r"\bS[A-Z][A-Z2-7]{54,}\b")
_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")


class _UnforeseenError(Exception):
    """Carries what the libraries below would end with 1."""


class Verbs(TyperGroup):
    """The verbs; hides from the library what it would take for its own."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]  # click's own type
        """Run the verb that was asked for."""
        try:
            return super().invoke(ctx)
        except (OSError, EOFError) as error:
            raise _UnforeseenError from error


def code_of(app: Callable[..., object], command: str) -> int:
    """Run a command line to its end and return its exit code; what went wrong has been said.

    Args:
        app: runs it and returns the code of a verdict, if there is one.
        command: as typed, without its secrets.
    """
    try:
        with interrupted_by_signals():
            code = _run(app)
            flush()
        return code
    except BenchError as error:
        text = str(error)
        _say(text if "error:" in text else f"error: {text}")
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except SystemExit:
        return ExitCode.OK  # who asked for help has closed the pipe; no verb ends so
    except OSError as error:
        _say(f"error: output: cannot be written: {error.strerror or error}")
        return ExitCode.USAGE  # likewise: nothing else is written outside of a verb
    except BaseException as error:  # noqa: BLE001 - whatever it is: it must not end with 1
        return _apologise(error.__cause__ or error, command)


def _run(app: Callable[..., object]) -> int:
    try:
        code = app(standalone_mode=False)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        wrong = cast("Any", error)  # a wrong word on the command line, which is repeated
        wrong.message = _unsecret(plainly(error, str(wrong.message)))
        rich_format_error(wrong)
        return ExitCode.USAGE
    return code if isinstance(code, int) else ExitCode.OK


def _apologise(error: BaseException, command: str) -> int:
    text = "".join([f"jetbench: {command}\n\n", *traceback.format_exception(error)])
    what = "".join(traceback.format_exception_only(error)).strip().partition("\n")[0]
    _say(f"error: a fault of jetbench's own, sorry: {what}; {_kept(_unsecret(text))}")
    return ExitCode.UNFORESEEN


def _kept(text: str) -> str:
    """Keep the traceback and say where; where nothing can be written, it is said itself."""
    try:
        descriptor, name = tempfile.mkstemp(prefix="jetbench-error-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        return f"please report it with this:\n{text}"
    return f"please report it with {Path(name)}"


def _unsecret(text: str) -> str:
    """Return a text without logins of URLs, nkey seeds and JWTs."""
    return _TOKEN.sub("***", _SEED.sub("***", _LOGIN.sub(r"\1***@", text)))


def _say(text: str) -> None:
    with suppress(BenchError):  # nobody can be told, and the code says it all the same
        errors().print(_unsecret(text), soft_wrap=True)
