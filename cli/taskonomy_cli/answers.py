"""How taxonomies are told: in a table for people, as plain data for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from taskonomy_cli.measured import share
from taskonomy_cli.terminal import Styled, Table, Terminal
from taskonomy_core.taxonomy.policies import performance
from taskonomy_core.taxonomy.taxonomy import OPTIMAL, Taxonomy

if TYPE_CHECKING:
    from taskonomy_core.taxonomy.chosen import Chosen
    from taskonomy_core.taxonomy.problem import Problem
    from taskonomy_core.taxonomy.significance import Measure, Significance
    from taskonomy_core.taxonomy.staircase import Staircase

OBJECTIVE = "objective"  # the measure of significance that is no share

_FOOTNOTE = (
    "Gain: share of test images on which it beats training from scratch on the same labels; quality: beats the "
    "fully supervised network (50 %: as good)."
)


def plain(answer: Taxonomy) -> dict[str, object]:
    """A taxonomy for JSON: what it is, and its mean gain and quality."""
    mean = performance(answer)
    return answer.plain() | {"mean": {"gain": mean.gain, "quality": mean.quality}}


def plain_others(best: Taxonomy, others: Sequence[Taxonomy]) -> list[dict[str, object]]:
    """The next-best taxonomies for JSON, each with what it loses."""
    return [{**plain(other), "loss": _loss(best, other)} for other in others]


def plain_staircase(found: Staircase, problem: Problem) -> dict[str, object]:
    """The staircase for JSON."""
    return {
        "order": problem.max_order,
        "objective": problem.objective,
        "solver": found.solver,
        "reason": found.reason,
        "steps": [{**plain(step.taxonomy), **step.changes()} for step in found.steps],
        "spans": {source: [list(span) for span in spans] for source, spans in found.spans().items()},
    }


def plain_significance(found: Significance, draws: int) -> dict[str, object]:
    """A taxonomy against chance for JSON."""
    best = found.taxonomy
    return {
        "budget": best.budget,
        "order": best.max_order,
        "objective": best.objective_name,
        "draws": draws,
        "seed": found.seed,
        "measures": [measure.plain() for measure in found.measures],
        "taxonomy": plain(best),
    }


def left_unused(answer: Taxonomy, roles: Mapping[str, str]) -> list[str]:
    """The tasks that are neither labelled nor served, sorted."""
    unused = sorted(name for name, role in roles.items() if name not in answer.sources and role != "target")
    return [name for name in unused if answer.edge(name) is None]


def teller(measure: Measure, digits: int = 4) -> Callable[[float], str]:
    """How the numbers of a measure are told: an objective with so many digits, a share in percent."""
    return f"{{:.{digits}f}}".format if measure.name == OBJECTIVE else share


def chance_rows(found: Sequence[Significance], digits: int = 4) -> tuple[list[str], list[list[str]]]:
    """The names of the measures, and a row per budget: of each measure the best, random ones (mean ± spread), and p."""
    names = [measure.name for measure in max((each.measures for each in found), key=len)]
    rows = []
    for each in found:
        measures = {measure.name: measure for measure in each.measures}
        row = [f"{each.taxonomy.budget:g}"]
        for measure in map(measures.get, names):
            if measure is None:
                row += ["-", "-", "-"]
            else:
                tell = teller(measure, digits)
                row += [tell(measure.value), f"{tell(measure.mean)} ± {tell(measure.spread)}", f"{measure.p:.2g}"]
        rows.append(row)
    return names, rows


def print_taxonomy(terminal: Terminal, answer: Taxonomy, chosen: Chosen | None = None) -> None:
    """What to label, a row per target, the means, and how sure it is."""
    labels = ", ".join(answer.sources)
    terminal.answer(f"Label {len(answer.sources)} of the tasks (cost {answer.cost:g} of {answer.budget:g}): {labels}")
    terminal.answer("")
    rows: list[list[str | Styled]] = []
    for edge in sorted(answer.edges, key=lambda edge: (not edge.supervised, edge.target)):
        how = Styled("its own labels", "green") if edge.supervised else " + ".join(edge.sources)
        sure = [] if chosen is None else [share(chosen.edge(edge))]
        rows.append([edge.target, how, share(edge.gain), share(edge.quality), *sure])
    columns = ("target", "features from", "gain", "quality", *(() if chosen is None else ("chosen",)))
    terminal.answer(Table(columns, rows, right=("gain", "quality", "chosen")))
    mean = performance(answer)
    terminal.answer("")
    terminal.answer(
        f"Mean gain {share(mean.gain)}, mean quality {share(mean.quality)}. "
        f"Objective {answer.objective:.4f} ({answer.objective_name}), {answer.sure}{gap(answer)}."
    )
    if chosen is not None:
        _print_chosen(terminal, answer, chosen)
    terminal.say(_FOOTNOTE)


def print_alternatives(terminal: Terminal, best: Taxonomy, others: Sequence[Taxonomy]) -> None:
    """The next-best sets of labels: what each swaps, and what that loses."""
    terminal.answer("")
    if best.status != OPTIMAL:
        terminal.answer("The best is not proved, so no next best can be told.")
        return
    if not others:
        terminal.answer("No other set of labels serves every target within the budget.")
        return
    rows = []
    for other in others:
        into = " ".join(f"+{name}" for name in other.sources if name not in best.sources)
        out = " ".join(f"-{name}" for name in best.sources if name not in other.sources)
        mean, loss = performance(other), _loss(best, other)
        how = "a tie" if loss <= 0 else f"-{loss:.4f} ({loss / max(abs(best.objective or 0.0), 1e-12):.1%})"
        rows.append([f"{into} {out}".strip(), f"{other.cost:g}", how, share(mean.gain), share(mean.quality)])
    columns = ("next best: instead", "cost", "objective", "gain", "quality")
    terminal.answer(Table(columns, rows, right=("cost", "objective", "gain", "quality")))


def print_staircase(terminal: Terminal, found: Staircase, problem: Problem) -> None:
    """A row per step: from which budget on, what enters and leaves, and what it is worth."""
    rows = []
    for step in found.steps:
        answer = step.taxonomy
        mean = performance(answer)
        changes = " ".join([*(f"+{name}" for name in step.enters), *(f"-{name}" for name in step.leaves)])
        rows.append(
            [
                f"{step.budget:g}",
                str(len(answer.sources)),
                changes,
                share(mean.gain),
                share(mean.quality),
                f"{answer.objective:.4f}",
                answer.sure + gap(answer),
            ]
        )
    columns = ("budget", "labels", "enters (+), leaves (-)", "gain", "quality", "objective", "")
    terminal.answer(Table(columns, rows, right=("budget", "labels", "gain", "quality", "objective")))
    terminal.answer("")
    last = found.steps[-1]
    terminal.answer(
        f"Below {found.steps[0].budget:g} some target cannot be served; above {last.budget:g} more labels add nothing "
        f"({problem.objective}, order {problem.max_order})."
    )
    terminal.say(_FOOTNOTE)


def _print_chosen(terminal: Terminal, answer: Taxonomy, chosen: Chosen) -> None:
    terminal.answer("")
    terminal.answer(
        f"Of {chosen.draws} resamples of the test images, {share(chosen.same_sources)} label exactly these; "
        f"95 % of them have mean gain {_interval(chosen.gain)}, mean quality {_interval(chosen.quality)}."
    )
    rows = [
        [source, share(often), "labelled" if source in answer.sources else ""]
        for source, often in chosen.sources.items()
        if often or source in answer.sources
    ]
    terminal.answer("")
    terminal.answer(Table(("source", "chosen", "here"), rows, right=("chosen",)))


def _interval(ends: tuple[float, float] | None) -> str:
    return "-" if ends is None else f"{share(ends[0])} to {share(ends[1])}"


def gap(answer: Taxonomy) -> str:
    """How far below the best an answer may be, in words; "" for a proved one."""
    return "" if not answer.gap else f", at most {answer.gap:.1%} below the best"


def _loss(best: Taxonomy, other: Taxonomy) -> float:
    """What another taxonomy's objective lacks; 0 for a tie."""
    from taskonomy_core.taxonomy.solver import TIE

    lost = (best.objective or 0.0) - (other.objective or 0.0)
    return 0.0 if lost <= TIE * max(1.0, abs(best.objective or 0.0)) else lost
