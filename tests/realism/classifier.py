"""Can a classifier tell simulated players from real ones?

    python tests/realism/classifier.py RUN SESSIONS.csv.gz [--most AUC]

RUN is the folder of a run of 62 days or more, SESSIONS.csv.gz has the sessions of a real game: columns pid,
session_start and session_end in UTC. Of each player who was active on two days or more of the last 62 it takes six
numbers: hours, active days, days between active days, sessions a day, minutes a session, and how concentrated the
hours of its sessions are. How long a game's players sit down for differs by a factor of five between games, so hours
and minutes are divided by the median minutes of their game first; `--levels` keeps them. Gradient boosting learns to
tell the two apart, in five folds; the area under the curve on the players it was not shown is 0.5 if it cannot and 1
if it always can. Exit code 1 if it is above `--most`.
"""

import argparse
import sys

import duckdb
import numpy as np
import sessions
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split

FEATURES = ["log hours", "active days", "mean gap", "sessions a day", "log minutes", "clock"]
WINDOW_DAYS = 62
MOST_PLAYERS = 20_000

PLAYERS = """
with bounds as (select max(started) as latest from sessions),
recent as (
    select s.*, date_trunc('day', started) as day,
        2 * pi() * (epoch(started) % 86400) / 86400 as angle
    from sessions as s, bounds
    where s.started > latest - interval {days} day and s.seconds > 0
)
select
    ln(sum(seconds) / 3600.0) as hours,
    count(distinct day) as active_days,
    date_diff('day', min(day), max(day)) / (count(distinct day) - 1.0) as gap,
    count(*) / count(distinct day) as a_day,
    ln(avg(seconds) / 60.0) as minutes,
    sqrt(pow(avg(cos(angle)), 2) + pow(avg(sin(angle)), 2)) as clock
from recent group by player having count(distinct day) > 1
order by player
"""


def players(connection, query):
    """A row of features for each player of a view of sessions: player, started, seconds."""
    connection.execute(f"create or replace temp view sessions as {query}")
    columns = connection.execute(PLAYERS.format(days=WINDOW_DAYS)).fetchnumpy()
    return np.column_stack([columns[name].astype(float) for name in columns])


def without_levels(features):
    features = features.copy()
    # Both by the same, or hours would no longer be days times sessions times minutes.
    features[:, [0, 4]] -= np.median(features[:, 4])
    return features


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("sessions")
    parser.add_argument("--most", type=float, default=1.0, help="largest area under the curve that passes")
    parser.add_argument("--levels", action="store_true", help="compare hours and minutes as they are")
    args = parser.parse_args()
    connection = duckdb.connect()
    both = [players(connection, sessions.of_run(args.run)), players(connection, sessions.of_game(args.sessions))]
    draws = np.random.default_rng(1)
    both = [draws.permutation(features)[:MOST_PLAYERS] for features in both]
    if not args.levels:
        both = [without_levels(features) for features in both]
    size = min(map(len, both))
    if size < 500:
        sys.exit(f"{size} players: too few to tell; the smaller of the two needs 500")
    both = [features[:size] for features in both]
    inputs, is_real = np.concatenate(both), np.repeat([0, 1], size)
    model = HistGradientBoostingClassifier(max_depth=3, random_state=1)
    folds = StratifiedKFold(5, shuffle=True, random_state=1)
    chances = cross_val_predict(model, inputs, is_real, cv=folds, method="predict_proba")[:, 1]
    area = roc_auc_score(is_real, chances)
    print(f"{size} players each; area under the curve {area:.3f} (0.5: cannot be told apart)")
    print(f"{'feature':16} {'run 10/50/90 %':>26} {'real 10/50/90 %':>26} {'alone':>6} {'weight':>7}")
    train, test, train_is, test_is = train_test_split(inputs, is_real, random_state=1)
    weights = permutation_importance(
        model.fit(train, train_is), test, test_is, scoring="roc_auc", n_repeats=3, random_state=1
    ).importances_mean
    for column, name in enumerate(FEATURES):
        run, real = (" ".join(f"{value:8.2f}" for value in np.percentile(f[:, column], [10, 50, 90])) for f in both)
        alone = roc_auc_score(is_real, inputs[:, column])
        print(f"{name:16} {run} {real} {max(alone, 1 - alone):6.3f} {weights[column]:7.3f}")
    sys.exit(int(area > args.most))


if __name__ == "__main__":
    main()
