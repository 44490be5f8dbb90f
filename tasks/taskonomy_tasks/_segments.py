"""What the two unsupervised segmentations share: sampled pixels as target, clusters of embeddings, their measure.

Every block of 2x2 pixels gets an embedding of 64 numbers; blocks of one segment shall lie together, others apart. There
are no classes: a segment's number means something only within its picture.

Deviations from the facts (1.3), for cost: the embedding has half the picture's side, since 64 channels at full size are
most of a readout's work and the loss looks at few pixels; and those are 300 per picture at the paper's side of 256, in
proportion to the side for smaller ones (75 at 64).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from taskonomy_core.blocks import DenseDecoder, embeddings_at, mean_of, rgb_picture
from taskonomy_core.contract import Draws, Example, OutputSpec, Views

EMBEDDING = 64
STRIDE = 2
OUTPUT = OutputSpec.dense(EMBEDDING, stride=STRIDE)
# A fresh decoder puts embeddings so far apart that the loss clips most pairs and has no slope; a quarter is near.
DECODER = DenseDecoder(spread=0.25)
SAMPLES, SIDE = 300, 256  # pixels per picture of this side (facts 1.3), drawn with replacement
# Where the similarity 2 / (1 + exp d) of the metric loss is one half: d = ln 3.
SAME_BELOW = 1.0986123
MOST_SEGMENTS = 48


@dataclass(frozen=True)
class SegmentSamples:
    """The plain picture; as target (row, column, segment id) of N random blocks of pixels, int64 [B, N, 3].

    Row and column count blocks of STRIDE x STRIDE pixels, as the embedding does; the id is that of a block's first
    pixel. N is SAMPLES in proportion to the picture's side.
    """

    modality: str

    def __call__(self, views: Views, draws: Draws) -> Example:
        """Make the example of every image of the batch."""
        ids = views.only(self.modality)[:, 0, ::STRIDE, ::STRIDE]
        height, width = ids.shape[1:]
        count = max(2, SAMPLES * width * STRIDE // SIDE)
        row, column = draws.integers(height, count, stream="row"), draws.integers(width, count, stream="column")
        segment = ids.flatten(1).gather(1, row * width + column)
        return Example(inputs=views.images(), target=torch.stack((row, column, segment), dim=2))


def clusters(points: Tensor) -> Tensor:
    """Segments found in embeddings, float [B, N, D] -> int64 [B, N].

    Greedy, since the number of segments is not known: the first point that lies SAME_BELOW or further (squared
    distance) from all centres becomes the next centre, at most MOST_SEGMENTS of them; each point joins the nearest.
    """
    nearest = torch.full(points.shape[:2], torch.inf, device=points.device)
    owner = torch.zeros(points.shape[:2], dtype=torch.int64, device=points.device)
    for number in range(MOST_SEGMENTS):
        free = nearest >= SAME_BELOW
        if not bool(free.any()):
            break
        centre = points[torch.arange(len(points), device=points.device), free.int().argmax(1)]
        distance = (points - centre[:, None]).square().sum(2)
        closer = (distance < nearest) & free.any(1, keepdim=True)
        nearest, owner = torch.where(closer, distance, nearest), torch.where(closer, number, owner)
    return owner


def adjusted_rand(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """The adjusted Rand index of every scored image, over its sampled pixels: 1 equal, 0 as good as chance."""
    from torchmetrics.functional.clustering import adjusted_rand_score  # takes seconds to import

    pairs = zip(clusters(embeddings_at(prediction, target))[mask], target[mask][..., 2], strict=True)
    # torchmetrics counts in a sparse tensor; torch warns unless it is told whether to check such tensors.
    with torch.sparse.check_sparse_tensor_invariants(enable=False):  # type: ignore[no-untyped-call]
        scores = [adjusted_rand_score(ours, theirs) for ours, theirs in pairs]
    return torch.stack(scores) if scores else prediction.new_zeros(0)


SEGMENT_METRICS = (mean_of("adjusted Rand index", adjusted_rand, higher_is_better=True),)


def mosaic(shown: Tensor, inputs: Tensor) -> Tensor:
    """Every segment in the mean colour of its pixels.

    Segments are clusters of a predicted embedding [B, D, h, w]; of a target [B, N, 3], the blocks whose nearest sample
    belongs to them.
    """
    pictures = rgb_picture(inputs[:, 0], inputs)
    height, width = (side // STRIDE for side in pictures.shape[-2:])
    if shown.is_floating_point():
        ids = clusters(shown.float().flatten(2).transpose(1, 2))
    else:
        cells = torch.cartesian_prod(torch.arange(height), torch.arange(width)).to(shown.device)
        nearest = torch.cdist(cells.float(), shown[..., :2].float()).argmin(2)
        ids = shown[..., 2].gather(1, nearest)
    ids = ids.reshape(-1, height, width).repeat_interleave(STRIDE, 1).repeat_interleave(STRIDE, 2).flatten(1)
    return torch.stack([_mean_colours(*pair) for pair in zip(pictures, ids, strict=True)])


def _mean_colours(picture: Tensor, ids: Tensor) -> Tensor:
    """A picture [3, h, w] with each segment of ids [h * w] in its mean colour."""
    _, place, count = torch.unique(ids, return_inverse=True, return_counts=True)
    sums = picture.new_zeros(3, len(count)).index_add(1, place, picture.flatten(1))
    means: Tensor = sums / count
    return means[:, place].reshape(picture.shape)
