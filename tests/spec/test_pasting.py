"""What a report has people paste says the settings that were measured, and nothing else."""

from pathlib import Path

import pytest

from bench.spec.load import load_config
from bench.spec.lookup import shipped_root
from bench.spec.pasting import AFTER, BEFORE, config_file, differences
from bench.spec.variant import Settings
from tests.spec.files import write

CONFIGS = sorted((shipped_root() / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_pasted_config_reads_back_as_what_was_measured(path: Path, tmp_path: Path) -> None:
    """From the first variant of each shipped config to each other, and back."""
    base, *others = load_config(path).variants.values()
    for n, tuned in enumerate([Settings(), *others]):
        for before, after in ((base, tuned), (tuned, base)):
            pasted = write(tmp_path, f"tuned-{n}.yaml", config_file("Better?", before, after))

            loaded = load_config(pasted)

            assert loaded.variants == {BEFORE: before, AFTER: after}


def test_only_what_differs_is_said() -> None:
    pull = Settings().pull.model_copy(update={"batch": 7, "expires_ns": 1_500_000_000})

    assert differences(Settings(), Settings().model_copy(update={"pull": pull})) == {
        "pull.batch": 7,
        "pull.expires": "1500ms",
    }
