"""The web application: the API and the page's files behind one guard, on the loopback address alone."""

from __future__ import annotations

import mimetypes
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from taskonomy_cli.page.api import Answerer, as_error, routes
from taskonomy_cli.page.choice import RefusedError
from taskonomy_cli.page.questions import Questions
from taskonomy_cli.page.showing import Gallery
from taskonomy_core.errors import TaskonomyError

ADDRESS = "127.0.0.1"
PORT = 8642
STATIC = Path(__file__).parent / "static"

_LOCAL = ("127.0.0.1", "localhost")
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
# What a machine's table of types may call otherwise.
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
# Ports that are tried where nobody asked for one.
_TRIED = 20


class Guard:
    """Refuses what another site may have sent, and puts the headers of safety on every answer.

    A page of another name that resolves to this machine (DNS rebinding) has its own Host; any page of another origin
    that sends more than a plain GET has its own Origin. The port is not compared: a tunnel may have another.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        fault = _foreign(Headers(scope=scope))
        app = as_error(RefusedError(fault, "Open the address that tk serve printed.", 403)) if fault else self._app
        await app(scope, receive, headed)


def _foreign(headers: Headers) -> str:
    """Why a request comes from elsewhere; "" where it does not."""
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1 or not _is_local(hosts[0]):
        return "The request is not for this machine by its Host."
    if origins and origins != [f"http://{hosts[0]}"]:
        return "The request comes from a page of another origin."
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        # A link on another page is a way to come here, but what it loads must not.
        return "" if headers.get("sec-fetch-mode") == "navigate" else "The request comes from a page of another origin."
    return ""


def _is_local(host: str) -> bool:
    name, colon, port = host.partition(":")
    return name.lower() in _LOCAL and (not colon or (port.isascii() and port.isdigit() and len(port) <= 5))


def application(questions: Questions, gallery: Gallery, static: Path = STATIC) -> ASGIApp:
    """The whole application.

    Args:
        questions: what the API answers.
        gallery: its pictures.
        static: the folder of the page. Which files there are is looked at once, so no path can leave it.
    """
    handlers: dict[Any, Callable[..., Any]] = {HTTPException: _as_json, Exception: _as_fault}
    app = Starlette(routes=[*routes(questions, gallery, Answerer()), *_files(static)], exception_handlers=handlers)
    app.router.redirect_slashes = False
    return Guard(app)


def _files(folder: Path) -> list[Route]:
    home = folder.resolve()
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.resolve().is_relative_to(home)]
    served = [Route(f"/{path.relative_to(folder).as_posix()}", _sender(path), methods=["GET"]) for path in found]
    index = folder / "index.html"
    return [*served, *([Route("/", _sender(index), methods=["GET"])] if index in found else [])]


def _sender(path: Path) -> Callable[[Request], Response]:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"

    def send(request: Request) -> Response:
        return Response(path.read_bytes(), media_type=kind)

    return send


async def _as_json(request: Request, error: HTTPException) -> Response:
    what = {404: "There is nothing at this path.", 405: "This path has no such method."}.get(error.status_code)
    hint = "GET /openapi.json lists what there is."
    return as_error(RefusedError(what or "The request was refused.", hint, error.status_code))


async def _as_fault(request: Request, error: Exception) -> Response:
    return as_error(RefusedError("tk itself failed.", "The terminal of tk serve shows where.", 500))


def listen(port: int | None) -> socket.socket:
    """A listening socket on the loopback address: on a port, or on the first free one from PORT on for None.

    Port 0 is any free one. Errors: TaskonomyError where the port is taken.
    """
    for number in range(PORT, PORT + _TRIED) if port is None else (port,):
        # Without the protocol's name asyncio leaves Nagle's algorithm on, which holds every answer back for 40 ms.
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((ADDRESS, number))
            bound.listen()
        except OSError as error:
            bound.close()
            reason = error.strerror or str(error)
            continue
        return bound
    where = f"Port {port} of {ADDRESS} is not free" if port is not None else f"No port from {PORT} on is free"
    raise TaskonomyError(f"{where} ({reason}).", "Choose another; type: tk serve --port 0")


def run(app: ASGIApp, bound: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until Ctrl-C or a signal to end; `ready` is called once requests are answered."""
    config = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    _Server(config, ready).run(sockets=[bound])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            self._ready()
