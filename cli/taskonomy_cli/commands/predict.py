"""`tk predict`: what a finished network or transfer says about a person's own pictures."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskonomy_cli.options import TaskName, TaskNames
from taskonomy_cli.session import Session
from taskonomy_cli.wording import several
from taskonomy_core.errors import TaskonomyError

if TYPE_CHECKING:
    from taskonomy_core.learning.applying import Applied
    from taskonomy_core.learning.photo import Photo


@dataclass(frozen=True)
class Written:
    """The files of one example: the pictures it was made of, the prediction's picture, and its numbers if wanted."""

    images: tuple[Path, ...]
    picture: Path
    raw: Path | None


@click.command
@click.option("--task", required=True, metavar="NAME", type=TaskName(), help="What to predict.")
@click.option(
    "--from", "sources", metavar="SOURCES", type=TaskNames(), help="Use the transfer from these: a,b or taxonomy."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    show_default=True,
    help="The folder to write to; made if need be.",
)
@click.option("--raw", is_flag=True, help="Write the numbers too, as .npy.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, or auto: cuda where there is one.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path(path_type=Path))
@click.pass_obj
def command(
    session: Session,
    task: str,
    sources: tuple[str, ...] | None,
    out: Path,
    raw: bool,
    device: str,
    as_json: bool,
    images: tuple[Path, ...],
) -> None:
    """Apply a trained network or transfer to pictures of your own.

    The task's own network, or with --from the transfer from some sources; --from taxonomy takes what the taxonomy at
    the project's budget serves this task with. Each IMAGE is turned upright, cut to the square in its middle and
    resized to the side that the networks were trained with. Tasks of 2 or 3 views (poses, matching, egomotion) take as
    many pictures at a time.

    For photo.jpg and normals it writes photo.normals.png: left what the network saw, right what it says. With --raw
    also photo.normals.npy: float32, [channels, height, width] of a map or [numbers] of a vector, on the scale of the
    task's target as the task's own documentation gives it. Files of an earlier run are replaced, an IMAGE never is.
    """
    from taskonomy_cli.finished import finished
    from taskonomy_core.learning.photo import read_photos
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.store import Store

    project = Project(session.roster, session.recipe)
    with Store.open(session.store, create=False) as store:
        found = finished(session, project, store, task, sources)
        photos = read_photos(images, project.recipe.size.image)
        _tell_cropped(session, photos)
        # These import torch: only now, when everything that was given has been looked at.
        from taskonomy_core.learning.applying import apply_network, apply_transfer
        from taskonomy_core.ledger.networks import StoredNetworks
        from taskonomy_core.ledger.opening import checked_device, open_registered

        job = found.job
        trainer = open_registered(project, checked_device(device), StoredNetworks(store, found.keys))
        pictures = _stacked(photos)
        if job.sources:
            applied = apply_transfer(trainer, job.target, job.sources, store.weights(job.key), pictures)
        else:
            applied = apply_network(trainer, job.target, pictures)
    files = list(_places(images, applied.views, job.target, out, raw))
    _refuse_inputs(images, files)
    replaced = _write(files, applied, out)
    if as_json:
        session.terminal.answer_json(_plain(job.target, job.sources, files, applied))
    else:
        for file in files:
            made = f"{file.picture} and {file.raw}" if file.raw else f"{file.picture}"
            session.terminal.answer(f"{' + '.join(map(str, file.images))} -> {made}")
    if replaced:
        session.terminal.say(f"Replaced {several(replaced, 'file')} of an earlier run.")


def _stacked(photos: Sequence[Photo]) -> Any:
    import numpy as np
    import torch

    return torch.from_numpy(np.stack([photo.pixels for photo in photos]))


def _tell_cropped(session: Session, photos: Sequence[Photo]) -> None:
    """Say that the networks do not see all of a picture."""
    cropped = [photo for photo in photos if photo.cropped]
    if len(cropped) == 1:
        (photo,) = cropped
        width, height = photo.size
        least = min(photo.size)
        session.terminal.say(f"{photo.path} is {width} x {height}: its middle {least} x {least} is used.")
    elif cropped:
        session.terminal.say(f"{len(cropped)} of {len(photos)} pictures are not square: of each the middle is used.")


def _places(images: Sequence[Path], views: int, task: str, out: Path, raw: bool) -> Iterator[Written]:
    """Where each example goes: STEM.TASK.png; the stems of several views joined by +; STEM-2 where a name is taken."""
    taken = set()
    for start in range(0, len(images), views):
        group = tuple(images[start : start + views])
        stem = "+".join(path.stem for path in group)
        name, number = f"{stem}.{task}", 1
        while name.lower() in taken:  # some file systems do not tell A from a
            number += 1
            name = f"{stem}-{number}.{task}"
        taken.add(name.lower())
        yield Written(group, out / f"{name}.png", out / f"{name}.npy" if raw else None)


def _refuse_inputs(images: Sequence[Path], files: Sequence[Written]) -> None:
    """Errors: TaskonomyError where a picture that was given would be overwritten."""
    for path in _paths(files):
        for image in images:
            if path.exists() and path.samefile(image):
                raise TaskonomyError(f"{path} would overwrite {image}, which is an input.", "Type: --out FOLDER")


def _paths(files: Sequence[Written]) -> Iterator[Path]:
    for file in files:
        yield file.picture
        if file.raw is not None:
            yield file.raw


def _write(files: Sequence[Written], applied: Applied, out: Path) -> int:
    """Write everything; returns how many files were there before. Errors: TaskonomyError where that is refused."""
    import numpy as np

    from taskonomy_core.registry.files import write_atomically
    from taskonomy_core.report.strip import png, strip

    replaced = 0
    path = out
    try:
        out.mkdir(parents=True, exist_ok=True)
        for number, file in enumerate(files):
            contents = {file.picture: png(strip([applied.inputs[number], applied.pictures[number]]))}
            if file.raw is not None:
                numbers = io.BytesIO()
                np.save(numbers, applied.predictions[number], allow_pickle=False)
                contents[file.raw] = numbers.getvalue()
            for path, content in contents.items():
                replaced += path.exists()
                write_atomically(path, content)
    except OSError as error:
        raise TaskonomyError(
            f"{path} cannot be written: {error.strerror}.", "Give another folder with --out."
        ) from error
    return replaced


def _plain(task: str, sources: tuple[str, ...], files: Sequence[Written], applied: Applied) -> dict[str, Any]:
    return {
        "task": task,
        "from": list(sources),
        "written": [
            {
                "images": list(map(str, file.images)),
                "picture": str(file.picture),
                "raw": None if file.raw is None else str(file.raw),
                "shape": list(prediction.shape),
            }
            for file, prediction in zip(files, applied.predictions, strict=True)
        ],
    }
