"""Measurements from and to files: the authors' pickles, and our open format as CSV and JSON.

Which of them a file is, its name says: all_affinities*.pkl, *.csv, *.json.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.registry.files import write_atomically
from taskonomy_core.registry.naming import listed
from taskonomy_core.taxonomy.csv_format import csv_text, read_csv
from taskonomy_core.taxonomy.json_format import json_text, read_json
from taskonomy_core.taxonomy.measurements import CORRECT, LOOK, Measurements, check_targets, mentioned, read_bytes
from taskonomy_core.taxonomy.published import AFFINITIES, GAINS, QUALITIES, read_published_set

CSV, JSON, PICKLE = ".csv", ".json", ".pkl"
# What a folder is looked through for.
_NAMES = (f"{AFFINITIES}*{PICKLE}", f"measurements{CSV}", f"measurements{JSON}")
# 200 tasks with 100,000 transfers have 20 MB.
_MOST = 100_000_000


def read_measurements(path: Path) -> Measurements:
    """Read what was measured elsewhere.

    Args:
        path: one of the authors' affinity files (win rates are looked for beside it), a file of our open format, or a
            folder that holds exactly one of them (ours under the name measurements.csv or measurements.json).

    Raises:
        TaxonomyError: one sentence with the file and the place in it, for whatever is missing, malformed or unsound.
    """
    try:
        if path.is_dir():
            path = _only_one_in(path)
    except OSError as error:
        raise TaxonomyError(f"{path} cannot be read ({error.strerror}).", LOOK) from error
    ending = path.suffix.lower()
    if ending == PICKLE:
        return read_published_set(_affinities(path))
    if ending not in (CSV, JSON):
        raise TaxonomyError(
            f"{path.name} is neither {AFFINITIES}*{PICKLE} of the authors nor a {CSV} or {JSON} file.", LOOK
        )
    content = read_bytes(path, _MOST)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TaxonomyError(f"{path.name} is not UTF-8 text (byte {error.start}).", CORRECT) from error
    if not text.strip():
        raise TaxonomyError(f"{path.name} is empty.", CORRECT)
    return read_csv(path.name, text) if ending == CSV else read_json(path.name, text)


def write_measurements(measurements: Measurements, path: Path) -> None:
    """Write all of it as CSV or JSON, by the ending of `path`; an old file is replaced in one step.

    CSV has no place for facts about tasks; JSON has, for the tasks of some transfer. Errors: TaxonomyError for another
    ending, for measurements that `read_measurements` would refuse, and where the file cannot be written.
    """
    check_ending(path)
    check_targets(path.name, measurements.affinity.edges, CORRECT)
    named = mentioned(measurements.affinity)
    tasks = {name: facts for name, facts in measurements.tasks.items() if name in named}
    sound = replace(measurements, tasks=tasks)
    text = csv_text(sound.affinity) if path.suffix.lower() == CSV else json_text(sound)
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise TaxonomyError(f"{path} cannot be written ({error.strerror}).", "Choose another place.") from error


def check_ending(path: Path) -> None:
    """Whether measurements can be written under this name. Errors: TaxonomyError."""
    if path.suffix.lower() not in (CSV, JSON):
        raise TaxonomyError(
            f"{path.name or path} ends neither in {CSV} nor in {JSON}.", "Type for example: tk export measurements.csv"
        )


def _only_one_in(folder: Path) -> Path:
    found = sorted(path for pattern in _NAMES for path in folder.glob(pattern))
    if not found:
        raise TaxonomyError(f"{folder} holds none of {', '.join(_NAMES)}.", LOOK)
    if len(found) > 1:
        raise TaxonomyError(
            f"{folder} holds several measurements: {listed(path.name for path in found)}.",
            f"Give one of them; type: tk affinity --from {found[0]}",
        )
    return found[0]


def _affinities(path: Path) -> Path:
    """The path itself, if it is one of their affinity files. Errors: TaxonomyError."""
    for stem in (GAINS, QUALITIES):
        if path.name.startswith(stem):
            beside = path.with_name(path.name.replace(stem, AFFINITIES, 1))
            raise TaxonomyError(
                f"{path.name} holds win rates; they are read with {beside.name}, beside it.",
                f"Type: tk affinity --from {beside}",
            )
    if not path.name.startswith(AFFINITIES):
        raise TaxonomyError(f"{path.name} is not named {AFFINITIES}*{PICKLE}, as the authors' files are.", LOOK)
    return path
