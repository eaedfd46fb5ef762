"""Being on time beside a busy server: short turns on a core, and no more of it.

A process that wakes up waits until whoever runs has used up its slice, some milliseconds. Linux
6.12 and later let any process ask for shorter slices of its own: it then comes sooner and leaves
sooner, and its share of the core stays what it was (sched_setattr(2), EEVDF; docs/adr/0015).
"""

import ctypes
import platform
import sys

SLICE_NS = 100_000
"""The shortest that Linux gives."""

_SYSCALLS = {"x86_64": 314, "aarch64": 274}
"""Number of sched_setattr."""


class _Attributes(ctypes.Structure):
    """struct sched_attr, first version; policy 0 is that of all ordinary processes."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime_ns", ctypes.c_uint64),
        ("deadline_ns", ctypes.c_uint64),
        ("period_ns", ctypes.c_uint64),
    )


def take_short_turns() -> bool:
    """Ask for short slices for this thread; say whether the system took the wish.

    Earlier kernels take it and do nothing. Where it is refused, messages leave later under load,
    which their slip shows.
    """
    number = _SYSCALLS.get(platform.machine()) if sys.platform == "linux" else None
    if number is None:
        return False
    wish = _Attributes(size=ctypes.sizeof(_Attributes), runtime_ns=SLICE_NS)
    refused: int = ctypes.CDLL(None).syscall(number, 0, ctypes.byref(wish), 0)
    return not refused
