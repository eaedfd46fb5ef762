"""Where Chromium is, and how it is started."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
MISSING = f"no Chromium found; looked for {', '.join(NAMES)}"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str | None:
    """Return its path; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)
