"""How far are the shapes of a run from those of a real game?

    python tests/realism/shapes.py RUN SESSIONS.csv.gz [--days N]

RUN is the folder of a run, SESSIONS.csv.gz has the sessions of a real game: columns pid, session_start and
session_end in UTC. Of both it takes the last N days (62). Sessions of a player at most five minutes apart are one,
and what is then shorter than a minute is left out, as the published figures have it. Prints the largest distance
between the distribution functions of session length over its median and of minutes an active day over theirs, the
chances of coming back one to four days after an active day, and quantiles of the share of days that players are
active on between their first day and their last. Exit code 1 if a distance is above .06, a chance off by more than
20 % or a quantile by more than 25 %.
"""

import argparse
import sys

import duckdb
import numpy as np
import sessions

PAUSE_S = 300
SHORTEST_S = 60
SHORTEST_SPAN_DAYS = 14
QUANTILES = [5, 25, 50, 75, 95]
LARGEST_DISTANCE, HAZARD_BAND, QUANTILE_BAND = 0.06, 0.2, 0.25

SITTINGS = """
create or replace temp table sittings as
with recent as (
    select player, epoch(started) as start_s, epoch(started) + seconds as end_s from ({sessions})
    qualify epoch(started) >= max(epoch(started)) over () - {days} * 86400
),
marked as (
    select *, coalesce(start_s > {pause} + max(end_s) over (
        partition by player order by start_s rows between unbounded preceding and 1 preceding), true) as is_new
    from recent
),
numbered as (
    select *, sum(is_new::int) over (partition by player order by start_s rows unbounded preceding) as sitting
    from marked
)
select player, min(start_s) as start_s, max(end_s) - min(start_s) as seconds
from numbered group by player, sitting having seconds >= {shortest}
"""

DAYS = """
create or replace temp table days as
select player, (start_s // 86400)::int as day, sum(seconds) as seconds from sittings group by all
"""

# An active day counts for a gap if the data go on for so long after it.
HAZARD = """
with gaps as (select day, lead(day) over (partition by player order by day) - day as gap from days)
select count(*) filter (gap = {gap}) / count(*) from gaps
where coalesce(gap, 9999) >= {gap} and day + {gap} <= (select max(day) from days)
"""

FRACTIONS = """
select count(*) / (max(day) - min(day) + 1) from days group by player having max(day) - min(day) + 1 >= {span}
"""


def shapes(connection, query, days):
    """Sorted lengths and minutes a day over their medians, chances of return, quantiles of active fractions."""
    connection.execute(SITTINGS.format(sessions=query, days=days, pause=PAUSE_S, shortest=SHORTEST_S))
    connection.execute(DAYS)

    def column(statement):
        return np.array([value for (value,) in connection.execute(statement).fetchall()], dtype=float)

    lengths, minutes = (np.sort(column(f"select seconds from {table}")) for table in ("sittings", "days"))
    hazards = [column(HAZARD.format(gap=gap))[0] for gap in (1, 2, 3, 4)]
    fractions = np.percentile(column(FRACTIONS.format(span=SHORTEST_SPAN_DAYS)), QUANTILES)
    return lengths / np.median(lengths), minutes / np.median(minutes), hazards, fractions


def distance(one, other):
    """The Kolmogorov-Smirnov distance of two sorted samples."""
    at = np.concatenate([one, other])
    shares = [np.searchsorted(sample, at, side="right") / len(sample) for sample in (one, other)]
    return np.abs(shares[0] - shares[1]).max()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("sessions")
    parser.add_argument("--days", type=int, default=62, help="days to look at, the last")
    args = parser.parse_args()
    connection = duckdb.connect()
    run, game = (
        shapes(connection, query, args.days) for query in (sessions.of_run(args.run), sessions.of_game(args.sessions))
    )
    passes = True
    for name, one, other in (("session length", run[0], game[0]), ("minutes a day", run[1], game[1])):
        apart = distance(one, other)
        passes &= apart <= LARGEST_DISTANCE
        print(f"{name:16} distance {apart:.3f} (at most {LARGEST_DISTANCE}; {len(one)} and {len(other)})")
    for name, labels, one, other, band in (
        ("return after days", (1, 2, 3, 4), run[2], game[2], HAZARD_BAND),
        ("active fraction %", QUANTILES, run[3], game[3], QUANTILE_BAND),
    ):
        for label, got, asked in zip(labels, one, other, strict=True):
            passes &= abs(got / asked - 1) <= band
            print(f"{name} {label:2}  {got:.3f}, real {asked:.3f}: {got / asked - 1:+.0%} (within {band:.0%})")
    sys.exit(int(not passes))


if __name__ == "__main__":
    main()
