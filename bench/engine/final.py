"""The state that a user's handlers came to: asked of their module at the end, kept as digests."""

import asyncio
import hashlib
import inspect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Thread

from bench.core import text
from bench.engine.jobs import ObserverJob
from bench.record.finals import MOST_KEYS, MOST_NAME_CHARS, MOST_UNTOLD_CHARS, Final
from bench.spec.calls import Call, found

WITHIN_S = 5.0
"""A module that takes longer has told nothing: a trial's end waits for nobody's sake."""

_KEY_DIGITS = 16


async def finals_told(jobs: Sequence[ObserverJob]) -> Mapping[str, Final]:
    """Return the states that handlers of users came to in this process, by the part."""
    return {job.part: await asked(job.call, job.state) for job in jobs if job.call is not None}


async def asked(call: Call, state: str) -> Final:
    """Return what a module says of its state.

    Args:
        call: the function whose module it is.
        state: name of the function that returns it.
    """
    module = call.function.partition(":")[0]
    function = _stating(call, state)
    if function is None:
        return untold(f"{module} has no function {state}")
    try:
        return digested(await asyncio.wait_for(_returned(function), WITHIN_S))
    except TimeoutError:
        return untold(f"{state} of {module} took longer than {WITHIN_S:.0f} s")
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody knows the state
        return untold(f"{state} of {module} raised {type(error).__name__}: {error}")


def untold(why: str) -> Final:
    """Return that a state is not known, and why."""
    line = " ".join("".join(each if each.isprintable() else " " for each in why).split())
    return Final(untold=line[:MOST_UNTOLD_CHARS] or "nobody says why")


def _stating(call: Call, state: str) -> Callable[[], object] | None:
    found(call)
    function = getattr(sys.modules[call.function.partition(":")[0]], state, None)
    return function if callable(function) else None


async def _returned(function: Callable[[], object]) -> object:
    """Return what a function does: a coroutine in the event loop, any other one in a thread.

    Raises:
        RuntimeError: what it would end, or cancel, is no state; and our process is not its own.
    """
    try:
        if inspect.iscoroutinefunction(function):
            return await function()
        returned = await _in_thread(function)
        return await returned if inspect.isawaitable(returned) else returned
    except (asyncio.CancelledError, SystemExit, KeyboardInterrupt) as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling()):
            raise  # it is us who give up
        raise RuntimeError(f"{type(error).__name__}: {error}".rstrip(": ")) from None


async def _in_thread(function: Callable[[], object]) -> object:
    """Return what a function does in a thread that no process waits for when it ends."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[object, BaseException | None]] = loop.create_future()

    def tell(told: tuple[object, BaseException | None]) -> None:
        if not done.cancelled():
            done.set_result(told)

    def call() -> None:
        try:
            told: tuple[object, BaseException | None] = function(), None
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            told = None, error
        with suppress(RuntimeError):  # nobody waits any more, and the loop is closed
            loop.call_soon_threadsafe(tell, told)

    Thread(target=call, name="state", daemon=True).start()
    returned, error = await done
    if error is not None:
        raise error
    return returned


def digested(state: object) -> Final:
    """Return the digests of a state: of each key where it is a mapping, and of all of it.

    Raises:
        TypeError, ValueError: it is nothing that JSON can say, or two keys are written alike.
    """
    if not isinstance(state, Mapping):
        return Final(digest=_digest(_written(state)))
    written = {_key(key): _written(value) for key, value in state.items()}
    if len(written) < len(state):
        raise ValueError("two of its keys are written alike")
    whole = _written(written)
    few = written if len(written) <= MOST_KEYS else {}
    keys = {_named(key): _digest(value)[:_KEY_DIGITS] for key, value in sorted(few.items())}
    return Final(digest=_digest(whole), size=len(written), keys=keys)


def _key(key: object) -> str:
    """Return a key as JSON writes it: text as it is, a tuple as a list."""
    return key if isinstance(key, str) else _written(key)


def _written(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _digest(written: str) -> str:
    return hashlib.sha256(written.encode(errors="surrogatepass")).hexdigest()


def _named(key: str) -> str:
    """Return what a key is called in a record: itself where it is a short line of text."""
    if 0 < len(key) <= MOST_NAME_CHARS and key.isprintable():
        return key
    return f"sha256:{_digest(key)[:_KEY_DIGITS]}"


def together(finals: Mapping[str, Final | None], *, killed: bool, unhandled: int) -> Final:
    """Return the state of a part; untold where its processes came to several, or not to its end.

    Args:
        finals: of each of its processes, by its role; None of one that had no last word.
        killed: one of them was killed, and what it had in memory went with it.
        unhandled: messages that were to be handled, and were not.
    """
    if killed:
        return untold("a process was killed, and its state with it")
    if silent := [role for role, each in finals.items() if each is None]:
        return untold(f"{text.listed(silent)} had no last word")
    if unhandled:
        return untold(f"{text.plural(unhandled, 'message')} not handled")
    return _alike([each for each in finals.values() if each is not None])


def _alike(finals: Sequence[Final]) -> Final:
    told = next((each for each in finals if each.untold), finals[0])
    if told.untold or all(each.digest == told.digest for each in finals):
        return told
    return untold(f"{len(finals)} processes came to states of their own")
