"""z-scores of vectors whose numbers have different units or ranges."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class ZScores:
    """Means and standard deviations of n numbers."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def score(self, values: Tensor) -> Tensor:
        """Numbers -> z-scores, [..., n]."""
        return (values - values.new_tensor(self.mean)) / values.new_tensor(self.std)

    def values(self, scores: Tensor) -> Tensor:
        """z-scores -> numbers, float32 [..., n]."""
        scores = scores.float()
        return scores * scores.new_tensor(self.std) + scores.new_tensor(self.mean)
