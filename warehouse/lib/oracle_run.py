"""Counts what the marts say of a run once more, by brute force over its sessions and purchases; for tests.

Takes the run's folder. Sets, loops and definitions, no SQL beyond reading columns, so that a mistake in a model has to
be made twice to be missed.
"""

import sys
from collections import Counter, defaultdict
from datetime import timedelta

import duckdb

from lib import run_folder
from lib.failure import Failure, run

BRACKETS = [(0, 0), (1, 1), (2, 3), (4, 7), (8, 14), (15, 30), (31, 60), (61, 90), (91, 180), (181, 365), (366, 730)]
DAY = timedelta(days=1)


def main():
    found = run_folder.find(sys.argv[1])
    with duckdb.connect(str(found.warehouse), read_only=True) as warehouse:
        read = lambda table, columns: warehouse.execute(f"select {columns} from stg_{table}").fetchall()  # noqa: E731
        sessions = read("sessions", "player_id, region, country, started_at, event_ts")
        purchases = read("purchases", "player_id, event_ts, price_usd_cents")
        installed = dict(read("players", "player_id, installed_on"))
        played = days_of(sessions)
        days = [found.first_day + number * DAY for number in range(found.days)]
        cohorts = defaultdict(set)
        for player, day in installed.items():
            if days[0] <= day <= days[-1]:
                cohorts[day].add(player)
        for model, columns, expected in (
            ("active_players_daily", "day, dau, wau_7d, mau_30d, first_time_players, seconds", actives(days, played)),
            ("active_players_weekly", "week, players, days_seen, seconds", calendar(days, played, monday)),
            ("active_players_monthly", "month, players, days_seen, seconds", calendar(days, played, first_of_month)),
            ("retention_classic", "installed_on, age_days, players, retained_players", classic(days, played, cohorts)),
            ("retention_rolling", "installed_on, age_days, players, retained_players", rolling(days, played, cohorts)),
            (
                "retention_bracket",
                "installed_on, first_age_days, players, retained_players",
                bracket(days, played, cohorts),
            ),
            ("streaks", "player_id, first_day, days", streaks(played, lambda day: None)),
            ("streaks_by_month", "player_id, first_day, days", streaks(played, first_of_month)),
            ("concurrency_by_region", "day, hour, region, mean_online, peak_online", concurrency(days, sessions)),
            ("ltv_by_cohort", "installed_week, age_days, players, usd_cents", values(days, purchases, cohorts)),
        ):
            counted = sorted(warehouse.execute(f"select {columns} from {model}").fetchall())
            if counted != sorted(expected) or not counted:
                differing = sorted(set(counted) ^ set(expected))[:4]
                raise Failure(Failure.LAW, f"{model}: {len(counted)} rows, expected {len(expected)}: {differing}")
        check_gini(warehouse, purchases)
    print("every mart is what its definition says")
    return 0


def monday(day):
    return day - day.weekday() * DAY


def first_of_month(day):
    return day.replace(day=1)


def days_of(sessions):
    """Seconds of play by day and player, second by second from midnight to midnight."""
    played = defaultdict(Counter)
    for player, _, _, start, stop in sessions:
        while start < stop:
            midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
            until = min(stop, midnight)
            played[start.date()][player] += round((until - start).total_seconds())
            start = until
    return played


def actives(days, played):
    seen, rows = set(), []
    for day in days:
        within = [set().union(*(played[day - back * DAY] for back in range(window))) for window in (1, 7, 30)]
        rows.append((day, *map(len, within), len(within[0] - seen), sum(played[day].values())))
        seen |= within[0]
    return rows


def calendar(days, played, period_of):
    periods = defaultdict(list)
    for day in days:
        periods[period_of(day)].append(day)
    return [
        (period, len(set().union(*(played[day] for day in of))), len(of), sum(sum(played[day].values()) for day in of))
        for period, of in periods.items()
    ]


def ages(days, cohorts):
    return [(day, age) for day in cohorts for age in range((days[-1] - day).days + 1)]


def classic(days, played, cohorts):
    return [
        (day, age, len(cohorts[day]), len(cohorts[day] & set(played[day + age * DAY])))
        for day, age in ages(days, cohorts)
    ]


def rolling(days, played, cohorts):
    last = {player: day for day in sorted(played) for player in played[day]}
    return [
        (day, age, len(cohorts[day]), sum(last.get(player, day - DAY) >= day + age * DAY for player in cohorts[day]))
        for day, age in ages(days, cohorts)
    ]


def bracket(days, played, cohorts):
    rows = []
    for day, players in cohorts.items():
        for first, last in BRACKETS:
            if day + last * DAY <= days[-1]:
                within = set().union(*(played[day + age * DAY] for age in range(first, last + 1)))
                rows.append((day, first, len(players), len(players & within)))
    return rows


def streaks(played, period_of):
    days_by_player = defaultdict(list)
    for day in sorted(played):
        for player in played[day]:
            days_by_player[player].append(day)
    rows = []
    for player, days in days_by_player.items():
        first = previous = days[0]
        for day in [*days[1:], None]:
            if day is None or day != previous + DAY or period_of(day) != period_of(previous):
                rows.append((player, first, (previous - first).days + 1))
                first = day
            previous = day
    return rows


def concurrency(days, sessions):
    online = defaultdict(Counter)
    for _, region, _, start, stop in sessions:
        minute = start if start == start.replace(second=0) else start.replace(second=0) + timedelta(minutes=1)
        while minute < stop:
            online[region][minute] += 1
            minute += timedelta(minutes=1)
    rows = []
    for region, counts in online.items():
        by_hour = defaultdict(list)
        for minute, count in counts.items():
            by_hour[minute.date(), minute.hour].append(count)
        for day in days:
            for hour in range(24):
                of = by_hour.get((day, hour), [0])
                rows.append((day, hour, region, sum(of) / 60, max(of)))
    return rows


def values(days, purchases, cohorts):
    weeks = defaultdict(set)
    for day, players in cohorts.items():
        weeks[monday(day)] |= {(player, day) for player in players}
    spent = defaultdict(list)
    for player, moment, cents in purchases:
        spent[player].append((moment.date(), cents))
    rows = []
    for week, players in weeks.items():
        youngest = max(day for _, day in players)
        for age in (0, 1, 3, 7, 14, 30, 60, 90, 180, 365, 730):
            if youngest + age * DAY <= days[-1]:
                within = (cents for player, day in players for on, cents in spent[player] if on <= day + age * DAY)
                rows.append((week, age, len(players), sum(within)))
    return rows


def check_gini(warehouse, purchases):
    """Half the mean difference of two payers over the mean: the definition, pair by pair."""
    spent = Counter()
    for player, _, cents in purchases:
        spent[player] += cents
    paid = list(spent.values())
    expected = sum(abs(a - b) for a in paid for b in paid) / (2 * len(paid) * sum(paid))
    (counted,) = warehouse.execute("select gini from spend_concentration").fetchone()
    if abs(counted - expected) > 1e-9:
        raise Failure(Failure.LAW, f"spend_concentration: gini {counted}, expected {expected}")


if __name__ == "__main__":
    run(main)
