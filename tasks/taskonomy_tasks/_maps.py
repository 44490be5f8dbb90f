"""What the tasks that predict a map of a measured quantity share: edges, keypoints, depth, shading, normals."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from taskonomy_core.contract import Draws, Example, Views


def to_signed(values: Tensor, top: float) -> Tensor:
    """Clip to [0, top] and rescale to [-1, 1], as the paper does with every non-negative map (facts 1.3)."""
    return values.clamp(0.0, top) * (2.0 / top) - 1.0


@dataclass(frozen=True)
class MapExample:
    """The plain picture as input; as target a modality [B, C, H, W] after `scale`; scored where `mask` says.

    `mask` names the modality of the mask, "" scores every pixel. The 3D tasks leave out what has no depth (facts 1.3,
    "depth mask").
    """

    modality: str
    scale: Callable[[Tensor], Tensor]
    mask: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """The modalities that are read."""
        return (self.modality, self.mask) if self.mask else (self.modality,)

    def __call__(self, views: Views, draws: Draws) -> Example:
        """Make the example of every image of the batch."""
        mask = views.only(self.mask) if self.mask else None
        return Example(inputs=views.images(), target=self.scale(views.only(self.modality)), mask=mask)
