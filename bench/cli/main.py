"""`jetbench`: the verbs, and the one place where errors are printed and become exit codes."""

import os
import sys
from typing import Annotated

import typer

from bench.cli import calibrate, compare, export, files, gate, plan, run, runs, selfbench
from bench.cli.console import errors
from bench.core.errors import BenchError, ExitCode

EPILOG = (
    "First run:  jetbench run quickstart   (four minutes, then open the report it names).  "
    "Exit codes: 0 pass, 1 goal broken or data lost, 2 usage or bad file, 3 inconclusive, "
    "4 invalid measurement, 130 interrupted."
)

app = typer.Typer(
    name="jetbench",
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

        typer.echo(f"jetbench {version('jetbench')}")
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


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        app()
    except BenchError as error:
        errors().print(_error_text(error), markup=False, highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has gone (`jetbench list | head`): nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.OK)


def _error_text(error: BenchError) -> str:
    text = str(error)
    return text if "error:" in text else f"error: {text}"


if __name__ == "__main__":
    main()
