"""The API as a script meets it: every path, every status, and requests that are many or abandoned."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace

import pytest

pytest.importorskip("starlette", reason='the page needs: pip install "taskonomy[page]"')

from taskonomy_cli.page.api import MOST_BYTES, Answerer, parsed
from taskonomy_cli.page.choice import KEYS, RefusedError
from taskonomy_cli.page.openapi import document
from taskonomy_cli.page.questions import Questions
from taskonomy_cli.page.server import application
from taskonomy_cli.page.showing import Gallery
from taskonomy_core.taxonomy.engines import CancelledSearchError
from taskonomy_core.taxonomy.solver import NothingFoundError, TaxonomySolver


def test_what_there_is_to_choose_from(client, of_file):
    answer = client.send("GET", "/api/measurements")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    said = answer.json
    assert [task["name"] for task in said["tasks"]] == sorted(of_file.facts)
    assert {task["name"] for task in said["tasks"] if not task["can_be_target"]} == {"colorization", "jigsaw"}
    assert (said["kind"], said["budget"], said["order"], said["max_order"]) == ("files", 7.5, 2, 2)
    assert said["has"] == {"bootstrap": False, "gallery": False}


@pytest.mark.parametrize(
    ("path", "body", "keys"),
    [
        ("/api/taxonomy", {"budget": 2}, {"status", "sources", "edges", "mean", "command"}),
        ("/api/taxonomy", {"alternatives": 1, "neighbours": True}, {"alternatives", "neighbours"}),
        ("/api/staircase", {}, {"steps", "spans"}),
        ("/api/significance", {"budget": 2, "draws": 10}, {"measures", "taxonomy"}),
        ("/api/recommend", {"target": "normals"}, {"by_order", "ranked", "own"}),
        ("/api/affinity", None, {"targets", "sources", "before", "after"}),
        ("/api/similarity", None, {"tree", "order"}),
    ],
)
def test_every_question_is_answered(client, path, body, keys):
    answer = client.send("GET", path) if body is None else client.post(path, body)
    assert answer.status == 200
    assert keys <= set(answer.json)


def test_what_is_infeasible_is_an_answer(client):
    answer = client.post("/api/taxonomy", {"budget": 0})
    assert (answer.status, answer.json["status"], answer.json["edges"]) == (200, "infeasible", [])
    assert "budget" in answer.json["reason"]
    assert client.post("/api/staircase", {"roles": dict.fromkeys(("colorization", "jigsaw"), "unused")}).status == 200


@pytest.mark.parametrize(
    ("kind", "type_", "begins"),
    [
        ("svg", "image/svg+xml", b"<?xml"),
        ("png", "image/png", b"\x89PNG"),
        ("csv", "text/csv; charset=utf-8", b"target,sources,affinity,gain,quality\nautoencoding,"),
        ("json", "application/json", b"{"),
    ],
)
def test_downloads(client, kind, type_, begins):
    answer = client.post(f"/api/download/{kind}", {"budget": 2})
    assert (answer.status, answer.headers["content-type"]) == (200, type_)
    assert answer.headers["content-disposition"] == f'attachment; filename="taxonomy.{kind}"'
    assert answer.body.startswith(begins)
    if kind == "json":
        shown = client.post("/api/taxonomy", {"budget": 2}).json
        assert answer.json | {"seconds": 0} == shown | {"seconds": 0}
    if kind == "csv":
        assert len(answer.body.splitlines()) == 1 + 5


def test_a_title_of_html_stays_text_in_the_picture(client):
    picture = client.post("/api/download/svg", {"budget": 2}).body
    assert b"<script" not in picture
    assert b"<img" not in picture
    assert b"&lt;img src=x" in picture


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/api/taxonomy", b"{", 400, "The request is not JSON: Expecting property name"),
        ("/api/taxonomy", b"\xff", 400, "The request is not JSON: 'utf-8' codec can't decode"),
        ("/api/taxonomy", b"[]", 400, "The request is JSON, but not an object."),
        ("/api/taxonomy", b'{"budget": NaN}', 400, "The request is not JSON: NaN is not a number of JSON."),
        ("/api/taxonomy", b'{"budget": -Infinity}', 400, "The request is not JSON: -Infinity is not a number"),
        ("/api/taxonomy", b'{"budget": 1e999}', 422, "The budget is inf; it must be a number"),
        ("/api/taxonomy", b'{"budget": ' + b"9" * 5000 + b"}", 400, "The request is not JSON: Exceeds the limit"),
        ("/api/taxonomy", b"[" * 100_000, 400, "The request is not JSON: "),
        ("/api/taxonomy", b"{}" + b" " * MOST_BYTES, 413, "The request is larger than 1,000,000 bytes."),
        ("/api/taxonomy", b'{"solver": "cbc"}', 422, "There is no 'solver' in a request."),
        ("/api/recommend", b"{}", 422, "target names nothing, which is no text."),
        ("/api/recommend", b'{"target": "jigsaw"}', 422, "scores.json has no transfer to jigsaw."),
        ("/api/bootstrap", b"{}", 422, "scores.json has no losses of single images to draw again."),
        ("/api/significance", b'{"budget": 0}', 422, "Infeasible: "),
        ("/api/significance", b'{"draws": 1001}', 422, "The draws is 1001; it must be a whole number from 1 to 1000."),
        ("/api/download/svg", b'{"budget": 0}', 422, "Infeasible: "),
        ("/api/download/exe", b"{}", 404, "There is no download of the kind 'exe'."),
        ("/api/nothing", b"{}", 404, "There is nothing at this path."),
        ("/api/measurements", b"{}", 405, "This path has no such method."),
    ],
)
def test_a_bad_request_gets_a_sentence_and_its_status(client, path, body, status, error):
    answer = client.send("POST", path, body)
    assert answer.status == status
    assert set(answer.json) == {"error", "hint"}
    assert answer.json["error"].startswith(error)
    assert answer.json["hint"]


def test_a_form_of_a_foreign_page_is_no_request(client):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = client.send("POST", "/api/taxonomy", b"{}", content_type=kind)
        assert (answer.status, answer.json["error"]) == (415, "The request is not of type application/json.")
    assert client.send("POST", "/api/taxonomy", b"{}", content_type="Application/JSON; charset=utf-8").status == 200


def test_numbers_that_lie_far_apart_get_an_answer_or_a_sentence(client):
    costs = dict(zip(("normals", "denoising", "reshading", "jigsaw"), (1e9, 1e-300, 5e-324, 1e-12), strict=True))
    answer = client.post("/api/taxonomy", {"costs": costs, "weights": costs, "transfer_costs": costs, "budget": 3e8})
    assert answer.status in (200, 422)


def test_openapi_names_every_path_and_every_key(client):
    said = client.send("GET", "/openapi.json").json
    assert said == json.loads(json.dumps(document()))
    served = {route.path: next(iter(route.methods - {"HEAD"})).lower() for route in client.app._app.routes}
    listed = {path: next(iter(operations)) for path, operations in said["paths"].items()}
    assert listed == {path: method for path, method in served.items() if path.startswith("/api/")}
    assert set(said["components"]["schemas"]["Choice"]["properties"]) == set(KEYS)


def test_json_of_a_request():
    assert parsed(b"") == {}
    with pytest.raises(RefusedError, match="not JSON"):
        parsed(b"nul")


class Showing:
    """A showroom that shows what it was asked for."""

    def __init__(self, folder):
        import numpy as np

        from taskonomy_core.ledger.showroom import Said, TaskGallery

        picture = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)
        said = Said("transfer", ("jigsaw",), 255 - picture, np.array([0.5]))
        self.found = TaskGallery("normals", "Normals", np.array([7]), picture, picture, (said,))
        self.asked = []

    def show(self, task, sources=(), count=3):
        self.asked.append((task, tuple(sources), count))
        return self.found


def test_the_gallery_and_its_pictures(client, of_file, tmp_path):
    showing = Showing(tmp_path)
    client.app = application(Questions(of_file, pictures=True), Gallery(of_file, showing))
    found = client.send("GET", "/api/gallery/rgb2sfnorm?sources=jigsaw,denoise").json
    assert showing.asked == [("normals", ("jigsaw", "denoising"), 3)]
    (example,) = found["examples"]
    assert (example["id"], example["said"][0]["loss"], example["said"][0]["sources"]) == (7, 0.5, ["jigsaw"])
    picture = client.send("GET", example["said"][0]["picture"])
    assert (picture.headers["content-type"], picture.body[:4]) == ("image/png", b"\x89PNG")
    assert client.send("GET", example["input"]).body != picture.body
    assert client.send("GET", "/api/gallery/normals/0123456789abcdef.png").status == 404
    assert client.send("GET", "/api/gallery/normals?sources=nix").status == 422


def test_files_have_no_gallery(client):
    answer = client.send("GET", "/api/gallery/normals")
    assert (answer.status, answer.json["error"]) == (404, "scores.json has no pictures.")
    assert client.send("GET", "/api/gallery/..%2f..%2fetc%2fpasswd").status in (404, 422)


class Leaving:
    """A request whose client stays until `leave` is set."""

    def __init__(self):
        self.leave = asyncio.Event()

    async def receive(self):
        await self.leave.wait()
        return {"type": "http.disconnect"}


def test_a_client_that_leaves_ends_its_search():
    async def play():
        answerer, request, ended = Answerer(at_once=1), Leaving(), threading.Event()
        started = asyncio.Event()
        loop = asyncio.get_running_loop()

        def search(stop):
            loop.call_soon_threadsafe(started.set)
            while not stop():
                ended.wait(0.001)
            ended.set()

        asking = asyncio.create_task(answerer.run(request, search))
        await started.wait()
        request.leave.set()
        with pytest.raises(CancelledSearchError):
            await asking
        # The next one gets its turn, because the search has ended.
        assert await answerer.run(Leaving(), lambda stop: stop()) is False
        assert ended.is_set()

    asyncio.run(play())


def test_who_leaves_while_waiting_is_dropped_and_too_many_are_turned_away():
    async def play():
        answerer, go, begun = Answerer(at_once=1, most_waiting=2), threading.Event(), []
        first = asyncio.create_task(answerer.run(Leaving(), lambda stop: go.wait(10)))
        gone, kept = Leaving(), Leaving()
        dropped = asyncio.create_task(answerer.run(gone, lambda stop: begun.append("dropped")))
        stays = asyncio.create_task(answerer.run(kept, lambda stop: begun.append("kept")))
        await asyncio.sleep(0)
        with pytest.raises(RefusedError, match="Too many questions are waiting") as refused:
            await answerer.run(Leaving(), lambda stop: begun.append("too many"))
        assert refused.value.status == 503
        gone.leave.set()
        with pytest.raises(CancelledSearchError):
            await dropped
        go.set()
        await asyncio.gather(first, stays)
        assert begun == ["kept"]

    asyncio.run(play())


def test_where_the_solver_has_nothing_in_its_time_a_greedy_answer_says_so(client, monkeypatch):
    best = client.post("/api/taxonomy", {"budget": 2}).json

    def nothing(*_):
        raise NothingFoundError("The solver highs found no taxonomy within 2 seconds.", "Give it more time.")

    monkeypatch.setattr(TaxonomySolver, "solve", nothing)
    monkeypatch.setattr(TaxonomySolver, "alternatives", nothing)
    for more in ({}, {"alternatives": 3, "neighbours": True}):
        found = client.post("/api/taxonomy", {"budget": 2, **more}).json
        assert (found["status"], found["solver"]) == ("feasible", "greedy")
        assert found["objective"]["value"] <= best["objective"]["value"] <= found["objective"]["bound"]
        assert found["objective"]["gap"] > 0
    assert (found["alternatives"], found["neighbours"]) == ([], {"less": None, "more": None})
    assert client.post("/api/download/csv", {"budget": 2}).status == 200
    refused = client.post("/api/taxonomy", {"budget": 0})
    assert (refused.status, refused.json["error"]) == (422, "The solver highs found no taxonomy within 2 seconds.")


def test_many_at_once_are_all_answered_two_at_a_time(client, of_file, scores):
    running, most = [], []

    class Watched(Questions):
        def taxonomy(self, body, stop=lambda: False):
            running.append(body)
            most.append(len(running))
            try:
                return super().taxonomy(body, stop)
            finally:
                running.remove(body)

    client.app = application(Watched(of_file), Gallery(of_file, None))

    async def all_of_them():
        asked = [json.dumps({"budget": number / 10}).encode() for number in range(100)]
        return await asyncio.gather(*(client.sent("POST", "/api/taxonomy", body) for body in asked))

    answers = client.runner.run(all_of_them())
    assert [answer.json["budget"] for answer in answers] == [number / 10 for number in range(100)]
    assert max(most) == 2


def test_an_answer_in_too_little_time_is_the_best_so_far_and_says_so(of_file):
    asked = Questions(of_file, seconds=1e-9)
    found = [asked.taxonomy({"budget": 3, "neighbours": True}), replace(asked, seconds=60).taxonomy({"budget": 3})]
    assert found[0]["status"] in ("feasible", "optimal")
    assert found[0]["objective"]["value"] <= found[1]["objective"]["value"] <= found[0]["objective"]["bound"] + 1e-9
    assert found[0]["neighbours"] == {"less": None, "more": None}
