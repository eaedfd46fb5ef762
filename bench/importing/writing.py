"""The files that an import is written as, with a head that names what was lost."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from bench.importing.model import Imported, Lost

VARIANT = "as-imported"
"""What the one variant is called; others go beside it."""

BLOCKS = 5
MAX_LABEL_CHARS = 64
LINE_CHARS = 100


def texts(imported: Imported, name: str) -> Mapping[str, str]:
    """Return the text of the workload, the config and the matrix of this name, by their kind."""
    question = f"How does it fare: {imported.source}?"
    config = {
        "question": question,
        "base": dict(imported.settings),
        "variants": {VARIANT: {}},
    }
    matrix = {
        "label": re.sub(r"[^A-Za-z0-9._-]", "-", name)[:MAX_LABEL_CHARS],
        "question": question,
        "workloads": [name],
        "configs": [name],
        "blocks": BLOCKS,
    }
    return {
        "workload": _text(imported, imported.workload, imported.lost),
        "config": _text(imported, config, ()),
        "matrix": _text(imported, matrix, ()),
    }


def _text(imported: Imported, content: Mapping[str, Any], lost: Iterable[Lost]) -> str:
    head = [f"# Imported from {imported.source}."]
    told = [f"#   {each}" for each in lost]
    if told:
        head += ["# Not carried over as it stood:", *told]
    return "\n".join(head) + "\n" + _yaml(content)


class _Written(yaml.SafeDumper):
    """Writes out what stands in several places: we read no aliases."""

    def ignore_aliases(self, data: object) -> bool:
        """Say that each value is written where it stands."""
        del data
        return True


def _yaml(content: Mapping[str, Any]) -> str:
    return yaml.dump(
        dict(content),
        Dumper=_Written,
        sort_keys=False,
        default_flow_style=None,
        allow_unicode=True,
        width=LINE_CHARS,
    )
