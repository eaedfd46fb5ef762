"""The checks of a run: each names its figures and its limit, and doubts what it cannot see."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bench.analysis.figures import RunFigures, TrialFigures
from bench.analysis.hosts import fingerprint
from bench.core.marks import State
from bench.engine import checks
from bench.gate.calibration import Calibration
from bench.judgement import host_checks, trust
from bench.judgement.check import Check
from bench.record.schema import AckCheck, Finding, HostLoad, Level, ProcessUsage, Software
from tests.report.factory import run_figures
from tests.report.trial_factory import Variant

ONE = Variant(names=("c/one",), settings={"pull": {"batch": 1}}, p50_ms=1.0)
TWO = Variant(names=("c/two",), settings={"pull": {"batch": 2}}, p50_ms=1.1)
NO_CHECK = {"host": None, "ack_check": None, "processes": ()}


def figures(*, blocks: int = 5, with_fault: bool = False) -> RunFigures:
    return run_figures(variants=(ONE, TWO), workloads=("w",), blocks=blocks, with_fault=with_fault)


def with_first(run: RunFigures, **changes: object) -> RunFigures:
    """The run with its first cell's first trial changed."""
    workload = run.workloads[0]
    cell = workload.cells[0]
    trial = changed(cell.trials[0], **changes)
    cells = (replace(cell, trials=(trial, *cell.trials[1:])), *workload.cells[1:])
    return replace(run, workloads=(replace(workload, cells=cells),))


def changed(trial: TrialFigures, **changes: object) -> TrialFigures:
    return replace(trial, record=replace(trial.record, **changes))  # type: ignore[arg-type]


def check(run: RunFigures, name: str) -> Check:
    return next(check for check in trust.checks_of(run) if check.name == name)


def finding(code: str, level: Level) -> dict[str, object]:
    return {"findings": (Finding(level=level, code=code, text="because"),)}


def test_what_was_not_recorded_is_neither_good_nor_bad() -> None:
    """A remote server's process cannot be seen: that is no fault, and no clean bill either."""
    run = figures()
    for place in range(len(run.workloads[0].cells)):
        cells = list(run.workloads[0].cells)
        trials = tuple(changed(trial, **NO_CHECK) for trial in cells[place].trials)
        cells[place] = replace(cells[place], trials=trials)
        run = replace(run, workloads=(replace(run.workloads[0], cells=tuple(cells)),))
    unknown = [each.name for each in trust.checks_of(run) if each.state is State.UNKNOWN]

    assert unknown == [
        "Publishers waiting for a core",
        "Consumers waiting for a core",
        "Cores in use",
        "Other processes",
        "Steal",
        "Throttling",
        "Ack times, the server's less ours",
        "Calibration",
    ]


@pytest.mark.parametrize(
    ("name", "changes", "state"),
    [
        ("Throttling", {"host": HostLoad(steal_share=0, throttled_share=0.011)}, State.FAILS),
        ("Steal", {"host": HostLoad(steal_share=0.049, throttled_share=0)}, State.HOLDS),
        (
            "Cores in use",
            {"host": HostLoad(steal_share=0, throttled_share=0, busy_share=0.86)},
            State.DOUBTFUL,
        ),
        (
            "Other processes",
            {"host": HostLoad(steal_share=0, throttled_share=0, others_share=0.09)},
            State.DOUBTFUL,
        ),
        ("Steadiness", finding("not-steady", Level.WARNING), State.DOUBTFUL),
        ("Steadiness", finding("steadiness-unknown", Level.NOTE), State.DOUBTFUL),
        ("Bookkeeping", finding("littles-law", Level.INVALID), State.FAILS),
        ("Slip p99", finding("late-sends", Level.WARNING), State.DOUBTFUL),
        ("Load generator", finding("loop-stalled", Level.WARNING), State.DOUBTFUL),
    ],
)
def test_one_trial_is_enough_for_a_doubt(
    name: str, changes: dict[str, object], state: State
) -> None:
    """An average over trials would drown the one that is wrong."""
    assert check(with_first(figures(), **changes), name).state is state


def test_trials_that_share_a_history_say_so_and_others_have_no_such_line() -> None:
    shared = with_first(figures(), **finding("laid-once", Level.NOTE))

    assert check(shared, "History").state is State.HOLDS
    assert check(shared, "History").found.startswith("laid once per block for 1 of ")
    assert "History" not in {each.name for each in trust.checks_of(figures())}


def test_trials_on_aged_stores_say_on_which() -> None:
    aged = with_first(figures(), **finding("aged-store", Level.NOTE))

    assert check(aged, "Aged stores").state is State.HOLDS
    assert check(aged, "Aged stores").found.startswith("1 of ")
    assert "Aged stores" not in {each.name for each in trust.checks_of(figures())}


def test_a_process_that_waits_for_a_core_is_told_with_its_range() -> None:
    """On two cores it is the likeliest reason for a long tail, and nothing else shows it."""
    usage = ProcessUsage(
        role="publisher-0", cpu_ns=1, cpu_share=0.1, rss_bytes_peak=1, wait_share=0.25
    )
    waiting = check(with_first(figures(), processes=(usage,)), "Publishers waiting for a core")

    assert waiting.state is State.DOUBTFUL
    assert waiting.found.replace("\N{NARROW NO-BREAK SPACE}", " ") == (
        "2.00 % to 25.0 % over 10 trials; above in 1"
    )


@pytest.mark.parametrize(
    ("difference_ns", "state"),
    [(-1, State.DOUBTFUL), (0, State.HOLDS), (1_000_000, State.HOLDS), (1_000_001, State.DOUBTFUL)],
)
def test_two_measures_of_one_ack_must_agree(difference_ns: int, state: State) -> None:
    """The server's is ours plus the way there and back: a little more, and never less."""
    found = AckCheck(
        messages=100,
        server_ns_p50=0,
        ours_ns_p50=0,
        difference_ns_p50=difference_ns,
        below_zero=7,
    )
    acks = check(with_first(figures(), ack_check=found), "Ack times, the server's less ours")

    assert acks.state is state
    assert "7 of 9" in acks.found


def test_blocks_say_where_the_gaps_are() -> None:
    """Pairs are lost by block: which one tells whether it was the host or the variant."""
    blocks = check(figures(with_fault=True), "Blocks")

    assert blocks.state is State.DOUBTFUL
    assert blocks.found.startswith("4 pairs at least, 5 planned; fewer than 5")
    assert "an invalid trial in block 5; a missing trial in block 5" in blocks.found


def test_three_whole_blocks_are_still_too_few_to_decide() -> None:
    """Whole is not enough: below five blocks a difference may be chance (MEASUREMENT.md R8)."""
    assert check(figures(blocks=3), "Blocks").state is State.DOUBTFUL


def test_a_repeated_trial_makes_up_for_an_invalid_one() -> None:
    """Five pairs decide, however many more it took; that it took more is told."""
    run = figures(blocks=6)
    broken = with_first(run, **finding("loop-stalled", Level.INVALID))
    repeated = replace(broken, plan=replace(broken.plan, blocks=5))

    blocks = check(repeated, "Blocks")

    assert blocks.state is State.HOLDS
    assert blocks.found == (
        "5 pairs at least, 5 planned and 1 on top; an invalid trial in block 1; "
        "those on top repeat invalid trials or confirm what looked red"
    )


def with_software(run: RunFigures, cell: int, trial: int, version: str) -> RunFigures:
    """The run with another server version in one trial of its first workload."""
    workload = run.workloads[0]
    cells = [list(each.trials) for each in workload.cells]
    software = Software(server_version=version, client="wire", client_version="1")
    cells[cell][trial] = changed(cells[cell][trial], software=software)
    changed_cells = tuple(
        replace(each, trials=tuple(trials))
        for each, trials in zip(workload.cells, cells, strict=True)
    )
    return replace(run, workloads=(replace(workload, cells=changed_cells),))


def test_cells_may_differ_by_their_software_but_must_say_so() -> None:
    """A gate on two servers does; a server that was updated in between is another matter."""
    run = figures()
    for cell, version in ((0, "2.14.0"), (1, "2.15.1")):
        for trial in range(5):
            run = with_software(run, cell, trial, version)

    two_sides = check(run, "Software")
    updated = check(with_software(run, 0, 4, "2.15.1"), "Software")

    assert two_sides.state is State.HOLDS
    assert two_sides.found == (
        "nats-server 2.14.0, wire 1 in 1 cell; nats-server 2.15.1, wire 1 in 1 cell"
    )
    assert updated.state is State.DOUBTFUL


@pytest.mark.parametrize(
    ("days", "kernel", "state", "words"),
    [
        (3, None, State.HOLDS, "3 days old, of c/one"),
        (31, None, State.DOUBTFUL, "it is 31 days old"),
        (3, "another", State.DOUBTFUL, "made on another host"),
    ],
)
def test_a_calibration_speaks_for_its_host_and_its_month(
    days: int, kernel: str | None, state: State, words: str
) -> None:
    """What this host can see was measured, or the reader must not rely on small changes."""
    run = figures()
    begun = datetime.fromisoformat(run.environment.started_utc)
    host = replace(run.environment, kernel=kernel or run.environment.kernel)
    calibration = Calibration(
        schema_version=1,
        fingerprint=fingerprint(host),
        host="here",
        server_version="2.15.1",
        run_id="calibration",
        variant="c/one",
        measured_utc=(begun - timedelta(days=days)).isoformat(),
        scatters=(),
    )

    found = next(c for c in trust.checks_of(run, calibration) if c.name == "Calibration")

    assert found.state is state
    assert words in found.found


def test_a_busy_host_before_the_run_is_a_doubt() -> None:
    """What ran before a run often runs on beside it."""
    run = figures()
    busy = replace(run, environment=replace(run.environment, load_average_1m=1.01))

    assert check(run, "Host before the run").state is State.HOLDS
    assert check(busy, "Host before the run").state is State.DOUBTFUL


def test_thresholds_are_those_of_the_findings() -> None:
    """Two limits for one thing would let the panel contradict the trial."""
    assert host_checks.STOLEN_SHARE == checks.STOLEN_SHARE
    assert host_checks.THROTTLED_SHARE == checks.THROTTLED_SHARE
