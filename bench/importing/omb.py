"""A workload and a driver file of the OpenMessaging Benchmark, read whole.

Source: `Workload.java` of its framework, and `NatsConfig.java` of its `driver-nats`.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field

from bench.core.errors import Problem
from bench.spec.base import Spec
from bench.spec.lookup import shown
from bench.spec.problems import validate
from bench.spec.together import attempt, raise_any
from bench.spec.workload import MAX_PAYLOAD_BYTES
from bench.spec.yaml_tree import Document, read_document

LARGEST = 2**31 - 1
"""What an int of Java holds."""

_CLASS = re.compile(r"nats(?!streaming)", re.IGNORECASE)
"""In the name of the class of its JetStream driver; NATS Streaming was another system."""

M = TypeVar("M", bound=Spec)


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("not a share; allowed: a number from 0.0 to 1.0")
    return float(value)


Fraction = Annotated[float, BeforeValidator(_share)]
Whole = Annotated[int, Field(ge=0, le=LARGEST)]
Some = Annotated[int, Field(ge=1, le=LARGEST)]


class OmbWorkload(Spec):
    """A workload file; what Java has a value for may be left out.

    Attributes:
        name: for people.
        topics: streams.
        partitions: of each.
        keys: how messages get a key.
        message_bytes: payload.
        randomized: payloads hold random bytes, …
        random_share: … so many of them, …
        pool: … taken from so many payloads.
        payload_file: whose content they hold else.
        subscriptions: of each topic, independent of each other.
        producers: of each topic.
        consumers: of each subscription.
        rate_msgs_per_s: of all producers together; 0 looks for the highest.
        backlog_gb: built before it is drained.
        drained: share of the backlog that must go.
        minutes, warmup_minutes: how long.
    """

    name: str = ""
    topics: Some
    partitions: Whole = Field(default=1, alias="partitionsPerTopic")
    keys: Literal["NO_KEY", "KEY_ROUND_ROBIN", "RANDOM_NANO"] = Field(
        default="NO_KEY", alias="keyDistributor"
    )
    message_bytes: int = Field(alias="messageSize", ge=1, le=MAX_PAYLOAD_BYTES)
    randomized: bool = Field(default=False, alias="useRandomizedPayloads")
    random_share: Fraction = Field(default=0.0, alias="randomBytesRatio")
    pool: Whole = Field(default=0, alias="randomizedPayloadPoolSize")
    payload_file: str = Field(default="", alias="payloadFile")
    subscriptions: Whole = Field(alias="subscriptionsPerTopic")
    producers: Some = Field(alias="producersPerTopic")
    consumers: Whole = Field(alias="consumerPerSubscription")
    rate_msgs_per_s: Whole = Field(alias="producerRate")
    backlog_gb: Whole = Field(default=0, alias="consumerBacklogSizeGB")
    drained: Fraction = Field(default=1.0, alias="backlogDrainRatio")
    minutes: Some = Field(alias="testDurationMinutes")
    warmup_minutes: Whole = Field(default=1, alias="warmupDurationMinutes")


class OmbDriver(Spec):
    """A driver file of its NATS driver.

    Attributes:
        name: for people.
        driver: class of Java.
        workers: servers, in the file that its playbook writes.
        url: of the server.
        replicas: of each stream.
        storage: of each stream.
        max_bytes: of each stream; -1 for no limit.
    """

    name: str = ""
    driver: str = Field(default="", alias="driverClass")
    workers: Annotated[tuple[str, ...], Field(strict=False)] = ()
    url: str = Field(default="", alias="natsHostUrl")
    replicas: int = Field(default=1, alias="replicationFactor", ge=0, le=5)
    storage: Literal["File", "Memory"] = Field(default="File", alias="storageType")
    max_bytes: int = Field(default=-1, alias="maxBytes", ge=-1, le=LARGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Both files.

    Attributes:
        workload, driver: as they say.
        foreign: the driver is that of another system, which ours says nothing of.
        of_workload, of_driver: as written.
    """

    workload: OmbWorkload
    driver: OmbDriver
    foreign: bool
    of_workload: Document
    of_driver: Document | None


def read(path: Path, driver: Path | None) -> Read:
    """Return what a workload file and a driver file say.

    Raises:
        SpecError: with all that is wrong with either.
    """
    problems: list[Problem] = []
    document = attempt(problems, read_document, path, shown(path))
    beside = attempt(problems, read_document, driver, shown(driver)) if driver else None
    foreign = beside is not None and _of_another_system(beside)
    workload = _valid(OmbWorkload, document, problems) if document else None
    settings = _valid(OmbDriver, beside, problems) if beside and not foreign else OmbDriver()
    raise_any(problems)
    if document is None or workload is None or settings is None:
        raise ValueError("a file without problems is missing")
    return Read(
        workload=workload,
        driver=settings,
        foreign=foreign,
        of_workload=document,
        of_driver=beside,
    )


def _valid(model: type[M], document: Document, problems: list[Problem]) -> M | None:
    found, own = validate(model, document)
    problems += [*document.problems, *own]
    return found


def _of_another_system(document: Document) -> bool:
    driver = document.data.get("driverClass")
    return isinstance(driver, str) and not _CLASS.search(driver.rpartition(".")[2])
