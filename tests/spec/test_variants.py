from pathlib import Path

import pytest

from bench.core.ids import is_name
from bench.spec.load import LoadedConfig, load_config
from tests.spec.files import problems_of, write


def load(tmp_path: Path, text: str) -> LoadedConfig:
    return load_config(write(tmp_path, "c.yaml", text))


def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> list[str]:
    monkeypatch.chdir(tmp_path)
    return problems_of(write(tmp_path, "c.yaml", text))


def test_a_variant_is_the_base_with_its_own_settings(tmp_path: Path) -> None:
    """Dotted and nested overrides say the same."""
    config = load(
        tmp_path,
        "base:\n  pull: {batch: 10, expires: 2s}\n"
        "variants:\n  dotted: {pull.batch: 5}\n  nested: {pull: {batch: 5}}\n  same: {}\n",
    )

    batches = {name: settings.pull.batch for name, settings in config.variants.items()}
    assert batches == {"dotted": 5, "nested": 5, "same": 10}
    assert all(s.pull.expires_ns == 2_000_000_000 for s in config.variants.values())


def test_variants_and_axes_share_one_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """8 000 named variants were taken where axes of 201 were refused."""
    named = [f"  v{number}: {{pull.batch: {number + 1}}}\n" for number in range(201)]

    assert len(load(tmp_path, "variants:\n" + "".join(named[:200])).variants) == 200
    assert problems(tmp_path, monkeypatch, "variants:\n" + "".join(named)) == [
        "c.yaml:1: variants = {…}: makes 201 variants; allowed: up to 200"
    ]


def test_null_takes_a_setting_of_the_base_back(tmp_path: Path) -> None:
    """The variant that never acks must be free of what only acks give meaning to."""
    config = load(
        tmp_path,
        "base: {consumer: {max_ack_pending: 10}, pull.batch: 5}\n"
        "variants:\n  a: {consumer.max_ack_pending: null}\n",
    )

    assert config.variants["a"].consumer.max_ack_pending is None


def test_axes_make_every_combination(tmp_path: Path) -> None:
    """Names tell what was combined, in the words of the file."""
    config = load(
        tmp_path,
        "axes:\n  pull.batch: [1, 50]\n  consumer.max_ack_pending: [50, 500]\n",
    )

    assert {
        name: (settings.pull.batch, settings.consumer.max_ack_pending)
        for name, settings in config.variants.items()
    } == {
        "batch=1+max_ack_pending=50": (1, 50),
        "batch=1+max_ack_pending=500": (1, 500),
        "batch=50+max_ack_pending=50": (50, 50),
        "batch=50+max_ack_pending=500": (50, 500),
    }


def test_axes_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """`pull.batch` and `ack.batch` both end in batch."""
    text = "base: {ack.timing: per-batch}\naxes:\n  pull.batch: [5]\n  ack.batch: [2]\n"

    assert list(load(tmp_path, text).variants) == ["pull.batch=5+ack.batch=2"]


def test_any_axis_value_makes_a_safe_name(tmp_path: Path) -> None:
    """The name becomes part of a directory's."""
    text = "axes:\n  consumer.backoff: [[1s, 2s], null]\n  stream.max_bytes: [32MiB]\n"

    names = list(load(tmp_path, text).variants)
    assert names == ["backoff=1s-2s+max_bytes=32mib", "backoff=null+max_bytes=32mib"]
    assert all(map(is_name, names))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("base: {}\n", "c.yaml: neither variants nor axes; allowed: one of them"),
        (
            "variants: {a: {}}\naxes: {pull.batch: [1]}\n",
            "c.yaml: both variants and axes; allowed: one of them",
        ),
        ("variants: {}\n", "c.yaml:1: variants = {}: is empty; allowed: at least one variant"),
        ("axes: {}\n", "c.yaml:1: axes = {}: is empty; allowed: at least one axis"),
        (
            "axes: {pull.batch: []}\n",
            "c.yaml:1: axes.pull.batch = []: is empty; allowed: at least one value",
        ),
        (
            "axes: {pull.batch: [1, 1]}\n",
            "c.yaml:1: axes.pull.batch[1] = 1: gives the name 'batch=1' twice; "
            "allowed: each value once",
        ),
        (
            f"axes: {{pull.batch: {list(range(1, 202))}}}\n",
            "c.yaml:1: axes = {…}: makes 201 variants; allowed: up to 200",
        ),
        (
            "axes: {pull.batch: [0]}\n",
            "c.yaml:1: axes.pull.batch[0] = 0: too small; allowed: 1 or more",
        ),
        (
            "variants: {a: {pull.batch: 2, pull: {batch: 3}}}\n",
            "c.yaml:1: variants.a.pull.batch = 3: given twice, first in line 1",
        ),
        (
            "variants: {a: {pull: {batch: 3}, pull.batch.x: 2}}\n",
            "c.yaml:1: variants.a.pull.batch.x = 2: given twice, first in line 1",
        ),
        (
            "variants: {a: {pull: 7}}\n",
            "c.yaml:1: variants.a.pull = 7: must be a mapping; "
            "allowed: keys batch, requests, expires, max_bytes, idle_heartbeat, no_wait, group, "
            "min_pending, min_ack_pending, priority, ask_ahead, ask_idle, ask_every; "
            "did you mean '{batch: 7}'?",
        ),
        (
            "variants: {a: }\n",
            "c.yaml:1: variants.a: must be a mapping; allowed: {key: value}, or {} for none",
        ),
        (
            "variants: {Batch 1: {}}\n",
            "c.yaml:1: variants.Batch 1 = {}: 'Batch 1' cannot name a variant; allowed: up to 80 "
            "of a-z, 0-9, '.', '_', '-', '=' and '+', a letter or digit first",
        ),
        (
            "variants: {a: {consumer.ack_policy: none}}\n",
            "c.yaml:1: variants.a.consumer.ack_policy = 'none': ack.timing after-handler does not "
            "go with ack_policy none; allowed: ack_policy explicit, or ack.timing none",
        ),
    ],
)
def test_variants_that_cannot_be_told_or_run_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    """Each fault is shown at the line and key that brought it in."""
    assert problems(tmp_path, monkeypatch, text) == [expected]


def test_a_conflict_is_shown_at_the_variants_own_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The base alone is valid; the override brought the conflict."""
    text = (
        "base:\n  consumer: {mode: push, idle_heartbeat: 1s}\n"
        "variants:\n  push: {}\n  pull: {consumer.mode: pull}\n"
    )

    assert problems(tmp_path, monkeypatch, text) == [
        "c.yaml:5: variants.pull.consumer.mode = 'pull': idle_heartbeat is for push consumers "
        "alone (10088); allowed: no idle_heartbeat, or mode push"
    ]
