"""Draws docs/picture.svg, the picture of the README, from output/quickstart: python3 docs/picture.py (needs duckdb)."""

import duckdb

TABLES = "output/quickstart/tables"
CELL_CM = 400
SIDE = 40


def rows(query):
    return duckdb.sql(query).fetchall()


heat = rows(f"""
    SELECT least(position_x_cm // {CELL_CM}, {SIDE - 1})::INT, least(position_y_cm // {CELL_CM}, {SIDE - 1})::INT, count(*)
    FROM '{TABLES}/heartbeats/*/*.parquet' GROUP BY ALL ORDER BY ALL""")
kills = rows(f"""
    SELECT victim_x_cm, victim_y_cm FROM '{TABLES}/kills/*/*.parquet' ORDER BY hash(kill_id) LIMIT 220""")
online = rows(f"""
    SELECT datediff('hour', DATE '2026-01-05', event_ts) AS hour, count(*) / 120 FROM '{TABLES}/heartbeats/*/*.parquet'
    GROUP BY hour ORDER BY hour""")

most = max(count for _, _, count in heat)
out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 400" font-family="system-ui, sans-serif" font-size="13">',
       '<rect width="900" height="400" fill="#10181f"/>']
for x, y, count in heat:
    share = (count / most) ** 0.45
    colour = f"rgb({int(16 + 230 * share)},{int(24 + 150 * share)},{int(40 + 60 * share)})"
    out.append(f'<rect x="{20 + x * 9}" y="{371 - y * 9}" width="9" height="9" fill="{colour}"/>')
for x, y in kills:
    px, py = 20 + x / CELL_CM * 9, 380 - y / CELL_CM * 9
    out.append(f'<path d="M{px - 2:.1f} {py - 2:.1f}l4 4m0-4l-4 4" stroke="#ff5d5d" stroke-width="1"/>')
out.append('<text x="20" y="14" fill="#9fb3c4">where players stand on one map, and some of the kills</text>')
top = max(count for _, count in online)
out.append('<text x="430" y="14" fill="#9fb3c4">players online over three days, UTC</text>')
first = online[0][0]
for hour, count in online:
    height = count / top * 320
    out.append(f'<rect x="{430 + (hour - first) * 6.2:.1f}" y="{380 - height:.1f}" width="5" height="{height:.1f}" fill="#4aa3df"/>')
for day in range(3):
    out.append(f'<text x="{430 + day * 24 * 6.2:.1f}" y="395" fill="#9fb3c4">day {day + 1}</text>')
out.append(f'<text x="430" y="40" fill="#9fb3c4">most: {top:.0f}</text>')
out.append('</svg>\n')
with open("docs/picture.svg", "w", encoding="utf-8") as file:
    file.write("\n".join(out))
