"""What a report holds, gathered from measurements; everything that needs no losses is there for files too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup

from taskonomy_cli import answers
from taskonomy_cli.measured import share
from taskonomy_cli.report.inline_svg import drawn
from taskonomy_cli.report.tables import Table
from taskonomy_cli.wording import several
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.taxonomy.policies import performance
from taskonomy_core.taxonomy.taxonomy import OPTIMAL, Taxonomy

if TYPE_CHECKING:
    from taskonomy_cli.measured import Measured
    from taskonomy_core.taxonomy.problem import Problem
    from taskonomy_core.taxonomy.staircase import Staircase, Step

Tell = Callable[[int, int, str], None]

# Bytes. Of the graphs of all budgets those nearest to the chosen one come first.
_GRAPHS, _STAIRCASE = 5_000_000, 4_000_000
_GROUPS = 4
_BEST = 3  # single sources that everyone sees


@dataclass(frozen=True)
class Part:
    """A drawing with its tables, or the reason why there is none; `more` are tables that only some will open."""

    drawing: Markup | None = None
    tables: tuple[Table, ...] = ()
    reason: str = ""
    more: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Budget:
    """One step of the staircase.

    Attributes:
        budget: from which on it is the best; `until`: to below which, "" for the last.
        said: what it is, in a sentence.
        labels: what is to be labelled.
        part: graph and table.
        command: what gives the same in a terminal.
    """

    budget: str
    until: str
    said: str
    labels: str
    part: Part
    command: str


@dataclass(frozen=True)
class Budgets:
    """All steps; `chosen` is the number of the one that is shown first."""

    steps: tuple[Budget, ...]
    chosen: int
    staircase: Part


def affinities(measured: Measured, losses: Mapping[tuple[str, str], float]) -> Part:
    """The matrix before and after AHP, and the best transfers of every target."""
    from taskonomy_core.report.affinity_picture import draw_affinity

    found = measured.affinity
    draw = partial(draw_affinity, found, titles=measured.titles, groups=measured.groups, losses=losses)
    label = "Affinity matrix, targets by sources, before and after AHP. The tables below say the same in words."
    rows, ranked = [], []
    for target in found.targets:
        into = [edge for edge in found.into(target) if edge.affinity is not None]
        single = [edge for edge in into if edge.order == 1 and target not in edge.sources]
        best = next((edge for edge in into if not edge.supervised and target not in edge.sources), None)
        rows.append(
            [
                target,
                " + ".join(best.sources) if best else "-",
                _score(best.affinity) if best else "-",
                share(best.gain) if best else "-",
                share(best.quality) if best else "-",
                ", ".join(f"{edge.sources[0]} {_score(edge.affinity)}" for edge in single[:_BEST]) or "-",
            ]
        )
        ranked.append([target, ", ".join(f"{edge.sources[0]} {_score(edge.affinity)}" for edge in single)])
    columns = ("Target", "Best transfer of any order", "Affinity", "Gain", "Quality", "Best single sources")
    note = (
        "Affinity: a transfer's share of the AHP mass of all that was measured for this target; those of different "
        "targets compare only as ranks."
    )
    table = Table("The best transfers to every target", columns, rows, columns[2:5], note)
    every = Table("Every single source, best first", ("Target", "Sources and their affinities"), ranked)
    return Part(drawn(draw, label, "affinity", themed=False), (table,), more=(every,))


def _score(affinity: float | None) -> str:
    return "-" if affinity is None else f"{affinity:.4f}" if affinity >= 5e-5 else "<0.0001"


def budgets(
    measured: Measured,
    roles: Mapping[str, str],
    problem: Problem,
    found: Staircase,
    wanted: float,
    command: Callable[[str], str],
    tell: Tell,
) -> Budgets:
    """The best taxonomy at every budget, each with its graph.

    Args:
        measured, roles: for titles, and for what takes no part.
        problem, found: what was asked, and the staircase of it.
        wanted: the budget that is shown first.
        command: budget -> what to type for the same taxonomy; for "", what to type for all of them.
        tell: told how many graphs are drawn.
    """
    from taskonomy_core.report.budgets_picture import draw_budgets

    label = "Staircase: mean gain and quality, labelled tasks and every target's scores, by budget."
    drawing = drawn(partial(draw_budgets, found, titles=measured.titles), label, "staircase", themed=False)
    if not found.steps:
        return Budgets((), 0, Part(drawing, reason=f"Infeasible at every budget: {found.reason}."))
    chosen = max([number for number, step in enumerate(found.steps) if step.budget <= wanted], default=0)
    graphs: dict[int, Markup] = {}
    room = _GRAPHS
    nearest = sorted(range(len(found.steps)), key=lambda number: abs(number - chosen))
    for done, number in enumerate(nearest, start=1):
        graph = _graph(measured, roles, found.steps[number].taxonomy, number)
        room -= len(graph)
        if room < 0 and graphs:
            tell(len(nearest), len(nearest), "Graphs")
            break
        graphs[number] = graph
        tell(done, len(nearest), "Graphs")
    steps = [_budget(step, graphs.get(number), command) for number, step in enumerate(found.steps)]
    large = len(drawing) > _STAIRCASE
    left_out = f"Its drawing is left out, to keep this file small; {command('')} draws it."
    stairs = Part(None if large else drawing, (_stairs(found, problem),), left_out if large else "")
    return Budgets(tuple(steps), chosen, stairs)


def _graph(measured: Measured, roles: Mapping[str, str], answer: Taxonomy, number: int) -> Markup:
    from taskonomy_core.report.taxonomy_picture import draw_taxonomy

    label = (
        f"Taxonomy at budget {answer.budget:g}: labelled tasks on the left feed targets on the right; see the table."
    )
    draw = partial(draw_taxonomy, answer, titles=measured.titles, unused=answers.left_unused(answer, roles))
    return drawn(draw, label, f"graph-{number}")


def _budget(step: Step, graph: Markup | None, command: Callable[[str], str]) -> Budget:
    answer, mean = step.taxonomy, performance(step.taxonomy)
    rows = [
        [
            edge.target,
            "its own labels" if edge.supervised else " + ".join(edge.sources),
            _score(edge.affinity),
            share(edge.gain),
            share(edge.quality),
        ]
        for edge in sorted(answer.edges, key=lambda edge: (not edge.supervised, edge.target))
    ]
    columns = ("Target", "Features from", "Affinity", "Gain", "Quality")
    said = (
        f"{several(len(answer.sources), 'task')} to label at cost {answer.cost:g}: mean gain {share(mean.gain)}, "
        f"mean quality {share(mean.quality)}; {answer.sure}{answers.gap(answer)}."
    )
    budget = f"{step.budget:g}"
    return Budget(
        budget,
        "" if step.until is None else f"{step.until:g}",
        said,
        ", ".join(answer.sources),
        Part(graph, (Table(f"Budget {budget}", columns, rows, columns[2:]),)),
        command(budget),
    )


def _stairs(found: Staircase, problem: Problem) -> Table:
    rows = []
    for step in found.steps:
        mean = performance(step.taxonomy)
        rows.append(
            [
                f"{step.budget:g}",
                str(len(step.taxonomy.sources)),
                ", ".join(step.enters) or "-",
                ", ".join(step.leaves) or "-",
                share(mean.gain),
                share(mean.quality),
                f"{step.taxonomy.objective:.4f}",
                "yes" if step.taxonomy.status == OPTIMAL else "no",
            ]
        )
    columns = ("Budget", "Labels", "Enter", "Leave", "Mean gain", "Mean quality", "Objective", "Proved best")
    note = (
        f"Objective: {problem.objective}, at most {several(problem.max_order, 'source')} to a transfer. Below "
        f"{found.steps[0].budget:g} some target cannot be served; above {found.steps[-1].budget:g} more adds nothing."
    )
    numbers = ("Budget", "Labels", "Mean gain", "Mean quality", "Objective")
    return Table("What every budget buys", columns, rows, numbers, note)


def chance(problem: Problem, staircase: Staircase, draws: int) -> Part:
    """The taxonomies of all budgets against random ones."""
    from taskonomy_core.report.significance_picture import draw_significance_curve
    from taskonomy_core.taxonomy.significance import significance_by_budget

    try:
        found = significance_by_budget(problem, draws, found=staircase)
    except TaskonomyError as error:
        return Part(reason=error.message)
    names, rows = answers.chance_rows(found, digits=3)
    columns = [
        "Budget",
        *(column for name in names for column in (name.capitalize(), f"Random {name}", f"p of {name}")),
    ]
    note = (
        f"{draws} random taxonomies at every budget: tasks are labelled in a random order while the budget lasts, and "
        "every target takes one of the edges from these labels. p: the share no worse than the best, itself among them."
    )
    label = "Gain and quality of the best and of random taxonomies over the budget; see the table."
    table = Table("The best taxonomy against random ones", columns, rows, columns, note)
    return Part(drawn(partial(draw_significance_curve, found), label, "chance"), (table,))


def likeness(measured: Measured, roles: Mapping[str, str]) -> Part:
    """The similarity tree and its groups."""
    from taskonomy_core.report.tree_picture import draw_tree
    from taskonomy_core.taxonomy.similarity import similarity_tree

    try:
        tree = similarity_tree(measured.affinity, unused=[name for name, role in roles.items() if role == "unused"])
    except TaskonomyError as error:
        return Part(reason=error.message)
    rows = [[str(number), ", ".join(group)] for number, group in enumerate(tree.groups(_GROUPS), start=1)]
    table = Table("Tasks that transfer out alike", ("Group", "Tasks"), rows)
    draw = partial(draw_tree, tree, groups=_GROUPS, titles=measured.titles)
    return Part(drawn(draw, "Similarity tree of the tasks; its groups are in the table.", "tree"), (table,))


def files_facts(measured: Measured) -> Sequence[tuple[str, str]]:
    """What is known where there is no run: how much a file holds."""
    edges = [edge for edge in measured.affinity.edges if not edge.supervised]
    by_order = [sum(edge.order == order for edge in edges) for order in range(1, measured.affinity.max_order + 1)]
    listed = ", ".join(f"{count} of order {order}" for order, count in enumerate(by_order, start=1) if count)
    images = sorted(set(measured.affinity.images.values()))
    facts = [
        ("Measurements", measured.origin),
        ("Tasks", f"{len(measured.affinity.targets)} targets, {len(measured.affinity.sources)} sources"),
        ("Transfers", f"{len(edges)}: {listed}"),
    ]
    if images:
        ends = f"{images[0]}" if len(images) == 1 else f"{images[0]} to {images[-1]}"
        facts.append(("Test images", f"{ends} per target"))
    return facts
