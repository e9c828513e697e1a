"""scipy and DuckDB on the points that `peers` wrote, and the table of all engines. Called by benches/peers/run."""

import json
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
from scipy.spatial import cKDTree

RADIUS_CM = 1000
MASK = (1 << 63) - 1


def digest(a, b):
    low, high = np.minimum(a, b).astype(np.uint64), np.maximum(a, b).astype(np.uint64)
    return len(a), int((low * np.uint64(31) + high).sum(dtype=np.uint64)) & MASK


def by_scipy(points, matches):
    """cKDTree and query_pairs, match by match; half a square centimetre more includes the boundary and nothing else."""
    bounds = np.flatnonzero(np.diff(matches)) + 1
    a, b = [], []
    for part, first in zip(np.split(points, bounds), np.concatenate([[0], bounds])):
        pairs = cKDTree(part).query_pairs((RADIUS_CM**2 + 0.5) ** 0.5, output_type="ndarray")
        a.append(pairs[:, 0] + first)
        b.append(pairs[:, 1] + first)
    return digest(np.concatenate(a), np.concatenate(b))


def by_duckdb(connection):
    """A plain self-join on the match."""
    rows = connection.sql(f"""
        SELECT a.i, b.i FROM p a JOIN p b ON a.m = b.m AND a.i < b.i
        WHERE (a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2 <= {RADIUS_CM**2}""").fetchnumpy()
    first, second = rows.values()
    return digest(first, second)


def measure(run, expected, engine, case):
    times = []
    for _ in range(3):
        started = time.perf_counter()
        answer = run()
        times.append(time.perf_counter() - started)
        assert answer == expected, f"{engine} disagrees on {case}: {answer}, expected {expected}"
        if times[0] > 30:
            break
    return sorted(times)[len(times) // 2]


def main(folder):
    results, cases = {}, []
    for line in (folder / "results.jsonl").read_text().splitlines():
        row = json.loads(line)
        if "engine" in row:
            results[row["case_name"], row["engine"]] = row["ns_per_player"]
        else:
            cases.append(row)
    for row in cases:
        name, players = row["name"], row["players"]
        values = np.fromfile(folder / f"{row['case']}.i32", dtype="<i4").reshape(-1, 4)
        expected = (row["pairs"], row["digest"])
        seconds = measure(lambda: by_scipy(values[:, :3].astype(float), values[:, 3]), expected, "scipy", name)
        results[name, "scipy (cKDTree, query_pairs)"] = seconds * 1e9 / players
        # A self-join is quadratic in the match: beyond a few thousand it is not worth the wait.
        if players / (values[-1, 3] + 1) <= 1000:
            connection = duckdb.connect(config={"threads": 1})
            x, y, z, m = (np.ascontiguousarray(values[:, k], dtype=np.int64) for k in range(4))
            i = np.arange(players)
            points = {"i": i, "m": m, "x": x, "y": y, "z": z}
            connection.execute("CREATE TABLE p AS SELECT unnest($i) AS i, unnest($m) AS m, unnest($x) AS x, "
                               "unnest($y) AS y, unnest($z) AS z", {k: v.tolist() for k, v in points.items()})
            seconds = measure(lambda: by_duckdb(connection), expected, "DuckDB", name)
            results[name, f"DuckDB {duckdb.__version__} (self-join)"] = seconds * 1e9 / players
    engines = list(dict.fromkeys(engine for _, engine in results))
    print("| 1 M players, radius 10 m: ns a player | pairs a player | " + " | ".join(engines) + " |")
    print("|---" * (len(engines) + 2) + "|")
    for row in cases:
        cells = [results.get((row["name"], engine)) for engine in engines]
        shown = ["-" if cell is None else f"{cell:.1f}" if cell < 100 else f"{cell:.0f}" for cell in cells]
        print(f"| {row['name']} | {row['pairs'] / row['players']:.2f} | " + " | ".join(shown) + " |")
    print("\nEvery engine found the same pairs. Pairs a second: pairs a player / ns a player.")


main(Path(sys.argv[1]))
