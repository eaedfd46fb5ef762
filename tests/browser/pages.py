"""Opens pages as a reader does, and keeps what they complain of or ask for."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

SLOW_MACHINE_MS = 60_000

HOSTILE = (
    "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'> \u05d0"
)
Scheme = Literal["light", "dark"]


@dataclass
class Opened:
    """A page and all that it complained of or asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Opener:
    """Opens reports and closes them again."""

    browser: Browser

    def open(
        self, path: Path, *, width: int = 1280, scheme: Scheme = "light", scripts: bool = True
    ) -> Opened:
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )
        context.set_default_timeout(SLOW_MACHINE_MS)
        opened = Opened(page=context.new_page())
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto(path.as_uri())
        return opened
