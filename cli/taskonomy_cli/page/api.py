"""The JSON API: paths, what a request may be, and how questions are answered without piling up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from taskonomy_cli.page.choice import RefusedError
from taskonomy_cli.page.downloads import TYPES
from taskonomy_cli.page.openapi import document
from taskonomy_cli.page.questions import Questions
from taskonomy_cli.page.showing import Gallery
from taskonomy_cli.terminal import finite
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.registry.naming import shortened
from taskonomy_core.taxonomy.engines import CancelledSearchError, Stop

Result = TypeVar("Result")
Work = Callable[[Stop], Result]

MOST_BYTES = 1_000_000
# Two cores, two searches; more at once would only make each other late.
AT_ONCE = 2
# So many may wait for their turn; more are turned away.
MOST_WAITING = 200


class Answerer:
    """Runs work off the event loop, a few at a time; what nobody waits for any more is dropped or cancelled."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="solve")
        self._turn = asyncio.Semaphore(at_once)
        self._most, self._here = most_waiting + at_once, 0

    async def run(self, request: Request, work: Work[Result]) -> Result:
        """The result of `work`, which is given a Stop that is true once the client has left.

        Errors: those of `work`; RefusedError (503) where too many wait; CancelledSearchError where the client left.
        """
        if self._here >= self._most:
            raise RefusedError("Too many questions are waiting for an answer.", "Ask again in a few seconds.", 503)
        self._here += 1
        gone = asyncio.create_task(_left(request))
        answer = asyncio.create_task(self._in_turn(work, stop := threading.Event()))
        try:
            await asyncio.wait({gone, answer}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            raise CancelledSearchError
        finally:
            stop.set()
            self._here -= 1
            for task in (gone, answer):
                task.cancel()

    async def _in_turn(self, work: Work[Result], stop: threading.Event) -> Result:
        async with self._turn:
            running = asyncio.get_running_loop().run_in_executor(self._pool, work, stop.is_set)
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                # The thread ends within a node of its search; until then its turn is not given to another.
                with contextlib.suppress(Exception):
                    await running
                raise


async def _left(request: Request) -> None:
    """Ends when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def read_body(request: Request) -> dict[str, Any]:
    """The JSON object of a request; {} for an empty body.

    Errors: RefusedError: 413 for more than MOST_BYTES, 415 for another type than JSON, 400 for what is no JSON object.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # What a form of a foreign page can send without asking is never of this type.
        raise RefusedError("The request is not of type application/json.", "Send: Content-Type: application/json", 415)
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            raise RefusedError(f"The request is larger than {MOST_BYTES:,} bytes.", "Name only what differs.", 413)
    return parsed(bytes(content))


def parsed(content: bytes) -> dict[str, Any]:
    """A JSON object without NaN and infinities. Errors: RefusedError (400)."""
    try:
        body = json.loads(content.decode() or "{}", parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"The request is not JSON: {str(error)[:100]}.", "Send an object: {...}", 400) from None
    if not isinstance(body, dict):
        raise RefusedError("The request is JSON, but not an object.", "Send an object: {...}", 400)
    return body


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not a number of JSON")


def as_json(value: Any, status: int = 200) -> Response:
    """A response; NaN and infinity become null, and no letter is left that HTML could read as its own."""
    text = json.dumps(finite(value), allow_nan=False, separators=(",", ":"))
    return Response(text, status, media_type="application/json")


def as_error(error: TaskonomyError) -> Response:
    """An expected error as JSON: its sentence and what to do."""
    return as_json({"error": error.message, "hint": error.hint}, getattr(error, "status", 422))


def routes(questions: Questions, gallery: Gallery, answerer: Answerer) -> list[Route]:
    """Every path of the API."""

    def get(path: str, ask: Callable[[Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            return await answerer.run(request, lambda stop: as_json(ask(request)))

        return Route(path, _guarded(endpoint), methods=["GET"])

    def post(path: str, ask: Callable[[dict[str, Any], Stop], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            body = await read_body(request)
            return await answerer.run(request, lambda stop: as_json(ask(body, stop)))

        return Route(path, _guarded(endpoint), methods=["POST"])

    async def download(request: Request) -> Response:
        kind = request.path_params["kind"]
        if kind not in TYPES:
            raise RefusedError(
                f"There is no download of the kind {shortened(kind)!r}.", f"One of: {', '.join(TYPES)}.", 404
            )
        body = await read_body(request)
        content = await answerer.run(request, lambda stop: questions.drawn(body, kind, stop))
        headers = {"content-disposition": f'attachment; filename="taxonomy.{kind}"'}
        return Response(content, media_type=TYPES[kind], headers=headers)

    async def picture(request: Request) -> Response:
        content = gallery.picture(request.path_params["task"], request.path_params["name"])
        return Response(content, media_type="image/png")

    def examples(request: Request) -> dict[str, Any]:
        return gallery.task(request.path_params["task"], request.query_params.get("sources", ""))

    return [
        get("/api/measurements", lambda request: questions.measurements()),
        post("/api/taxonomy", questions.taxonomy),
        post("/api/staircase", questions.staircase),
        post("/api/significance", questions.significance),
        post("/api/recommend", questions.recommend),
        post("/api/bootstrap", questions.bootstrap),
        get("/api/affinity", lambda request: questions.affinity()),
        get("/api/similarity", lambda request: questions.similarity()),
        get("/api/gallery/{task}", examples),
        Route("/api/gallery/{task}/{name}.png", _guarded(picture), methods=["GET"]),
        Route("/api/download/{kind}", _guarded(download), methods=["POST"]),
        get("/openapi.json", lambda request: document()),
    ]


def _guarded(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint, its expected errors told as JSON."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except TaskonomyError as error:
            return as_error(error)
        except ClientDisconnect:
            return as_error(CancelledSearchError())
        except ArithmeticError:
            return as_error(
                RefusedError(
                    "The solver cannot settle numbers that lie so far apart.", "Choose costs and weights of like sizes."
                )
            )

    return answered
