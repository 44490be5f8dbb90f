"""Loss columns: what one contestant lost on each test image of one target, and how several are laid side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taskonomy_core.errors import TaxonomyError

SELF = "self"
SCRATCH = "scratch"
CONSTANT = "constant"
REFERENCES = (SELF, SCRATCH, CONSTANT)

_AGAIN = "Evaluate both on one test split, then type: tk transfer"


@dataclass(frozen=True, order=True)
class Contestant:
    """Who produced a column: a transfer from `sources`, or one of the reference networks.

    `reference` is "" for a transfer, "self" for the target's own task-specific network, "scratch" for the same network
    trained from pixels on the transfer split (the baseline of gain), "constant" for the best constant prediction.
    """

    sources: tuple[str, ...] = ()
    reference: str = ""

    @property
    def label(self) -> str:
        """What people read: "denoising + normals", or "self"."""
        return self.reference or " + ".join(self.sources)


@dataclass(frozen=True, eq=False)
class LossColumn:
    """Losses of one contestant on the test images of `target`; lower is better.

    Attributes:
        target: the task whose loss it is.
        sources: names of the source tasks, sorted; empty for a reference.
        reference: "" (a transfer), "self", "scratch" or "constant"; see Contestant.
        image_ids: int64 [N], each id once, in any order.
        losses: float64 [N]; NaN where the image has no label for the target.

    The arrays are copied and made read-only. A column that cannot be compared (a repeated image, an infinite loss)
    raises a TaxonomyError.
    """

    target: str
    sources: tuple[str, ...]
    reference: str
    image_ids: NDArray[np.int64]
    losses: NDArray[np.float64]

    def __post_init__(self) -> None:
        ids = np.array(self.image_ids, dtype=np.int64)
        losses = np.array(self.losses, dtype=np.float64)
        object.__setattr__(self, "sources", tuple(sorted(self.sources)))
        if bool(self.sources) == bool(self.reference) or self.reference not in ("", *REFERENCES):
            raise TaxonomyError(
                f"A loss column of {self.target} has sources {self.sources} and reference {self.reference!r}; "
                f"it needs either sources or one of {', '.join(REFERENCES)}."
            )
        if len(set(self.sources)) < len(self.sources):
            raise TaxonomyError(f"The loss column of {self.name} names a source twice.")
        if ids.ndim != 1 or ids.shape != losses.shape:
            raise TaxonomyError(
                f"The loss column of {self.name} has image ids of shape {ids.shape} and losses of shape {losses.shape}."
            )
        if len(np.unique(ids)) < len(ids):
            raise TaxonomyError(f"The loss column of {self.name} scores an image twice.", _AGAIN)
        if np.isinf(losses).any():
            raise TaxonomyError(f"The loss column of {self.name} holds an infinite loss.", _AGAIN)
        for name, values in (("image_ids", ids), ("losses", losses)):
            values.setflags(write=False)
            object.__setattr__(self, name, values)

    @property
    def contestant(self) -> Contestant:
        """Who produced it."""
        return Contestant(self.sources, self.reference)

    @property
    def name(self) -> str:
        """What messages call it: "denoising + normals -> layout"."""
        return f"{self.contestant.label} -> {self.target}"

    @staticmethod
    def transfer(target: str, sources: Iterable[str], image_ids: ArrayLike, losses: ArrayLike) -> LossColumn:
        """The column of a transfer."""
        return LossColumn(target, tuple(sources), "", np.asarray(image_ids), np.asarray(losses))

    @staticmethod
    def of_reference(target: str, reference: str, image_ids: ArrayLike, losses: ArrayLike) -> LossColumn:
        """The column of "self", "scratch" or "constant"."""
        return LossColumn(target, (), reference, np.asarray(image_ids), np.asarray(losses))


@dataclass(frozen=True, eq=False)
class AlignedLosses:
    """Columns of one target on the same images.

    Attributes:
        target: the task.
        contestants: one per row, sorted (references first, then transfers by their sources).
        image_ids: int64 [N], ascending.
        losses: float64 [contestants, N].
    """

    target: str
    contestants: tuple[Contestant, ...]
    image_ids: NDArray[np.int64]
    losses: NDArray[np.float64]


def align(columns: Iterable[LossColumn]) -> AlignedLosses:
    """Lay the columns of one target side by side, or refuse with a TaxonomyError that names both columns.

    Columns may list their images in any order, but must have the same ones: a win rate over other images is another
    measure.
    """
    ordered = sorted(columns, key=lambda column: (column.target, column.contestant))
    if not ordered:
        raise TaxonomyError("There are no losses to compare.", "Train transfers first; type: tk transfer")
    first = ordered[0]
    ids = np.sort(first.image_ids)
    rows = np.empty((len(ordered), len(ids)))
    for row, column in enumerate(ordered):
        if column.target != first.target:
            raise TaxonomyError(f"{first.name} and {column.name} have different targets and cannot be compared.")
        if row and column.contestant == ordered[row - 1].contestant:
            raise TaxonomyError(f"There are two loss columns of {column.name}.", "Keep one; type: tk status")
        order = np.argsort(column.image_ids)
        if not np.array_equal(column.image_ids[order], ids):
            differing = len(np.setxor1d(column.image_ids, ids))
            raise TaxonomyError(
                f"{first.name} and {column.name} were not scored on the same images "
                f"({len(ids)} and {len(column.image_ids)} images; {differing} in only one of them).",
                _AGAIN,
            )
        rows[row] = column.losses[order]
    return AlignedLosses(first.target, tuple(column.contestant for column in ordered), ids, rows)
