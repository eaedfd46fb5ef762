"""`jetbench`: the process, from its first to its last moment.

Reading the program takes a second or so, and more on a busy host: who interrupts us then is to see
no traceback, and the exit code of an interruption.
"""

import gc
import os
import signal
import sys
import traceback

from bench.cli.signals import on_signal
from bench.core.errors import ExitCode

FEW_COLLECTIONS = 100_000
"""New objects until cycles are looked for: hundreds of trials are read without one to be found."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(FEW_COLLECTIONS)
    on_signal(_leave)
    try:
        from bench.cli.verbs import run_command  # noqa: PLC0415 - this is what takes long
    except Exception:  # noqa: BLE001 - of an installation that is not whole
        traceback.print_exc()
        sys.exit(ExitCode.UNFORESEEN)
    code = run_command()
    on_signal(signal.SIG_IGN)  # how we end is settled
    sys.exit(code)


def _leave(*_: object) -> None:
    os._exit(ExitCode.INTERRUPTED)


if __name__ == "__main__":
    main()
