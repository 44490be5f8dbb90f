"""Where the engine runs a plugin's code: whatever it raises ends that job, with its reason, and no other."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taskonomy_core.errors import JobError, TaskonomyError


@contextmanager
def plugin_code(task: str, part: str) -> Iterator[None]:
    """Turn an exception of a task's own code into a JobError that names the task, the part and the line."""
    try:
        yield
    except TaskonomyError:
        raise
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise JobError(
            f"Task {task!r} raised in its {part}: {type(error).__name__}: {error} "
            f"({Path(last.filename).name}, line {last.lineno}).",
            f"Mend the task and type: tk check {task}",
        ) from error
