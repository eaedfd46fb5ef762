"""Which cases there are, and how a pattern or a scale chooses among them."""

from bench.selfbench.cases import (
    CASES,
    WINDOW_MSGS,
    LoadCase,
    PacedCase,
    TimerCase,
    chosen,
    in_repeat,
)


def test_every_case_has_a_name_of_its_own() -> None:
    """Figures are kept by name: two cases of one name would be mixed into one median."""
    names = [case.name for case in CASES]

    assert len(set(names)) == len(names)


def test_patterns_choose_by_name_in_the_order_of_the_tables() -> None:
    """The order must not depend on how the user lists the patterns."""
    names = [case.name for case in chosen(["recording", "publish/wire/128B/*"], 1)]

    assert names == [
        "publish/wire/128B/memory",
        "publish/wire/128B/file",
        "publish/wire/128B/null",
        "recording",
    ]


def test_without_a_pattern_everything_is_measured() -> None:
    """The plain command gives the whole table."""
    assert chosen([], 1) == tuple(CASES)


def test_a_scaled_case_keeps_at_least_a_full_window() -> None:
    """Fewer messages than fit into the window would never wait for an answer."""
    loads = [case for case in chosen([], 1e-9) if not isinstance(case, PacedCase | TimerCase)]
    small = [case for case in loads if "MiB" not in case.name]

    assert {case.messages for case in small} == {WINDOW_MSGS}


def test_large_messages_fill_192_mib_whatever_the_scale() -> None:
    """A window of 4 MiB each would be a GiB in memory, and some forty are few enough for a look."""
    for scale in (1e-9, 1):
        large = [case for case in chosen(["*MiB/*"], scale) if isinstance(case, LoadCase)]

        assert len(large) == 6
        assert {case.size_bytes * case.messages for case in large} == {192 * 1024 * 1024}


def test_the_long_run_is_measured_once() -> None:
    """Five times two minutes would tell no more about memory than one."""
    assert [len(CASES) - len(in_repeat(CASES, repeat)) for repeat in (1, 2, 5)] == [0, 1, 1]


def test_a_scaled_trial_keeps_a_window_of_a_second() -> None:
    """A trial with a shorter window is refused."""
    trials = [case for case in chosen([], 1e-9) if isinstance(case, PacedCase)]

    assert {case.window_ns for case in trials} == {10**9}
