"""How wide words will be drawn, and lists of names that are made to fit."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence


def inches_of(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a line will be drawn, in inches; `size` is in points, escaped dollars count as dollars."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")))
    font.set_size(size, 72)
    with warnings.catch_warnings():
        # As in `canvas.save`: what the font lacks is drawn as boxes, which are about as wide.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        font.set_text(text.replace(r"\$", "$"), 0.0)
    return float(font.get_width_height()[0]) / 64 / 72


def widest(lines: Iterable[str], size: float) -> float:
    """How wide the widest line will be, in inches; 0 without any."""
    return max((inches_of(line, size) for line in lines), default=0.0)


def listed(names: Sequence[str], size: float, inches: float, lines: int = 2) -> str:
    """Names with commas, broken between names into at most so many lines; "+ 19 more" for those that do not fit.

    The first name is always shown, however wide it is.
    """
    for shown in range(len(names), 0, -1):
        rest = len(names) - shown
        words = [f"{name}," for name in names[: shown - 1]] + [names[shown - 1] + (f" + {rest} more" if rest else "")]
        broken = _broken(words, size, inches)
        if shown == 1 or (len(broken) <= lines and widest(broken, size) <= inches):
            return "\n".join(broken)
    return ""


def _broken(words: Iterable[str], size: float, inches: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and inches_of(f"{lines[-1]} {word}", size) <= inches:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
