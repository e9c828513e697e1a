"""Learns from the warehouse of a run who will come back, and how much of that can be known.

    warehouse/build RUN
    python3 examples/churn_model.py RUN

The mart churn_features has what was known of every player two weeks before the end of the run, and whether each has
come back since. Gradient boosting learns to foretell it, in five folds; the area under the curve on players that it
was not shown is printed beside that of the same model with the truth beside it: whether the player had decided to
leave, and the hidden traits that decide when one comes back. Chance and bans to come decide the rest, so that no
model gets beyond the second.
"""

import sys
from pathlib import Path

import duckdb
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

LABEL = "label_has_returned"
NUMBERS = ("INTEGER", "BIGINT", "SMALLINT", "DOUBLE", "BOOLEAN")
LEAST_PLAYERS = 500


def table(run):
    """Columns of the mart by name, numbers and answers alone."""
    warehouse = run / "_warehouse" / "warehouse.duckdb"
    if not warehouse.is_file():
        sys.exit(f"{warehouse} is not there; build it first: warehouse/build {run}")
    with duckdb.connect(str(warehouse), read_only=True) as db:
        features = db.sql("select * from churn_features order by player_id")
        kinds = dict(zip(features.columns, map(str, features.types), strict=True))
        columns = features.fetchnumpy()
    chosen = [name for name, kind in kinds.items() if kind in NUMBERS and name != "player_id"]
    return {name: np.asarray(columns[name], dtype=float) for name in chosen}


def area(columns, names, label):
    """Area under the curve of a model that knows some columns, on players that it was not shown."""
    model = HistGradientBoostingClassifier(max_depth=4, learning_rate=0.05, random_state=1)
    folds = StratifiedKFold(5, shuffle=True, random_state=1)
    inputs = np.column_stack([columns[name] for name in names])
    chances = cross_val_predict(model, inputs, label, cv=folds, method="predict_proba")[:, 1]
    return roc_auc_score(label, chances)


def main():
    if len(sys.argv) != 2 or not Path(sys.argv[1], "run.json").is_file():
        sys.exit(f"usage: {sys.argv[0]} RUN, the folder of a run such as output/analyst")
    columns = table(Path(sys.argv[1]))
    label = columns.pop(LABEL).astype(int)
    if len(label) < LEAST_PLAYERS:
        sys.exit(f"{len(label)} players in churn_features: too few to learn from; use a longer run or more players")
    # What is decided after the day on which features are taken is no feature.
    columns.pop("truth_churns_later", None)
    known = [name for name in columns if not name.startswith("truth_")]
    print(f"{len(label)} players, {label.mean():.3f} of them have come back")
    print(f"{'telemetry':12} {len(known):3} columns  area under the curve {area(columns, known, label):.3f}")
    if len(known) < len(columns):
        print(f"{'and truth':12} {len(columns):3} columns  area under the curve {area(columns, columns, label):.3f}")


if __name__ == "__main__":
    main()
