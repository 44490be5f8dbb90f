"""What the two keypoint tasks share: decoder, metrics, picture.

Both predict the response before any suppression (facts 1.6): a map that is near nothing almost everywhere, with a few
peaks. The paper ends in a tanh; the value that most pixels have is its end, where it has no slope, so here the head is
linear, in units of the range just above it (at nano, 2D: L1 0.099 against 0.108, the F-score 68 % against 61 %).
"""

from taskonomy_core.blocks import ColourMap, DenseDecoder, f_score, mean_absolute_error

KEYPOINT_DECODER = DenseDecoder(centre=-0.9, spread=0.1)
STRONG = -0.5  # on the [-1, 1] scale, a quarter of the top: from here on it is a keypoint to the F-score
KEYPOINT_METRICS = (mean_absolute_error(), f_score(STRONG))
keypoint_picture = ColourMap(-1.0, 1.0, "inferno")
