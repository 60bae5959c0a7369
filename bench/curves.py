"""A line chart with a band around each line, as an SVG that needs nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, TOP, BELOW = 340, 220, 34, 34, 36
"""Of one panel and its margins, in pixels."""


@dataclass(frozen=True)
class Curve:
    """What one arm of an experiment did, run by run."""

    name: str
    colour: str
    runs: Sequence[Sequence[float]]
    """One series of numbers in [0, 1] per seed, all equally long."""

    def band(self) -> list[tuple[float, float, float]]:
        """Return the least, mean and greatest value over the seeds, step by step."""
        return [(min(step), sum(step) / len(step), max(step)) for step in zip(*self.runs, strict=True)]


def chart(panels: Sequence[tuple[str, Sequence[Curve]]], *, steps: int) -> str:
    """Draw panels side by side; the x axis is 0 to `steps`, the y axis 0 to 1, the legend that of the first panel."""
    size = f'width="{WIDTH * len(panels)}" height="{HEIGHT + 20}"'
    drawn = "".join(_panel(title, curves, WIDTH * i, steps) for i, (title, curves) in enumerate(panels))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{drawn}{_legend(panels[0][1])}</svg>\n'
    )


def _panel(title: str, curves: Sequence[Curve], x0: int, steps: int) -> str:
    wide, high = WIDTH - LEFT - 14, HEIGHT - TOP - BELOW

    def at(step: float, value: float) -> str:
        return f"{x0 + LEFT + wide * step:.1f},{TOP + high * (1 - value):.1f}"

    parts = [f'<text x="{x0 + LEFT}" y="{TOP - 14}" font-weight="bold">{title}</text>\n']
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = at(0, value).split(",")
        parts.append(f'<path d="M{x},{y}h{wide}" stroke="#ddd"/>')
        parts.append(f'<text x="{float(x) - 5:.1f}" y="{float(y) + 4:.1f}" text-anchor="end">{value:g}</text>\n')
    for share in (0.0, 0.5, 1.0):
        x = at(share, 0).partition(",")[0]
        parts.append(f'<text x="{x}" y="{TOP + high + 15}" text-anchor="middle">{steps * share:g}</text>\n')
    parts.append(f'<text x="{x0 + LEFT + wide / 2}" y="{TOP + high + 29}" text-anchor="middle">step</text>\n')
    for curve in curves:
        band = curve.band()
        places = [i / max(len(band) - 1, 1) for i in range(len(band))]
        edge = [at(x, low) for x, (low, _, _) in zip(places, band, strict=True)]
        edge += [at(x, high_) for x, (_, _, high_) in reversed(list(zip(places, band, strict=True)))]
        mean = [at(x, middle) for x, (_, middle, _) in zip(places, band, strict=True)]
        parts.append(f'<polygon points="{" ".join(edge)}" fill="{curve.colour}" opacity="0.15"/>\n')
        parts.append(f'<polyline points="{" ".join(mean)}" fill="none" stroke="{curve.colour}" stroke-width="2"/>\n')
    return "".join(parts)


def _legend(curves: Sequence[Curve]) -> str:
    parts = []
    for i, curve in enumerate(curves):
        x = LEFT + 200 * i
        parts.append(f'<path d="M{x},{HEIGHT + 6}h18" stroke="{curve.colour}" stroke-width="2"/>')
        parts.append(f'<text x="{x + 23}" y="{HEIGHT + 10}">{curve.name}</text>\n')
    return "".join(parts)
