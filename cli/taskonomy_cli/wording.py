"""How jobs, numbers of them and times are called wherever a command tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from taskonomy_core.ledger.estimate import Estimate
from taskonomy_core.ledger.jobs import CONSTANT, NETWORK, REFERENCE, SCRATCH, TRANSFER

if TYPE_CHECKING:
    from taskonomy_core.ledger.plan import PlannedJob

GROUP = 6  # transfers that train together, unless --group says otherwise

_KINDS = {
    NETWORK: "task network",
    TRANSFER: "transfer",
    SCRATCH: "from-scratch network",
    CONSTANT: "constant",
    REFERENCE: "reference readout",
}


def plain_job(planned: PlannedJob) -> dict[str, Any]:
    """A job for JSON: what it is, where it stands and why."""
    kind, target, sources = planned.job.identity
    return {
        "kind": kind,
        "target": target,
        "sources": list(sources),
        "state": planned.state,
        "reason": planned.reason,
    }


def part_name(kind: str, order: int) -> str:
    """What jobs of a kind and order are called together: "task networks", "transfers from 2 sources"."""
    if kind != TRANSFER:
        return f"{_KINDS[kind]}s"
    return f"transfers from {order} sources" if order > 1 else "transfers from 1 source"


def counted(kinds: Iterable[str]) -> str:
    """ "2 task networks, 1 transfer" for the kinds of several jobs; "nothing" for none."""
    found = list(kinds)
    numbers = {kind: found.count(kind) for kind in _KINDS}
    return ", ".join(several(number, _KINDS[kind]) for kind, number in numbers.items() if number) or "nothing"


def several(number: int, noun: str) -> str:
    """ "1 job", "2 jobs"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """A time as people say it, two figures at most: "40 s", "3 min", "2.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h"


def estimated(estimate: Estimate) -> str:
    """An estimate as people say it: "3 min", "over 3 min" where some is unknown, "unknown" where all is."""
    if not estimate.unknown:
        return duration(estimate.seconds)
    return f"over {duration(estimate.seconds)}" if estimate.seconds else "unknown"


def megabytes(size: int) -> str:
    """A size on disk: "0.4 MiB", "2.1 GiB"."""
    return f"{size / 2**20:.1f} MiB" if size < 2**30 else f"{size / 2**30:.1f} GiB"


def failures(reasons: Mapping[str, str]) -> list[str]:
    """One line for each failed job: its name and its reason."""
    return [f"  {name}: {reason}" for name, reason in sorted(reasons.items())]
