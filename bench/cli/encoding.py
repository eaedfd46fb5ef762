"""Output under an encoding that has not all our signs: they are written in its own, legibly.

CI systems and bare terminals often speak ASCII or Latin-1. A sign that cannot be written must not
end a command, least of all with the exit code of a broken rule.
"""

import codecs
import io
import sys
import unicodedata

HANDLER = "jetbench.legible"

_STAND_INS = {
    "✓": "+", "✕": "x", "▲": "!", "▼": "v", "…": "...", "×": "x", "–": "-", "—": "-", "−": "-",
    "±": "+-", "≥": ">=", "≤": "<=", "≈": "~", "÷": "/", "µ": "u", "μ": "u", "·": ".", "→": "->",
    "ß": "ss",
    **dict(zip("▁▂▃▄▅▆▇█", "12345678", strict=True)),
}  # fmt: skip
_UNKNOWN = "?"


def speak_any_encoding() -> None:
    """Let standard output and error write anything, whatever their encoding has."""
    codecs.register_error(HANDLER, _legible)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def in_ascii(text: str) -> str:
    """Return a text in ASCII that a reader understands: `3 ± 1 µs` is `3 +- 1 us`."""
    return "".join(map(_in_ascii, text))


def _in_ascii(sign: str) -> str:
    if sign in _STAND_INS:
        return _STAND_INS[sign]
    plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return plain or _UNKNOWN


def _legible(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return in_ascii(error.object[error.start : error.end]), error.end
