"""What must be trained and what may be removed, in the plainest words: no hashes, no database.

A job is its identity, (kind, target, sources). What made a result is written out as a tuple where the ledger has a
hash: (identity, the target's version, data, its kind's recipe, and the same of the networks of its sources).
"""

from __future__ import annotations

from itertools import combinations

BEAM = 3
UNTRAINED = "onlyz"
KINDS = ("network", "transfer", "scratch")  # those that a recipe table is for
ENDED = ("done", "failed", "blocked")


class Model:
    """The project as its owner knows it, and how everything ended that was ever begun, in that order."""

    def __init__(self, mean_loss):
        self.mean_loss = mean_loss  # (target, source) -> the number that ranks sources
        self.roles, self.versions = {}, {}  # a version is its package's: it outlives registration
        self.recipe = dict.fromkeys(KINDS, 0)
        self.data = "fingerprint"
        self.ended = {}  # what made it -> "done" or "failed"
        self.retried = set()  # failures that the present run does not count
        self.running = set()  # what somebody holds

    # Who takes part

    def having(self, *roles):
        return sorted(name for name, role in self.roles.items() if role in roles)

    @property
    def used(self):
        return self.having("source", "target", "both")

    @property
    def sources(self):
        return self.having("source", "both")

    @property
    def targets(self):
        return self.having("target", "both")

    # Where everything stands

    def now(self, identity, versions=None):
        """What would make it now."""
        kind, target, sources = identity
        made = (identity, (versions or self.versions).get(target), self.data)
        if kind == "constant":
            return made
        networks = tuple(self.now(("network", name, ()), versions) for name in sources)
        return (*made, self.recipe["transfer" if sources else kind], networks)

    def state(self, identity, failed_networks=()):
        made = self.now(identity)
        if self.ended.get(made) == "done":
            return "done"
        if identity in self.running:
            return "running"
        if made in self.ended and made not in self.retried:
            return "failed"
        if set(identity[2]) & set(failed_networks):
            return "blocked"
        return "stale" if self.latest(identity) else "new"

    def latest(self, identity):
        """What made the last finished result of that name; None if there is none."""
        return next((m for m, how in reversed(self.ended.items()) if m[0] == identity and how == "done"), None)

    def states(self):
        """{identity: state} of all that takes part, without what the beam cannot choose yet."""
        found = {("network", name, ()): self.state(("network", name, ())) for name in self.used}
        lost = [name for _, name, _ in found if found["network", name, ()] == "failed"]
        for target in self.targets:
            for kind in ("scratch", "constant"):
                found[kind, target, ()] = self.state((kind, target, ()))
            first = self.first(target, lost)
            found |= {("transfer", target, (name,)): state for name, state in first.items()}
            if all(state in ENDED for state in first.values()):
                for pair in self.pairs(target, [name for name, state in first.items() if state == "done"]):
                    found["transfer", target, pair] = self.state(("transfer", target, pair), lost)
        for name in self.used:
            if name not in self.targets and name != UNTRAINED:
                found["constant", name, ()] = self.state(("constant", name, ()))
                if UNTRAINED in self.sources:
                    found["reference", name, (UNTRAINED,)] = self.state(("reference", name, (UNTRAINED,)), lost)
        return found

    def first(self, target, lost):
        """{source: state} of a target's transfers from one source."""
        sources = (name for name in self.sources if name != target)
        return {name: self.state(("transfer", target, (name,)), lost) for name in sources}

    def pairs(self, target, sources):
        """Every pair of the BEAM sources with the lowest mean loss."""
        best = sorted(sources, key=lambda name: (self.mean_loss(target, name), name))[:BEAM]
        return [tuple(sorted(pair)) for pair in combinations(best, 2)]

    # What a run may begin, and what becomes of it

    def ready(self, wanted=("new", "stale")):
        states = self.states()
        trained = {target for (kind, target, _), state in states.items() if kind == "network" and state == "done"}
        return {identity for identity, state in states.items() if state in wanted and trained.issuperset(identity[2])}

    def begin(self, new_only):
        """A run that leaves stale results alone leaves failures alone, too."""
        self.retried = set() if new_only else {made for made, how in self.ended.items() if how == "failed"}

    def end(self, identity, how):
        made = self.now(identity)
        self.ended.pop(made, None)  # what ends anew, ends last
        self.ended[made] = how
        self.retried.discard(made)

    # What `tk gc` takes

    def collect(self, everything):
        """Forget what nothing needs; a failure is one, whether or not somebody is about to try again."""
        retried, self.retried = self.retried, set()
        keep = {self.now(made[0]) for made in self.ended if {made[0][1], *made[0][2]} <= self.roles.keys()}
        if not everything:
            states = self.states()
            keep |= {self.latest(identity) for identity, state in states.items() if state != "done"}
            keep |= {self.latest(made[0]) for made in self.ended if self.may_be_chosen(made[0])}
            versions = self.last_versions() | {name: self.versions[name] for name in self.roles}
            keep |= {self.now(made[0], versions) for made in self.ended}
        self.ended = {made: how for made, how in self.ended.items() if made in keep}
        self.retried = retried

    def may_be_chosen(self, identity):
        """A transfer from two sources of a target whose results from one source are not all there."""
        kind, target, sources = identity
        if kind != "transfer" or len(sources) != 2 or target not in self.targets:
            return False
        lost = [name for name in self.used if self.state(("network", name, ())) == "failed"]
        first = self.first(target, lost)
        return len(first) > 1 and any(state not in ENDED for state in first.values())

    def last_versions(self):
        """The version of each task at which something ended last."""
        return {made[0][1]: made[1] for made in self.ended}
