"""The verbs of `jetbench`; where one is named no other is read: that takes half a second."""

import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Annotated

import typer

from bench.cli.console import output
from bench.cli.encoding import speak_any_encoding
from bench.cli.ending import Verbs, code_of
from bench.cli.typed import command_line

EPILOG = (
    "First run:  jetbench run quickstart   (about three minutes, then open the report it names).  "
    "Exit codes: 0 pass, 1 goal broken or data lost, 2 usage or bad file, 3 inconclusive, "
    "4 invalid measurement, 70 a fault of jetbench's own, 130 interrupted."
)

VERBS: Mapping[str, tuple[str, str]] = {
    "run": ("run", "run"),
    "capacity": ("capacity", "capacity"),
    "tune": ("tune", "tune"),
    "plan": ("plan", "plan"),
    "new": ("new", "new"),
    "import": ("importing", "import_from"),
    "capture": ("capture", "capture_stream"),
    "diagnose": ("diagnose", "diagnose"),
    "validate": ("files", "validate"),
    "schema": ("schema", "schema"),
    "report": ("runs", "report"),
    "list": ("runs", "list_runs"),
    "show": ("runs", "show"),
    "compare": ("compare", "compare"),
    "gate": ("gate", "gate"),
    "calibrate": ("calibrate", "calibrate_host"),
    "export": ("export", "export"),
    "doctor": ("doctor", "doctor"),
    "selfbench": ("selfbench", "selfbench"),
}
"""Verb -> the module of ours that has it, and the function; in the order of the help."""


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - for this one option only

        output().out(f"jetbench {version('jetbench')}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    del version


def app_of(verbs: Iterable[str]) -> typer.Typer:
    """Return the command line with these verbs."""
    app = typer.Typer(
        name="jetbench",
        cls=Verbs,
        help="Benchmark and tune NATS JetStream: cross workloads with configurations, measure each "
        "against a real server, and say which one meets the goal and how sure that is.",
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    app.callback()(_options)
    for verb in verbs:
        module, function = VERBS[verb]
        app.command(name=verb)(getattr(import_module(f"bench.cli.{module}"), function))
    return app


def _named(words: Iterable[str]) -> Iterable[str]:
    """Return the verb that a command line names; all of them where it names none of ours."""
    verb = next((word for word in words if not word.startswith("-")), "")
    return (verb,) if verb in VERBS else VERBS


def __getattr__(name: str) -> typer.Typer:
    """Return the whole command line as `app`."""
    if name == "app":
        return app_of(VERBS)
    raise AttributeError(name)


def run_command() -> int:
    """Run the command line that we were started with; return the exit code."""
    speak_any_encoding()

    def run(**how: bool) -> object:
        return app_of(_named(sys.argv[1:]))(**how)  # reads the verb's code, which may not be whole

    return code_of(run, command_line())
