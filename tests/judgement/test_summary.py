"""What tells one setting of a variant from another, from run to run."""

from bench.judgement.summary import _digest
from bench.plan.model import Cell, VariantName
from bench.spec.kinds.fanout import Fanout
from bench.spec.kinds.stream import Stream
from bench.spec.variant import Settings

LOAD = {"kind": "stream", "payload": {"sizes": "128B"}, "publish": {"rate": "10/s"}}


def digest(settings: dict[str, object]) -> str:
    cell = Cell(
        id="cell",
        workload_name="load",
        workload=Stream.model_validate(LOAD),
        variants=(VariantName(config="c", variant="v"),),
        settings=Settings.model_validate(settings),
    )
    return _digest(cell)


def test_a_setting_that_came_later_does_not_part_an_unchanged_variant_from_its_past() -> None:
    """A trend would mark "settings changed" at the step to a newer jetbench, and nothing had.

    The digest is what jetbench gave before it knew `handler`.
    """
    assert digest({"pull": {"batch": 7}}) == "502ceaba788f"
    assert digest({"pull": {"batch": 7}, "handler": {"run": "virtual"}}) == "502ceaba788f"


def test_how_handlers_were_run_is_known_as_before_workers_were_a_setting() -> None:
    """The digest is what jetbench gave when `run` was all that `handler` had."""
    tasks: dict[str, object] = {"client": "nats-py", "handler": {"run": "task"}}

    assert digest(tasks) == "bc4df382cdad"
    assert digest({**tasks, "handler": {"run": "task", "workers": 2}}) != "bc4df382cdad"


def test_keys_that_came_later_are_no_part_of_what_they_leave_alone() -> None:
    """Sections that were there from the beginning have grown since."""
    plain = digest({"pull": {"batch": 7}})

    assert digest({"pull": {"batch": 7}, "consumer": {"deliver_policy": "all"}}) == plain
    assert digest({"pull": {"batch": 7, "priority": 0}, "server": {"max_file": None}}) == plain
    assert digest({"pull": {"batch": 7, "priority": 1}}) != plain
    assert digest({"pull": {"batch": 7}, "server": {"gomaxprocs": 1}}) != plain
    limits = {"consumer_limits": {"max_ack_pending": 9}}
    assert digest({"pull": {"batch": 7}, "stream": limits}) != plain


def test_what_is_done_about_failures_is_known_as_before_there_were_dead_letters() -> None:
    """The digest is what jetbench gave when answer, delay and attempts were all of it."""
    assert digest({"failure": {"attempts": 5}}) == "6038b4625fdc"
    assert digest({"failure": {"attempts": 5, "dead_letters": True}}) != "6038b4625fdc"


def test_knobs_of_delivery_and_of_servers_came_later() -> None:
    """Each at its default changes nothing, and is a change where it is not."""
    plain = digest({"pull": {"batch": 7}})
    later: dict[str, dict[str, object]] = {
        "consumer": {"headers_only": True, "sample_freq": "5%", "opt_start_ago": "1s",
                     "priority_timeout": "1s", "ordered": True},
        "stream": {"allow_msg_ttl": True, "allow_rollup_hdrs": True, "republish": {},
                   "subject_delete_marker_ttl": "2s",
                   "subject_transform": {"source": ">", "destination": "x.>"}},
        "publish": {"ttl": "2s", "rollup": "subject", "gap": "ok",
                    "ack_first": True, "ack_every": 9},
        "server": {"encryption": "aes", "limits": {"batch": {"max_msgs": 5}}},
    }  # fmt: skip

    assert digest({"pull": {"batch": 7}, "server": {"limits": {"batch": {}}}}) == plain
    found = [
        digest({"pull": {"batch": 7}, section: {key: value}})
        for section, keys in later.items()
        for key, value in keys.items()
    ]
    assert len({plain, *found}) == 1 + len(found)


def test_how_is_acknowledged_is_known_as_before_handlers_said_that_they_work() -> None:
    """The digest is what jetbench gave when timing, batch and double were all of it."""
    assert digest({"ack": {"timing": "per-batch"}}) == "aa86d9e9f51b"
    assert digest({"ack": {"timing": "per-batch", "in_progress": "1s"}}) != "aa86d9e9f51b"


def test_a_later_setting_that_was_changed_is_a_change() -> None:
    """Coroutines are not what virtual workers were."""
    changed = digest({"pull": {"batch": 7}, "client": "nats-py", "handler": {"run": "task"}})

    assert changed != digest({"pull": {"batch": 7}, "client": "nats-py"})


def fanout_digest(**changed: object) -> str:
    """Of a load as it was written before consumers had a mode, or subjects numbers."""
    tree = {
        "kind": "fanout",
        "payload": {"sizes": "128B"},
        "publish": {"rate": "10/s"},
        "consumers": {"a": {}, "b": {"workers": 2}},
    }
    load = Fanout.model_validate({**tree, **changed})
    return _digest(
        Cell(
            id="cell",
            workload_name="load",
            workload=load,
            variants=(VariantName(config="c", variant="v"),),
            settings=Settings(),
        )
    )


def test_consumers_that_say_nothing_new_are_what_they_were() -> None:
    """The digest is what jetbench gave when each had a process and the variant's mode."""
    assert fanout_digest() == "b75c60e21817"
    assert fanout_digest(processes_total=1) != fanout_digest()
    assert (
        fanout_digest(consumers={"a": {}, "b": {"workers": 2, "mode": "pull"}}) != fanout_digest()
    )
