"""What stands behind the figures, folded: settings, host and software, how to repeat it, words."""

import base64
import gzip

from bench.analysis.figures import MIN_BEYOND, RunFigures
from bench.analysis.tidy import tidy
from bench.core import text
from bench.core.direction import isolated
from bench.core.units import human_size
from bench.judgement.records import clients
from bench.judgement.trust import planned_words
from bench.report import settings
from bench.report.markup import filled
from bench.report.model import Fold, Section
from bench.report.tables import pairs

MOST_BYTES = 1_000_000
"""Beyond it the figures of all trials would weigh on the page that carries them."""


def section(figures: RunFigures) -> Section:
    """Return the folds behind the figures."""
    blocks = (settings.fold(figures.plan), _host(figures), _repeat(figures), _method())
    return Section("background", "Behind the figures", blocks)


def _host(figures: RunFigures) -> Fold:
    env = figures.environment
    packages = ", ".join(
        f"{isolated(name)} {isolated(version)}" for name, version in sorted(env.packages.items())
    )
    table = pairs(
        "host-table",
        "Figures of another host, server or setting are not comparable with these",
        "What",
        (
            ("Host", env.host),
            ("System", f"{isolated(env.os)}, kernel {env.kernel}, {env.architecture}"),
            ("CPU", f"{isolated(env.cpu_model)}, {env.cpus} usable"),
            ("Memory", human_size(env.memory_bytes)),
            ("Store", env.store_filesystem or "not on this host"),
            ("Server", f"{isolated(env.server)}, version {env.server_version}"),
            ("Client", clients(figures) or text.NA),
            ("Python", env.python),
            ("jetbench", env.jetbench),
            ("Packages", packages or text.NA),
            ("Load before the run", f"{env.load_average_1m:.2f} (1 minute average)"),
            ("Started", f"{text.minute(env.started_utc)} UTC"),
        ),
    )
    known = (env.os, env.cpu_model, env.store_filesystem, clients(figures))
    note = ", ".join(isolated(each) for each in known if each)
    return Fold("host", "Host and software", (table,), note=note)


def _repeat(figures: RunFigures) -> Fold:
    plan = figures.plan
    planned = f"{text.plural(len(plan.cells), 'cell')}; blocks: {planned_words(plan)}"
    how = filled(
        "repeat.html.jinja",
        planned=planned,
        seed=plan.seed,
        command=figures.environment.command,
        run_id=figures.run_id,
        rows=_rows(figures),
    )
    note = f"seed {plan.seed}, command, CSV"
    return Fold("repeat", "Repeat it and take the data", (how,), note=note)


def _rows(figures: RunFigures) -> str:
    """Return the rows of `jetbench export`, packed, as a data: address; empty if too many."""
    rows = tidy(figures).to_csv(index=False, lineterminator="\n")
    packed = gzip.compress(rows.encode(), mtime=0)  # the same figures give the same page
    if len(packed) > MOST_BYTES:
        return ""
    return f"data:application/gzip;base64,{base64.b64encode(packed).decode()}"


def _method() -> Fold:
    how = filled("method.html.jinja", min_beyond=MIN_BEYOND)
    note = "what each figure is, and how it was come by"
    return Fold("method", "How to read this", (how,), note=note)
