"""How to read the report: what every figure is and how it was come by."""

from bench.analysis.figures import MIN_BEYOND
from bench.report.model import Fold, Terms, Text

_TERMS = (
    (
        "Instants",
        "Each message has five: intended (when the schedule, fixed beforehand, says it is due), "
        "sent, stored (its PubAck seen), received, acked.",
    ),
    (
        "End-to-end time",
        "acked − intended: from when a message was due to when the consumer acknowledged it. "
        "A variant that never acknowledges has none.",
    ),
    ("Response time", "stored − intended: what a publisher waits for its PubAck."),
    ("Delivery time", "received − intended: until the consumer holds the message."),
    (
        "Completion time",
        "handled − intended: until the handler is done. It compares variants that acknowledge at "
        "different points, or never.",
    ),
    ("Slip", "sent − intended: how late the load generator itself was."),
    (
        "p50, p95, p99, p99.9",
        "Half, 95 %, 99 %, 99.9 % of the window's messages took no longer. Histograms are "
        f"merged, percentiles never averaged within a trial; one with fewer than {MIN_BEYOND} "
        "messages beyond it reads n/a.",
    ),
    (
        "Rates",
        "Messages within the window divided by its length, each by its own instant: offered "
        "(intended), stored, delivered, acked.",
    ),
    (
        "Lag",
        "Messages stored and not handled, by the clients' own instants: exact at any time. The "
        "verdict goes by messages not acknowledged as well, where the variant acknowledges. The "
        "server's num_pending + num_ack_pending is sampled beside it and must agree with those.",
    ),
    (
        "Lag slope",
        "Theil–Sen slope of lag on 10 batch means of the window, msg/s; positive: falling "
        "behind. Growing, draining or stable when the 90 % interval lies above, below or within "
        "±1 % of the offered rate each second; else inconclusive.",
    ),
    (
        "CPU per message",
        "CPU time within the window divided by messages stored (server, publisher) or received "
        "(consumer).",
    ),
    (
        "Lost",
        "Stored, never received, and no longer held by the server for delivery when the drain "
        "ended; n/a where nobody can tell.",
    ),
    (
        "Duplicates, redelivered",
        "Deliveries of a message that had been received before; deliveries that the server "
        "marked as repeated. The share is of all deliveries.",
    ),
)

_METHOD = (
    "The trial is the unit: each has a fresh stream, consumer and clients, and a fresh server and "
    "store unless the run was told to use a server of yours. Messages within a trial are not "
    "independent and are never treated as if they were.",
    "A block runs every cell once, in an order shuffled by the seed, one trial at a time. A host "
    "that grows slower then slows all cells alike, and cells are compared within blocks.",
    "Load is open loop: the send times are computed before the first message leaves, so a slow "
    "server cannot slow the load down and hide its own delay.",
    "Messages due in the warm-up count in no figure but the ledger. The drain waits for what is "
    "under way when the window ends.",
    "A cell's figure is the mean over its valid trials: geometric for times, rates and CPU, "
    "arithmetic for the lag slope. The 90 % interval is Student's t over the trials.",
    "Two cells are told apart by their differences within blocks, allowed for the choice among "
    "them, for every pair of cells, every figure and every workload: in at most 10 % of runs of "
    "equal variants is any pair told apart. One rule says so for headline, tables, plots and "
    "answer; a gate judges the rules that were written down beforehand.",
    "The smallest visible difference is the true change that a comparison of this scatter, so "
    "many blocks and so many comparisons finds in 80 % of cases. A smaller one may be there and "
    "not be seen.",
    "Where cells are compared, stored and acked rates count up to the offered one: more than that "
    "drains a backlog of the warm-up.",
    "A trial is invalid when a rule fixed beforehand says so, never because of its result. It is "
    "kept, shown and left out of every figure, and measured again beside its baseline. A cell with "
    "more than 20 % of such trials is invalid by itself.",
)


def fold() -> Fold:
    """Return the fold on method."""
    return Fold(
        id="method",
        title="How to read this",
        note="what each figure is, and how it was come by",
        blocks=(*(Text(sentence=(sentence,)) for sentence in _METHOD), Terms(pairs=_TERMS)),
    )
