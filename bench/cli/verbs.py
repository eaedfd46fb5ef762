"""The verbs of `jetbench`."""

from typing import Annotated

import typer

from bench.cli import calibrate, compare, export, files, gate, new, plan, run, runs, selfbench
from bench.cli.console import output
from bench.cli.encoding import speak_any_encoding
from bench.cli.ending import Verbs, code_of
from bench.cli.measuring import command_line

EPILOG = (
    "First run:  jetbench run quickstart   (about three minutes, then open the report it names).  "
    "Exit codes: 0 pass, 1 goal broken or data lost, 2 usage or bad file, 3 inconclusive, "
    "4 invalid measurement, 70 a fault of jetbench's own, 130 interrupted."
)

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


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - for this one option only

        output().out(f"jetbench {version('jetbench')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    del version


app.command(name="run")(run.run)
app.command(name="plan")(plan.plan)
app.command(name="new")(new.new)
app.command(name="validate")(files.validate)
app.command(name="schema")(files.schema)
app.command(name="report")(runs.report)
app.command(name="list")(runs.list_runs)
app.command(name="show")(runs.show)
app.command(name="compare")(compare.compare)
app.command(name="gate")(gate.gate)
app.command(name="calibrate")(calibrate.calibrate_host)
app.command(name="export")(export.export)
app.command(name="selfbench")(selfbench.selfbench)


def run_command() -> int:
    """Run the command line that we were started with; return the exit code."""
    speak_any_encoding()
    return code_of(app, command_line())
