"""Tuning: what to take and how sure that is, how it is pasted, what mattered, what was tried."""

from collections.abc import Iterator

from markupsafe import Markup

from bench.core import text
from bench.core.direction import isolated
from bench.core.marks import State
from bench.draw import svg
from bench.draw.axis import Axis, Spacing, Tick, of_changes
from bench.draw.limit import HALF, WIDTH, bar
from bench.judgement.choosing import capital
from bench.judgement.kinds import Figure
from bench.judgement.tried import Change, Importance, Mattered, Objective, Pasted, Tried, Tuning
from bench.judgement.tuned_words import level_words, named, share_words
from bench.report import readings
from bench.report.markup import filled
from bench.report.model import Block, Fold, Name, Point, Points, Section, Sentence, Text
from bench.report.patterns import tried_drawing
from bench.report.tables import NOTHING, Column, Entry, Row, Table, Tone, marked, untold
from bench.seek.tuned import Ending, Fate
from bench.spec.metrics import Better

STATES = {
    Fate.BASE: State.UNKNOWN,
    Fate.INCUMBENT: State.HOLDS,
    Fate.FINALIST: State.UNKNOWN,
    Fate.OPEN: State.UNKNOWN,
    Fate.LEFT: State.UNKNOWN,
    Fate.BREAKS: State.FAILS,
    Fate.INVALID: State.DOUBTFUL,
}

WORDS = {
    Fate.BASE: "base",
    Fate.INCUMBENT: "leads",
    Fate.FINALIST: "runner-up",
    Fate.OPEN: "seen",
    Fate.LEFT: "clearly worse",
    Fate.BREAKS: "breaks a constraint",
    Fate.INVALID: "not measured",
}


def sections(found: Tuning) -> tuple[Section, ...]:
    """Return what a search for the best settings found, what to take first."""
    return tuple(
        each
        for each in (
            _compared(found),
            _pasted(found),
            _mattered(found),
            _tried(found),
            _open(found),
        )
        if each.blocks
    )


def _compared(found: Tuning) -> Section:
    title = "What was confirmed" if found.compared else "What was found"
    shown = _tables(found) if found.compared else ()
    drawn = tried_drawing.front(found, "tuning-front")
    blocks: tuple[Block, ...] = (*shown, *(() if drawn is None else (drawn,)))
    return Section("tuning", title, blocks, lead=tuple(_told(found)))


def _tables(found: Tuning) -> Iterator[Block]:
    several = len(found.objectives) > 1
    for n, objective in enumerate(found.objectives, start=1):
        if several:
            yield Text((Name(f"{capital(objective.metric.title)}."),))
        yield compared(found, objective, f"tuning-compared-{n}")


def _told(found: Tuning) -> Iterator[Sentence]:
    if not found.compared:
        yield (Name(f"{found.state.mark} {capital(found.holds)}."),)
    else:
        yield (
            "Base and finalists ran side by side in fresh blocks, and what is said of a gain is "
            "from those alone; beside it stands what the search had promised. Each interval is of "
            "its own comparison.",
        )


def compared(found: Tuning, objective: Objective, id_: str) -> Table:
    """Return the finalists beside the base by an objective, by confirming blocks alone."""
    caption = f"{capital(objective.metric.title)} of the finalists against the base"
    return Table(id_, caption, "Settings", cards="goals").of(
        found.compared,
        lambda each: _heading(found, each),
        tuple(_against_base(found, objective)),
    )


def _heading(found: Tuning, each: Tried) -> Row:
    if each is found.base:
        said = ", ".join(f"{key} {value}" for key, value in each.values.items())
        return Row((each.name,), soft=isolated(said), tinted=True)
    lead = WORDS[each.fate] if each.fate is Fate.INCUMBENT and found.chosen is each else ""
    front = "nothing else is better at both" if each.on_front else ""
    return Row((named(found, each, most=None),), over=text.listed([*filter(None, (lead, front))]))


def _against_base(found: Tuning, objective: Objective) -> Iterator[Column[Tried]]:
    key, metric = objective.metric.key, objective.metric
    changes = [c for each in found.compared if (c := each.changes.get(key)) is not None]
    axis = of_changes([end for c in changes if c.relative for end in (c.low, c.high)])
    values = [e.confirmed[key].value for e in found.compared if key in e.confirmed]
    scale = readings.scale(metric, values)

    def figure(of: Figure | None) -> Entry:
        if of is None:
            return untold("no valid trial tells it")
        return Entry(f"{'≥ ' if of.at_least else ''}{text.number(of.value / scale.factor)}")

    yield Column(
        "Change", lambda each: _bar(each.changes.get(key), axis), "bar", axis=axis.labels()
    )
    yield Column("Against the base", lambda each: _change(each, objective), "found")
    yield Column("Confirmed", lambda each: figure(each.confirmed.get(key)), unit=scale.unit)
    yield Column("In the search", lambda each: figure(each.figures.get(key)), unit=scale.unit)


def _bar(change: Change | None, axis: Axis) -> Entry:
    if change is None or not change.relative:
        return NOTHING
    parts = (
        svg.upright("axis", axis.x(0, WIDTH), -HALF, HALF),
        *bar("iv", (change.low, change.high), axis, WIDTH, 5),
    )
    frame = (0, -HALF, WIDTH, 2 * HALF)
    return Entry(drawing=svg.drawing("lb", frame, change.told, parts, stretched=True))


def _change(each: Tried, objective: Objective) -> Entry:
    change = each.changes.get(objective.metric.key)
    if change is None:
        return NOTHING
    head, _, rest = change.told.partition(" (")
    tone = Tone.PLAIN
    if not change.low <= 0 <= change.high:
        more = change.low > 0
        tone = Tone.BETTER if more is (objective.better is Better.HIGHER) else Tone.WORSE
    mark = "" if tone is Tone.PLAIN else "▲ " if change.low > 0 else "▼ "
    return Entry(f"{mark}{head}", detail=rest.removesuffix(")"), tone=tone, detail_tone=Tone.MUTED)


def _pasted(found: Tuning) -> Section:
    title = "To paste" if found.ending is Ending.BETTER else "To paste, though it is not decided"
    if found.pasted is None:
        return Section("tuning-paste", title, ())
    lead: Sentence = ("`before` is what was measured as the base, `after` what is taken.",)
    blocks: tuple[Block, ...] = (*_code(found.pasted), by_hand(found.pasted))
    return Section("tuning-paste", title, blocks, lead=(lead,))


def _code(found: Pasted) -> Iterator[Markup]:
    yield filled("code.html.jinja", title=found.file, code=found.config.rstrip())
    if found.commands:
        title = "For the nats CLI, with names of your own"
        yield filled("code.html.jinja", title=title, code="\n".join(found.commands))


def by_hand(found: Pasted) -> Points:
    """Return what no command does: a client's own part, and what the CLI takes as JSON alone."""
    return Points(tuple(_points(found)), stacked=True)


def _points(found: Pasted) -> Iterator[Point]:
    if found.by_client:
        said = ", ".join(f"`{key}` {value}" for key, value in found.by_client)
        yield Point(State.UNKNOWN, "In your client", said)
    if found.unsaid:
        said = f"{text.listed([f'`{key}`' for key in found.unsaid])}: no flag of the CLI says it"
        yield Point(State.DOUBTFUL, "By JSON", f"{said}; `--config FILE` takes it")


def _mattered(found: Tuning) -> Section:
    tables = tuple(_importances(found))
    lead = (
        (
            "How much of what differs between trials a setting explains by itself, with its 90 % "
            "interval over blocks; what chance explains is taken off, so that a setting that means "
            "nothing lies around 0. It is said of what was tried.",
        ),
    )
    return Section("tuning-mattered", "What mattered", tables, lead=lead)


def _importances(found: Tuning) -> Iterator[Block]:
    for n, each in enumerate(found.importance, start=1):
        yield Text((Name(f"{capital(each.metric.title)}. "), _read_from(each)))
        yield mattered(each, f"tuning-mattered-{n}")


def _read_from(found: Importance) -> str:
    trials, blocks = text.plural(found.trials, "trial"), text.plural(found.blocks, "block")
    left = share_words(found.unexplained)
    return f"From {trials} in {blocks}; no setting by itself explains {left}."


def mattered(found: Importance, id_: str) -> Table:
    """Return a row for each knob, and for two that clearly depend on each other."""
    caption = f"What mattered to {found.metric.title}"
    return Table(id_, caption, "Setting", cards="goals").of(
        (*found.main, *found.pairs),
        lambda each: Row((each.name,), over="" if len(each.names) == 1 else "both together"),
        (
            Column("Share", _share_bar, "bar", axis=_SHARES.labels()),
            Column("Explains", _explains, "found"),
            Column("Its values", _levels, "prose"),
        ),
    )


_SHARES = Axis(
    low=0.0,
    high=1.0,
    spacing=Spacing.EVEN,
    ticks=tuple(Tick(n / 4, f"{25 * n} %") for n in range(4)),  # the last has no room on a phone
)


def _share_bar(each: Mattered) -> Entry:
    x = _SHARES.x(max(each.share, 0.0), WIDTH)
    low, high = (each.share if end is None else end for end in (each.low, each.high))
    parts = (
        svg.upright("axis", 0, -HALF, HALF),
        svg.level("hold", 0, x, 0),
        *bar("thin", (low, high), _SHARES, WIDTH, 5),
    )
    frame = (0, -HALF, WIDTH, 2 * HALF)
    label = f"{share_words(each.share)}, {_interval(each)}"
    return Entry(drawing=svg.drawing("lb", frame, label, parts, stretched=True))


def _interval(each: Mattered) -> str:
    if each.low is None or each.high is None:
        return "too few blocks for an interval"
    if each.high <= 0:
        return "no more than chance"
    return text.interval(share_words(each.low), share_words(min(each.high, 1.0)))


def _explains(each: Mattered) -> Entry:
    tone = Tone.PLAIN if each.clear else Tone.MUTED
    return Entry(share_words(each.share), detail=_interval(each), tone=tone, detail_tone=Tone.MUTED)


def _levels(each: Mattered) -> Entry:
    if not each.clear:
        return Entry("not told from noise", tone=Tone.MUTED)
    if len(each.names) > 1:
        return Entry("what one does depends on the other")
    return Entry(capital(level_words(each.levels)))


def _tried(found: Tuning) -> Section:
    drawn = tried_drawing.drawing(found, "tuning-tried")
    many = text.plural(len(found.tried), "row")
    fold = Fold("tuning-all", "Everything tried", (everything(found, "tuning-table"),), note=many)
    blocks: tuple[Block, ...] = (fold,) if drawn is None else (drawn, fold)
    return Section("tuning-tried", "What was tried", blocks, lead=(_how(found),))


def _how(found: Tuning) -> Sentence:
    tried = text.count(len(found.tried) - 1)
    of = text.plural(found.points, "valid setting")
    how = "each was to run" if found.raced else "an optimiser chose which"
    left, broke = len(found.having(Fate.LEFT)), len(found.having(Fate.BREAKS))
    return (
        f"{tried} of {of} were tried ({how}): {text.count(left)} left as clearly worse, "
        f"{text.count(broke)} broke a constraint.",
    )


def everything(found: Tuning, id_: str) -> Table:
    """Return a row for everything that was tried, as the search saw it."""
    caption = "What each came to in the search, without the confirming blocks"
    return Table(id_, caption, "Settings", sortable=True).of(
        found.tried, lambda each: Row((each.name,), tinted=each is found.base), _columns(found)
    )


def _columns(found: Tuning) -> tuple[Column[Tried], ...]:
    return (
        Column("Came to", lambda each: marked(STATES[each.fate], WORDS[each.fate]), "words"),
        Column("Trials", _trials),
        *(_of_search(found, each) for each in found.objectives),
        Column("Why", lambda each: Entry(each.why, tone=Tone.MUTED), "prose"),
    )


def _trials(each: Tried) -> Entry:
    spoilt = each.trials - each.valid
    detail = f"{text.count(spoilt)} invalid" if spoilt else ""
    return Entry(str(each.trials), detail=detail, order=each.trials)


def _of_search(found: Tuning, objective: Objective) -> Column[Tried]:
    key = objective.metric.key
    known = [each.figures[key].value for each in found.tried if key in each.figures]
    scale = readings.scale(objective.metric, known)

    def entry(each: Tried) -> Entry:
        figure = each.figures.get(key)
        if figure is None:
            return untold("no valid trial tells it")
        written = text.number(figure.value / scale.factor)
        return Entry(f"{'≥ ' if figure.at_least else ''}{written}", order=figure.value)

    return Column(objective.metric.title, entry, unit=scale.unit)


def _open(found: Tuning) -> Section:
    points = Points(
        tuple(Point(State.DOUBTFUL, "not decided", each) for each in found.open_points),
        stacked=True,
    )
    title = "What could not be decided"
    return Section("tuning-open", title, (points,) if found.open_points else ())
