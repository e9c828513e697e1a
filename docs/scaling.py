"""Cost a heartbeat from 100 k to 20 M players, by threads and backend: a Markdown table and docs/scaling.svg.

Run: python3 docs/scaling.py [SKIRMISH] [REPEATS]  (about ten minutes; SKIRMISH defaults to target/release/skirmish).
Every population is full-house (everybody online, 23 ticks) in realms of 2,000, encoded and dropped. Where there is no
hardware GPU, software Vulkan detects for the smaller populations: it shows that the path works, not how fast it is.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

SKIRMISH = sys.argv[1] if len(sys.argv) > 1 else "target/release/skirmish"
REPEATS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
PLAYERS = [100_000, 1_000_000, 5_000_000, 20_000_000]
STAGES = ["start", "before_contacts", "detect", "after_contacts", "encode", "write", "wait"]


def bench(players, threads, backend):
    sets = [f"--set=population.players={players}", f"--set=population.realms={players // 2000}"]
    args = [SKIRMISH, "bench", "scenarios/full-house.toml", "--sink=encode", f"--threads={threads}", "--json",
            f"--backend={backend}", *sets]
    return json.loads(subprocess.run(args, check=True, capture_output=True).stdout)


print("| players | threads | backend | heartbeats | heartbeats/s | " + " | ".join(f"{s}, ns" for s in STAGES) + " | peak memory | bytes |")
print("|---|---|---|---|---|" + "---|" * (len(STAGES) + 2))
rates = {}
for threads, backend in ((1, "cpu"), (2, "cpu"), (2, "gpu")):
    for players in PLAYERS if backend == "cpu" else PLAYERS[:2]:
        # The largest takes minutes and varies little.
        runs = [bench(players, threads, backend) for _ in range(REPEATS if players < 20_000_000 else 1)]
        run = sorted(runs, key=lambda run: run["heartbeats_per_second"])[len(runs) // 2]
        rate = statistics.median(run["heartbeats_per_second"] for run in runs)
        if backend == "cpu":
            rates[threads, players] = rate
        stages = " | ".join(f"{run['stage_ns_per_heartbeat'][stage]:.0f}" for stage in STAGES)
        written = run["heartbeats"] * run["bytes_per_heartbeat_in_all"]
        print(f"| {players:,} | {threads} | {backend} | {run['heartbeats'] / 1e6:.1f} M | {rate / 1e6:.2f} M | {stages} "
              f"| {run['peak_memory_bytes'] / 1e9:.2f} GB | {written / 1e9:.2f} GB |", flush=True)

x = lambda index: 90 + 180 * index
y = lambda rate: 250 - 210 * rate / (1.15 * max(rates.values()))
out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 300" font-family="sans-serif" font-size="12">',
       '<rect width="720" height="300" fill="white"/>',
       '<text x="60" y="22" font-size="14">heartbeats a second by number of players in session</text>']
for step in range(0, int(1.15 * max(rates.values()) / 1e6) + 1, 2):
    out.append(f'<line x1="60" x2="690" y1="{y(step * 1e6):.1f}" y2="{y(step * 1e6):.1f}" stroke="#cbd2d9"/>')
    out.append(f'<text x="52" y="{y(step * 1e6) + 4:.1f}" text-anchor="end">{step} M</text>')
for threads, colour in ((1, "#c2410c"), (2, "#0f766e")):
    points = [(x(i), y(rates[threads, players])) for i, players in enumerate(PLAYERS)]
    out.append(f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}" fill="none" stroke="{colour}" stroke-width="2"/>')
    out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="{colour}"/>' for a, b in points]
    out.append(f'<text x="{points[-1][0] + 10:.1f}" y="{points[-1][1] + 4:.1f}" fill="{colour}">{threads} thread{"s" * (threads > 1)}</text>')
out += [f'<text x="{x(i):.1f}" y="275" text-anchor="middle">{players / 1e6:g} M</text>' for i, players in enumerate(PLAYERS)]
out.append("</svg>")
Path(__file__).with_name("scaling.svg").write_text("\n".join(out) + "\n")
