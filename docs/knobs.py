"""Draws docs/knobs/*.svg: what each knob of [encounter] does. Run: python3 docs/knobs.py

Timelines are not drawn by hand: the bars below each curve are computed from it by the rules of docs/encounters.md.
"""

import math
from pathlib import Path

FOLDER = Path(__file__).parent / "knobs"
WIDTH, LEFT, RIGHT = 720, 110, 20
INK, FAINT, CONTACT, NEAR, SWEPT, NOT = "#1f2933", "#9aa5b1", "#c2410c", "#fdba74", "#0f766e", "#cbd2d9"


def text(x, y, words, size=12, fill=INK, anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}">{words}</text>'


def line(x1, y1, x2, y2, stroke=FAINT, width=1.0, dash=""):
    dash = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" stroke-width="{width}"{dash}/>'


def circle(x, y, r, fill="none", stroke="none", opacity=1.0):
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" stroke="{stroke}" opacity="{opacity}"/>'


def bar(x1, x2, y, fill):
    return f'<rect x="{x1 - 2:.1f}" y="{y:.1f}" width="{max(x2 - x1, 0) + 4:.1f}" height="12" rx="3" fill="{fill}"/>'


def write(name, height, parts):
    FOLDER.mkdir(exist_ok=True)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">'
    background = f'<rect width="{WIDTH}" height="{height}" fill="white"/>'
    (FOLDER / f"{name}.svg").write_text("\n".join([head, background, *parts, "</svg>", ""]))


def sampled(curve, beats, radius, exit_radius, gap):
    """Encounters at heartbeats as (start, end)."""
    found, last = [], None
    for t in beats:
        if curve(t) > exit_radius:
            continue
        if last is not None and t - last <= gap and found:
            found[-1][1] = t
            last = t
        elif curve(t) <= radius:
            found.append([t, t])
            last = t
    return found


def swept(curve, start, end, radius):
    """Times within a radius, tenth of a second by tenth of a second."""
    found = []
    for tenth in range(int(start * 10), int(end * 10) + 1):
        if curve(tenth / 10) <= radius:
            if found and tenth / 10 - found[-1][1] <= 0.11:
                found[-1][1] = tenth / 10
            else:
                found.append([tenth / 10, tenth / 10])
    return found


def through(points):
    """Straight between (time, distance) points."""

    def curve(t):
        for (t0, d0), (t1, d1) in zip(points, points[1:]):
            if t0 <= t <= t1:
                return d0 + (d1 - d0) * (t - t0) / (t1 - t0)
        return points[-1][1]

    return curve


def timeline(name, title, points, rows, radius=10, exit_radius=None, top=36, end=360):
    """Distance over time with heartbeats as dots, and a bar for each encounter: rows of (label, bars, colour)."""
    curve, beats = through(points), range(0, end + 1, 30)
    x = lambda t: LEFT + (WIDTH - LEFT - RIGHT) * t / end
    y = lambda d: 190 - 140 * d / top
    parts = [text(LEFT, 24, title, 14), text(WIDTH - RIGHT, 42, "distance of two players over time; dots: heartbeats", 11, FAINT, "end")]
    parts += [text(LEFT - 8, y(top) + 4, f"{top} m", 11, FAINT, "end")]
    parts += [text(LEFT - 8, y(0) + 4, "0 m", 11, FAINT, "end"), line(LEFT, y(0), WIDTH - RIGHT, y(0))]
    lines = [(radius, CONTACT, f"radius {radius} m")] + ([(exit_radius, NEAR, f"exit {exit_radius} m")] if exit_radius else [])
    for distance, colour, label in lines:
        parts.append(line(LEFT, y(distance), WIDTH - RIGHT, y(distance), colour, 1.5, "5 4"))
        parts.append(text(LEFT - 8, y(distance) + 4, label, 11, INK, "end"))
    path = " ".join(f"{x(t / 2):.1f},{y(min(curve(t / 2), top)):.1f}" for t in range(2 * end + 1))
    parts.append(f'<polyline points="{path}" fill="none" stroke="{INK}" stroke-width="1.5"/>')
    for t in beats:
        near = curve(t) <= (exit_radius or radius)
        colour = CONTACT if curve(t) <= radius else NEAR if near else "white"
        parts.append(circle(x(t), y(min(curve(t), top)), 4, colour, INK))
        if t % 60 == 0:
            parts.append(text(x(t), 206, f"{t} s", 11, FAINT, "middle"))
    for index, (label, bars, colour) in enumerate(rows):
        at = 220 + 22 * index
        parts.append(text(LEFT - 8, at + 10, label, 11, INK, "end"))
        parts += [bar(x(start), x(stop), at, colour) for start, stop in bars]
    write(name, 228 + 22 * len(rows), parts)


def main():
    curve = [(0, 34), (60, 18), (90, 9), (150, 6), (180, 9), (240, 20), (360, 34)]
    beats = range(0, 361, 30)
    at = through(curve)
    timeline("radius", "radius_cm: how near is a contact", curve, [
        ("radius 10 m", sampled(at, beats, 10, 10, 60), CONTACT),
        ("radius 20 m", sampled(at, beats, 20, 20, 60), CONTACT),
    ])
    curve = [(0, 30), (30, 8), (60, 13), (90, 9), (120, 14), (150, 16), (180, 9), (210, 25), (270, 14), (300, 16), (360, 34)]
    at = through(curve)
    timeline("exit-radius", "exit_radius_cm: hovering around the radius is one encounter, not many", curve, [
        ("without", sampled(at, beats, 10, 10, 30), CONTACT),
        ("exit 18 m", sampled(at, beats, 10, 18, 30), CONTACT),
    ], exit_radius=18)
    curve = [(0, 30), (30, 8), (60, 24), (90, 26), (120, 9), (150, 30), (270, 28), (300, 7), (330, 9), (360, 30)]
    at = through(curve)
    timeline("merge-gap", "merge_gap_s: meetings with short gaps between them are one", curve, [
        ("gap 30 s", sampled(at, beats, 10, 10, 30), CONTACT),
        ("gap 90 s", sampled(at, beats, 10, 10, 90), CONTACT),
        ("gap 180 s", sampled(at, beats, 10, 10, 180), CONTACT),
    ])
    curve = [(0, 30), (40, 5), (55, 28), (120, 30), (160, 6), (260, 5), (290, 30), (320, 3), (350, 34), (360, 34)]
    at = through(curve)
    spans = swept(at, 0, 360, 10)
    timeline("min-duration", "min_duration_s: short ones are left out of encounters_swept and encounters_team", curve, [
        ("least 0 s", spans, SWEPT),
        ("least 30 s", [span for span in spans if span[1] - span[0] >= 30], SWEPT),
    ])
    curve = [(0, 30), (30, 26), (45, 3), (60, 25), (90, 30), (135, 6), (150, 13), (180, 8), (240, 12), (300, 30), (360, 30)]
    at = through(curve)
    timeline("swept", "encounters_swept: a pass between two heartbeats counts though neither heartbeat is near", curve, [
        ("encounters", sampled(at, beats, 10, 10, 30), CONTACT),
        ("swept", swept(at, 0, 360, 10), SWEPT),
    ])

    # A jump: the straight line of a teleport would sweep over everyone on its way.
    parts = [text(40, 24, "sweep_max_step_cm: a jump is not a walk", 14)]
    parts += [line(60, 120, 180, 90, INK, 2), line(180, 90, 610, 60, FAINT, 1.5, "5 4"), line(610, 60, 670, 110, INK, 2)]
    parts += [circle(x, y, 5, INK) for x, y in [(60, 120), (180, 90), (610, 60), (670, 110)]]
    parts += [circle(390, 92, 30, "none", NOT), circle(390, 92, 5, NOT), circle(120, 118, 30, "none", SWEPT), circle(120, 118, 5, SWEPT)]
    parts += [text(120, 166, "walked past: swept", 12, SWEPT, "middle"), text(390, 146, "jumped over: not swept", 12, INK, "middle")]
    parts.append(text(395, 62, "farther than sweep_max_step_cm in one interval, or a respawn", 11, FAINT, "middle"))
    write("max-step", 180, parts)

    teams = {"#1d4ed8": [(80, 70), (130, 120), (190, 60)], "#b91c1c": [(330, 80), (400, 140), (360, 50), (450, 95)]}
    parts = [text(40, 24, "encounters_team: the centroids of two teams within team_radius_cm", 14)]
    centres = []
    for colour, members in teams.items():
        centre = [sum(axis) / len(members) for axis in zip(*members)]
        centres.append(centre)
        parts += [line(*member, *centre, FAINT, 0.8) for member in members]
        parts += [circle(*member, 5, colour) for member in members]
        parts.append(f'<rect x="{centre[0] - 5:.1f}" y="{centre[1] - 5:.1f}" width="10" height="10" fill="white" stroke="{colour}" stroke-width="2"/>')
    parts.append(line(*centres[0], *centres[1], CONTACT, 1.5, "5 4"))
    parts.append(text((centres[0][0] + centres[1][0]) / 2, 78, "compared", 11, CONTACT, "middle"))
    parts.append(text(540, 80, "squares: centroids,", 11) + text(540, 96, "means over all players", 11))
    write("team", 170, parts)

    points = [(80, 80), (110, 95), (138, 78), (240, 70), (262, 92), (400, 110), (470, 60), (495, 70), (505, 96), (480, 112)]
    parts = [text(40, 24, "encounters_group: connected by contacts, directly or through others", 14)]
    linked = lambda a, b: math.dist(a, b) <= 36
    parts += [line(*a, *b, CONTACT, 2) for i, a in enumerate(points) for b in points[i + 1 :] if linked(a, b)]
    parts += [circle(*point, 5, INK) for point in points]
    labels = [(109, 130, "size 3"), (251, 130, "size 2"), (400, 140, "alone: no group"), (488, 140, "size 4")]
    parts += [text(x, y, words, 11, INK, "middle") for x, y, words in labels]
    write("groups", 160, parts)

    parts = [text(40, 24, "relation: which pairs count", 14)]
    for index, (name, own, mixed) in enumerate([("any", CONTACT, CONTACT), ("opponents", NOT, CONTACT), ("allies", CONTACT, NOT)]):
        x = 60 + 220 * index
        parts += [line(x, 70, x + 60, 70, own, 3), line(x + 60, 70, x + 60, 115, mixed, 3)]
        parts += [circle(x, 70, 6, "#1d4ed8"), circle(x + 60, 70, 6, "#1d4ed8"), circle(x + 60, 115, 6, "#b91c1c")]
        parts.append(text(x + 30, 145, name, 12, INK, "middle"))
    write("relation", 160, parts)


main()
