"""Takes a picture of every screen of the console in a made-up shop: in both languages, wide and narrow, light and dark.

    .venv/bin/python -m scripts.screens [FOLDER] [--only NAME …]     FOLDER: screens/ if left out
    .venv/bin/python -m scripts.screens --docs                       the few of docs/pictures/console/

Each screen gets a folder of its own and a sheet that shows all of its pictures side by side.
"""

from __future__ import annotations

import argparse
import struct
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from notifier.store.engine import Store
from notifier.store.migrations import upgrade
from tests.support.console_browser import NARROW, WIDE, Windows, running_browser
from tests.support.console_screens import BY_NAME, SCREENS, Screen, wait_until_ready
from tests.support.console_server import IMPORTS, RunningConsole, running_console
from tests.support.console_shop import make_console_shop
from tests.support.crew import crew_in

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "pictures" / "console"
LANGUAGES = ("zh-CN", "en")
VIEWS = tuple((language, width, dark) for language in LANGUAGES for width in (WIDE, NARROW) for dark in (False, True))
IN_DOCS = (
    "sign-in", "today", "templates", "template", "campaigns", "campaign-dry-run", "review", "customers-found",
    "customer",
)  # fmt: skip
NARROW_IN_DOCS = ("today", "customer")
HIGHEST = 4000
SHEET = """<body style="margin:16px;background:#889;display:grid;grid-template-columns:2fr 2fr 1fr 1fr;gap:12px">
{}</body>"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; 1 where a page said that something is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "screens")
    parser.add_argument("--only", nargs="+", choices=sorted(BY_NAME), metavar="NAME", help=", ".join(BY_NAME))
    parser.add_argument("--docs", action="store_true", help="the pictures of docs/staff, in their place")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, _console(Path(folder)) as console, running_browser() as browser:
        if chosen.docs:
            troubles = _take_for_docs(browser, console)
        else:
            screens = [BY_NAME[name] for name in chosen.only] if chosen.only else SCREENS
            troubles = _take_all(browser, console, screens, chosen.folder)
    print(*troubles, sep="\n", file=sys.stderr)
    return 1 if troubles else 0


@contextmanager
def _console(folder: Path) -> Iterator[RunningConsole]:
    database = folder / "empty.sqlite3"
    store = Store(f"sqlite:///{database}")
    upgrade(store)
    store.close()
    shop = make_console_shop(folder / "shop", database)
    with crew_in(folder, IMPORTS) as crew, running_console(crew, shop) as console:
        yield console


def _take_all(browser: Browser, console: RunningConsole, screens: Sequence[Screen], folder: Path) -> list[str]:
    troubles = []
    for language, width, dark in VIEWS:
        windows = Windows(browser, console)
        windows.expects("status of 404")
        for screen in screens:
            file = folder / screen.name / f"{language}-{width}-{'dark' if dark else 'light'}.png"
            page = _opened(windows, screen, language, width, dark=dark)
            _make_room(page)
            _keep(page.screenshot(), file)
            windows.close()
        troubles += windows.unexpected()
        print(f"{language} {width} {'dark' if dark else 'light'}: {len(screens)} screens")
    for screen in screens:
        _keep(_sheet(browser, folder / screen.name), folder / f"{screen.name}.png")
    return troubles


def _take_for_docs(browser: Browser, console: RunningConsole) -> list[str]:
    windows = Windows(browser, console)
    for language in LANGUAGES:
        for width, names in ((WIDE, IN_DOCS), (NARROW, NARROW_IN_DOCS)):
            for name in names:
                screen = BY_NAME.get(f"{name}-{language}", BY_NAME[name])
                page = _opened(windows, screen, language, width, dark=False)
                file = DOCS / f"{name}{'-phone' if width == NARROW else ''}-{language}.png"
                _keep(page.screenshot(), file)
                windows.close()
                print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1000} kB")
    return windows.unexpected()


def _opened(windows: Windows, screen: Screen, language: str, width: int, *, dark: bool) -> Page:
    shop = windows.console.shop
    shop.beat()
    page = windows.open(screen.role, language=language, width=width, dark=dark)
    page.goto(windows.console.address(screen.path_in(shop)))
    wait_until_ready(page)
    if screen.do is not None:
        screen.do(page)
    return page


def _make_room(page: Page) -> None:
    """A window as high as its page, so that what is fixed to its edges stays there."""
    size, wanted = page.viewport_size, page.evaluate("document.documentElement.scrollHeight")
    if size is not None and wanted > size["height"]:
        page.set_viewport_size({"width": size["width"], "height": min(wanted, HIGHEST)})
        wait_until_ready(page)


def _sheet(browser: Browser, folder: Path) -> bytes:
    """All pictures of a folder on one page: Chinese above English, wide ones first."""
    files = [folder / f"{language}-{width}-{light}.png"
             for language in LANGUAGES for width in (WIDE, NARROW) for light in ("light", "dark")]  # fmt: skip
    images = "".join(f'<img src="{file.as_uri()}" style="width:100%">' for file in files)
    page = browser.new_page(viewport={"width": 1900, "height": 1000})
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as html:
        html.write(SHEET.format(images))
        html.flush()
        page.goto(Path(html.name).as_uri())
        picture = page.screenshot(full_page=True)
    page.close()
    return picture


def _keep(picture: bytes, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(smaller(picture))


def smaller(png: bytes) -> bytes:
    """The same picture, packed as tightly as zlib can: a browser is in more of a hurry."""
    signature, rest, packed, kept = png[:8], png[8:], b"", []
    while rest:
        (length,) = struct.unpack(">I", rest[:4])
        kind, body, rest = rest[4:8], rest[8 : 8 + length], rest[12 + length :]
        if kind == b"IDAT":
            packed += body
        else:
            kept.append((kind, body))
    data = zlib.compress(zlib.decompress(packed), 9)
    kept.insert(-1, (b"IDAT", data))
    return signature + b"".join(_chunk(kind, body) for kind, body in kept)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


if __name__ == "__main__":
    sys.exit(main())
