"""The last word of a worker arrives whole, however long it is and however late it is read."""

import subprocess
import sys
import time

SIZE = 100_000
"""More than a pipe holds, and little enough to be buffered: as samples of many consumers are."""

SPEAKER = f"""
import asyncio, uvloop
from bench.engine.worker import open_channel

async def speak():
    channel = await open_channel()
    await channel.send(bytes({SIZE}))

uvloop.run(speak())
"""


def test_who_ends_after_its_last_word_has_said_all_of_it() -> None:
    """A part of it stayed in the buffer of a process that was gone; it was called silent."""
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", SPEAKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        time.sleep(0.5)  # the reader has other things to do
        heard = bytearray()
        while part := process.stdout.read(4096):
            heard += part
            time.sleep(0.0005)
        process.communicate()
        assert len(heard) > SIZE
