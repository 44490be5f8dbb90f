"""`tk serve`: the taxonomy as a page in the browser, on this machine alone."""

from __future__ import annotations

import importlib.util
import threading
import webbrowser
from typing import TYPE_CHECKING

import click

from taskonomy_cli.asked import From, from_options
from taskonomy_cli.session import Session
from taskonomy_core.errors import TaskonomyError

if TYPE_CHECKING:
    from taskonomy_core.ledger.showroom import Showroom

_NEEDS = ("starlette", "uvicorn")


@click.command()
@from_options
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port; 0 for any that is free [default: 8642, or the next that is free].",
)
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
@click.pass_context
def command(ctx: click.Context, origin: From, port: int | None, no_open: bool) -> None:
    """Open the page: choose tasks, roles and a budget, see the taxonomy, change your mind.

    It answers on the loopback address alone, until Ctrl-C. Scripts may ask the same: docs/page-api.md.
    """
    session: Session = ctx.obj
    if not all(importlib.util.find_spec(name) for name in _NEEDS):
        raise TaskonomyError("The page needs two packages more.", 'Type: pip install "taskonomy[page]"')
    measured = origin.read(session)
    from taskonomy_cli.page import server
    from taskonomy_cli.page.questions import Questions
    from taskonomy_cli.page.showing import Gallery

    showroom = _showroom(session) if origin.path is None else None
    start = origin.command(ctx.find_root().params.get("registry"))
    questions = Questions(measured, start, pictures=showroom is not None)
    app = server.application(questions, Gallery(measured, showroom))
    bound = server.listen(port)
    address = f"http://{server.ADDRESS}:{bound.getsockname()[1]}/"

    def ready() -> None:
        session.terminal.answer(address)
        session.terminal.say("Press Ctrl-C to end.")
        if not no_open:
            # A browser of the terminal would hold up whoever opens it.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    try:
        server.run(app, bound, ready)
    except KeyboardInterrupt:
        session.terminal.say("Ended.")


def _showroom(session: Session) -> Showroom | None:
    """The pictures of the project, if any network can be shown; the first one asked for imports torch."""
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.showroom import Showroom

    showroom = Showroom(Project(session.roster, session.recipe))
    return showroom if showroom.tasks() else None
