"""`jetbench doctor`: what this host can do, and what is in the way of measuring on it."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.broker import leftovers
from bench.cli.console import errors, output
from bench.cli.measuring import BinaryOption, StoreOption, interruptible, target_of
from bench.cli.options import DEFAULT_RESULTS, ResultsOption
from bench.cli.typed import command_line
from bench.core.text import NA, count, percent
from bench.core.units import human_duration, human_size
from bench.doctor.examine import examine
from bench.record.health import HEALTH, Health, Tail, write_health
from bench.runner import environment, preflight
from bench.runner.target import EmbeddedTarget


def doctor(
    server_bin: BinaryOption = None,
    store_dir: StoreOption = None,
    results: ResultsOption = DEFAULT_RESULTS,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all of it as JSON, and nothing else.")
    ] = False,
    scale: Annotated[
        float, typer.Option("--scale", min=0.001, max=1, hidden=True, help="Share of the loads.")
    ] = 1.0,
) -> None:
    """Look at this host for some ten seconds: cores, timers, disk, loopback, and what it carries.

    What is found is kept with the results, and reports of capacities show it beside the limit.
    Nothing that is found changes the exit code.
    """
    target = target_of(None, None, server_bin, store_dir)
    assert isinstance(target, EmbeddedTarget)  # noqa: S101 - no server was named
    preflight.check_writable(results)
    preflight.check_writable(target.parent)
    leftovers.sweep(target.parent)
    found = environment.describe(target, interruptible(target.version()), command_line())
    health = interruptible(examine(target, found, _tell, scale))
    path = write_health(results, health)
    if as_json:
        output().out(HEALTH.dump_json(health, indent=1).decode())
        return
    print_health(health, output())
    output().print(f"kept: {path}", markup=False, soft_wrap=True)


def print_health(health: Health, console: Console) -> None:
    """Print what was found, and what is in the way."""
    host = health.environment
    console.print(
        f"{host.host}: {host.cpus} CPUs ({host.cpu_model}), {human_size(host.memory_bytes)} of "
        f"memory, {host.os}; stores on {host.store_filesystem or 'an unknown file system'}",
        markup=False,
        soft_wrap=True,
    )
    console.print(_times(health))
    console.print(_ceilings(health))
    for warned in health.warnings:
        console.print(f"warning: {warned.what}. {warned.remedy}", markup=False, soft_wrap=True)
    if not health.warnings:
        console.print("nothing is in the way of measuring here")


def _times(health: Health) -> Table:
    table = Table("", "times", "p50", "p99", "longest", title="How long things take", box=None)
    rows = {
        "a timer rings late by": health.timer_late,
        "a write of 4 KiB is on the disk": health.disk,
        "a round trip over the loopback": health.loopback,
    }
    for what, tail in rows.items():
        table.add_row(what, *_tail(tail))
    table.caption = f"The hypervisor took {percent(health.steal_share)} of a core that was wanted."
    table.caption_justify = "left"
    return table


def _tail(tail: Tail) -> tuple[str, str, str, str]:
    times = (tail.p50_ns, tail.p99_ns, tail.max_ns)
    p50, p99, longest = map(human_duration, times)
    return count(tail.count), p50, p99, longest


def _ceilings(health: Health) -> Table:
    title = "What one client process brings through, 128 B a message"
    heads = ("", "msg/s", "client, of a core", "server, of a core", "client by itself (computed)")
    table = Table(*heads, title=title, box=None)
    for each in health.ceilings:
        server, alone = each.server_core_share, each.client_alone_msgs_per_s
        table.add_row(
            each.what,
            count(round(each.rate_msgs_per_s)),
            percent(each.client_core_share),
            NA if server is None else percent(server),
            NA if alone is None else count(round(alone)),
        )
    return table


def _tell(what: str) -> None:
    errors().print(f"looking at: {what}", markup=False, soft_wrap=True)
