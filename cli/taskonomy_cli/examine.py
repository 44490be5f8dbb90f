"""The examinations of `tk doctor`: each looks at one thing and says what it found, and what to type where it is bad."""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from taskonomy_cli.session import Session
from taskonomy_core.errors import TaskonomyError

OK, DOUBTFUL, BROKEN = STATES = ("ok", "doubtful", "broken")
_LITTLE_SPACE = 2 * 2**30


@dataclass(frozen=True)
class Finding:
    """What one examination says: `state` is "ok", "doubtful" or "broken"; `hint` is what to type."""

    what: str
    state: str
    found: str
    hint: str = ""


def examine(session: Session) -> list[Finding]:
    """All findings. An examination that fails is itself a finding, so that one broken part never hides the others."""
    findings: list[Finding] = []
    for what, look in _EXAMINATIONS:
        try:
            findings += look(session)
        except TaskonomyError as error:
            findings.append(Finding(what, BROKEN, error.message, error.hint))
        except Exception as error:  # a broken installation may raise anything, and that is what is to be told
            findings.append(Finding(what, BROKEN, f"{type(error).__name__}: {error}"))
    return findings


def _python(session: Session) -> Iterator[Finding]:
    yield Finding("python", OK, f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _packages(session: Session) -> Iterator[Finding]:
    needed = [
        re.split(r"[^\w.-]", entry)[0] for entry in metadata.requires("taskonomy") or () if "extra ==" not in entry
    ]
    for name in ["taskonomy", *sorted(needed)]:
        try:
            yield Finding(name, OK, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, BROKEN, "not installed", f"Type: pip install {name}")


def _torch(session: Session) -> Iterator[Finding]:
    import torch

    yield Finding("torch import", OK, f"{torch.__version__}, threads: {torch.get_num_threads()}")
    if torch.cuda.is_available():
        yield Finding("device", OK, f"cuda: {torch.cuda.get_device_name()}")
    else:
        yield Finding("device", OK, f"cpu: {os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}")


def _torchvision(session: Session) -> Iterator[Finding]:
    """A torchvision is built for one torch; with another it fails in ways that do not name the cause."""
    have, vision = metadata.version("torch").partition("+")[0], metadata.version("torchvision")
    pins = [re.fullmatch(r"torch\s*\(?==\s*([\w.]+)\)?.*", entry) for entry in metadata.requires("torchvision") or ()]
    wanted = next((pin[1] for pin in pins if pin), have)
    if have != wanted:
        yield Finding(
            "torchvision fits torch",
            BROKEN,
            f"torchvision {vision} was built for torch {wanted}, but torch {have} is installed",
            f"Type: pip install torch=={wanted} torchvision=={vision.partition('+')[0]}",
        )
        return
    import torchvision

    yield Finding("torchvision fits torch", OK, f"torchvision {torchvision.__version__} is built for torch {wanted}")


def _solvers(session: Session) -> Iterator[Finding]:
    from taskonomy_core.taxonomy.engines import available_solvers

    names = available_solvers()
    if names:
        yield Finding("solvers", OK, ", ".join(names))
    else:
        yield Finding("solvers", BROKEN, "none", "Type: pip install highspy")


def _folders(session: Session) -> Iterator[Finding]:
    from taskonomy_plugins.rooms.cache import cache_root

    yield from _folder("cache folder", cache_root())
    if session.found is not None:
        yield from _folder("store folder", session.store)


def _folder(what: str, folder: Path) -> Iterator[Finding]:
    """Whether files can be written there, and how much room is left; the folder itself need not exist yet."""
    there = next(part for part in (folder, *folder.parents) if part.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        yield Finding(
            what, BROKEN, f"{folder} cannot be written: {error.strerror}", "Give yourself the right to write there."
        )
        return
    free = shutil.disk_usage(there).free
    room = f"{folder}, {free / 2**30:.1f} GiB free"
    if free < _LITTLE_SPACE:
        yield Finding(what, DOUBTFUL, room, "Free some disk space; nano needs about 1 GiB.")
    else:
        yield Finding(what, OK, room)


def _plugins(session: Session) -> Iterator[Finding]:
    from taskonomy_core.registry.discover import discover
    from taskonomy_core.registry.load import load_all

    loaded = load_all(discover())
    yield Finding("plugins", OK, f"{len(loaded.plugins)} sound, {len(loaded.broken)} broken")
    for label, error in loaded.broken.items():
        yield Finding(label, BROKEN, error.message, error.hint)


def _registry(session: Session) -> Iterator[Finding]:
    if session.found is None:
        yield Finding("registry.toml", DOUBTFUL, "none here", "Type: tk init")
        return
    from taskonomy_core.contract.data import DataRequest
    from taskonomy_core.ledger.opening import lacking
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.registry.disabling import disabled_tasks
    from taskonomy_core.registry.resolve import data_source, encoder, resolve

    roster, recipe = session.roster, session.recipe
    project = Project(roster, recipe)
    resolved = resolve(roster)
    data = data_source(roster.data["source"]).open(DataRequest(**project.data_request))
    encoder(recipe.encoder)
    yield Finding("registry.toml", OK, f"{session.path}: {len(roster.tasks)} tasks, preset {roster.preset}")
    disabled = disabled_tasks(roster)
    for name, fault in resolved.faults.items():
        yield Finding(
            f"task {name}", DOUBTFUL if name in disabled else BROKEN, fault.message, _or_without(fault.hint, name)
        )
    for name, (registered, installed) in resolved.stale.items():
        found = f"{name} is now version {installed}, but was registered as version {registered}."
        yield Finding("registry.toml", DOUBTFUL, found, f"Type: tk register {name}")
    for name, part in lacking(project, resolved.tasks, data).items():
        yield Finding(f"task {name}", DOUBTFUL, part.sentence, _or_without(part.hint, name))


def _or_without(hint: str, name: str) -> str:
    return f"{hint}\nOr do without: tk unregister {name}" if hint else f"Do without: tk unregister {name}"


def _ledger(session: Session) -> Iterator[Finding]:
    if session.found is None:
        return
    from taskonomy_core.ledger.mounts import network_warning
    from taskonomy_core.ledger.store import Store

    if warning := network_warning(session.store):
        yield Finding("ledger's disk", DOUBTFUL, warning, "Keep projects on a disk of the machine that trains.")
    with Store.open(session.store, create=False) as store:
        count = len(store.snapshot().results)
        yield Finding("ledger", OK, f"{count} results, {store.bytes_used() / 2**20:.1f} MiB")


_EXAMINATIONS: tuple[tuple[str, Callable[[Session], Iterator[Finding]]], ...] = (
    ("python", _python),
    ("packages", _packages),
    ("torch import", _torch),
    ("torchvision fits torch", _torchvision),
    ("solvers", _solvers),
    ("folders", _folders),
    ("plugins", _plugins),
    ("registry.toml", _registry),
    ("ledger", _ledger),
)
