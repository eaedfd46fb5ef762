"""What JetStream and our clients refuse about pull requests that are served before others.

Rules as in `jetstream`: pure functions, the server's own words in the text. A consumer has one
group (ADR-42 of NATS); in it the first process of a workload asks plainly, and all others with what
`pull` says, so that it comes to who is served when.
"""

import re
from collections.abc import Callable, Iterator

from bench.spec.kinds.stream import Stream
from bench.spec.objection import Objection
from bench.spec.variant import Settings

GROUP_NAME = r"[A-Za-z0-9\-_/=]{1,16}"

_MISSING = "400 Bad Request - Priority Group missing"

_OF_POLICY = {"min_pending": "overflow", "min_ack_pending": "overflow", "priority": "prioritized"}
"""What a pull request may carry, and the policy under which the server looks at it."""


def _asked(settings: Settings) -> dict[str, object]:
    """Return what requests carry to be served after others."""
    pull = settings.pull
    asked = {
        "min_pending": pull.min_pending,
        "min_ack_pending": pull.min_ack_pending,
        "priority": pull.priority,
    }
    return {key: value for key, value in asked.items() if value}


def _consumer_groups(settings: Settings) -> Iterator[Objection]:
    consumer, key = settings.consumer, "consumer.priority_groups"
    groups, policy = consumer.priority_groups or (), consumer.priority_policy
    if groups and policy == "none":
        yield Objection(
            key=key,
            against=("consumer.priority_policy",),
            what="groups mean something under a priority_policy alone (10196)",
            allowed="no priority_groups, or priority_policy overflow, prioritized or pinned_client",
        )
    elif policy != "none" and not groups:
        yield Objection(
            key="consumer.priority_policy",
            what=f"{policy} needs a group to ask within (10159)",
            allowed="priority_groups with one name, or priority_policy none",
        )
    elif len(groups) > 1:
        what = "the server takes several groups, and serves their requests as one would be"
        yield Objection(key=key, what=what, allowed="one name")
    elif groups and not re.fullmatch(GROUP_NAME, groups[0]):
        yield Objection(
            key=key,
            what=f"'{groups[0]}' is no name of a group (10162)",
            allowed="1 to 16 letters, digits and - _ / =",
        )


def _pulled(settings: Settings) -> Iterator[Objection]:
    consumer = settings.consumer
    if consumer.mode == "push" and consumer.priority_policy != "none":
        yield Objection(
            key="consumer.priority_policy",
            against=("consumer.mode",),
            what="priorities are for pull consumers alone (10178)",
            allowed="priority_policy none, or mode pull",
        )
    elif consumer.priority_policy != "none" and settings.client == "nats-py":
        yield Objection(
            key="consumer.priority_policy",
            against=("client",),
            what=f"nats-py's fetch cannot ask within a group ({_MISSING})",
            allowed="priority_policy none, or client wire",
        )


def _group_asked(settings: Settings) -> Iterator[Objection]:
    group, groups = settings.pull.group, settings.consumer.priority_groups or ()
    if settings.consumer.mode != "pull" or settings.consumer.priority_policy == "none":
        if group:
            what = "a group means something under a priority_policy of a pull consumer alone"
            yield _group(what, "no group, or consumer.priority_policy and priority_groups")
    elif groups and not group:
        what = f"requests must name the group that they ask within ({_MISSING})"
        yield _group(what, groups[0])
    elif groups and group not in groups:
        what = f"the consumer has no group '{group}' (400 Bad Request - Invalid Priority Group)"
        yield _group(what, groups[0])


def _group(what: str, allowed: str) -> Objection:
    against = ("consumer.priority_groups", "consumer.priority_policy")
    return Objection(key="pull.group", against=against, what=what, allowed=allowed)


def _policy_asked(settings: Settings) -> Iterator[Objection]:
    policy, asked = settings.consumer.priority_policy, _asked(settings)
    for key in asked:
        if settings.consumer.mode == "pull" and _OF_POLICY[key] != policy:
            yield Objection(
                key=f"pull.{key}",
                against=("consumer.priority_policy",),
                what=f"{key} is looked at under the priority_policy {_OF_POLICY[key]} alone",
                allowed=f"no {key}, or priority_policy {_OF_POLICY[key]}",
            )
    if policy in _OF_POLICY.values() and policy not in map(_OF_POLICY.__getitem__, asked):
        keys = [key for key, needed in _OF_POLICY.items() if needed == policy]
        yield Objection(
            key="consumer.priority_policy",
            what=f"{policy} serves all alike when no request asks to be served after others",
            allowed=" or ".join(f"pull.{key}" for key in keys) + ", or priority_policy none",
        )


def _pinned(settings: Settings) -> Iterator[Objection]:
    policy = settings.consumer.priority_policy
    if settings.consumer.priority_timeout_ns is not None and policy != "pinned_client":
        refused = " (10197)" if policy == "none" else ""
        yield Objection(
            key="consumer.priority_timeout",
            against=("consumer.priority_policy",),
            what=f"priority_timeout is that of a pinned client, and the policy is {policy}"
            f"{refused}",
            allowed="no priority_timeout, or priority_policy pinned_client",
        )


def _tracked(settings: Settings) -> Iterator[Objection]:
    consumer = settings.consumer
    if consumer.priority_policy == "overflow" and consumer.ack_policy != "explicit":
        yield Objection(
            key="consumer.priority_policy",
            against=("consumer.ack_policy",),
            what=f"overflow is taken and ignored with ack_policy {consumer.ack_policy}",
            allowed="ack_policy explicit, or priority_policy none",
        )


def _several(settings: Settings, workload: Stream) -> Iterator[Objection]:
    if settings.consumer.priority_policy != "none" and workload.consume.consumers == 1:
        yield Objection(
            key="consumer.priority_policy",
            what="one process asks, so there is nobody to be served before or after it",
            allowed="consume.consumers 2 or more, or priority_policy none",
        )


RULES: tuple[Callable[[Settings], Iterator[Objection]], ...] = (
    _consumer_groups,
    _pulled,
    _group_asked,
    _policy_asked,
    _pinned,
    _tracked,
)
WORKLOAD_RULES: tuple[Callable[[Settings, Stream], Iterator[Objection]], ...] = (_several,)
