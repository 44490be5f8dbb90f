"""What of a store nothing needs any more, and removing it: `tk gc`.

Needed is what any registry beside the ledger makes today: the results of its registered tasks, in whatever role, at
whatever order, under its recipe, data set, seed and encoder. Of the rest three kinds are kept unless `everything` is
asked for, since someone may come back for them: what a registry would train again but has not yet (a person may prefer
to change it back), what its beam may still choose, and results of unregistered tasks that would count if they were
registered again at the version that they had last.

Safe beside a running `tk transfer`, and against a kill at any moment:
* What a run trains under today's settings is needed. While one trains under other settings, nothing is removed.
* Rows go first, in one transaction, then the ledger's backup is made anew, then files; a kill leaves at worst files
  that no row names, which the next time takes. Files are listed before rows are read, so none is new to the rows.
* A file is deleted only under the ledger's write lock, if no row names it; whoever stores a result looks, under the
  same lock, whether its files are still there (Store.finish). No clock decides. While somebody trains, files that no
  row names yet stay for an hour all the same, and half-written ones stay. (Folders of objects stay for good: another
  process may be about to write into an empty one.)

Imports no torch.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from taskonomy_core.errors import LedgerError
from taskonomy_core.ledger.connection import FILE
from taskonomy_core.ledger.features import feature_files, is_damaged
from taskonomy_core.ledger.jobs import TRANSFER, Identity, Keys
from taskonomy_core.ledger.objects import StoredObject, remove_file
from taskonomy_core.ledger.plan import DONE
from taskonomy_core.ledger.project import Project, recipe_of
from taskonomy_core.ledger.records import Result, Snapshot
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.roster import Roster, RosterTask, parse, read_text, roster_of

OUTDATED = "results of an earlier version, recipe, data set, seed or encoder"
FAILED = "failures under earlier settings"
UNREGISTERED = "results of unregistered tasks"
AGAIN = "stale results that nothing has replaced yet"
UNNAMED = "stored files that no result names"
PARTIAL = "half-written files"
FEATURES = "feature files of networks that are gone or unused"
DAMAGED = "damaged feature files"

# What is kept unless everything is to go.
OPTIONAL = (UNREGISTERED, AGAIN)
YOUNG = 3600.0
_BATCH = 100


@dataclass(frozen=True)
class Heap:
    """Things that nothing needs for one reason: results with the files that they alone name, or files."""

    what: str
    results: tuple[Result, ...] = ()
    files: tuple[StoredObject, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)

    @property
    def seconds(self) -> float:
        """Processor seconds that the results took."""
        return sum(result.seconds for result in self.results)


@dataclass(frozen=True)
class Garbage:
    """What is to be removed, and what nothing needs but is kept; no heap is empty."""

    removed: tuple[Heap, ...]
    kept: tuple[Heap, ...]
    everything: bool

    @property
    def results(self) -> tuple[Result, ...]:
        """All results that are to be removed."""
        return tuple(result for heap in self.removed for result in heap.results)

    @property
    def files(self) -> tuple[StoredObject, ...]:
        """All files that are to be removed."""
        return tuple(file for heap in self.removed for file in heap.files)

    @property
    def size(self) -> int:
        """Bytes that are to be freed."""
        return sum(heap.size for heap in self.removed)


def survey(project: Project, store: Store, everything: bool = False, clock: Callable[[], float] = time.time) -> Garbage:
    """Look at all that is stored, and remove nothing.

    Where there is no ledger (someone may have put it aside), nothing is known of the files, and all are kept.

    Errors: RosterError for another registry beside the ledger that cannot be read (who knows what it needs);
    LedgerError where nothing was trained under the present settings yet, a process trains under other ones, or a
    stored file is damaged.
    """
    if not (store.folder / FILE).exists():
        return Garbage((), (), everything)
    objects, features = tuple(store.objects.files()), tuple(feature_files(project.features))
    snapshot = store.snapshot()
    if snapshot.results and not project.facts(store).known:
        raise LedgerError(
            f"Nothing was trained yet under the settings of {project.roster.path}: it would need no result at all.",
            "Type: tk transfer, or change it back; then: tk gc",
        )
    rosters = [_Needs(each, store, snapshot) for each in _projects(project) if each.facts(store).known]
    _refuse_strangers(rosters, snapshot)
    heaps: dict[str | None, list[Result]] = defaultdict(list)
    for result in snapshot.results.values():
        heaps[_why_not(rosters, result)].append(result)
    kept = () if everything else OPTIONAL
    staying = [result for why in (None, *kept) for result in heaps[why]]
    digests = {file.digest: file for file in objects if file.digest}
    removed = _with_files(
        {why: heaps[why] for why in (OUTDATED, FAILED, *OPTIONAL) if why not in kept}, staying, digests
    )
    spared = _with_files({why: heaps[why] for why in kept}, heaps[None], digests)
    named, since = _named(snapshot.results.values()), clock() - YOUNG
    unnamed = [file for digest, file in digests.items() if digest not in named]
    partial = [file for file in (*objects, *features) if file.partial]
    if snapshot.claims:
        unnamed, partial = [file for file in unnamed if file.modified < since], []
    used = {key for needs in rosters for key in needs.feature_keys} & {result.key for result in staying if result.done}
    cached = [file for file in features if not file.partial]
    removed += [
        Heap(UNNAMED, files=tuple(unnamed)),
        Heap(PARTIAL, files=tuple(partial)),
        Heap(FEATURES, files=tuple(file for file in cached if file.path.parent.name not in used)),
        Heap(DAMAGED, files=tuple(f for f in cached if f.path.parent.name in used and is_damaged(f.path))),
    ]
    return Garbage(_filled(removed), _filled(spared), everything)


def collect(project: Project, store: Store, agreed: Garbage) -> Garbage:
    """Remove what is still not needed of what someone has agreed to; gives what was removed.

    Errors: as of `survey`; LedgerError where the disk refuses.
    """
    now = survey(project, store, agreed.everything)
    serials, paths = {result.serial for result in agreed.results}, {file.path for file in agreed.files}
    gone = replace(
        now,
        removed=_filled(
            Heap(
                heap.what,
                tuple(result for result in heap.results if result.serial in serials),
                tuple(file for file in heap.files if file.path in paths),
            )
            for heap in now.removed
        ),
    )
    if gone.results:
        store.remove(gone.results)
        store.back_up()  # else a ledger that is put back from it would name files that are gone
    stored = [file.digest for file in gone.files if file.digest]
    swept: set[str] = set()
    for start in range(0, len(stored), _BATCH):
        swept |= store.sweep(stored[start : start + _BATCH])
    for heap in gone.removed:
        for file in heap.files:
            if not file.digest:
                remove_file(file.path)
                if heap.what == FEATURES:
                    with suppress(OSError):  # the last file of a network takes its folder along
                        file.path.parent.rmdir()
    left = {file.path for file in gone.files if file.digest and file.digest not in swept}
    heaps = (replace(heap, files=tuple(file for file in heap.files if file.path not in left)) for heap in gone.removed)
    return replace(gone, removed=_filled(heaps))


class _Needs:
    """What one registry.toml needs of a ledger."""

    def __init__(self, project: Project, store: Store, snapshot: Snapshot) -> None:
        planner = project.planner(store)
        plan = planner.plan(snapshot, project.checked_order(planner.keys, None))
        self._keys = planner.keys
        self._remembered = Keys(_remembering(project.roster, snapshot), project.recipe, project.facts(store))
        self._open = {planned.job.identity for planned in plan.jobs if planned.state != DONE}
        self._undecided = {(part.target, part.order) for part in plan.undecided}
        self._latest: dict[Identity, Result] = {}
        for result in sorted(snapshot.results.values(), key=lambda result: result.serial):
            if result.done:
                self._latest[result.identity] = result
        training = {name for claim in snapshot.claims.values() for name in (claim.target, *claim.sources)}
        sources = (set(planner.keys.sources) | training) & project.roster.tasks.keys()
        self.feature_keys = {planner.keys.network(name).key for name in sources}

    def makes(self, key: str, identity: Identity) -> bool:
        """Whether a job of the registered tasks, in whatever roles, has this key."""
        job = self._keys.whatever_role(*identity)
        return job is not None and job.key == key

    def would_make(self, result: Result) -> bool:
        """Whether it would, were its unregistered tasks registered again."""
        job = self._remembered.whatever_role(*result.identity)
        return job is None or job.key == result.key

    def may_replace(self, result: Result) -> bool:
        """Whether it is the last of its name, and a job of that name is, or may be, still to be trained."""
        kind, target, sources = result.identity
        undecided = kind == TRANSFER and (target, len(sources)) in self._undecided
        return self._latest.get(result.identity) is result and (undecided or result.identity in self._open)


def _why_not(rosters: Sequence[_Needs], result: Result) -> str | None:
    """Why nothing needs a result; None where something does."""
    if any(needs.makes(result.key, result.identity) for needs in rosters):
        return None
    if any(needs.may_replace(result) for needs in rosters):
        return AGAIN
    if any(needs.would_make(result) for needs in rosters):
        return UNREGISTERED
    return OUTDATED if result.done else FAILED


def _projects(project: Project) -> list[Project]:
    """Those of all registries beside the ledger (`tk --registry FILE`): they share it."""
    found = [project]
    for path in sorted(project.folder.parent.glob("*.toml")):
        if path.resolve() == project.roster.path.resolve():
            continue
        document = parse(path, read_text(path))
        if {"preset", "data"} <= document.keys():
            roster = roster_of(path, document)
            found.append(Project(roster, recipe_of(roster)))
    return found


def _remembering(roster: Roster, snapshot: Snapshot) -> Roster:
    """A roster with the tasks that it does not register any more, at the versions that were trained last."""
    versions: dict[str, int] = {}
    for result in sorted(snapshot.results.values(), key=lambda result: result.serial):
        versions[result.target] = int(result.parts["version"])
    gone = {name: RosterTask(name, "", version) for name, version in versions.items() if name not in roster.tasks}
    return replace(roster, tasks={**roster.tasks, **gone})


def _refuse_strangers(rosters: Sequence[_Needs], snapshot: Snapshot) -> None:
    for claim in snapshot.claims.values():
        if not any(needs.makes(claim.key, (claim.kind, claim.target, claim.sources)) for needs in rosters):
            raise LedgerError(
                f"Process {claim.pid} on {claim.machine} trains the {claim.name} as no registry.toml here asks "
                "for it now: what it needs is not known.",
                "Wait until it ends (type: tk status), or stop it; then type: tk gc",
            )


def _named(results: Iterable[Result]) -> set[str]:
    return {digest for result in results for digest in (result.weights, result.losses) if digest}


def _with_files(
    heaps: Mapping[str, Sequence[Result]], staying: Iterable[Result], files: Mapping[str, StoredObject]
) -> list[Heap]:
    """Heaps of results, with the files that none of the `staying` results and no heap before names."""
    taken, found = _named(staying), []
    for what, results in heaps.items():
        own = sorted(_named(results) - taken)
        taken.update(own)
        found.append(Heap(what, tuple(results), tuple(files[digest] for digest in own if digest in files)))
    return found


def _filled(heaps: Iterable[Heap]) -> tuple[Heap, ...]:
    return tuple(heap for heap in heaps if heap.results or heap.files)
