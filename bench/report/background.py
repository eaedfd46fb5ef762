"""What stands behind the figures, folded: settings, host and software, how to repeat it, words."""

from bench.analysis.figures import RunFigures
from bench.core import text
from bench.core.units import human_size
from bench.judgement.records import clients
from bench.report import download, method, settings
from bench.report.model import Code, Fold, Section, Text
from bench.report.tables import Column, Entry, Row, Table


def section(figures: RunFigures) -> Section:
    """Return the folds behind the figures."""
    return Section(
        id="background",
        title="Behind the figures",
        blocks=(settings.fold(figures.plan), _host(figures), _repeat(figures), method.fold()),
    )


def _host(figures: RunFigures) -> Fold:
    env = figures.environment
    packages = ", ".join(f"{name} {version}" for name, version in sorted(env.packages.items()))
    pairs = (
        ("Host", env.host),
        ("System", f"{env.os}, kernel {env.kernel}, {env.architecture}"),
        ("CPU", f"{env.cpu_model}, {env.cpus} usable"),
        ("Memory", human_size(env.memory_bytes)),
        ("Store", env.store_filesystem or "not on this host"),
        ("Server", f"{env.server}, version {env.server_version}"),
        ("Client", clients(figures) or text.NA),
        ("Python", env.python),
        ("jetbench", env.jetbench),
        ("Packages", packages or text.NA),
        ("Load before the run", f"{env.load_average_1m:.2f} (1 minute average)"),
        ("Started", f"{text.minute(env.started_utc)} UTC"),
    )
    table = Table(
        id="host-table",
        caption="Figures of another host, server or setting are not comparable with these",
        head="What",
        columns=(Column(title="Value", numeric=False, prose=True),),
        rows=tuple(Row(names=(word,), entries=(Entry(text=value),)) for word, value in pairs),
    )
    note = ", ".join(filter(None, [env.os, env.cpu_model, env.store_filesystem, clients(figures)]))
    return Fold(id="host", title="Host and software", note=note, blocks=(table,))


def _repeat(figures: RunFigures) -> Fold:
    plan = figures.plan
    counted = f"{text.plural(len(plan.cells), 'cell')}, {text.plural(plan.blocks, 'block')}"
    return Fold(
        id="repeat",
        title="Repeat it and take the data",
        note=f"seed {plan.seed}, command, CSV",
        blocks=(
            Text(sentence=(f"Planned: {counted} of an order shuffled by seed {plan.seed}.",)),
            Code(caption="This run was made by", text=figures.environment.command),
            Code(
                caption="This page is rebuilt from its records, without a server, by",
                text=f"jetbench report {figures.run_id}",
            ),
            download.block(figures),
        ),
    )
