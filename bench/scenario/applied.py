"""The bucket of a trial whose handlers write their effects, and where its consumers crash."""

from dataclasses import replace

from nats.aio.client import Client

from bench.broker import admin
from bench.broker.admin import Names
from bench.broker.latest import Held, latest
from bench.broker.permissions import Needs
from bench.clients.buckets import Bucket
from bench.core.units import NS_PER_S
from bench.engine.applying import EFFECTS
from bench.engine.jobs import Applied, ObserverJob
from bench.engine.reviving import Crashing
from bench.plan.model import Cell
from bench.plan.traffic import Traffic
from bench.scenario.kind import Stage
from bench.spec.kinds.stream import Stream
from bench.spec.variant import BucketSettings, Settings


def writes(cell: Cell) -> bool:
    """Say whether the handlers of a cell write their effects."""
    return isinstance(cell.workload, Stream) and cell.workload.writes(cell.settings)


def _keeps(cell: Cell) -> bool:
    """Say whether a bucket is made: for effects, or for what handlers put there."""
    return writes(cell) or _puts(cell)


def _puts(cell: Cell) -> bool:
    return isinstance(cell.workload, Stream) and cell.workload.puts


def _bucket(settings: Settings) -> BucketSettings:
    """Return what a bucket of effects is kept as: as safe as the stream of their messages.

    Of several replicas the leader alone is asked: another one may not have a marker yet.
    """
    stream = settings.stream
    return BucketSettings().model_copy(
        update={
            "storage": stream.storage,
            "num_replicas": stream.num_replicas,
            "allow_direct": stream.num_replicas == 1,
        }
    )


async def make(client: Client, names: Names, cell: Cell) -> None:
    """Make the bucket of a trial, where its handlers write; raises as `admin.make_bucket`."""
    if not _keeps(cell):
        return
    settings = _bucket(cell.settings)
    lives = cell.settings.effect.marker_ttl_ns is not None
    more = {**admin.BUCKET, **({"allow_msg_ttl": True} if lives else {})}
    await admin.make_stream(client, settings.as_stream(), admin.bucket_names(names), more)


def things(names: Names, cell: Cell) -> tuple[Names, ...]:
    """Return what is made for a trial besides its stream: a bucket, where its handlers write."""
    return (admin.bucket_names(names),) if _keeps(cell) else ()


def needing(needs: Needs, cell: Cell) -> Needs:
    """Return what handlers do besides what consumers do."""
    if not _keeps(cell):
        return needs
    bucket = "KV_{stream}"
    if not writes(cell):
        asked = needs.asks | {f"STREAM.INFO.{bucket}"}
        return replace(needs, asks=asked, says=needs.says | {"$KV.{stream}.x"})
    direct = _bucket(cell.settings).allow_direct
    gets = f"DIRECT.GET.{bucket}.x" if direct else f"STREAM.MSG.GET.{bucket}"
    looks = {f"STREAM.INFO.{bucket}"} if cell.settings.client == "nats-py" else set()
    asks = needs.asks | {gets} | looks
    return replace(needs, asks=asks, says=needs.says | {"$KV.{stream}.x"})


def crashing(stage: Stage, cell: Cell, traffic: Traffic, role: str) -> Crashing | None:
    """Return at which messages processes of a role end themselves; None where none does."""
    if not traffic.crashes:
        return None
    away_ns = {message: crash.for_ns for message, crash in traffic.crashes.items()}
    return Crashing(role=role, away_ns=away_ns, path=stage.directory / "crashes.npy")


def applying(job: ObserverJob, stage: Stage, cell: Cell, crashes: Crashing | None) -> ObserverJob:
    """Return the job of a process whose handlers write their effects, where they do."""
    bucket = admin.bucket_names(stage.names)
    if not writes(cell):
        return replace(job, puts_into=bucket.stream) if _puts(cell) else job
    effect = cell.settings.effect
    applied = Applied(
        idempotency=effect.idempotency,
        bucket=Bucket(stream=bucket.stream, direct=_bucket(cell.settings).allow_direct),
        prefix=bucket.subject_prefix,
        marker_ttl_s=(effect.marker_ttl_ns or 0) // NS_PER_S,
        book=None if crashes is None else crashes.path,
    )
    return replace(job, applied=applied)


async def held(stage: Stage) -> Held:
    """Return the effects that a bucket holds, by message; nothing where there is none."""
    bucket = admin.bucket_names(stage.names)
    if bucket not in stage.things:
        return {}
    return await latest(stage.client, bucket.stream, f"{bucket.subject_prefix}{EFFECTS}")
