"""What was trained and when: the part of a report that only a project has. Imports no torch."""

from __future__ import annotations

import platform
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from taskonomy_cli.commands import sanity
from taskonomy_cli.measured import share
from taskonomy_cli.report.tables import Table
from taskonomy_cli.wording import duration, megabytes, part_name, several
from taskonomy_core import __version__
from taskonomy_core.ledger.jobs import NETWORK, SCRATCH
from taskonomy_core.ledger.plan import DONE, FAILED, NEW, RUNNING, STALE
from taskonomy_core.ledger.project import Project, results_of_today
from taskonomy_core.ledger.store import Store
from taskonomy_core.ledger.trials import Trials, read_trials

if TYPE_CHECKING:
    from taskonomy_core.ledger.plan import Plan
    from taskonomy_core.ledger.records import Card, Result
    from taskonomy_core.taxonomy.sanity import Sanity, Summary

_PACKAGES = ("torch", "torchvision", "numpy", "scipy", "highspy")


@dataclass(frozen=True)
class Run:
    """What was trained.

    Attributes:
        facts: (what, how much) for a list.
        tables: jobs, tasks, settings and versions.
        troubles: why tasks take no part and jobs are missing; sentences.
        sanity: the paper's Table 1 for this run.
    """

    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    troubles: tuple[str, ...]
    sanity: Table


def read_run(project: Project) -> Run:
    """Read what the ledger says of the results that count today. Errors: LedgerError where it is damaged."""
    with Store.open(project.folder, create=False) as store:
        plan, cards, snapshot, used = project.plan(store), store.cards(), store.snapshot(), store.bytes_used()
        recorded = store.facts()
        keys = project.planner(store).keys
        trials = read_trials(project, store)
    counted = [result for result, _ in results_of_today(keys, snapshot)]
    table = _sanity(trials)
    facts = tuple(_facts(project, counted, recorded, used))
    tables = (_jobs(plan, counted), _tasks(project, cards, counted), _settings(project), _versions())
    return Run(facts, tables, tuple(_troubles(plan)), table)


def _facts(
    project: Project, counted: list[Result], recorded: Mapping[str, str], used: int
) -> Iterator[tuple[str, str]]:
    yield "Results", f"{len(counted)}, {megabytes(used)} on disk"
    times = sorted(result.finished for result in counted if result.finished)
    if times:
        yield "Trained", f"{_moment(times[0])} to {_moment(times[-1])} UTC"
    spent = sum(result.seconds for result in counted)
    runs = len({result.run for result in counted})
    machines = len({result.host for result in counted if result.host})
    yield (
        "Processor time",
        f"{duration(spent)}, in {several(runs, 'run')}" + (f" on {several(machines, 'machine')}" if machines else ""),
    )
    counts = project.recipe.counts
    side = project.recipe.size.image
    yield "Images", f"{', '.join(f'{count} {split}' for split, count in counts.items())}; {side} x {side} pixels"
    yield "Data source", f"{project.roster.data['source']}, fingerprint {recorded.get(project.data_fact, 'unknown')}"
    yield "Encoder", f"{project.recipe.encoder}, version {recorded.get(project.encoder_fact, 'unknown')}"
    yield "Preset and seed", f"{project.roster.preset}, seed {project.roster.seed}"


def _moment(finished: str) -> str:
    """ "2026-11-23T08:05:12.123" -> "2026-11-23 08:05"."""
    return finished[:16].replace("T", " ")


def _jobs(plan: Plan, counted: list[Result]) -> Table:
    seconds: dict[tuple[str, int], float] = defaultdict(float)
    for result in counted:
        seconds[result.kind, len(result.sources)] += result.seconds
    left = (RUNNING, NEW, STALE, FAILED)
    rows = [
        [part_name(*part), str(counts[DONE]), str(sum(counts[state] for state in left)), duration(seconds[part])]
        for part, counts in plan.counts().items()
        if sum(counts.values())
    ]
    columns = ("What", "Trained", "Not trained", "Processor time")
    return Table("Networks and transfers", columns, rows, columns[1:])


def _tasks(project: Project, cards: Mapping[str, Card], counted: list[Result]) -> Table:
    figures = {(result.kind, result.target): result.metrics for result in counted}
    rows = []
    for name, task in project.roster.tasks.items():
        card = cards.get(name)
        rows.append(
            [
                name,
                card.title if card else "",
                card.group if card else "",
                task.role,
                f"{task.cost:g}",
                f"{task.weight:g}",
                str(task.version),
                _quoted(figures.get((NETWORK, name), {})),
                _quoted(figures.get((SCRATCH, name), {})),
            ]
        )
    columns = ("Task", "Title", "Group", "Role", "Cost", "Weight", "Version", "Own network", "From scratch")
    return Table("Tasks", columns, rows, ("Cost", "Weight", "Version"), "Figures are those of the test images.")


def _quoted(metrics: Mapping[str, float]) -> str:
    return "; ".join(f"{name} {value:.4g}" for name, value in metrics.items())


def _settings(project: Project) -> Table:
    rows = [[name, _said(value)] for name, value in _flat(asdict(project.recipe))]
    rows += [[f"data.{name}", _said(value)] for name, value in sorted(project.roster.data_options.items())]
    return Table("Settings", ("Setting", "Value"), rows)


def _flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _said(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return " ".join(str(tuple(part)) if isinstance(part, (tuple, list)) else str(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _versions() -> Table:
    rows = [["taskonomy", __version__], ["Python", platform.python_version()]]
    for package in _PACKAGES:
        try:
            rows.append([package, version(package)])
        except PackageNotFoundError:
            rows.append([package, "not installed"])
    note = "Of the machine that wrote this report, on the day it was written."
    return Table("Versions", ("Program", "Version"), rows, note=note)


def _troubles(plan: Plan) -> Iterator[str]:
    for part in plan.left_out.values():
        yield part.sentence
    for planned in plan.of(FAILED):
        yield f"The {planned.job.name} failed: {planned.reason}"
    missing = len(plan.of(NEW, STALE, RUNNING))
    if missing:
        yield f"{several(missing, 'job')} of this project {'is' if missing == 1 else 'are'} not trained yet."


def _sanity(trials: Trials) -> Table:
    from taskonomy_core.taxonomy.published_sanity import PUBLISHED_MEAN
    from taskonomy_core.taxonomy.sanity import summary

    reasons: dict[str, str] = {}
    rows = [sanity.compared(trial, reasons) for trial in trials.tasks]
    total = summary(rows)
    lines = [[row.task, *_beside(row, sanity.published(row.task)), str(row.images or "-")] for row in rows]
    lines.append(["Mean", *_beside(total, PUBLISHED_MEAN), ""])
    note = (
        f"{total.over_half} of {total.tasks} networks beat their constant on more than half of the images, "
        f"{total.over_three_quarters} on more than three quarters."
    )
    note = " ".join([note, *(f"{task}: {reason}." for task, reason in sorted(reasons.items()))])
    columns = ("Task", "Beats the constant", "Paper", "Beats a random encoder", "Paper's", "Images")
    return Table(
        "Share of test images on which a task's own network has the lower loss", columns, lines, columns[1:], note
    )


def _beside(ours: Sanity | Summary, paper: tuple[float | None, float | None]) -> list[str]:
    """Shares that beat the constant and a random encoder, each beside the paper's, which are in per cent."""
    constant, random = (None if number is None else number / 100 for number in paper)
    return [share(number) for number in (ours.over_constant, constant, ours.over_random, random)]
