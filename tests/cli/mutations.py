"""Records of a run, broken in every way that a disk, an editor or a stranger can break them."""

import base64
import json
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.stats.histogram import COUNTERS, DIGITS, HIGHEST_NS, LOWEST_NS

_TOO_LARGE = "@1e400@"
ODD_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 7, 1.5, -0.5, 2**53 + 1, 2**63, 2**200, -(2**63), float("nan"),
    _TOO_LARGE, "", "x", "[/nope]", "\x1b[31m\n", "\x00", "../../../etc", "9" * 5000, [], {}, [[]],
    [-1], {"x": 1},
)  # fmt: skip
ODD_CELLS = ("", "inf", "-inf", "nan", "1e400", "-1", "1.5", "x", '"', "9" * 40, "1,2,3")


def mutate(run: Path, dice: random.Random, *, only: str = "*") -> str:
    """Break one file of a run, and of what lies beside it; return what was done."""
    files = sorted(path for path in run.rglob(only) if path.is_file())
    by_ending: dict[str, list[Path]] = {}
    for path in files:
        by_ending.setdefault(path.name, []).append(path)
    path = dice.choice(by_ending[dice.choice(sorted(by_ending))])
    done = _BY_ENDING[path.suffix](path, dice) if dice.random() < 0.9 else _octets(path, dice)
    return f"{path.relative_to(run)}: {done}"


def bomb() -> str:
    """A text of 100 bytes that unfolds to a histogram of one message in every counter."""
    return _wrapped(b"\x02" * COUNTERS)


def _wrapped(numbers: bytes) -> str:
    head = (0x1C849313, len(numbers), 0, DIGITS, LOWEST_NS, HIGHEST_NS, 1.0)
    deflated = zlib.compress(struct.pack(">IIIIQQd", *head) + numbers)
    return base64.b64encode(struct.pack(">II", 0x1C849314, len(deflated)) + deflated).decode()


def _json(path: Path, dice: random.Random) -> str:
    content = json.loads(path.read_text())
    container, key = dice.choice(list(_places(content)))
    what = dice.choice(("replace", "replace", "replace", "delete", "repeat"))
    if what == "delete":
        del container[key]
    elif what == "repeat" and isinstance(container, list):
        container.insert(key, container[key])
    else:
        container[key] = dice.choice(ODD_VALUES)
        what = f"replace by {str(container[key])[:20]!r}"
    path.write_text(json.dumps(content, indent=1).replace(f'"{_TOO_LARGE}"', "1e400"))
    return f"{what} at {key!r}"


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in items:
        yield value, key
        if isinstance(each, dict | list):
            yield from _places(each)


def _csv(path: Path, dice: random.Random) -> str:
    rows = [row.split(",") for row in path.read_text().splitlines()]
    row = dice.randrange(len(rows))
    column = dice.randrange(len(rows[row]))
    what = dice.choice(("cell", "cell", "cell", "row gone", "row twice", "column gone", "swap"))
    if what == "cell":
        rows[row][column] = dice.choice(ODD_CELLS)
    elif what == "row gone":
        del rows[row]
    elif what == "row twice":
        rows.insert(row, rows[dice.randrange(len(rows))])
    elif what == "column gone":
        rows = [each[:column] + each[column + 1 :] for each in rows]
    else:
        rows[row], rows[-1] = rows[-1], rows[row]
    path.write_text("\n".join(",".join(each) for each in rows) + "\n")
    return f"{what} at {row}, {column}"


def _hlog(path: Path, dice: random.Random) -> str:
    lines = path.read_text().splitlines()
    at = dice.randrange(4, len(lines))
    fields = lines[at].split(",")
    what = dice.choice(("field", "field", "bomb", "twice", "swap", "gone", "large", "empty"))
    if what == "field":
        fields[dice.randrange(len(fields))] = dice.choice(ODD_CELLS)
    elif what == "bomb":
        fields[-1] = bomb()
    elif what == "large":
        fields[-1] = _wrapped(b"\xfe\xff\xff\xff\xff\xff\xff\x7f")
    elif what == "empty":
        fields[-1] = _wrapped(b"")
    lines[at] = ",".join(fields)
    if what == "twice":
        lines.insert(at, lines[at])
    elif what == "swap":
        lines[at], lines[-1] = lines[-1], lines[at]
    elif what == "gone":
        del lines[at]
    path.write_text("\n".join(lines) + "\n")
    return f"{what} at line {at + 1}"


def _octets(path: Path, dice: random.Random) -> str:
    content = bytearray(path.read_bytes())
    at = dice.randrange(len(content))
    what = dice.choice(("flip", "cut", "empty", "not text"))
    if what == "flip":
        content[at] ^= 1 << dice.randrange(8)
    elif what == "cut":
        del content[at:]
    elif what == "empty":
        content.clear()
    else:
        content[at:at] = b"\xff\x00"
    path.write_bytes(bytes(content))
    return f"{what} at byte {at}"


_BY_ENDING = {".json": _json, ".csv": _csv, ".hlog": _hlog}
