"""Calls that are due later: each once, in the order in which they are due."""

import asyncio

from bench.engine.clock import now_ns
from bench.engine.delays import Delays


def test_each_is_called_when_its_time_has_come() -> None:
    """The sooner one first, whenever it was asked for; never before its time."""

    async def called() -> list[tuple[str, bool]]:
        delays, found, begun_ns = Delays(), [], now_ns()
        over = asyncio.get_running_loop().create_future()

        def note(name: str, after_ns: int) -> None:
            found.append((name, now_ns() - begun_ns >= after_ns))
            if name == "then":
                over.set_result(None)

        def chain() -> None:
            note("late", 4_000_000)
            delays.after(1_000, lambda: note("then", 4_001_000))

        delays.after(4_000_000, chain)
        delays.after(1_000_000, lambda: note("soon", 1_000_000))
        await over
        delays.close()
        return found

    assert asyncio.run(called()) == [("soon", True), ("late", True), ("then", True)]


def test_what_waits_at_the_end_is_not_called() -> None:
    """A trial that is over has no handlers."""

    async def called() -> list[str]:
        delays, found = Delays(), list[str]()
        delays.after(1_000_000, lambda: found.append("never"))
        delays.close()
        await asyncio.sleep(0.01)
        return found

    assert asyncio.run(called()) == []
