"""Measurements of seven tasks in a file, and the application in this process, asked without a socket."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from taskonomy_cli.measured import Measured, read
from taskonomy_cli.session import Session

TARGETS = ("autoencoding", "denoising", "depth_zbuffer", "normals", "reshading")
SOURCES = (*TARGETS, "colorization", "jigsaw")
HOSTILE = "<img src=x onerror=\"document.title='owned'\"></script><script>alert(1)</script>"


def write_scores(path: Path, targets: tuple[str, ...] = TARGETS, sources: tuple[str, ...] = SOURCES) -> Path:
    """Scores of orders 1 and 2 that no two taxonomies tie in; one task has a title of HTML and script."""
    draws = np.random.default_rng(0)
    edges = []
    for target in targets:
        others = [source for source in sources if source != target]
        feeding = [(), *((source,) for source in others), *combinations(others, 2)]
        shares = draws.dirichlet(np.ones(len(feeding)))
        for names, share in zip(feeding, shares.tolist(), strict=True):
            gain, quality = draws.uniform(0.01, 0.99, 2).tolist()
            row = {"target": target, "sources": list(names), "order": len(names), "affinity": share, "gain": gain}
            edges.append(row | {"quality": 0.5 if not names else quality, "over_constant": None})
    facts = {name: {"group": "3d" if name in ("normals", "depth_zbuffer", "reshading") else "2d"} for name in sources}
    facts = {name: said | {"role": "both" if name in targets else "source"} for name, said in facts.items()}
    facts["normals"] |= {"title": HOSTILE, "cost": 1.5}
    value = {"format": "taskonomy-measurements", "version": 1, "edges": edges, "images": {}, "tasks": facts}
    path.write_text(json.dumps(value))
    return path


@pytest.fixture(scope="session")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scores(tmp_path_factory.mktemp("scores") / "scores.json")


@pytest.fixture(scope="session")
def of_file(scores: Path) -> Measured:
    return read(Session(), scores)


@pytest.fixture(scope="session")
def published_folder() -> Path:
    """The authors' measurements, which are not ours to hand on."""
    beside = Path(__file__).parents[3].parent / "shared" / "published"
    folder = Path(os.environ.get("TASKONOMY_PUBLISHED", beside))
    if not (folder / "all_affinities_16k.pkl").exists():
        pytest.skip(f"the authors' measurements are not here: {folder}; set TASKONOMY_PUBLISHED")
    return folder


@dataclass(frozen=True)
class Answer:
    """What the application sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Sends requests as a browser on this machine does, unless told otherwise; an error of the program comes through.

    `client.app` is an ASGI application; everything runs in one event loop, as in the server.
    """

    def __init__(self, app: Any) -> None:
        self.app, self.runner = app, asyncio.Runner()

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """One request; a header's name has _ for -, and "" leaves a header out."""
        return self.runner.run(self.sent(method, path, body, **headers))

    def post(self, path: str, value: object) -> Answer:
        return self.send("POST", path, json.dumps(value).encode())

    async def sent(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        given = {"host": "127.0.0.1:8642", "content_type": "application/json", **headers}
        lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items() if value]
        route, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": route,
            "raw_path": route.encode(),
            "query_string": query.encode(),
            "headers": lines,
            "scheme": "http",
            "http_version": "1.1",
            "server": ("127.0.0.1", 8642),
            "client": ("127.0.0.1", 50000),
            "root_path": "",
        }
        parts = iter([{"type": "http.request", "body": body, "more_body": False}])
        answered = asyncio.Event()
        found: list[Any] = [0, {}, b""]

        async def receive() -> dict[str, Any]:
            for part in parts:
                return part
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                found[0] = message["status"]
                found[1] = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                found[2] += message.get("body", b"")

        await self.app(scope, receive, send)
        return Answer(*found)


@pytest.fixture
def client(of_file: Measured, scores: Path) -> Iterator[Client]:
    pytest.importorskip("starlette", reason='the page needs: pip install "taskonomy[page]"')
    from taskonomy_cli.page.questions import Questions
    from taskonomy_cli.page.server import application
    from taskonomy_cli.page.showing import Gallery

    start = ("tk", "taxonomy", "--from", str(scores))
    client = Client(application(Questions(of_file, start), Gallery(of_file, None)))
    with client.runner:
        yield client
