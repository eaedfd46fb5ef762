"""What can be read out of a Markdown document."""

import re
from pathlib import Path

from tests.house.files import ROOT

_FLAGS = re.MULTILINE | re.DOTALL


def text_of(relative: str) -> str:
    """Return a file's text by its path from the repository's root."""
    return (ROOT / relative).read_text(encoding="utf-8")


def code_in(path: Path) -> str:
    """Return the shell blocks without comments, and the code spans of a document."""
    text = path.read_text(encoding="utf-8")
    blocks = [
        re.sub(r" *#.*", "", block) for block in re.findall(r"^```sh\n(.*?)^```", text, _FLAGS)
    ]
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=_FLAGS))
    return "\n".join([*blocks, *spans])


def examples(path: Path) -> list[tuple[str, str]]:
    """Return the YAML blocks of a document with their first lines."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", path.read_text(encoding="utf-8"), _FLAGS)
    return [(block.splitlines()[0], block) for block in blocks]


def first_column(text: str, heading: str) -> set[str]:
    """Return the code words that begin the rows of the table under a heading."""
    _, _, below = text.partition(f"{heading}\n")
    section, _, _ = below.partition("\n## ")
    return set(re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE))


def row_of(text: str, key: str) -> list[str]:
    """Return the cells of the table row that begins with a code word."""
    (row,) = re.findall(rf"^\| (`{re.escape(key)}` \|.*) \|$", text, re.MULTILINE)
    return [cell.strip() for cell in str(row).split("|")]


def dead_links(path: Path) -> list[str]:
    """Return the links to files and headings of the repository that lead nowhere."""
    links = re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
    return [link for link in links if "://" not in link and not _resolves(path, link)]


def _resolves(path: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = path.parent / file if file else path
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
