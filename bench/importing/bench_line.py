"""A line of `nats bench`, taken apart; nothing in it is ever run."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.core.errors import Problem, SpecError
from bench.core.words import nearest
from bench.importing.bench_flags import ALL, LOGIN, SEVERAL, SHORT, SWITCH, SWITCHES, VALUES, Reader
from bench.importing.model import Losses, printable
from bench.spec.problems import split_allowed
from bench.spec.yaml_tree import shortened

SOURCE = "nats bench"
MAX_LINE_CHARS = 10_000


@dataclass(slots=True, kw_only=True)
class Line:
    """What a line says.

    Attributes:
        words: subcommands and the subject, in order.
        flags: values by name, of those that were given.
        login: flags of `nats` itself that were given; their values are not kept.
        losses: what could not be carried over so far.
    """

    words: Sequence[str]
    flags: dict[str, Any]
    login: Sequence[str]
    losses: Losses = field(default_factory=Losses)
    _taken: set[str] = field(default_factory=set)
    _lost: set[str] = field(default_factory=set)

    @property
    def said(self) -> str:
        """Its words, without its flags."""
        return shortened(printable(" ".join(self.words)))

    def take(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as its reader says
        """Return the value of a flag that is carried over; the default where it was not given."""
        self._taken.add(name)
        return self.flags.get(name, default)

    def lose(self, name: str, why: str) -> None:
        """Say of a flag, if it was given, why it is not carried over as it stood; once."""
        if name in self.flags and name not in self._lost:
            self._lost.add(name)
            value = self.flags[name]
            self.losses.note(f"--{name}", "" if isinstance(value, bool) else value, why)
        self._taken.add(name)

    def left(self) -> Iterator[str]:
        """Yield the flags that nobody took or lost."""
        yield from (name for name in self.flags if name not in self._taken)


def taken_apart(text: str) -> Line:
    """Return what a line says, with or without `nats bench` before it.

    Raises:
        SpecError: with all that is wrong with it.
    """
    reading = _Reading(_split(text))
    reading.read()
    if reading.problems:
        raise SpecError(reading.problems)
    words = reading.words
    for program in ("nats", "bench"):
        words = words[1:] if words[:1] == [program] else words
    return Line(words=words, flags=reading.flags, login=tuple(dict.fromkeys(reading.login)))


def wrong(
    what: str, *, key: str = "", value: str = "", allowed: str = "", near: str = ""
) -> Problem:
    """Return a problem with a place of a line."""
    return Problem(
        file=SOURCE,
        key=printable(key),
        value=shortened(printable(value)),
        what=what,
        allowed=allowed,
        nearest=near,
    )


def _split(text: str) -> list[str]:
    if len(text) > MAX_LINE_CHARS:
        raise SpecError([wrong("is too long", allowed=f"up to {MAX_LINE_CHARS} characters")])
    try:
        return shlex.split(text)
    except ValueError as error:
        raise SpecError(
            [wrong(f"not readable: {str(error).lower()}", allowed="one line")]
        ) from error


class _Reading:
    """Goes through the words once; what is wrong with one keeps none of the others."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self.words: list[str] = []
        self.flags: dict[str, Any] = {}
        self.login: list[str] = []
        self.problems: list[Problem] = []

    def read(self) -> None:
        tokens = iter(self._tokens)
        for token in tokens:
            if token.startswith("-") and len(token) > 1:
                self._flag(token, tokens)
            else:
                self.words.append(token)

    def _flag(self, token: str, rest: Iterator[str]) -> None:
        name, given, value = token.lstrip("-").partition("=")
        if not token.startswith("--"):
            name = SHORT.get(name, name)
        if name in SWITCHES or name.removeprefix("no-") in SWITCHES:
            self._switch(name, value if given else "true")
        elif name in VALUES or name in LOGIN:
            self._value(name, value if given else next(rest, None))
        else:
            near = nearest(name, ALL)
            self.problems.append(
                wrong("unknown flag", key=token.partition("=")[0], near=f"--{near}" if near else "")
            )

    def _switch(self, name: str, value: str) -> None:
        positive = name.removeprefix("no-")
        if self._keep(positive, SWITCH, value):
            self.flags[positive] = (self.flags[positive] == "true") == (name in SWITCHES)

    def _value(self, name: str, value: str | None) -> None:
        if value is None:
            self.problems.append(wrong("needs a value", key=f"--{name}"))
        elif name in LOGIN:
            self.login.append(name)
        else:
            self._keep(name, VALUES[name], value)

    def _keep(self, name: str, reader: Reader, value: str) -> bool:
        if name in self.flags and name not in SEVERAL:
            self.problems.append(wrong("given twice", key=f"--{name}", value=value))
            return False
        try:
            self.flags[name] = reader(value)
        except ValueError as error:
            what, allowed = split_allowed(str(error))
            self.problems.append(wrong(what, key=f"--{name}", value=value, allowed=allowed))
            return False
        return True
