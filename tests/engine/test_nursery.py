"""Processes that are forked: their own pipes, directory and variables, and how they ended."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvloop

from bench.engine import nursery as module
from bench.engine.nursery import UNSEEN, Forked, UnbornError, bear, how_ended, nursery
from bench.engine.worker import CONDUCTOR_GONE

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    chosen: Run = request.param
    return chosen


@pytest.fixture(autouse=True, scope="module")
def _closed() -> Iterator[None]:
    yield
    module.close()


async def _ended(child: Forked) -> int:
    code = await child.wait()
    child.let_go()
    return code


def _open_of(pid: int) -> set[str]:
    """What a process has open that has no name, beside its standard input, output and error."""
    found = {each: each.readlink() for each in Path(f"/proc/{pid}/fd").iterdir()}
    pipes = {str(file) for each, file in found.items() if int(each.name) > 2}
    return {pipe for pipe in pipes if pipe.startswith(("pipe:", "socket:"))}


def test_who_ends_by_itself_tells_its_code(tmp_path: Path, run: Run) -> None:
    """A worker whose conductor is gone ends with a code of its own."""

    async def check() -> tuple[int, int]:
        children = await asyncio.gather(*(bear(tmp_path / f"{n}.stderr") for n in range(3)))
        for child in children:
            child.stdin.close()
        codes = {await _ended(child) for child in children}
        pids = [child.pid for child in children]
        assert pids == sorted(set(pids))
        return codes.pop(), len(codes)

    assert run(check()) == (CONDUCTOR_GONE, 0)


def test_who_is_killed_tells_the_signal(tmp_path: Path, run: Run) -> None:
    async def check() -> int:
        child = await bear(tmp_path / "stderr")
        child.send_signal(signal.SIGKILL)
        code = await _ended(child)
        with pytest.raises(ProcessLookupError):
            child.send_signal(signal.SIGKILL)
        return code

    assert run(check()) == -signal.SIGKILL


def test_it_lives_where_and_as_its_conductor_does_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as the one that it was forked from began, and with nothing open that is not its own."""
    nursery()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAID_TO_CHILDREN", "yes")

    async def check() -> set[str]:
        child = await bear(tmp_path / "stderr")
        async with asyncio.timeout(20):
            while psutil.Process(child.pid).cwd() != str(tmp_path):
                await asyncio.sleep(0.01)
        shared = _open_of(child.pid) & _open_of(nursery()._process.pid)
        child.send_signal(signal.SIGKILL)
        await _ended(child)
        return shared

    assert asyncio.run(check()) == set()


def test_what_breaks_in_it_is_its_last_word(tmp_path: Path) -> None:
    """On the standard error that it was given."""

    async def check() -> int:
        child = await bear(tmp_path / "stderr")
        child.stdin.write(b"\x05\0\0\0\0\0\0\0" + b"no-pickle"[:5])
        return await _ended(child)

    assert asyncio.run(check()) == 1
    assert "UnpicklingError" in (tmp_path / "stderr").read_text()


def test_of_whom_nobody_could_tell_how_it_ended_it_is_not_told(tmp_path: Path) -> None:
    """The one that it was forked from was killed before; the next wish has another one."""

    async def check() -> tuple[int, int]:
        child = await bear(tmp_path / "stderr")
        before = nursery()
        before._process.kill()
        before._process.wait()
        child.stdin.close()
        after = await bear(tmp_path / "after")
        assert nursery() is not before
        after.stdin.close()
        return await _ended(child), await _ended(after)

    assert asyncio.run(check()) == (UNSEEN, CONDUCTOR_GONE)


def test_one_that_cannot_be_begun_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that Python reads when it begins has another one begin, which fails."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys; sys.stderr.write('no luck today\\n'); sys.stderr.flush(); os._exit(7)"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(UnbornError, match="no luck today"):
        asyncio.run(bear(tmp_path / "stderr"))
    module.close()


def test_whose_end_nobody_tells_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was to tell it stands still, and goes on."""
    monkeypatch.setattr(module, "TOLD_WITHIN_S", 0.05)

    async def check() -> int:
        child = await bear(tmp_path / "stderr")
        teller = nursery()._process
        teller.send_signal(signal.SIGSTOP)
        child.send_signal(signal.SIGKILL)
        code = await _ended(child)
        teller.send_signal(signal.SIGCONT)
        return code

    assert asyncio.run(check()) == UNSEEN


def test_who_is_stopped_when_its_conductor_goes_ends_with_it(tmp_path: Path) -> None:
    """A pause is nobody's to end any more; it would hold its memory and its connection for ever."""

    async def check() -> int:
        child = await bear(tmp_path / "stderr")
        child.send_signal(signal.SIGSTOP)
        child.stdin.close()
        module.close()
        async with asyncio.timeout(20):
            return await _ended(child)

    assert asyncio.run(check()) == UNSEEN


def test_one_that_is_not_begun_in_time_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was to begin it stands still: it is ended, and the next wish has another one."""
    monkeypatch.setattr(module, "BORN_WITHIN_S", 0.05)
    stopped = nursery()
    stopped._process.send_signal(signal.SIGSTOP)

    with pytest.raises(UnbornError, match="forked from was killed by SIGKILL"):
        asyncio.run(bear(tmp_path / "stderr"))

    assert not stopped.lives


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "ended with exit code 0: bye"),
        (255, "ended with exit code 255: bye"),
        (UNSEEN, "ended, and the process that it was forked from did not tell how: bye"),
        (-signal.SIGKILL, "was killed by SIGKILL"),
        (-63, "was killed by signal 63"),
        (None, "did not begin one, and did not end"),
    ],
)
def test_an_end_that_nobody_saw_is_no_exit_code(code: int | None, words: str) -> None:
    """A process of the user may well end with 255."""
    assert how_ended(code, "bye") == words


def test_it_ends_with_whoever_asks_it() -> None:
    one = nursery()
    process = psutil.Process(one._process.pid)

    module.close()

    assert not process.is_running()
    assert not one.lives
