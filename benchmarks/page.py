"""How long the page of `tk serve` takes: the first load, from a change to the drawn graph, and 100 questions at once.

    python benchmarks/page.py [--changes 50] [--at-once 100] [--tasks 0] [--published FOLDER]

On the authors' published affinities (FOLDER defaults to $TASKONOMY_PUBLISHED, else ../shared/published beside the
repository), or with --tasks on as many generated tasks (see solver.py). The server runs in a process of its own, as
people start it. A change is another budget, order, objective, role, cost or set of labels that one has already.

* api: from the request to the whole answer, by one client that keeps its connection.
* page: from the change of the address to the drawn graph, the frame with it shown, in headless Chromium; where there is
  no Chromium or no playwright this is left out. The aim: under 200 ms on 2 cores.
* at once: as many clients, each with a question of its own, from the first request to the last answer.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from solver import EDGES, default_folder, generated

from taskonomy_core.taxonomy.exchange import write_measurements
from taskonomy_core.taxonomy.measurements import Measurements

SERVE = [sys.executable, "-c", "from taskonomy_cli.app import main; main()", "serve", "--port", "0", "--no-open"]
# Runs in the page: sets the address and says after how many ms the frame that shows its answer is there.
CHANGE = """address => new Promise(done => {
  const began = performance.now();
  const look = () => document.body.dataset.drawn === address && !document.querySelector("#see").ariaBusy
    ? requestAnimationFrame(() => done(performance.now() - began)) : requestAnimationFrame(look);
  location.hash = address;
  look();
})"""
DRAWN = "() => document.body.dataset.drawn && !document.querySelector('#see').hasAttribute('aria-busy')"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=50)
    parser.add_argument("--at-once", type=int, default=100)
    parser.add_argument("--tasks", type=int, default=0, help="generated tasks; 0 for the published measurements")
    parser.add_argument("--published", type=Path, default=default_folder())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.published
        if options.tasks:
            path = Path(folder) / "generated.json"
            edges = EDGES.get(options.tasks, options.tasks**2 * 5 // 2)
            write_measurements(Measurements(generated(options.tasks, edges), {}, path.name), path)
        elif not (path / "all_affinities_16k.pkl").exists():
            sys.exit(f"The published affinities are not in {path}; set TASKONOMY_PUBLISHED, or type --tasks 50.")
        with served(path) as port:
            measure(port, options.changes, options.at_once)


@contextmanager
def served(path: Path) -> Iterator[int]:
    """A server of its own; its port."""
    began = time.perf_counter()
    process = subprocess.Popen([*SERVE, "--from", str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline().strip().rstrip("/").rpartition(":")[2])
        print(f"{'start of tk serve':22}{time.perf_counter() - began:8.2f} s")
        yield port
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def measure(port: int, count: int, at_once: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    measured = answer(connection, "GET", "/api/measurements")
    draws = random.Random(0)
    changes = [change(draws, measured) for _ in range(count)]
    spent = []
    for state in changes:
        began = time.perf_counter()
        answer(connection, "POST", "/api/taxonomy", state)
        spent.append(1000 * (time.perf_counter() - began))
    tell("change, api", spent)
    by_browser(port, [address(state) for state in changes])
    questions = [change(draws, measured) for _ in range(at_once)]

    def ask(state: dict[str, Any]) -> tuple[str, float]:
        began = time.perf_counter()
        found = answer(http.client.HTTPConnection("127.0.0.1", port, timeout=600), "POST", "/api/taxonomy", state)
        return found["status"], 1000 * (time.perf_counter() - began)

    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        answered = list(pool.map(ask, questions))
    tell(f"{at_once} at once", [milliseconds for _, milliseconds in answered])
    counts = {status: [status for status, _ in answered].count(status) for status, _ in answered}
    print(f"{'':22}{time.perf_counter() - began:8.2f} s for all; {counts}")


def by_browser(port: int, addresses: Sequence[str]) -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        print("change, page: there is no Chromium, or no playwright (pip install playwright)")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_function(DRAWN)
        print(f"{'first load, drawn':22}{1000 * (time.perf_counter() - began):8.0f} ms")
        tell("change, page", [page.evaluate(CHANGE, each) for each in addresses])
        browser.close()


def answer(connection: http.client.HTTPConnection, method: str, path: str, value: object = None) -> Any:
    body = None if value is None else json.dumps(value)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    said = json.loads(response.read())
    assert response.status == 200, said
    return said


def change(draws: random.Random, measured: dict[str, Any]) -> dict[str, Any]:
    """A random choice, never the one that the page starts with."""
    names = [task["name"] for task in measured["tasks"]]
    targets = [task["name"] for task in measured["tasks"] if task["role"] == "both"]
    others = [number for number in range(2, len(names)) if number != measured["budget"]]
    state: dict[str, Any] = {"budget": draws.choice(others)}
    if draws.random() < 0.5:
        state["order"] = draws.choice((1, 2, 3))
    if draws.random() < 0.5:
        state["roles"] = {draws.choice(targets): draws.choice(("target", "source", "unused"))}
    if draws.random() < 0.3:
        state["costs"] = {draws.choice(names): draws.choice((0.5, 2, 3))}
    if draws.random() < 0.3:
        free = [name for name in names if name not in state.get("roles", {})]
        state["have"] = [draws.choice(free)]
    return state


def address(state: dict[str, Any]) -> str:
    """The choice as the page writes it behind "#"."""
    parts = [f"{key}={state[key]}" for key in ("budget", "order") if key in state]
    parts += [f"{role}={name}" for name, role in state.get("roles", {}).items()]
    parts += [f"have={name}" for name in state.get("have", ())]
    parts += [f"cost={name}:{number}" for name, number in state.get("costs", {}).items()]
    return "&".join(parts)


def tell(what: str, milliseconds: Sequence[float]) -> None:
    ordered = sorted(milliseconds)
    most = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    median = statistics.median(ordered)
    print(f"{what:22}{median:8.0f} ms median{most:8.0f} ms at 95 %{ordered[-1]:8.0f} ms at most", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
