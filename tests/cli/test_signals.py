"""The first signal ends a command with 130, from its first moment to its last; no other adds to it.

A test sends itself the signal, so that it comes at one known moment.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
import typer

from bench.cli.ending import Verbs, code_of
from bench.cli.measuring import interruptible
from bench.cli.signals import first_signal, interrupt
from tests.cli.conftest import ENDING

AS_IT_IS_READ = """
import os, signal, sys
from bench.cli.main import main
class Interrupter:
    def find_spec(self, name, path=None, target=None):
        if name == "bench.cli.runs":
            os.kill(os.getpid(), signal.{name})
sys.meta_path.insert(0, Interrupter())
main()
"""
AS_IT_ENDS = """
import atexit, os, signal, sys
from bench.cli.main import main
atexit.register(os.kill, os.getpid(), signal.{name})
main()
"""

AS_IT_VALIDATES = """
import os, signal, sys
from bench.cli.main import main
from bench.core import units
whole = units._largest_whole
def interrupted(*of):
    if sys._getframe(2).f_code.co_name == "model_dump":
        os.kill(os.getpid(), signal.{name})
    return whole(*of)
units._largest_whole = interrupted
main()
"""


def send(*signals: signal.Signals) -> None:
    for each in signals:
        os.kill(os.getpid(), each)


def program(script: str, name: str, *words: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a script that the signal of this name befalls, with the words of a command line."""
    return subprocess.run(
        [sys.executable, "-c", script.format(name=name), *words], capture_output=True, check=False
    )


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_who_interrupts_the_start_sees_no_traceback(name: str) -> None:
    """Python takes its time to read us; Ctrl-C then printed forty lines of imports."""
    ended = program(AS_IT_IS_READ, name, "list")

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, b"", b"")


@pytest.mark.parametrize(("words", "code"), [(("schema", "plan"), 0), (("nonsense",), 2)])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_at_the_last_moment_changes_no_exit_code(
    name: str, words: tuple[str, ...], code: int
) -> None:
    """A verdict that was said and then ends as killed would be read as either."""
    assert program(AS_IT_ENDS, name, *words).returncode == code


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_pydantic_writes_what_it_read_ends_as_one(name: str) -> None:
    """It makes an error of its own of whatever a serializer raises; we apologised, with 70."""
    ended = program(AS_IT_VALIDATES, name, "validate", "configs/matrices/quickstart.yaml")

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, b"", b"")


def test_a_signal_that_can_be_raised_to_nobody_prints_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As one that comes while a generator is put away."""
    monkeypatch.setattr(sys, "argv", ["jetbench"])

    def items() -> Iterator[int]:
        try:
            yield 1
        finally:
            send(signal.SIGINT)

    def verb() -> None:
        next(items())

    app = typer.Typer(cls=Verbs)
    app.callback(invoke_without_command=True)(verb)

    assert code_of(app, "jetbench") == 130
    assert capfd.readouterr().err == ""


def test_a_signal_that_a_library_keeps_to_itself_ends_the_command_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was half done then passed for done, and no second Ctrl-C was heard."""
    monkeypatch.setattr(sys, "argv", ["jetbench"])
    began = []

    async def work() -> None:
        began.append("the next thing")

    def verb() -> None:
        with suppress(KeyboardInterrupt):
            send(signal.SIGINT)

    def measuring_verb() -> None:
        verb()
        interruptible(work())

    for each in (verb, measuring_verb):
        app = typer.Typer(cls=Verbs)
        app.callback(invoke_without_command=True)(each)
        assert code_of(app, "jetbench") == 130
    assert began == []
    interruptible(work())
    assert began, "it says nothing of what is done later"


@pytest.mark.parametrize("first", ENDING)
def test_signals_that_follow_the_first_do_not_disturb_the_finishing(
    first: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An impatient second Ctrl-C ended by that signal, or left a stream on a user's server."""
    monkeypatch.setattr(sys, "argv", ["jetbench"])
    finished = []

    def verb() -> None:
        try:
            send(first)
        finally:
            send(*ENDING)
            finished.append(True)

    app = typer.Typer(cls=Verbs)
    app.callback(invoke_without_command=True)(verb)

    assert code_of(app, "jetbench") == 130
    assert finished == [True]
    send(*ENDING)  # and not those that come later still


def test_work_that_is_interrupted_cleans_up_undisturbed() -> None:
    """The first signal cancels it; of those that come meanwhile it hears nothing."""
    done = []

    async def work() -> None:
        try:
            send(signal.SIGINT)
            await asyncio.sleep(60)
        finally:
            send(*ENDING)
            await asyncio.sleep(0.05)
            done.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        interruptible(work())

    assert done == ["cleaned up"]


def test_a_signal_as_the_work_ends_is_not_lost() -> None:
    """Later ones are not heard, so the next trial would begin and could not be interrupted."""

    async def work() -> int:
        send(signal.SIGTERM)
        return 1

    with pytest.raises(KeyboardInterrupt):
        interruptible(work())


def test_what_is_ignored_stays_ignored() -> None:
    """Under nohup a terminal that closes ends nothing."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    async def work() -> int:
        send(signal.SIGHUP)
        await asyncio.sleep(0.01)
        return 1

    assert interruptible(work()) == 1


def test_without_a_signal_all_is_as_before() -> None:
    """Whoever calls us as a library keeps his handlers."""
    before = [signal.getsignal(each) for each in ENDING]

    with first_signal(interrupt):
        assert [signal.getsignal(each) for each in ENDING] != before

    assert [signal.getsignal(each) for each in ENDING] == before
