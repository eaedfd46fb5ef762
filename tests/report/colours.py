"""Colours of the page as people see them: contrast, distance, and red-green blindness."""

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.float64]

MACHADO = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
"""How linear RGB is seen without one kind of cone.

Source: Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1.0.
"""

_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.072175],
        [0.0193339, 0.119192, 0.9503041],
    ]
)
_WHITE = _TO_XYZ.sum(axis=1)


def palettes(css: str) -> dict[str, Mapping[str, str]]:
    """The variables of a style sheet, `light` and `dark`; dark has what it does not set itself."""
    blocks = re.findall(r":root\s*{([^}]*)}", css)
    light, dark = (dict(re.findall(r"--(\w+):\s*(#[0-9a-f]{3,6})\b", each)) for each in blocks[:2])
    return {"light": light, "dark": light | dark}


def linear(colour: str) -> Colour:
    """Linear RGB of `#rrggbb`, each from 0 to 1."""
    digits = colour.lstrip("#")
    full = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    values = np.array([int(full[place : place + 2], 16) / 255 for place in (0, 2, 4)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2.2 has it, 1 to 21."""
    dark, light = sorted(float(_TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def seen(colour: str, kind: str) -> Colour:
    """Linear RGB of a colour as somebody of that kind sees it."""
    return np.clip(np.array(MACHADO[kind]) @ linear(colour), 0, 1)


def distance(one: Colour, other: Colour) -> float:
    """CIE76 distance of two colours of linear RGB: 2.3 is just noticed, black and white are 100."""
    return float(np.linalg.norm(_lab(one) - _lab(other)))


def _lab(colour: Colour) -> Colour:
    ratios = _TO_XYZ @ colour / _WHITE
    x, y, z = np.where(ratios > 0.008856, np.cbrt(ratios), 7.787 * ratios + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
