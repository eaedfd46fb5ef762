"""A small service as one writes it with nats-py: waits a moment for each message, then acks.

`python -m tests.truth.service URL STREAM MODE LOOP COUNT`: prints how many messages a second it
took of those that the stream holds. Nothing of jetbench is in it.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

import nats
import uvloop
from nats.aio.msg import Msg
from nats.js import JetStreamContext

HANDLER_S = 0.001
BATCH = 50


async def handle(message: Msg) -> None:
    """Work for a millisecond; the message is done then."""
    await asyncio.sleep(HANDLER_S)
    await message.ack()


async def pushed(context: JetStreamContext, stream: str, count: int) -> None:
    """Handle in the callback, message after message."""
    done = asyncio.Event()
    left = count

    async def on_message(message: Msg) -> None:
        nonlocal left
        await handle(message)
        left -= 1
        if not left:
            done.set()

    await context.subscribe(f"{stream}.>", stream=stream, cb=on_message, manual_ack=True)
    await done.wait()


async def pulled(context: JetStreamContext, stream: str, count: int) -> None:
    """Handle in the loop behind `fetch`, message after message."""
    subscription = await context.pull_subscribe(f"{stream}.>", stream=stream)
    while count:
        for message in await subscription.fetch(min(BATCH, count)):
            await handle(message)
            count -= 1


MODES: dict[str, Callable[[JetStreamContext, str, int], Awaitable[None]]] = {
    "push": pushed,
    "pull": pulled,
}


async def main(url: str, stream: str, mode: str, count: int) -> None:
    """Empty the stream and print the rate."""
    client = await nats.connect(url)
    begun_s = time.monotonic()
    await MODES[mode](client.jetstream(), stream, count)
    sys.stdout.write(f"{count / (time.monotonic() - begun_s)}\n")
    await client.close()


if __name__ == "__main__":
    _, url, stream, mode, loop, count = sys.argv
    run = uvloop.run if loop == "uvloop" else asyncio.run
    run(main(url, stream, mode, int(count)))
