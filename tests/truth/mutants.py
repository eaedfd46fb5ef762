"""Which small faults in judging no test would notice: `make mutants`, by way of mutmut.

mutmut plants every small fault there is (`<` for `<=`, a number one larger, None for an argument)
and runs the tests that reach the place. What they do not notice survives: it is listed with its
change, and is either killed by a new test or excused by name in `excused.txt`, with the reason why
no test could tell it.

Left out by one rule: faults that change nothing but text between quotes, for these are words that
people read. Constants of a module are not planted in by mutmut at all.
"""

import argparse
import ast
import difflib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MUTANTS = Path("mutants")
EXCUSED = Path(__file__).with_name("excused.txt")
PACKAGES = ("bench.stats", "bench.gate", "bench.analysis")
LEAST_KILLED = 0.90

SURVIVED, UNTESTED, NOT_RUN = 0, (5, 33), None
"""How mutmut writes down what became of a mutant; all other codes are of one that was noticed."""

Change = tuple[str, str, str]
"""Function, line before, line after, without their indentation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One planted fault and what became of it."""

    module: str
    code: int | None
    change: Change
    only_words: bool

    @property
    def killed(self) -> bool:
        """Whether a test noticed it; one that ran on for ever counts as noticed."""
        return self.code != SURVIVED and self.code not in UNTESTED


def main() -> int:
    """Plant the faults, run the tests, and list what survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*", default=PACKAGES, help="such as bench.gate.rules")
    parser.add_argument("--max-children", type=int, default=2, help="tests that run side by side")
    parser.add_argument("--list", action="store_true", help="of what was run before")
    options = parser.parse_args()
    forget_what_is_gone(MUTANTS, Path())
    if not options.list:
        globs = [f"{package}.*" for package in options.packages]
        mutmut = [sys.executable, "-m", "mutmut", "run", "--max-children"]
        subprocess.run([*mutmut, str(options.max_children), *globs], check=False)
    found = [each for name in options.packages for each in _mutants(name) if not each.only_words]
    return _told(found, excuses(EXCUSED.read_text().splitlines()))


def forget_what_is_gone(copies: Path, project: Path) -> None:
    """Remove copies of modules that the project has no longer, with what mutmut noted of them.

    It leaves them where they are: their tests cannot be read then, and nothing runs.
    """
    for copy in sorted(copies.rglob("*.py")):
        if not (project / copy.relative_to(copies)).exists():
            for part in ("", ".meta", ".spans"):
                Path(f"{copy}{part}").unlink(missing_ok=True)


def _told(found: Sequence[Mutant], excuses: Mapping[Change, str]) -> int:
    """Say what was killed and what was not; return how the command ends."""
    run = [each for each in found if each.code is not NOT_RUN]
    left = [each for each in run if not each.killed and each.change not in excuses]
    for each in left:
        where, before, after = each.change
        _say(f"\n{where}{' (no test comes here)' if each.code in UNTESTED else ''}")
        _say(f"- {before}\n+ {after}")
    modules = sorted({each.module for each in found})
    packages = sorted({module.rpartition(".")[0] for module in modules})
    _say("")
    for name in (*modules, *packages):
        _say(_share(name, [each for each in found if f"{each.module}.".startswith(f"{name}.")]))
    if len(run) < len(found):
        _say(f"{len(found) - len(run)} were not run.")
    poor = any(
        _killed_share([each for each in run if each.module.startswith(name)]) < LEAST_KILLED
        for name in packages
    )
    return 1 if left or poor or len(run) < len(found) else 0


def _share(name: str, of: Sequence[Mutant]) -> str:
    run = [each for each in of if each.code is not NOT_RUN]
    killed = sum(each.killed for each in run)
    return f"{name:32} {killed:5} of {len(run):5} killed, {_killed_share(run):6.1%}"


def _killed_share(run: Sequence[Mutant]) -> float:
    return sum(each.killed for each in run) / len(run) if run else 1.0


def _mutants(package: str) -> Iterator[Mutant]:
    """Yield the mutants of a package or module."""
    place = MUTANTS / package.replace(".", "/")
    sources = sorted(place.glob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    for source in sources:
        codes_file = Path(f"{source}.meta")
        codes = (
            json.loads(codes_file.read_text())["exit_code_by_key"] if codes_file.exists() else {}
        )
        if codes:
            module = ".".join(source.relative_to(MUTANTS).with_suffix("").parts)
            yield from _of_module(module, source.read_text(), codes)


def _of_module(module: str, text: str, codes: Mapping[str, int | None]) -> Iterator[Mutant]:
    bodies = {
        node.name: node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)
    }
    lines = text.splitlines()
    for key, code in codes.items():
        name = key.removeprefix(f"{module}.")
        of, _, _ = name.rpartition("__mutmut_")
        old, new = bodies[f"{of}__mutmut_orig"], bodies[name]
        before, after = _difference(_lines(old, lines), _lines(new, lines))
        place = of.removeprefix("xǁ").removeprefix("x_").replace("ǁ", ".")
        yield Mutant(
            module=module,
            code=code,
            change=(f"{module}.{place}", before, after),
            only_words=told_by_words(ast.unparse(old), ast.unparse(new)),
        )


def _lines(function: ast.FunctionDef, lines: Sequence[str]) -> list[str]:
    """Return a function's lines without its name, by which all mutants of it differ."""
    text = "\n".join(lines[function.lineno - 1 : function.end_lineno])
    return text.replace(function.name, "", 1).splitlines()


def _difference(before: Sequence[str], after: Sequence[str]) -> tuple[str, str]:
    """Return the lines that are gone and those that came, each in one."""
    sides: dict[str, list[str]] = {"- ": [], "+ ": []}
    for line in difflib.ndiff(before, after):
        if line[:2] in sides:
            sides[line[:2]].append(line[2:].strip())
    return " ".join(sides["- "]), " ".join(sides["+ "])


def told_by_words(before: str, after: str) -> bool:
    """Say whether two functions, whatever their names, differ in text between quotes alone."""
    return _without_words(before) == _without_words(after)


def _without_words(function: str) -> str:
    """Return a function's tree with every text in it left blank."""
    tree = ast.parse(function)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
        if isinstance(node, ast.FunctionDef):
            node.name = ""
    return ast.dump(tree)


def excuses(lines: Sequence[str]) -> dict[Change, str]:
    """Return the reasons by change: a function, `- ` before, `+ ` after and `why: ` in turns."""
    found: dict[Change, str] = {}
    where = before = after = ""
    for line in lines:
        if line.startswith("- "):
            before = line[2:].strip()
        elif line.startswith("+"):
            after = line[1:].strip()
        elif line.startswith("why: "):
            found[where, before, after] = line[5:]
        elif line.strip() and not line.startswith("#"):
            where = line.strip()
    return found


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
