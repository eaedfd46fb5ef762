"""What may be done to the system: told before anything runs, at its place."""

from pathlib import Path

import pytest

from bench.core.errors import SpecError
from bench.core.units import NS_PER_S
from bench.plan.build import make_plan
from bench.spec.cast import entries
from bench.spec.disturbances import Disturbance, in_proportion, told
from bench.spec.flat import flat
from bench.spec.kinds.registry import KINDS, bears, cast_of
from bench.spec.kinds.stream import Stream
from bench.spec.load import cautions_of, check_server, load_matrix, load_workload
from bench.spec.variant import Settings
from bench.spec.workload import Workload
from tests.spec.files import WORKLOAD, problems_of, write, write_all

PHASES = "phases: {warmup: 1s, measure: 10s, drain: 5s}\n"
CRASH = "{at: 3s, do: crash, part: consumer, for: 500ms}"
PAUSE = "{at: 3s, do: pause, part: consumer, for: 500ms}"


@pytest.fixture(autouse=True)
def in_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Problems show paths relative to the working directory."""
    monkeypatch.chdir(tmp_path)


def disturbed(*each: str) -> str:
    """A workload file with these disturbances, the first of them in line 6."""
    return WORKLOAD + PHASES + "disturbances:\n" + "".join(f"  - {one}\n" for one in each)


def disturbance(at: str = "3s", do: str = "crash", part: str = "consumer") -> Disturbance:
    return Disturbance.model_validate({"at": at, "do": do, "part": part, "for": "500ms"})


def workload(*each: str) -> Workload:
    return load_workload(write(Path.cwd(), "load.yaml", disturbed(*each)))


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            "{at: 3s, do: crash, part: consmer, for: 500ms}",
            "w.yaml:6: disturbances[0].part = 'consmer': no part of this workload that a crash can "
            "befall; allowed: consumer; did you mean 'consumer'?",
        ),
        (
            "{at: 3s, do: crash, part: publisher, for: 500ms}",
            "w.yaml:6: disturbances[0].part = 'publisher': no part of this workload that a crash "
            "can befall; allowed: consumer",
        ),
        (
            "{at: 3s, do: pause, part: publishers, for: 500ms}",
            "w.yaml:6: disturbances[0].part = 'publishers': no part of this workload that a pause "
            "can befall; allowed: publisher, consumer; did you mean 'publisher'?",
        ),
        (
            "{at: 9.8s, do: crash, part: consumer, for: 500ms}",
            "w.yaml:6: disturbances[0].at = '9.8s': crash of consumer at 9800ms for 500ms does not "
            "end within the window of 10s; allowed: at + for up to 10s",
        ),
        (
            "{at: 3s, do: crash, for: 500ms}",
            "w.yaml:6: disturbances[0].do = 'crash': crash needs to know whom; "
            "allowed: with it part: ROLE, such as consumer",
        ),
        (
            "{at: 3s, do: pause, part: consumer, for: 0s}",
            "w.yaml:6: disturbances[0].for = '0s': lasts no time; allowed: above 0s",
        ),
        (
            "{at: 3, do: pause, part: consumer, for: 1s}",
            "w.yaml:6: disturbances[0].at = 3: needs a unit; allowed: a number and a unit "
            "(ns, us, ms, s, m, h), such as 30s or 250ms",
        ),
        (
            "{at: 3s, do: pause, part: consumer, fro: 1s, for: 1s}",
            "w.yaml:6: disturbances[0].fro = '1s': unknown key; allowed: at, do, part, for; "
            "did you mean 'for'?",
        ),
    ],
)
def test_what_cannot_be_done_is_told_at_its_place(
    tmp_path: Path, written: str, problem: str
) -> None:
    """A fault that befalls nobody would be measured as one that costs nothing."""
    assert problems_of(write(tmp_path, "w.yaml", disturbed(written))) == [problem]


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """One after the other costs a look for each."""
    late = "{at: 20s, do: pause, part: consumr, for: 1s}"
    during = "{at: 3.2s, do: pause, part: publisher, for: 1s}"

    found = problems_of(write(tmp_path, "w.yaml", disturbed(CRASH, late, during)))

    assert [problem.split(": ")[1].split(" = ")[0] for problem in found] == [
        "disturbances[1].part",
        "disturbances[1].at",
        "disturbances[2].at",
    ]
    assert "begins during crash of consumer at 3s for 500ms; allowed: 3500ms or later" in found[2]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_bears_a_pause_of_whom_it_has(kind: str) -> None:
    """What waits for its turn is there when it goes on: nothing of it is lost with a process."""
    usual = KINDS[kind].cast(Settings(), None)

    assert usual.roles
    assert set(KINDS[kind].crashed) <= {part.role for part in usual.observing}


def test_what_only_a_kind_without_a_supervisor_has_cannot_be_killed(tmp_path: Path) -> None:
    """A writer that is killed leaves undone what nobody else knows of."""
    text = (
        "kind: kv\nkeys: {count: 10}\nvalue: {sizes: 128B}\nput: {rate: 100/s}\n"
        "disturbances:\n"
        "  - {at: 3s, do: crash, part: writer, for: 1s}\n"
    )

    found = problems_of(write(tmp_path, "w.yaml", text))

    assert any("disturbances[0].do = 'crash': means nothing under this kind" in f for f in found)


def test_a_variant_has_its_own_in_place_of_the_workloads(tmp_path: Path) -> None:
    """So they are crossed like any setting; none at all is one of them."""
    own = f"  own: {{disturbances: [{PAUSE}]}}\n"
    config = f"variants:\n  calm: {{disturbances: []}}\n{own}  as: {{}}\n"
    matrix = "label: m\nworkloads: [load]\nconfigs: [sizes]\n"
    path = write_all(tmp_path, workload=disturbed(CRASH), config=config, matrix=matrix)

    cells = make_plan(load_matrix(path, [tmp_path])).cells

    assert [told(cell.disturbances) for cell in cells] == [
        "",
        "pause of consumer at 3s for 500ms",
        "crash of consumer at 3s for 500ms",
    ]
    written = [flat(cell.settings)["disturbances"] for cell in cells]
    assert written == ["none", "{at: 3s, do: pause, part: consumer, for: 500ms}", "default"]


def test_what_is_wrong_in_a_variant_is_told_where_it_is_written(tmp_path: Path) -> None:
    """The workload it is crossed with says what it has, and how long its window is."""
    wrong = "{at: 30s, do: crash, part: responder, for: 1s}"
    config = f"variants:\n  own: {{disturbances: [{wrong}]}}\n"
    matrix = "label: m\nworkloads: [load]\nconfigs: [sizes]\n"
    path = write_all(tmp_path, workload=WORKLOAD + PHASES, config=config, matrix=matrix)

    with pytest.raises(SpecError) as caught:
        load_matrix(path, [tmp_path])

    found = [str(problem) for problem in caught.value.problems]
    assert [": ".join(problem.split(": ")[1:4]) for problem in found] == [
        "disturbances: disturbance 1: part",
        "disturbances: disturbance 1: at",
    ] or all("configs/sizes.yaml:2" in problem for problem in found)
    assert len(found) == 2


def test_the_phases_of_a_matrix_count(tmp_path: Path) -> None:
    """A window that a matrix shortens may be over before the fault."""
    path = write_all(tmp_path, workload=disturbed(CRASH))

    with pytest.raises(SpecError) as caught:
        load_matrix(path, [tmp_path])

    assert "does not end within the window of 2s" in str(caught.value)


def test_a_look_has_them_in_proportion() -> None:
    """`--quick` shortens the window, and what is done in it along with it."""
    short = in_proportion([disturbance("30s")], 60 * NS_PER_S, 6 * NS_PER_S)

    assert [(each.at_ns, each.for_ns) for each in short] == [(3 * NS_PER_S, 50_000_000)]
    assert in_proportion([disturbance()], NS_PER_S, 2 * NS_PER_S) == (disturbance(),)


def test_a_quick_plan_fits_both(tmp_path: Path) -> None:
    """Those of the workload and those of a variant."""
    config = f"variants:\n  own: {{disturbances: [{PAUSE}]}}\n  as: {{}}\n"
    matrix = "label: m\nworkloads: [load]\nconfigs: [sizes]\n"
    path = write_all(tmp_path, workload=disturbed(CRASH), config=config, matrix=matrix)

    cells = make_plan(load_matrix(path, [tmp_path]), quick=True).cells

    assert {told(cell.disturbances) for cell in cells} == {
        "pause of consumer at 1500ms for 250ms",
        "crash of consumer at 1500ms for 250ms",
    }


def test_they_stand_in_the_order_of_their_instants() -> None:
    """Whatever the order of the file: the supervisor goes by it."""
    load = workload(PAUSE, "{at: 1s, do: crash, part: consumer, for: 500ms}")

    assert [each.do for each in load.disturbed_by(Settings())] == ["crash", "pause"]


def test_what_went_and_did_not_come_back_is_counted_only_where_something_is_done() -> None:
    """A record of an undisturbed trial has no entry that nobody could fill."""
    calm = load_workload(write(Path.cwd(), "calm.yaml", WORKLOAD))

    assert {"unrecovered", "dropped"} <= entries(cast_of(workload(CRASH), Settings())).keys()
    assert not {"unrecovered", "dropped"} & entries(cast_of(calm, Settings())).keys()


def test_an_undisturbed_workload_is_what_it_was() -> None:
    """Runs of before are compared with those of now by what their workloads say."""
    calm = load_workload(write(Path.cwd(), "calm.yaml", WORKLOAD))

    assert calm.unsaid["disturbances"] is True
    assert "disturbances" not in workload(CRASH).unsaid


def test_what_comes_again_too_late_is_told_beforehand(tmp_path: Path) -> None:
    """The server waits 30 s for an ack unless it is told otherwise."""
    config = "variants:\n  usual: {}\n  short: {consumer.ack_wait: 1s}\n"
    matrix = "label: m\nworkloads: [load]\nconfigs: [sizes]\n"
    path = write_all(tmp_path, workload=disturbed(CRASH), config=config, matrix=matrix)

    found = [str(each) for each in cautions_of(load_matrix(path, [tmp_path]))]

    assert [each for each in found if "killed consumer" in each] == [
        "configs/sizes.yaml:2: variants.usual = {}: what a killed consumer had in hand comes again "
        "after ack_wait, 30s, when the window is over: it does not recover (load)"
    ]


def test_every_role_of_a_workload_may_be_paused() -> None:
    """By the names that its processes have."""
    assert bears(workload(CRASH), Settings()).paused == ("publisher", "consumer")
    assert isinstance(workload(CRASH), Stream)


def test_a_server_of_the_users_own_bears_what_befalls_our_processes(tmp_path: Path) -> None:
    """What is killed is ours, whatever the server."""
    matrix = "label: m\nworkloads: [load]\nconfigs: [sizes]\n"
    path = write_all(tmp_path, workload=disturbed(CRASH), matrix=matrix)

    check_server(load_matrix(path, [tmp_path]), version="2.15.1", servers=1, embedded=False)


RESTART = "{at: 3s, do: restart-server, for: 500ms}"


def test_a_server_of_the_users_own_is_not_restarted(tmp_path: Path) -> None:
    """It may be other people's as well."""
    matrix = "label: m\nworkloads: [load]\nconfigs: [sizes]\n"
    loaded = load_matrix(
        write_all(tmp_path, workload=disturbed(RESTART), matrix=matrix), [tmp_path]
    )

    check_server(loaded, version="2.15.1", servers=1, embedded=True)
    with pytest.raises(SpecError) as caught:
        check_server(loaded, version="2.15.1", servers=1, embedded=False)
    assert "would restart a server that is not ours" in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("client: nats-py", "measured without reconnecting"),
        ("stream.storage: memory", "what a stream keeps in memory is gone"),
        ("consumer.mem_storage: true", "whose state is kept in memory is gone"),
    ],
)
def test_what_would_be_gone_with_a_restart_is_refused(
    tmp_path: Path, setting: str, words: str
) -> None:
    """The trial would break off, whatever the system can do."""
    config = f"variants:\n  own: {{{setting}}}\n"
    matrix = "label: m\nworkloads: [load]\nconfigs: [sizes]\n"
    path = write_all(tmp_path, workload=disturbed(RESTART), config=config, matrix=matrix)

    with pytest.raises(SpecError) as caught:
        load_matrix(path, [tmp_path])

    assert words in str(caught.value)
    assert "configs/sizes.yaml:2" in str(caught.value)


def test_whom_a_restart_befalls_is_said_by_its_name(tmp_path: Path) -> None:
    """It has no part; a kind that could not go on says so."""
    parted = "{at: 3s, do: restart-server, part: consumer, for: 500ms}"

    (found,) = problems_of(write(tmp_path, "w.yaml", disturbed(parted)))

    assert found.endswith("restart-server befalls the server; allowed: leave it out")
