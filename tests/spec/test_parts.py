"""Figures and counts of several parts: each by its part's name, all together by their own."""

import pytest

from bench.spec.base import MisfitError
from bench.spec.cast import FIGURES_BEGIN
from bench.spec.criteria import count_word, parse_criterion
from bench.spec.metrics import find_metric, metric_names, metric_of, of_casts
from tests.parts import cast, two_consumers


def test_a_figure_of_a_part_is_that_figure_under_its_name() -> None:
    """`billing.p99` as `p99` alone means end-to-end."""
    whole, of_part = metric_of("end_to_end_ns_p99"), find_metric("billing.p99")

    assert of_part is not None
    assert (of_part.key, of_part.short) == ("billing.end_to_end_ns_p99", "billing.end_to_end_p99")
    assert (of_part.source.of, of_part.title) == ("billing.end_to_end", "billing end-to-end p99")
    assert (of_part.unit, of_part.better, of_part.percentile) == (
        whole.unit, whole.better, whole.percentile,
    )  # fmt: skip
    assert metric_of(of_part.key) == find_metric(of_part.short) == of_part


@pytest.mark.parametrize("name", ["billing.p98", "Bill ing.p99", ".p99", "billing.", "a.b.p99"])
def test_what_no_part_can_have_is_no_figure(name: str) -> None:
    """Nor is a part of a part."""
    assert find_metric(name) is None


def test_what_one_part_alone_has_keeps_its_own_name_beside_what_several_have() -> None:
    """The publisher's times are nobody else's; each consumer has end-to-end, lag and CPU."""
    keys = [metric.key for metric in of_casts([two_consumers()])]

    assert {"response_ns_p99", "stored_msgs_per_s", "publisher_cpu_us_per_msg"} <= {*keys}
    assert {"billing.end_to_end_ns_p99", "audit.end_to_end_ns_p99"} <= {*keys}
    assert {"lag_msgs_peak", "billing.lag_msgs_peak", "audit.lag_msgs_peak"} <= {*keys}
    assert {"billing.consumer_cpu_us_per_msg", "audit.redelivered_share"} <= {*keys}
    assert not {"end_to_end_ns_p99", "consumer_cpu_us_per_msg"} & {*keys}
    assert len(keys) == len({*keys})


def test_of_one_consumer_nothing_goes_by_a_part() -> None:
    """Rules and files of a stream stay as they are."""
    assert not [metric.key for metric in of_casts([cast()]) if "." in metric.key]


def test_a_rule_may_name_a_count_of_one_part() -> None:
    """And is written as it was read."""
    rule = parse_criterion("billing.not_sent <= 0.1%")

    assert str(rule) == "billing.not_sent <= 0.1%"
    assert rule.title == "not sent by billing messages"
    assert count_word("billing.lost") == "lost by billing"


@pytest.mark.parametrize("text", ["billing.stored == 0", "1x.lost == 0", "a.b.lost == 0"])
def test_a_count_that_no_rule_may_name_is_none_of_a_part_either(text: str) -> None:
    """Nor of what no part can be called."""
    with pytest.raises(MisfitError):
        parse_criterion(text)


def test_no_part_may_be_called_as_a_figure_begins() -> None:
    """`response.p99 < 20ms` of a consumer `response` was judged by the publisher's PubAcks."""
    names = {*metric_names()}
    begin = {
        whole.removesuffix(f"_{own}") for whole in names for own in names if
        whole.endswith(f"_{own}")
    }  # fmt: skip

    assert begin
    assert {each.removesuffix("_ns") for each in begin} <= {*FIGURES_BEGIN}
