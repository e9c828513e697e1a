"""Bytes of tables/heartbeats by column against the entropy of the motion.

Run: python3 docs/entropy.py RUN_FOLDER (needs duckdb). Entropy is that of differences within a session, the best that a
code of one value at a time could do that knows how often each difference occurs:
- x, y, z: the step from the heartbeat before, given whether the session moved on or roamed (the longer of |dx| and |dy|
  below 8 m or not) and whether it respawned, which costs next to nothing itself;
- the others: whether the value differs from the row before, and if it does, 64 bits.
"""

import sys

import duckdb

tables = f"{sys.argv[1]}/tables/heartbeats"
duckdb.sql(f"""CREATE VIEW steps AS
    SELECT *, position_x_cm - lag(position_x_cm) OVER w AS dx, position_y_cm - lag(position_y_cm) OVER w AS dy,
           position_z_cm - lag(position_z_cm) OVER w AS dz,
           lag(match_id) OVER w AS m, lag(team_id) OVER w AS t
    FROM '{tables}/*/*.parquet' WINDOW w AS (PARTITION BY session_id ORDER BY event_ts)""")
rows = duckdb.sql("SELECT count(*) FROM steps").fetchall()[0][0]
stored = dict(duckdb.sql(f"""
    SELECT path_in_schema, sum(total_compressed_size) FROM parquet_metadata('{tables}/*/*.parquet') GROUP BY ALL""").fetchall())


def step_entropy(column):
    """Bits a row: entropy of the step given the kind of motion, and a whole coordinate at the start of each session."""
    bits, = duckdb.sql(f"""
        WITH kinds AS (SELECT {column} AS step, greatest(abs(dx), abs(dy)) <= 800 AS roams FROM steps WHERE {column} IS NOT NULL),
             counts AS (SELECT roams, step, count(*) AS n FROM kinds GROUP BY ALL),
             totals AS (SELECT roams, sum(n) AS total FROM counts GROUP BY roams)
        SELECT sum(n * log2(total / n)) FROM counts JOIN totals USING (roams)""").fetchall()[0]
    starts, = duckdb.sql(f"SELECT count(*) FILTER ({column} IS NULL) FROM steps").fetchall()[0]
    return (bits + 16 * starts) / rows


def change_entropy(condition):
    changes, = duckdb.sql(f"SELECT count(*) FILTER ({condition}) FROM steps").fetchall()[0]
    p = changes / rows
    from math import log2
    return 64 * p - p * log2(p) - (1 - p) * log2(1 - p)


entropy = {"position_x_cm": step_entropy("dx"), "position_y_cm": step_entropy("dy"), "position_z_cm": step_entropy("dz")}
entropy |= {name: change_entropy("dx IS NULL") for name in ("session_id", "player_id", "event_ts")}
entropy |= {"match_id": change_entropy("m IS DISTINCT FROM match_id"), "team_id": change_entropy("m IS DISTINCT FROM match_id") / 16}
print("| column | bytes a row | entropy, bytes a row | ratio |\n|---|---|---|---|")
for name in ("session_id", "event_ts", "player_id", "match_id", "team_id", "position_x_cm", "position_y_cm", "position_z_cm"):
    own, best = stored[name] / rows, entropy[name] / 8
    print(f"| {name} | {own:.3f} | {best:.3f} | {own / best:.2f} |")
own, best = sum(stored.values()) / rows, sum(entropy.values()) / 8
print(f"| all | {own:.3f} | {best:.3f} | {own / best:.2f} |")
