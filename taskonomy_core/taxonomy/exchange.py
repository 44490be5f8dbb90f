"""Reading what the authors published: affinities and win rates of the released experiments."""

from __future__ import annotations

import io
import pickle
import struct
from pathlib import Path
from typing import Any

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.aliases import our_name
from taskonomy_core.taxonomy.columns import SELF
from taskonomy_core.taxonomy.edges import Edge

_PIXELS = "pixels"
_WHERE = "The files are those of results/ in the authors' repository, StanfordVL/taskonomy."


def read_published(path: Path) -> dict[tuple[tuple[str, ...], str], float]:
    """Read one released file: (sources, target) -> number, in our task names.

    A key of the file is the names of the sources and the target joined by two underscores. The sources here are
    sorted; those of the target's own network are ("self",), those of the network trained from scratch ("pixels",).

    The files are pickles. They are read by an unpickler that knows two names, numpy's scalar and dtype, and answers
    both with plain Python, so that a file can hold numbers and nothing that runs.

    Raises:
        TaxonomyError: the file is missing, damaged, or holds anything but named float64 numbers.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TaxonomyError(f"The published file {path} cannot be read ({error.strerror}).", _WHERE) from error
    try:
        table = _NumbersOnly(io.BytesIO(content)).load()
    except _DAMAGE as error:
        raise TaxonomyError(
            f"The published file {path.name} is damaged or holds more than numbers: {error}."
        ) from error
    if not isinstance(table, dict) or not all(isinstance(k, str) and type(v) is float for k, v in table.items()):
        raise TaxonomyError(f"The published file {path.name} is not a table of named numbers.", _WHERE)
    found = {}
    for key, number in table.items():
        *sources, target = key.split("__")
        if not sources:
            raise TaxonomyError(f"The published file {path.name} has a key without a target: {key!r}.", _WHERE)
        found[tuple(sorted(map(our_name, sources))), our_name(target)] = number
    return found


def published_affinity(folder: Path, images: str = "16k") -> Affinity:
    """The published taxonomy as an Affinity: every transfer's affinity, gain and quality, and every target's own.

    Args:
        folder: holds all_affinities_16k.pkl, wins_vs_pixels_16k.pkl (gain) and wins_vs_task_16k.pkl (quality).
        images: which transfer set the readouts were trained on, the last part of the file names ("16k" or "1k").

    `self` was trained on 120k images (facts 4.2). A readout from the target's own encoder is an edge like any other
    here; the program leaves it out (facts 9.8). The number of test images is not in the files.
    """
    affinities = read_published(folder / f"all_affinities_{images}.pkl")
    gains = read_published(folder / f"wins_vs_pixels_{images}.pkl")
    qualities = read_published(folder / f"wins_vs_task_{images}.pkl")
    edges = tuple(
        Edge(
            target=target,
            sources=() if sources == (SELF,) else sources,
            affinity=weight,
            gain=gains.get((sources, target)),
            quality=0.5 if sources == (SELF,) else qualities.get((sources, target)),
        )
        for (sources, target), weight in affinities.items()
        if sources != (_PIXELS,)
    )
    return Affinity(edges, {})


class _Dtype:
    """Stands for numpy.dtype: remembers what was asked for, accepts only little-endian float64."""

    def __init__(self, kind: str, *_: Any) -> None:
        self.kind = kind

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if self.kind != "f8" or state[1] != "<":
            raise pickle.UnpicklingError(f"numbers of type {state[1]}{self.kind}")


def _scalar(dtype: _Dtype, content: bytes) -> float:
    """Stands for numpy's scalar: eight bytes to a float."""
    (number,) = struct.unpack("<d", content)
    return float(number)


# What a truncated or hostile stream makes the two stand-ins and the unpickler raise.
_DAMAGE = (pickle.UnpicklingError, EOFError, struct.error, AttributeError, TypeError, ValueError, IndexError, KeyError)


class _NumbersOnly(pickle.Unpickler):
    """Finds two names and no other."""

    def find_class(self, module: str, name: str) -> Any:
        if name == "scalar" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return _scalar
        if (module, name) == ("numpy", "dtype"):
            return _Dtype
        raise pickle.UnpicklingError(f"it names {module}.{name}")
