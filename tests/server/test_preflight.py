"""What a server would refuse in the middle of a run is said before it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.broker import admin
from bench.broker.endpoint import Endpoint
from bench.core.errors import BenchError, ServerUnavailableError
from bench.plan.estimate import estimate
from bench.record.store import RunStore
from bench.runner import preflight
from bench.runner.target import RemoteTarget
from bench.spec.kinds.registry import KINDS
from bench.spec.variant import Settings
from bench.spec.workload import Workload
from tests.clients.server import RealServer
from tests.server.commands import jetbench, nats_server, project
from tests.server.running import Tree, complaints, plan_of, run_trial, sound, workload

pytestmark = pytest.mark.nats

LEAST = (
    'publish: ["$JS.hub.API.>", "$JS.API.>", "jetbench.>", "$JS.ACK.>"], '
    'subscribe: ["_INBOX_zoe.>", "jetbench.>"]'
)
"""All that a run needs on the domain hub."""


@contextmanager
def configured(directory: Path, config: str, jetstream: str = "") -> Iterator[str]:
    running = RealServer(directory, config, jetstream=jetstream)
    running.start()
    try:
        yield running.url.replace("://", "://zoe:pw@")
    finally:
        running.kill()


def one_account(limits: str = "enabled", permissions: str = "") -> str:
    """Return a server's file with one account and one user."""
    user = f"{{ user: zoe, password: pw, permissions: {{ {permissions} }} }}"
    return f"accounts {{ A {{ users: [ {user} ], jetstream: {limits} }} }}"


def checked(
    directory: Path, endpoint: Endpoint, load: Workload, settings: Tree | None = None
) -> tuple[str, ...]:
    """Return the warnings of a preflight against a running server."""
    plan = plan_of(load, Settings.model_validate(settings or {}))
    target = RemoteTarget(endpoint=endpoint, parent=directory)
    store = RunStore(directory / "results" / "run")
    return asyncio.run(preflight.check(plan, target, store, estimate(plan))).warnings


def refused(
    directory: Path, url: str, load: Workload, settings: Tree | None = None, js_api: str = "$JS.API"
) -> str:
    """Return the words that a preflight refuses with; all of them end in exit code 2."""
    with pytest.raises(BenchError) as caught:
        checked(directory, Endpoint(url=url, js_api=js_api), load, settings)
    assert caught.value.exit_code == 2
    return str(caught.value)


async def _streams(url: str) -> set[str]:
    link = await admin.connect(Endpoint(url=url))
    names = await admin.stream_names(link)
    await link.close()
    return names


async def _add_stream(url: str) -> None:
    link = await admin.connect(Endpoint(url=url))
    await admin.api(link, "STREAM.CREATE.MINE", {"name": "MINE", "subjects": ["mine.>"]})
    await link.close()


def test_a_payload_above_the_servers_max_payload_is_told(tmp_path: Path) -> None:
    """Else every trial of the cell would end as its first message is written."""
    with configured(tmp_path, "max_payload: 64000\n" + one_account()) as url:
        words = refused(tmp_path, url, workload(size="64KiB"))

    assert "payload.sizes: messages of 64KiB" in words
    assert "nothing was run" in words


def test_an_account_without_room_for_a_stream_is_told(tmp_path: Path) -> None:
    """In the server's own words; the stream that fills it is left alone."""
    with configured(tmp_path, one_account("{ max_file: 1G, max_streams: 1 }")) as url:
        asyncio.run(_add_stream(url))

        words = refused(tmp_path, url, workload())

        assert asyncio.run(_streams(url)) == {"MINE"}
    assert "test/only: STREAM.CREATE" in words
    assert "maximum number of streams reached" in words


def test_an_account_without_room_for_the_messages_is_told(tmp_path: Path) -> None:
    """2.5 s at 4000/s with 128 bytes and what the store adds are above 1 MB."""
    load = workload("4000/s", "2s")
    with configured(tmp_path, one_account("{ max_file: 1M, max_mem: 100M }")) as url:
        words = refused(tmp_path, url, load)
        for fits in (
            {"stream": {"retention": "workqueue"}},
            {"stream": {"storage": "memory"}},
            {"stream": {"max_bytes": "500KiB"}},
        ):
            checked(tmp_path, Endpoint(url=url), load, fits)

        assert asyncio.run(_streams(url)) == set()
    assert "in file storage, and the account has" in words


@pytest.mark.parametrize(
    ("denied", "mode"),
    [
        ("$JS.API.STREAM.NAMES", "pull"),
        ("$JS.API.STREAM.INFO.*", "pull"),
        ("$JS.API.STREAM.CREATE.*", "pull"),
        ("$JS.API.STREAM.DELETE.*", "pull"),
        ("$JS.API.CONSUMER.INFO.>", "pull"),
        ("$JS.API.CONSUMER.CREATE.>", "pull"),
        ("$JS.API.CONSUMER.MSG.NEXT.>", "pull"),
        ("$JS.ACK.>", "push"),
        ("$JS.FC.>", "push"),
        ("jetbench.>", "push"),
    ],
)
def test_a_missing_permission_is_told_and_nothing_is_made(
    tmp_path: Path, denied: str, mode: str
) -> None:
    """A stream that may be made and not removed would stay there."""
    permissions = f'publish: {{ deny: "{denied}" }}'
    with configured(tmp_path, one_account(permissions=permissions)) as url:
        flow = {"flow_control": True, "idle_heartbeat": "1s"} if "FC" in denied else {}
        words = refused(tmp_path, url, workload(), {"consumer": {"mode": mode} | flow})

    begin = denied.split("*", maxsplit=1)[0].split(">", maxsplit=1)[0]
    assert f'Permissions Violation for Publish to "{begin}' in words
    assert not list((tmp_path / "store").rglob("JETBENCH_*"))


@pytest.mark.parametrize(
    "load",
    [
        {"kind": "workflow", "publish": {"rate": "100/s"}, "steps": {"one": {}}},
        {"kind": "command", "command": {"rate": "100/s"}},
    ],
    ids=["workflow", "command"],
)
def test_a_state_that_may_not_be_written_is_told(tmp_path: Path, load: dict[str, Any]) -> None:
    """Its bucket may be made and read, and no step or command could be done."""
    written = KINDS[load["kind"]].model.model_validate(load | {"payload": {"sizes": "64B"}})
    permissions = 'publish: { deny: "$KV.>" }'
    with configured(tmp_path, one_account(permissions=permissions)) as url:
        words = refused(tmp_path, url, written)

    assert 'Permissions Violation for Publish to "$KV.' in words
    assert not list((tmp_path / "store").rglob("*JETBENCH_*"))


ASKED: dict[str, Tree] = {
    "request": {"kind": "request", "request": {"rate": "100/s"}},
    "command": {"kind": "command", "command": {"rate": "100/s"}},
}
MAY_ASK = 'publish: ["$JS.API.>", "jetbench.>", "$KV.>"], subscribe: ["_INBOX.>", "jetbench.>"]'


@pytest.mark.parametrize("kind", ASKED)
def test_a_request_that_may_not_be_answered_is_told(tmp_path: Path, kind: str) -> None:
    """Each one of a whole trial was left without its answer."""
    asked = KINDS[kind].model.model_validate(ASKED[kind] | {"payload": {"sizes": "64B"}})
    with configured(tmp_path, one_account(permissions=MAY_ASK)) as url:
        words = refused(tmp_path, url, asked)

    assert words.splitlines()[0].startswith('Permissions Violation for Publish to "_INBOX.')


@pytest.mark.parametrize("kind", ASKED)
def test_whoever_is_asked_may_answer_where_answers_are_allowed(tmp_path: Path, kind: str) -> None:
    """`allow_responses` lets a service reply, and publish to no inbox otherwise."""
    asked = KINDS[kind].model.model_validate(ASKED[kind] | {"payload": {"sizes": "64B"}})
    may = f"{MAY_ASK}, allow_responses: true"
    with configured(tmp_path, one_account(permissions=may)) as url:
        assert checked(tmp_path, Endpoint(url=url), asked) == ()


def test_a_value_that_a_bucket_does_not_take_is_told_with_its_variant(tmp_path: Path) -> None:
    """Of two hundred variants it may be one."""
    load = {"kind": "kv", "value": {"sizes": "512B"}, "get": {"rate": "100/s"}}
    small: Tree = {"bucket": {"max_bytes": "2KiB"}}
    with configured(tmp_path, one_account()) as url:
        words = refused(tmp_path, url, KINDS["kv"].model.model_validate(load), small)

        assert asyncio.run(_streams(url)) == set()
    assert words.startswith("test/only: a value was refused before the trial began: maximum bytes")


@pytest.mark.parametrize(("denied", "what"), [("jetbench.>", "jetbench."), ("_INBOX.>", "_INBOX.")])
def test_a_subject_that_may_not_be_heard_is_told(tmp_path: Path, denied: str, what: str) -> None:
    """Without answers or deliveries a trial waits for nothing."""
    permissions = f'subscribe: {{ deny: "{denied}" }}'
    with configured(tmp_path, one_account(permissions=permissions)) as url:
        words = refused(tmp_path, url, workload(), {"consumer": {"mode": "push"}})

    assert f'Permissions Violation for Subscription to "{what}' in words


@pytest.mark.parametrize("client", ["wire", "nats-py"])
@pytest.mark.parametrize("mode", ["pull", "push"])
def test_a_domain_is_measured_with_no_more_rights_than_it_takes(
    tmp_path: Path, client: str, mode: str
) -> None:
    """API prefix and inbox prefix go to the workers of both clients; and the domain is named."""
    config = one_account(permissions=LEAST)
    double = mode == "pull"  # such acks are not sampled
    settings = {"client": client, "consumer": {"mode": mode}, "ack": {"double": double}}
    with configured(tmp_path, config, "domain: hub") as url:
        endpoint = Endpoint(url=url, js_api="$JS.hub.API", inbox_prefix="_INBOX_zoe")
        warnings = checked(tmp_path, endpoint, workload("100/s", "1s"), settings)
        target = RemoteTarget(endpoint=endpoint, parent=tmp_path)
        record = run_trial(tmp_path, workload("100/s", "1s"), settings, target=target).record

    assert warnings[0] == "the JetStream that answers is the one of the domain hub"
    unchecked = [text for text in warnings if "ack times cannot be checked" in text]
    assert len(unchecked) == (0 if double else 1)
    assert all('Subscription to "$JS.EVENT.METRIC.CONSUMER.ACK.' in text for text in unchecked)
    assert target.title.endswith(", JetStream API at $JS.hub.API")
    assert sound(record), complaints(record)
    assert record.ledger is not None
    assert (record.ledger["stored"], record.ledger["acked"]) == (150, 150)


def test_a_domain_that_does_not_answer_is_named(tmp_path: Path) -> None:
    """'No JetStream' would send the user to a server that has one."""
    with configured(tmp_path, one_account()) as url:
        endpoint = Endpoint(url=url, js_api="$JS.nowhere.API")
        with pytest.raises(ServerUnavailableError, match=r"at \$JS\.nowhere\.API"):
            checked(tmp_path, endpoint, workload())


def test_what_a_preflight_refuses_ends_with_two(tmp_path: Path) -> None:
    """And leaves no results behind."""
    with nats_server(tmp_path / "own", extra="max_payload: 100") as url:
        done = jetbench(project(tmp_path), "run", "tiny", "--server", url)

    assert done.returncode == 2
    assert "max_payload" in done.stderr
    assert not list((tmp_path / "results").glob("*"))


def test_the_rehearsal_leaves_nothing(tmp_path: Path) -> None:
    """It makes what trials make, and removes it at once."""
    with configured(tmp_path, one_account()) as url:
        checked(tmp_path, Endpoint(url=url), workload())

        assert asyncio.run(_streams(url)) == set()
