"""What the documents promise exists: figures, findings, verbs, targets, links and examples."""

import re
from itertools import chain
from pathlib import Path

import pytest
import typer.main
import yaml

from bench.analysis.metrics import METRICS
from bench.cli.main import app
from bench.spec.matrix import Matrix
from bench.spec.variant import ConfigFile
from bench.spec.workload import Workload
from tests.house.files import ROOT, documents, name, settings, sources

KNOWN_HOSTS = {
    "doi.org",
    "docs.nats.io",
    "github.com",
    "hdrhistogram.github.io",
    "keepachangelog.com",
    "semver.org",
}
MACHINE_PATH = re.compile(r"(?<![\w.~<])/(?:home|root|work|Users|opt)/\w+")
PINNED = re.compile(r"[A-Za-z0-9][\w.-]*==[\w.]+")

SPECS = {"configs/matrices/": Matrix, "configs/": ConfigFile, "workloads/": Workload}

DOCUMENTS = [pytest.param(path, id=name(path)) for path in documents()]


def test_every_compared_figure_is_defined() -> None:
    """A figure that the report shows and no page defines cannot be trusted or challenged."""
    defined = set(re.findall(r"^\| `(\w+)` \|", read("docs/METRICS.md"), flags=re.MULTILINE))

    assert {metric.key for metric in METRICS} == defined


def test_every_finding_is_explained() -> None:
    """A reader who meets a code in a report looks it up in one place."""
    made = {
        code
        for path in sources()
        if name(path).startswith("bench/")
        for code in re.findall(r'code="([a-z-]+)"', path.read_text(encoding="utf-8"))
    }
    explained = set(re.findall(r"^\| `([a-z-]+)` \|", read("docs/METRICS.md"), flags=re.MULTILINE))

    assert made
    assert made == explained


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_verb_in_the_documents_exists(path: Path) -> None:
    """The first command that a newcomer copies must not answer "no such command"."""
    verbs = set(re.findall(r"\bjetbench ([a-z]+)\b", code_in(path)))

    assert verbs <= set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_every_verb_is_in_the_readme() -> None:
    """What the README does not name is found by nobody."""
    shown = set(re.findall(r"\bjetbench ([a-z]+)\b", code_in(ROOT / "README.md")))

    assert set(typer.main.get_command(app).commands) <= shown  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_make_target_in_the_documents_exists(path: Path) -> None:
    """`make` alone lists the targets; a document must not know more of them."""
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))

    assert set(re.findall(r"(?:^|`)make ([a-z]+)", code_in(path), flags=re.MULTILINE)) <= targets


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_link_between_documents_resolves(path: Path) -> None:
    """A dead link sends the reader away at the moment of a question."""
    dead = [link for link in links(path) if "://" not in link and not resolves(path, link)]

    assert not dead


def test_every_document_that_the_code_refers_to_exists() -> None:
    """A comment that says "why: see there" must not send its reader to nowhere."""
    dead = [
        f"{name(path)}: {reference}"
        for path in sources()
        for reference in references(path.read_text(encoding="utf-8"))
        if not any(chain(ROOT.glob(f"{reference}*"), ROOT.glob(f"docs/**/{reference}")))
    ]

    assert not dead


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_example_file_in_the_documents_is_valid(path: Path) -> None:
    """An example is copied as it stands."""
    for first_line, text in examples(path):
        content = yaml.safe_load(text)
        for folder, model in SPECS.items():
            if first_line.startswith(f"# {folder}"):
                model.model_validate(content)
                break


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
    lines = read("constraints.txt").splitlines()

    assert all(line.startswith("#") or PINNED.fullmatch(line) for line in lines)


def test_every_dependency_is_pinned_and_earns_its_line() -> None:
    """A package that no decision explains should not be installed on a user's machine."""
    project = read("pyproject.toml")
    wanted = set(re.findall(r'^    "([A-Za-z-]+)(?:\[\w+\])?>=', project, flags=re.MULTILINE))
    pinned = {line.split("==")[0].lower() for line in read("constraints.txt").splitlines()}
    runtime = project[project.index("\ndependencies") : project.index("[project.optional")]
    explained = read("docs/adr/0002-dependencies.md")

    assert wanted
    assert {package.lower() for package in wanted} <= pinned
    assert all(package in explained for package in wanted if f'"{package}' in runtime)


def read(relative: str) -> str:
    return (ROOT / relative).read_text(encoding="utf-8")


def code_in(path: Path) -> str:
    """Return the shell blocks without comments, and the code spans of a document."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    fenced = [re.sub(r" *#.*", "", block) for block in blocks]
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    return "\n".join([*fenced, *spans])


def links(path: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))


def resolves(path: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = path.parent / file if file else path
    return target.exists() and (not anchor or anchor in anchors(target))


def references(source: str) -> list[str]:
    """Return the documents that a source names: `docs/adr/0003` or `MEASUREMENT.md`."""
    return re.findall(r"\b(?:docs/[\w/-]+(?:\.md)?|[A-Z]{4,}\.md)", source)


def anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def examples(path: Path) -> list[tuple[str, str]]:
    """Return the YAML blocks of a document with their first lines."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return [(block.splitlines()[0], block) for block in blocks]
