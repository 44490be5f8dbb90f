"""Parts that a task may be built from: decoders, losses, metrics, pictures. Public, optional, loaded on first use."""

from typing import TYPE_CHECKING

from taskonomy_core.lazy import lazy_names

if TYPE_CHECKING:
    from taskonomy_core.blocks.decoders import DenseDecoder, PairwiseDecoder, VectorDecoder
    from taskonomy_core.blocks.drawings import clipped, lines_over, projected
    from taskonomy_core.blocks.losses import (
        cross_entropy,
        embeddings_at,
        l1_loss,
        l2_loss,
        masked_mean,
        metric_embedding_loss,
        norm_loss,
        soft_cross_entropy,
        spread,
        squared_distances,
    )
    from taskonomy_core.blocks.metrics import (
        MedianFactory,
        MetricFactory,
        f_score,
        mean_absolute_error,
        mean_iou,
        mean_of,
        peak_signal_noise_ratio,
        scored_classes,
        scored_elements,
        scored_pixels,
        share_below,
        structural_similarity,
        top_accuracy,
        torchmetric,
    )
    from taskonomy_core.blocks.pictures import (
        ColourMap,
        LabelPicture,
        enlarged,
        grey_picture,
        normals_picture,
        plan_picture,
        rgb_picture,
        segments_picture,
        shares,
    )

__all__ = [
    "ColourMap",
    "DenseDecoder",
    "LabelPicture",
    "MedianFactory",
    "MetricFactory",
    "PairwiseDecoder",
    "VectorDecoder",
    "clipped",
    "cross_entropy",
    "embeddings_at",
    "enlarged",
    "f_score",
    "grey_picture",
    "l1_loss",
    "l2_loss",
    "lines_over",
    "masked_mean",
    "mean_absolute_error",
    "mean_iou",
    "mean_of",
    "metric_embedding_loss",
    "norm_loss",
    "normals_picture",
    "peak_signal_noise_ratio",
    "plan_picture",
    "projected",
    "rgb_picture",
    "scored_classes",
    "scored_elements",
    "scored_pixels",
    "segments_picture",
    "share_below",
    "shares",
    "soft_cross_entropy",
    "spread",
    "squared_distances",
    "structural_similarity",
    "top_accuracy",
    "torchmetric",
]

_HOMES = {
    "decoders": ("DenseDecoder", "PairwiseDecoder", "VectorDecoder"),
    "drawings": ("clipped", "lines_over", "projected"),
    "losses": (
        "cross_entropy",
        "embeddings_at",
        "l1_loss",
        "l2_loss",
        "masked_mean",
        "metric_embedding_loss",
        "norm_loss",
        "soft_cross_entropy",
        "spread",
        "squared_distances",
    ),
    "metrics": (
        "MedianFactory",
        "MetricFactory",
        "f_score",
        "mean_absolute_error",
        "mean_iou",
        "mean_of",
        "peak_signal_noise_ratio",
        "scored_classes",
        "scored_elements",
        "scored_pixels",
        "share_below",
        "structural_similarity",
        "top_accuracy",
        "torchmetric",
    ),
    "pictures": (
        "ColourMap",
        "LabelPicture",
        "enlarged",
        "grey_picture",
        "normals_picture",
        "plan_picture",
        "rgb_picture",
        "segments_picture",
        "shares",
    ),
}
__getattr__ = lazy_names(
    __name__, {name: f"taskonomy_core.blocks.{home}" for home, names in _HOMES.items() for name in names}
)
