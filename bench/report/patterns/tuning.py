"""Tuning: what was tried, which settings cannot be told from the shortest, and what each costs."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from bench.core import text
from bench.draw import svg
from bench.draw.axis import of_amounts, of_times
from bench.draw.chart import Field, charts
from bench.judgement.kinds import Tried, Tuning
from bench.report.model import Block, Drawing, Fold, Name, Sentence, Text
from bench.report.tables import Column, Table


def sentence(found: Tuning) -> Sentence:
    """Say what came out of how many."""
    tried = text.count(len(found.tried) + found.failed)
    chosen = next((each for each in found.tried if each.chosen), None)
    failed = f" {text.count(found.failed)} of them did not hold." if found.failed else ""
    if chosen is None:
        return (f"Of {tried} tried, none can be chosen.{failed}",)
    equal = sum(each.equal for each in found.tried)
    others = f"; {text.count(equal)} {'other is' if equal == 1 else 'others are'} equal to it"
    head = f"Of {tried} tried, {found.time} is shortest with "
    return (head, Name(chosen.name), f"{others if equal else ''}.{failed}")


def blocks(found: Tuning, scale: text.Scale, id_: str) -> tuple[Block, ...]:
    """Return the sentence, the dots with their front, the settings, and everything tried."""
    good = [each for each in found.tried if each.chosen or each.equal]
    return (
        Text(sentence(found)),
        *_drawings(found, scale, id_),
        *((_table(found, good, scale, f"{id_}-settings"),) if good else ()),
        *_all(found, scale, id_),
    )


def _drawings(found: Tuning, scale: text.Scale, id_: str) -> Iterator[Drawing]:
    y = of_times([each.time_ns for each in found.tried], scale)
    if y is not None:
        x = of_amounts([each.price for each in found.tried])
        label = f"{text.plural(len(found.tried), 'set')} of settings; nothing else beats "
        label += f"{text.count(len(found.front))} of them in both"
        yield Drawing(
            id=id_,
            title=f"{found.time}, {scale.unit}, against {found.price}",
            caption="A dot for each set of settings. Dashed: what nothing else beats in both.",
            svg=charts((x, found.price), y, label, lambda field: _parts(found, field)),
        )


def _parts(found: Tuning, field: Field) -> Iterator[Markup]:
    yield svg.path("off", field.way([(each.price, each.time_ns) for each in found.front]))
    for each in found.tried:
        yield _dot(each, field, on_front=each in found.front)
    yield from _name(found, field)


def _dot(each: Tried, field: Field, *, on_front: bool) -> Markup:
    place = field.at(each.price, each.time_ns)
    return svg.dot(*place, 5 if each.chosen else 4 if on_front else 3, "dot" if on_front else "dim")


def _name(found: Tuning, field: Field) -> Iterator[Markup]:
    for each in found.tried:
        if each.chosen:
            x, y = field.at(each.price, each.time_ns)
            yield svg.beside(x, y + 14, each.name, 9, turned=x > (field.left + field.right) / 2)


def _table(found: Tuning, rows: Sequence[Tried], scale: text.Scale, id_: str) -> Table:
    names = dict.fromkeys(name for each in rows for name, _ in each.settings)
    return Table(id_, "Settings and figures", "Tried").of(
        sorted(rows, key=lambda each: (not each.chosen, each.time_ns)),
        lambda each: each.name,
        (
            *map(_setting, names),
            Column(
                found.time, lambda each: text.number(each.time_ns / scale.factor), unit=scale.unit
            ),
            Column(found.price, lambda each: text.number(each.price)),
        ),
    )


def _setting(name: str) -> Column[Tried]:
    return Column(name, lambda each: dict(each.settings).get(name, text.NA), "words")


def _all(found: Tuning, scale: text.Scale, id_: str) -> Iterator[Fold]:
    if found.tried:
        table = _table(found, found.tried, scale, f"{id_}-all")
        note = text.plural(len(found.tried), "row")
        yield Fold(f"{id_}-fold", "Everything tried", (table,), note=note)
