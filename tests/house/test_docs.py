"""What the documents promise exists: verbs, targets, files, examples."""

import re
from dataclasses import fields
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_group

from bench.cli.verbs import app
from bench.record.schema import TrialRecord
from bench.spec.recognised import check_files
from bench.spec.traces import Trace, write_trace
from tests.house.files import ROOT, documents, name, sources
from tests.house.markdown import code_in, dead_links, examples, text_of

CAPTURED = Trace(
    gap_ns=np.array([0, 1_000_000]),
    size_bytes=np.array([128, 128]),
    subject_index=np.array([0, 0]),
    subjects=("orders",),
)
"""What an example that plays a trace finds beside it: no document holds one."""

DOCUMENTS = [pytest.param(path, id=name(path)) for path in documents()]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_verb_in_the_documents_exists(path: Path) -> None:
    """The first command that a newcomer copies must not answer "no such command"."""
    assert verbs_in(path) <= set(get_group(app).commands)


def test_every_verb_is_in_the_readme() -> None:
    """What the README does not name is found by nobody."""
    assert set(get_group(app).commands) <= verbs_in(ROOT / "README.md")


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_option_in_the_documents_exists(path: Path) -> None:
    """An option that has been renamed lives on in the documents unless something objects."""
    known = {
        option
        for command in get_group(app).commands.values()
        for parameter in command.params
        for option in parameter.opts
    }
    lines = [line for line in code_in(path).splitlines() if "jetbench " in line]
    own = re.sub(r"'[^']*'", "", "\n".join(lines))  # in quotes stands the line of another tool

    assert set(re.findall(r"(?<=\s)--[a-z-]+", own)) <= known


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_make_target_in_the_documents_exists(path: Path) -> None:
    """`make` alone lists the targets; a document must not know more of them."""
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))

    assert set(re.findall(r"^make ([a-z-]+)", code_in(path), re.MULTILINE)) <= targets


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_link_between_documents_resolves(path: Path) -> None:
    """A dead link sends the reader away at the moment of a question."""
    assert not dead_links(path)


def test_every_key_of_a_trial_is_explained() -> None:
    """Whoever reads our files by themselves has nothing but this page."""
    keys = {field.name for field in fields(TrialRecord)} - {"schema_version"}

    assert keys <= set(re.findall(r"`(\w+)`", text_of("docs/FILES.md")))


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
def test_every_example_file_in_the_documents_is_valid(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An example is copied as it stands, to the place that its first line names."""
    monkeypatch.chdir(tmp_path)
    files = []
    for first_line, text in examples(path):
        if place := re.fullmatch(r"# ((?:workloads|configs)/[\w/-]+\.yaml)", first_line):
            files.append(Path(place[1]))
            files[-1].parent.mkdir(parents=True, exist_ok=True)
            files[-1].write_text(text, encoding="utf-8")
            for trace in re.findall(r"\bfile: ([\w-]+\.npz)", text):
                write_trace(files[-1].with_name(trace), CAPTURED)

    assert len(check_files(files)) == len(files)


def verbs_in(path: Path) -> set[str]:
    return set(re.findall(r"\bjetbench ([a-z]+)\b", code_in(path)))


def references(source: str) -> list[str]:
    """Return the documents that a source names: `docs/adr/0003` or `MEASUREMENT.md`."""
    return re.findall(r"\b(?:docs/[\w/-]+(?:\.md)?|[A-Z]{4,}\.md)", source)
