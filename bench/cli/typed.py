"""The command as it was typed, without its secrets."""

import shlex
import sys
from itertools import pairwise

from bench.broker.address import AddressError, masked, parse_addresses


def command_line() -> str:
    """Return the command as typed, passwords and tokens masked."""
    shown = ["jetbench"]
    for before, word in pairwise(["", *sys.argv[1:]]):
        shown.append(_masked_server(word) if before == "--server" else _without_secret(word))
    words = shlex.join(shown)
    return words.encode("utf-8", "backslashreplace").decode()  # names of files may be any bytes


def _without_secret(word: str) -> str:
    option, separator, value = word.partition("=")
    if option == "--server" and separator:
        return f"{option}={_masked_server(value)}"
    return masked(word) if "@" in word else word


def _masked_server(text: str) -> str:
    """Return an address without its login; nothing of one that cannot be read."""
    try:
        parse_addresses(text)
    except AddressError:
        return "***"
    return masked(text)
