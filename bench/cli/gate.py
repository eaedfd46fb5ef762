"""`jetbench gate`: rules written beforehand, judged on a run or on two sides measured for it."""

from dataclasses import replace
from functools import partial

import typer

from bench.cli.gate_options import (
    DEFAULT_BLOCKS,
    BaselineClientOption,
    BaselineConfigOption,
    BaselineOption,
    BaselineServerOption,
    BlocksOption,
    CandidateClientOption,
    CandidateConfigOption,
    CandidateServerOption,
    CandidatesOption,
    InconclusiveOption,
    JsonOption,
    JunitOption,
    MarkdownOption,
    OnInconclusive,
    OptionalRun,
    PlantOption,
    RulesOption,
    SeedOption,
    WorkloadsOption,
)
from bench.cli.gate_run import judge_run
from bench.cli.gate_sides import Field, judge_sides
from bench.cli.gate_told import Files, tell
from bench.cli.kept import find_matrix
from bench.cli.measuring import (
    DEFAULT_PATIENCE,
    BinaryOption,
    ContextOption,
    CredsOption,
    PatienceOption,
    ServerOption,
    StoreOption,
    TuiOption,
    patience_of,
    target_of,
)
from bench.cli.options import (
    DEFAULT_REPORTS,
    DEFAULT_RESULTS,
    QuickOption,
    ReportsOption,
    ResultsOption,
)
from bench.cli.reporting import judged as judged_run
from bench.cli.reporting import write_report
from bench.cli.sides import Asked, share_of
from bench.core.errors import UsageError
from bench.gate.verdict import exit_code
from bench.spec.choose import check_all, choose_variant, load_workloads
from bench.spec.gates import load_gates


def gate(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    rules: RulesOption,
    run: OptionalRun = None,
    baseline: BaselineOption = None,
    candidate: CandidatesOption = None,
    baseline_config: BaselineConfigOption = None,
    candidate_config: CandidateConfigOption = None,
    baseline_server_bin: BaselineServerOption = None,
    candidate_server_bin: CandidateServerOption = None,
    baseline_client: BaselineClientOption = None,
    candidate_client: CandidateClientOption = None,
    workload: WorkloadsOption = None,
    blocks: BlocksOption = DEFAULT_BLOCKS,
    seed: SeedOption = 1,
    quick: QuickOption = False,
    server: ServerOption = None,
    creds: CredsOption = None,
    context: ContextOption = None,
    server_bin: BinaryOption = None,
    store_dir: StoreOption = None,
    tui: TuiOption = True,
    patience: PatienceOption = DEFAULT_PATIENCE,
    plant_slow_handler: PlantOption = "",
    inconclusive: InconclusiveOption = OnInconclusive.FAIL,
    junit_file: JunitOption = None,
    markdown_file: MarkdownOption = None,
    json_file: JsonOption = None,
    results: ResultsOption = DEFAULT_RESULTS,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Judge rules on a run, or measure baseline and candidate in turns and judge those.

    Ends with 0 when all pass, 1 when one is broken, 3 when one cannot be decided, 4 when the
    measurement is invalid.
    """
    check_all(
        lambda: load_gates(rules),
        lambda: load_workloads(workload if run is None and workload else ()),
        *(partial(choose_variant, text) for text in (baseline_config, candidate_config) if text),
    )
    gates = load_gates(rules)
    of_sides = (
        *(baseline_config, candidate_config, baseline_server_bin, candidate_server_bin),
        *(baseline_client, candidate_client),
    )
    files = Files(junit=junit_file, markdown=markdown_file, json=json_file)
    files.check()  # before minutes of measuring
    asked = Asked(
        baseline=baseline_config,
        candidate=candidate_config,
        workloads=tuple(workload or ()),
        blocks=blocks,
        seed=seed,
        quick=quick,
        planted=share_of(plant_slow_handler),
    )
    if plant_slow_handler or any(option is not None for option in of_sides):
        if run is not None or baseline is not None or candidate:
            raise UsageError("RUN, --baseline and --candidate are for a run that exists; leave out")
        old, new = (
            replace(
                target_of(server, creds, binary or server_bin, store_dir, context),
                client_path=client,
            )
            for binary, client in (
                (baseline_server_bin, baseline_client),
                (candidate_server_bin, candidate_client),
            )
        )
        field = Field(
            baseline=old, candidate=new, results=results, tui=tui, patience=patience_of(patience)
        )
        judged = judge_sides(gates, asked, field)
    else:
        chosen = gates.only(workload) if workload else gates
        judged = judge_run(
            chosen, find_matrix(_named(run), results, "gate"), baseline, candidate or ()
        )
    fails = inconclusive is OnInconclusive.FAIL
    judgement = judged_run(judged.figures, results, judged.result)
    tell(judged, judgement, files, inconclusive_fails=fails)
    write_report(judgement, results, reports)
    raise typer.Exit(exit_code(judged.result, inconclusive_fails=fails))


def _named(run: str | None) -> str:
    if run is None:
        raise UsageError(
            "name a RUN to judge, such as `latest`, or what to measure: --baseline-config "
            "CONFIG/VARIANT, --candidate-config, --candidate-server-bin or --candidate-client"
        )
    return run
