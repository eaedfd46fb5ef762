"""Which files the house rules look at."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

_SOURCES = ("bench/**/*.py", "tests/**/*.py")
_DOCUMENTS = ("*.md", "docs/**/*.md", "results/README.md", "reports/README.md")
_SETTINGS = (
    "Makefile",
    "pyproject.toml",
    "constraints.txt",
    ".ci/*",
    "configs/**/*.yaml",
    "workloads/**/*.yaml",
)


def sources() -> tuple[Path, ...]:
    """Return every Python file of the package and its tests."""
    return tuple(_matching(_SOURCES))


def documents() -> tuple[Path, ...]:
    """Return every Markdown file that a reader is sent to."""
    return tuple(_matching(_DOCUMENTS))


def settings() -> tuple[Path, ...]:
    """Return the files that build, check and configure."""
    return tuple(_matching(_SETTINGS))


def name(path: Path) -> str:
    """Return the path as written from the repository's root."""
    return path.relative_to(ROOT).as_posix()


def _matching(patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(path for path in ROOT.glob(pattern) if path.is_file())
