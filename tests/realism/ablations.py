"""What each mechanism is good for: it is switched off, and the targets of realism are measured again.

    python tests/realism/ablations.py SKIRMISH

SKIRMISH is the program. Two scenarios are run as they are and once for each mechanism without it: who plays when
and pays how much on `team-shooter` for 150 days with session-level tables, space and fights on the same for a week.
Prints a table in Markdown: of every mechanism the targets that pass with it and not without, and those the other
way round.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

LONG = [
    "population.players=30000",
    "clock.days=150",
    "population.installs.veteran_share=0.3",
    "population.installs.horizon_days=80",
    *(f"output.tables.{table}=false" for table in ("heartbeats", "encounters", "kills", "matches", "rounds")),
    "output.tables.participations=false",
]
SHORT = ["population.players=10000", "clock.days=7"]
MECHANISMS = [
    ("gaps that lengthen with age", LONG, ["population.retention.gap_age_exponent=0"]),
    ("leaving tied to engagement", LONG, ["population.retention.churn_engagement_correlation=0"]),
    ("engagement in gaps", LONG, ["population.retention.gap_engagement_effect=0"]),
    ("weekdays", LONG, ["population.retention.weekday_weights=[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]"]),
    ("a favourite weekday", LONG, ["population.retention.favourite_weekday_pull=0"]),
    ("those who never return", LONG, ["population.retention.one_day_share=0"]),
    ("hours of one's own", LONG, ["sessions.peak_hour_spread_hours=0", "sessions.clock_width_spread_log=0"]),
    (
        "lengths of one's own",
        LONG,
        ["sessions.length_spread_log=0", "sessions.length_engagement_effect=0"],
    ),
    (
        "further sessions by engagement",
        LONG,
        ["sessions.further_engagement_effect=0", "sessions.further_spread_log=0"],
    ),
    ("lost connections", LONG, ["sessions.disconnect_share=0"]),
    ("parties", LONG, ["parties.share=0"]),
    ("payers by engagement", LONG, ["payers.engagement_correlation=0"]),
    ("payers by device", LONG, [f"devices.{device}.payer_factor=1" for device in ("android-phone", "ios-phone")]),
    ("first purchases that age", LONG, ["payers.first_purchase_exponent=0"]),
    ("cheats", LONG, ["cheating.share=0"]),
    ("reports", LONG, ["reports.honest_per_kill=0", "reports.cheater_per_kill=0"]),
    ("skill in fights", SHORT, ["combat.skill_effect=0"]),
    ("cover", SHORT, [f"maps.{name}.sight_m=10000" for name in ("foundry", "harbour", "terraces", "depot")]),
    (
        "popular places",
        SHORT,
        [f"maps.{name}.generated_popularity_exponent=0" for name in ("foundry", "harbour", "terraces", "depot")],
    ),
    ("stays with a heavy tail", SHORT, ["movements.run.dwell_shape=1"]),
    ("places at all", SHORT, ["movements.run.model=random_waypoint"]),
    ("rounds", SHORT, ["modes.rounds.round_s=0"]),
]


def measure(program, folder, sets):
    """The verdict and the values of every target that a run tells."""
    run = folder / "run"
    arguments = [argument for setting in sets for argument in ("--set", setting)]
    subprocess.run([program, "run", "team-shooter", "--quiet", "--overwrite", "--out", run, *arguments], check=True)
    printed = subprocess.run([program, "realism", run, "--json"], check=True, capture_output=True).stdout
    told = {}
    for target in json.loads(printed)["runs"][0]["targets"]:
        if target["verdict"] != "not told":
            told[target["key"]] = (target["verdict"], [band["value"] for band in target["bands"]])
    return told


def shown(values):
    """One value, or the first of several that tell something."""
    value = next((value for value in values if value is not None), None)
    return "-" if value is None else f"{value:.3g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        whole = {id(sets): measure(args.program, folder, sets) for sets in (LONG, SHORT)}
        print("| without | targets that then miss (with it, without it) | that only then pass |\n|---|---|---|")
        for name, sets, off in MECHANISMS:
            base, without = whole[id(sets)], measure(args.program, folder, sets + off)
            lost, won = [], []
            for key, (verdict, values) in base.items():
                now, others = without.get(key, ("not told", []))
                if verdict == "pass" and now != "pass":
                    lost.append(f"`{key}` ({shown(values)}, {shown(others)})")
                elif verdict == "miss" and now == "pass":
                    won.append(f"`{key}` ({shown(values)}, {shown(others)})")
            print(f"| {name} | {', '.join(lost) or 'none'} | {', '.join(won) or 'none'} |", flush=True)


if __name__ == "__main__":
    main()
