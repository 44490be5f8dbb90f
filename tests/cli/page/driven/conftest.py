"""The real page in headless Chromium, served from this process; every test ends with what the browser complained of."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from taskonomy_cli.measured import read
from taskonomy_cli.session import Session

_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# The address of the page says what is asked; the body says for which address the answer is drawn.
_DRAWN = """() => document.body.dataset.drawn === (location.hash.slice(1) || "default")
                  && !document.querySelector("#see").hasAttribute("aria-busy")"""


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., str]]:
    """`serve(path)` is the address of a page on the measurements of a file or, by registry.toml, of a project."""
    uvicorn = pytest.importorskip("uvicorn", reason='the page needs: pip install "taskonomy[page]"')
    from taskonomy_cli.page.questions import Questions
    from taskonomy_cli.page.server import application, listen
    from taskonomy_cli.page.showing import Gallery

    servers: dict[Path, tuple[Any, threading.Thread, str]] = {}

    def start(path: Path) -> str:
        if path not in servers:
            project = path.name == "registry.toml"
            measured = read(Session(path)) if project else read(Session(), path)
            begin = ("tk", *(("--registry", str(path)) if project else ()), "taxonomy")
            questions = Questions(measured, begin if project else (*begin, "--from", str(path)), seconds=30)
            bound = listen(0)
            config = uvicorn.Config(application(questions, Gallery(measured, None)), log_level="error", lifespan="off")
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
            thread.start()
            servers[path] = server, thread, f"http://127.0.0.1:{bound.getsockname()[1]}/"
        return servers[path][2]

    yield start
    for server, thread, _ in servers.values():
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if _CHROMIUM is None:
        pytest.skip("there is no chromium here; type: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="the page is driven by: pip install playwright")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Driven:
    """One page of the browser, and what a person does with it."""

    def __init__(self, page: Any, home: str) -> None:
        self.page, self.home = page, home
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        page.on("request", lambda asked: asked.url.startswith((home, "blob:")) or self.complaints.append(asked.url))

    def open(self, choice: str = "") -> Driven:
        """The page at an address, drawn; `choice` is what stands behind "#"."""
        self.page.goto(f"{self.home}#{choice}" if choice else self.home)
        return self.wait()

    def wait(self) -> Driven:
        """Until the choice of the address is drawn."""
        self.page.wait_for_function(_DRAWN)
        return self

    @property
    def choice(self) -> str:
        """What stands behind "#" in the address."""
        return str(self.page.evaluate("location.hash.slice(1)"))

    def graph(self) -> tuple[set[str], dict[str, set[str]]]:
        """What the drawing shows: the labelled tasks, and target -> the tasks that it is served from."""
        names = "nodes => nodes.map(node => [node.classList[1], node.getAttribute('data-task')])"
        nodes = self.page.eval_on_selector_all(".graph .node", names)
        labelled = {task for kind, task in nodes if kind in ("supervised", "source")}
        served = {task: {task} if kind == "supervised" else set() for kind, task in nodes if kind != "source"}
        ends = "lines => lines.map(line => [line.getAttribute('data-from'), line.getAttribute('data-to')])"
        for source, target in self.page.eval_on_selector_all(".graph .line", ends):
            served[target] |= {source} - {None}
        return labelled, served

    def group(self, role: str) -> list[str]:
        """The tasks of one of the four groups."""
        chips = self.page.locator(f"[data-role={role}] .chip")
        return [str(name) for name in chips.evaluate_all("chips => chips.map(chip => chip.dataset.task)")]

    def chip(self, task: str) -> Any:
        """The button of a task in its group."""
        return self.page.locator(f".chip[data-task={task}]")


@pytest.fixture
def drive(chromium: Any, serve: Callable[[Path], str], scores: Path) -> Iterator[Callable[..., Driven]]:
    """`drive()` is a fresh page on the small file; `path`: on others; more: of Playwright's new_context."""
    opened: list[tuple[Any, Driven]] = []

    def make(path: Path = scores, width: int = 1280, height: int = 900, **more: Any) -> Driven:
        more = {"reduced_motion": "reduce", **more}
        context = chromium.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **more)
        context.set_default_timeout(15000)
        driven = Driven(context.new_page(), serve(path))
        opened.append((context, driven))
        return driven

    yield make
    for context, _ in opened:
        context.close()
    for _, driven in opened:
        assert driven.complaints == []
