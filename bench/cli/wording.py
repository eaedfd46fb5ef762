"""A wrong word on the command line, said in our words and not in those of the libraries below."""

import re
from collections.abc import Mapping

from pydantic import ValidationError

from bench.core.words import nearest

_CHOICES = re.compile(r"'(?P<word>.*)' is not one of (?P<words>.*)\.", re.DOTALL)

_MEANT: Mapping[str, str] = {
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "greater_than_equal": "too small; allowed: {ge} or more",
    "less_than_equal": "too large; allowed: up to {le}",
}
"""By the type of an error."""


def plainly(error: Exception, message: str) -> str:
    """Return what is wrong with a word, in plain words.

    Args:
        error: of the command line's parser.
        message: what it says itself; it stands where nothing better is known.
    """
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        return message
    details = cause.errors(include_url=False)[0]
    found = _MEANT.get(details["type"])
    if found is not None:
        return f"'{details['input']}': {found.format_map(details.get('ctx', {}))}"
    return _chosen(message) or message


def _chosen(message: str) -> str:
    """Return that a word is none of some, with the nearest; empty where the message says else."""
    match = _CHOICES.search(message)
    if match is None:
        return ""
    words = re.findall(r"'([^']*)'", match["words"])
    near = nearest(match["word"], words)
    advice = f"; did you mean '{near}'?" if near else ""
    return f"no such word as '{match['word']}'; allowed: {', '.join(words)}{advice}"
