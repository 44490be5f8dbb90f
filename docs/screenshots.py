"""Takes the two pictures of docs/: the page of `tk serve`, and a report of `tk report`.

    python docs/screenshots.py --from FOLDER        the authors' measurements, which are not ours to hand on

It needs the extras `page` and `dev`, and a Chromium. The pictures have 256 colours, which keeps them small.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

HERE = Path(__file__).parent
SIZE = {"width": 1280, "height": 860}
LARGEST = 200_000
CHOICE = "budget=6&order=2"
DRAWN = "() => document.body.dataset.drawn && !document.querySelector('#see').hasAttribute('aria-busy')"


def tk(*arguments: str) -> list[str]:
    """The command line of `tk ARGUMENTS` in this Python."""
    return [sys.executable, "-c", "from taskonomy_cli.app import main; main()", *arguments]


@contextmanager
def served(source: Path) -> Iterator[str]:
    """The address of a page, which is there for as long."""
    command = tk("serve", "--from", source.name, "--no-open", "--port", "0")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=source.parent) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def write(picture: bytes, path: Path) -> None:
    """Write a PNG of at most LARGEST bytes."""
    with Image.open(io.BytesIO(picture)) as image:
        palette = image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        palette.save(path, optimize=True)
    size = path.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{path} has {size} bytes, more than {LARGEST}.")
    print(f"{path}: {size} bytes")


def page_picture(browser: Any, source: Path) -> bytes:
    """The page with a taxonomy of the authors' measurements."""
    page = browser.new_page(viewport=SIZE)
    with served(source) as address:
        page.goto(f"{address}#{CHOICE}")
        page.wait_for_function(DRAWN)
        page.wait_for_load_state("networkidle")  # the staircase comes later
        picture: bytes = page.screenshot()
        page.close()
    return picture


def report_picture(browser: Any, source: Path) -> bytes:
    """The taxonomies in a report."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "report.html"
        # From beside it, so that the picture shows no path of this machine.
        subprocess.run(tk("report", "--from", source.name, "-o", str(place)), check=True, cwd=source.parent)
        context = browser.new_context(viewport=SIZE, offline=True)
        page = context.new_page()
        page.goto(place.as_uri() + "#budget=6")
        page.evaluate("document.querySelector('#taxonomies').scrollIntoView()")
        picture: bytes = page.screenshot()
        context.close()
    return picture


def main() -> None:
    """Take both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--from", dest="source", type=Path, required=True, help="the authors' measurements")
    parser.add_argument("--to", type=Path, default=HERE, help="the folder for the pictures")
    asked = parser.parse_args()
    source = asked.source.resolve()
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("There is no chromium here; type: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        write(page_picture(browser, source), asked.to / "page.png")
        write(report_picture(browser, source), asked.to / "report.png")
        browser.close()


if __name__ == "__main__":
    main()
