"""Finished networks, as those who train and those who apply them ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from taskonomy_core.ledger.objects import Objects, Tensors

if TYPE_CHECKING:
    from taskonomy_core.ledger.jobs import Keys
    from taskonomy_core.ledger.store import Store
    from taskonomy_core.ledger.unit import NetworkFile


class Networks(Protocol):
    """The finished task networks of one project."""

    def key(self, task: str) -> str:
        """The key of a task's network, which names its features in the cache."""
        ...

    def state(self, task: str) -> Tensors:
        """Its trained weights. Errors: LedgerError where the file is damaged."""
        ...


class StoredNetworks:
    """Networks as the ledger has them."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store, self._keys = store, keys

    def key(self, task: str) -> str:
        """See Networks."""
        return self._keys.network(task).key

    def state(self, task: str) -> Tensors:
        """See Networks. Errors: also KeyError for a network that is not done."""
        return self._store.weights(self.key(task))


class GivenNetworks:
    """Networks that a worker was told of: it reads their files, and never the ledger."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._files: dict[str, NetworkFile] = {}

    def tell(self, files: Mapping[str, NetworkFile]) -> None:
        """Add what a unit needs."""
        self._files.update(files)

    def key(self, task: str) -> str:
        """See Networks."""
        return self._files[task].key

    def state(self, task: str) -> Tensors:
        """See Networks."""
        return self._objects.get_tensors(self._files[task].weights)
