"""A judgement as plain data for JSON: the words of every view, and the figures behind them."""

from dataclasses import asdict
from typing import Any

from bench.judgement.kinds import Capacity
from bench.judgement.model import Box, Boxes, CellJudgement, Change, Judgement, WorkloadJudgement
from bench.judgement.outlook import Outlook

SCHEMA_VERSION = 1


def as_json(judgement: Judgement) -> dict[str, Any]:
    """Return a judgement as dicts, lists, texts and numbers; changes are shares or in the unit."""
    figures = judgement.figures
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": figures.run_id,
        "label": figures.plan.label,
        "question": figures.plan.question,
        "state": judgement.state,
        "headline": judgement.headline,
        "subline": judgement.subline,
        "boxes": _boxes(judgement.boxes),
        "workloads": [_workload(each) for each in judgement.workloads],
        "goals": [
            {
                "workload": goal.workload,
                "candidate": goal.candidate,
                "rule": goal.rule,
                "state": goal.state,
                "reading": goal.reading,
                "reason": goal.reason,
                "found": goal.found,
                "change": goal.change,
                "low": goal.low,
                "high": goal.high,
                "margin": goal.margin,
            }
            for goal in judgement.goals
        ],
        "checks": [
            {"name": check.name, "state": check.state, "found": check.found}
            for check in judgement.checks
        ],
        "capacities": [_capacity(each) for each in judgement.capacities],
        "notices": [
            {"state": each.state, "word": each.word, "text": each.text}
            for each in judgement.notices
        ],
        **_plan(judgement.outlook),
    }


def _plan(outlook: Outlook | None) -> dict[str, Any]:
    """Return what a capacity plan comes to; nothing without one."""
    if outlook is None:
        return {}
    each = [
        {
            "variant": one.variant,
            "state": one.state,
            "sentence": one.sentence,
            "notes": list(one.notes),
            "results": [asdict(result) for result in one.results],
            "given": [asdict(figure) for figure in one.given],
        }
        for one in outlook.each
    ]
    said = {"file": outlook.file, "end": outlook.end, "months": outlook.months}
    return {"plan": {"state": outlook.state, "headline": outlook.headline, **said, "each": each}}


def _boxes(boxes: Boxes) -> dict[str, Any]:
    names = ("choose", "sure", "failed", "keeps_up")
    pairs = (boxes.choose, boxes.sure, boxes.failed, boxes.keeps_up)
    return {name: _box(box) for name, box in zip(names, pairs, strict=True)}


def _box(box: Box) -> dict[str, Any]:
    return {"asks": box.asks, "state": box.state, "word": box.word, "text": box.text}


def _workload(workload: WorkloadJudgement) -> dict[str, Any]:
    return {
        "name": workload.figures.name,
        "reproach": workload.reproach,
        "sentence": workload.sentence,
        "primary": workload.primary.key,
        "price": workload.price.key,
        "ranking_reason": workload.ranking_reason,
        "boxes": _boxes(workload.boxes),
        "noted": list(workload.noted),
        "limits": list(workload.limits),
        "held": [
            {"name": each.name, "state": each.state, "broken": each.broken, "first": each.first}
            for each in workload.held
        ],
        "cells": [_cell(cell) for cell in workload.cells],
    }


def _capacity(found: Capacity) -> dict[str, Any]:
    return {
        "variant": found.variant,
        "state": found.state,
        "ending": found.ending,
        "over": found.over,
        "confirmed_per_s": found.confirmed_per_s,
        "above_per_s": found.above_per_s,
        "missed_per_s": found.missed_per_s,
        "holds": found.holds,
        "breaks": found.breaks,
        "limited": found.limited,
        "limits": found.limits,
        "goals": [
            {"rule": each.rule, "met_per_s": each.met_per_s, "missed_per_s": each.missed_per_s}
            for each in found.apart
        ],
    }


def _cell(cell: CellJudgement) -> dict[str, Any]:
    return {
        "variant": cell.name,
        "differs": {each.setting: each.value for each in cell.differs},
        "others": list(cell.others),
        "baseline": cell.is_baseline,
        "state": cell.state,
        "reasons": list(cell.reasons),
        "contends": cell.contends,
        "pace": cell.pace,
        "fell_short": dict(cell.short_msgs),
        "lost": cell.lost,
        "figures": {
            key: {"value": each.value, "low": each.low, "high": each.high}
            for key, each in cell.cell.estimates.items()
        },
        "changes": {key: _change(change) for key, change in cell.changes.items()},
    }


def _change(change: Change) -> dict[str, Any]:
    cell, baseline = change.at_least
    return {
        "change": change.change,
        "relative": change.relative,
        "low": change.low,
        "high": change.high,
        "at_least": cell,
        "at_most": baseline,
        "side": change.side,
        "decided": change.decided,
        "written": change.written,
        "doubt": change.doubt,
    }
