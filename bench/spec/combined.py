"""Subjects as combinations of words: a million of them take no more room than their words.

Which of them a filter matches is told from the filter's words, and no subject is looked at.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

PLACE = r"\{([A-Za-z0-9_]+)\}"

Words = Sequence[str] | range
"""What stands in a place: words, or the numbers of a range."""


@dataclass(frozen=True)
class Combined(Sequence[str]):
    """Every subject of a pattern, one for each combination of its places' words, in their order.

    Attributes:
        pattern: with `{name}` places.
        words: by place, in the order of the pattern; the last one's change fastest.
    """

    pattern: str
    words: Mapping[str, Words]

    def __len__(self) -> int:
        return math.prod(len(words) for words in self.words.values())

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[str]: ...
    def __getitem__(self, number: int | slice) -> str | Sequence[str]:
        """Return the subject of this number, or those of a slice."""
        if isinstance(number, slice):
            return tuple(self[each] for each in range(*number.indices(len(self))))
        if not -len(self) <= number < len(self):
            raise IndexError(number)
        rest, chosen = number % len(self), {}
        for place, (stride, size) in self._steps.items():
            chosen[place] = self.words[place][rest // stride % size]
        return self.pattern.format_map(chosen)

    @cached_property
    def _steps(self) -> Mapping[str, tuple[int, int]]:
        """By place how many subjects have the same word in a row, and how many words there are."""
        found, stride = {}, 1
        for place, words in reversed(tuple(self.words.items())):
            found[place] = (stride, len(words))
            stride *= len(words)
        return found

    @property
    def mean_chars(self) -> float:
        """How long a subject is on the mean."""
        pieces = re.split(PLACE, self.pattern)
        fixed = sum(map(len, pieces[::2]))
        return fixed + sum(_mean_chars(self.words[place]) for place in pieces[1::2])

    def matched(self, pattern: str) -> "Matched":
        """Return which of them a filter matches, by NATS's own rules (`bench.spec.filters`)."""
        wanted, tokens = pattern.split("."), self.pattern.split(".")
        rest = wanted[-1] == ">"
        head = wanted[:-1] if rest else wanted
        if len(tokens) <= len(head) if rest else len(tokens) != len(head):
            return Matched(count=0)
        fixed: dict[str, int] = {}
        for want, token in zip(head, tokens, strict=False):
            if want != "*" and not self._fix(want, token, fixed):
                return Matched(count=0)
        steps = tuple((*self._steps[place], index) for place, index in fixed.items())
        return Matched(count=len(self) // math.prod(size for _, size, _ in steps), steps=steps)

    def _fix(self, want: str, token: str, fixed: dict[str, int]) -> bool:
        """Note which word a place must have for a token to be the wanted one; False if none is."""
        if not (place := re.search(PLACE, token)):
            return want == token
        before, after = token[: place.start()], token[place.end() :]
        middle = want[len(before) : len(want) - len(after)]
        if want != before + middle + after:
            return False
        index = _index(self.words[place[1]], middle)
        return index is not None and fixed.setdefault(place[1], index) == index


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Which of many subjects a filter matches.

    Attributes:
        count: how many.
        steps: it matches where, for each (stride, size, index), `number // stride % size == index`.
    """

    count: int
    steps: tuple[tuple[int, int, int], ...] = ()


def _index(words: Words, word: str) -> int | None:
    if isinstance(words, range):
        number = int(word) if re.fullmatch(r"0|[1-9][0-9]{0,17}", word) else -1
        return number if number in words else None
    return words.index(word) if word in words else None


def _mean_chars(words: Words) -> float:
    if not isinstance(words, range):
        return sum(map(len, words)) / len(words)
    total = 0
    for digits in range(1, len(str(len(words))) + 1):
        first = 0 if digits == 1 else 10 ** (digits - 1)
        total += digits * max(0, min(10**digits, len(words)) - first)
    return total / len(words)
