"""Counts every tally of a run's report again, in DuckDB from the run's tables, and compares: report.py RUN."""

import bisect
import json
import sys
from collections import Counter
from pathlib import Path

import duckdb

run = Path(sys.argv[1])
report = json.loads((run / "report.json").read_text())
tallies = report["tallies"]
db = duckdb.connect()
for folder in (run / "tables").iterdir():
    db.execute(
        f"create view {folder.name} as select * from read_parquet('{folder}/**/*.parquet', hive_partitioning=false)"
    )
db.execute(
    """
    create table beats as
    select h.*, s.region || '/' || s.country as country, s.platform, m.map, m.mode, m.region as played_in
    from heartbeats as h join session_ends as s using (session_id) join matches as m using (match_id)
    """
)


def expected(name):
    """The counts of a tally that are not 0, by the entries of its axes."""
    tally = tallies[name]
    entries = [axis["entries"] for axis in tally["axes"]]
    found = {}
    for place, count in enumerate(tally["counts"]):
        if count:
            at = []
            for axis in reversed(entries):
                at.append(axis[place % len(axis)])
                place //= len(axis)
            found[tuple(reversed(at))] = count
    return found


checked = set()


def check(name, query, bins=None):
    """Compares a tally with a query's rows: entries and a count. The value at place `bins` is put into its bin."""
    counted = Counter()
    for *at, count in db.execute(query).fetchall():
        at = [str(value) if hasattr(value, "year") else value for value in at]
        if bins is not None:
            edges = tallies[name]["axes"][bins]["entries"]
            at[bins] = edges[max(bisect.bisect_right(edges, at[bins]) - 1, 0)]
        counted[tuple(at)] += int(count)
    counted = {at: count for at, count in counted.items() if count}
    known = expected(name)
    wrong = {
        at: (known.get(at), counted.get(at)) for at in known.keys() | counted.keys() if known.get(at) != counted.get(at)
    }
    assert counted, f"{name}: nothing is counted"
    assert not wrong, f"{name}: {len(wrong)} of {len(counted)} differ, (report, tables): {list(wrong.items())[:4]}"
    checked.add(name)


check("heartbeats", "select event_ts::date, hour(event_ts), played_in, count(*) from beats group by all")
check("played", "select mode, map, count(*) from beats group by all")
check("active_players", "select event_ts::date, country, count(distinct player_id) from beats group by all")
check("active_by_platform", "select event_ts::date, platform, count(distinct player_id) from beats group by all")
check(
    "active_by_cohort",
    f"""
    select
        case when p.installed_on < date '{report["start"]}' then 'before' else p.installed_on::text end,
        event_ts::date, count(distinct player_id)
    from beats join players as p using (player_id) group by all
    """,
)
check("weekly_active", "select date_trunc('week', event_ts)::date, count(distinct player_id) from beats group by all")
check("monthly_active", "select strftime(event_ts, '%Y-%m'), count(distinct player_id) from beats group by all")
check(
    "logins",
    """
    select n, count(*) from (
        select row_number() over (partition by player_id, first_at::date order by first_at) as n
        from (select player_id, session_id, min(event_ts) as first_at from beats group by all)
    ) group by all
    """,
    bins=0,
)
where = "region || '/' || country"
check("sessions", f"select started_at::date, {where}, count(*) from session_ends group by all")
check("session_s", f"select started_at::date, {where}, sum(event_length_s) from session_ends group by all")
check(
    "session_lengths",
    "select platform, event_length_s // 60, count(*) from session_ends where end_reason <> 'run_end' group by all",
    bins=1,
)
check("session_ends", "select end_reason, count(*) from session_ends group by all")
check(
    "session_kills_per_death",
    "select kills * 100 // greatest(deaths, 1), count(*) from session_ends where kills + deaths > 0 group by all",
    bins=0,
)
check("kills", "select event_ts::date, mode, count(*) from kills join matches using (match_id) group by all")
check("kill_distances", "select weapon, distance_cm, count(*) from kills group by all", bins=1)
check("headshots", "select weapon, count(*) from kills where is_headshot group by all")
side = int(len(tallies["occupancy"]["axes"][1]["entries"]) ** 0.5)
cell = """
    least({y} * {side} // (g.extent_y_cm), {side} - 1) * {side} + least({x} * {side} // (g.extent_x_cm), {side} - 1)
"""
check(
    "kill_places",
    f"""
    select m.map, {cell.format(x="victim_x_cm::bigint", y="victim_y_cm::bigint", side=side)}, count(*)
    from kills join matches as m using (match_id) join maps as g using (map) group by all
    """,
)
check(
    "occupancy",
    f"""
    select map, {cell.format(x="position_x_cm::bigint", y="position_y_cm::bigint", side=side)}, count(*)
    from beats join maps as g using (map) group by all
    """,
)
met = "encounters as e join matches as m using (match_id)"
check("encounters", f"select e.started_at::date, mode, count(*) from {met} group by all")
check("encounters_by_map", f"select map, count(*) from {met} group by all")
check("encounter_beats", f"select mode, contact_beats, count(*) from {met} group by all", bins=1)
check("encounter_distances", f"select mode, min_distance_cm, count(*) from {met} group by all", bins=1)
check("encounter_ends", f"select mode, e.end_reason, count(*) from {met} group by all")
check(
    "encounter_outcomes",
    "select relation, case when kills > 0 then 'kill' else 'no kill' end, count(*) from encounters group by all",
)
check("matches", "select started_at::date, mode, count(*) from matches group by all")
check("match_ends", "select mode, end_reason, count(*) from matches group by all")
decided = "matches where end_reason <> 'run_end'"
check(
    "match_lengths",
    f"select mode, epoch(ended_at - started_at)::int // 60, count(*) from {decided} group by all",
    bins=1,
)
winners = Counter()
for mode, team, count in db.execute(f"select mode, winner_team, count(*) from {decided} group by all").fetchall():
    winners[(mode, "none" if team is None else team)] += count
assert dict(winners) == expected("winners"), "winners"
checked.add("winners")
check(
    "margins",
    """
    with teams as (select match_id, team_id, sum(kills) as kills from participations group by all),
    best as (select match_id, list(kills order by kills desc) as kills from teams group by all)
    select m.mode, b.kills[1] - coalesce(b.kills[2], 0), count(*)
    from matches as m join best as b using (match_id) where m.end_reason <> 'run_end' group by all
    """,
    bins=1,
)
paid = f"(select p.*, {where} as country from purchases as p join session_ends as s using (session_id))"
check("purchases", f"select event_ts::date, country, count(*) from {paid} group by all")
check("revenue", f"select event_ts::date, country, sum(price_usd_cents) from {paid} group by all")
check(
    "payers", f"select date_trunc('week', event_ts)::date, country, count(distinct player_id) from {paid} group by all"
)
check("item_purchases", "select item, count(*) from purchases group by all")
check("item_revenue", "select item, sum(price_usd_cents) from purchases group by all")
spent = "(select player_id, sum(price_usd_cents) as cents from purchases group by all)"
check("spenders", f"select cents, count(*) from {spent} group by all", bins=0)
check("spent", f"select cents, sum(cents) from {spent} group by all", bins=0)
check("unlocks", "select achievement, count(*) from achievement_unlocks group by all")
reached = "(select player_id, max(level) as level from level_ups group by all)"
check("levels", f"select level, count(*) from {reached} group by all")
check("reports", "select event_ts::date, reason, count(*) from reports group by all")
check("flags", "select event_ts::date, rule, count(*) from anticheat_flags group by all")
check("bans", "select event_ts::date, count(*) from bans group by all")
assert checked == tallies.keys(), f"not checked: {tallies.keys() - checked}"

# Key figures, from rows instead of bins.
figures = {figure["name"]: figure["value"] for figure in report["key_figures"]}
assert all(figure["unit"] for figure in report["key_figures"])


def figure(name, query, tolerance=1e-9):
    """Compares a key figure with a query's only value."""
    exact, said = db.execute(query).fetchone()[0], figures.pop(name)
    same = said is None if exact is None else said is not None and abs(said - exact) <= tolerance * max(1, abs(exact))
    assert same, (name, said, exact)


days, minutes = report["days"], report["heartbeat_seconds"] / 60
figure("Heartbeats", "select count(*) from beats")
figure("Mean online", f"select count(*) / {days * 1440 / minutes} from beats")
figure("Peak online", "select max(n) from (select count(*) as n from beats group by event_ts)")
active = "(select distinct player_id, event_ts::date as day from beats)"
figure("Active a day", f"select count(*) / {days} from {active}")
installed = f"(select * from players where installed_on >= date '{report['start']}')"
figure("Installed", f"select count(*) from {installed}")
for age in (1, 7, 30):
    figure(
        f"Retention, day {age}",
        f"""
        select 100.0 * count(a.player_id) / nullif(count(*), 0) from {installed} as p
        left join {active} as a on a.player_id = p.player_id and a.day = p.installed_on + {age}
        where p.installed_on + {age} < date '{report["start"]}' + {days}
        """,
    )
figure("Sessions", "select count(*) from session_ends")
figure("Mean session", "select avg(event_length_s) / 60 from session_ends")
edges = tallies["session_lengths"]["axes"][1]["entries"]
lengths = sorted(
    row[0]
    for row in db.execute("select event_length_s // 60 from session_ends where end_reason <> 'run_end'").fetchall()
)
median = lengths[(len(lengths) + 1) // 2 - 1]
assert figures.pop("Median session, from") == edges[bisect.bisect_right(edges, median) - 1]
figure(
    "Sessions a day and player",
    f"""
    select (select count(*) from (select session_id from beats group by session_id)) / count(*)::double from {active}
    """,
    0.02,  # A day tells 24 sessions apart.
)
figure("Matches", "select count(*) from matches")
figure("Matches with a winner", f"select 100.0 * count(winner_team) / count(*) from {decided}")
figure("Encounters", "select count(*) from encounters")
hours = f"((select count(*) from beats) * {minutes / 60})"
figure("Encounters a player-hour", f"select count(*) / {hours} from encounters")
figure("Encounters a session", "select count(*) / (select count(*) from session_ends)::double from encounters")
figure(
    "Encounters of opponents with a kill",
    "select 100.0 * count(*) filter (kills > 0) / count(*) from encounters where relation = 'opponents'",
)
figure("Kills", "select count(*) from kills")
figure("Kills a player-minute", f"select count(*) / {hours} / 60 from kills")
figure("Headshots", "select 100.0 * count(*) filter (is_headshot) / count(*) from kills")
figure("Revenue", "select sum(price_usd_cents) / 100.0 from purchases")
figure("Purchases", "select count(*) from purchases")
figure("Paying players", "select count(distinct player_id) from purchases")
figure("Revenue a paying player", f"select avg(cents) / 100 from {spent}")
figure(
    "Revenue an active player and day",
    f"select sum(price_usd_cents) / 100.0 / (select count(*) from {active}) from purchases",
)
# From bins: nearly so.
figure(
    "Gini coefficient of spending",
    f"""
    select sum((2 * n - of - 1) * cents) / (any_value(of) * sum(cents)) from (
        select cents, row_number() over (order by cents) as n, count(*) over () as of from {spent}
    )
    """,
    0.01,
)
top = f"""
    select 100.0 * sum(cents * greatest(0, least(1, n - 0.9 * of))) / sum(cents) from (
        select cents, row_number() over (order by cents) as n, count(*) over () as of from {spent}
    )
"""
figure("Revenue of the top tenth of payers", top, 0.03)
for name, tally in (("Half of the time", "occupancy"), ("Half of the kills", "kill_places")):
    # The busiest map has the most heartbeats; half lies on as few of its cells as hold it.
    maps = {row[0]: row[1] for row in db.execute("select map, count(*) from beats group by all").fetchall()}
    busiest = max(maps, key=maps.get)
    at = sorted((count for (where, _), count in expected(tally).items() if where == busiest), reverse=True)
    needed, sum_so_far = 0, 0
    while sum_so_far < (sum(at) + 1) // 2:
        needed, sum_so_far = needed + 1, sum_so_far + at[needed]
    assert abs(figures.pop(name) - 100 * needed / side**2) < 1e-9, name
assert figures.pop("Pairs within the radius") == sum(day["contacts"] for day in report["by_day"])
assert not figures, f"not checked: {list(figures)}"

# Peaks: sessions at a tick, the most of an hour, by region and in all.
regions = report["regions_of_peaks"]
peaks = {}
for date, hour, region, most in db.execute(
    """
    with ticks as (select event_ts, played_in, count(*) as online from beats group by all),
    every as (
        from ticks union all by name
        select event_ts, 'all' as played_in, sum(online) as online from ticks group by all
    )
    select event_ts::date::text, hour(event_ts), played_in, max(online)::int from every group by all
    """
).fetchall():
    peaks[date, hour, region] = most
for one in report["by_day"]:
    for hour, row in enumerate(one["peak_online_by_hour_and_region"]):
        for region, most in zip(regions, row, strict=True):
            assert peaks.get((one["date"], hour, region), 0) == most, (one["date"], hour, region, most)
print(f"{len(checked)} tallies")
