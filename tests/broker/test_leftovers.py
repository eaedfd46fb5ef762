"""What a killed jetbench left behind is removed by the next; nothing else ever is."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bench.broker import guardian
from bench.broker.leftovers import sweep
from bench.broker.server import find_server_binary

HOLDER = """
import runpy, sys, time
hold = runpy.run_path(sys.argv[1])["hold"]
print(hold(sys.argv[2]) >= 0, flush=True)
time.sleep(60)
"""


def held(directory: Path) -> "subprocess.Popen[str]":
    """Start a process that uses a directory, as a guardian does."""
    directory.mkdir()
    (directory / "store").mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", HOLDER, guardian.__file__, str(directory)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    return holder


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def test_a_directory_is_left_over_once_its_holder_is_killed(tmp_path: Path) -> None:
    """The kernel lets go of the lock in whatever way a process ends."""
    directory = tmp_path / "jetbench-abc"
    holder = held(directory)

    assert sweep(tmp_path) == ()
    assert (directory / "store").is_dir()
    end(holder)
    assert sweep(tmp_path) == (directory,)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_surely_ours_stays(tmp_path: Path) -> None:
    """A directory without a lock may be anybody's, and a link may lead anywhere."""
    (tmp_path / "jetbench-mine").mkdir()
    (tmp_path / "jetbench-file").write_text("mine")
    elsewhere = tmp_path / "elsewhere"
    end(held(elsewhere))
    (tmp_path / "jetbench-link").symlink_to(elsewhere)
    linked = tmp_path / "jetbench-locked"
    linked.mkdir()
    (linked / guardian.LOCK_NAME).symlink_to(elsewhere / guardian.LOCK_NAME)
    before = sorted(tmp_path.rglob("*"))

    assert sweep(tmp_path) == ()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_missing_directory_is_swept_in_vain(tmp_path: Path) -> None:
    """The first run makes it."""
    assert sweep(tmp_path / "none") == ()


@pytest.mark.nats
def test_a_server_that_runs_on_in_it_is_ended(tmp_path: Path) -> None:
    """Off Linux no kernel ends it; its store must not vanish below it."""
    directory = tmp_path / "jetbench-abc"
    end(held(directory))
    config = directory / guardian.CONFIG_NAME
    config.write_text(f'port: -1\nhost: "127.0.0.1"\nports_file_dir: "{directory}"\n')
    server = subprocess.Popen(
        [str(find_server_binary()), "-c", str(config)], stderr=subprocess.DEVNULL
    )
    while not list(directory.glob("*.ports")):
        assert server.poll() is None
        time.sleep(0.02)

    assert sweep(tmp_path) == (directory,)
    assert not psutil.pid_exists(server.pid)
    assert not directory.exists()


@pytest.mark.nats
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends the server")
def test_a_killed_guardian_takes_the_server_with_it(tmp_path: Path) -> None:
    """With the conductor killed as well nobody is left to end it but the kernel."""
    config = f'port: -1\nhost: "127.0.0.1"\nports_file_dir: "{guardian.DIRECTORY_MARK}"\n'
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", guardian.__file__, str(find_server_binary()), str(tmp_path),
         config],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    directory = Path(process.stdout.readline().split()[1])
    server = psutil.Process(int(process.stdout.readline().split()[1]))
    while not list(directory.glob("*.ports")):
        time.sleep(0.02)

    end(process)

    _, alive = psutil.wait_procs([server], timeout=10)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
    assert sweep(tmp_path) == (directory,)
    assert list(tmp_path.iterdir()) == []
