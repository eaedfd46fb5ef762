"""The program that answers the requests of a case: `python -m bench.selfbench.responder`.

Job in, a line when it listens; it answers until it is ended.
"""

import sys
from pathlib import Path

import numpy as np
import uvloop
from pydantic import TypeAdapter

from bench.clients.factory import make_consumer
from bench.clients.port import Binding
from bench.engine.acks import AfterHandler
from bench.engine.consumer import Consumer
from bench.engine.handler import VirtualWorkers
from bench.engine.recorder import ConsumeRecorder
from bench.selfbench.cases import LoadCase
from bench.selfbench.jobs import Job, Server, template

REPLY = b"r" * 128


async def answer(case: LoadCase, server: Server, directory: Path) -> None:
    """Answer every request."""
    recorder = ConsumeRecorder(case.messages, directory / "responder.npy")
    link = make_consumer(case.client, server.endpoint, _binding(case, server))
    no_work_ns = np.zeros(case.messages, dtype=np.int64)
    consumer = Consumer(link, recorder, VirtualWorkers(1), AfterHandler(), no_work_ns)
    await link.open(consumer)
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    await consumer.run(pull=False)


def _binding(case: LoadCase, server: Server) -> Binding:
    return Binding(
        stream="",
        consumer="",
        mode="answer",
        batch=1,
        expires_ns=0,
        id_offset=template(case.size_bytes).id_offset,
        deliver_subject=server.subject,
        deliver_group="responders",
        reply=REPLY,
    )


def main() -> None:
    """Answer for the one job of this process."""
    job = TypeAdapter(Job).validate_json(sys.stdin.buffer.readline())
    if isinstance(job.case, LoadCase) and job.server is not None:
        uvloop.run(answer(job.case, job.server, job.directory))


if __name__ == "__main__":
    main()
