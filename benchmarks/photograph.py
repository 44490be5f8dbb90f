"""How much worse are networks that have seen rendered rooms alone on a photograph? Normals, depth, edges, segments.

Reads a finished project (`make demo` leaves one in taskonomy-demo); trains nothing, fetches nothing.

    python benchmarks/photograph.py [PROJECT_FOLDER] [--json]

The photograph is the left one of Middlebury's Motorcycle pair, which scikit-image ships with measured disparity; of it
the middle square, as `tk predict` takes it. Its truth, at the side that the networks see:

* depth: z = f B / (d + 31.086), f = 994.978 px, B = 0.193001 m (facts, labels_and_rooms); the median of the finite
  disparities of a pixel, none where less than half are finite;
* normals: cross products of central differences of back-projected points, where no neighbour is missing or lies on
  another surface;
* edges: the task's definition (gradient magnitude of the smoothed grey picture) by scikit-image's filters;
* segments: scikit-image's felzenszwalb, with the parameters that the rooms' labels are made with.

Rooms have a field of view of 62 degrees, the square of the photograph one of 28: it shows less of a scene, larger, so a
network takes it for nearer than it is. Rooms seen through 30 degrees (the narrowest that rooms renders), and depth
scaled per picture by the median of true over predicted depth, part that from the rest. Beside it stands what the best
constant of each task says of the photograph; "drop" is from rooms to photograph, above 0 where that is worse.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import skimage
import torch
from numpy.typing import NDArray
from torch import Tensor

from taskonomy_core.contract import DataRequest, DataSource, Draws, Task, Views
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.learning.deck import Batch, Deck
from taskonomy_core.learning.photo import read_photo
from taskonomy_core.learning.trainer import LocalTrainer
from taskonomy_core.ledger.networks import StoredNetworks
from taskonomy_core.ledger.opening import open_registered
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.resolve import data_source
from taskonomy_tasks._depth import log_depth, metres_of

ROOT = Path(__file__).resolve().parent.parent
TASKS = ("normals", "depth_zbuffer", "edges_texture", "segmentation_2d")
FOCAL, OFFSET, BASELINE = 994.978, 31.086, 0.193001  # px, px, m
CENTRE = (311.193, 254.877)  # principal point of the left picture, px: x, y
WIDE, NARROW, NARROW_IMAGES = 62, 30, 100  # degrees, degrees, pictures
ANOTHER_SURFACE = 0.1  # of the depth: as the rooms' labels tell a gap from a slant


# The photograph and its truth


def motorcycle() -> tuple[Path, NDArray[np.float32]] | None:
    """The file of the left picture and the disparity [h, w] in pixels; None where this scikit-image lacks them."""
    folder = Path(skimage.__file__).parent / "data"
    picture, disparity = folder / "motorcycle_left.png", folder / "motorcycle_disp.npz"
    if not (picture.is_file() and disparity.is_file()):
        return None
    with np.load(disparity, allow_pickle=False) as held:
        return picture, held["arr_0"]


def depth_at(disparity: NDArray[np.float32], side: int) -> NDArray[np.float64]:
    """Depth in metres [side, side] of the middle square of a disparity map; NaN where it is not known."""
    height, width = disparity.shape
    least = min(height, width)
    top, left = (height - least) // 2, (width - least) // 2
    square = disparity[top : top + least, left : left + least].astype(np.float64)
    square[~np.isfinite(square)] = np.nan
    cuts = np.linspace(0, least, side + 1).round().astype(int)
    found = np.full((side, side), np.nan)
    for row in range(side):
        for column in range(side):
            block = square[cuts[row] : cuts[row + 1], cuts[column] : cuts[column + 1]]
            if np.isfinite(block).mean() >= 0.5:
                found[row, column] = np.nanmedian(block)
    return FOCAL * BASELINE / (found + OFFSET)


def normals_of(depth: NDArray[np.float64], focal: float, centre: tuple[float, float]) -> NDArray[np.float64]:
    """Unit normals [3, h, w] (x right, y up, z to the viewer) of a depth map [h, w]; NaN where they are not known.

    `focal` and `centre` (x, y) in pixels of the map, whose pixel (0, 0) has its middle at (0.5, 0.5).
    """
    height, width = depth.shape
    y, x = np.mgrid[:height, :width] + 0.5
    points = np.stack([(x - centre[0]) / focal * depth, (centre[1] - y) / focal * depth, -depth])
    along, down = np.full_like(points, np.nan), np.full_like(points, np.nan)
    along[..., 1:-1] = points[..., 2:] - points[..., :-2]
    down[:, 1:-1] = points[:, 2:] - points[:, :-2]
    # 1 / depth is linear over a plane, however slanted: its second difference tells of another surface.
    inverse, gap = 1.0 / depth, np.full((2, height, width), np.nan)
    gap[0, 1:-1] = inverse[2:] - 2.0 * inverse[1:-1] + inverse[:-2]
    gap[1, :, 1:-1] = inverse[:, 2:] - 2.0 * inverse[:, 1:-1] + inverse[:, :-2]
    across = np.cross(down, along, axis=0)
    normals = across / np.linalg.norm(across, axis=0)
    normals[:, ~(np.hypot(*gap) * depth < ANOTHER_SURFACE)] = np.nan
    return normals


def edges_of(rgb: NDArray[np.float32]) -> NDArray[np.float64]:
    """Gradient magnitude of the smoothed grey picture [3, side, side], per pixel: sigma 3 at side 512 (facts 1.6)."""
    from skimage.color import rgb2gray
    from skimage.filters import gaussian, sobel_h, sobel_v

    grey = gaussian(rgb2gray(rgb, channel_axis=0), 3.0 * rgb.shape[-1] / 512, mode="nearest")
    padded = np.pad(grey, 1, mode="edge")
    # scikit-image's operator gives 2 on a ramp of slope 1.
    found: NDArray[np.float64] = np.hypot(sobel_h(padded), sobel_v(padded))[1:-1, 1:-1] / 2.0
    return found


def segments_of(rgb: NDArray[np.float32]) -> NDArray[np.int64]:
    """Felzenszwalb's segments of a picture [3, side, side]: scale 300, no smoothing, at least 12 pixels, at side 64."""
    from skimage.segmentation import felzenszwalb

    area = (rgb.shape[-1] / 64) ** 2
    found: NDArray[np.int64] = felzenszwalb(rgb.astype(np.float64), 300 * area, 0.0, round(12 * area), channel_axis=0)
    return found


def photograph(picture: Path, disparity: NDArray[np.float32], side: int) -> dict[str, Views]:
    """What a data source would give of the photograph, one image, for every task of TASKS."""
    photo = read_photo(picture, side)
    scale = side / min(photo.size)
    left = (photo.size[0] - min(photo.size)) // 2
    depth = depth_at(disparity, side)
    normals = normals_of(depth, FOCAL * scale, ((CENTRE[0] - left) * scale, CENTRE[1] * scale))
    labels = {
        "depth_zbuffer": {"depth_zbuffer": depth[None], "mask_valid": np.isfinite(depth)[None]},
        "normals": {"normal": normals, "mask_valid": np.isfinite(normals).all(0)[None]},
        "edges_texture": {"edge_texture": edges_of(photo.pixels)[None]},
        "segmentation_2d": {"segment_unsup2d": segments_of(photo.pixels)[None]},
    }
    return {
        task: Views({"rgb": _batch(photo.pixels), **{name: _batch(value) for name, value in found.items()}})
        for task, found in labels.items()
    }


def _batch(values: NDArray[Any]) -> Tensor:
    """[...] -> [1, 1, ...]; what is not known becomes 0, for it is masked."""
    values = np.nan_to_num(values) if values.dtype.kind == "f" else values
    return torch.from_numpy(values.astype(np.float32) if values.dtype.kind == "f" else values)[None, None]


# Scoring


@dataclass(frozen=True)
class Figure:
    """One metric of one column."""

    value: float
    higher_is_better: bool


@torch.no_grad()
def figures(task: Task, batches: Iterable[Batch], predict: Callable[[Batch], Tensor]) -> dict[str, Figure]:
    """The task's metrics over some batches, by name; of depth also those after scaling each picture."""
    told = {"": [make() for make in task.metrics]}
    if task.name == "depth_zbuffer":
        told["scaled "] = [make() for make in task.metrics]
    for batch in batches:
        target, scored, prediction = batch.example.target, batch.example.scored, predict(batch)
        for how, metrics in told.items():
            said = scaled(prediction, target, scored) if how else prediction
            for metric in metrics:
                metric.update(said, target, scored)
    return {
        f"{how}{metric.name}" + f" ({metric.unit})" * bool(metric.unit): Figure(
            metric.compute(), metric.higher_is_better
        )
        for how, metrics in told.items()
        for metric in metrics
    }


def scaled(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Logarithmic depth [B, 1, h, w] after multiplying each picture's metres by the median of true over predicted."""
    metres, truth = metres_of(prediction).clamp(min=0.01), metres_of(target)
    factors = [
        (t[m] / p[m]).median() if m.any() else p.new_ones(()) for p, t, m in zip(metres, truth, mask, strict=True)
    ]
    return log_depth(metres * torch.stack(factors)[:, None, None, None])


def compare(project: Project, store: Store, trainer: LocalTrainer, views: Mapping[str, Views]) -> dict[str, Any]:
    """Of every task of TASKS that is trained: metric -> {column: figure}, "drop" being how much worse it became."""
    keys, results, seed = project.planner(store).keys, store.snapshot().results, project.roster.seed
    done = {key for key, result in results.items() if result.done}
    narrow = rooms(project, NARROW_IMAGES, field_of_view=NARROW)
    found: dict[str, Any] = {}
    for name in (name for name in TASKS if name in project.roster.tasks and keys.network(name).key in done):
        task, learner = trainer.task(name), trainer.finished_network(name)
        learner.module.eval()
        said = partial(learner.predict, task=name, computing=trainer.computing)
        alone = [Batch(torch.arange(1), task.example(views[name], Draws.of(seed, [0])))]
        columns = {"rooms": figures(task, trainer.deck(name, "test").in_order(50), said)}
        if narrow is not None:
            deck = Deck(task, narrow, "test", NARROW_IMAGES, seed, trainer.computing.device)
            columns[f"rooms {NARROW} deg"] = figures(task, deck.in_order(50), said)
        columns["photograph"] = figures(task, alone, said)
        if keys.constant(name).key in done:
            output = store.weights(keys.constant(name).key)["output"]
            columns["constant on it"] = figures(task, alone, lambda _, output=output: output[None])
        found[name] = {
            metric: {head: column[metric].value for head, column in columns.items()}
            | {"drop": (first.value - columns["photograph"][metric].value) * (1 if first.higher_is_better else -1)}
            for metric, first in columns["rooms"].items()
        }
    return found


def rooms(project: Project, count: int, **options: int) -> DataSource | None:
    """Some test pictures of the project's rooms, with other options; None where its data source is another."""
    if project.roster.data["source"] != "rooms":
        return None
    request = project.data_request
    request |= {"counts": {"test": count}, "options": {**request["options"], **options}}
    data = data_source("rooms").open(DataRequest(**request))
    data.prepare()
    return data


def own_error(project: Project) -> float:
    """Degrees (median) between the exact normals of rooms and `normals_of` their depth: the method's own error."""
    data = rooms(project, 48)
    if data is None:
        return math.nan
    read = data.read("test", torch.arange(48), ("normal", "depth_zbuffer", "mask_valid"))
    side = project.recipe.size.image
    focal = side / 2 / math.tan(math.radians(WIDE) / 2)
    errors = []
    for exact, depth, known in zip(read["normal"], read["depth_zbuffer"], read["mask_valid"], strict=True):
        metres = np.where(known[0].numpy(), depth[0].numpy().astype(np.float64), np.nan)
        cosine = (normals_of(metres, focal, (side / 2, side / 2)) * exact.numpy()).sum(0)
        errors.append(np.degrees(np.arccos(cosine[np.isfinite(cosine)].clip(-1, 1))))
    return float(np.median(np.concatenate(errors)))


def print_table(found: Mapping[str, Any], degrees: float) -> None:
    """A row per metric, the tasks one after the other."""
    heads = list(dict.fromkeys(head for metrics in found.values() for row in metrics.values() for head in row))
    print(f"{'':34s}" + "".join(f"{head:>16s}" for head in heads))
    for task, metrics in found.items():
        print(task)
        for metric, row in metrics.items():
            print(f"  {metric:32s}" + "".join(f"{row.get(head, math.nan):16.3f}" for head in heads))
    print(f"\nThe normals made from depth are themselves {degrees:.1f} degrees (median) off those of rooms.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", nargs="?", type=Path, default=ROOT / "taskonomy-demo")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    held = motorcycle()
    if held is None:
        print("Skipped: this scikit-image does not ship the Motorcycle pair, and nothing is fetched.", file=sys.stderr)
        return
    torch.set_num_threads(1)
    try:
        project = Project.read(asked.project / "registry.toml")
        data_source(project.roster.data["source"]).open(DataRequest(**project.data_request)).prepare()
        with Store.open(project.folder, create=False) as store:
            trainer = open_registered(project, "cpu", StoredNetworks(store, project.planner(store).keys))
            found = compare(project, store, trainer, photograph(*held, project.recipe.size.image))
        degrees = own_error(project)
    except TaskonomyError as error:
        print(f"{error.message} Type: make demo", file=sys.stderr)
        return
    if asked.json:
        print(json.dumps({"tasks": found, "normals_from_depth_off_degrees": degrees}, indent=2))
    elif found:
        print_table(found, degrees)
    else:
        print(f"None of {', '.join(TASKS)} is trained in {asked.project}. Type: make demo", file=sys.stderr)


if __name__ == "__main__":
    main()
