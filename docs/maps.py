"""Draws docs/maps/*.svg from the reports of runs: where players are and where they die on each map, its places and ways.

Run: python3 docs/maps.py RUN... (folders of runs; their reports hold the same pictures).
"""

import html
import re
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "maps"
FIGURE = re.compile(
    r'<figcaption><h3>(?P<name>[^<]*)</h3><p>(?P<about>[^<]*)</p>.*?<div class="pair">(?P<pair>.*?)</div>', re.DOTALL
)
DRAWING = re.compile(r'<svg class="map" viewBox="0 -18 (?P<width>[\d.]+) (?P<height>[\d.]+)"[^>]*>(?P<inner>.*?)</svg>', re.DOTALL)
MARGIN = 16


def colours(page):
    """The light colours of the page, by the class of a shade."""
    variables = dict(re.findall(r"--(\w+):(#\w+)", page.split("@media", 1)[0]))
    shades = [f".h{level}{{fill:{variables[f'h{level}']}}}" for level in range(6)]
    ink = variables["ink"]
    lines = [
        f".way{{fill:none;stroke:{ink};stroke-opacity:.45;stroke-dasharray:2 3}}",
        f".place{{fill:none;stroke:{ink};stroke-opacity:.55}}",
        f"text{{font:13px sans-serif;fill:{ink}}}",
    ]
    return "".join(shades + lines)


def draw(run):
    page = (run / "report.html").read_text()
    section = page.split("<h2>Maps</h2>", 1)[-1]
    style = colours(page)
    for figure in FIGURE.finditer(section):
        drawings = list(DRAWING.finditer(figure["pair"]))
        if len(drawings) != 2:
            continue
        width, height = float(drawings[0]["width"]), float(drawings[0]["height"])
        whole = 2 * width + 3 * MARGIN
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole:.0f} {height + 44:.0f}">',
            f"<style>{style}</style><title>{figure['name']}: {html.escape(figure['about'])}</title>",
            f'<rect width="{whole:.0f}" height="{height + 44:.0f}" fill="#fff"/>',
        ]
        for n, drawing in enumerate(drawings):
            parts.append(f'<g transform="translate({MARGIN + n * (width + MARGIN):.0f} 34)">{drawing["inner"]}</g>')
        name = f"{run.name}-{figure['name']}.svg"
        (FOLDER / name).write_text("\n".join([*parts, "</svg>", ""]))
        print(name, figure["about"])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    FOLDER.mkdir(exist_ok=True)
    for argument in sys.argv[1:]:
        draw(Path(argument))
