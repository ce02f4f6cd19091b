"""Tags' twelve colour words beside the hex values that the tables keep, and groups' hex (BK sections 6.1, 7.1).

A word is kept as its Tailwind 500 shade. Other doors may give a tag any colour: it is shown as the word of the nearest
hue, for a tag that is coloured elsewhere should not look plain here, and as none where there is hardly a hue. A PATCH
that does not send ``color``, or sends the word that was shown, leaves the exact value (``rest_compat/bkmark/tags.py``).
"""

from __future__ import annotations

from colorsys import rgb_to_hls
from functools import lru_cache
from typing import Literal, cast

Color = Literal["red", "orange", "amber", "yellow", "lime", "green", "teal", "cyan", "blue", "indigo", "violet", "pink"]

SHADES: dict[Color, str] = {
    "red": "#ef4444",
    "orange": "#f97316",
    "amber": "#f59e0b",
    "yellow": "#eab308",
    "lime": "#84cc16",
    "green": "#22c55e",
    "teal": "#14b8a6",
    "cyan": "#06b6d4",
    "blue": "#3b82f6",
    "indigo": "#6366f1",
    "violet": "#8b5cf6",
    "pink": "#ec4899",
}
WORDS = {shade: word for word, shade in SHADES.items()}
GREY = 0.15  # the most that the strongest and the weakest of red, green and blue of a grey differ by, of 1


def hex_of(word: Color | None) -> str | None:
    """What is kept for a word; None for none."""
    return None if word is None else SHADES[word]


@lru_cache(maxsize=1024)
def word_of(color: str | None) -> Color | None:
    """The word for what is kept (``#rgb``, ``#rrggbb`` or ``#rrggbbaa``); None for none, and for a grey."""
    if color is None:
        return None
    shade = (six_digits(color) or "").lower()
    if shade in WORDS:
        return WORDS[shade]
    channels = _channels(shade)
    if max(channels) - min(channels) < GREY:
        return None
    hue = _hue(shade)
    return min(SHADES, key=lambda word: _apart(hue, _hue(SHADES[word])))


def six_digits(color: str | None) -> str | None:
    """What is kept as ``#RRGGBB``, in its own case: short forms are spelt out, and alpha is left away."""
    if color is None:
        return None
    digits = color.removeprefix("#")
    return f"#{''.join(digit * 2 for digit in digits)}" if len(digits) == 3 else f"#{digits[:6]}"


def _channels(shade: str) -> tuple[float, float, float]:
    return cast("tuple[float, float, float]", tuple(int(shade[at : at + 2], 16) / 255 for at in (1, 3, 5)))


def _hue(shade: str) -> float:
    return rgb_to_hls(*_channels(shade))[0]


def _apart(one: float, other: float) -> float:
    """How far two hues are from each other on their circle."""
    return min((one - other) % 1, (other - one) % 1)
