"""A YAML file as plain data that remembers where every key stands.

Read with PyYAML's safe loader, and less than that: no tags, no anchors, no second document, so a
file can neither run code nor unfold into more than it shows. Keys are always text, so that `no:`
stays the word that was written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bench.core.errors import Problem, SpecError
from bench.core.words import nearest

MAX_FILE_BYTES = 256 * 1024
"""Far above any file written by hand; reading one this large takes two seconds."""

MAX_DEPTH = 32
MAX_SHOWN_CHARS = 60

Loc = tuple[str | int, ...]
"""Keys and list positions from the top of a file down to a value."""

_SCALAR_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")}
_DATE_TAG = "tag:yaml.org,2002:timestamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The content of one file and the place of everything in it.

    Attributes:
        file: path as the user gave it.
        data: the top-level mapping; of a key given twice the first value.
        lines: 1-based line of each key and list item.
        written: each value as it stands in the file, shortened.
        problems: keys given twice and tags, which leave the rest of the file readable.
    """

    file: str
    data: Mapping[str, Any]
    lines: Mapping[Loc, int]
    written: Mapping[Loc, str]
    problems: Sequence[Problem]

    def problem(self, loc: Loc, what: str, *, allowed: str = "", nearest: str = "") -> Problem:
        """Return a problem with the value at `loc`, or with its absence."""
        return Problem(
            file=self.file,
            line=self.line(loc),
            key=dotted(loc),
            value=self.written.get(loc, ""),
            what=what,
            allowed=allowed,
            nearest=nearest,
        )

    def line(self, loc: Loc) -> int:
        """Return the line of the value at `loc`, or of the nearest one above it; 0 for the top."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc, 0)


def read_document(path: Path, shown: str = "") -> Document:
    """Return the content of a YAML file.

    Args:
        path: the file.
        shown: how problems name it; `path` itself when empty.

    Raises:
        SpecError: the file is missing, is no text, is not YAML, or holds no mapping.
    """
    file = shown or str(path)
    return _document(_read_text(path, file), file)


@lru_cache(maxsize=256)
def _document(text: str, file: str) -> Document:
    """Return what a text holds; a file that several others name is taken apart once."""
    root = _compose(text, file)
    if not isinstance(root, MappingNode):
        what = "is empty" if root is None else "is not a mapping"
        raise _unreadable(file, what, allowed="`key: value` lines")
    tree = _Tree(file=file)
    data = tree.mapping(root, ())
    return Document(
        file=file, data=data, lines=tree.lines, written=tree.written, problems=tree.problems
    )


def read_plain(text: str) -> object:
    """Return a value as a file has it: a number, `true`, text; what is none of them as text."""
    try:
        root = _compose(text, "")
    except SpecError:
        return text
    tree = _Tree(file="")
    found = tree.value(root, ()) if isinstance(root, ScalarNode) else text
    return text if tree.problems else found


def dotted(loc: Loc) -> str:
    """Write a place as people do: `configs[0].variants`."""
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f"{'.' if text else ''}{part if part.isprintable() else repr(part)}"
    return text


def shortened(text: str) -> str:
    """Cut a long value for a message."""
    return text if len(text) <= MAX_SHOWN_CHARS else f"{text[: MAX_SHOWN_CHARS - 1]}…"


@dataclass(slots=True, kw_only=True)
class _Tree:
    """Turns nodes into data and notes where each stood."""

    file: str
    lines: dict[Loc, int] = field(default_factory=dict)
    written: dict[Loc, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def mapping(self, node: MappingNode, loc: Loc) -> dict[str, Any]:
        content: dict[str, Any] = {}
        self.written[loc] = "{…}" if node.value else "{}"
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self._note(loc, line, "a key must be a plain word")
                continue
            key = key_node.value
            if key in content:
                first = self.lines[*loc, key]
                self._note((*loc, key), line, f"given twice, first in line {first}")
                continue
            self.lines[*loc, key] = line
            content[key] = self.value(value_node, (*loc, key))
        return content

    def value(self, node: Node, loc: Loc) -> object:
        if isinstance(node, MappingNode):
            return self.mapping(node, loc)
        if isinstance(node, SequenceNode):
            self.written[loc] = "[…]" if node.value else "[]"
            for index, item in enumerate(node.value):
                self.lines[*loc, index] = item.start_mark.line + 1
            return [self.value(item, (*loc, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, loc)

    def _scalar(self, node: Node, loc: Loc) -> object:
        line = node.start_mark.line + 1
        if node.tag == _DATE_TAG:  # no field is a date, but a label may look like one
            node.tag = "tag:yaml.org,2002:str"
        self.written[loc] = shortened(str(node.value))
        if node.tag not in _SCALAR_TAGS:
            self._note(loc, line, f"the tag {node.tag} is not read", allowed="plain values")
            return None
        try:
            value: object = SafeConstructor().construct_object(node)
        except (ConstructorError, ValueError, KeyError, IndexError):
            self._note(loc, line, "not readable", allowed="a plain value")
            return None
        if isinstance(value, str):
            self.written[loc] = shortened(repr(value))
        return value

    def _note(self, loc: Loc, line: int, what: str, *, allowed: str = "") -> None:
        value = self.written.get(loc, "")
        self.problems.append(
            Problem(
                file=self.file, line=line, key=dotted(loc), value=value, what=what, allowed=allowed
            )
        )


class _PlainLoader(yaml.SafeLoader):
    """A safe loader that also refuses aliases and bounds the depth."""

    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases are not read; write the value out",
                problem_mark=event.start_mark,
            )
        if self.depth == MAX_DEPTH:
            raise yaml.MarkedYAMLError(
                problem=f"nested deeper than {MAX_DEPTH} levels", problem_mark=event.start_mark
            )
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _compose(text: str, file: str) -> Node | None:
    """Return the nodes of a text."""
    try:
        loader = _PlainLoader(text)
        root: Node | None = loader.get_node() if loader.check_node() else None
        if loader.check_node():
            raise _unreadable(file, "holds more than one document", allowed="one")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        what = f"not readable as YAML: {error.problem}"
        raise SpecError([Problem(file=file, line=line, what=what)]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _unreadable(
            file, "holds control characters", line=line, allowed="a YAML file"
        ) from error
    return root


def _read_text(path: Path, file: str) -> str:
    try:
        if path.is_dir():
            raise _unreadable(file, "is a directory", allowed="a YAML file")
        if not path.exists():
            raise SpecError([Problem(file=file, what="no such file", nearest=_nearest_file(path))])
        if not path.is_file():
            raise _unreadable(file, "is not a regular file", allowed="a YAML file")
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(file, f"cannot be read: {error.strerror}") from error
    if len(content) > MAX_FILE_BYTES:
        raise _unreadable(file, "is too large", allowed=f"up to {MAX_FILE_BYTES // 1024}KiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(file, "is not UTF-8 text", allowed="a YAML file") from error


def _nearest_file(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    name = nearest(path.name, names)
    return str(path.with_name(name)) if name else ""


def _unreadable(file: str, what: str, *, line: int = 0, allowed: str = "") -> SpecError:
    return SpecError([Problem(file=file, line=line, what=what, allowed=allowed)])
