"""The gallery of one task for the page: its examples as plain data, its pictures as PNG files that are kept a while."""

from __future__ import annotations

import hashlib
import io
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from taskonomy_cli.measured import Measured
from taskonomy_cli.page.choice import RefusedError, task_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from taskonomy_core.ledger.showroom import Showroom

# About 20 kB each.
_MOST_PICTURES = 1000
_MOST_SOURCES = 20


class Gallery:
    """Test pictures of a project's tasks; torch is imported by the first that is asked for."""

    def __init__(self, measured: Measured, showroom: Showroom | None) -> None:
        self._measured, self._showroom = measured, showroom
        self._pictures: OrderedDict[str, bytes] = OrderedDict()

    def task(self, name: str, sources: str = "", count: int = 3) -> dict[str, Any]:
        """Examples of a task: what is seen, what should be said, and what each finished network says.

        Args:
            name: the task.
            sources: those of the transfer to show, with commas between.
            count: how many examples.

        Errors: RefusedError: 404 for measurements without pictures; TaskonomyError where nothing can be shown.
        """
        task = task_of(self._measured, name, "gallery")
        given = [part for part in sources.split(",") if part][:_MOST_SOURCES]
        asked = [task_of(self._measured, part, "sources") for part in given]
        if self._showroom is None:
            raise RefusedError(
                f"{self._measured.origin} has no pictures.", "Only runs of your own keep them; type: tk serve", 404
            )
        found = self._showroom.show(task, asked, count)
        return {
            "task": task,
            "title": found.title,
            "examples": [
                {
                    "id": int(identity),
                    "input": self._kept(task, found.inputs[place]),
                    "target": self._kept(task, found.target[place]),
                    "said": [
                        {
                            "by": said.by,
                            "sources": list(said.sources),
                            "loss": float(said.losses[place]),
                            "picture": self._kept(task, said.pictures[place]),
                        }
                        for said in found.said
                    ],
                }
                for place, identity in enumerate(found.ids.tolist())
            ],
        }

    def picture(self, task: str, name: str) -> bytes:
        """A PNG that `task` told of. Errors: RefusedError (404) for any other."""
        found = self._pictures.get(f"{task}/{name}")
        if found is None:
            raise RefusedError("There is no such picture.", "GET /api/gallery/TASK tells of those that there are.", 404)
        return found

    def _kept(self, task: str, picture: NDArray[np.uint8]) -> str:
        """Keep a picture, uint8 [H, W, 3], and say under which path."""
        from PIL import Image

        stream = io.BytesIO()
        Image.fromarray(picture).save(stream, "png")
        content = stream.getvalue()
        key = f"{task}/{hashlib.sha256(content).hexdigest()[:16]}"
        self._pictures[key] = content
        self._pictures.move_to_end(key)
        while len(self._pictures) > _MOST_PICTURES:
            self._pictures.popitem(last=False)
        return f"/api/gallery/{key}.png"
