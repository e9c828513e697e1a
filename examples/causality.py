"""Estimates effects from a run's telemetry and puts them beside their true sizes.

    python3 examples/causality.py RUN

RUN is the folder of a run with the tables session_ends, kills, matches, participations and purchases, 28 days or
longer. Two effects are estimated as they should be, from contrasts in which what is compared differs by chance
alone: sessions after a death against sessions at any other heartbeat, and those who have lost a match against those
who have won it. The third, whether a purchase keeps players, is estimated three times: as payers differ from
others, which is wrong, because the keen both pay and stay; with play before it and in its week held equal, which
helps; and with the hidden traits held equal instead, which nobody could do without the truth.
"""

import json
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb

# Of heartbeats after which a session was still there at the next, those before the interval in which it ended:
# with a death
# and without. Player by player, because those who die most have the shortest sessions anyway; and without the
# heartbeats right
# after a match, when a lost match would be taken for a death.
DEATHS = """
with sessions as (
    select session_id, player_id, event_ts as ended_at, heartbeats - 1 as chances
    from session_ends where end_reason <> 'run_end' and heartbeats > 1
),
turns as (
    select session_id, player_id, m.ended_at as tick, s.ended_at < m.ended_at + 2 * interval '{beat} seconds' as ended
    from participations as p join matches as m using (match_id) join sessions as s using (session_id, player_id)
    where p.left_at = m.ended_at and s.ended_at >= m.ended_at + interval '{beat} seconds'
),
turns_of as (select player_id, count(*) as chances, count_if(ended) as ended from turns group by all),
deaths as (
    select distinct victim_session as session_id, time_bucket(interval '{beat} seconds', event_ts) as tick from kills
),
dead as (
    select player_id, count(*) as chances, count_if(ended_at < tick + 2 * interval '{beat} seconds') as ended
    from deaths join sessions using (session_id) anti join turns using (session_id, tick)
    where ended_at >= tick + interval '{beat} seconds' group by all
),
everyone as (
    select player_id, sum(s.chances) - coalesce(any_value(t.chances), 0) as chances,
        count(*) - coalesce(any_value(t.ended), 0) as ended
    from sessions as s left join turns_of as t using (player_id) group by all
)
select dead.ended, dead.chances, everyone.ended - dead.ended, everyone.chances - dead.chances
from dead join everyone using (player_id) where everyone.chances > dead.chances
"""

# Likewise of those who were there at the end of a match.
LOSSES = """
with present as (
    select p.player_id, p.won, s.event_ts < m.ended_at + 2 * interval '{beat} seconds' as ended
    from participations as p
    join matches as m using (match_id)
    join session_ends as s on s.session_id = p.session_id
    where m.end_reason = 'completed' and m.winner_team is not null and p.left_at = m.ended_at
        and s.event_ts >= m.ended_at + interval '{beat} seconds' and s.end_reason <> 'run_end'
)
select count_if(ended and not won), count_if(not won), count_if(ended and won), count_if(won)
from present group by player_id having count(distinct won) = 2
"""

# Of those who have played in the two weeks before a day, whether they pay in the week after and come back later.
PURCHASES = """
create or replace temp table followed as
with before as (
    select player_id, count(distinct started_at::date) as days, sum(event_length_s) as seconds
    from session_ends where started_at >= '{day}'::timestamp - interval 14 days and started_at < '{day}' group by all
),
week as (
    select player_id, least(count(*), 6) as sessions
    from session_ends
    where started_at >= '{day}' and started_at < '{day}'::timestamp + interval 7 days group by all
),
paid as (
    select distinct player_id from purchases
    where event_ts >= '{day}' and event_ts < '{day}'::timestamp + interval 7 days
),
back as (
    select distinct player_id from session_ends where started_at >= '{day}'::timestamp + interval 7 days
)
select
    player_id, days, ntile(8) over (order by seconds) as play, week.sessions, paid.player_id is not null as pays,
    back.player_id is not null as comes_back
from before join week using (player_id) left join paid using (player_id) left join back using (player_id)
"""

# The difference between payers and others within each stratum, weighted by its payers, and its variance.
STRATIFIED = """
with strata as (
    select {by} as stratum, count_if(pays) as payers, count_if(not pays) as others,
        avg(comes_back::int) filter (pays) as p, avg(comes_back::int) filter (not pays) as q
    from followed {join} group by all having payers > 0 and others > 0
)
select sum(payers * (p - q)) / sum(payers),
    sqrt(sum(payers * payers * (p * (1 - p) / payers + q * (1 - q) / others))) / sum(payers)
from strata
"""


def contrast(strata):
    """What a cause ends of what would have gone on, and its standard error (Mantel and Haenszel; Greenland 1985)."""
    weights = sum(n * m / (n + m) for _, n, _, m in strata)
    difference = sum((a * m - b * n) / (n + m) for a, n, b, m in strata)
    variance = sum((a * (n - a) * m**3 + b * (m - b) * n**3) / (n * m * (n + m) ** 2) for a, n, b, m in strata)
    goes_on = 1 - sum(b for _, _, b, _ in strata) / sum(m for _, _, _, m in strata)
    return difference / weights / goes_on, variance**0.5 / weights / goes_on


def estimates(run):
    """Name of each estimate, effect whose true size it should find, value and standard error."""
    summary = json.loads((run / "run.json").read_text())
    db = duckdb.connect()
    for table in (run / "tables").iterdir():
        files = str(table / "**/*.parquet").replace("'", "''")
        db.execute(f"create view {table.name} as select * from read_parquet('{files}', hive_partitioning = false)")
    beat = json.loads((run / "report.json").read_text())["heartbeat_seconds"]
    yield "a death", "death_ends_session", *contrast(db.execute(DEATHS.format(beat=beat)).fetchall())
    yield "a lost match", "loss_ends_session", *contrast(db.execute(LOSSES.format(beat=beat)).fetchall())
    day = date.fromisoformat(summary["start"]) + timedelta(days=summary["days"] // 2)
    db.execute(PURCHASES.format(day=day))
    truth = "join truth_players using (player_id)"
    traits = "(ntile(12) over (order by churn_ppm), ntile(6) over (order by engagement_milli))"
    db.execute(f"create temp table traits as select player_id, {traits} as trait from followed {truth}")
    for name, by, join in (
        ("a purchase, naively", "1", ""),
        ("a purchase, play held equal", "(least(days, 10), play, sessions)", ""),
        ("a purchase, hidden traits held equal", "(trait, sessions)", "join traits using (player_id)"),
    ):
        yield name, "purchase_keeps_player", *db.execute(STRATIFIED.format(by=by, join=join)).fetchone()


def main():
    if len(sys.argv) != 2 or not Path(sys.argv[1], "run.json").is_file():
        sys.exit(f"usage: {sys.argv[0]} RUN, the folder of a run such as output/team-shooter")
    run = Path(sys.argv[1])
    files = str(run / "tables/truth_effects/*.parquet").replace("'", "''")
    sizes = dict(duckdb.sql(f"select effect, size_ppm / 1e6 from read_parquet('{files}')").fetchall())
    print(f"{'effect of':38} {'estimate':>9} {'+- 2 se':>9} {'truth':>9}")
    for name, effect, value, error in estimates(run):
        print(f"{name:38} {value:9.5f} {2 * error:9.5f} {sizes[effect]:9.5f}")


if __name__ == "__main__":
    main()
