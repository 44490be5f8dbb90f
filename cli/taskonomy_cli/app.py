"""`tk`: a table of commands, each imported when it is typed, and the one place where errors become sentences."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click

from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Terminal
from taskonomy_core import __version__
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.registry.naming import nearest

# In the order in which a newcomer meets them. Command NAME is `command` in taskonomy_cli.commands.NAME.
COMMANDS = {
    "init": "Write registry.toml for a new project.",
    "tasks": "List the tasks that are installed and registered.",
    "register": "Add a task: an installed one by name, or a single file.",
    "unregister": "Take a task out; its results are kept.",
    "new": "Write the beginning of a task of your own.",
    "check": "Hold a task against every rule of the contract.",
    "plan": "Show what would be trained, and how long it would take.",
    "why": "Explain one result: what made it, and what it needs.",
    "transfer": "Train what is new or stale.",
    "affinity": "Draw the affinity matrix.",
    "export": "Write the measurements to a file, as CSV or JSON.",
    "sanity": "Hold networks against the best constant and a random encoder.",
    "taxonomy": "Solve for the tasks that are worth labelling.",
    "recommend": "Rank what one unlabelled task should be transferred from.",
    "significance": "Hold the taxonomy against random ones.",
    "similarity": "Group tasks by how they transfer out.",
    "serve": "Open the page: choose, see, change your mind.",
    "report": "Write one self-contained HTML file of a run.",
    "predict": "Apply a trained network or transfer to pictures of your own.",
    "plugins": "List what is installed, and why something is not used.",
    "status": "Show what is done and what is left.",
    "gc": "Remove stored results that nothing needs any more.",
    "doctor": "Look for what is missing or broken on this machine.",
    "demo": "Run everything once, small, in a folder of its own.",
}

EXPECTED_ERROR = 2
INTERRUPTED = 130


class CommandTable(click.Group):
    """A group that knows its commands' names and one-line helps without importing any of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None for a name that is not in the table."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"taskonomy_cli.commands.{cmd_name}").command
        command.short_help = COMMANDS[cmd_name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table into `tk --help`."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed, or name the nearest ones."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise TaskonomyError(f"There is no command {args[0]!r}.{nearest(args[0], COMMANDS)}", "Type: tk --help")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Every expected error of the program ends here; all others keep their traceback."""
        try:
            return super().invoke(ctx)
        except TaskonomyError as error:
            Terminal().fail(error.message, error.hint)
            ctx.exit(EXPECTED_ERROR)
        except KeyboardInterrupt:
            Terminal().say("\nStopped. Type the same command to go on where it stopped.")
            ctx.exit(INTERRUPTED)


@click.group(cls=CommandTable, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--registry",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The registry.toml to work on [default: nearest upwards].",
)
@click.option(
    "--disable",
    metavar="NAME",
    multiple=True,
    help="Run without a plugin, as if it were not installed: a task, KIND.NAME or package[entry]; repeatable.",
)
@click.version_option(__version__, prog_name="tk", message="%(prog)s %(version)s")
@click.pass_context
def tk(ctx: click.Context, registry: Path | None, disable: tuple[str, ...]) -> None:
    """Which visual tasks to label, and which to transfer from."""
    ctx.obj = Session(registry)
    if disable:
        from taskonomy_cli.disabling import doing_without

        ctx.with_resource(doing_without(ctx.obj, disable))


def main() -> None:
    """The console script. A broken pipe ends quietly with code 1 (click); see CommandTable.invoke for the rest."""
    tk()
