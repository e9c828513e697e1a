"""Computes every target again, with DuckDB, numpy and scipy from a run's tables: realism.py RUN JSON KEYS MODES LEAST.

JSON is what `skirmish realism RUN --json --min-sample LEAST` printed; KEYS, with commas between, are what it must tell
of this run; MODES are those with rounds.
"""

import json
import math
import sys
from collections import defaultdict
from pathlib import Path

import duckdb
import numpy as np
from scipy import optimize, stats

run = Path(sys.argv[1])
[measured] = json.loads(Path(sys.argv[2]).read_text())["runs"]
summary = json.loads((run / "run.json").read_text())
modes_with_rounds = json.loads(sys.argv[4])
least = int(sys.argv[5])
days = summary["days"]
heartbeat_s = json.loads((run / "report.json").read_text())["heartbeat_seconds"]
db = duckdb.connect()
tables = {folder.name for folder in (run / "tables").iterdir()}
for table in tables:
    files = run / "tables" / table / "**/*.parquet"
    db.execute(f"create view {table} as select * from read_parquet('{files}', hive_partitioning=false)")
db.execute(f"create macro day_of(t) as date_diff('day', date '{summary['start']}', t::date)")
db.execute(f"create macro second_of(t) as epoch(t - timestamp '{summary['start']}')::bigint")


def column(query):
    """The only column of a query, as numbers."""
    return np.array([row[0] for row in db.execute(query).fetchall()], dtype=float)


def one(query):
    return db.execute(query).fetchone()[0]


def accounts_in(table, column):
    """Share of the accounts that a table names, and all accounts."""
    accounts = one("select count(*) from players")
    return one(f"select count(distinct {column}) from {table}") / accounts, accounts


def weibull(values):
    """Shape by maximum likelihood, the scale taken from its own equation."""
    values = np.asarray(values) / np.mean(values)

    def score(shape):
        scale = np.mean(values**shape)
        return 1 / shape + np.mean(np.log(values)) - np.mean(values**shape * np.log(values)) / scale

    return optimize.brentq(score, 0.02, 50, xtol=1e-15, rtol=1e-14)


def gini(values):
    """Mean difference of all pairs over twice the mean."""
    values = np.asarray(values)
    return sum(np.abs(values - value).sum() for value in values) / (2 * len(values) ** 2 * values.mean())


def slope(xs, ys):
    return stats.linregress(np.log(xs), np.log(ys)).slope


# Active days of accounts, and when they install.
if "session_ends" in tables:
    db.execute("create table active as select distinct player_id, day_of(started_at) as day from session_ends")
    db.execute(
        f"create table settled as select * from session_ends where day_of(started_at) < {days - 1} "
        "and end_reason <> 'run_end' and event_length_s >= 60"
    )
if "players" in tables:
    db.execute(
        "create table cohort as from (select *, day_of(installed_on) as installed from players) where installed >= 0"
    )


def seen(ages):
    return f"(select * from cohort where installed + {ages} <= {days})"


def retention(age):
    return one(
        f"select count(a.player_id) / count(*) from {seen(age + 1)} as c "
        f"left join active as a on a.player_id = c.player_id and a.day = c.installed + {age}"
    )


def installed(ages):
    return one(f"select count(*) from {seen(ages)}")


gaps, waits = [], []
if "session_ends" in tables:
    by_player = defaultdict(list)
    for player, day in db.execute("select player_id, day from active order by all").fetchall():
        by_player[player].append(day)
    for active in by_player.values():
        gaps.extend(np.diff(active))
        waits.append(days - 1 - active[-1])
gaps, waits = np.array(gaps), np.array(waits)


def at_risk(gap):
    return int((gaps >= gap).sum() + (waits >= gap).sum())


def hazard(gap):
    return (gaps == gap).sum() / at_risk(gap)


# Who is online at whole minutes.
def online():
    at = np.zeros(days * 1440 + 1)
    for start, end in db.execute("select second_of(started_at), second_of(event_ts) from session_ends").fetchall():
        first, last = math.ceil(start / 60), min(math.ceil(end / 60), days * 1440)
        at[first:last] += 1
    return at[:-1].reshape(days, 24, 60)


weekdays = (np.arange(days) + np.datetime64(summary["start"]).astype(object).weekday()) % 7


def weekend_over_midweek(of_day):
    first = (7 - weekdays[0]) % 7
    whole = np.arange(first, first + (days - first) // 7 * 7)
    mean = lambda wanted: of_day[whole][np.isin(weekdays[whole], wanted)].mean()  # noqa: E731
    return mean([5, 6]) / mean([1, 2, 3])


def daily_noise():
    logs = np.log(online().reshape(days, -1).max(axis=1)[1:])
    level = np.convolve(logs, np.full(7, 1 / 7), "valid")
    rest, weekday = logs[3:-3] - level, weekdays[4:-3]
    for each in range(7):
        rest[weekday == each] -= rest[weekday == each].mean()
    return rest.std(ddof=1)


# Own clocks.
def starts():
    rows = db.execute(
        "select player_id, second_of(started_at) % 86400, event_length_s from session_ends "
        "where player_id in (select player_id from session_ends group by all having count(*) >= 10)"
    ).fetchall()
    out = defaultdict(list)
    for player, second, length in rows:
        out[player].append((second, length))
    return out


def resultants():
    turn = lambda seconds: np.exp(2j * np.pi * np.array(seconds) / 86400)  # noqa: E731
    return [abs(turn([second for second, _ in of]).mean()) for of in starts().values()]


def aligned():
    minutes = np.zeros(86400)
    for of in starts().values():
        turned = sum(np.exp(2j * np.pi * second / 86400) for second, _ in of)
        mean = round(float(np.angle(turned)) / (2 * np.pi) * 86400)
        for second, length in of:
            at = (second - mean) % 86400
            whole, rest = divmod(length, 86400)
            minutes += whole
            minutes[at : at + rest] += 1
            minutes[: max(0, at + rest - 86400)] += 1
    hours = minutes.reshape(24, 3600).sum(axis=1)
    return hours.max() / hours.min()


def variance_parts():
    lengths = defaultdict(list)
    for player, length in db.execute("select player_id, event_length_s from settled").fetchall():
        lengths[player].append(math.log(length))
    groups = [np.array(of) for of in lengths.values() if len(of) >= 10]
    sizes = np.array([len(of) for of in groups])
    everything = np.concatenate(groups)
    within = sum(((of - of.mean()) ** 2).sum() for of in groups) / (sizes.sum() - len(groups))
    between = sum(len(of) * (of.mean() - everything.mean()) ** 2 for of in groups) / (len(groups) - 1)
    size = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / (len(groups) - 1)
    return math.sqrt(max(0, (between - within) / size)), math.sqrt(within), len(groups)


def day_sessions():
    return column("select count(*) from session_ends group by player_id, day_of(started_at)")


def continuation():
    counts = day_sessions()
    enough = [k for k in range(1, 7) if (counts >= k).sum() >= least]
    return [(counts > k).sum() / (counts >= k).sum() for k in enough]


# Money.
if "purchases" in tables and "players" in tables:
    db.execute(
        "create table bought as select p.player_id, day_of(event_ts) - installed as age, price_usd_cents as cents "
        "from purchases as p join cohort using (player_id)"
    )
    db.execute("create table firsts as select player_id, min(age) as age from bought group by all")


def payers(ages):
    return f"(select c.*, f.age from {seen(ages)} as c join firsts as f using (player_id) where f.age < {ages})"


def spent():
    return np.sort(
        column(
            f"select sum(cents) from bought as b join {payers(30)} as p using (player_id) where b.age < 30 "
            "group by player_id"
        )
    )


def held_by_top(share):
    values = spent()[::-1]
    whole, part = divmod(len(values) * share, 1)
    whole = int(whole)
    top = values[:whole].sum() + (values[whole] * part if whole < len(values) else 0)
    return top / values.sum()


def rate(of):
    paying = one(f"select count(*) from {payers(30)} where device like '{of}%'")
    return paying, paying / one(f"select count(*) from {seen(30)} where device like '{of}%'")


def payers_over_others(of):
    return one(
        f"""
        with each as (
            select c.player_id, f.age < 7 as pays, ({of}) as value
            from {seen(7)} as c left join firsts as f using (player_id)
        )
        select avg(value) filter (pays) / avg(value) filter (pays is not true) from each
        """
    )


# Fights.
def ratios():
    rows = db.execute("select sum(kills), sum(deaths) from session_ends group by player_id").fetchall()
    return np.array([(kills or 0.5) / (deaths or 0.5) for kills, deaths in rows if kills + deaths >= 20], dtype=float)


if {"matches", "modes"} <= tables:
    rounds = ", ".join(f"'{name}'" for name in modes_with_rounds) or "''"
    db.execute(
        f"""
        create table played as
        select m.*, m.end_reason not in ('run_end', 'abandoned') as decided, o.teams as sides,
            case when is_elimination then 'elimination' when m.mode in ({rounds}) then 'rounds' else 'respawn' end
                as style
        from matches as m join modes as o using (mode)
        """
    )


def distances():
    return column("select distance_cm from kills join played using (match_id) where style <> 'elimination'")


def survivor_kills():
    return column(
        "select p.kills from participations as p join played using (match_id) where style = 'elimination' and decided"
    )


def player_rounds():
    return column(
        """
        with there as (
            select r.match_id, r.round, r.started_at, r.ended_at, p.session_id, p.team_id, any_value(sides) as sides
            from rounds as r join played using (match_id) join participations as p using (match_id)
            where r.end_reason in ('eliminated', 'time_up') and p.joined_at <= r.started_at and p.left_at > r.started_at
            group by all
        ),
        full_rounds as (
            select match_id, round from there group by match_id, round having count(distinct team_id) = any_value(sides)
        )
        select count(k.kill_id) from there as t join full_rounds using (match_id, round)
        left join kills as k on k.match_id = t.match_id and k.killer_session = t.session_id
            and k.event_ts >= t.started_at and k.event_ts < t.ended_at
        group by t.match_id, t.round, t.session_id
        """
    )


def area(share, least):
    """Median over maps with kills enough of the share of walkable cells that is needed for a share of the kills."""
    db.execute(
        """
        create or replace temp table spots as
        select map, least(victim_x_cm // 500, (extent_x_cm - 1) // 500) as x,
            least(victim_y_cm // 500, (extent_y_cm - 1) // 500) as y, 1 as died
        from kills join played using (match_id) join maps using (map)
        where greatest(extent_x_cm, extent_y_cm) <= 100000
        union all
        select map, least(position_x_cm // 500, (extent_x_cm - 1) // 500),
            least(position_y_cm // 500, (extent_y_cm - 1) // 500), 0
        from heartbeats join played using (match_id) join maps using (map)
        where greatest(extent_x_cm, extent_y_cm) <= 100000
        """
    )
    shares, most = [], 0
    for (name,) in db.execute("select distinct map from spots").fetchall():
        cells = np.sort(column(f"select sum(died) from spots where map = '{name}' group by x, y"))[::-1]
        most = max(most, int(cells.sum()))
        if cells.sum() >= least:
            needed = np.searchsorted(np.cumsum(cells), math.ceil(cells.sum() * share / 100)) + 1
            shares.append(needed / len(cells))
    return np.median(shares), most


def respawn_rate():
    kills, minutes = db.execute(
        f"""
        select sum(p.kills), sum(p.heartbeats) * {heartbeat_s} / 60.0
        from participations as p join played using (match_id) where style = 'respawn'
        """
    ).fetchone()
    return kills / minutes, int(minutes)


def first(values):
    """Share of sessions with a match that have a second; those, and what follows from the fourth on."""
    return (values >= 2).sum() / (values >= 1).sum(), int((values >= 1).sum())


def late(values):
    on = sum((values > count).sum() for count in range(4, 400))
    at = sum((values >= count).sum() for count in range(4, 400))
    return on / at, int(at)


def own_matches():
    ended = "end_reason in ('logout', 'disconnect')"
    return column(f"select matches from session_ends where day_of(started_at) < {days - 1} and {ended}")


def monthly():
    active = db.execute("select day, player_id from active").fetchall()
    by_day = defaultdict(set)
    for day, player in active:
        by_day[day].add(player)
    ratios, sizes = [], []
    for day in range(60, days):
        month = set().union(*(by_day[before] for before in range(day - 29, day + 1)))
        ratios.append(len(by_day[day]) / len(month))
        sizes.append(len(month))
    return np.mean(ratios), min(sizes)


def fractions():
    recent = [[day for day in active if day >= days - 60] for active in by_player.values()]
    spans = [(len(active), active[-1] - active[0] + 1) for active in recent if active]
    return np.array([count / span for count, span in spans if span >= 14])


def lengths():
    return column("select event_length_s from settled")


def day_seconds():
    return column(
        f"select sum(event_length_s) as s from session_ends where day_of(started_at) < {days - 1} "
        "group by player_id, day_of(started_at) having s >= 60"
    )


def played_seconds():
    return column("select sum(event_length_s) from session_ends group by player_id")


def recent_days():
    return column(f"select count(*) from active where day >= {days - 60} group by player_id")


def counted(values, of):
    return of(values), len(values)


def hours():
    of_hour = online()[1:].mean(axis=(0, 2))
    return of_hour.max() / of_hour.min()


def sessions():
    return one("select count(*) from session_ends")


def solo():
    alone = one("select count(*) from (select party_id from session_ends group by all having count(*) = 1)")
    return alone / sessions(), sessions()


def marketplace():
    (ios_payers, ios), (android_payers, android) = rate("ios"), rate("android")
    return ios / android, min(ios_payers, android_payers)


def share_of_payers(ages, where):
    of = payers(ages)
    return one(f"select count(*) filter ({where}) / count(*) from {of}"), one(f"select count(*) from {of}")


def one_timers():
    counts = column(f"select count(*) from bought join {seen(60)} as c using (player_id) group by player_id")
    return (counts == 1).mean(), len(counts)


def winners():
    decided = "played where style = 'elimination' and decided"
    return one(f"select count(winner_team) / count(*) from {decided}"), one(f"select count(*) from {decided}")


early_days = "select count(*) from active as a where a.player_id = c.player_id and a.day < c.installed + 7"
early_games = (
    "select coalesce(sum(matches), 0) from session_ends as s where s.player_id = c.player_id "
    "and day_of(started_at) < c.installed + 7"
)

# Every key: its value and the size of its sample, by the label of the band.
expected = {
    "retention_classic": lambda label: (retention(int(label)), installed(int(label) + 1)),
    "retention_loglog_slope_1_30": lambda _: (
        slope([1, 2, 3, 7, 14, 30], [retention(age) for age in (1, 2, 3, 7, 14, 30)]),
        installed(31),
    ),
    "mean_active_days_first7": lambda _: (
        one(
            f"select count(*) / (select count(*) from {seen(7)}) from active join {seen(7)} as c using (player_id) "
            "where day < installed + 7"
        ),
        installed(7),
    ),
    "one_day_only_share": lambda _: (
        one(
            f"select count(*) filter (n = 1) / count(*) from (select count(a.day) as n from {seen(31)} as c "
            "left join active as a using (player_id) group by player_id)"
        ),
        installed(31),
    ),
    "return_hazard_by_gap_days": lambda label: (hazard(int(label)), at_risk(int(label))),
    "return_hazard_powerlaw_exponent_1_40": lambda _: (
        slope(range(1, 41), [hazard(gap) for gap in range(1, 41)]),
        at_risk(40),
    ),
    "weekly_resonance_h7_over_mean_h6_h8": lambda _: (hazard(7) / ((hazard(6) + hazard(8)) / 2), at_risk(8)),
    "active_fraction_span14_quantiles": lambda label: counted(
        fractions(), lambda values: np.percentile(values, int(label))
    ),
    "dau_over_mau_steady": lambda _: monthly(),
    "sessions_per_active_day_continuation": lambda label: (
        np.mean(continuation()) if label == "mean" else np.ptp(continuation()),
        int((day_sessions() >= 2).sum()),
    ),
    "sessions_per_active_day_mean": lambda _: counted(day_sessions(), np.mean),
    "session_minutes_weibull_k": lambda _: counted(lengths(), weibull),
    "session_minutes_median": lambda _: counted(lengths() / 60, np.median),
    "session_minutes_p99_over_median": lambda _: counted(
        lengths(), lambda values: np.percentile(values, 99) / np.median(values)
    ),
    "minutes_per_active_day_weibull_k": lambda _: counted(day_seconds(), weibull),
    "log_session_len_sd_between_players": lambda _: variance_parts()[::2],
    "log_session_len_sd_within_player": lambda _: variance_parts()[1:],
    "total_hours_weibull_k": lambda _: counted(played_seconds(), weibull),
    "total_hours_gini": lambda _: counted(played_seconds(), gini),
    "active_days_gini_60d": lambda _: counted(recent_days(), gini),
    "start_hour_resultant_quantiles": lambda label: counted(
        resultants(), lambda values: np.percentile(values, int(label))
    ),
    "aligned_concurrency_peak_to_trough": lambda _: (aligned(), len(starts())),
    "utc_concurrency_peak_to_trough_global": lambda _: (hours(), sessions()),
    "dow_playtime_weekend_over_tue_thu": lambda _: (
        weekend_over_midweek(online().reshape(days, -1).mean(axis=1)),
        sessions(),
    ),
    "steam_dow_peakccu_weekend_over_tue_thu": lambda _: (
        weekend_over_midweek(online().reshape(days, -1).max(axis=1)),
        sessions(),
    ),
    "daily_ccu_log_residual_sd": lambda _: (daily_noise(), sessions()),
    "payer_rate_30d": lambda _: (one(f"select count(*) from {payers(30)}") / installed(30), installed(30)),
    "ios_over_android_payer_rate": lambda _: marketplace(),
    "top10pct_payers_revenue_share": lambda _: (held_by_top(0.1), len(spent())),
    "top1pct_payers_revenue_share": lambda _: (held_by_top(0.01), len(spent())),
    "bottom50pct_payers_revenue_share": lambda _: (1 - held_by_top(0.5), len(spent())),
    "payer_spend_gini": lambda _: counted(spent(), gini),
    "first_purchase_day0_share_of_7d_payers": lambda _: share_of_payers(7, "age = 0"),
    "first_purchase_after_day7_share_of_30d_payers": lambda _: share_of_payers(30, "age >= 7"),
    "one_time_payers_share": lambda _: one_timers(),
    "payer_over_nonpayer_active_days_d7": lambda _: (
        payers_over_others(early_days),
        one(f"select count(*) from {payers(7)}"),
    ),
    "payer_over_nonpayer_games_d7": lambda _: (
        payers_over_others(early_games),
        one(f"select count(*) from {payers(7)}"),
    ),
    "arppu_30d_usd": lambda _: counted(spent() / 100, np.mean),
    "arpu_30d_usd": lambda _: (spent().sum() / 100 / installed(30), installed(30)),
    "cheater_lifetime_share": lambda _: accounts_in("anticheat_flags", "player_id"),
    "reported_ever_share": lambda _: accounts_in("reports", "reported_id"),
    "kd_log_sd": lambda _: counted(np.log(ratios()), lambda values: values.std(ddof=1)),
    "kd_median": lambda _: counted(ratios(), np.median),
    "kills_per_player_round_pmf_cs": lambda label: counted(
        player_rounds(), lambda values: (values == int(label)).mean()
    ),
    "br_zero_kill_share": lambda _: counted(survivor_kills(), lambda values: (values == 0).mean()),
    "br_kills_mean": lambda _: counted(survivor_kills(), np.mean),
    "kill_distance_m_median": lambda _: counted(distances() / 100, np.median),
    "kill_distance_lognormal_sigma": lambda _: counted(
        np.log(np.maximum(distances(), 50)), lambda values: values.std(ddof=1)
    ),
    "area_share_holding_30pct_kills": lambda _: area(30, least),
    "area_share_holding_50pct_kills": lambda _: area(50, least),
    "area_share_holding_80pct_kills": lambda _: area(80, least),
    "match_continuation_prob_first": lambda _: first(own_matches()),
    "match_continuation_prob_after4": lambda _: late(own_matches()),
    "party_solo_share": lambda _: solo(),
    "kills_per_player_minute_respawn": lambda _: respawn_rate(),
    "battle_royale_won_share": lambda _: winners(),
}

must = set(filter(None, sys.argv[3].split(",")))
told, wrong = set(), []
for target in measured["targets"]:
    for band in target["bands"]:
        if band["value"] is None:
            assert band["reason"], (target["key"], band)
            continue
        told.add(target["key"])
        value, sample = expected[target["key"]](band["label"])
        is_same = abs(band["value"] - value) <= 1e-9 * abs(value) and band["sample"] == sample
        passes = bool(band["low"] <= value <= band["high"])
        if not is_same or band["pass"] != passes:
            wrong.append((target["key"], band["label"], band["value"], float(value), band["sample"], sample))
assert not wrong, "\n".join(map(str, wrong))
assert must <= told, f"not told: {must - told}"
print(f"{len(told)} keys told: {','.join(sorted(told))}")
