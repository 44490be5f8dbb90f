"""The ledger's tables, as numbered steps: a new step is appended, an old one is never edited.

PRAGMA user_version of the file says how many steps it has seen.
"""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    # 1. Results are facts: what was trained under which key, and where its files are. `serial` rises with every
    #    write, so that a run can tell what happened after it began without trusting anybody's clock.
    (
        """
        CREATE TABLE result (
            key TEXT PRIMARY KEY,
            serial INTEGER NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            target TEXT NOT NULL,
            sources TEXT NOT NULL,
            parts TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('done', 'failed')),
            reason TEXT NOT NULL DEFAULT '',
            weights TEXT,
            losses TEXT,
            metrics TEXT NOT NULL DEFAULT '{}',
            seconds REAL NOT NULL DEFAULT 0,
            run TEXT NOT NULL,
            finished TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
        )
        """,
        # A claim keeps a second process from training the same job. It names the process, so that a dead one's is void.
        """
        CREATE TABLE claim (
            key TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            target TEXT NOT NULL,
            sources TEXT NOT NULL,
            host TEXT NOT NULL,
            pid INTEGER NOT NULL,
            born TEXT NOT NULL,
            token TEXT NOT NULL,
            heartbeat REAL NOT NULL
        )
        """,
        # What only plugins know (fingerprints, versions), for commands that must not import torch.
        "CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        """
        CREATE TABLE card (
            name TEXT PRIMARY KEY,
            version INTEGER NOT NULL,
            title TEXT NOT NULL,
            task_group TEXT NOT NULL,
            needs TEXT NOT NULL
        )
        """,
    ),
    # 2. Which tasks are trained at all. Of those that were seen before, one was not; every other says so itself when
    #    it is opened again.
    (
        "ALTER TABLE card ADD COLUMN trainable INTEGER NOT NULL DEFAULT 1",
        "UPDATE card SET trainable = 0 WHERE name = 'random_projection'",
    ),
    # 3. What stands behind the hashes of a key, so that a plan can say what changed; and where a result was made.
    (
        "ALTER TABLE result ADD COLUMN details TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE result ADD COLUMN host TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE result ADD COLUMN process INTEGER NOT NULL DEFAULT 0",
    ),
)

NEWEST = len(MIGRATIONS)
