"""What parts are called where several have the same figure, and what is found by such names."""

import pytest

from bench.spec import cast
from bench.spec.cast import UNSTORED, Cast, Entry, Part, driving, observing
from tests.parts import cast as stream


def two_flows() -> Cast:
    """Puts, gets, and a watcher that sees what was put."""
    put = driving("put", role="client", answered=Entry(name="written"), fails=UNSTORED)
    get = driving("get", role="client", answered=Entry(name="read"), fails=UNSTORED)
    watch = observing("watch", flow=put, role="watcher", acks=False)
    return Cast(parts=(put, get, watch), ranked=("completion",), done="handled")


def part(name: str) -> Part:
    return two_flows().part(name)


def test_what_one_part_alone_has_goes_by_its_own_name() -> None:
    """In the order of the parts, and of what happens in each."""
    assert list(cast.instants(stream())) == [
        "offered", "sent", "stored", "received", "handled", "acked",
    ]  # fmt: skip
    assert list(cast.spans(stream())) == [
        "slip", "service", "response", "delivery", "completion", "end_to_end",
    ]  # fmt: skip
    assert list(cast.levels(stream())) == ["unhandled", "unacked"]


def test_what_several_parts_have_goes_by_the_part_as_well() -> None:
    """What is one part's alone keeps its short name beside them."""
    assert list(cast.instants(two_flows())) == [
        "put.offered", "put.sent", "written", "get.offered", "get.sent", "read",
        "received", "handled",
    ]  # fmt: skip
    assert list(cast.spans(two_flows())) == [
        "put.slip", "put.service", "put.response", "get.slip", "get.service", "get.response",
        "delivery", "completion",
    ]  # fmt: skip
    assert {"put.planned", "get.planned", "written", "read", "lost"} <= set(
        cast.entries(two_flows())
    )


def test_a_flat_name_leads_to_its_part() -> None:
    """Not to the first that has one of that name."""
    of, span = cast.spans(two_flows())["get.response"]

    assert (of.name, span.name, span.begin, span.end) == ("get", "response", "offered", "read")


def test_a_cast_without_acks_has_nothing_that_an_ack_would_end() -> None:
    """No instant, time, level or entry of that kind, and its work is done with the handler."""
    never = stream(acks=False)

    assert "acked" in cast.entries(stream())
    assert "acked" not in cast.instants(never).keys() | cast.entries(never).keys()
    assert "end_to_end" not in cast.spans(never)
    assert list(cast.levels(never)) == ["unhandled"]
    assert (never.done, stream().done) == ("handled", "acked")


@pytest.mark.parametrize(
    ("name", "due", "planned"),
    [
        ("put", "put.offered", "put.planned"),
        ("get", "get.offered", "get.planned"),
        ("watch", "put.offered", "put.planned"),
    ],
)
def test_an_observer_is_about_what_its_flow_drives(name: str, due: str, planned: str) -> None:
    """What it saw is held against what was due there, not in another flow."""
    assert two_flows().due(part(name)) == due
    assert two_flows().planned(part(name)) == planned


def test_what_a_part_names_is_its_own_before_its_flows() -> None:
    """A watcher has no offered of its own; a get has one."""
    made = two_flows()

    assert made.instant(part("watch"), "offered") == "put.offered"
    assert made.instant(part("watch"), "handled") == "handled"
    assert made.instant(part("get"), "offered") == "get.offered"
    assert made.entry(part("watch"), "planned") == "put.planned"
    assert made.entry(part("watch"), "lost") == "lost"
    assert made.entry(part("get"), "refused") == "get.refused"


def test_cpu_time_is_spread_over_answers_and_over_receipts() -> None:
    """The server's over the answers of all that drive."""
    assert [each.worth for each in two_flows().parts] == ["written", "read", "received"]
    assert two_flows().served == ("written", "read")
    assert stream().served == ("stored",)


def test_rules_name_what_was_observed_before_what_was_driven() -> None:
    """And each flow's own counts by the flow."""
    assert list(cast.ruled(stream())) == [
        "lost", "duplicates", "redelivered", "reordered", "backlog",
        "refused", "unconfirmed", "not_sent",
    ]  # fmt: skip
    assert list(cast.ruled(two_flows()))[-6:] == [
        "put.refused", "put.unconfirmed", "put.not_sent",
        "get.refused", "get.unconfirmed", "get.not_sent",
    ]  # fmt: skip


def test_a_part_that_is_not_there_is_an_error() -> None:
    """Nothing stands for it."""
    with pytest.raises(KeyError, match="scan"):
        two_flows().part("scan")
