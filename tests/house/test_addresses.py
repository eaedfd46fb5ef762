"""Nothing private to a machine is in the repository, and what is installed is known."""

import re
from pathlib import Path

import pytest

from tests.house.files import documents, name, settings, sources
from tests.house.markdown import text_of

KNOWN_HOSTS = {"doi.org", "docs.nats.io", "github.com", "keepachangelog.com", "semver.org"}
MACHINE_PATH = re.compile(r"(?<![\w.~<])/(?:home|root|work|Users|opt)/\w+")
PINNED = re.compile(r"[A-Za-z0-9][\w.-]*==[\w.]+")


@pytest.mark.parametrize("path", [*documents(), *settings()], ids=name)
def test_addresses_lead_only_to_hosts_we_chose(path: Path) -> None:
    """Where packages come from is the user's choice, and no address of a build machine may leak."""
    hosts = set(re.findall(r"https?://([^/\s)\"'`>]+)", path.read_text(encoding="utf-8")))

    assert hosts <= KNOWN_HOSTS


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    """Such a path works for one person."""
    found = [
        f"{name(path)}: {match[0]}"
        for path in (*sources(), *documents(), *settings())
        for match in MACHINE_PATH.finditer(path.read_text(encoding="utf-8"))
    ]

    assert not found


def test_constraints_hold_nothing_but_versions() -> None:
    """An address or a local path in them would tie every installation to one machine."""
    lines = text_of("constraints.txt").splitlines()

    assert all(line.startswith("#") or PINNED.fullmatch(line) for line in lines)


def test_every_dependency_is_pinned() -> None:
    """An unpinned one makes tomorrow's installation another program than today's."""
    pinned = {line.split("==")[0].lower() for line in text_of("constraints.txt").splitlines()}

    assert {package.lower() for package in wanted(text_of("pyproject.toml"))} <= pinned


def test_every_runtime_dependency_earns_its_line() -> None:
    """A package that no decision explains should not be installed on a user's machine."""
    runtime, _, _ = text_of("pyproject.toml").partition("[project.optional-dependencies]")
    explained = text_of("docs/adr/0002-dependencies.md")

    assert {package for package in wanted(runtime) if f"`{package}" not in explained} == set()


def wanted(project: str) -> set[str]:
    """Return the names of the packages that a piece of pyproject.toml asks for."""
    packages = set(re.findall(r'^    "([\w-]+)(?:\[\w+\])?>=', project, re.MULTILINE))
    assert packages, "no dependency found: has the layout of pyproject.toml changed?"
    return packages
