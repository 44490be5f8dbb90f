"""`tk export`: measurements as a file that others can read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskonomy_cli.measured import Measured, read
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Terminal

if TYPE_CHECKING:
    from taskonomy_core.taxonomy.measurements import Measurements


@click.command()
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--from",
    "source",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Convert a file of tk export, or the authors' results (file or folder), and no project.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the JSON; FILE may then be left out.")
@click.pass_obj
def command(session: Session, file: Path | None, source: Path | None, as_json: bool) -> None:
    """Write every measured transfer to FILE, as CSV or JSON by its ending.

    Per transfer: target, sources, order, affinity, gain, quality. JSON also has title, group, role, costs and weight
    of the tasks. Whatever reads measurements takes such a file with --from; docs/measurements.md describes it.
    """
    from taskonomy_core.taxonomy.exchange import check_ending, write_measurements
    from taskonomy_core.taxonomy.json_format import json_value

    if file is None and not as_json:
        raise click.UsageError("Give FILE, ending in .csv or .json, or --json.")
    if file is not None:
        check_ending(file)
    measurements = with_transfers(session.terminal, read(session, source, everything=True))
    if file is not None:
        write_measurements(measurements, file)
        transfers = sum(not edge.supervised for edge in measurements.affinity.edges)
        targets = len(measurements.affinity.targets)
        counted = f"{transfers:,} transfer{'s' * (transfers != 1)} to {targets} target{'s' * (targets != 1)}"
        session.terminal.say(f"Written: {file} ({counted})")
    if as_json:
        session.terminal.answer_json(json_value(measurements))


def with_transfers(terminal: Terminal, measured: Measured) -> Measurements:
    """What was measured, without targets that have only their own network: there is nothing to compare it with yet.

    Facts stay of the tasks that are left.
    """
    from taskonomy_core.taxonomy.affinity import Affinity
    from taskonomy_core.taxonomy.measurements import Measurements, mentioned

    served = {edge.target for edge in measured.affinity.edges if not edge.supervised}
    for target in measured.affinity.targets:
        if target not in served:
            terminal.warn(f"{target} is left out: no transfer to it is trained yet. Type: tk transfer")
    edges = tuple(edge for edge in measured.affinity.edges if edge.target in served)
    images = {target: count for target, count in measured.affinity.images.items() if target in served}
    affinity = Affinity(edges, images)
    facts = {name: measured.facts[name] for name in mentioned(affinity) if name in measured.facts}
    return Measurements(affinity, facts, measured.origin)
