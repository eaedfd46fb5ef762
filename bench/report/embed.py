"""Data inside a page: JSON that no text can break out of a script element with."""

import json


def embedded(value: object) -> str:
    """Return `value` as JSON that may stand in a script element; ValueError on NaN."""
    written = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
