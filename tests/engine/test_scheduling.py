"""Short turns are asked for as the kernel understands it."""

import ctypes
import subprocess
import sys

import pytest

from bench.engine.scheduling import _Attributes

PROGRAM = """
import ctypes, platform
from bench.engine.scheduling import SLICE_NS, _Attributes, take_short_turns
taken = take_short_turns()
now = _Attributes()
getattr_number = {"x86_64": 315, "aarch64": 275}[platform.machine()]
size = ctypes.sizeof(now)
failed = ctypes.CDLL(None).syscall(getattr_number, 0, ctypes.byref(now), size, 0)
print(taken, failed, now.policy, now.nice, now.runtime_ns)
"""


def version() -> tuple[int, ...]:
    release = subprocess.run(["uname", "-r"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, release.split("-")[0].split(".")[:2]))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has sched_setattr")
def test_the_kernel_gives_the_slice_and_leaves_the_priority() -> None:
    """A higher priority would take the core from the server that is measured."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )

    taken, failed, policy, nice, runtime_ns = done.stdout.split()
    assert (taken, failed, policy, nice) == ("True", "0", "0", "0")
    if version() >= (6, 12):
        assert int(runtime_ns) == 100_000


def test_the_structure_is_as_long_as_the_kernel_says() -> None:
    """SCHED_ATTR_SIZE_VER0 of linux/sched/types.h."""
    assert ctypes.sizeof(_Attributes) == 48
