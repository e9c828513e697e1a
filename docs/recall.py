"""How many meetings heartbeats miss: recall of `encounters` against `encounters_swept` as the radius shrinks.

Runs one scenario once a radius and prints a Markdown table; writes docs/recall.svg.
Run: python3 docs/recall.py [SKIRMISH] (needs duckdb; SKIRMISH defaults to target/release/skirmish).
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

RADII_CM = [3500, 2000, 1500, 1000, 700, 500, 300, 200, 100]
SKIRMISH = sys.argv[1] if len(sys.argv) > 1 else "target/release/skirmish"

# A meeting is a swept encounter; it is seen if a sampled one of the same two sessions and match overlaps it. Encounters
# are not merged over gaps here (one heartbeat at most), so that one long encounter does not hide many short ones.
QUERY = """
    SELECT count(*), count(*) FILTER (EXISTS (
        SELECT 1 FROM '{root}/encounters/*/*.parquet' e
        WHERE e.match_id = s.match_id AND e.session_a = s.session_a AND e.session_b = s.session_b
          AND e.started_at <= s.ended_at AND e.ended_at >= s.started_at)),
        median(s.contact_ms) / 1000
    FROM '{root}/encounters_swept/*/*.parquet' s"""


def measure(radius_cm):
    with tempfile.TemporaryDirectory() as folder:
        keys = {
            "population.players": 20000, "clock.days": 1, "encounter.radius_cm": radius_cm, "encounter.merge_gap_s": 30,
            "output.tables.encounters_swept": "true", "output.tables.heartbeats": "false",
        }
        sets = [part for key, value in keys.items() for part in ("--set", f"{key}={value}")]
        run = [SKIRMISH, "run", "scenarios/quickstart.toml", "--quiet", "--out", f"{folder}/run", *sets]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
        return duckdb.sql(QUERY.format(root=f"{folder}/run/tables")).fetchall()[0]


rows = [(radius_cm / 100, *measure(radius_cm)) for radius_cm in RADII_CM]
print("| radius, m | meetings | seen at a heartbeat | recall | median time in contact, s |\n|---|---|---|---|---|")
for radius, meetings, seen, median in rows:
    print(f"| {radius:g} | {meetings:,} | {seen:,} | {seen / meetings:.2f} | {median:.1f} |")

x = lambda radius: 70 + 600 * radius / 35
y = lambda share: 240 - 200 * share
out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 290" font-family="sans-serif" font-size="12">',
       '<rect width="720" height="290" fill="white"/>',
       '<text x="70" y="22" font-size="14">share of meetings that a heartbeat sees, by radius</text>']
for tenth in range(0, 11, 2):
    at = y(tenth / 10)
    out.append(f'<line x1="70" x2="690" y1="{at:.1f}" y2="{at:.1f}" stroke="#cbd2d9"/>')
    out.append(f'<text x="62" y="{at + 4:.1f}" text-anchor="end">{tenth / 10:g}</text>')
points = " ".join(f"{x(radius):.1f},{y(seen / meetings):.1f}" for radius, meetings, seen, _ in rows)
out.append(f'<polyline points="{points}" fill="none" stroke="#0f766e" stroke-width="2"/>')
for radius, meetings, seen, _ in rows:
    out.append(f'<circle cx="{x(radius):.1f}" cy="{y(seen / meetings):.1f}" r="4" fill="#0f766e"/>')
    if radius not in (2, 7):
        out.append(f'<text x="{x(radius):.1f}" y="262" text-anchor="middle">{radius:g} m</text>')
out.append("</svg>")
Path(__file__).with_name("recall.svg").write_text("\n".join(out) + "\n")
